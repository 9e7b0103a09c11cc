package past

import (
	"strconv"
	"time"

	"hotline"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	slotMS = 15 * minute
)

// Hours of the centre.
const (
	opens  = 8
	closes = 20
)

// queue is one queue with who waits and who is free.
type queue struct {
	index   int
	id      hotline.QueueID
	share   float64
	talk    float64 // mean, ms
	waiting []*contact
	free    []freeAgent // longest idle first; entries whose stamp is old are passed over
	n       int         // who wait now
}

type freeAgent struct {
	agent *agent
	stamp uint64
}

// agent is one agent.
type agent struct {
	id     hotline.AgentID
	index  int
	queues []*queue
	state  hotline.AgentState
	reason string
	since  int64
	stamp  uint64 // of its being free; 0: it is not
	wants  string // a break, as soon as it may; "off": to go home
}

// queueID names the first four as the demo's centre does.
func queueID(i int) hotline.QueueID {
	if i < 4 {
		return [...]hotline.QueueID{"claims", "inquiry", "rescue", "english"}[i]
	}
	return hotline.QueueID("queue" + strconv.Itoa(i+1))
}

// newAgent gives the queues agents by their share; two of three serve a second queue.
func (w *world) newAgent(i int) *agent {
	a := &agent{id: agentID(i), index: i, state: hotline.AgentSignedOut, since: w.now}
	main := i
	if i >= len(w.queues) { // the first of each queue are given, the others follow the load
		main = w.byShare(float64(i*7919%10007) / 10007)
	}
	a.queues = append(a.queues, w.queues[main%len(w.queues)])
	if second := (main + 1 + i%3) % len(w.queues); i%3 != 0 && second != main%len(w.queues) {
		a.queues = append(a.queues, w.queues[second])
	}
	return a
}

func agentID(i int) hotline.AgentID { return hotline.AgentID(strconv.Itoa(8001 + i)) }

func (w *world) byShare(p float64) int {
	for i, q := range w.queues {
		if p -= q.share; p < 0 {
			return i
		}
	}
	return 0
}

// day plans one day of the centre and the planning of the next.
func (w *world) day(n int) {
	if n >= w.cfg.Days {
		return
	}
	date := w.cfg.Start.AddDate(0, 0, n)
	weekday := int(date.Weekday())
	for _, a := range w.agents {
		if (a.index+n)%7 < 5 {
			w.shift(a, date)
		}
	}
	week := [...]float64{0.55, 1.25, 1.15, 1.10, 1.05, 1.10, 0.80}[weekday] // from Sunday on
	calls := float64(w.cfg.Contacts) / float64(w.cfg.Days) * week * (0.9 + 0.2*w.rand.Float64())
	for s := range int(24 * hour / slotMS) {
		p := profile(s)
		w.at(date.UnixMilli()+int64(s)*slotMS, func() { w.slot(w.now+slotMS, float64(slotMS)/(calls*p)) })
	}
	w.at(date.Add(opens*time.Hour).UnixMilli(), func() { w.open = true })
	w.at(date.Add(closes*time.Hour).UnixMilli(), w.close)
	if date.Day() == 1 && n > 0 {
		w.at(date.Add(3*time.Hour).UnixMilli(), w.restart)
	}
	w.at(w.cfg.Start.AddDate(0, 0, n+1).UnixMilli(), func() { w.day(n + 1) })
}

// profile is which part of a day's calls comes in the slot.
func profile(slot int) float64 {
	hours := [...]float64{2, 1, 1, 1, 1, 2, 4, 12, 60, 110, 120, 95, 70, 80, 105, 110, 95, 70, 40, 28, 16, 10, 6, 3}
	sum := 0.0
	for _, h := range hours {
		sum += h
	}
	h := slot / 4
	from, to := hours[h], hours[(h+1)%24]
	return (from + (to-from)*float64(slot%4)/4) / (4 * sum)
}

// slot lets calls come until its end, one after the other, gap ms apart on average.
func (w *world) slot(end int64, gap float64) {
	next := w.now + w.expo(gap)
	if next >= end {
		return
	}
	w.at(next, func() {
		w.rings()
		w.slot(end, gap)
	})
}

