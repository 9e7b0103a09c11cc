package local

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// disk is what the log asks of a file it writes, so that tests can make it fail.
type disk interface {
	WriteAt(b []byte, off int64) (int, error)
	Truncate(size int64) error
	Datasync() error                // returns when the data is on the platter
	Allocate(off, size int64) error // takes room for later writes without changing the file's size
	Close() error
}

// asideFrom is how many syncs a file has had when they begin to be made aside: giving the means for that back takes the kernel
// tens of milliseconds.
const asideFrom = 32

// diskFile is a disk on a real file.
type diskFile struct {
	*os.File

	mu    sync.Mutex // guards what follows
	syncs int
	aside *aside // nil: not yet, or not on this machine
}

// openDisk opens the file for writing; it is made if it is not there.
func openDisk(path string) (disk, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	return &diskFile{File: f}, nil
}

// beside is what syncs the file aside; nil: it is to be synced in the ordinary way.
func (d *diskFile) beside() *aside {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.syncs++; d.syncs == asideFrom {
		d.aside = newAside()
	}
	return d.aside
}

// Close gives the file back.
func (d *diskFile) Close() error {
	if d.aside != nil {
		d.aside.close()
	}
	return d.File.Close()
}

// noAllocate reports whether the file system cannot take room in advance at all.
func noAllocate(err error) bool {
	return errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS)
}

func wrapPath(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: path, Err: err}
}

// syncDir puts the names in a folder on the platter.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
