//go:build linux || darwin

package recorder

import "syscall"

// freeBytes is what may still be written to the file system of a folder; false: it does not tell.
func freeBytes(dir string) (uint64, bool) {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil || st.Blocks == 0 {
		return 0, false
	}
	return st.Bavail * uint64(st.Bsize), true
}
