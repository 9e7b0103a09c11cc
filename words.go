package hotline

// Outcome is how a queue visit ended; every visit ends in exactly one. The set is closed: facts, reports, metrics and
// the API share it.
type Outcome string

// The outcomes of a visit.
const (
	OutcomeAnswered  Outcome = "answered"  // the customer was joined with an agent
	OutcomeAbandoned Outcome = "abandoned" // the caller left; "short" is derived from the wait, never stored
	OutcomeOverflow  Outcome = "overflow"  // sent on by a rule of the queue
	OutcomeTimeout   Outcome = "timeout"   // max_wait was over
	OutcomeKey       Outcome = "key"       // the caller chose something else by key
	OutcomeCallback  Outcome = "callback"
	OutcomeVoicemail Outcome = "voicemail"
	OutcomeMoved     Outcome = "moved"     // by a person or an API
	OutcomeDequeued  Outcome = "dequeued"  // answered through another queue it also waited in
	OutcomeClosed    Outcome = "closed"    // closing time or emergency while waiting
	OutcomeNoAgents  Outcome = "no_agents" // nobody left who could serve it
	OutcomeLost      Outcome = "lost"      // by our own fault
)

// How a visit came to its queue.
const (
	EntryIVR      = "ivr"
	EntryOverflow = "overflow" // from another queue, by a rule
	EntryTransfer = "transfer" // from another queue or an agent, by a person
	EntryCallback = "callback" // the engine called the customer back
	EntryDirect   = "direct"
	EntryRequeue  = "requeue" // its agent was lost before or during the talk: in its old place again
)

// How a customer is handed on, to what, and that it was, as Transferred has it.
const (
	TransferBlind      = "blind"      // to whom nobody spoke before
	TransferAttended   = "attended"   // to whom the agent spoke first, or rang at least
	TransferTakeOver   = "take_over"  // by a supervisor, to itself
	TransferConference = "conference" // the agent left a conference: who was brought in has the customer
	TransferDone       = "done"

	TargetAgent  = "agent"
	TargetQueue  = "queue"
	TargetFlow   = "flow"   // a number of the centre
	TargetNumber = "number" // outside

	ConsultEnded      = "ended"      // the agent goes on with its customer, or the customer has left
	ConsultConference = "conference" // all three speak with each other

	TargetSupervisor = "supervisor" // who is no agent: To is the login
)

// Rules of a queue, as Blocked and Left name them and as the plan of a call knows their actions.
const (
	RuleMaxWait    = "max_wait"
	RuleMaxWaiting = "max_waiting"
	RuleNoAgents   = "no_agents"
	RuleLongWait   = "long_wait"
	RuleClosed     = "closed"
	RuleMoved      = "moved"     // a person sent it to another queue
	RuleWithdrawn  = "withdrawn" // a person ended its wait
)

// BlockReason is why a request never entered its queue.
type BlockReason string

// The reasons for a blocked request.
const (
	BlockFull    BlockReason = "full"
	BlockClosed  BlockReason = "closed"
	BlockNoStaff BlockReason = "no_staff"
	BlockRefused BlockReason = "refused"
)

// OfferResult is how an offer ended.
type OfferResult string

// The results of an offer.
const (
	OfferAnswered    OfferResult = "answered"
	OfferNoAnswer    OfferResult = "no_answer"   // ring_timeout was over
	OfferRejected    OfferResult = "rejected"    // the agent pressed reject
	OfferUnreachable OfferResult = "unreachable" // the phone cannot be reached
	OfferBusy        OfferResult = "busy"        // the phone says it is busy
	OfferCallerGone  OfferResult = "caller_gone" // the customer hung up while it rang
	OfferElsewhere   OfferResult = "elsewhere"   // another agent of the same ring-all was first
)

// AgentState is what an agent is doing. package agentstate holds the table of moves between states.
type AgentState string

