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
	Entry    string // how it came: EntryIVR and its like
	Priority int    // added to the queue's own priority
	Since    time.Time
	From     Party
	Attrs    map[string]string // of the contact: bound to $names in the queue's needs, kept in the record

	Place     time.Time     // stands in line as if waiting since then; zero: Since
	Needs     string        // a skill expression that must hold besides the queue's own; empty: none
	Prefer    AgentID       // asked first, alone, while at work and until PreferFor is over; empty: the queue's rule decides
	PreferFor time.Duration // 0: the queue's rule
	Also      []QueueID     // further queues to wait in at the same time; the first to serve wins
	Callback  CallbackID    // the promise that this call keeps
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

// Rang says that the offered agent's phone rings: until then the agent is reserved.
type Rang struct{ Offer OfferID }

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

// SetTalk says what the agent does in its call: AgentTalking, AgentHeld, AgentConsult or AgentConfer.
type SetTalk struct {
	Agent AgentID
	Call  CallID
	State AgentState
}

// BeginOutbound says that the agent makes a call of its own. Release ends it. Queue gives its after-call work; may be empty.
// Ring: its phone is to be rung for it, so it must have one.
type BeginOutbound struct {
	Agent   AgentID
	Contact ContactID
	Call    CallID
	Queue   QueueID
	Ring    bool
}

// CallIn keeps an agent for a colleague's call: it is to be rung, spoken with and perhaps joined with the customer. An agent
// in another call, signed out or without a phone refuses. Release ends it.
type CallIn struct {
	Agent   AgentID
	Contact ContactID
	Call    CallID
	Visit   VisitID // of the customer
	By      AgentID // the colleague
}

// Join says that an agent who was called in and the customer are joined. Queue gives its after-call work.
type Join struct {
	Agent AgentID
	Call  CallID
	Leg   LegID // the agent's
	Visit VisitID
	Queue QueueID
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

// AskBreak asks for a not-ready reason that is limited or needs a lead's word. A free place that needs no word is given at
// once; otherwise the agent stands in line for it. An empty Reason takes the agent out of the line.
type AskBreak struct {
	Agent  AgentID
	Reason string
	Source Source
}

// AnswerBreak is a lead's word to an agent that stands in line for a break.
type AnswerBreak struct {
	Agent AgentID
	Grant bool
	By    string
}

// Recall asks an agent that is not ready to come back. It changes no state: the agent sees it.
type Recall struct {
	Agent AgentID
	By    string
}

// UsePhone says at which phone the agent sits: a desk of the centre file, or (empty) the agent's own. Whoever sat there is
// signed out.
type UsePhone struct {
	Agent  AgentID
	Phone  PhoneID
	Source Source
}

// MoveVisit sends a waiting caller to another queue, with the time it has waited.
type MoveVisit struct {
	Visit VisitID
	Queue QueueID
	By    string
}

// PullVisit gives a waiting caller to one ready agent, whatever the order and the needs.
type PullVisit struct {
	Visit VisitID
	Agent AgentID
	By    string
}

// Prioritise gives a waiting caller another priority.
type Prioritise struct {
	Visit    VisitID
	Priority int // 1–20, as Queued has it
	By       string
}

// Withdraw ends a caller's wait: the call says goodbye and hangs up.
type Withdraw struct {
	Visit VisitID
	By    string
}

// SetSwitch turns a switch of the centre file, for example the emergency announcement, on or off.
type SetSwitch struct {
	Switch string
	On     bool
	By     string
}

// AskCallback promises to call the customer back. A waiting Visit ends as OutcomeCallback and its place is kept; without one
// the place is Place.
type AskCallback struct {
	Contact ContactID
	Call    CallID
	Visit   VisitID // may be empty
	Queue   QueueID
	Number  string // to be dialled
	From    Party
	Attrs   map[string]string

	Place time.Time // of a caller whose visit has just ended by a rule; zero: of who comes now
}

// CallbackFailed says that the customer of a callback could not be reached; Cause says how. The next try follows, if one is
// left.
type CallbackFailed struct {
	Callback CallbackID
	Call     CallID
	Cause    Cause
}

// CancelCallback takes a promise back.
type CancelCallback struct {
	Callback CallbackID
	By       string
}

// CallGone says that nothing is left of a call: whatever the shard still holds for it is given back, with an alarm.
type CallGone struct{ Call CallID }

// Heal says that no live dialog backs the agent's call any more. Evidence is shown in the alarm.
type Heal struct {
	Agent    AgentID
	Call     CallID
	Evidence string
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

func (Enqueue) request()        {}
func (Leave) request()          {}
func (Accept) request()         {}
func (Rang) request()           {}
func (Decline) request()        {}
func (Release) request()        {}
func (SetTalk) request()        {}
func (BeginOutbound) request()  {}
func (CallIn) request()         {}
func (Join) request()           {}
func (SetAgent) request()       {}
func (EndWrap) request()        {}
func (AskBreak) request()       {}
func (AnswerBreak) request()    {}
func (Recall) request()         {}
func (UsePhone) request()       {}
func (MoveVisit) request()      {}
func (PullVisit) request()      {}
func (Prioritise) request()     {}
func (Withdraw) request()       {}
func (SetSwitch) request()      {}
func (AskCallback) request()    {}
func (CallbackFailed) request() {}
func (CancelCallback) request() {}
func (CallGone) request()       {}
func (Heal) request()           {}
func (SetDevice) request()      {}
func (Recover) request()        {}
func (Tick) request()           {}
