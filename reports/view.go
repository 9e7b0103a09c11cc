package reports

import "hotline"

// View is the live state of the centre at one place of the log: the body of GET /api/v1/live. It never changes once it
// is returned. Clocks run in the browser from the Since fields; nothing else has to be computed there.
type View struct {
	Seq     uint64      `json:"seq"`     // every event up to this one is in it
	Version uint64      `json:"version"` // grows with each View made, also when only time has passed
	At      Moment      `json:"at"`
	Day     Moment      `json:"day"` // start of today in the centre's time zone
	Totals  Totals      `json:"totals"`
	Queues  []QueueView `json:"queues"`
	States  StateCounts `json:"agent_states"`
	Agents  []AgentView `json:"agents"`
	Calls   []CallView  `json:"calls"`
	Alarms  []Alarm     `json:"alarms"` // the worst first, then the oldest

	Callbacks []Callback `json:"callbacks"` // open promises in the order of their places, at most 200
	Tasks     TaskCounts `json:"tasks"`
	Switches  []Switched `json:"switches"`

	Supervisions []Supervising `json:"supervisions"` // who is supervised by whom
	Notices      NoticeCounts  `json:"notices"`
}

// maxPromises is how many open promises are shown one by one.
const maxPromises = 200

// Switched is a switch of the centre, for example the emergency announcement.
type Switched struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	On    bool   `json:"on"`
	Since Moment `json:"since,omitzero"` // never: it was never turned
	By    string `json:"by,omitempty"`
}

// Target is the service level aimed at.
type Target struct {
	WithinMS int64   `json:"within_ms"`
	Ratio    float64 `json:"ratio"`
}

// Waiting is what a waiting line shows.
type Waiting struct {
	Waiting     int      `json:"waiting"`
	Since       []Moment `json:"waiting_since"`   // of each waiting caller, longest first
	AboutTo     int      `json:"about_to_breach"` // within ten seconds of the target, not past it
	Breached    int      `json:"breached"`        // past the target
	Breach      Breach   `json:"breach"`
	NextMS      *int64   `json:"next_breach_ms"`               // until the next one is past the target; null: none will be
	LongestMS   *int64   `json:"longest_wait_ms"`              // null: nobody waits
	LongestFrom Moment   `json:"longest_wait_since,omitzero"`  // its start
	LongestIn   string   `json:"longest_wait_queue,omitempty"` // its queue, in Totals only
}

// Breach is how many of those who wait now will be past the target how soon, if nobody answers them.
type Breach struct {
	Within10 int `json:"within_10s"`
	Within30 int `json:"within_30s"` // those of Within10 too
	Over     int `json:"over"`       // past it already
}

// maxCallers is how many waiting callers of a queue are shown one by one.
const maxCallers = 100

// Caller is one who waits.
type Caller struct {
	Visit       hotline.VisitID    `json:"visit"`
	Contact     hotline.ContactID  `json:"contact"`
	Call        hotline.CallID     `json:"call"`
	Since       Moment             `json:"since"`
	Place       Moment             `json:"place"` // stands in line as if waiting since then
	Priority    int                `json:"priority"`
	Entry       string             `json:"entry"`
	From        hotline.Party      `json:"from"`
	Prefer      hotline.AgentID    `json:"prefer,omitempty"` // kept for this agent until PreferUntil
	PreferUntil Moment             `json:"prefer_until,omitzero"`
	Ringing     []hotline.AgentID  `json:"ringing,omitempty"` // whose phones ring for it
	Joining     bool               `json:"joining,omitempty"` // an agent has answered, the customer has not heard it yet
	Beside      hotline.VisitID    `json:"beside,omitempty"`  // it waits in several queues at once: the first of its visits
	Callback    hotline.CallbackID `json:"callback,omitempty"`
}

