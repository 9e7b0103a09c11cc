package reports

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
)

// lined adds calls with lines: by several trunks, refused, failed and handed on to outside, some with bad sound, some through several
// steps of two flows.
func (d *day) lined(start time.Time, length time.Duration, calls int) {
	rng := rand.New(rand.NewChaCha8([32]byte{77}))
	for i := range calls {
		id := hotline.ContactID(fmt.Sprintf("l%04d", i))
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id)}
		at := start.UnixMilli() + rng.Int64N(length.Milliseconds()*9/10)
		trunk := []string{"north", "south", ""}[rng.IntN(3)]
		leg := func(n int) hotline.Event {
			e := ev
			e.Leg = ev.Call.Sub(n)
			return e
		}
		stats := func() hotline.MediaStats {
			return hotline.MediaStats{Received: uint64(rng.IntN(3) * 500), Lost: 3, MOS: float64(rng.IntN(5)) * 1.1, Codec: []string{"PCMA", "opus"}[rng.IntN(2)]}
		}
		if rng.IntN(4) == 0 {
			ev.Agent = hotline.AgentID(fmt.Sprintf("a%d", rng.IntN(4)))
			d.put(at, ev, hotline.CallStarted{Direction: hotline.Outbound, To: "0755", Trunk: trunk})
			d.put(at+10, leg(1), hotline.LegStarted{Role: hotline.RoleAgent})
			d.put(at+20, leg(2), hotline.LegStarted{Role: hotline.RoleCustomer, Trunk: trunk})
			if rng.IntN(2) == 0 {
				d.put(at+900, leg(2), hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"})
			}
			end := at + 1000 + rng.Int64N(1_800_000)
			d.put(end, leg(2), hotline.LegEnded{Role: hotline.RoleCustomer, Stats: stats()})
			d.put(end, ev, hotline.CallEnded{Cause: []hotline.Cause{hotline.CauseHangup, hotline.CauseUnreachable}[rng.IntN(2)]})
			continue
		}
		flow := []string{"main", "night"}[rng.IntN(2)]
		d.put(at, ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: fmt.Sprint("137", i)}, Trunk: trunk, Flow: flow, Test: rng.IntN(20) == 0})
		if rng.IntN(6) == 0 {
			d.put(at+5, ev, hotline.CallEnded{Cause: hotline.CauseBusy})
			continue
		}
		d.put(at+5, leg(1), hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"})
		for range rng.IntN(6) {
			at += rng.Int64N(400_000)
			d.put(at, ev, hotline.FlowStepped{Flow: flow, Path: fmt.Sprintf("%s.%d", flow, rng.IntN(3)), Step: "menu"})
		}
		if rng.IntN(3) == 0 {
			d.put(at+1, leg(2), hotline.LegStarted{Role: hotline.RoleParty, To: "10086", Trunk: "south"})
			d.put(at+rng.Int64N(900_000), leg(2), hotline.LegEnded{Role: hotline.RoleParty})
		}
		switch rng.IntN(4) {
		case 0:
			d.put(at+2, ev, hotline.VoicemailLeft{})
		case 1:
			d.put(at+2, ev, hotline.CallbackAsked{Callback: hotline.CallbackID("lc" + id), Number: "137"})
		}
		if rng.IntN(4) == 0 {
			d.put(at+3, leg(1), hotline.MediaWentSilent{MS: 9000})
		}
		end := at + 10 + rng.Int64N(1_500_000)
		d.put(end, leg(1), hotline.LegEnded{Role: hotline.RoleCustomer, Stats: stats()})
		d.put(end, ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: []hotline.Role{hotline.RoleCustomer, ""}[rng.IntN(2)]})
	}
}

// wants is a figure and what it says.
type wants struct {
	q CountedQuery
	n int
}

// say is one figure of a report.
func (c *counting) say(all *[]wants, span Head, figure string, n int, cell CountedCell, more ...func(*CountedQuery)) {
	q := CountedQuery{QueueQuery: QueueQuery{From: span.Start.Time(), To: span.End.Time()}, Figure: figure, Cell: cell}
	for _, m := range more {
		m(&q)
	}
	*all = append(*all, wants{q, n})
}

