//go:build !linux

package local

import "golang.org/x/sys/unix"

// Elsewhere than on Linux, which is where it is meant to run, the log is synced with all its metadata and reserves no room.

func (d *diskFile) Datasync() error { return wrapPath("fsync", d.Name(), d.Sync()) }

func (d *diskFile) Allocate(int64, int64) error { return unix.EOPNOTSUPP }
