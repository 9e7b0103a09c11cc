package chapters

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hotline"
)

// liveCalls is how many calls are up while a snapshot is made.
const liveCalls = 1000

// BenchmarkPause is how long a fact waits at most while a snapshot of the figures is made, with the past of -contacts behind and a
// thousand calls up.
func BenchmarkPause(b *testing.B) {
	m := make1(b, *contacts, *days, *dir)
	restore(b, m, filepath.Join(*dir, "still"))
	live(m)
	seq := m.fold.Seq()
	var waits []time.Duration
	var bytes int
	for b.Loop() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			data, _, err := m.fold.Still()
			if err != nil {
				b.Error(err)
			}
			bytes = len(data)
		}()
		for up := true; up; time.Sleep(200 * time.Microsecond) {
			select {
			case <-done:
				up = false
			default:
			}
			seq++
			began := time.Now()
			m.fold.Apply(step(m, seq, int(seq%liveCalls)))
			waits = append(waits, time.Since(began))
		}
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)-1].Microseconds())/1000, "ms-longest")
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "µs-median")
	b.ReportMetric(float64(bytes)/1e6, "MB")
}

// restore takes a fold that has its chapters alone to the end of its log, by a snapshot that an earlier run has left; or leaves one.
func restore(b *testing.B, m *made, still string) {
	b.Helper()
	if m.fold.Seq() == 0 {
		data, err := os.ReadFile(still)
		if err != nil {
			b.Fatal(err)
		}
		if err := m.fold.Restore(data); err != nil {
			b.Fatal(err)
		}
		return
	}
	data, _, err := m.fold.Still()
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(still, data, 0o600); err != nil {
		b.Fatal(err)
	}
}

// live makes the calls that are up: each has been through a menu and waits.
func live(m *made) {
	seq := m.fold.Seq()
	for i := range liveCalls {
		id := liveID(i)
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id)}
		from := hotline.Party{Number: fmt.Sprintf("139%08d", i)}
		for n, fact := range []hotline.Fact{
			hotline.CallStarted{Direction: hotline.Inbound, From: from, To: "95500", Trunk: "carrier", Flow: "main"},
			hotline.LegStarted{Role: hotline.RoleCustomer},
			hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"},
			hotline.FlowStepped{Flow: "main", Path: "main.1", Step: "menu"},
			hotline.Queued{Visit: id.Visit(1), Entry: "ivr", Priority: 5, Since: m.end, Position: i, From: from},
		} {
			seq++
			ev.Seq, ev.At, ev.Fact = seq, m.end.Add(time.Duration(n)*time.Second), fact
			if ev.Leg = ""; n == 1 || n == 2 {
				ev.Leg = hotline.LegID(id) + "-0"
			}
			if ev.Queue = ""; n == 4 {
				ev.Queue, ev.Shard = "q1", "main"
			}
			m.fold.Apply(ev)
		}
	}
}

func liveID(i int) hotline.ContactID {
	return hotline.ContactID(fmt.Sprintf("019c3f2a-%06d-7b1d4e", i))
}

func step(m *made, seq uint64, i int) hotline.Event {
	id := liveID(i)
	return hotline.Event{
		Seq: seq, At: m.end.Add(10 * time.Second), Contact: id, Call: hotline.CallID(id),
		Fact: hotline.FlowStepped{Flow: "main", Path: "main.2", Step: "play"},
	}
}
