package reports

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
)

// dense adds so much of everything beside the calls that of every history some chunks are full: of each of the agents too.
func (d *day) dense(start time.Time, length time.Duration, n, agents int) {
	rng := rand.New(rand.NewChaCha8([32]byte{31}))
	for i := range n {
		c := hotline.ContactID(fmt.Sprintf("c%04d", 1+rng.IntN(n)))
		ev := hotline.Event{Contact: c, Call: hotline.CallID(c), Queue: simQueues[rng.IntN(3)], Agent: hotline.AgentID(fmt.Sprintf("a%d", i%agents))}
		at := start.UnixMilli() + rng.Int64N(length.Milliseconds()*9/10)
		visit := c.Visit(1 + rng.IntN(2))
		for range 1 + rng.IntN(2) {
			d.put(at+rng.Int64N(7_200_000), ev, hotline.WrapCoded{Visit: visit, Code: fmt.Sprint("code", rng.IntN(4))})
		}
		for j, stage := range []string{SurveyInvited, SurveyAccepted, SurveyAnswered, SurveyAnswered, SurveyCompleted}[:1+rng.IntN(5)] {
			d.put(at+int64(j)*2000, ev, hotline.SurveyStepped{Visit: visit, Stage: stage, Question: "q", Score: rng.IntN(11)})
		}
		d.put(at, ev, hotline.Transferred{
			Visit: visit, How: []string{hotline.TransferBlind, hotline.TransferAttended}[rng.IntN(2)],
			Target: []string{hotline.TargetAgent, hotline.TargetQueue, hotline.TargetNumber}[rng.IntN(3)], To: "a1",
			Result: []string{hotline.TransferDone, hotline.TransferDone, "busy"}[rng.IntN(3)],
		})
		promise := hotline.CallbackID(fmt.Sprintf("p%04d", i))
		d.put(at, ev, hotline.CallbackAsked{Callback: promise, Visit: visit, Number: "138", Since: time.UnixMilli(at - 1000).UTC()})
		if rng.IntN(20) > 0 {
			d.put(at+rng.Int64N(10_000_000), ev, hotline.CallbackEnded{Callback: promise, Result: []string{CallbackConnected, CallbackExpired, CallbackFailed, CallbackCancelled}[rng.IntN(4)]})
		}
		d.put(at, hotline.Event{Agent: ev.Agent}, hotline.BreakAsked{Reason: "rest"})
		d.put(at+rng.Int64N(60_000), hotline.Event{Agent: ev.Agent}, hotline.BreakAnswered{Reason: "rest", Granted: rng.IntN(3) > 0, Source: hotline.SourceLead})
		d.ownCall(rng, ev.Agent, at+rng.Int64N(60_000), i)
		d.sounded(rng, at, i, agents)
	}
}

// ownCall is one that an agent makes; many begin at the same moment.
func (d *day) ownCall(rng *rand.Rand, agent hotline.AgentID, at int64, i int) {
	at -= at % 20_000
	id := hotline.ContactID(fmt.Sprintf("o%04d", i))
	ev := hotline.Event{Contact: id, Call: hotline.CallID(id), Agent: agent}
	line := func(n int) hotline.Event { e := ev; e.Leg = ev.Call.Sub(n); return e }
	d.put(at, ev, hotline.CallStarted{Direction: hotline.Outbound, To: fmt.Sprintf("138%08d", 1+rng.IntN(2000)), Trunk: "north", For: hotline.ContactID(fmt.Sprintf("c%04d", 1+i))})
	d.put(at, line(1), hotline.LegStarted{Role: hotline.RoleAgent})
	d.put(at+10, line(2), hotline.LegStarted{Role: hotline.RoleCustomer, Trunk: "north"})
	if rng.IntN(2) == 0 {
		d.put(at+2000, line(2), hotline.LegAnswered{Role: hotline.RoleCustomer})
	}
	d.put(at+9000, ev, hotline.Released{Cause: hotline.CauseHangup, Wrap: "none"})
	d.put(at+9000, ev, hotline.CallEnded{Cause: hotline.CauseHangup})
}

