package local

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

// spoil fills what nobody may be using with what nobody has written.
func (s *Store) spoil() {
	r, ok := s.rooms.Get().(*room)
	if !ok {
		return
	}
	copy(r.bytes[:cap(r.bytes)], bytes.Repeat([]byte{0xDB}, cap(r.bytes)))
	for i := range r.events[:cap(r.events)] {
		r.events[:cap(r.events)][i] = hotline.Event{Seq: 1 << 60, Contact: "spoilt", Fact: hotline.Noted{Text: "spoilt"}}
	}
	for i := range r.sizes[:cap(r.sizes)] {
		r.sizes[:cap(r.sizes)][i] = 1 << 30
	}
	s.reuse(r)
}

// queued is the event number i of writer w, with something that could be changed by whoever has it.
func queued(w, i int) hotline.Event {
	ev := fact(w, i)
	ev.Fact = hotline.Queued{Visit: "v", Entry: hotline.EntryIVR, Since: ev.At, Attrs: map[string]string{"n": fmt.Sprint(i)}, From: hotline.Party{Name: fmt.Sprint(w, "-", i)}}
	return ev
}

// TestEventsAreNobodyElses: the memory of batches is used again and spoiled in between, and callers change what was theirs as soon as
// Append has returned. A slow reader that keeps everything has in the end what a reader of the disk gets.
func TestEventsAreNobodyElses(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	defer mustClose(t, s)
	const writers, each = 4, 500
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var slow []hotline.Event
	var work, spoiling sync.WaitGroup
	work.Go(func() {
		for ev, err := range s.Tail(ctx, 0) {
			if err != nil {
				t.Error(err)
			}
			if slow = append(slow, ev); err != nil || len(slow) == writers*each {
				return
			}
		}
	})
	spoiling.Go(func() {
		for ctx.Err() == nil {
			s.spoil()
		}
	})
	for w := range writers {
		work.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 3))
			for i := 0; i < each; {
				batch := make([]hotline.Event, 0, 5)
				for n := 1 + r.IntN(5); n > 0 && i < each; n-- {
					batch = append(batch, queued(w, i))
					i++
				}
				if _, err := s.Append(batch); err != nil {
					t.Error(err)
					cancel()
					return
				}
				for k := range batch {
					batch[k].Fact.(hotline.Queued).Attrs["n"] = "changed by its owner"
					batch[k] = hotline.Event{}
				}
			}
		})
	}
	work.Wait()
	cancel()
	spoiling.Wait()
	next := map[hotline.AgentID]int{}
	i := 0
	if s.ring.first = s.ring.last + 1; len(slow) == 0 { // what comes now comes from the disk
		t.Fatal("the slow reader got nothing")
	}
	for ev, err := range s.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(ev, slow[i]); d != "" {
			t.Fatalf("event %d (-disk +kept):\n%s", i, d)
		}
		var w int
		fmt.Sscan(string(ev.Agent), &w)
		want := queued(w-8000, next[ev.Agent])
		want.Seq = ev.Seq
		if d := cmp.Diff(want, ev); d != "" {
			t.Fatalf("event %d (-written +read):\n%s", i, d)
		}
		next[ev.Agent]++
		i++
	}
	if i != writers*each {
		t.Errorf("%d events", i)
	}
}

// TestBehindOnSpoiltMemory: the memory of values is used again and spoiled in between, and no key gets another's value.
func TestBehindOnSpoiltMemory(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Config{})
	defer mustClose(t, s)
	b := s.Bucket("resume")
	w := b.Behind(slog.New(slog.DiscardHandler))
	r := rand.New(rand.NewPCG(5, 5))
	last := map[string]string{}
	for range 200 {
		for range r.IntN(30) {
			key := fmt.Sprint("leg", r.IntN(20))
			if r.IntN(3) == 0 {
				w.Delete(key)
				delete(last, key)
				continue
			}
			last[key] = key + string(bytes.Repeat([]byte{byte('a' + r.IntN(26))}, r.IntN(300)))
			w.Put(key, []byte(last[key]))
		}
		for _, spare := range w.spare {
			copy(spare[:cap(spare)], bytes.Repeat([]byte{0xDB}, cap(spare)))
		}
		seen := map[*byte]bool{}
		for _, spare := range w.spare {
			if first := &spare[:1][0]; seen[first] {
				t.Fatal("one memory is two spares")
			} else {
				seen[first] = true
			}
		}
		if r.IntN(4) == 0 && !w.flush() {
			t.Fatal("not written")
		}
	}
	w.flush()
	if d := cmp.Diff(last, kept(t, b)); d != "" {
		t.Error(d)
	}
}
