package acd

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// ledger is a script's own book of a queue's life.
type ledger struct {
	group    map[hotline.VisitID]hotline.VisitID // visit → the first of its contact
	outcome  map[hotline.VisitID]string          // of the first → the one that is not dequeued
	promised map[hotline.CallbackID]bool         // open: true, ended: false
	due      map[hotline.CallbackID]hotline.Event
}

func newLedger() ledger {
	return ledger{
		group: map[hotline.VisitID]hotline.VisitID{}, outcome: map[hotline.VisitID]string{},
		promised: map[hotline.CallbackID]bool{}, due: map[hotline.CallbackID]hotline.Event{},
	}
}

// queueRules adds random rules of a queue's life to a random centre.
func (g *game) queueRules(c *centre.Centre) {
	c.Switches = []centre.Switch{{ID: "shut"}}
	h := centre.Hours{ID: "day"}
	for m := g.now.Hour()*60 + g.now.Minute(); m < 24*60; m += 1 + g.rng.IntN(3) {
		to := min(m+1+g.rng.IntN(2), 24*60)
		h.Open = append(h.Open, centre.Span{Days: 1<<7 - 1, From: m, To: to})
		m = to
	}
	c.Hours = []centre.Hours{h}
	seconds := func(least, most int) time.Duration { return time.Duration(least+g.rng.IntN(most)) * time.Second }
	then := centre.Actions{{Kind: centre.StepHangup}}
	for i := range c.Queues {
		q := &c.Queues[i]
		q.Callback = centre.Callback{
			Hours: pickOne(g.rng, "", "day"), Retries: g.rng.IntN(3), Every: seconds(1, 20), Expires: seconds(30, 200), Ring: seconds(5, 20),
		}
		if g.rng.IntN(4) == 0 {
			q.NoAgents = centre.NoAgents{At: pickOne(g.rng, "", "both", "join", "waiting"), After: seconds(0, 20), Then: then}
			for _, word := range []string{"ready", "busy", "wrap_up", "not_ready"} {
				if g.rng.IntN(2) == 0 {
					q.NoAgents.Count = append(q.NoAgents.Count, word)
				}
			}
			if g.rng.IntN(2) == 0 {
				q.NoAgents.Reason = []string{"rest"}
			}
		}
		if g.rng.IntN(6) == 0 {
			q.LongWait = centre.Limit{After: seconds(5, 60), Then: then}
		}
		if g.rng.IntN(4) == 0 {
			q.Closing = centre.Closing{Hours: pickOne(g.rng, "", "day"), Switch: pickOne(g.rng, "", "shut")}
			if g.rng.IntN(2) == 0 {
				q.Closing.Join = then
			}
			if g.rng.IntN(2) == 0 {
				q.Closing.Waiting = then
			}
		}
		for after := g.rng.IntN(20); g.rng.IntN(2) == 0; after += g.rng.IntN(20) {
			to := pickOne(g.rng, c.Queues...).ID
			q.Overflow = append(q.Overflow, centre.Overflow{After: time.Duration(after) * time.Second, Queues: []hotline.QueueID{to}})
		}
		if g.rng.IntN(3) == 0 {
			q.Return = seconds(20, 60)
		}
	}
}

