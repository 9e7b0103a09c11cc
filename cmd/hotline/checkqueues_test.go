package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/web/boards"
)

// TestCheckQueues: a queue that webhooks, alarms or boards want and the centre has not is named with its place; others are not.
func TestCheckQueues(t *testing.T) {
	text, err := os.ReadFile("../../centre/testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("A8001", "one")
	t.Setenv("A8002", "two")
	name := write(t, "hotline.yaml", contractConfig+`
alarms:
  - {name: a, to: webhook, url: "https://x.example", secret: "sixteen-letters-or-more-of-it", queues: [claims, clams]}
`)
	if err := os.WriteFile(filepath.Join(filepath.Dir(name), "centre.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	var all faults
	err = (&checkCmd{at: at{Config: name}}).Run(new(bytes.Buffer))
	if !errors.As(err, &all) || len(all) != 1 || !strings.Contains(all[0].String(), `alarms[0].queues[1]: unknown queue "clams"; a queue of `) || all[0].Line < 10 {
		t.Errorf("%v", err)
	}
}

// TestBoardQueues: what the running engine prints of its boards is read back as places.
func TestBoardQueues(t *testing.T) {
	b := &boards.Wallboard{Name: "hall", Queues: []hotline.QueueID{"claims"}, Pages: []boards.Sheet{{}, {Tiles: []boards.Tile{{}, {Queues: []hotline.QueueID{"a", "b"}}}}}}
	var got []string
	for key, q := range b.QueueUses() {
		got = append(got, key+" "+string(q))
	}
	if want := "queues claims,pages[1].tiles[1].queues a,pages[1].tiles[1].queues b"; strings.Join(got, ",") != want {
		t.Errorf("%v", got)
	}
	uses := readBoardQueues(strings.NewReader("hall\tqueues\tclaims\nbroken\n"))
	if len(uses) != 1 || uses[0] != (queueUse{"board hall", 1, "queues", "claims"}) {
		t.Errorf("%+v", uses)
	}
}

// TestCheckWaitsForNoEngine: an engine that takes the question and never answers is named after a moment; the files are checked all
// the same.
func TestCheckWaitsForNoEngine(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // whoever dials is in its queue, and never accepted
	cfg := config{Data: dir, Centre: "centre.yaml", File: "hotline.yaml", QueueUses: []queueUse{{line: 3, key: "alarms[0].queues[0]", queue: "clams"}}}
	bad := unknownQueues(cfg, &centre.Centre{}, 20*time.Millisecond)
	if len(bad) != 2 || !strings.HasPrefix(bad[0].String(), "boards:1: boards: not checked: the running engine has not answered for 20ms") || !strings.Contains(bad[1].String(), `hotline.yaml:3: alarms[0].queues[0]: unknown queue "clams"`) {
		t.Errorf("%v", bad)
	}
}
