package local

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"hotline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLock(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Config{})
	if _, err := Open(dir, Config{}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second Open: %v", err)
	}
	out, err := exec.Command("flock", "-n", filepath.Join(dir, "lock"), "true").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Log("no flock command here: another process was not tried")
	} else if err == nil {
		t.Errorf("another process got the lock: %s", out)
	}
	mustAppend(t, s, 1)
	mustClose(t, s)
	if err := s.Close(); !errors.Is(err, hotline.ErrLogClosed) {
		t.Errorf("a second Close: %v", err)
	}
	mustClose(t, mustOpen(t, dir, Config{}))
}

// TestOpenFails: what cannot be opened is given back whole.
func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state.db"), []byte(strings.Repeat("no database", 1000)), 0o640); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second shows that the first gave the lock back
		if _, err := Open(dir, Config{}); err == nil || errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "state.db") {
			t.Errorf("Open: %v, want an error that names state.db", err)
		}
	}
}

// TestLive: the numbers beside the log.
func TestLive(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	defer mustClose(t, s)
	if s.Last() != 0 || s.First() != 1 || s.DurableSeq() != 0 || s.Healthy() != nil {
		t.Error("an empty log:", s.Last(), s.First(), s.DurableSeq(), s.Healthy())
	}
	mustAppend(t, s, 7)
	if err := s.Durable(context.Background(), 7); err != nil || s.Last() != 7 || s.DurableSeq() != 7 {
		t.Error(err, s.Last(), s.DurableSeq())
	}
}

// TestImmutable makes the file of a running log unwritable for real, as a disk that became read-only is.
func TestImmutable(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Config{})
	mustAppend(t, s, 3)
	f, err := os.Open(segmentFiles(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer mustClose(t, s)
	const immutable = 0x10 // FS_IMMUTABLE_FL, ioctl_iflags(2)
	flags, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags|immutable)
	}
	if err != nil {
		t.Skip("a file cannot be made immutable here:", err)
	}
	_, err = s.Append([]hotline.Event{fact(0, 4)})
	healthy := s.Healthy()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, hotline.ErrLogFull) || !errors.Is(err, unix.EPERM) || !errors.Is(healthy, unix.EPERM) {
		t.Errorf("Append: %v, Healthy: %v, want EPERM", err, healthy)
	}
	mustAppend(t, s, 1)
	if err := s.Healthy(); err != nil {
		t.Error(err)
	}
}
