package storetest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hotline"
)

// freezable mounts a disk that can be made to hang, or skips the test where that is not permitted. freeze makes every
// write to it wait until thaw.
func freezable(t *testing.T) (dir string, freeze, thaw func()) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image")
	dir = t.TempDir()
	run := func(name string, args ...string) error {
		out, err := exec.CommandContext(context.Background(), name, args...).CombinedOutput()
		if err != nil {
			t.Logf("%s %v: %v: %s", name, args, err, out)
		}
		return err
	}
	err := os.WriteFile(image, nil, 0o600)
	if err == nil {
		err = os.Truncate(image, 64<<20)
	}
	if err == nil {
		err = run("mkfs.ext4", "-q", image)
	}
	if err == nil {
		err = run("mount", "-o", "loop", image, dir)
	}
	if err != nil {
		t.Skip("this test makes a disk of its own hang and needs mkfs.ext4 and the right to mount")
	}
	frozen := false
	thaw = func() {
		if frozen {
			if err := run("fsfreeze", "-u", dir); err != nil {
				t.Error(err)
			}
		}
		frozen = false
	}
	t.Cleanup(func() {
		thaw()
		if err := run("umount", dir); err != nil {
			t.Error(err)
		}
	})
	return dir, func() {
		if err := run("fsfreeze", "-f", dir); err != nil {
			t.Skip("a disk cannot be frozen here")
		}
		frozen = true
	}, thaw
}

// testHungDisk freezes the disk under a log. Nobody waits for it without end, what is there can be read, and what was
// refused is not there afterwards.
func testHungDisk(t *testing.T, open opener) {
	dir, freeze, thaw := freezable(t)
	log, closeLog := open(t, dir)
	defer func() { closeLog() }()
	mustAppend(t, log, 0, 0, 3)
	freeze()
	defer thaw()
	refused := 0
	var last uint64 = 3
	for i := range 3 { // an implementation may still take some
		began := time.Now()
		seq, err := appendTo(log, 1, i, 2)
		switch took := time.Since(began); {
		case took > patience/3:
			t.Errorf("Append took %v on a disk that hangs", took)
		case err == nil:
			last = seq
		case errors.Is(err, hotline.ErrLogFull):
			refused++
			t.Log("as it should be:", err)
			unhealthy(t, log)
		default:
			t.Errorf("Append on a disk that hangs: %v, want ErrLogFull", err)
		}
	}
	if evs := readAll(t, log, 0); len(evs) != int(last) {
		t.Errorf("%d events can be read, want %d", len(evs), last)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := log.Durable(ctx, last+1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Durable on a disk that hangs: %v, want the context's error", err)
	}
	thaw()
	recovered(t, log)
	if seq := mustAppend(t, log, 2, 0, 1); seq != last+1 {
		t.Errorf("after %d refusals the next Append got %d, want %d", refused, seq, last+1)
	}
	if err := log.Durable(deadline(t), last+1); err != nil {
		t.Error(err)
	}
	want := readAll(t, log, 0)
	closeLog()
	log, closeLog = open(t, dir)
	same(t, "reopened", readAll(t, log, 0), want)
}
