package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"hotline"
)

func testOrder(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	want := uint64(0)
	for i, n := range []int{1, 3, 1, 0, 7, 2} {
		want += uint64(n)
		if seq := mustAppend(t, log, 0, i, n); seq != want {
			t.Fatalf("Append %d of %d events returned %d, want %d", i, n, seq, want)
		}
	}
	for i, ev := range readAll(t, log, 0) {
		if got := ev.Fact.(hotline.FlowStepped); i == 4 && got.Step != "1/1" || i == 5 && got.Step != "1/7" {
			t.Errorf("event %d is %+v", ev.Seq, got)
		}
	}
}

// testRoundTrip checks that history and live yield equal values, whatever the writer gave: the router's replay rests on it.
func testRoundTrip(t *testing.T, open opener) {
	dir := t.TempDir()
	log, closeLog := open(t, dir)
	local := time.Date(2025, 11, 22, 17, 0, 0, 123_456_789, time.FixedZone("CST", 8*3600))
	attrs := map[string]string{"vip": "金", "x": "\x00\"\\\u2028"}
	given := []hotline.Event{
		{At: local, Shard: "main", Contact: "a", Call: "a", Leg: "a-1", Agent: "8001", Queue: "claims", Fact: hotline.Queued{
			Visit: "a.1", Since: local, From: hotline.Party{Number: "+86\r\n", Name: "<b>王\xff"}, Attrs: attrs,
		}},
		{At: time.Now(), Fact: hotline.Offered{Visit: "a.1", Until: time.Now().Add(time.Minute)}},
		{Fact: hotline.LegRang{}},
	}
	seq, err := log.Append(given)
	if err != nil {
		t.Fatal(err)
	}
	attrs["vip"] = "changed by its owner" // must not reach the log
	live, err := tailUntil(deadline(t), log, 0, seq)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range live {
		if ev.At.Location() != time.UTC || ev.At.Nanosecond()%1e6 != 0 {
			t.Errorf("event %d: At is %v, want whole milliseconds UTC", ev.Seq, ev.At)
		}
	}
	if got := live[0]; got.Agent != "8001" || got.Queue != "claims" || got.Leg != "a-1" || got.Shard != "main" ||
		!got.At.Equal(local.Truncate(time.Millisecond)) || got.Fact.(hotline.Queued).Attrs["vip"] != "金" {
		t.Errorf("got %+v", got)
	}
	same(t, "history", readAll(t, log, 0), live)
	closeLog()
	log, closeLog = open(t, dir)
	defer closeLog()
	same(t, "history after reopening", readAll(t, log, 0), live)
}

// testRefused checks that an Append that fails leaves nothing behind.
func testRefused(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	mustAppend(t, log, 0, 0, 1)
	if _, err := log.Append([]hotline.Event{step(0, 1, 1, 2), {At: time.Now()}}); !errors.Is(err, hotline.ErrCodec) {
		t.Fatalf("an event without a fact: %v, want ErrCodec", err)
	}
	if seq := mustAppend(t, log, 0, 2, 1); seq != 2 {
		t.Fatalf("the next Append got %d, want 2", seq)
	}
	if evs := readAll(t, log, 0); len(evs) != 2 || evs[1].Fact.(hotline.FlowStepped).Path != "2" {
		t.Fatalf("read %+v", evs)
	}
}

// testVisible checks that whoever looks after Append returned sees the events.
func testVisible(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	ctx := deadline(t)
	for i := range 200 {
		seq := mustAppend(t, log, 0, i, 1+i%3)
		if evs := readAll(t, log, seq-1); len(evs) != 1 {
			t.Fatalf("Read after Append %d returned: %d events, want 1", i, len(evs))
		}
		if _, err := tailUntil(ctx, log, seq-1, seq); err != nil {
			t.Fatal(err)
		}
	}
}

// testManyWriters checks that there is no gap, nothing twice, that each writer's Appends stand in its order and that the
// events of one Append stand together where its number says.
func testManyWriters(t *testing.T, open opener) {
	const writers, appends = 24, 100
	dir := t.TempDir()
	log, closeLog := open(t, dir)
	type key struct{ w, i int }
	var (
		mu   sync.Mutex
		last = map[key]uint64{} // number that Append returned
		size = map[key]int{}
		wg   sync.WaitGroup
	)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	for w := range writers {
		rnd := rand.New(rand.NewPCG(seed, uint64(w)))
		wg.Go(func() {
			for i := range appends {
				n := 1 + rnd.IntN(5)
				seq, err := appendTo(log, w, i, n)
				if err != nil {
					t.Errorf("Append: %v", err)
					return
				}
				mu.Lock()
				last[key{w, i}], size[key{w, i}] = seq, n
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	check := func(evs []hotline.Event) {
		next := make([]int, writers)
		for p := 0; p < len(evs); {
			f := evs[p].Fact.(hotline.FlowStepped)
			var k key
			fmt.Sscan(f.Flow+" "+f.Path, &k.w, &k.i)
			if k.i != next[k.w] {
				t.Fatalf("writer %d: Append %d stands where %d should", k.w, k.i, next[k.w])
			}
			next[k.w]++
			for j := range size[k] {
				if got := evs[p+j].Fact.(hotline.FlowStepped); got.Flow != f.Flow || got.Step != fmt.Sprintf("%d/%d", j+1, size[k]) {
					t.Fatalf("inside Append %d of writer %d stands %+v", k.i, k.w, got)
				}
			}
			p += size[k]
			if evs[p-1].Seq != last[k] {
				t.Fatalf("Append returned %d, its last event has %d", last[k], evs[p-1].Seq)
			}
		}
		for w, n := range next {
			if n != appends {
				t.Errorf("writer %d: %d Appends in the log, want %d", w, n, appends)
			}
		}
	}
	check(readAll(t, log, 0))
	closeLog()
	log, closeLog = open(t, dir)
	defer closeLog()
	check(readAll(t, log, 0))
}

func testDurable(t *testing.T, open opener) {
	log, closeLog := open(t, t.TempDir())
	defer closeLog()
	ctx := deadline(t)
	if err := log.Durable(ctx, 0); err != nil {
		t.Fatalf("Durable(0) of an empty log: %v", err)
	}
	var wg sync.WaitGroup
	for w := range 20 {
		wg.Go(func() {
			for i := range 20 {
				seq, err := appendTo(log, w, i, 2)
				if err == nil {
					err = log.Durable(ctx, seq)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	done, cancel := context.WithCancel(ctx)
	cancel()
	if err := log.Durable(done, 801); !errors.Is(err, context.Canceled) {
		t.Errorf("Durable of a number to come, ctx done: %v", err)
	}
	if err := log.Durable(done, 800); err != nil {
		t.Errorf("Durable of what is durable, ctx done: %v", err)
	}
	coming := make(chan error)
	go func() { coming <- log.Durable(ctx, 801) }()
	mustAppend(t, log, 0, 0, 1)
	if err := <-coming; err != nil {
		t.Errorf("Durable of a number that came: %v", err)
	}
}
