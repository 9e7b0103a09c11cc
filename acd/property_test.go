package acd

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// TestRandomScripts drives routers of random centres with random requests. After every step the invariants hold, a refusal has
// changed nothing, and a router fed by Apply alone is equal; every offer goes to the right agent for the right visit; every
// visit ends once. ACD_SEED repeats one seed; ACD_SEEDS runs more of them.
func TestRandomScripts(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 30
	}
	first := uint64(1)
	if n, err := strconv.Atoi(os.Getenv("ACD_SEEDS")); err == nil {
		seeds = n
	}
	if s := os.Getenv("ACD_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, seeds = n, 1
	}
	total := make(map[string]int)
	for i := range uint64(seeds) {
		seed := first + i
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			g := newGame(t, seed)
			for n := range 400 {
				g.play(n)
			}
			g.close()
			for kind, n := range g.kinds {
				total[kind] += n
			}
		})
	}
	for _, kind := range []string{
		"queued", "blocked", "relaxed", "offered", "offer_lost", "connected", "abandoned", "left", "released", "agent_set",
		"agent_next", "wrap_ended", "device_changed", "refused", "break_asked", "break_answered", "recalled", "phone_taken",
		"sign_out_asked", "prefer_ended", "alarm_raised", "alarm_cleared",
		"reprioritised", "switch_set", "callback_asked", "callback_due",
		"callback_tried", "callback_ended",
	} {
		if total[kind] == 0 && seeds > 1 {
			t.Errorf("no script made a %s", kind)
		}
	}
}

// game is one random script.
type game struct {
	t      *testing.T
	rng    *rand.Rand
	centre *centre.Centre
	router *Router
	shadow *Router
	now    time.Time
	calls  int
	open   []hotline.VisitID
	offers []hotline.OfferID
	talks  []hotline.Release
	ended  map[hotline.VisitID]string
	queued map[hotline.VisitID]bool
	kinds  map[string]int
	alarms map[hotline.AgentID]string // break_over raised and not taken back, and the reason
	asks   map[hotline.AgentID]string // break asked for and not answered
	ledger ledger
}

func newGame(t *testing.T, seed uint64) *game {
	var key [32]byte
	copy(key[:], fmt.Sprint("acd", seed))
	g := &game{
		t: t, rng: rand.New(rand.NewChaCha8(key)), now: time.UnixMilli(1_700_000_000_000).UTC(),
		ended: map[hotline.VisitID]string{}, queued: map[hotline.VisitID]bool{}, kinds: map[string]int{},
		alarms: map[hotline.AgentID]string{}, asks: map[hotline.AgentID]string{},
		ledger: newLedger(),
	}
	g.centre = g.randomCentre()
	g.router, g.shadow = NewRouter("s", g.centre), NewRouter("s", g.centre)
	return g
}

