package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
)

// numbers flattens a report row's whole figures by their names in JSON.
func numbers(t *testing.T, row any) map[string]int {
	t.Helper()
	b, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for k, x := range v {
		switch x := x.(type) {
		case float64:
			out[k] = int(x)
		case map[string]any:
			for part, n := range x {
				switch n := n.(type) {
				case float64:
					out[k+"."+part] = int(n)
				case map[string]any:
					if c, ok := n["count"].(float64); ok {
						out["in "+part] = int(c)
						out["out "+part] = int(n["of"].(float64) - c)
					}
				}
			}
		}
	}
	if l, ok := v["level"].(map[string]any); ok {
		out["in level"], out["out level"] = int(l["count"].(float64)), int(l["of"].(float64)-l["count"].(float64))
	}
	return out
}

// figures that a list can be had of.
func listed() []string {
	out := strings.Fields(`requested blocked offered answered answered_within answered_20s abandoned abandoned_within
		abandoned_short flow_out lost waiting dequeued handled held blocked_by.full blocked_by.closed blocked_by.no_staff
		blocked_by.refused flow_out_by.overflow flow_out_by.timeout flow_out_by.key flow_out_by.callback flow_out_by.voicemail
		flow_out_by.moved flow_out_by.closed flow_out_by.no_agents rings.answered rings.no_answer rings.rejected
		rings.unreachable rings.busy rings.caller_gone rings.elsewhere`)
	for _, l := range strings.Fields("v1 v2 v3 v3_offered v4 v5 v6 cn20 connect abandon abandon_excl answer level") {
		out = append(out, "in "+l, "out "+l)
	}
	return out
}

// counting is one random stretch whose figures are held against their lists.
type counting struct {
	f    *Fold
	from time.Time
	to   time.Time
	met  map[string]int // the largest figure seen
}

func (c *counting) hold(t *testing.T, q CountedQuery, want int) {
	t.Helper()
	name := strings.TrimSuffix(q.Figure+"@"+string(q.By), "@")
	if want == 0 && c.met[name] > 0 {
		return // an empty list is looked at until there was a full one
	}
	c.met[name] = max(c.met[name], want)
	q.Limit = 500
	p, err := c.f.Counted(q)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	of, _, two := strings.Cut(q.Figure, " ")
	others := two && of != "in" && of != "out" && of != "agent" // some tell of a whole contact, by its beginning
	for _, x := range p.Items {
		sum += x.Times
		if x.Contact == "" || x.At == 0 || !others && (x.Visit == "" || x.At.Time().Before(q.From) || !x.At.Time().Before(q.To)) {
			t.Fatalf("%s: %+v", name, x)
		}
	}
	if p.Count != want || p.Next != 0 || sum != want {
		t.Fatalf("%s, %s, %s %s: figure %d, counted %d, listed %d", name, q.From, q.Queue, q.Agent, want, p.Count, sum)
	}
}

// Whatever happened, the list of a figure has as many entries as the figure says: every figure, queue, agent, interval and
// attribution.
func TestCountedIsWhatTheFigureSays(t *testing.T) {
	met := map[string]int{}
	for seed := range uint64(4) {
		loc := zone(t, []string{"Asia/Shanghai", "Asia/Kathmandu"}[seed%2])
		start, _ := today(instant(t, "2026-04-04T12:00:00Z"), loc)
		d := simulate(seed, start, 5*time.Hour, 300, 4)
		now := &clock{time.UnixMilli(d.end)}
		c := &counting{f: New(Config{Centre: simCentre(loc), Now: now.now}), from: start, to: start.Add(24 * time.Hour), met: met}
		d.apply(c.f)
		for _, by := range []Attribution{ByArrival, ByWaitEnd, ByCompletion} {
			rep, err := c.f.Queues(QueueQuery{From: c.from, To: c.to, Interval: Hour, By: by})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range append(rep.Rows, rep.Totals...) {
				say := numbers(t, row)
				for _, figure := range listed() {
					c.hold(t, CountedQuery{QueueQuery: QueueQuery{From: row.Start.Time(), To: row.End.Time(), Queue: row.Queue, By: by}, Figure: figure}, say[figure])
				}
			}
		}
		agents, err := c.f.Agents(AgentQuery{From: c.from, To: c.to, Interval: Hour})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range agents.Rows {
			say := numbers(t, row)
			for _, figure := range []string{"answered", "handled", "rings.answered", "rings.no_answer", "rings.rejected"} {
				c.hold(t, CountedQuery{QueueQuery: QueueQuery{From: row.Start.Time(), To: row.End.Time()}, Figure: "agent " + figure, Agent: row.Agent}, say[figure])
			}
		}
	}
	full := 0
	for _, n := range met {
		full += count(n > 0)
	}
	if full < 100 {
		t.Errorf("%d of %d figures were never other than 0: %v", len(met)-full, len(met), slices.Sorted(maps.Keys(met)))
	}
}

