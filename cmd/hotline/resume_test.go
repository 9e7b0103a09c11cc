package main

import (
	"log/slog"
	"testing"

	"hotline/store/local"
)

// TestDamagedRecords: whatever stands in the resume bucket, the engine starts: damaged records are put aside and counted,
// and the second start meets none.
func TestDamagedRecords(t *testing.T) {
	s, err := local.Open(t.TempDir(), local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	bad := map[string][]byte{"a": {}, "b": {1}, "c": {1, 2, 3, 4, 5, 6}, "d": []byte("{json}"), "e": make([]byte, 100_000)}
	if err := s.Volatile(resumeBucket).PutAll(bad); err != nil {
		t.Fatal(err)
	}
	for start, want := range []uint64{uint64(len(bad)), 0} {
		logger := slog.New(slog.DiscardHandler)
		e := &engine{store: s, log: logger, group: newGroup(logger)}
		if err := e.openResume(); err != nil {
			t.Fatal(err)
		}
		e.group.stop()
		if n := e.resume.damaged.Load(); n != want || e.resume.found != 0 {
			t.Errorf("start %d: %d damaged, %d found", start, n, e.resume.found)
		}
	}
	aside := 0
	if err := s.Bucket(damagedBucket).Each("", func(string, []byte) bool { aside++; return true }); err != nil || aside != len(bad) {
		t.Errorf("%d put aside, %v", aside, err)
	}
}