func pickOne[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func (g *game) randomExpr() centre.Expr {
	e, err := centre.ParseExpr(pickOne(g.rng, "", "a", "b", "c", "a >= 4", "b > 2", "not c", "a and b", "a or c >= 5", "not (a or b)", "$want", "a or $want >= 4", "not $want"))
	if err != nil {
		g.t.Fatal(err)
	}
	return e
}

func (g *game) randomCentre() *centre.Centre {
	c := &centre.Centre{Order: centre.Order{Rule: pickOne(g.rng, "", "strict", "aged", "delay_ratio", "queue_ratio", "queue_ratio")}}
	if c.Order.Rule == "queue_ratio" {
		c.Order.GiveWay, c.Order.Ring = time.Duration(g.rng.IntN(3))*5*time.Second, 3*time.Second
	}
	c.WrapCodes = []centre.WrapCode{{ID: "x"}, {ID: "group", Codes: []centre.WrapCode{{ID: "y"}}}}
	g.randomLife(c)
	for i := range 1 + g.rng.IntN(8) {
		a := centre.Agent{
			ID: hotline.AgentID(fmt.Sprint(8000 + i)), Skills: map[string]int{}, Team: pickOne(g.rng, "red", "blue"), Weight: g.rng.IntN(5) * 10,
		}
		for _, s := range []string{"a", "b", "c"} {
			if l := g.rng.IntN(14); l > 4 {
				a.Skills[s] = l - 4
			}
		}
		c.Agents = append(c.Agents, a)
	}
	for i := range 1 + g.rng.IntN(4) {
		q := centre.Queue{
			ID: hotline.QueueID(fmt.Sprint("q", i)), Needs: g.randomExpr(), Priority: 1 + g.rng.IntN(3),
			Strategy: pickOne(g.rng, centre.LongestIdle, centre.LongestIdle, centre.LeastTalk, centre.FewestCalls,
				centre.RoundRobin, centre.Linear, centre.Random, centre.LeastFlexible, centre.LeastOccupied, centre.Weighted, centre.RingAll, centre.Progressive),
			RingMost: 1 + g.rng.IntN(4), RingEvery: time.Duration(1+g.rng.IntN(10)) * time.Second,
			RingTimeout: time.Duration(1+g.rng.IntN(20)) * time.Second,
			WrapUp:      g.randomWrapUp(),
		}
		for after := 5 + g.rng.IntN(20); g.rng.IntN(2) == 0; after += 1 + g.rng.IntN(20) {
			q.Relax = append(q.Relax, centre.Relax{After: time.Duration(after) * time.Second, Needs: g.randomExpr()})
		}
		if g.rng.IntN(2) == 0 {
			q.MaxWait = centre.Limit{After: time.Duration(5+g.rng.IntN(60)) * time.Second, Then: centre.Actions{{Kind: centre.StepHangup}}}
		}
		if g.rng.IntN(4) == 0 {
			q.BestFirst = pickOne(g.rng, "a", "b")
		}
		if g.rng.IntN(4) == 0 {
			q.Teams = []string{pickOne(g.rng, "red", "blue")}
		}
		if g.rng.IntN(3) == 0 {
			q.LastAgent = centre.LastAgent{For: time.Duration(1+g.rng.IntN(20)) * time.Second}
		}
		q.Target.Within = time.Duration(10+10*g.rng.IntN(3)) * time.Second
		if g.rng.IntN(3) == 0 {
			q.MaxWaiting = centre.Limit{Count: 1 + g.rng.IntN(5), Then: centre.Actions{{Kind: centre.StepBusy}}}
		}
		c.Queues = append(c.Queues, q)
	}
	g.queueRules(c)
	return c
}

// play makes one random request, or lets time pass.
func (g *game) play(n int) {
	if n%97 == 96 && g.rng.IntN(3) == 0 { // another file
		g.centre = g.randomCentre()
		g.shadow.adopt(g.centre)
		g.check(g.router.SetCentre(g.now, g.centre))
		return
	}
	if n%61 == 60 && g.rng.IntN(4) == 0 { // a restart
		var resumed []hotline.CallID
		for _, v := range g.open {
			if g.rng.IntN(2) == 0 {
				resumed = append(resumed, hotline.CallID(v))
			}
		}
		for _, r := range g.talks {
			if g.rng.IntN(2) == 0 {
				resumed = append(resumed, r.Call)
			}
		}
		g.step(hotline.Recover{Resumed: resumed})
		return
	}
	if n%61 == 60 && g.rng.IntN(3) == 0 { // the router broke and was rebuilt
		g.rebuild()
		return
	}
	if g.rng.IntN(5) == 0 {
		g.queuePlay()
		return
	}
	agent := pickOne(g.rng, g.centre.Agents...).ID
	queue := pickOne(g.rng, g.centre.Queues...).ID
	if g.rng.IntN(6) == 0 {
		g.playAgent(agent)
		return
	}
	switch g.rng.IntN(20) {
	case 0, 1, 2, 3:
		g.calls++
		id := hotline.ContactID(fmt.Sprint("c", g.calls))
		since := g.now.Add(-time.Duration(g.rng.IntN(3)*g.rng.IntN(20)) * time.Second)
		q := hotline.Enqueue{
			Contact: id, Call: hotline.CallID(id.Visit(1)), Visit: id.Visit(1), Queue: queue, Since: since, Priority: g.rng.IntN(3) - 1,
			From: hotline.Party{Number: pickOne(g.rng, "", "100", "101", "102")},
		}
		if g.rng.IntN(3) == 0 {
			q.Attrs = map[string]string{"want": pickOne(g.rng, "a", "b", "c", "nothing", "not (")}
		}
		if g.rng.IntN(4) == 0 {
			q.Needs = pickOne(g.rng, "a", "b >= 3", "$want", "$none", "no expression (")
		}
		if g.rng.IntN(6) == 0 {
			q.Prefer, q.PreferFor = agent, time.Duration(g.rng.IntN(20))*time.Second
		}
		if g.rng.IntN(5) == 0 {
			q.Place = since.Add(-time.Duration(g.rng.IntN(60)) * time.Second)
		}
		g.step(q)
	case 4, 5, 6:
		if len(g.offers) > 0 {
			g.step(hotline.Accept{Offer: pickOne(g.rng, g.offers...), Leg: "l"})
		}
	case 7:
		if len(g.offers) > 0 && g.rng.IntN(2) == 0 {
			g.step(hotline.Rang{Offer: pickOne(g.rng, g.offers...)})
		} else if len(g.offers) > 0 {
			g.step(hotline.Decline{
				Offer:  pickOne(g.rng, g.offers...),
				Result: pickOne(g.rng, hotline.OfferRejected, hotline.OfferNoAnswer, hotline.OfferBusy, hotline.OfferUnreachable, hotline.OfferCallerGone),
			})
		}
	case 8:
		if len(g.open) > 0 {
			g.step(hotline.Leave{
				Visit:   pickOne(g.rng, g.open...),
				Outcome: pickOne(g.rng, hotline.OutcomeAbandoned, hotline.OutcomeAbandoned, hotline.OutcomeKey, hotline.OutcomeAnswered),
			})
		}
	case 9, 10:
		if len(g.talks) > 0 {
			g.step(pickOne(g.rng, g.talks...))
		}
	case 11:
		if len(g.talks) > 0 {
			r := pickOne(g.rng, g.talks...)
			state := pickOne(g.rng, hotline.AgentHeld, hotline.AgentTalking, hotline.AgentConsult, hotline.AgentConfer, hotline.AgentReady)
			g.step(hotline.SetTalk{Agent: r.Agent, Call: r.Call, State: state})
		}
	case 12:
		g.step(hotline.SetDevice{Agent: agent, Up: g.rng.IntN(5) > 0})
	case 13, 14:
		g.step(hotline.SetAgent{Agent: agent, State: hotline.AgentReady, Source: hotline.SourceAgent})
	case 15:
		g.step(hotline.SetAgent{
			Agent: agent, State: pickOne(g.rng, hotline.AgentNotReady, hotline.AgentNotReady, hotline.AgentSignedOut, hotline.AgentHeld),
			Reason: pickOne(g.rng, "", "rest", "meal", "nonsense"), Source: pickOne(g.rng, hotline.SourceAgent, hotline.SourceLead),
		})
	case 16:
		g.playWrapUp(agent)
	default:
		g.pass(time.Duration(g.rng.IntN(12_000)) * time.Millisecond)
	}
}

// pass lets time pass, with Ticks when they are due or, now and then, late.
func (g *game) pass(d time.Duration) {
	end := g.now.Add(d)
	if g.rng.IntN(8) == 0 {
		g.now = end
		g.step(hotline.Tick{})
		return
	}
	for {
		due, ok := g.router.Next()
		if !ok || due.After(end) {
			break
		}
		if due.After(g.now) {
			g.now = due
		}
		g.step(hotline.Tick{})
	}
	g.now = end
}

func (g *game) step(q hotline.Request) {
	look := g.rng.IntN(4) == 0 // comparing whole routers is what takes the time
	before := ""
	if look {
		before = g.image(g.router)
	}
	evs, err := g.router.Step(g.now, q)
	if err != nil {
		g.kinds["refused"]++
		if !errors.Is(err, hotline.ErrRefused) && !errors.Is(err, hotline.ErrUnknown) {
			g.t.Fatalf("%T: %v", q, err)
		}
		if len(evs) > 0 || look && g.image(g.router) != before {
			g.t.Fatalf("%+v was refused (%v), but something changed", q, err)
		}
	}
	if err == nil {
		g.requested(q, evs)
	}
	g.check(evs)
	if _, tick := q.(hotline.Tick); tick {
		g.settled()
	}
	if due, ok := g.router.Next(); ok && !due.After(g.now) {
		if _, tick := q.(hotline.Tick); tick {
			g.t.Fatalf("after a tick at %v something is still due at %v", g.now, due)
		}
	}
}

func (g *game) check(evs []hotline.Event) {
	for _, ev := range evs {
		g.kinds[ev.Fact.Kind()]++
		if f, ok := ev.Fact.(hotline.Offered); ok {
			g.fair(ev, f)
		}
		g.note(ev)
		g.noteQueue(ev)
		g.shadow.Apply(throughCodec(g.t, ev))
	}
	if err := g.router.Check(); err != nil {
		g.t.Fatal(err)
	}
	if g.rng.IntN(4) == 0 {
		g.same()
	}
}

func (g *game) same() {
	if a, b := g.image(g.shadow), g.image(g.router); a != b {
		n := 0
		for n < min(len(a), len(b)) && a[n] == b[n] {
			n++
		}
		g.t.Fatalf("replay differs from live from byte %d\n%s\n%s", n, a[max(0, n-300):min(len(a), n+300)], b[max(0, n-300):min(len(b), n+300)])
	}
}

// fair holds an offer, before the shadow has heard of it, to the rules by looking at everyone.
func (g *game) fair(ev hotline.Event, f hotline.Offered) {
	v, a := g.shadow.visits[f.Visit], g.shadow.agents[ev.Agent]
	switch f.Pick.Rule {
	case "pulled":
		if v == nil || v.ringing() != nil || a == nil || a.state != hotline.AgentReady {
			g.t.Fatalf("%s pulled to %s, who is not free for it", f.Visit, ev.Agent)
		}
		return
	case "callback":
		if v == nil || a == nil || a.promise == nil || a.promise.visit != v.id {
			g.t.Fatalf("%s offered to %s, who was not reserved for it", f.Visit, ev.Agent)
		}
		return
	}
	if v == nil || a == nil || a.state != hotline.AgentReady || !g.admits(v, a) {
		g.t.Fatalf("%s offered to %s, who cannot take it", f.Visit, ev.Agent)
	}
	for _, other := range g.shadow.visits {
		if other.waiting && g.admits(other, a) && (len(v.offers) > 0 || other.before(g.now, v)) {
			g.t.Fatalf("%s offered to %s while %s is before it", v.id, a.id, other.id)
		}
	}
	if n := len(v.offers); n > 0 && n >= max(1, v.queue.rules.RingMost) {
		g.t.Fatalf("%s rings %d phones already", v.id, n)
	}
	for _, other := range g.shadow.roster {
		if other == a || other.state != hotline.AgentReady || !g.admits(v, other) {
			continue
		}
		if a.id == v.last {
			g.t.Fatalf("%s offered to %s twice running while %s is ready", v.id, a.id, other.id)
		}
		best := v.queue.rules.BestFirst
		if other.id != v.last && other.skills[best] > a.skills[best] {
			g.t.Fatalf("%s offered to %s while %s is better at %s", v.id, a.id, other.id, best)
		}
		p := v.pool()
		first := p.family != "file" && p.rank(other).compare(p.rank(a)) < 0
		if p.least != nil {
			first = p.least.compare(other, a, g.shadow.moment(g.now)) < 0
		}
		if first && other.id != v.last && narrowest(v, other) <= narrowest(v, a) {
			g.t.Fatalf("%s offered to %s while %s comes first by %s", v.id, a.id, other.id, p.family)
		}
	}
}

// narrowest is the first of the visit's needs that the agent fits: who fits the narrower ones is asked before the others.
func narrowest(v *visit, a *agent) int {
	return slices.IndexFunc(v.levels[:v.level+1], func(p *pool) bool { return slices.Contains(a.pools, p) })
}

// admits says whether the agent may take the visit now, from the file's own words.
func (g *game) admits(v *visit, a *agent) bool {
	q := v.queue
	if v.prefer != nil {
		return v.prefer == a
	}
	if q.unknown || a.gone || len(q.rules.Teams) > 0 && !slices.Contains(q.rules.Teams, a.team) {
		return false
	}
	needs := q.rules.Needs
	if v.level > 0 {
		needs = q.rules.Relax[v.level-1].Needs
	}
	extra, _ := centre.ParseExpr(v.needs)
	return needs.And(extra).Bind(v.attrs, func(skill string) bool {
		return slices.ContainsFunc(g.shadow.roster, func(a *agent) bool { return a.skills[skill] > 0 })
	}).Eval(a.skills)
}

// note keeps the script's own book of what is open, and counts the ends of visits.
func (g *game) note(ev hotline.Event) {
	end := func(v hotline.VisitID, how string) {
		if was := g.ended[v]; was != "" || !g.queued[v] {
			g.t.Fatalf("visit %s ends as %s after %q, queued %t", v, how, was, g.queued[v])
		}
		g.ended[v] = how
		g.open = without(g.open, v)
	}
	g.noteAgent(ev)
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		g.queued[f.Visit] = true
		g.open = append(g.open, f.Visit)
	case hotline.Blocked:
		if g.queued[f.Visit] {
			g.t.Fatalf("visit %s blocked after it was queued", f.Visit)
		}
	case hotline.Offered:
		g.offers = append(g.offers, f.Offer)
	case hotline.OfferLost:
		g.offers = without(g.offers, f.Offer)
		if g.rng.IntN(4) == 0 {
			g.offers = append(g.offers, f.Offer) // late answers to lost offers come too
		}
	case hotline.Connected:
		g.offers = without(g.offers, f.Offer)
		g.talks = append(g.talks, hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup})
		end(f.Visit, "answered")
	case hotline.Abandoned:
		end(f.Visit, "abandoned")
	case hotline.Left:
		end(f.Visit, string(f.Outcome))
	case hotline.Released:
		g.talks = without(g.talks, hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup})
	}
}