// Today is what was counted since midnight, by the visit's arrival.
type Today struct {
	Requested    int      `json:"requested"`
	Offered      int      `json:"offered"`
	Answered     int      `json:"answered"`
	Abandoned    int      `json:"abandoned"` // short ones included
	Short        int      `json:"short"`
	Blocked      int      `json:"blocked"`
	FlowOut      int      `json:"flow_out"`
	Lost         int      `json:"lost"`
	AbandonRatio *float64 `json:"abandon_ratio"`
	Connect      *float64 `json:"connect_ratio"` // 转人工接通率: answered ÷ requested
	ASAMS        *float64 `json:"asa_ms"`
	MaxWaitMS    int64    `json:"max_wait_ms"`     // of the visits whose wait is over
	Arrivals     []int    `json:"arrivals"`        // requests per quarter of an hour from midnight; the last is still open
	LastWeek     []int    `json:"arrivals_before"` // the same of the same weekday last week, the whole day; empty: unknown
}

// Totals is all queues together, by visits: a call that was in two queues is in here twice (Calls counts it once).
type Totals struct {
	Waiting
	Target *Target `json:"target"` // null when the queues differ
	SL30m  Level   `json:"sl_30m"`
	SLDay  Level   `json:"sl_today"`
	// Level30m and LevelDay count every visit by its own queue's definition.
	Level30m Level `json:"level_30m"`
	LevelDay Level `json:"level_today"`

	Today Today      `json:"today"`
	Calls CallCounts `json:"calls_today"`
}

// QueueView is one queue.
type QueueView struct {
	ID   hotline.QueueID `json:"id"`
	Name string          `json:"name"`
	Waiting
	Target Target `json:"target"`
	SL30m  Level  `json:"sl_30m"` // V1 over the last 30 minutes' arrivals; who waits past the target has failed already
	SLDay  Level  `json:"sl_today"`
	// Level30m and LevelDay are by the queue's own Definition.
	Level30m   Level  `json:"level_30m"`
	LevelDay   Level  `json:"level_today"`
	Definition *Rules `json:"definition"`

	Today    Today       `json:"today"`
	Promises int         `json:"promises"`         // open ones to call back
	Tasks    int         `json:"tasks"`            // open ones
	Callers  []Caller    `json:"callers"`          // longest wait first, at most 100
	States   StateCounts `json:"agents"`           // of those who may serve it
	Expected *int64      `json:"expected_wait_ms"` // for who comes now; null: unknown
}

// StateCounts is how many agents are in which state. Over counts those over their time; they are in their state too.
type StateCounts struct {
	Ready      int `json:"ready"`
	Reserved   int `json:"reserved"` // chosen, the phone does not ring yet
	Ringing    int `json:"ringing"`
	Talking    int `json:"talking"`
	Held       int `json:"held"`
	Consulting int `json:"consulting"`
	Conference int `json:"conference"`
	Outbound   int `json:"outbound"` // in a call of their own making
	WrapUp     int `json:"wrap_up"`
	NotReady   int `json:"not_ready"`
	Unknown    int `json:"unknown"` // the engine was away
	SignedIn   int `json:"signed_in"`
	SignedOut  int `json:"signed_out"`
	Over       int `json:"over"`
}

// AgentView is one agent now.
type AgentView struct {
	ID          hotline.AgentID    `json:"id"`
	Name        string             `json:"name"`
	Team        string             `json:"team,omitempty"`
	TeamName    string             `json:"team_name,omitempty"`
	State       hotline.AgentState `json:"state"` // also "unknown": the engine was away
	Reason      string             `json:"reason,omitempty"`
	Since       Moment             `json:"since,omitzero"`
	Call        hotline.CallID     `json:"call,omitempty"`
	Contact     hotline.ContactID  `json:"contact,omitempty"`
	Queue       hotline.QueueID    `json:"queue,omitempty"`
	WrapUntil   Moment             `json:"wrap_until,omitzero"`
	AllowanceMS int64              `json:"allowance_ms,omitempty"` // of the state it is in; 0: no limit
	Over        bool               `json:"over"`                   // longer than that
	Next        hotline.AgentState `json:"next,omitempty"`         // asked for after the call
	NextReason  string             `json:"next_reason,omitempty"`
	Device      bool               `json:"device"` // a phone is registered

	Phone  hotline.PhoneID `json:"phone,omitempty"`  // the desk it sits at; empty: its own phone
	Until  Moment          `json:"until,omitzero"`   // when the engine makes it ready again by itself
	Misses int             `json:"misses,omitempty"` // offers let go in a row
	Break  *Break          `json:"break,omitempty"`  // it stands in line for one
	Recall Recall          `json:"recall,omitzero"`  // a lead asked it to come back
	Relief hotline.AgentID `json:"relief,omitempty"` // it leaves as soon as this agent has signed in
	Alarms []string        `json:"alarms,omitempty"` // of the engine, about this agent

	Wrap    *WrapView `json:"wrap,omitempty"`     // what it may write about the contact it has or had just now
	Hand    *Hand     `json:"hand,omitempty"`     // it wants the lead
	Uncoded int       `json:"uncoded,omitempty"`  // contacts of its that still want a wrap-up code
	DeskSeq uint64    `json:"desk_seq,omitempty"` // changes when its card, its missed offers or what it wrote did

	Lent *LentView `json:"lent,omitempty"` // skills that it has for a limited time
}

