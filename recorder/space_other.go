//go:build !linux && !darwin

package recorder

// freeBytes is what may still be written to the file system of a folder; here it does not tell.
func freeBytes(string) (uint64, bool) { return 0, false }