// queuePlay makes one random request about a queue's life.
func (g *game) queuePlay() {
	queue := func() hotline.QueueID { return pickOne(g.rng, g.centre.Queues...).ID }
	visit := func() hotline.VisitID { return pickOne(g.rng, append(g.open, "nobody")...) }
	number := func() string { return pickOne(g.rng, "1", "2", "3", "", "x") }
	ids := []hotline.CallbackID{"nobody"}
	for _, id := range slices.Sorted(maps.Keys(g.ledger.promised)) {
		if g.ledger.promised[id] || g.rng.IntN(8) == 0 {
			ids = append(ids, id)
		}
	}
	callback := pickOne(g.rng, ids...)
	switch g.rng.IntN(16) {
	case 0:
		g.step(hotline.MoveVisit{Visit: visit(), Queue: queue(), By: "l"})
	case 1:
		g.step(hotline.PullVisit{Visit: visit(), Agent: pickOne(g.rng, g.centre.Agents...).ID, By: "l"})
	case 2:
		g.step(hotline.Prioritise{Visit: visit(), Priority: g.rng.IntN(22), By: "l"})
	case 3:
		g.step(hotline.Withdraw{Visit: visit(), By: "l"})
	case 4:
		g.step(hotline.SetSwitch{Switch: pickOne(g.rng, "shut", "shut", "none"), On: g.rng.IntN(3) == 0})
	case 5, 6:
		g.step(hotline.AskCallback{Visit: visit(), Number: number()})
	case 7:
		g.calls++
		id := hotline.ContactID(fmt.Sprint("c", g.calls))
		g.step(hotline.AskCallback{Contact: id, Call: hotline.CallID(id), Queue: queue(), Number: number()})
	case 8:
		g.step(hotline.CallbackFailed{Callback: callback, Call: g.ledger.due[callback].Call, Cause: pickOne(g.rng, hotline.CauseBusy, hotline.CauseOverload)})
	case 9:
		g.step(hotline.CancelCallback{Callback: callback})
	case 10, 11, 12:
		if due, ok := g.ledger.due[callback]; ok {
			v := due.Call.Contact().Visit(1)
			if g.queued[v] {
				return
			}
			g.step(hotline.Enqueue{
				Contact: due.Call.Contact(), Call: hotline.CallID(v), Visit: v, Queue: due.Queue, Entry: hotline.EntryCallback,
				Since: g.now, Callback: callback,
			})
		}
	case 13:
		g.step(hotline.CallGone{Call: hotline.CallID(visit())})
	default:
		g.calls++
		id := hotline.ContactID(fmt.Sprint("c", g.calls))
		q := hotline.Enqueue{
			Contact: id, Call: hotline.CallID(id.Visit(1)), Visit: id.Visit(1), Queue: queue(), Since: g.now,
			Also: []hotline.QueueID{queue(), queue()}, From: hotline.Party{Number: number()},
		}
		if g.rng.IntN(3) == 0 {
			q.Entry, q.Place = hotline.EntryRequeue, g.now.Add(-time.Duration(g.rng.IntN(60))*time.Second)
		}
		g.step(q)
	}
}

// rebuild replaces the router by one from its snapshot, as a shard does when its router broke.
func (g *game) rebuild() {
	if len(g.router.retired()) > 0 {
		return // what their pools know of the past is not kept
	}
	r, err := Restore("s", g.centre, []byte(g.image(g.router)))
	if err != nil {
		g.t.Fatal(err)
	}
	g.shadow.adopt(g.centre)
	g.router = r
	g.check(g.router.SetCentre(g.now, g.centre))
}

// requested holds an answered Enqueue to its one fact.
func (g *game) requested(q hotline.Request, evs []hotline.Event) {
	e, ok := q.(hotline.Enqueue)
	if !ok {
		return
	}
	n := 0
	for _, ev := range evs {
		switch f := ev.Fact.(type) {
		case hotline.Queued:
			if f.Visit == e.Visit {
				n++
			}
		case hotline.Blocked:
			n++
		}
	}
	if n != 1 {
		g.t.Fatalf("%+v was queued or blocked %d times", e, n)
	}
}

// noteQueue keeps the book, and holds a reservation, before the shadow has heard of it, to the order of callers.
func (g *game) noteQueue(ev hotline.Event) {
	l := &g.ledger
	ends := func(v hotline.VisitID, how string) {
		if how == string(hotline.OutcomeDequeued) {
			return
		}
		if was := l.outcome[l.group[v]]; was != "" {
			g.t.Fatalf("the contact of %s ends as %s after %s", v, how, was)
		}
		l.outcome[l.group[v]] = how
	}
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		l.group[f.Visit] = f.Visit
		if f.Beside != "" {
			l.group[f.Visit] = l.group[f.Beside]
		}
	case hotline.Connected:
		ends(f.Visit, "answered")
	case hotline.Abandoned:
		if l.group[f.Visit] != f.Visit {
			g.t.Fatalf("the abandon of %s is charged to %s", l.group[f.Visit], f.Visit)
		}
		ends(f.Visit, "abandoned")
	case hotline.Left:
		ends(f.Visit, string(f.Outcome))
	case hotline.CallbackAsked:
		if _, was := l.promised[f.Callback]; was {
			g.t.Fatalf("callback %s is promised twice", f.Callback)
		}
		l.promised[f.Callback] = true
	case hotline.CallbackDue:
		g.fairDue(ev, f)
		l.due[f.Callback] = ev
	case hotline.CallbackTried:
		if l.due[f.Callback].Call != ev.Call && ev.Call != "" && g.shadow.promises[f.Callback].visit == "" {
			g.t.Fatalf("callback %s is tried by %s, was by %s", f.Callback, ev.Call, l.due[f.Callback].Call)
		}
	case hotline.CallbackEnded:
		if !l.promised[f.Callback] {
			g.t.Fatalf("callback %s ends, and is not open", f.Callback)
		}
		l.promised[f.Callback] = false
	}
}

