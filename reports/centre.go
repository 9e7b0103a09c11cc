package reports

import (
	"time"

	"hotline"
)

// Centre is what reports needs to know of the centre. It is a plain value that cmd makes from the centre file and hands
// over with New or SetCentre; it must not be changed afterwards. Queues and agents that are not in it are still counted,
// under their ids.
type Centre struct {
	Location *time.Location // the centre's day and hours; nil: UTC
	Queues   []Queue        // in file order, the order of rows everywhere
	Agents   []Agent
	Teams    []Team
	Reasons  []Reason
	Switches []Switch
	KPI      []KPITarget // overrides the defaults of the KPI sheet by id
	Holidays []string    // local dates, 2026-10-01, that tell a forecast nothing of other days
}

// Queue is one queue and its definitions.
type Queue struct {
	ID     hotline.QueueID
	Name   string
	Within time.Duration // target: answered within this, inclusive; default 20 s
	Ratio  float64       // target: this share, 0–1; default 0.80
	Short  time.Duration // abandoned sooner than this (strictly) is short; 0: none is
	SL     Definition    // its own service level, beside the named ones
	Ghost  time.Duration // answered with less talk than this is a short talk; default 10 s
	// Wrap is how long a wrap-up may last before it is over time; 0: no limit.
	Wrap time.Duration
	// Codes is whether its talks are coded: CodesNone (or empty), CodesOptional, CodesRequired. Extend and Extends are how much
	// longer, and how often, an agent may have for its after-call work.
	Codes   string
	Extend  time.Duration
	Extends int
	// Agents are those who may serve the queue at all (its widest need).
	Agents []hotline.AgentID
}

// Agent is one person who takes calls.
type Agent struct {
	ID   hotline.AgentID
	Name string
	Team string // id
}

// Switch is something that a lead turns on and off by hand.
type Switch struct{ ID, Name string }

// Team is a group of agents.
type Team struct{ ID, Name string }

// Reason is a reason for "not ready" and the time it allows; 0: no limit.
type Reason struct {
	ID, Name  string
	Allowance time.Duration
}

// KPITarget is the standard that a row of the KPI sheet is held against: Min ≤ value ≤ Max; nil: open on that side.
type KPITarget struct {
	ID       string
	Min, Max *float64
}

// Values of Queue.Codes.
const (
	CodesNone     = "none"
	CodesOptional = "optional"
	CodesRequired = "required"
)

const (
	defaultWithin = 20 * time.Second
	defaultRatio  = 0.80
	cnWithin      = 20_000 // ms: 人工20秒应答率 has its 20 s in its name, whatever a queue's target is
)

// book is a Centre made ready for look-ups. It never changes after newBook.
type book struct {
	loc     *time.Location
	centre  Centre
	queues  map[hotline.QueueID]Queue
	agents  map[hotline.AgentID]Agent
	teams   map[string]string
	reasons map[string]Reason
	serves  map[hotline.AgentID][]hotline.QueueID
}

func newBook(c Centre) *book {
	b := &book{
		loc: c.Location, centre: c,
		queues: map[hotline.QueueID]Queue{}, agents: map[hotline.AgentID]Agent{}, teams: map[string]string{},
		reasons: map[string]Reason{}, serves: map[hotline.AgentID][]hotline.QueueID{},
	}
	if b.loc == nil {
		b.loc = time.UTC
	}
	for _, q := range c.Queues {
		b.queues[q.ID] = withDefaults(q)
		for _, a := range q.Agents {
			b.serves[a] = append(b.serves[a], q.ID)
		}
	}
	for _, a := range c.Agents {
		b.agents[a.ID] = a
	}
	for _, t := range c.Teams {
		b.teams[t.ID] = t.Name
	}
	for _, r := range c.Reasons {
		b.reasons[r.ID] = r
	}
	return b
}

func withDefaults(q Queue) Queue {
	if q.Within == 0 {
		q.Within = defaultWithin
	}
	if q.Ratio == 0 {
		q.Ratio = defaultRatio
	}
	if q.Name == "" {
		q.Name = string(q.ID)
	}
	if q.Ghost == 0 {
		q.Ghost = defaultGhost
	}
	q.SL = q.SL.withDefaults()
	return q
}

// queue is the queue's definitions, the defaults for one that is no longer in the centre.
func (b *book) queue(id hotline.QueueID) Queue {
	if q, ok := b.queues[id]; ok {
		return q
	}
	return withDefaults(Queue{ID: id, Short: 5 * time.Second})
}

// agent is the agent's name and team, its id alone for one who has left.
func (b *book) agent(id hotline.AgentID) Agent {
	a, ok := b.agents[id]
	if !ok {
		a.ID = id
	}
	if a.Name == "" {
		a.Name = string(id)
	}
	return a
}
