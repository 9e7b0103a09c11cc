package local

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"hotline"
)

// fact is the event number i of writer w.
func fact(w, i int) hotline.Event {
	return hotline.Event{
		At: time.Date(2025, 11, 22, 8, 0, 0, i%1000*1e6, time.UTC), Shard: "main", Contact: "0t9x3k2m1a", Call: "0t9x3k2m1a",
		Agent: hotline.AgentID(fmt.Sprint(8000 + w)), Queue: "claims",
		Fact: hotline.Offered{
			Visit: "0t9x3k2m1a.1", Offer: "0t9x3k2m1a.1.1", Attempt: i, WaitMS: 1234,
			Until: time.Date(2025, 11, 22, 8, 0, 15, 0, time.UTC), Why: "longest_idle: 312 s",
		},
	}
}

// BenchmarkAppendDurable is n writers that each append one event and wait until it is on the platter.
func BenchmarkAppendDurable(b *testing.B) {
	for _, writers := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			s, err := Open(b.TempDir(), Config{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			todo := make(chan int)
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for i := range todo {
						seq, err := s.Append([]hotline.Event{fact(w, i)})
						if err == nil {
							err = s.Durable(context.Background(), seq)
						}
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ResetTimer()
			for i := range b.N {
				todo <- i
			}
			close(todo)
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkAppend is one writer that does not wait for the platter.
func BenchmarkAppend(b *testing.B) {
	s, err := Open(b.TempDir(), Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := range b.N {
		if _, err := s.Append([]hotline.Event{fact(0, i)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	s := new(Store)
	for i := range b.N {
		e, err := encode([]hotline.Event{fact(0, i)}, s.spare())
		if err != nil {
			b.Fatal(err)
		}
		s.reuse(e.room)
	}
}

// BenchmarkRead replays a log from its segments.
func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	s := mustOpen(b, dir, Config{})
	evs := make([]hotline.Event, 1000)
	for i := range evs {
		evs[i] = fact(i%100, i)
	}
	for range 20 {
		if _, err := s.Append(evs); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, s)
	s = mustOpen(b, dir, Config{})
	defer mustClose(b, s)
	n := 0
	b.ResetTimer()
	for n < b.N {
		for _, err := range s.Read(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