func inQueue(id hotline.QueueID) func(*CountedQuery) { return func(q *CountedQuery) { q.Queue = id } }

func of(group, id string) func(*CountedQuery) {
	return func(q *CountedQuery) {
		switch group {
		case GroupQueue:
			q.Queue = hotline.QueueID(id)
		case GroupAgent:
			q.Agent = hotline.AgentID(id)
		case GroupTeam:
			q.Team = id
		case GroupCode:
			q.Cell.Code = id
		}
	}
}

// everyFigure is what all reports beside the queues' rows say in the time.
func (c *counting) everyFigure(t *testing.T, interval Interval) (all []wants) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	span := Span{From: c.from, To: c.to, Interval: interval}
	queues, err := c.f.Queues(QueueQuery{From: c.from, To: c.to, Interval: interval})
	must(err)
	for _, r := range append(queues.Rows, queues.Totals...) {
		c.besides(&all, r.head(), r.Callbacks, r.Survey, r.Transfers, r.Codes, inQueue(r.Queue))
		if r.Calls != nil {
			for name, n := range map[string]int{"calls": r.Calls.Calls, "answered": r.Calls.Answered, "answered_within": r.Calls.Within, "waiting": r.Calls.Waiting, "abandoned": r.Calls.Abandoned} {
				c.say(&all, r.head(), "calls "+name, n, CountedCell{})
			}
		}
	}
	whole := Head{Start: At(c.from), End: At(c.to)}
	if interval == Whole {
		for _, h := range queues.HandOver {
			c.say(&all, whole, "hand visits", h.Visits, CountedCell{Came: h.From}, inQueue(h.To))
			c.say(&all, whole, "hand calls", h.Calls, CountedCell{Came: h.From}, inQueue(h.To))
		}
		heat, err := c.f.Heatmap(QueueQuery{From: c.from, To: c.to}, time.Hour)
		must(err)
		for _, r := range heat.Rows {
			cell := CountedCell{Weekday: r.Weekday, Minute: r.Minute, SlotMin: 60}
			c.say(&all, whole, "offered", r.Offered, cell, inQueue(r.Queue))
			c.say(&all, whole, "abandoned", r.Abandoned, cell, inQueue(r.Queue))
			c.say(&all, whole, "out level", r.Level.Of-r.Level.Count, cell, inQueue(r.Queue))
		}
		for _, flow := range []string{"", "night"} {
			c.flowFigures(t, &all, span, flow)
		}
	}
	agents, err := c.f.Agents(AgentQuery{From: c.from, To: c.to, Interval: interval})
	must(err)
	for _, r := range agents.Rows {
		h, who := Head{Start: r.Start, End: r.End}, of(GroupAgent, string(r.Agent))
		c.besides(&all, h, CallbackCounts{}, r.Survey, r.Transfers, r.Codes, who)
		c.say(&all, h, "own calls", r.Outbound.Calls, CountedCell{}, who)
		c.say(&all, h, "own reached", r.Outbound.Reached, CountedCell{}, who)
		c.say(&all, h, "agent held", r.HoldRate.Count, CountedCell{}, who)
		c.say(&all, h, "agent short_talk", r.ShortTalk.Count, CountedCell{}, who)
	}
	c.lineFigures(t, &all, span)
	for _, group := range []string{GroupQueue, GroupAgent, GroupTeam, GroupCode} {
		for _, reason := range []string{ReasonAny, ReasonQueue, ReasonCode} {
			rep, err := c.f.FCR(FCRQuery{Span: span, Days: 1, Reason: reason, Group: group})
			must(err)
			for _, r := range rep.Rows {
				for name, n := range map[string]int{
					"fcr first": r.First, "fcr pending": r.Pending, "fcr kept": r.FCR.Count, "fcr again": r.FCR.Of - r.FCR.Count,
					"repeat again": r.Repeats.Count, "repeat not": r.Repeats.Of - r.Repeats.Count,
				} {
					c.say(&all, r.Head, name, n, CountedCell{Days: 1, Reason: reason}, of(group, r.ID))
				}
			}
		}
	}
	return all
}