func TestCountedPages(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	start := instant(t, "2026-04-04T00:00:00+08:00")
	s := &script{}
	for i := range 7 {
		answer(s, fmt.Sprint("c", i), "claims", "a0", start.Add(time.Duration(i)*5*time.Minute), time.Duration(i*7%5+1)*time.Second, time.Minute, 0)
	}
	f := New(Config{Centre: simCentre(loc), Now: func() time.Time { return start.Add(2 * time.Hour) }})
	s.apply(f)
	all := func(q CountedQuery) (out []string) {
		for {
			p, err := f.Counted(q)
			if err != nil {
				t.Fatal(err)
			}
			if p.Count != 7 || p.Contacts != 7 || len(p.Items) > 3 {
				t.Fatalf("%d of %d contacts, %d in a page", p.Count, p.Contacts, len(p.Items))
			}
			for _, x := range p.Items {
				out = append(out, fmt.Sprintf("%s %d", x.Contact, x.WaitMS/1000))
			}
			if q.Skip = p.Next; q.Skip == 0 {
				return out
			}
		}
	}
	q := CountedQuery{QueueQuery: QueueQuery{From: start, To: start.Add(time.Hour)}, Figure: "answered", Limit: 3}
	if got := strings.Join(all(q), ", "); got != "c6 3, c5 1, c4 4, c3 2, c2 5, c1 3, c0 1" {
		t.Error("the newest first:", got)
	}
	q.Longest = true
	if got := strings.Join(all(q), ", "); got != "c2 5, c4 4, c6 3, c1 3, c3 2, c5 1, c0 1" {
		t.Error("the longest first:", got)
	}
	for _, bad := range []CountedQuery{
		{QueueQuery: q.QueueQuery, Figure: "nothing"},
		{QueueQuery: q.QueueQuery, Figure: "flow_out_by.nothing"},
		{QueueQuery: q.QueueQuery, Figure: "at v1"},
		{QueueQuery: q.QueueQuery, Figure: "in v9"},
		{QueueQuery: q.QueueQuery, Figure: "agent talk_ms"},
		{QueueQuery: q.QueueQuery, Figure: "agent rings.x"},
		{QueueQuery: q.QueueQuery, Figure: "answered", Limit: 501},
		{QueueQuery: q.QueueQuery, Figure: "answered", Skip: -1},
		{Figure: "answered"},
	} {
		if _, err := f.Counted(bad); !errors.Is(err, ErrQuery) {
			t.Errorf("%q, limit %d: %v", bad.Figure, bad.Limit, err)
		}
	}
}

// Calls that began at one moment keep their places from page to page: each is listed once.
func TestCountedAtOneMoment(t *testing.T) {
	s := &script{}
	for i := range 40 {
		id := hotline.ContactID(fmt.Sprintf("c%02d", i))
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id), Agent: "a1"}
		s.add(1000, ev, hotline.CallStarted{Direction: hotline.Outbound, To: "1", Trunk: "t"})
		s.add(2000, ev, hotline.Released{Cause: hotline.CauseHangup, Wrap: "none"})
		s.add(2000, ev, hotline.CallEnded{Cause: hotline.CauseHangup})
	}
	f := New(Config{Centre: simCentre(time.UTC), Now: func() time.Time { return time.UnixMilli(9000) }})
	s.apply(f)
	for _, figure := range []string{"own calls", "trunk out"} {
		q := CountedQuery{QueueQuery: QueueQuery{From: time.UnixMilli(0), To: time.UnixMilli(9000)}, Figure: figure, Cell: CountedCell{ID: "t"}, Limit: 7}
		seen := map[hotline.ContactID]int{}
		for {
			p, err := f.Counted(q)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range p.Items {
				seen[x.Contact]++
			}
			if q.Skip = p.Next; p.Next == 0 {
				break
			}
		}
		if len(seen) != 40 {
			t.Errorf("%s: %d of 40 contacts are listed", figure, len(seen))
		}
	}
}
