package recorder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/media"
)

// tree writes files and returns what files and folders there are.
func tree(t *testing.T, dir string, files ...string) []string {
	t.Helper()
	for _, f := range files {
		p := filepath.Join(dir, filepath.FromSlash(f))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, []byte("{}"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if p != "." {
			all = append(all, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRetain(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	tree(
		t, dir,
		"2025/12/31/a.wav", "2025/12/31/a.json", "2025/12/31/b.wav", // b was never sealed, its sidecar is missing
		"2026/01/01/c.wav", "2026/01/01/c.json", "2026/01/01/c.json.tmp",
		"2026/01/02/d.wav", "2026/01/02/d.json", "2026/01/02/note of a person.txt", "2026/01/02/-x.wav",
		"2026/01/03/e.wav", "2026/01/03/e.json", "2026/01/03/f.wav", "open/e.json", // e is not stored yet
		"2026/01/04/g.wav", "2026/01/04/g.json",
		"2026/13/45/h.wav", "other/x.wav", "2026/x.wav",
	)
	if err := os.WriteFile(filepath.Join(dir, "open", "e.json"), []byte(`{"file":"2026/01/03/e.wav","contact":"e"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	if n, err := b.Retain(t.Context(), 0, now); n != 0 || err != nil {
		t.Errorf("keep for ever: %d, %v", n, err)
	}
	if n, err := b.Retain(t.Context(), 24*time.Hour, now.Add(-time.Nanosecond)); n != 4 || err != nil {
		t.Errorf("a moment before the 3rd is a day old: %d, %v", n, err)
	}
	if n, err := b.Retain(t.Context(), 24*time.Hour, now); n != 1 || err != nil {
		t.Errorf("when the 3rd is a day old: %d, %v", n, err)
	}
	got := strings.Join(tree(t, dir), " ")
	want := "2026 2026/01 2026/01/02 2026/01/02/-x.wav 2026/01/02/note of a person.txt 2026/01/03 2026/01/03/e.json 2026/01/03/e.wav " +
		"2026/01/04 2026/01/04/g.json 2026/01/04/g.wav 2026/13 2026/13/45 2026/13/45/h.wav 2026/x.wav open open/e.json other other/x.wav"
	if got != want {
		t.Errorf("left: %s\nwant: %s", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := b.Retain(ctx, time.Hour, now.AddDate(1, 0, 0)); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %d, %v", n, err)
	}
}

// TestRetainLeavesTheRunning: a recording that began long ago and runs is never deleted, and is once it is stored.
func TestRetainLeavesTheRunning(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	s := b.start(t, "c1", media.PCMA)
	b.talk(0, time.Second, true, map[byte]media.Tap{3: s.Left()})
	later := time.Now().AddDate(0, 0, 10)
	if n, err := b.Retain(t.Context(), 24*time.Hour, later); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	got := b.stored(t, s)
	if err := b.Verify(got); err != nil {
		t.Error(err)
	}
	if Expired(got.File, 24*time.Hour, time.Now()) || !Expired(got.File, 24*time.Hour, later) || Expired(got.File, 0, later) || Expired("x.wav", time.Hour, later) {
		t.Error("expired is not what Retain deletes")
	}
	if n, err := b.Retain(t.Context(), 24*time.Hour, later); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if left := tree(t, dir); !slices.Equal(left, []string{notesDir, notesFile}) {
		t.Errorf("left: %v", left)
	}
}

// TestRepairOfWhatCannotBe: what a crash or a power cut leaves is told once, and not at every start again.
func TestRepairOfWhatCannotBe(t *testing.T) {
	dir := t.TempDir()
	none := func(func(hotline.Event, error) bool) {}
	note := `{"file":"2026/01/02/NAME.wav","contact":"NAME","call":"NAME","began":"2026-01-02T10:00:00Z"}`
	write := func(name, text string) {
		t.Helper()
		tree(t, dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	head := wavHead(media.PCMU, 0)
	write("open/gone.json", strings.ReplaceAll(note, "NAME", "gone")) // the crash came before the file
	write("open/short.json", strings.ReplaceAll(note, "NAME", "short"))
	write("2026/01/02/short.wav", "RI")
	write("open/lost.json", "") // a power cut: the note is empty
	write("2026/01/02/lost.wav", string(head[:])+strings.Repeat("\xff", 16000))
	write("open/half.json.tmp", "{")
	write("open/foreign.json", `{"file":"../../etc/passwd","contact":"foreign"}`)
	b := newBench(t, dir)
	if n, err := b.Repair(t.Context(), none); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if k := strings.Join(b.kinds(), "; "); k != "failed; stored gaps=0 repaired=true; failed; failed" {
		t.Errorf("the log has: %s", k)
	}
	got := b.lastStored(t)
	if got.File != "2026/01/02/lost.wav" || got.MS != 1000 || b.Verify(got) != nil {
		t.Errorf("%+v: %v", got, b.Verify(got))
	}
	if n, err := b.Repair(t.Context(), none); n != 0 || err != nil || len(b.kinds()) != 4 {
		t.Errorf("again: %d, %v, %v", n, err, b.kinds())
	}
	write("open/two.json", strings.ReplaceAll(note, "NAME", "two"))
	write("2026/01/02/two.wav", string(head[:]))
	failing := errors.New("the log cannot be read")
	if _, err := b.Repair(t.Context(), func(y func(hotline.Event, error) bool) { y(hotline.Event{}, failing) }); !errors.Is(err, failing) {
		t.Error(err)
	}
	appendTo := b.cfg.Append
	b.cfg.Append = func([]hotline.Event) error { return hotline.ErrLogFull }
	if n, err := b.Repair(t.Context(), none); n != 0 || err != nil {
		t.Errorf("log full: %d, %v", n, err)
	}
	b.cfg.Append = appendTo
	b.sealer.again() // as Run does
	if got := b.lastStored(t); got.File != "2026/01/02/two.wav" || !got.Repaired {
		t.Errorf("%+v", got)
	}
	stored := func(y func(hotline.Event, error) bool) {
		y(hotline.Event{Contact: "three", Fact: hotline.RecordingStored{File: "2026/01/02/three.wav"}}, nil)
	}
	write("open/three.json", strings.ReplaceAll(note, "NAME", "three")) // the crash came between the log and the note
	if n, err := b.Repair(t.Context(), stored); n != 0 || err != nil || len(notesLeft(t, dir)) != 0 {
		t.Errorf("%d, %v, notes %v", n, err, notesLeft(t, dir))
	}
}
