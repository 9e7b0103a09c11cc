package recorder

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/media"
)

// TestHealthy: what the disk refuses is known at the next visit and told once; it recovers with a recording that is
// written, or by itself when nobody is recorded.
func TestHealthy(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	var lines bytes.Buffer
	b.cfg.Logger = slog.New(slog.NewTextHandler(&lines, nil))
	visit := func() { b.now += int64(flushEvery); b.turn(false) }
	visit()
	if err := b.Healthy(); err != nil {
		t.Fatal(err)
	}
	year := filepath.Join(dir, time.Now().UTC().Format("2006"))
	if err := os.WriteFile(year, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	one, two := b.start(t, "c1", media.PCMA), b.start(t, "c2", media.PCMA)
	visit()
	visit()
	visit()
	if b.Healthy() == nil {
		t.Error("healthy, although nothing can be written")
	}
	if err := os.Remove(year); err != nil {
		t.Fatal(err)
	}
	visit()
	if err := b.Healthy(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(lines.String(), "level=ERROR"); n != 1 || strings.Count(lines.String(), "can be written again") != 1 {
		t.Errorf("the operator is told:\n%s", lines.String())
	}
	one.Close()
	two.Close()
	b.turn(true)

	if err := os.RemoveAll(filepath.Join(dir, notesDir)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, notesDir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.health.set(errors.New("was ill"))
	visit()
	if b.Healthy() == nil {
		t.Error("the probe does not fail")
	}
	if err := os.Remove(filepath.Join(dir, notesDir)); err != nil {
		t.Fatal(err)
	}
	visit()
	if err := b.Healthy(); err != nil || len(notesLeft(t, dir)) != 0 {
		t.Errorf("%v, left %v", err, notesLeft(t, dir))
	}
}

func TestAlmostFull(t *testing.T) {
	if _, ok := freeBytes(t.TempDir()); !ok {
		t.Skip("the file system does not tell how much is free")
	}
	b := newBench(t, t.TempDir())
	b.cfg.Spare = 1 << 62
	b.turn(false)
	if err := b.Healthy(); !errors.Is(err, ErrNoRoom) {
		t.Errorf("%v", err)
	}
	b.cfg.Spare = -1
	b.turn(false)
	if err := b.Healthy(); err != nil {
		t.Error(err)
	}
	if _, ok := freeBytes("/nowhere at all"); ok {
		t.Error("nowhere has room")
	}
}
