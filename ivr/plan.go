package ivr

import (
	"time"

	"hotline"
	"hotline/centre"
)

// Plan is what a call needs to know of the centre, as plain values. It is immutable: a call keeps the plan it began
// with when another centre file is applied.
type Plan struct {
	Language string                     // of prompts where a queue names no other: "zh-CN", "en-US"
	Numbers  map[string]string          // dialled number → flow
	Flows    map[string]centre.Flow     // by id
	Queues   map[hotline.QueueID]Queue  // by id
	Agents   map[hotline.AgentID]string // id → name
	Reasons  []string                   // ids of the not-ready reasons in file order: *2N means the N-th, from 1
}

// Queue is how a caller is treated in a queue.
type Queue struct {
	ID             hotline.QueueID
	Name           string
	Language       string        // of its prompts, never empty
	Music          string        // prompt looped while waiting
	Position       bool          // announce the position
	Wait           bool          // announce the expected wait
	Every          time.Duration // between announcements; 0: none
	SayAgentNumber bool          // tell the customer the agent's number before they are joined
	Record         bool          // record the contact
	Choice         *centre.Menu  // asked of who waits, every Choice.Every; nil: no
	Survey         *centre.Survey
	Callback       centre.Callback

	rules map[string]centre.Actions // by the names that Rule takes
}

// Announces says whether a waiting caller hears announcements.
func (q Queue) Announces() bool { return q.Every > 0 && (q.Position || q.Wait) }

// NewPlan makes the plan of a valid centre.
func NewPlan(c *centre.Centre) *Plan {
	p := &Plan{
		Language: c.Language,
		Numbers:  c.Numbers,
		Flows:    c.Flows,
		Queues:   make(map[hotline.QueueID]Queue, len(c.Queues)),
		Agents:   make(map[hotline.AgentID]string, len(c.Agents)),
	}
	if p.Language == "" {
		p.Language = Chinese
	}
	for _, q := range c.Queues {
		lang, music := q.Language, q.Music
		if lang == "" {
			lang = p.Language
		}
		if music == "" {
			music = "music"
		}
		p.Queues[q.ID] = Queue{
			ID: q.ID, Name: q.Name, Language: lang, Music: music,
			Position: q.Announce.Position, Wait: q.Announce.Wait, Every: q.Announce.Every,
			SayAgentNumber: q.SayAgentNumber, Record: q.Record != "never",
			Choice: q.Choice, Survey: q.Survey, Callback: q.Callback, rules: rules(q),
		}
	}
	for _, a := range c.Agents {
		p.Agents[a.ID] = a.Name
	}
	for _, r := range c.Reasons {
		p.Reasons = append(p.Reasons, r.ID)
	}
	return p
}

// Session begins the dialogue for the number dialled; false if no flow answers that number.
func (p *Plan) Session(number string) (*Session, bool) {
	id, ok := p.Numbers[number]
	if !ok {
		return nil, false
	}
	flow, ok := p.Flows[id]
	if !ok {
		return nil, false
	}
	return &Session{plan: p, flow: id, stack: []frame{{steps: flow.Steps, path: id}}}, true
}

// Records says whether a call in the flow is recorded from its answer on: unless every queue that the flow can come to
// says never. A flow that comes to no queue is recorded.
func (p *Plan) Records(flow string) bool {
	r := reach{plan: p, seen: map[string]bool{}}
	r.flow(flow)
	return r.always || !r.never
}

// reach collects what the queues that a flow can come to say about recording.
type reach struct {
	plan          *Plan
	seen          map[string]bool
	always, never bool
}

func (r *reach) flow(id string) {
	if r.seen[id] {
		return
	}
	r.seen[id] = true
	r.steps(r.plan.Flows[id].Steps)
}

func (r *reach) steps(steps []centre.Step) {
	for _, s := range steps {
		r.step(s)
	}
}

func (r *reach) step(s centre.Step) {
	switch s.Kind {
	case "queue":
		if q, ok := r.plan.Queues[s.Queue]; ok && !q.Record {
			r.never = true
		} else {
			r.always = true
		}
	case "flow":
		r.flow(s.Flow)
	case "menu":
		for _, choice := range s.Menu.Keys { // any order: only two flags are set
			r.steps(choice)
		}
		r.steps(s.Menu.Otherwise)
	}
}

// Begin looks the caller up in the tables and begins the dialogue for the number dialled.
func (p *Plan) Begin(c Caller) Begin {
	s, _ := p.Session(c.Number)
	return Begin{Session: s}
}

// Resume begins a dialogue of its own over steps that a rule gives: the actions of a queue's rule, a choice while waiting, a
// survey. name stands in the facts as the flow; attrs are the contact's so far.
func (p *Plan) Resume(name string, steps []centre.Step, attrs map[string]string, up bool) *Session {
	return &Session{plan: p, flow: name, stack: []frame{{steps: steps, path: name}}, up: up}
}

// RuleClosedWaiting is the name by which Rule knows what is done with who waits when its queue closes; hotline.RuleClosed is
// what is done with who comes then.
const RuleClosedWaiting = "closed_waiting"

func rules(q centre.Queue) map[string]centre.Actions {
	return map[string]centre.Actions{
		hotline.RuleMaxWait: q.MaxWait.Then, hotline.RuleMaxWaiting: q.MaxWaiting.Then, hotline.RuleNoAgents: q.NoAgents.Then,
		hotline.RuleLongWait: q.LongWait.Then, hotline.RuleClosed: q.Closing.Join, RuleClosedWaiting: q.Closing.Waiting,
	}
}

// Rule returns what the queue's rule does, by the name that Blocked and Left give it, or RuleClosedWaiting.
func (p *Plan) Rule(queue hotline.QueueID, rule string) []centre.Step {
	return p.Queues[queue].rules[rule]
}

// Attrs is a copy of the contact's attributes so far, without secrets.
func (s *Session) Attrs() map[string]string { return nil }
