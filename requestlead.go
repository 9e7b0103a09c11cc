package hotline

import "time"

// Lend gives an agent other skills than the centre file's for a limited time: level 1–9, or 0 to take one away. It takes the
// place of what was lent before. Without skills what was lent ends at once.
type Lend struct {
	Agent  AgentID
	Skills map[string]int // at most MaxLent; those of the centre, and "queue.ID" of a queue that lists its agents
	Until  time.Time      // 1 min to 12 h from now
	By     string
}

// MaxLent is how many skills may be lent to one agent at a time.
const MaxLent = 20

func (Lend) request() {}

// Supervises says that a supervisor's line rings or holds the phone, or (Off) does so no longer. An agent who sits at that phone, or
// is the supervisor, is offered nothing meanwhile. Where no agent does, nothing changes.
type Supervises struct {
	Agent AgentID // the supervisor as an agent; empty: it is none
	Phone PhoneID
	Off   bool
}

func (Supervises) request() {}
