package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"hotline"
)

// tmpfs mounts a file system of that many MiB, or skips the test where that is not permitted.
func tmpfs(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("this test fills a disk of its own and needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

// fill takes all room that is left, in a file that it names.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// testFullDisk fills the disk under a log. Appends fail clearly and whole, what is there stays, and when there is room
// again it is used, without being told.
func testFullDisk(t *testing.T, open opener) {
	disk := tmpfs(t, 32)
	dir := filepath.Join(disk, "data")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	log, closeLog := open(t, dir)
	mustAppend(t, log, 0, 0, 3)
	for round := range 3 {
		filler := fill(t, disk)
		var last uint64
		err := error(nil)
		for i := 9; err == nil; i += 10 { // room that the log keeps for itself may let some through
			if i > 1e6 {
				t.Fatal("the disk is full and a million Appends went through")
			}
			last = uint64(len(readAll(t, log, last))) + last
			_, err = log.Append(bigStep(round, i))
		}
		if !errors.Is(err, hotline.ErrLogFull) || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("Append on a full disk: %v, want ErrLogFull and why", err)
		}
		t.Log("as it should be:", err)
		unhealthy(t, log)
		wholeAppends(t, readAll(t, log, 3))
		if now := uint64(len(readAll(t, log, 0))); now != last {
			t.Fatalf("the log ends at %d, the last Append that went through at %d", now, last)
		}
		if err := log.Durable(deadline(t), last); err != nil {
			t.Errorf("what went through before: %v", err)
		}
		if round == 1 { // a restart on a full disk
			closeLog()
			log, closeLog = open(t, dir)
			if now := uint64(len(readAll(t, log, 0))); now != last {
				t.Fatalf("reopened on the full disk the log ends at %d, want %d", now, last)
			}
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			recovered(t, log) // nobody appends meanwhile
		}
		if seq := mustAppend(t, log, round, 0, 2); seq != last+2 {
			t.Fatalf("after there was room again Append got %d, want %d", seq, last+2)
		}
		recovered(t, log)
	}
	want := readAll(t, log, 0)
	closeLog()
	log, closeLog = open(t, dir)
	same(t, "reopened", readAll(t, log, 0), want)
	closeLog()
}

// healthy is what a log may offer beside hotline.Log: nil, or why new work should be refused.
type healthy interface{ Healthy() error }

func unhealthy(t *testing.T, log hotline.Log) {
	t.Helper()
	if h, ok := log.(healthy); ok && h.Healthy() == nil {
		t.Error("Healthy says nothing of the full disk")
	}
}

// recovered waits until the log finds out by itself that the disk is well.
func recovered(t *testing.T, log hotline.Log) {
	t.Helper()
	h, ok := log.(healthy)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for h.Healthy() != nil {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the disk is well again, Healthy still says:", h.Healthy())
		}
	}
}

// testReadOnly starts on a read-only disk. The log cannot open there, and says why, or opens and refuses Appends; it loses
// nothing, and once the disk can be written again it goes on.
func testReadOnly(t *testing.T, open Open, must opener) {
	disk := tmpfs(t, 32)
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal("remount:", err)
		}
	}
	dir := filepath.Join(disk, "data")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	log, closeLog := must(t, dir)
	mustAppend(t, log, 0, 0, 3)
	want := readAll(t, log, 0)
	closeLog()

	remount(syscall.MS_RDONLY)
	ro, err := open(dir)
	if err == nil {
		same(t, "read-only", readAll(t, ro, 0), want)
		if _, err = appendTo(ro, 0, 1, 1); !errors.Is(err, hotline.ErrLogFull) {
			t.Errorf("Append on a read-only disk: %v, want ErrLogFull", err)
		}
		unhealthy(t, ro)
		if err := ro.Close(); err != nil {
			t.Error("close:", err)
		}
	}
	if !errors.Is(err, syscall.EROFS) {
		t.Errorf("a read-only disk: %v, want the reason in it", err)
	}
	remount(0)

	log, closeLog = must(t, dir)
	defer closeLog()
	same(t, "writable again", readAll(t, log, 0), want)
	if seq := mustAppend(t, log, 0, 1, 1); seq != 4 {
		t.Errorf("Append got %d, want 4", seq)
	}
}
