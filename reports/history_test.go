package reports

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hotline"
)

// TestHistory holds span and after against a plain list, over many chunks and snapshots.
func TestHistory(t *testing.T) {
	rng := rand.New(rand.NewChaCha8([32]byte{1}))
	var h history[int64]
	var plain []int64
	key := int64(0)
	var old history[int64]
	for i := range 5000 {
		if rng.IntN(3) == 0 { // many share a key
			key += rng.Int64N(20)
		}
		h.add(key, key)
		plain = append(plain, key)
		if i == 2500 {
			old = h
		}
		if i%50 != 0 {
			continue
		}
		from := rng.Int64N(key + 2)
		to := from + rng.Int64N(500)
		keys := func(v int64) bool { return v < from || v > to }
		got := slices.DeleteFunc(slices.Collect(h.span(from, to)), keys)
		if want := slices.DeleteFunc(slices.Clone(plain), keys); !slices.Equal(got, want) {
			t.Fatalf("span(%d, %d) of %d: %d entries, want %d", from, to, i+1, len(got), len(want))
		}
		n := rng.IntN(len(plain) + 1)
		if got := slices.Collect(h.after(n)); !slices.Equal(got, plain[n:]) {
			t.Fatalf("after(%d) of %d: %d entries, want %d", n, i+1, len(got), len(plain)-n)
		}
	}
	if got := slices.Collect(old.after(0)); !slices.Equal(got, plain[:2501]) || old.n != 2501 {
		t.Errorf("a snapshot of 2501 has %d entries", len(got))
	}
	for i := chunkLen; i < len(plain); i += chunkLen { // keys at both sides of every chunk's edge
		for _, k := range []int64{plain[i-1], plain[i]} {
			keys := func(v int64) bool { return v != k }
			got := slices.DeleteFunc(slices.Collect(h.span(k, k)), keys)
			if want := slices.DeleteFunc(slices.Clone(plain), keys); len(got) != len(want) {
				t.Errorf("key %d at the edge %d: %d entries, want %d", k, i, len(got), len(want))
			}
		}
	}
	for _, i := range []int{100, 2500, 4900} {
		looked := 0
		for range h.span(plain[i], plain[i]) {
			looked++
		}
		if looked > 2*chunkLen {
			t.Errorf("span looked at %d entries for one key", looked)
		}
	}
}

// TestNarrow: what an interval counts does not depend on how much else is asked for, also when its visits were closed
// hours later and lie many chunks apart.
func TestNarrow(t *testing.T) {
	start := instant(t, "2026-03-10T00:00:00Z")
	d := simulate(11, start, 8*time.Hour, 3000, 40)
	c := hotline.ContactID("long")
	ev := hotline.Event{Contact: c, Call: "long", Queue: "claims"}
	a := ev
	a.Agent = "late"
	at := start.Add(20 * time.Minute).UnixMilli()
	d.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound})
	d.add(at, ev, hotline.Queued{Visit: "long.1", Entry: "ivr"})
	d.add(at, a, hotline.Offered{Visit: "long.1", Offer: "long.1.1"})
	d.add(at, a, hotline.Connected{Visit: "long.1", Offer: "long.1.1"})
	d.add(at, a, hotline.Answered{Visit: "long.1"})
	d.add(at+3*3_600_000, a, hotline.Released{Visit: "long.1", TalkMS: 3 * 3_600_000, Wrap: "none"})
	hop := hotline.Event{Contact: "hop", Call: "hop", Queue: "claims"} // asks again five hours later
	d.add(at, hop, hotline.CallStarted{Direction: hotline.Inbound})
	d.add(at, hop, hotline.Blocked{Visit: "hop.1", Reason: hotline.BlockFull})
	d.add(at+5*3_600_000, hop, hotline.Queued{Visit: "hop.2", Entry: "callback"})
	d.add(at+5*3_600_000, hop, hotline.Answered{Visit: "hop.2"})
	now := &clock{time.UnixMilli(d.end)}
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	d.apply(f)
	if len(f.closed.full) < 3 {
		t.Fatalf("%d chunks: too few to test", len(f.closed.full))
	}
	whole, err := f.Queues(QueueQuery{From: start, To: now.t, Interval: Quarter})
	if err != nil {
		t.Fatal(err)
	}
	var narrow []string
	for from := start; from.Before(now.t); from = from.Add(15 * time.Minute) {
		r, err := f.Queues(QueueQuery{From: from, To: from.Add(15 * time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range r.Rows {
			narrow = append(narrow, fmt.Sprint(row.Label, row.Queue, tallyRow(row)))
		}
		i := int(from.Sub(start) / (15 * time.Minute))
		if got, want := r.Totals[0].Calls.CallCounts, whole.Totals[i].Calls.CallCounts; got != want {
			t.Errorf("%s: calls %+v, want %+v", r.Totals[0].Label, got, want)
		}
	}
	var wide []string
	for _, row := range whole.Rows {
		if row.Queue != "gone" || row.Requested+row.Dequeued > 0 {
			wide = append(wide, fmt.Sprint(row.Label, row.Queue, tallyRow(row)))
		}
	}
	if !slices.Equal(narrow, wide) {
		t.Errorf("narrow and wide reports differ: %d and %d rows\n%s", len(narrow), len(wide), diff(fmt.Sprintln(wide), fmt.Sprintln(narrow)))
	}
}