func without[T comparable](list []T, x T) []T {
	var out []T
	for _, y := range list {
		if y != x {
			out = append(out, y)
		}
	}
	return out
}

// close ends every call and every wait: nobody may be left over.
func (g *game) close() {
	g.same()
	g.silence()
	for len(g.talks) > 0 {
		g.step(g.talks[0])
	}
	for len(g.open) > 0 {
		g.step(hotline.Leave{Visit: g.open[0], Outcome: hotline.OutcomeAbandoned})
	}
	g.closeQueues()
	g.settledQueues()
	for _, a := range g.centre.Agents {
		g.step(hotline.EndWrap{Agent: a.ID, Source: hotline.SourceLead})
		g.step(hotline.SetAgent{Agent: a.ID, State: hotline.AgentSignedOut, Source: hotline.SourceLead})
	}
	if len(g.alarms)+len(g.asks) > 0 {
		g.t.Errorf("everybody has left; alarms %v, breaks asked for %v", g.alarms, g.asks)
	}
	for _, a := range g.router.roster {
		if a.state != hotline.AgentSignedOut {
			g.t.Errorf("agent %s is still %s", a.id, a.state)
		}
	}
	for v := range g.queued {
		if g.ended[v] == "" {
			g.t.Errorf("visit %s never ended", v)
		}
	}
	if len(g.router.visits)+len(g.router.offers)+g.router.timers.len() > len(g.router.alarms)+g.router.armedPromises() {
		t := g.router
		g.t.Errorf("left over: %d visits, %d offers, %d timers", len(t.visits), len(t.offers), t.timers.len())
	}
}

func (g *game) image(r *Router) string {
	b, err := r.Snapshot()
	if err != nil {
		g.t.Fatal(err)
	}
	return string(b)
}

// TestSnapshot restores routers at random moments: what is restored is equal, keeps the invariants, and decides alike.
func TestSnapshot(t *testing.T) {
	for seed := range uint64(20) {
		g := newGame(t, 1000+seed)
		for n := range 60 {
			g.play(n % 60)
		}
		data := g.image(g.router)
		r, err := Restore("s", g.centre, []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got := g.image(r); got != data {
			t.Fatalf("seed %d:\n%s\n%s", seed, got, data)
		}
		g.shadow = r
		for n := range 60 {
			g.play(n % 60)
		}
	}
	for _, bad := range []string{"", "{}", `{"version":99}`, "null", "[]"} {
		if _, err := Restore("s", &centre.Centre{}, []byte(bad)); err == nil {
			t.Errorf("Restore(%q) is accepted", bad)
		}
	}
}