// shift is one working day of an agent: nine hours with two rests and a meal.
func (w *world) shift(a *agent, date time.Time) {
	start := date.Add([...]time.Duration{8, 8, 9, 9, 11}[a.index%5]*time.Hour).UnixMilli() - 5*minute + w.between(0, 8*minute)
	w.at(start, func() { w.signIn(a) })
	for _, b := range []struct {
		reason string
		after  int64
	}{{"rest", 2 * hour}, {"meal", 4 * hour}, {"rest", 6*hour + 30*minute}} {
		w.at(start+b.after+w.between(0, 40*minute), func() { w.want(a, b.reason) })
	}
	w.at(start+9*hour+w.between(0, 5*minute), func() { w.want(a, "off") })
}

// signIn brings the agent's phone up and the agent to work.
func (w *world) signIn(a *agent) {
	if a.state != hotline.AgentSignedOut {
		return
	}
	w.put(hotline.Event{Shard: Shard, Agent: a.id, Fact: hotline.DeviceChanged{Up: true}})
	a.wants = ""
	w.set(a, hotline.AgentNotReady, hotline.ReasonSignedIn, hotline.SourcePhone)
	w.after(w.between(5*second, 4*minute), func() {
		if a.state == hotline.AgentNotReady && a.reason == hotline.ReasonSignedIn {
			w.ready(a, hotline.SourceAgent)
		}
	})
}

// set moves the agent to another state.
func (w *world) set(a *agent, s hotline.AgentState, reason string, source hotline.Source) {
	w.put(hotline.Event{Shard: Shard, Agent: a.id, Fact: hotline.AgentSet{
		State: s, Reason: reason, Source: source, From: a.state, Was: a.reason, MS: w.now - a.since,
	}})
	a.state, a.reason, a.since = s, reason, w.now
	a.stamp = 0
}

// want is what the agent wishes to do besides work, now or after its call.
func (w *world) want(a *agent, what string) {
	if a.state == hotline.AgentSignedOut || a.wants == "off" {
		return
	}
	a.wants = what
	if a.state == hotline.AgentReady || a.state == hotline.AgentNotReady && what == "off" {
		w.idle(a, hotline.SourceAgent)
	}
}

// idle is the agent after its work: it does what it wished to, or is ready.
func (w *world) idle(a *agent, source hotline.Source) {
	switch what := a.wants; what {
	case "":
		w.ready(a, source)
	case "off":
		a.wants = ""
		w.set(a, hotline.AgentSignedOut, "", hotline.SourceAgent)
		w.put(hotline.Event{Shard: Shard, Agent: a.id, Fact: hotline.DeviceChanged{}})
	default:
		a.wants = ""
		w.set(a, hotline.AgentNotReady, what, hotline.SourceAgent)
		length := w.between(8*minute, 18*minute)
		if what == "meal" {
			length = w.between(30*minute, 50*minute)
		}
		since := a.since
		w.after(length, func() {
			if a.state == hotline.AgentNotReady && a.since == since {
				w.idle(a, hotline.SourceAgent)
			}
		})
	}
}

// ready makes the agent free and gives it who has waited longest.
func (w *world) ready(a *agent, source hotline.Source) {
	w.set(a, hotline.AgentReady, "", source)
	w.order++
	a.stamp = w.order
	var first *contact
	for _, q := range a.queues {
		if c := q.head(); c != nil && (first == nil || c.since < first.since) {
			first = c
		}
	}
	if first != nil {
		w.offer(first, a)
		return
	}
	for _, q := range a.queues {
		q.free = append(q.free, freeAgent{a, a.stamp})
	}
}

// head is who waits longest; nil: nobody does.
func (q *queue) head() *contact {
	for len(q.waiting) > 0 {
		if c := q.waiting[0]; c.waiting && c.queue == q {
			return c
		}
		q.waiting[0] = nil
		q.waiting = q.waiting[1:]
	}
	return nil
}

// idlest is the agent who has been free longest; nil: none is.
func (q *queue) idlest() *agent {
	for len(q.free) > 0 {
		f := q.free[0]
		q.free = q.free[1:]
		if f.agent.stamp == f.stamp {
			return f.agent
		}
	}
	return nil
}

// close sends who still waits away.
func (w *world) close() {
	w.open = false
	for _, q := range w.queues {
		for c := q.head(); c != nil; c = q.head() {
			w.leaves(c, hotline.Left{Outcome: hotline.OutcomeClosed, Rule: hotline.RuleClosed, Then: "hangup"})
			w.ends(c, hotline.CauseFlow, "")
		}
	}
}

// restart is a new version of the engine, once a month in the small hours.
func (w *world) restart() {
	w.put(hotline.Event{Fact: hotline.EngineStopped{Reason: "signal"}})
	w.after(4*second, func() { w.put(hotline.Event{Fact: hotline.EngineStarted{Version: "past"}}) })
}
