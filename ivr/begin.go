package ivr

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre"
)

// choiceSuffix marks the name of a dialogue with somebody who waits.
const choiceSuffix = ".choice"

// maxHeaders is how many X- headers become attributes.
const maxHeaders = 24

// WithSwitches returns the plan for a call that begins while these switches are on.
func (p *Plan) WithSwitches(on map[string]bool) *Plan {
	q := *p
	q.switches = maps.Clone(on)
	return &q
}

func (p *Plan) zone() *time.Location {
	if p.centre == nil || p.centre.TimeZone == nil {
		return time.UTC
	}
	return p.centre.TimeZone
}

func (p *Plan) open(hours string, now time.Time) bool {
	return p.centre == nil || p.centre.OpenAt(hours, now)
}

// isOwner says whether a message can be somebody's: an agent's or a team's.
func (p *Plan) isOwner(id string) bool {
	_, agent := p.Agents[hotline.AgentID(id)]
	return agent || p.centre != nil && slices.ContainsFunc(p.centre.Teams, func(t centre.Team) bool { return t.ID == id })
}

// Begin looks the caller up in the tables and begins the dialogue for the number dialled.
func (p *Plan) Begin(c Caller) Begin {
	id, ok := p.Numbers[c.Number]
	flow, there := p.Flows[id]
	if !ok || !there || slices.Contains(p.Emergency, c.Number) {
		return Begin{}
	}
	var b Begin
	var table string
	if p.centre != nil {
		table, b.Entry, _ = p.centre.Lookup(cmp.Or(c.Withheld, c.From.Number), c.Now)
	}
	if b.Entry.Then == centre.EntryReject {
		b.Reject = true
		return b
	}
	if b.Entry.Then == centre.EntrySteps {
		id, flow.Steps = "tables."+table, b.Entry.Steps
	}
	b.Session = p.session(id, flow.Steps)
	b.Session.ahead = !c.Trial
	b.Session.known(c, b.Entry)
	b.Session.lang = p.Language
	b.Session.memory.set("language", p.Language, shown)
	return b
}

// session is a dialogue that has not begun, of a caller whose leg is not up.
func (p *Plan) session(name string, steps []centre.Step) *Session {
	s := &Session{plan: p, flow: name, stack: []frame{{steps: steps, path: name}}, memory: newMemory(nil), lang: p.Language}
	s.records = p.records(steps)
	s.consent = s.records && p.Consent.Rule != ""
	return s
}

// known gives a new session what is known of its caller.
func (s *Session) known(c Caller, e centre.TableEntry) {
	if c.Anonymous {
		e.Name = "" // it would say who calls
	}
	for name, value := range map[string]string{
		"caller": c.From.Number, "name": cmp.Or(e.Name, c.From.Name), "called": c.Number, "trunk": c.Trunk,
		"diverted_from": c.Diverted.Number, "diverted_reason": c.Diverted.Reason,
	} {
		if value != "" {
			s.memory.set(name, value, shown)
		}
	}
	if c.Anonymous {
		s.memory.set("anonymous", "true", shown)
	}
	if c.Withheld != "" {
		s.memory.set("withheld", c.Withheld, secret)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Attrs)) {
		s.memory.set(name, e.Attrs[name], shown)
	}
	headers := 0
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		if strings.HasPrefix(name, "x-") && headers < maxHeaders {
			s.memory.set(name, c.Headers[name], shown)
			headers++
		}
	}
	s.vip = e.Priority
	if _, ok := s.plan.Agents[hotline.AgentID(e.Agent)]; ok {
		s.prefer = hotline.AgentID(e.Agent)
	}
}

// Resume begins a dialogue of its own over steps that a rule gives: the actions of a queue's rule, a choice while waiting, a
// survey. name stands in the facts as the flow; attrs are the contact's so far, "language" the one it is spoken to in. A name
// that ends in ".choice" is a dialogue with somebody who waits: where others hang up at their end it gives Stay.
//
// Who is already up has been asked for consent, or it was not needed: Resume asks only who is not.
func (p *Plan) Resume(name string, steps []centre.Step, attrs map[string]string, up bool) *Session {
	s := p.session(name, steps)
	s.up, s.consent = up, s.consent && !up
	s.waiting = strings.HasSuffix(name, choiceSuffix)
	s.memory = newMemory(attrs)
	s.lang = cmp.Or(s.memory.get("language"), s.lang)
	return s
}

// CalledBack begins the dialogue with a customer that was called back and has picked up: consent, if the queue records, the
// queue's confirmation, if it has one, and Enqueue.
func (p *Plan) CalledBack(queue hotline.QueueID, attrs map[string]string) *Session {
	join := []centre.Step{{Kind: centre.StepQueue, Queue: queue}}
	steps := join
	if prompt := p.Queues[queue].Callback.Confirm; prompt != "" {
		steps = []centre.Step{{Kind: centre.StepMenu, Menu: &centre.Menu{
			Prompt: prompt, Keys: map[string][]centre.Step{"1": join}, Tries: 3, Timeout: 5 * time.Second,
		}}}
	}
	s := p.Resume("callback", steps, attrs, true)
	s.consent = s.records && p.Consent.Rule != ""
	return s
}

// DialledOut begins the dialogue with a customer that an agent has called for the queue, or for none, and that is to be recorded:
// it is told so, or asked, and then Enqueue says that the agent may be heard.
func (p *Plan) DialledOut(queue hotline.QueueID, attrs map[string]string) *Session {
	s := p.Resume("dial_out", []centre.Step{{Kind: centre.StepQueue, Queue: queue}}, attrs, true)
	s.consent = p.Consent.Rule != ""
	return s
}

// Records says whether a call in the flow is recorded from its answer on: unless every queue that the flow can come to
// says never, or the centre asks for consent first.
func (p *Plan) Records(flow string) bool {
	return p.Consent.Rule == "" && p.records(p.Flows[flow].Steps)
}

// records says whether a dialogue is recorded at all. One that comes to no queue is.
func (p *Plan) records(steps []centre.Step) bool {
	r := reach{plan: p, seen: map[string]bool{}}
	r.steps(steps)
	return r.always || !r.never
}

// reach collects what the queues that a dialogue can come to say about recording.
type reach struct {
	plan          *Plan
	seen          map[string]bool // flows
	always, never bool
}

func (r *reach) steps(steps []centre.Step) {
	for _, s := range steps {
		r.step(s)
	}
}

func (r *reach) step(s centre.Step) {
	switch s.Kind {
	case centre.StepQueue:
		for _, id := range append([]hotline.QueueID{s.Queue}, s.Also...) {
			if q, ok := r.plan.Queues[id]; ok && !q.Record {
				r.never = true
			} else {
				r.always = true
			}
		}
	case centre.StepFlow:
		if !r.seen[s.Flow] {
			r.seen[s.Flow] = true
			r.steps(r.plan.Flows[s.Flow].Steps)
		}
	}
	r.steps(s.Then)
	r.steps(s.Else)
	if s.Menu != nil {
		for _, choice := range s.Menu.Keys { // any order: only two flags are set
			r.steps(choice)
		}
		r.steps(s.Menu.Otherwise)
		r.steps(s.Menu.Silent)
	}
	if s.Collect != nil {
		r.steps(s.Collect.Otherwise)
	}
}
