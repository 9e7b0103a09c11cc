package recorder

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hotline"
)

func openNotes(t *testing.T, dir string) *notes {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return &notes{root: root, log: slog.New(slog.DiscardHandler), open: map[string]Info{}, old: map[string]bool{}}
}

// TestNotesOverAStart: what was noted and not stored is found by the next start, whatever the crash tore off.
func TestNotesOverAStart(t *testing.T) {
	dir := t.TempDir()
	n := openNotes(t, dir)
	for _, id := range []string{"a", "b", "c"} {
		if err := n.add(Info{File: "2026/01/02/" + id + wavExt, Contact: hotline.ContactID(id)}); err != nil {
			t.Fatal(err)
		}
	}
	n.remove("2026/01/02/b.wav", "2026/01/02/never.wav")
	if err := n.sync(); err != nil {
		t.Error(err)
	}
	list := filepath.Join(dir, notesFile)
	f, err := os.OpenFile(list, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, `{"open":{"file":"2026/01/02/d.w`)
	f.Close()
	if left := notesLeft(t, dir); !slices.Equal(left, []string{"2026/01/02/a.wav", "2026/01/02/c.wav"}) {
		t.Errorf("left: %v", left)
	}
	again := openNotes(t, dir)
	if err := again.add(Info{File: "2026/01/02/e.wav", Contact: "e"}); err != nil { // behind the torn line
		t.Fatal(err)
	}
	again.remove("2026/01/02/a.wav")
	if left := notesLeft(t, dir); !slices.Equal(left, []string{"2026/01/02/c.wav", "2026/01/02/e.wav"}) {
		t.Errorf("left: %v", left)
	}
}

// TestNotesStayShort: the list of a day with a million calls is as short as what is open at the time.
func TestNotesStayShort(t *testing.T) {
	dir := t.TempDir()
	n := openNotes(t, dir)
	id := strings.Repeat("x", 100)
	if err := n.add(Info{File: "2026/01/02/long.wav", Contact: "long"}); err != nil {
		t.Fatal(err)
	}
	for i := range 10000 {
		file := fmt.Sprintf("2026/01/02/%s%d.wav", id, i)
		if err := n.add(Info{File: file, Contact: hotline.ContactID(id)}); err != nil {
			t.Fatal(err)
		}
		n.remove(file)
	}
	st, err := os.Stat(filepath.Join(dir, notesFile))
	if err != nil || st.Size() > notesMost+1000 {
		t.Errorf("%v bytes, %v", st.Size(), err)
	}
	if left := notesLeft(t, dir); !slices.Equal(left, []string{"2026/01/02/long.wav"}) {
		t.Errorf("left: %v", left)
	}
}

// TestManyAreSyncedTogether: what ends in one visit is stored in one go, each with its own fate.
func TestManyAreSyncedTogether(t *testing.T) {
	b := newBench(t, t.TempDir())
	var all []*Session
	for i := range 2 * fewTakes {
		all = append(all, b.start(t, hotline.ContactID(fmt.Sprint("c", i)), 8))
	}
	b.now = 1e9
	b.turn(false)
	if err := os.Remove(filepath.Join(b.cfg.Dir, all[1].name+wavExt)); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		s.Close()
	}
	b.turn(true)
	if k := b.kinds(); len(k) != 2*fewTakes {
		t.Errorf("the log has %v", k)
	}
	if left := notesLeft(t, b.cfg.Dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