// sounded is a call through a trunk and a flow of which it is known how it sounded.
func (d *day) sounded(rng *rand.Rand, at int64, i, agents int) {
	id := hotline.ContactID(fmt.Sprintf("s%04d", i))
	ev := hotline.Event{Contact: id, Call: hotline.CallID(id)}
	flow := []string{"main", "night"}[rng.IntN(2)]
	d.put(at, ev, hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: fmt.Sprint("137", i)}, Trunk: []string{"north", "south"}[rng.IntN(2)], Flow: flow})
	for j, role := range []hotline.Role{hotline.RoleCustomer, hotline.RoleAgent} {
		e := ev
		e.Leg = ev.Call.Sub(j)
		if role == hotline.RoleAgent {
			e.Agent = hotline.AgentID(fmt.Sprintf("a%d", i%agents))
		}
		stats := hotline.MediaStats{Received: uint64(1 + rng.IntN(900)), Lost: uint64(rng.IntN(9)), MOS: 2.5 + 2*rng.Float64(), Codec: fmt.Sprint("codec", rng.IntN(60))}
		d.put(at, e, hotline.LegStarted{Role: role})
		if rng.IntN(9) == 0 {
			d.put(at+60, e, hotline.MediaWentSilent{MS: 9000})
		}
		d.put(at+100, e, hotline.LegEnded{Role: role, Stats: stats})
	}
	for step := range rng.IntN(4) {
		d.put(at+int64(step)*10, ev, hotline.FlowStepped{Flow: flow, Path: fmt.Sprint(flow, ".", step), Step: fmt.Sprint("play", rng.IntN(3))})
	}
	if rng.IntN(4) == 0 {
		d.put(at+50, ev, hotline.VoicemailLeft{Task: hotline.TaskID("v" + id), From: hotline.Party{Number: "137"}})
		d.put(at+rng.Int64N(9_000_000), ev, hotline.TaskClosed{Task: hotline.TaskID("v" + id), By: "x"})
	}
	d.put(at+120, ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: []hotline.Role{hotline.RoleCustomer, ""}[rng.IntN(2)]})
}

// reportsOf is the answer of every report, by whatever it can be grouped, and of what is asked of one agent, queue or customer.
func reportsOf(t *testing.T, f *Fold, from, to time.Time) map[string]any {
	t.Helper()
	out := map[string]any{}
	say := func(v any, err error, name ...any) {
		if err != nil {
			t.Fatalf("%v: %v", name, err)
		}
		out[fmt.Sprint(name...)] = v
	}
	v := reflect.ValueOf(f)
	for i := range v.NumMethod() { // whoever adds a report need not come here
		m := v.Type().Method(i)
		if m.Type.NumIn() != 2 || m.Type.In(1).Kind() != reflect.Struct || m.Type.NumOut() != 2 {
			continue
		}
		in := reflect.New(m.Type.In(1)).Elem()
		begin, end := in.FieldByName("From"), in.FieldByName("To")
		if !begin.IsValid() || begin.Type() != reflect.TypeFor[time.Time]() || m.Name == "Counted" || m.Name == "Timeline" {
			continue
		}
		begin.Set(reflect.ValueOf(from))
		end.Set(reflect.ValueOf(to))
		for _, interval := range []Interval{Whole, Hour, Day} {
			in.FieldByName("Interval").SetString(string(interval))
			got := v.Method(i).Call([]reflect.Value{in})
			err, _ := got[1].Interface().(error)
			say(got[0].Interface(), err, m.Name, interval)
		}
	}
	span := Span{From: from, To: to, Interval: Day}
	for _, group := range []string{GroupQueue, GroupAgent, GroupTeam, GroupCode} {
		for _, reason := range []string{ReasonAny, ReasonQueue, ReasonCode} {
			r, err := f.FCR(FCRQuery{Span: span, Days: 1, Reason: reason, Group: group})
			say(r, err, "fcr", group, reason)
		}
		if group != GroupCode {
			r, err := f.Surveys(span, group, 4, 5)
			say(r, err, "surveys", group)
		}
	}
	for _, group := range []string{GroupTrunk, GroupAgent, GroupCodec} {
		r, err := f.Quality(span, group)
		say(r, err, "quality", group)
	}
	for _, flow := range []string{"", "main", "night"} {
		r, err := f.IVR(span, flow)
		say(r, err, "ivr", flow)
	}
	heat, err := f.Heatmap(QueueQuery{From: from, To: to}, time.Hour)
	say(heat, err, "heat")
	kpi, err := f.KPIOver(Scope{}, from, to)
	say(kpi, err, "kpi")
	for at := from; at.Before(to); at = at.Add(48 * time.Hour) {
		r, err := f.Timeline(Span{From: at, To: at.Add(48 * time.Hour)})
		say(r, err, "timeline", at)
	}
	for _, queue := range []hotline.QueueID{"claims", "rescue"} {
		r, err := f.Forecast(ForecastQuery{Queue: queue})
		say(r, err, "forecast", queue)
	}
	for s := (GaveUpQuery{Search: Search{Limit: 300}}); ; {
		r, err := f.GaveUps(s)
		say(r.Items, err, "gave up", s.Cursor)
		if s.Cursor = r.Next; r.Next == "" {
			break
		}
	}
	for i := range 3 {
		id := hotline.AgentID(fmt.Sprint("a", i))
		view, row, _ := f.Agent(id, to)
		effects, err := f.BreakEffects(id, to)
		say([]any{view, row, effects, f.Missed(id, from)}, err, "agent", id)
	}
	for _, number := range []string{"137", "13800000010", "13800000011", "13800000400", "13800001999"} {
		of := f.OfCustomer(number)
		slices.Sort(of.Contacts)
		slices.Sort(of.Tasks)
		say(of, nil, "customer", number)
	}
	say(f.Callbacks("rescue", false, 5000), nil, "callbacks")
	return out
}