// Break is an agent's place in the line for a break.
type Break struct {
	Reason string `json:"reason"`
	Since  Moment `json:"since"`
	Ahead  int    `json:"ahead"` // who asked for the same before and still waits
}

// Recall is a lead's request to come back from a break.
type Recall struct {
	Since Moment `json:"since"`
	By    string `json:"by,omitempty"`
}

// Phases of a live call.
const (
	PhaseFlow    = "ivr"
	PhaseWaiting = "waiting"
	PhaseRinging = "ringing"
	PhaseJoining = "connecting" // joined by the shard, not yet heard
	PhaseTalking = "talking"
	PhaseHeld    = "held"
	PhaseEnding  = "after" // the agent is gone, the customer's leg is still up

	PhaseDialling = "dialling" // an agent made the call, the other side has not answered
)

// CallView is one call that is up.
type CallView struct {
	ID        hotline.CallID    `json:"id"`
	Contact   hotline.ContactID `json:"contact"`
	Direction hotline.Direction `json:"direction"`
	Started   Moment            `json:"started"`
	Phase     string            `json:"phase"`
	Since     Moment            `json:"since"` // of the phase; waiting and ringing: of the wait
	Queue     hotline.QueueID   `json:"queue,omitempty"`
	Agent     hotline.AgentID   `json:"agent,omitempty"`
	Priority  int               `json:"priority,omitempty"`
	From      hotline.Party     `json:"from"`
	To        string            `json:"to,omitempty"`
	Trunk     string            `json:"trunk,omitempty"`
	Flow      string            `json:"flow,omitempty"` // the step it is at, for example "main.3"

	Callback hotline.CallbackID `json:"callback,omitempty"` // the promise that it keeps
	Test     bool               `json:"test,omitempty"`     // an agent tries out a flow: no figure counts it

	Parties int    `json:"parties,omitempty"` // of a conference: three and more
	Muted   bool   `json:"muted,omitempty"`   // nobody hears the agent
	Rev     uint64 `json:"rev"`               // changes whenever something has come of the call
}

// Kinds and severities of alarms.
const (
	AlarmLongestWait  = "longest_wait"  // somebody waits longer than three times the target
	AlarmServiceLevel = "service_level" // below the target within the last 30 minutes
	AlarmOverTime     = "over_time"     // an agent is longer in a state than it allows
	AlarmQuality      = "quality"       // calls of an agent's phone sounded bad; Value: how many of late
	AlarmEngine       = "engine"        // raised by the engine itself
	Crit              = "crit"
	Warn              = "warn"
)

// Alarm is a condition that somebody should know of now. The text is the page's: Kind and the figures are enough.
type Alarm struct {
	Kind     string          `json:"kind"`
	Severity string          `json:"severity"`
	Since    Moment          `json:"since"`
	Queue    hotline.QueueID `json:"queue,omitempty"`
	Agent    hotline.AgentID `json:"agent,omitempty"`
	Reason   string          `json:"reason,omitempty"` // over_time: the state or reason it is over in
	ValueMS  int64           `json:"value_ms,omitempty"`
	LimitMS  int64           `json:"limit_ms,omitempty"`
	Value    *float64        `json:"value,omitempty"` // service_level: now
	Limit    *float64        `json:"limit,omitempty"` // service_level: target
	Alarm    string          `json:"alarm,omitempty"` // engine: its id
	Detail   string          `json:"detail,omitempty"`

	Key          string        `json:"key"`                    // of this occurrence: what it is acknowledged by
	Acknowledged *Acknowledged `json:"acknowledged,omitempty"` // somebody looks after it
}
