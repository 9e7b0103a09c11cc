package local

import (
	"errors"

	"golang.org/x/sys/unix"
)

func (d *diskFile) Datasync() error {
	if a := d.beside(); a != nil {
		if begun, err := a.datasync(int(d.Fd())); begun {
			return wrapPath("fdatasync", d.Name(), err)
		}
	}
	for {
		if err := unix.Fdatasync(int(d.Fd())); !errors.Is(err, unix.EINTR) {
			return wrapPath("fdatasync", d.Name(), err)
		}
	}
}

func (d *diskFile) Allocate(off, size int64) error {
	for {
		err := unix.Fallocate(int(d.Fd()), unix.FALLOC_FL_KEEP_SIZE, off, size)
		if !errors.Is(err, unix.EINTR) {
			return wrapPath("fallocate", d.Name(), err)
		}
	}
}