// countedOf is what each figure of every report counts, some of each.
func countedOf(t *testing.T, f *Fold, all []wants, q CountedQuery) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, q.Figure = range listed() {
		all = append(all, wants{q: q})
	}
	for _, figure := range strings.Fields(`answered handled held short_talk rings.answered rings.no_answer rings.rejected
		rings.unreachable rings.busy rings.caller_gone rings.elsewhere`) {
		q.Figure = "agent " + figure
		for _, q.Agent = range []hotline.AgentID{"", "a1"} {
			all = append(all, wants{q: q})
		}
	}
	for _, w := range all {
		w.q.All = true
		p, err := f.Counted(w.q)
		if err != nil {
			t.Fatalf("%+v: %v", w.q, err)
		}
		if of, _, _ := strings.Cut(w.q.Figure, " "); w.n > 0 && p.Count != w.n {
			t.Errorf("%s of %s is %d, its list has %d", w.q.Figure, of, w.n, p.Count)
		}
		out[fmt.Sprintf("%+v", w.q)] = p
	}
	return out
}

// allOnDisk holds that chunks of every history have left memory.
func allOnDisk(t *testing.T, f *Fold) {
	t.Helper()
	sizes := map[string]int{}
	f.eachDrawer(func(drawer string, h ripener) {
		sizes[drawer] = reflect.ValueOf(h).Elem().FieldByName("past").Len()
	})
	if len(sizes) != 8+9*len(f.agents) {
		t.Errorf("%d histories", len(sizes))
	}
	for drawer, n := range sizes {
		if n == 0 {
			t.Errorf("of %q nothing is on disk", drawer)
		}
	}
	if n := f.Archive(); n.Damaged+n.Strange > 0 || n.Contacts < len(f.contacts.byID) {
		t.Errorf("%+v, %d contacts in memory", n, len(f.contacts.byID))
	}
}

// TestFromDisk: with chunks of every history on disk every report, every list of what a figure counts and whatever is asked of an agent or
// a customer is as from memory; after a restart from a snapshot, from the whole log and from what is left of it, and with customers erased.
func TestFromDisk(t *testing.T) {
	const agents, length = 3, 72 * time.Hour
	start := instant(t, "2026-04-04T00:00:00Z")
	d := simulate(5, start, length, 4000, agents)
	d.dense(start, length, 1000, agents)
	events := d.sorted()
	now := &clock{time.UnixMilli(d.end)}
	plain, past := New(Config{Centre: simCentre(time.UTC), Now: now.now}), &heap{}
	roomy := func(behind bool) *Fold {
		return New(Config{Centre: simCentre(time.UTC), Now: now.now, Past: past, ArchiveAfter: time.Hour, Chapter: 256, Behind: behind})
	}
	disk := roomy(false)
	for i, ev := range events {
		plain.Apply(ev)
		disk.Apply(ev)
		if i%20_000 == 0 {
			disk.Tidy(t.Context())
		}
	}
	disk.Tidy(t.Context())
	allOnDisk(t, disk)

	c := &counting{f: plain, from: start, to: now.t, met: map[string]int{}}
	figures := someOf(c.everyFigure(t, Whole))
	q := CountedQuery{QueueQuery: QueueQuery{From: start, To: now.t}}
	rows, lists := reportsOf(t, plain, start, now.t), countedOf(t, plain, figures, q)
	same := func(where string, f *Fold) {
		t.Helper()
		differences(t, where, rows, reportsOf(t, f, start, now.t))
		differences(t, where, lists, countedOf(t, f, figures, q))
	}
	same("on disk", disk)
	still, _, err := disk.Still()
	if err != nil {
		t.Fatal(err)
	}
	resumed := roomy(false)
	if err := resumed.Restore(still); err != nil {
		t.Fatal(err)
	}
	same("from a snapshot", resumed)
	anew := roomy(false)
	for _, ev := range events {
		anew.Apply(ev)
	}
	same("from the whole log", anew)

	gone := hotline.Event{Seq: events[len(events)-1].Seq + 1, At: now.t, Fact: hotline.CustomerErased{
		Pseudonym: hotline.Pseudonym("somebody"), Contacts: []hotline.ContactID{"c0010", "c0011", "c0012", "c0400", "o0300"}, By: "boss",
	}}
	plain.Apply(gone)
	rows, lists = reportsOf(t, plain, start, now.t), countedOf(t, plain, figures, q)
	resumed.Apply(gone)
	if err := resumed.Erase(t.Context()); err != nil {
		t.Fatal(err)
	}
	same("erased", resumed)
}

// someOf is a few of each figure. Those that are told by records alone are read in an hour of the time.
func someOf(all []wants) (out []wants) {
	tried := map[string]int{}
	for _, w := range all {
		name := fmt.Sprint(w.q.Figure, w.n > 0)
		if tried[name]++; tried[name] > 3 {
			continue
		}
		if of, _, _ := strings.Cut(w.q.Figure, " "); of == "trunk" || of == "ivr" || w.q.Figure == "line legs" {
			w.q.From, w.n = w.q.From.Add(time.Duration(20+len(out)%30)*time.Hour), 0
			w.q.To = w.q.From.Add(time.Hour)
		} else if of == "line" || of == "peak" && tried[name] > 1 {
			continue
		}
		out = append(out, w)
	}
	return out
}