// The states of an agent.
const (
	AgentSignedOut AgentState = "signed_out"
	AgentReady     AgentState = "ready"
	AgentReserved  AgentState = "reserved" // chosen for a contact, the phone does not ring yet
	AgentRinging   AgentState = "ringing"
	AgentTalking   AgentState = "talking"
	AgentHeld      AgentState = "held"       // in a call whose customer is on hold
	AgentConsult   AgentState = "consulting" // speaks with a third party while the customer is on hold
	AgentConfer    AgentState = "conference" // with the customer and a third party
	AgentOutbound  AgentState = "outbound"   // in a call of the agent's own making
	AgentWrapUp    AgentState = "wrap_up"
	AgentNotReady  AgentState = "not_ready"
)

// Reasons for "not ready" that the engine sets itself. All other reasons are ids from the centre file.
const (
	ReasonSignedIn    = "signed_in"   // the first registration: signed in, not asked to work yet
	ReasonNoAnswer    = "no_answer"   // let an offer ring out
	ReasonRejected    = "rejected"    // rejected an offer
	ReasonUnreachable = "unreachable" // the phone did not answer the engine
	ReasonBusy        = "busy"        // the phone said it was busy
	ReasonDeviceLost  = "device_lost" // the phone's registration ended
	ReasonRestarted   = "restarted"   // the engine came back and does not know
	ReasonSupervising = "supervising" // its phone is a supervisor's line: ready again when that ends
	ReasonUnspecified = "unspecified" // asked for without a reason
)

// Source is who caused a change of an agent's state.
type Source string

// The sources of a change.
const (
	SourceAgent  Source = "agent" // on the desk
	SourcePhone  Source = "phone" // a star code, a registration
	SourceLead   Source = "lead"
	SourceSystem Source = "system" // a rule of the engine
	SourceAPI    Source = "api"
)

// Cause is why a leg, a call or an attempt to reach someone ended. Causes carry their own verdict: package sip maps them
// to and from responses (RFC 3261 §21) and Reason headers (RFC 3326).
type Cause string

// The causes.
const (
	CauseHangup      Cause = "hangup"      // a party hung up
	CauseCancelled   Cause = "cancelled"   // the caller gave up before the answer
	CauseBusy        Cause = "busy"        // 486, 600
	CauseRejected    Cause = "rejected"    // 403, 603
	CauseNoAnswer    Cause = "no_answer"   // 408 after ringing, 480
	CauseUnreachable Cause = "unreachable" // no contact, no response, transport error
	CauseNotFound    Cause = "not_found"   // 404, 484, 604
	CauseNoCodec     Cause = "no_codec"    // 488, 606
	CauseMediaLost   Cause = "media_lost"  // no RTP for too long
	CauseElsewhere   Cause = "elsewhere"   // answered elsewhere (RFC 3326: SIP;cause=200)
	CauseOverload    Cause = "overload"    // 503 of ours
	CauseTransferred Cause = "transferred" // the agent handed the customer on
	CauseFlow        Cause = "flow"        // the flow said hang up
	CauseTimeout     Cause = "timeout"     // max_wait: hangup, or a limit on the whole call
	CauseFull        Cause = "full"        // max_waiting: busy
	CauseRestart     Cause = "restart"     // the engine was restarted and could not resume the call
	CauseShutdown    Cause = "shutdown"    // the engine is being stopped
	CauseLost        Cause = "lost"        // no live dialog backed it any more
	CausePanic       Cause = "panic"       // a broken invariant of ours
	CauseError       Cause = "error"       // anything else: a protocol error, a 5xx
)

// Direction is which way a call was set up.
type Direction string

// The directions of a call.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
	Internal Direction = "internal" // an agent's own call to the engine: a star code, another agent
	Recorded Direction = "recorded" // others' call, which a recording session brings here to be kept (RFC 7866)
)

// Role is who a leg belongs to. A customer is recorded left, an agent right.
type Role string

// The roles of a leg.
const (
	RoleCustomer   Role = "customer"
	RoleAgent      Role = "agent"
	RoleSupervisor Role = "supervisor"
	RoleParty      Role = "party" // a third party outside the centre
)
