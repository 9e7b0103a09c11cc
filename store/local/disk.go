package local

import (
	"errors"
	"os"

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

// diskFile is a disk on a real file.
type diskFile struct{ *os.File }

// openDisk opens the file for writing; it is made if it is not there.
func openDisk(path string) (disk, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
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