// besides is what a row counts beside visits and talks.
func (c *counting) besides(all *[]wants, h Head, p CallbackCounts, s SurveyCounts, x TransferCounts, codes CodeCounts, who func(*CountedQuery)) {
	for name, n := range map[string]int{
		"survey invited": s.Invited, "survey accepted": s.Accepted, "survey answered": s.Answered, "survey completed": s.Completed,
		"survey ratings": s.Ratings, "survey satisfied": s.satisfied(0, 7), "survey unsatisfied": s.Answered - s.satisfied(0, 7),
		"transfer done": x.Blind + x.Attended, "transfer blind": x.Blind, "transfer to_agent": x.ToAgent, "transfer failed": x.Failed,
		"code missing": codes.Missing,
	} {
		c.say(all, h, name, n, CountedCell{Low: 0, High: 7}, who)
	}
	for code, n := range codes.ByCode {
		c.say(all, h, "code given", n, CountedCell{Code: code}, who)
	}
	if p.Asked > 0 {
		for name, n := range map[string]int{"asked": p.Asked, "connected": p.Connected, "expired": p.Expired, "open": p.Open} {
			c.say(all, h, "callback "+name, n, CountedCell{}, who)
		}
	}
}

// lineFigures is what the reports on trunks, peaks and sound say.
func (c *counting) lineFigures(t *testing.T, all *[]wants, span Span) {
	t.Helper()
	trunks, err := c.f.Trunks(span)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range trunks.Rows {
		for name, n := range map[string]int{"in": r.In, "out": r.Out, "refused": r.Refused, "failed": r.Failed} {
			c.say(all, r.Head, "trunk "+name, n, CountedCell{ID: r.Trunk})
		}
		if r.Peak > 0 {
			c.say(all, r.Head, "trunk up", r.Peak, CountedCell{ID: r.Trunk, At: r.PeakAt})
		}
	}
	peaks, err := c.f.Peaks(span)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range peaks.Rows {
		if r.Calls != nil && r.Calls.Most > 0 {
			c.say(all, r.Head, "peak calls", r.Calls.Most, CountedCell{At: r.Calls.At})
		}
		if r.Waiting.Most > 0 {
			c.say(all, r.Head, "peak waiting", r.Waiting.Most, CountedCell{At: r.Waiting.At}, inQueue(r.Queue))
		}
	}
	if span.Interval == Hour {
		return
	}
	for _, group := range []string{GroupTrunk, GroupAgent, GroupCodec} {
		rep, err := c.f.Quality(span, group)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rep.Rows {
			cell := CountedCell{Group: group, ID: r.ID}
			for name, n := range map[string]int64{"legs": r.Legs, "rated": r.Rated, "silent": r.Silent, "band0": r.Bands[0], "band4": r.Bands[4]} {
				c.say(all, r.Head, "line "+name, int(n), cell)
			}
		}
	}
}

func (c *counting) flowFigures(t *testing.T, all *[]wants, span Span, flow string) {
	t.Helper()
	r, err := c.f.IVR(span, flow)
	if err != nil {
		t.Fatal(err)
	}
	h := Head{Start: r.From, End: r.To}
	for name, n := range map[string]int64{"calls": r.Calls, "asked": r.Asked, "voicemail": r.Voicemail, "callback": r.Callback, "abandoned": r.Abandoned, "ended": r.Ended} {
		c.say(all, h, "ivr "+name, int(n), CountedCell{Flow: flow})
	}
	for _, n := range r.Nodes {
		c.say(all, h, "ivr node", int(n.Count), CountedCell{Flow: flow, Node: n.ID})
		c.say(all, h, "ivr gone", int(n.Abandoned), CountedCell{Flow: flow, Node: n.ID})
	}
	for _, l := range r.Links {
		c.say(all, h, "ivr link", int(l.Count), CountedCell{Flow: flow, Node: l.From, To: l.To})
	}
}

