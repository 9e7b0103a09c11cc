package main

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"hotline"
	"hotline/reports"
)

const (
	// tidyEvery is after how many events of a log that is read at the start the fold lets go of what is settled.
	tidyEvery = 4096
	// aheadBatch events are taken off the disk at a time, aheadBatches of them before they are folded.
	aheadBatch, aheadBatches = 512, 8
	// readTold is how often a start that takes long says how far it is.
	readTold = 5 * time.Second
)

// readPast brings the folds to the end of the log. Reading, folding and packing go on beside each other: without a snapshot it may be years.
func (e *engine) readPast() error {
	began, after := time.Now(), e.resumeFold()
	first := e.store.First()
	if after+1 < first {
		e.log.Error("the log does not reach back to a snapshot that can be used: figures before its first event are missing", "first", first)
		after = first - 1
	}
	told := howFar{log: e.log, last: e.store.Last(), at: began, seq: after}
	var p packing
	defer p.wait()
	for ev, err := range readAhead(e.store.Read(context.Background(), after)) {
		if err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		if ev.Seq > e.fold.Seq() {
			e.fold.Apply(ev)
		}
		if ev.Seq%tidyEvery == 0 {
			p.begin(e.fold)
			told.tell(time.Now(), ev)
		}
		e.switches.apply(ev)
		e.desks.apply(ev)
	}
	p.wait()
	e.followed.Store(e.store.Last())
	took := time.Since(began)
	e.log.Info("figures are up to date", "after", after, "events", e.store.Last()-after, "took", took.Round(time.Millisecond))
	return nil
}

// packing lets settled contacts leave memory beside the folding, one chapter's worth of events behind it.
type packing struct{ done chan struct{} }

func (p *packing) begin(f *reports.Fold) {
	p.wait()
	done := make(chan struct{})
	p.done = done
	go func() {
		defer close(done)
		f.Tidy(context.Background())
	}()
}

func (p *packing) wait() {
	if p.done != nil {
		<-p.done
	}
}

// howFar says now and then how far a long start is.
type howFar struct {
	log  *slog.Logger
	last uint64
	at   time.Time
	seq  uint64
}

func (p *howFar) tell(now time.Time, ev hotline.Event) {
	if d := now.Sub(p.at); d >= readTold {
		p.log.Info("reading the log", "event", ev.Seq, "of", p.last, "up to", ev.At.Format(time.DateOnly), "a second", int(float64(ev.Seq-p.seq)/d.Seconds()))
		p.at, p.seq = now, ev.Seq
	}
}

// batch is some events in their order, and what ended them.
type batch struct {
	events []hotline.Event
	err    error
}

// readAhead yields what the log gives, read and decoded beside whoever takes it.
func readAhead(log iter.Seq2[hotline.Event, error]) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		batches, stop := make(chan batch, aheadBatches), make(chan struct{})
		done := make(chan struct{})
		defer func() { close(stop); <-done }()
		go func() {
			defer close(done)
			defer close(batches)
			fill(log, batches, stop)
		}()
		for b := range batches {
			for _, ev := range b.events {
				if !yield(ev, nil) {
					return
				}
			}
			if b.err != nil && !yield(hotline.Event{}, b.err) {
				return
			}
		}
	}
}

// fill reads until the log ends or nobody takes any more.
func fill(log iter.Seq2[hotline.Event, error], batches chan<- batch, stop <-chan struct{}) {
	var b batch
	send := func() bool {
		select {
		case batches <- b:
			b = batch{}
			return true
		case <-stop:
			return false
		}
	}
	for ev, err := range log {
		if b.err = err; err == nil {
			b.events = append(b.events, ev)
		}
		if (err != nil || len(b.events) == aheadBatch) && !send() {
			return
		}
	}
	send()
}
