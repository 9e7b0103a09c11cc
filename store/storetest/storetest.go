// Package storetest is the suite that every hotline.Log must pass: order, visibility, history and live tails, many writers
// at once, and what is left after a restart, a torn write, a kill -9 and a full disk. The tests of an implementation call
// Run; nobody else uses the package.
package storetest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline"
)

// Log is a hotline.Log that can be closed.
type Log interface {
	hotline.Log
	Close() error
}

// Open opens the log kept in dir, which exists. A log that keeps nothing there (a remote one) must find by dir what it kept
// for the same dir before.
type Open func(dir string) (Log, error)

// opener is Open as the tests use it: without an error, and with what closes the log.
type opener func(t *testing.T, dir string) (log hotline.Log, closeLog func())

// Run runs the suite. It must be called from a top-level test: the kill -9 case runs that test again in a child process.
func Run(t *testing.T, open Open) {
	must := func(t *testing.T, dir string) (hotline.Log, func()) {
		t.Helper()
		log, err := open(dir)
		if err != nil {
			t.Fatal("open:", err)
		}
		return log, func() {
			if err := log.Close(); err != nil {
				t.Error("close:", err)
			}
		}
	}
	if dir, ok := isChild(); ok {
		child(t, must, dir)
		return
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, opener)
	}{
		{"order", testOrder},
		{"what is read is what was written", testRoundTrip},
		{"refused whole", testRefused},
		{"visible on return", testVisible},
		{"read", testRead},
		{"tail", testTail},
		{"slow tail", testSlowTail},
		{"many tails", testManyTails},
		{"many writers", testManyWriters},
		{"durable", testDurable},
		{"closed", testClosed},
		{"reopen", testReopen},
		{"torn tail", testTornTail},
		{"torn append", testTornAppend},
		{"kill -9", testKill},
		{"full disk", testFullDisk},
		{"hung disk", testHungDisk},
		{"read-only disk", func(t *testing.T, must opener) { testReadOnly(t, open, must) }},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, must) })
	}
}

// patience is how long anything here may take; only a fault makes it pass.
const patience = 30 * time.Second

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// step is the event number i of writer w, the k-th of the n of its Append.
func step(w, i, k, n int) hotline.Event {
	return hotline.Event{
		At:      time.Date(2025, 11, 22, 9, 0, 0, i%1000*int(time.Millisecond), time.UTC),
		Contact: hotline.ContactID(fmt.Sprintf("c%d", w)),
		Call:    hotline.CallID(fmt.Sprintf("c%d", w)),
		Fact: hotline.FlowStepped{
			Flow: fmt.Sprint(w), Path: fmt.Sprint(i), Step: fmt.Sprintf("%d/%d", k, n),
			Detail: strings.Repeat("转人工 ", i*7%40),
		},
	}
}

// appendTo is the i-th Append of writer w: n events.
func appendTo(log hotline.Log, w, i, n int) (uint64, error) {
	evs := make([]hotline.Event, n)
	for k := range evs {
		evs[k] = step(w, i, k+1, n)
	}
	return log.Append(evs)
}

func mustAppend(t *testing.T, log hotline.Log, w, i, n int) uint64 {
	t.Helper()
	seq, err := appendTo(log, w, i, n)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return seq
}

// readAll reads the history after the given number, and checks that the numbers have no gap.
func readAll(t *testing.T, log hotline.Log, after uint64) []hotline.Event {
	t.Helper()
	var evs []hotline.Event
	for ev, err := range log.Read(deadline(t), after) {
		if err != nil {
			t.Fatalf("Read(%d) after %d events: %v", after, len(evs), err)
		}
		if want := after + uint64(len(evs)) + 1; ev.Seq != want {
			t.Fatalf("Read(%d): number %d, want %d", after, ev.Seq, want)
		}
		evs = append(evs, ev)
	}
	return evs
}

// tailUntil tails the log after the given number up to last, and checks that the numbers have no gap.
func tailUntil(ctx context.Context, log hotline.Log, after, last uint64) ([]hotline.Event, error) {
	var evs []hotline.Event
	if after >= last {
		return nil, nil
	}
	for ev, err := range log.Tail(ctx, after) {
		if err != nil {
			return evs, err
		}
		if want := after + uint64(len(evs)) + 1; ev.Seq != want {
			return evs, fmt.Errorf("Tail(%d): number %d, want %d", after, ev.Seq, want)
		}
		if evs = append(evs, ev); ev.Seq == last {
			return evs, nil
		}
	}
	return evs, fmt.Errorf("Tail(%d) ended after %d events, want up to %d: %v", after, len(evs), last, ctx.Err())
}

// same checks that two readers got the same.
func same(t *testing.T, what string, got, want []hotline.Event) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d events, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: event %d:\n got %+v\nwant %+v", what, want[i].Seq, got[i], want[i])
		}
	}
}
