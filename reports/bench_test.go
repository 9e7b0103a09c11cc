package reports

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"hotline"
)

// benchContacts is how many contacts the benchmarks fold; -contacts 100000 for the figure in the notes.
var benchContacts = flag.Int("contacts", 5000, "contacts of the benchmarks")

// busyDay is n contacts of the ordinary kind, 25 events each, through the real codec: a menu, a queue, one agent of 60, talk and
// wrap-up; over 14 hours.
func busyDay(b *testing.B, n int) []hotline.Event {
	b.Helper()
	start := instant(b, "2026-03-10T00:00:00Z")
	s := &script{}
	for i := range n {
		at := start.UnixMilli() + int64(i)*(14*3_600_000/int64(n))
		id := hotline.ContactID(fmt.Sprintf("019c3f2a-%06d-7b1d4e", i))
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id)}
		q := ev
		q.Queue, q.Shard, q.Agent = hotline.QueueID(fmt.Sprint("queue", i%6)), "s1", hotline.AgentID(fmt.Sprint(8000+i%60))
		leg, agentLeg := ev, ev
		leg.Leg, agentLeg.Leg = hotline.LegID(id), ev.Call.Sub(1)
		v := id.Visit(1)
		set := func(off int64, st hotline.AgentState) {
			s.add(at+off, hotline.Event{Agent: q.Agent, Call: ev.Call, Contact: id, Shard: "s1"}, hotline.AgentSet{State: st, Source: "system", From: "ready", MS: 1})
		}
		s.add(at, ev, hotline.CallStarted{Direction: "inbound", From: hotline.Party{Number: fmt.Sprintf("138%08d", i)}, To: "95500", Trunk: "carrier", Flow: "main"})
		s.add(at, leg, hotline.LegStarted{Role: "customer"})
		s.add(at, leg, hotline.LegAnswered{Role: "customer", Codec: "PCMA"})
		for step, name := range []string{"answer", "play", "menu", "queue"} {
			s.add(at+int64(step)*900, ev, hotline.FlowStepped{Flow: "main", Path: fmt.Sprint("main.", step), Step: name})
		}
		s.add(at+4000, q, hotline.Queued{Visit: v, Entry: "ivr", Priority: 5, Since: time.UnixMilli(at + 4000), Position: 1, From: hotline.Party{Number: fmt.Sprintf("138%08d", i)}})
		s.add(at+4000, q, hotline.Offered{Visit: v, Offer: v.Offer(1), Attempt: 1, Until: time.UnixMilli(at + 19000), Why: "longest_idle 41000"})
		set(4000, "ringing")
		s.add(at+4001, agentLeg, hotline.LegStarted{Role: "agent", To: string(q.Agent), Offer: v.Offer(1)})
		s.add(at+4100, agentLeg, hotline.LegRang{})
		s.add(at+9000, agentLeg, hotline.LegAnswered{Role: "agent", Codec: "PCMA"})
		s.add(at+9000, q, hotline.Connected{Visit: v, Offer: v.Offer(1), Leg: agentLeg.Leg, WaitMS: 5000, RingMS: 5000})
		set(9000, "talking")
		s.add(at+9040, q, hotline.Answered{Visit: v, WaitMS: 5040})
		s.add(at+40000, agentLeg, hotline.LegEnded{Role: "agent", Cause: "hangup", Stats: hotline.MediaStats{Received: 1550, Codec: "PCMA"}})
		s.add(at+40000, leg, hotline.LegEnded{Role: "customer", Cause: "hangup", Stats: hotline.MediaStats{Received: 2000, Codec: "PCMA"}})
		s.add(at+40000, ev, hotline.CallEnded{Cause: "hangup", By: "customer"})
		s.add(at+40000, q, hotline.Released{Visit: v, TalkMS: 31000, Cause: "hangup", By: "customer", Wrap: "timed", WrapUntil: time.UnixMilli(at + 45000)})
		set(40000, "wrap_up")
		s.add(at+40500, ev, hotline.RecordingStored{File: "2026/03/10/" + string(id) + ".wav", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", MS: 40000, Bytes: 640000})
		s.add(at+45000, q, hotline.WrapEnded{Visit: v, MS: 5000, Source: "system"})
		set(45000, "ready")
	}
	evs := s.sorted()
	for i := range evs {
		line, err := hotline.MarshalEvent(evs[i])
		if err != nil {
			b.Fatal(err)
		}
		if evs[i], err = hotline.UnmarshalEvent(line); err != nil {
			b.Fatal(err)
		}
	}
	return evs
}

func busyFold(evs []hotline.Event, now time.Time) *Fold {
	c := Centre{Location: time.UTC}
	for i := range 6 {
		q := Queue{ID: hotline.QueueID(fmt.Sprint("queue", i)), Short: 5 * time.Second}
		for a := range 60 {
			q.Agents = append(q.Agents, hotline.AgentID(fmt.Sprint(8000+a)))
		}
		c.Queues = append(c.Queues, q)
	}
	for a := range 60 {
		c.Agents = append(c.Agents, Agent{ID: hotline.AgentID(fmt.Sprint(8000 + a)), Team: fmt.Sprint(a % 4)})
	}
	f := New(Config{Centre: c, Now: func() time.Time { return now }})
	for _, ev := range evs {
		f.Apply(ev)
	}
	return f
}

func BenchmarkApply(b *testing.B) {
	evs := busyDay(b, *benchContacts)
	b.ReportAllocs()
	b.ResetTimer()
	f := busyFold(nil, time.Time{})
	for i := 0; b.Loop(); i++ {
		if i%len(evs) == 0 {
			f = busyFold(nil, time.Time{})
		}
		f.Apply(evs[i%len(evs)])
	}
}

// BenchmarkContactMemory reports the heap that one contact takes for good, its facts decoded from the log included.
func BenchmarkContactMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		f := busyFold(busyDay(b, *benchContacts), time.Time{})
		runtime.GC()
		runtime.ReadMemStats(&after)
		loose := after.HeapAlloc - before.HeapAlloc
		f.packer.drain(b.Context())
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(*benchContacts), "B/contact")
		b.ReportMetric(float64(loose)/float64(*benchContacts), "B/contact-unpacked")
		runtime.KeepAlive(f)
	}
}

func BenchmarkQueries(b *testing.B) {
	evs := busyDay(b, *benchContacts)
	now := evs[len(evs)-1].At
	f := busyFold(evs, now)
	from := now.Truncate(24 * time.Hour)
	b.Run("view", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			f.View(now.Add(time.Duration(i) * time.Second))
		}
	})
	b.Run("day by 15 min", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.Queues(QueueQuery{From: from, To: from.Add(24 * time.Hour), Interval: Quarter}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("agents of the day", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.Agents(AgentQuery{From: from, To: from.Add(24 * time.Hour)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("search by number", func(b *testing.B) {
		for b.Loop() {
			if p, err := f.Contacts(Search{Number: "13800000001"}); err != nil || len(p.Items) != 1 {
				b.Fatal(err, len(p.Items))
			}
		}
	})
}