// fairDue holds a reservation for a promise to the rules: the agent is free, and no live caller whom it could serve was before.
func (g *game) fairDue(ev hotline.Event, f hotline.CallbackDue) {
	p, a := g.shadow.promises[f.Callback], g.shadow.agents[ev.Agent]
	if p == nil || p.call != "" || a == nil || a.state != hotline.AgentReady {
		g.t.Fatalf("%s reserves %s, who is not free for it", f.Callback, ev.Agent)
	}
	for _, v := range g.shadow.visits {
		if v.waiting && g.admits(v, a) && v.before(g.now, p.line) {
			g.t.Fatalf("%s reserves %s while %s is before it", f.Callback, a.id, v.id)
		}
	}
	if p.next.After(g.now) || !p.expires.After(g.now) || !g.centre.OpenAt(p.line.queue.rules.Callback.Hours, g.now) {
		g.t.Fatalf("%s is tried out of its time", f.Callback)
	}
}

// settled holds the router, after a Tick, to what must have happened by now.
func (g *game) settled() {
	s := &step{Router: g.router, now: g.now}
	for _, v := range g.router.visits {
		if v.waiting && s.shut(v) {
			g.t.Fatalf("visit %s waits in a queue that closed", v.id)
		}
		if due, to := s.spreads(v); v.waiting && len(to) > 0 && !due.After(g.now) {
			g.t.Fatalf("visit %s does not wait in %s", v.id, to[0].id)
		}
		if x := v.vacancy; x != nil && x.deserted() && !v.patience(v.queue.empty[x.key]).After(g.now) {
			g.t.Fatalf("visit %s waits for nobody", v.id)
		}
	}
	for _, p := range g.router.promises {
		if !p.expires.After(g.now) && p.call == "" {
			g.t.Fatalf("callback %s is over", p.id)
		}
	}
	if len(g.router.visits) != len(g.open) {
		g.t.Fatalf("%d visits are open, the router has %d", len(g.open), len(g.router.visits))
	}
}

// closeQueues ends all promises.
func (g *game) closeQueues() {
	for _, id := range slices.Sorted(maps.Keys(g.ledger.promised)) {
		if g.ledger.promised[id] {
			g.step(hotline.CancelCallback{Callback: id})
		}
	}
}

// settledQueues holds the end of a script to its book.
func (g *game) settledQueues() {
	for _, first := range g.ledger.group {
		if g.ledger.outcome[first] == "" {
			g.t.Errorf("the contact of %s has no outcome", first)
		}
	}
	if len(g.router.promises) > 0 {
		g.t.Errorf("%d callbacks are left over", len(g.router.promises))
	}
}

// TestReturnsAreBounded fills the memory of who hung up.
func TestReturnsAreBounded(t *testing.T) {
	var m returns
	at := time.UnixMilli(0)
	for i := range 3 * maxReturns {
		at = at.Add(time.Millisecond)
		m.note(comer{"a", fmt.Sprint(i % (maxReturns + 100))}, absence{at, at})
		m.forget(comer{"a", fmt.Sprint(i / 3)})
	}
	if len(m.left) > maxReturns || len(m.line) > 2*maxReturns || len(m.listed()) != len(m.left) {
		t.Errorf("%d remembered, %d in line, %d listed", len(m.left), len(m.line), len(m.listed()))
	}
	newest := comer{"a", fmt.Sprint((3*maxReturns - 1) % (maxReturns + 100))}
	if m.left[newest].At != at {
		t.Errorf("the newest is forgotten: %v", m.left[newest])
	}
}
