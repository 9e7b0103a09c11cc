package centre

import (
	"errors"
	"slices"
	"strconv"
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
	m := v.Map("id", "name", "needs", "relax", "strategy", "priority", "target", "ring_timeout", "wrap_up", "max_wait",
		"max_waiting", "short_abandon", "announce", "say_agent_number", "music", "record", "language")
	q := Queue{
		ID:             hotline.QueueID(p.id(m, ids)),
		Name:           m.Get("name").Text(""),
		Needs:          needs(m.Get("needs")),
		Strategy:       strategy(m.Get("strategy")),
		Priority:       m.Get("priority").Int(5, 1, 10),
		RingTimeout:    m.Get("ring_timeout").Duration(15*time.Second, time.Second, 5*time.Minute),
		WrapUp:         wrapUp(m.Get("wrap_up")),
		ShortAbandon:   m.Get("short_abandon").Duration(5*time.Second, 0, time.Minute),
		SayAgentNumber: m.Get("say_agent_number").Bool(false),
		Music:          m.Get("music").Text("music"),
		Record:         m.Get("record").OneOf("always", "always", "never"),
		Language:       m.Get("language").OneOf("", "zh-CN", "en-US"),
		Line:           v.Line(),
	}
	if q.Name == "" {
		q.Name = string(q.ID)
	}
	prompt(m.Get("music"), q.Music)
	q.Relax = relax(m.Get("relax"))
	q.Target = target(m.Get("target"))
	q.Announce = announce(m.Get("announce"))
	q.MaxWait = p.maxWait(m.Get("max_wait"))
	q.MaxWaiting = p.maxWaiting(m.Get("max_waiting"))
	p.at[q.ID] = m.Get("max_waiting")
	p.c.Queues = append(p.c.Queues, q)
}

func needs(v strict.Value) Expr {
	text := v.Text("")
	e, err := ParseExpr(text)
	var at *ExprError
	if errors.As(err, &at) {
		v.Fault(strict.Quote(text)+" column "+itoa(at.Column)+": "+at.Problem, at.Want)
	}
	return e
}

func relax(v strict.Value) []Relax {
	var steps []Relax
	for _, s := range v.List() {
		m := s.Map("after", "needs")
		r := Relax{
			After: m.Get("after").Need().Duration(0, 0, 24*time.Hour),
			Needs: needs(m.Get("needs").Need()),
		}
		if n := len(steps); n > 0 && m.Get("after").Present() && r.After < steps[n-1].After {
			m.Get("after").Fault("is before the step above it", "steps in order of time")
		}
		steps = append(steps, r)
	}
	return steps
}

func strategy(v strict.Value) string {
	s := v.OneOf(LongestIdle, LongestIdle, LeastTalk, FewestCalls, RoundRobin, Linear, Random, LeastFlexible, RingAll)
	if s == RingAll {
		v.Fault("ring_all is not available in this version", "longest_idle, or another that asks one agent at a time")
	}
	return s
}

func target(v strict.Value) Target {
	m := v.Map("within", "ratio")
	return Target{
		Within: m.Get("within").Duration(20*time.Second, time.Second, time.Hour),
		Ratio:  m.Get("ratio").Ratio(0.80),
	}
}

func wrapUp(v strict.Value) WrapUp {
	m := v.Map("mode", "after")
	mode, after := m.Get("mode"), m.Get("after")
	if v.Present() {
		mode = mode.Need()
	}
	w := WrapUp{Mode: mode.OneOf(WrapNone, WrapNone, WrapTimed, WrapManual)}
	w.After = after.Duration(0, time.Second, 24*time.Hour)
	if w.Mode == WrapTimed && !after.Present() {
		after.Need()
	}
	if w.Mode != WrapTimed && after.Present() {
		after.Fault("has no effect with mode "+w.Mode, "remove it, or mode: timed")
	}
	return w
}

func announce(v strict.Value) Announce {
	m := v.Map("position", "wait", "every")
	return Announce{
		Position: m.Get("position").Bool(false),
		Wait:     m.Get("wait").Bool(false),
		Every:    m.Get("every").Duration(30*time.Second, 5*time.Second, time.Hour),
	}
}

func (p *parser) maxWait(v strict.Value) Limit {
	if !v.Present() {
		return Limit{}
	}
	m := v.Map("after", "then")
	l := Limit{After: m.Get("after").Need().Duration(0, time.Second, 24*time.Hour)}
	l.Then = p.then(m.Get("then").Need())
	return l
}

func (p *parser) maxWaiting(v strict.Value) Limit {
	if !v.Present() {
		return Limit{}
	}
	m := v.Map("count", "then")
	l := Limit{Count: m.Get("count").Need().Int(0, 1, 1_000_000)}
	l.Then = p.then(m.Get("then").Need())
	return l
}

// then reads what happens at a limit: a word (hangup, busy) or a map of one key (queue: ID, message: PROMPT).
func (p *parser) then(v strict.Value) Actions {
	const want = "hangup, busy, {queue: ID} or {message: PROMPT}"
	if !v.Present() {
		return nil
	}
	if v.IsScalar() {
		switch then := v.Text(""); then {
		case StepHangup, StepBusy:
			return Actions{{Kind: then, Line: v.Line()}}
		case StepVoicemail, StepCallback, StepNumber:
			v.Fault(then+" is not available in this version", want)
		case StepQueue, "message":
			v.Fault(then+" does not say which", "{"+then+": NAME}")
		default:
			v.Fault(strict.Quote(then)+" is unknown", want)
		}
		return nil
	}
	m := v.Free()
	if len(m.Keys()) != 1 {
		v.Fault("is not one action", want)
		return nil
	}
	s := Step{Kind: m.Keys()[0], Line: v.Line()}
	switch at := m.Get(s.Kind); s.Kind {
	case StepQueue:
		s.Queue = hotline.QueueID(at.Text(""))
		p.needQueue(at, s.Queue)
	case "message":
		s.Kind, s.Prompt = StepPlay, at.Text("")
		prompt(at, s.Prompt)
	case StepVoicemail, StepCallback, StepNumber:
		at.Fault(s.Kind+" is not available in this version", want)
	default:
		at.Fault("unknown action", want)
	}
	return Actions{s}
}

// overflowCycles refuses queues that pass a caller round when all of them are full: nothing would ever end it.
func (p *parser) overflowCycles() {
	next := make(map[hotline.QueueID]hotline.QueueID)
	for _, q := range p.c.Queues {
		if then, to := q.MaxWaiting.Then.First(); then == StepQueue {
			next[q.ID] = hotline.QueueID(to)
		}
	}
	for _, q := range p.c.Queues {
		path := []hotline.QueueID{q.ID}
		for at, ok := next[q.ID]; ok; at, ok = next[at] {
			if at == q.ID {
				p.at[q.ID].Fault("comes back to this queue when all are full", "end the chain with hangup, busy or a message")
			}
			if slices.Contains(path, at) {
				break
			}
			path = append(path, at)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
