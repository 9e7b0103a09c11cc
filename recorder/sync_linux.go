package recorder

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncAll brings everything on the file system of the file to the disk, in one go: for many files that is far cheaper than
// one after another (syncfs(2); it reports what could not be written since Linux 5.8). ok: the system can do that.
func syncAll(f *os.File) (ok bool, err error) {
	for {
		if err = unix.Syncfs(int(f.Fd())); err != unix.EINTR {
			return err != unix.ENOSYS, err
		}
	}
}
