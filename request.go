package hotline

import "time"

// Request is what is asked of a shard. A refusal comes back as an error from Submit and changes nothing.
type Request interface{ request() }

// Enqueue asks for a place in a queue. Since is when the customer asked for a person, the start of the wait.
type Enqueue struct {
	Contact  ContactID
	Call     CallID
	Visit    VisitID
	Queue    QueueID
	Entry    string // how it came: "ivr", "overflow", "transfer", "callback", "direct"
	Priority int    // added to the queue's own priority
	Since    time.Time
	From     Party
	Attrs    map[string]string
}

// Leave takes a waiting visit out of its queue: the caller hung up (OutcomeAbandoned) or chose something else.
type Leave struct {
	Visit   VisitID
	Outcome Outcome
	To      string // where it goes on, for an overflow or a key
}

// Accept says that the offered agent's phone was answered.
type Accept struct {
	Offer OfferID
	Leg   LegID // the agent's leg
}

// Decline says that an offer failed on the way to, or at, the agent's phone.
type Decline struct {
	Offer  OfferID
	Result OfferResult
}

// Release says that an agent and a contact are no longer joined. The agent goes to wrap-up.
type Release struct {
	Agent AgentID
	Call  CallID
	Cause Cause
	By    Role // who hung up
}

// HoldAgent says that the agent put the contact on hold, or took it back.
type HoldAgent struct {
	Agent AgentID
	Call  CallID
	On    bool
}

// SetAgent asks for another state of an agent: AgentReady, AgentNotReady (with a reason) or AgentSignedOut. Asked for
// during a call it takes effect after it.
type SetAgent struct {
	Agent  AgentID
	State  AgentState
	Reason string
	Source Source
}

// EndWrap ends the agent's wrap-up at once.
type EndWrap struct {
	Agent  AgentID
	Source Source
}

// SetDevice says whether the agent has a registered phone.
type SetDevice struct {
	Agent AgentID
	Up    bool
}

// Recover says that the engine has restarted: calls that the log left open are gone, but for those in Resumed.
type Recover struct{ Resumed []CallID }

// Tick says that time has passed; it makes due what was due.
type Tick struct{}

func (Enqueue) request()   {}
func (Leave) request()     {}
func (Accept) request()    {}
func (Decline) request()   {}
func (Release) request()   {}
func (HoldAgent) request() {}
func (SetAgent) request()  {}
func (EndWrap) request()   {}
func (SetDevice) request() {}
func (Recover) request()   {}
func (Tick) request()      {}
