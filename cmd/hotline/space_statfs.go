//go:build linux || darwin

package main

import "syscall"

// spaceOf is the free and all bytes of the file system of a folder; false: it does not tell.
func spaceOf(dir string) (free, all uint64, ok bool) {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil || st.Blocks == 0 {
		return 0, 0, false
	}
	size := uint64(st.Bsize)
	return st.Bavail * size, st.Blocks * size, true
}
