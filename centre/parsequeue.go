package centre

import (
	"errors"
	"strings"
	"time"

	"hotline"
	"hotline/centre/strict"
)

// Strategies of a queue: who of the ready agents that fit is asked first. Package acd documents and implements them.
const (
	LongestIdle   = "longest_idle"
	LeastTalk     = "least_talk"
	FewestCalls   = "fewest_calls"
	RoundRobin    = "round_robin"
	Linear        = "linear"
	Random        = "random"
	LeastFlexible = "least_flexible"
	RingAll       = "ring_all"
	LeastOccupied = "least_occupied"
	Weighted      = "weighted"
	Progressive   = "progressive"
)

// Modes of WrapUp.
const (
	WrapNone   = "none"
	WrapTimed  = "timed"
	WrapManual = "manual"
)

func (p *parser) queue(v strict.Value, ids seen) {
	m := v.Map("id", "name", "needs", "relax", "teams", "strategy", "best_first", "ring_most", "ring_every", "priority", "target",
		"ring_timeout", "wrap_up", "max_wait", "max_waiting", "no_agents", "long_wait", "closing", "overflow", "last_agent",
		"return", "choice", "callback", "survey", "short_abandon", "service_level", "announce", "say_agent_number", "music", "record", "language", "screen_pop")
	id := p.id(m, kindQueue, ids)
	q := Queue{
		ID:             hotline.QueueID(id),
		Name:           name(m, id),
		Needs:          p.needs(m.Get("needs")),
		Relax:          p.relax(m.Get("relax")),
		Teams:          p.refs(m.Get("teams"), kindTeam),
		BestFirst:      m.Get("best_first").Text(""),
		Priority:       m.Get("priority").Int(5, 1, 10),
		Target:         target(m.Get("target")),
		RingTimeout:    m.Get("ring_timeout").Duration(15*time.Second, time.Second, 5*time.Minute),
		WrapUp:         p.wrapUp(m.Get("wrap_up")),
		MaxWait:        p.maxWait(m.Get("max_wait")),
		MaxWaiting:     p.maxWaiting(m.Get("max_waiting")),
		NoAgents:       p.noAgents(m.Get("no_agents")),
		LongWait:       p.longWait(m.Get("long_wait")),
		Closing:        p.closing(m.Get("closing")),
		Overflow:       p.overflow(m.Get("overflow"), id),
		LastAgent:      lastAgent(m.Get("last_agent")),
		Return:         m.Get("return").Duration(0, time.Second, 24*time.Hour),
		Choice:         p.choice(m.Get("choice")),
		Callback:       p.callback(m.Get("callback")),
		Survey:         p.survey(m.Get("survey")),
		ShortAbandon:   m.Get("short_abandon").Duration(5*time.Second, 0, time.Minute),
		ServiceLevel:   serviceLevel(m.Get("service_level")),
		Announce:       announce(m.Get("announce")),
		SayAgentNumber: m.Get("say_agent_number").Bool(false),
		Music:          prompt(m.Get("music"), "music"),
		Record:         m.Get("record").OneOf("always", "always", "never"),
		Language:       m.Get("language").OneOf("", "zh-CN", "en-US"),
		ScreenPop:      screenPop(m.Get("screen_pop")),
		Line:           v.Line(),
	}
	strategy(m, &q)
	p.rules[q.ID] = m
	p.c.Queues = append(p.c.Queues, q)
}

// strategy reads who is asked first, and by how many phones at a time.
func strategy(m strict.Map, q *Queue) {
	q.Strategy = m.Get("strategy").OneOf(LongestIdle, LongestIdle, LeastOccupied, LeastTalk, FewestCalls, RoundRobin, Linear, Random,
		Weighted, LeastFlexible, RingAll, Progressive)
	q.RingMost = m.Get("ring_most").Int(20, 1, 200)
	q.RingEvery = m.Get("ring_every").Duration(10*time.Second, time.Second, 5*time.Minute)
	if at := m.Get("ring_most"); at.Present() && q.Strategy != RingAll && q.Strategy != Progressive {
		at.Fault("has no effect with strategy "+q.Strategy, "remove it, or strategy: ring_all or progressive")
	}
	if at := m.Get("ring_every"); at.Present() && q.Strategy != Progressive {
		at.Fault("has no effect with strategy "+q.Strategy, "remove it, or strategy: progressive")
	}
}

func (p *parser) needs(v strict.Value) Expr {
	text := v.Text("")
	e, err := ParseExpr(text)
	var at *ExprError
	if errors.As(err, &at) {
		v.Fault(strict.Quote(text)+" column "+itoa(at.Column)+": "+at.Problem, at.Want)
	}
	for _, skill := range e.Skills() {
		if queue, own := strings.CutPrefix(skill, queueSkill); own {
			p.need(v, kindQueue, queue)
		}
	}
	return e
}

func (p *parser) relax(v strict.Value) []Relax {
	var steps []Relax
	for _, s := range v.List() {
		m := s.Map("after", "needs")
		r := Relax{
			After: m.Get("after").Need().Duration(0, 0, 24*time.Hour),
			Needs: p.needs(m.Get("needs").Need()),
		}
		if n := len(steps); n > 0 && m.Get("after").Present() && r.After < steps[n-1].After {
			m.Get("after").Fault("is before the step above it", "steps in order of time")
		}
		steps = append(steps, r)
	}
	return steps
}

func target(v strict.Value) Target {
	m := v.Map("within", "ratio")
	return Target{
		Within: m.Get("within").Duration(20*time.Second, time.Second, time.Hour),
		Ratio:  m.Get("ratio").Ratio(0.80),
	}
}

func serviceLevel(v strict.Value) ServiceLevel {
	m := v.Map("abandons", "flowouts", "blocked", "positive", "wait_clock")
	l := ServiceLevel{
		Abandons: m.Get("abandons").OneOf("all", "all", "after_T", "exclude_short", "none"),
		FlowOuts: m.Get("flowouts").OneOf("include", "include", "exclude"),
		Blocked:  m.Get("blocked").OneOf("exclude", "include", "exclude"),
		Positive: m.Get("positive").Bool(false),
		Clock:    m.Get("wait_clock").OneOf("enqueue", "enqueue", "request", "first_request"),
	}
	if l.Positive && (l.Abandons == "after_T" || l.Abandons == "none") {
		m.Get("positive").Fault("has no effect with abandons: "+l.Abandons, "remove it, or abandons: all")
	}
	return l
}

func announce(v strict.Value) Announce {
	m := v.Map("position", "wait", "every")
	return Announce{
		Position: m.Get("position").Bool(false),
		Wait:     m.Get("wait").Bool(false),
		Every:    m.Get("every").Duration(30*time.Second, 5*time.Second, time.Hour),
	}
}
