package main

import (
	"strings"
	"testing"
	"time"

	"hotline/store/local"
)

// TestLogKeep: how long the log is kept, and what is no length of time.
func TestLogKeep(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                                 400 * 24 * time.Hour,
		"log: {keep: 90d}\n":               90 * 24 * time.Hour,
		"log: {keep: forever}\n":           0,
		"log: {keep: 30d, archive: old}\n": 30 * 24 * time.Hour,
		"log: {archive: old}\n":            400 * 24 * time.Hour,
	} {
		c, faults := readConfig(write(t, "hotline.yaml", "data: data\n"+text), noEnv)
		if len(faults) > 0 || c.Log.Keep != want || strings.Contains(text, "old") != (c.Log.Archive != "") {
			t.Errorf("%q: %+v, %v", text, c.Log, faults)
		}
	}
	for _, text := range []string{"log: {keep: 1h}\n", "log: {keep: never}\n", "log: {keeps: 90d}\n", "log: 90d\n"} {
		if _, faults := readConfig(write(t, "hotline.yaml", text), noEnv); len(faults) != 1 || faults[0].Line != 1 {
			t.Errorf("%q: %v", text, faults)
		}
	}
}

// TestPlaceOf: the places of those who follow the log, as each writes them.
func TestPlaceOf(t *testing.T) {
	for text, want := range map[string]uint64{`17`: 17, `{"low":5,"read":9}`: 5, `{"read":9,"size":3}`: 9, `{"low":0,"read":9}`: 0} {
		if n, ok := placeOf([]byte(text)); !ok || n != want {
			t.Errorf("%s: %d, %v", text, n, ok)
		}
	}
	for _, text := range []string{"", "{}", "x", `{"size":3}`} {
		if n, ok := placeOf([]byte(text)); ok {
			t.Errorf("%q: %d", text, n)
		}
	}
}

// TestFollowersOfTheConfig: what is no longer in the config does not hold the log.
func TestFollowersOfTheConfig(t *testing.T) {
	s, err := local.Open(t.TempDir(), local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, bucket := range []string{"event_files", "queue_log"} {
		if err := s.Bucket(bucket).Put("place", []byte(`{"read":7}`)); err != nil {
			t.Fatal(err)
		}
	}
	e := &engine{store: s}
	if got := e.followers(); len(got) != 0 {
		t.Errorf("taken out of the config, and kept for: %v", got)
	}
	e.cfg.Out.Events.Dir, e.cfg.Out.QueueLog.Path = "events", "queue_log"
	if got := e.followers(); len(got["event_files"]) != 1 || len(got["queue_log"]) != 1 {
		t.Errorf("followers %v", got)
	}
}