// Whatever a report counts, the list of its contacts has as many as it says, in memory and on disk: of every report, row and figure.
func TestCountedOfEveryReport(t *testing.T) {
	start := instant(t, "2026-03-10T00:00:00Z")
	d := richDay(t, 3, 250)
	d.mixed(start, 10*time.Hour, 120)
	d.lined(start, 10*time.Hour, 120)
	events := d.sorted()
	now := &clock{start.Add(30 * time.Hour)}
	onDisk := archiveFold(&heap{}, now.now)
	for i, ev := range events {
		onDisk.Apply(ev)
		if i%50 == 0 {
			onDisk.Tidy(t.Context())
		}
	}
	for name, f := range map[string]*Fold{"memory": New(Config{Centre: simCentre(time.UTC), Now: now.now}), "disk": onDisk} {
		if name == "memory" {
			d.apply(f)
		} else if onDisk.Archive().Chapters < 3 {
			t.Fatal("nothing is on disk")
		}
		c := &counting{f: f, from: start, to: start.Add(24 * time.Hour), met: map[string]int{}}
		for _, interval := range []Interval{Whole, Hour} {
			c.holdSome(t, c.everyFigure(t, interval))
		}
		var never []string
		for figure, n := range c.met {
			if n == 0 && figure != "calls waiting" && figure != "code missing" {
				never = append(never, figure)
			}
		}
		if len(c.met) < 55 || len(never) > 0 {
			t.Errorf("%s: %d figures, never other than 0: %v of %v", name, len(c.met), never, slices.Sorted(maps.Keys(c.met)))
		}
	}
}

// holdSome holds some figures of each name against their lists, picked by chance.
func (c *counting) holdSome(t *testing.T, all []wants) {
	t.Helper()
	rng, tried := rand.New(rand.NewChaCha8([32]byte{5})), map[string]int{}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, w := range all {
		if name := w.q.Figure + fmt.Sprint(w.n > 0); tried[name] < 6 {
			tried[name]++
			c.hold(t, w.q, w.n)
		}
	}
}

// A list that reads more records than one answer may goes on where it stopped, and misses none.
func TestCountedGoesOn(t *testing.T) {
	start := instant(t, "2026-03-10T00:00:00Z")
	s := &script{}
	for i := range 30 {
		id := hotline.ContactID(fmt.Sprintf("c%02d", i))
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id)}
		at := start.Add(time.Duration(i) * time.Second).UnixMilli()
		s.add(at, ev, hotline.CallStarted{Direction: hotline.Inbound, Trunk: "t"})
		s.add(at+500, ev, hotline.CallEnded{Cause: hotline.CauseHangup})
	}
	f := New(Config{Centre: simCentre(time.UTC), Now: func() time.Time { return start.Add(time.Hour) }})
	s.apply(f)
	q := CountedQuery{Look: 7, QueueQuery: QueueQuery{From: start, To: start.Add(time.Hour)}, Figure: "trunk in", Cell: CountedCell{ID: "t"}}
	var got []string
	for {
		p, err := f.Counted(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p.Items {
			got = append(got, string(x.Contact))
		}
		if q.Before = p.Before; q.Before == 0 {
			break
		}
		if p.Looked == 0 || len(p.Items) != 7 {
			t.Fatalf("%+v", p)
		}
	}
	if want := 30; len(got) != want || !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("%d: %v", len(got), got)
	}
	q.All, q.Before = true, 0
	if p, err := f.Counted(q); err != nil || p.Count != 30 || p.Before != 0 {
		t.Errorf("a file: %+v, %v", p, err)
	}
	for _, bad := range []string{"trunk x", "ivr x", "line legs", "x in", "hand x", "callback x", "fcr x", "peak x", "survey x", "transfer x", "code given", "code x", "own x", "calls x", "agent x"} {
		q.Figure = bad
		if _, err := f.Counted(q); !errors.Is(err, ErrQuery) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
