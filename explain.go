package hotline

import "time"

// Pick is why the router asked this agent: the rule that chose, its figure, and how many could have been asked.
type Pick struct {
	Rule   string  `json:"rule"`             // a strategy of package centre, or "free" (came free, took the first in line), "preferred", "pulled", "callback"
	Figure float64 `json:"figure,omitempty"` // of the agent under that rule: seconds idle or talked, calls, queues, occupancy 0–1
	Ready  int     `json:"ready,omitempty"`  // agents who could have been asked, this one included
	Line   int     `json:"line,omitempty"`   // callers who waited for this agent, this one included, when Rule is "free"
	Level  int     `json:"level,omitempty"`  // relax steps taken
}

// Explanation answers why a contact was given to an agent, why it still waits, or why an agent gets no call, at one moment
// and from the router's own state. Verdict is the answer, Because what it rests on, the weightiest first.
type Explanation struct {
	At      time.Time `json:"at"`
	Contact ContactID `json:"contact,omitempty"`
	Visit   VisitID   `json:"visit,omitempty"`
	Agent   AgentID   `json:"agent,omitempty"`
	Queue   QueueID   `json:"queue,omitempty"`
	Verdict Reason    `json:"verdict"`
	Because []Reason  `json:"because,omitempty"`
}

// Reason is one finding: its code says which of the other fields mean something, and which sentence they make.
type Reason struct {
	Code  string     `json:"code"`
	Agent AgentID    `json:"agent,omitempty"`
	Queue QueueID    `json:"queue,omitempty"`
	Visit VisitID    `json:"visit,omitempty"`
	State AgentState `json:"state,omitempty"`
	Text  string     `json:"text,omitempty"` // a skill expression, a reason's id, a strategy
	N     int        `json:"n,omitempty"`
	Of    int        `json:"of,omitempty"`
	MS    int64      `json:"ms,omitempty"`
}
