package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"hotline"
	"hotline/bench/past"
	"hotline/store/local"
)

// onWrite calls first before the first byte.
type onWrite struct {
	io.Writer
	first func()
}

func (w *onWrite) Write(b []byte) (int, error) {
	if w.first != nil {
		w.first()
		w.first = nil
	}
	return w.Writer.Write(b)
}

// TestBackupHasItsSnapshots: snapshots of the figures that are made while a backup is written are not in it, and those that were there
// are, whole: where the log's beginning is gone nothing else has the figures.
func TestBackupHasItsSnapshots(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s, err := local.Open(data, local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var evs []hotline.Event
	for ev := range past.Events(past.Config{Contacts: 500, Days: 1}) {
		evs = append(evs, ev)
	}
	if _, err := s.Append(evs); err != nil {
		t.Fatal(err)
	}
	still := func(n int) {
		path := filepath.Join(data, stillFile)
		os.Rename(path, filepath.Join(data, stillOlder)) // the first time there is none
		if err := writeStill(path+".tmp", stillHead{Seq: uint64(n)}, bytes.Repeat([]byte{byte(n)}, 1000*n)); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".tmp", path); err != nil {
			t.Fatal(err)
		}
	}
	still(1)
	still(2)
	var backup bytes.Buffer
	e := &engine{cfg: config{Data: data}, store: s, log: slog.New(slog.DiscardHandler)}
	meanwhile := func() {
		still(3)
		still(4)
	}
	if err := e.backup(t.Context(), nil, &onWrite{&backup, meanwhile}); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "to")
	if err := restore(t.Context(), &backup, to, io.Discard); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{stillFile: 2, stillOlder: 1} {
		head, b, err := readStill(filepath.Join(to, name))
		if err != nil || head.Seq != uint64(want) || !bytes.Equal(b, bytes.Repeat([]byte{byte(want)}, 1000*want)) {
			t.Errorf("%s: %s", name, fmt.Sprint(head.Seq, len(b), err))
		}
	}
}
