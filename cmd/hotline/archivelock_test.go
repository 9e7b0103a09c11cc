package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/store/local"
)

// TestLogArchiveIsOneEngines: a second engine does not start on the folder while the first runs, and says whose it is; after that it may.
func TestLogArchiveIsOneEngines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "old")
	e := &engine{cfg: config{Data: "/data/one", Log: logConfig{Archive: dir}}}
	if err := e.openLogArchive(); err != nil {
		t.Fatal(err)
	}
	other := &engine{cfg: config{Data: "/data/two", Log: logConfig{Archive: dir}}}
	if err := other.openLogArchive(); !errors.Is(err, errArchiveShared) || !strings.Contains(err.Error(), "/data/one") || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
	if err := e.oldLogs.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.openLogArchive(); err != nil {
		t.Error(err)
	}
	other.oldLogs.Close()
	if err := (&engine{}).openLogArchive(); err != nil {
		t.Error("without log.archive:", err)
	}
}

// TestSegmentOfAnother: a segment that is packed already may go; one of whose name another log's stands in the folder stays, and says why.
func TestSegmentOfAnother(t *testing.T) {
	dir := t.TempDir()
	segment := func(name, text string) local.Segment {
		path := filepath.Join(dir, name, "00000001.log")
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+" and room that is not the log's"), 0o600); err != nil {
			t.Fatal(err)
		}
		return local.Segment{Path: path, Size: int64(len(text)), From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	}
	old := filepath.Join(dir, "old")
	one := segment("one", "facts")
	for range 2 {
		if err := archiveSegment(one, old); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"other", "longer facts"} {
		if err := archiveSegment(segment("two", text), old); !errors.Is(err, errArchiveShared) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
