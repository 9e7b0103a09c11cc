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

// The codes of a Reason.
const (
	// Of a visit.
	WhyAnswered    = "answered_by"   // Agent took it; Text is the rule that chose among N ready agents, with Of callers in line
	WhyRings       = "rings"         // N phones ring, Agent's first
	WhyPhoneRings  = "phone_rings"   // Agent's, for MS
	WhyPreferred   = "preferred"     // only Agent is asked for another MS
	WhyNobodyFits  = "nobody_fits"   // nobody of the centre has what Text asks
	WhyNobodyWorks = "nobody_works"  // N fit, none is signed in and not on a break
	WhyAllBusy     = "all_busy"      // N work, all with somebody else
	WhyEnded       = "ended"         // as Text, after MS
	WhyInFlow      = "in_flow"       // it has not asked for a person yet
	WhyNeeds       = "needs"         // Text admits N of Of agents
	WhyState       = "fitting_state" // of those who fit N are State (Text)
	WhyAhead       = "ahead"         // N wait before it
	WhyExpected    = "expected"      // about MS to go
	WhyRelaxes     = "relaxes"       // in MS Text decides, which N agents fit
	WhyEnds        = "wait_ends"     // in MS by the queue's rule: Text, Queue
	WhyOffers      = "offered"       // to Agent, who let it go: Text is the result

	// Of an agent.
	WhyAgentIs     = "agent_is"     // State (Text) for MS
	WhyGone        = "not_in_file"  // no longer in the centre file
	WhyNobodyWaits = "nobody_waits" // ready, and nobody waits
	WhyFitsNobody  = "fits_nobody"  // ready; N wait, none of whom the agent may take
	WhyNoPhone     = "no_phone"     // no phone is registered
	WhyNext        = "next_state"   // State (Text) follows
	WhyRests       = "rests"        // let N offers go running, ready again by itself in MS
	WhyAsksBreak   = "asks_break"   // stands in line for the break Text
	WhyRelief      = "waits_relief" // leaves when Agent has signed in
	WhyPromise     = "promise"      // reserved for a customer who is being called back
	WhyNotFit      = "not_fit"      // in Queue N wait who need Text
	WhyTurn        = "turn"         // N-th of Of who are ready for Queue, by Text
	WhyMissed      = "would_fit"    // in Queue N wait whom the agent could take
)
