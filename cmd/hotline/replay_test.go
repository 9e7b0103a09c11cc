package main

import (
	"testing"
	"time"

	"hotline"
)

// TestFileAt: a span that begins before the first file, as a whole day does on which the engine was set up, is that file's.
func TestFileAt(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	log := func(yield func(hotline.Event, error) bool) {
		for _, ev := range []hotline.Event{
			{At: day.Add(9 * time.Hour), Fact: hotline.EngineStarted{}},
			{At: day.Add(9 * time.Hour), Fact: hotline.CentreApplied{SHA256: "first"}},
			{At: day.Add(10 * time.Hour), Fact: hotline.LegRang{}},
			{At: day.Add(12 * time.Hour), Fact: hotline.CentreApplied{SHA256: "second"}},
		} {
			if !yield(ev, nil) {
				return
			}
		}
	}
	for hour, want := range map[int]string{0: "first", 9: "first", 11: "first", 12: "second", 20: "second"} {
		if got, err := fileAt(log, day.Add(time.Duration(hour)*time.Hour)); got != want || err != nil {
			t.Errorf("at %d:00 %q was in force, %v; want %q", hour, got, err, want)
		}
	}
	if got, err := fileAt(func(func(hotline.Event, error) bool) {}, day); got != "" || err != nil {
		t.Errorf("an empty log has %q, %v", got, err)
	}
}
