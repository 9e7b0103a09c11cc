package reports

import "hotline"

// Outcomes of a contact beside those of a visit.
const (
	OutcomeBlocked = "blocked" // its last request never entered the queue
	OutcomeFlow    = "ivr"     // it never asked for a person
	OutcomeOpen    = "open"    // it is still up; in a search only
	OutcomeShort   = "short"   // abandoned sooner than the queue's short-abandon time; in a search only

	OutcomeReached    = "reached"     // called by an agent or by the engine: somebody picked up
	OutcomeNotReached = "not_reached" // and nobody did; the cause says why
	OutcomeRecorded   = "recorded"    // others' call, kept here
)

// Contact is the record of one customer's contact, from the first ring to the last word.
type Contact struct {
	ID        hotline.ContactID `json:"id"`
	Seq       uint64            `json:"seq"` // of its first event: the order of the list
	Calls     []hotline.CallID  `json:"calls"`
	Direction hotline.Direction `json:"direction"`
	Started   Moment            `json:"started"`
	Ended     Moment            `json:"ended,omitzero"` // never: it is still up
	MS        int64             `json:"ms"`             // Started to Ended, or to now
	From      hotline.Party     `json:"from"`
	To        string            `json:"to,omitempty"`
	Trunk     string            `json:"trunk,omitempty"`
	Anonymous bool              `json:"anonymous,omitempty" doc:"The caller asked not to be shown: from says no more."`
	Diverted  hotline.Diversion `json:"diverted,omitzero" doc:"The number that the call was for before it was sent on to this one; missing: it was not."`
	Outcome   string            `json:"outcome"` // of its visits: answered if one was, else the last one's; "blocked"; "ivr" when nobody was asked for, "reached" or "not_reached" if it was called, "recorded"; "" while open
	Cause     hotline.Cause     `json:"cause,omitempty"`
	By        hotline.Role      `json:"by,omitempty"` // who hung up first

	Queues   []hotline.QueueID `json:"queues,omitempty"` // in the order it came to them
	Agents   []hotline.AgentID `json:"agents,omitempty"` // who talked with it
	WaitMS   int64             `json:"wait_ms"`          // from the first request to the first answer, or to the end of the last visit
	TalkMS   int64             `json:"talk_ms"`          // of all segments, hold not included
	HoldMS   int64             `json:"hold_ms"`
	WrapMS   int64             `json:"wrap_ms"`
	Recorded bool              `json:"has_recording"`

	For   hotline.ContactID   `json:"for,omitempty" doc:"The contact that this call was made for."`
	LedTo []hotline.ContactID `json:"led_to,omitempty" doc:"The calls that agents made for this contact, 50 at most."`

	Test    bool  `json:"test,omitempty"`    // an agent tried out a flow: in no figure
	Consent *bool `json:"consent,omitempty"` // whether the customer let the contact be recorded; null: not asked

	Visits    []Visit        `json:"visits,omitzero"`
	Blocked   []BlockedVisit `json:"blocked,omitempty"`
	Offers    []Offer        `json:"offers,omitzero"`
	Segments  []Segment      `json:"segments,omitzero"`
	Legs      []Leg          `json:"legs,omitzero"`
	Flow      []FlowStep     `json:"flow,omitempty"`
	Keeps     *Kept          `json:"keeps,omitempty"`     // it keeps a promise to call back
	Callbacks []Callback     `json:"callbacks,omitempty"` // promises to call back
	Tasks     []Task         `json:"tasks,omitempty"`
	Surveys   []Survey       `json:"surveys,omitempty"`
	Transfers []Transfer     `json:"transfers,omitempty"`
	Codes     []string       `json:"codes,omitempty"` // wrap-up codes of its parts, each once
	Coded     []Coded        `json:"coded,omitempty"` // what each agent's part was about
	Recording *Recording     `json:"recording,omitempty"`
	Timeline  []Entry        `json:"timeline,omitzero"`
	Cut       int            `json:"timeline_cut,omitempty"` // facts beyond the record's bound, not kept here
}

// Kept is the promise that a contact keeps.
type Kept struct {
	Callback hotline.CallbackID `json:"callback"`
	Contact  hotline.ContactID  `json:"contact,omitempty"` // that was promised it
}

// Visit is one stay in one queue.
type Visit struct {
	ID         hotline.VisitID `json:"id"`
	Queue      hotline.QueueID `json:"queue"`
	Entry      string          `json:"entry"`
	Priority   int             `json:"priority"`
	Since      Moment          `json:"since"`
	Place      Moment          `json:"place,omitzero"`       // stood in line as if waiting since then; never: Since
	WaitMS     int64           `json:"wait_ms"`              // so far, while it waits
	Outcome    hotline.Outcome `json:"outcome,omitempty"`    // empty: it waits
	Ended      Moment          `json:"ended,omitzero"`       // of the wait
	AnsweredAt Moment          `json:"answered_at,omitzero"` // when the customer first heard the agent
	NoMedia    bool            `json:"no_media,omitempty"`   // the agent's phone sent no RTP: the time is that of the joining
	Short      bool            `json:"short,omitempty"`      // abandoned sooner than the queue's short-abandon time
	TargetMS   int64           `json:"target_ms"`
	TargetMet  *bool           `json:"target_met"`     // null: not answered
	Rule       string          `json:"rule,omitempty"` // of the queue, that ended it
	Then       string          `json:"then,omitempty"` // the first thing that the rule did
	To         string          `json:"to,omitempty"`
	By         string          `json:"by,omitempty"` // the person who moved or withdrew it

	Beside   hotline.VisitID    `json:"beside,omitempty"`   // the first of the visits that the contact waited in at once
	Callback hotline.CallbackID `json:"callback,omitempty"` // the promise that was kept
}

