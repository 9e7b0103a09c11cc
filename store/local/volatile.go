package local

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// The file of what ends with the machine carries the number that Linux gives each of its starts.
const (
	volatilePrefix = "volatile-"
	volatileExt    = ".db"
	bootIDFile     = "/proc/sys/kernel/random/boot_id"
)

// Volatile returns a bucket like Bucket, of another file: what stands in it outlives the process, however that ends (kill -9), but
// not the machine. So its writers never wait for the platter. It is for what a power cut makes worthless anyway: calls that are up.
// Where the start of the machine has no number (other systems than Linux) it is written and kept as Bucket's are.
func (s *Store) Volatile(name string) Bucket { return Bucket{s.volatile, name} }

// openVolatile opens the file of this start of the machine and removes those of former ones unread: without fdatasync a power
// cut may have torn them. A file that cannot be read is begun anew: nothing in it is worth not starting for.
func (s *Store) openVolatile() (*state, error) {
	boot := s.cfg.bootID()
	old, err := filepath.Glob(filepath.Join(s.dir, volatilePrefix+"*"+volatileExt))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, volatilePrefix+boot+volatileExt)
	for _, f := range old {
		if f == path {
			continue
		}
		if err := os.Remove(f); err != nil {
			s.log.Warn("a file of before the machine's start stays", "file", f, "err", err)
		}
	}
	st, err := openState(path, boot == "", atOnce)
	if err == nil || errors.Is(err, os.ErrPermission) || errors.Is(err, unix.ENOSPC) {
		return st, err
	}
	s.log.Warn("what of the run before was kept for this one cannot be read", "file", path, "err", err)
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return openState(path, boot == "", atOnce)
}

// bootID is the number of the machine's start, empty if there is none.
func bootID() string {
	b, err := os.ReadFile(bootIDFile)
	id := strings.TrimSpace(string(b))
	if err != nil || strings.ContainsFunc(id, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'f') }) {
		return ""
	}
	return id
}