// BlockedVisit is a request that never entered its queue.
type BlockedVisit struct {
	Queue  hotline.QueueID     `json:"queue"`
	Entry  string              `json:"entry"`
	At     Moment              `json:"at"`
	Reason hotline.BlockReason `json:"reason"`
	Rule   string              `json:"rule,omitempty"` // of the queue
	Then   string              `json:"then,omitempty"`
	To     string              `json:"to,omitempty"`
}

// Offer is one ringing of one agent.
type Offer struct {
	ID      hotline.OfferID     `json:"id"`
	Visit   hotline.VisitID     `json:"visit"`
	Queue   hotline.QueueID     `json:"queue"`
	Agent   hotline.AgentID     `json:"agent"`
	At      Moment              `json:"at"`
	Attempt int                 `json:"attempt"`
	Why     string              `json:"why,omitempty"`    // why this agent: the strategy and its figure
	Result  hotline.OfferResult `json:"result,omitempty"` // empty: it rings
	RingMS  int64               `json:"ring_ms"`
	Pick    hotline.Pick        `json:"pick,omitzero"`   // Why as data
	Phone   hotline.PhoneID     `json:"phone,omitempty"` // that rang; empty: the agent's own
}

// Segment is one agent's part of the contact.
type Segment struct {
	Visit     hotline.VisitID `json:"visit,omitempty"`
	Queue     hotline.QueueID `json:"queue,omitempty"`
	Agent     hotline.AgentID `json:"agent"`
	Leg       hotline.LegID   `json:"leg,omitempty"`
	Connected Moment          `json:"connected"`
	Answered  Moment          `json:"answered,omitzero"`
	Released  Moment          `json:"released,omitzero"`
	Wrapped   Moment          `json:"wrapped,omitzero"` // never: still in wrap-up, or there was none
	RingMS    int64           `json:"ring_ms"`
	TalkMS    int64           `json:"talk_ms"` // hold not included
	HoldMS    int64           `json:"hold_ms"`
	WrapMS    int64           `json:"wrap_ms"`
	Cause     hotline.Cause   `json:"cause,omitempty"`
	By        hotline.Role    `json:"by,omitempty"`
}

// Leg is one party's line.
type Leg struct {
	ID       hotline.LegID       `json:"id"`
	Role     hotline.Role        `json:"role"`
	Offer    hotline.OfferID     `json:"offer,omitempty"`
	Agent    hotline.AgentID     `json:"agent,omitempty"`
	To       string              `json:"to,omitempty"`
	Started  Moment              `json:"started,omitzero"`
	Rang     Moment              `json:"rang,omitzero"`
	Answered Moment              `json:"answered,omitzero"`
	Ended    Moment              `json:"ended,omitzero"`
	Codec    string              `json:"codec,omitempty"`
	Cause    hotline.Cause       `json:"cause,omitempty"`
	Stats    *hotline.MediaStats `json:"stats,omitempty"`
	SilentMS int64               `json:"silent_ms,omitempty"` // the longest silence reported
}

// FlowStep is one step of the IVR.
type FlowStep struct {
	At     Moment `json:"at"`
	Flow   string `json:"flow"`
	Path   string `json:"path"`
	Step   string `json:"step"`
	Detail string `json:"detail,omitempty"`
}

// Recording is the contact's audio.
type Recording struct {
	File     string `json:"file,omitempty"`
	SHA256   string `json:"sha256,omitempty"`
	MS       int64  `json:"ms"`
	Bytes    int64  `json:"bytes"`
	Gaps     int    `json:"gaps"`
	Repaired bool   `json:"repaired,omitempty"`
	Error    string `json:"error,omitempty"` // it could not be made, or is incomplete
}

// Entry is one fact of the timeline.
type Entry struct {
	Seq   uint64          `json:"seq"`
	At    Moment          `json:"at"`
	Kind  string          `json:"kind"`
	Leg   hotline.LegID   `json:"leg,omitempty"`
	Agent hotline.AgentID `json:"agent,omitempty"`
	Queue hotline.QueueID `json:"queue,omitempty"`
	Fact  hotline.Fact    `json:"fact"`
}

// Search asks for contacts, newest first. Empty fields do not narrow it; Queue, Agent and Outcome must hold for one and
// the same visit.
type Search struct {
	From, To Moment // the contact's start: [From, To)
	Number   string // part of the customer's number
	Masked   bool   // Number is part of it as it is shown to who may not see it: 138****8000
	Of       Scope  // what a team's lead sees; zero: all
	Agent    hotline.AgentID
	Queue    hotline.QueueID
	Outcome  string   // of a visit, or "blocked", "ivr", "reached", "not_reached", "recorded", "short", "open"
	Codes    []string // one of its parts has one of these wrap-up codes; with Agent or Queue: a part of theirs
	Limit    int      // 1–500, default 50
	Cursor   string   // from Page.Next

	whose *whose // Of, as chapters are looked through for it
}

// Page is one page of the list. Items are summaries: no legs, timeline or flow. Next is empty on the last page.
type Page struct {
	Items []Contact `json:"items"`
	Next  string    `json:"next"`
}
