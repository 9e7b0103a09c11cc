package hotline

import "time"

// What a shard writes.
type (
	// Queued says that a customer asked for a person in the event's queue and waits. Since starts the wait.
	Queued struct {
		Visit    VisitID           `json:"visit"`
		Entry    string            `json:"entry"`
		Priority int               `json:"priority"`
		Since    time.Time         `json:"since"`
		Position int               `json:"position"` // 1 is next
		From     Party             `json:"from"`
		Attrs    map[string]string `json:"attrs,omitempty"`

		Place       time.Time  `json:"place,omitzero"`        // stands in line as if waiting since then; zero: Since
		Needs       string     `json:"needs,omitempty"`       // asked besides the queue's own
		Prefer      AgentID    `json:"prefer,omitempty"`      // asked first, alone, until PreferUntil
		PreferUntil time.Time  `json:"prefer_until,omitzero"` //
		Beside      VisitID    `json:"beside,omitempty"`      // the first of the visits that the contact waits in at once
		Callback    CallbackID `json:"callback,omitempty"`    // the promise that is being kept
	}
	// PreferEnded says that the visit's preferred agent was not to be had in time: everybody is asked now.
	PreferEnded struct {
		Visit VisitID `json:"visit"`
	}
	// Reprioritised says that a person gave the waiting visit another priority.
	Reprioritised struct {
		Visit    VisitID `json:"visit"`
		Priority int     `json:"priority"`
		By       string  `json:"by,omitempty"`
	}
	// Blocked says that a customer asked for a person and never entered the queue (requested = queued + blocked). Rule is the
	// queue's rule that says what happens instead; Then and To are the first thing it does.
	Blocked struct {
		Visit  VisitID     `json:"visit"`
		Entry  string      `json:"entry"`
		Reason BlockReason `json:"reason"`
		Rule   string      `json:"rule,omitempty"`
		Then   string      `json:"then,omitempty"`
		To     string      `json:"to,omitempty"`
	}
	// Relaxed says that the visit has waited long enough for its queue's relax step: from now on Needs decides who may
	// take it. Step counts from 1.
	Relaxed struct {
		Visit VisitID `json:"visit"`
		Step  int     `json:"step"`
		Needs string  `json:"needs"`
	}
	// Offered says that the event's agent is asked to take the visit; the phone may ring until Until.
	Offered struct {
		Visit   VisitID   `json:"visit"`
		Offer   OfferID   `json:"offer"`
		Attempt int       `json:"attempt"`
		Until   time.Time `json:"until"`
		WaitMS  int64     `json:"wait_ms"`
		Why     string    `json:"why,omitempty"`   // why this agent: the strategy and its figure
		Pick    Pick      `json:"pick,omitzero"`   // the same as data
		Phone   PhoneID   `json:"phone,omitempty"` // to ring; empty: the agent's own
	}
	// OfferLost says that the offer came to nothing. The visit waits on, in its place.
	OfferLost struct {
		Visit  VisitID     `json:"visit"`
		Offer  OfferID     `json:"offer"`
		Result OfferResult `json:"result"`
		RingMS int64       `json:"ring_ms"`
	}
	// Connected says that the event's agent and the customer belong together: the one authority for joining legs. The
	// visit leaves the queue; it counts as answered once Answered follows.
	Connected struct {
		Visit  VisitID `json:"visit"`
		Offer  OfferID `json:"offer"`
		Leg    LegID   `json:"agent_leg"`
		WaitMS int64   `json:"wait_ms"`
		RingMS int64   `json:"ring_ms"`
	}
	// CalledIn says that a colleague (By) wants the event's agent in the event's call, beside or in its own place: it is kept
	// for that, and its phone is to be rung. Released ends it.
	CalledIn struct {
		Visit VisitID `json:"visit,omitempty"` // of the customer
		By    AgentID `json:"by"`
		Phone PhoneID `json:"phone,omitempty"` // to ring; empty: the agent's own
	}
	// Joined says that the event's agent, who was called in, and the customer belong together from now on.
	Joined struct {
		Visit  VisitID `json:"visit,omitempty"`
		Leg    LegID   `json:"agent_leg"`
		RingMS int64   `json:"ring_ms"` // from CalledIn to here: ringing, and the talk with the colleague
	}
	// Abandoned says that the caller left the queue. Ringing: while a phone rang for it.
	Abandoned struct {
		Visit   VisitID `json:"visit"`
		WaitMS  int64   `json:"wait_ms"`
		Ringing bool    `json:"ringing,omitempty"`
	}
	// Left says that the visit ended otherwise than answered or abandoned. Rule is the queue's rule that says what follows,
	// Then and To are the first thing it does.
	Left struct {
		Visit   VisitID `json:"visit"`
		Outcome Outcome `json:"outcome"`
		WaitMS  int64   `json:"wait_ms"`
		Rule    string  `json:"rule,omitempty"`
		Then    string  `json:"then,omitempty"`
		To      string  `json:"to,omitempty"`
		By      string  `json:"by,omitempty"` // the person who moved or withdrew it
	}
	// Released says that the event's agent and the contact are apart. WrapUntil is zero for manual wrap-up or none.
	Released struct {
		Visit     VisitID   `json:"visit,omitempty"`
		TalkMS    int64     `json:"talk_ms"` // from Connected to here, hold included
		HoldMS    int64     `json:"hold_ms"`
		Cause     Cause     `json:"cause"`
		By        Role      `json:"by,omitempty"`
		Wrap      string    `json:"wrap"` // none, timed, manual
		WrapUntil time.Time `json:"wrap_until,omitzero"`
		Missing   bool      `json:"missing,omitempty"` // its queue requires a wrap-up code, none was given and no wrap-up follows
	}
	// AgentSet says that the event's agent changed state. The event names the call that the state is about, if it is about one.
	AgentSet struct {
		State  AgentState `json:"state"`
		Reason string     `json:"reason,omitempty"`
		Source Source     `json:"source"`
		From   AgentState `json:"from"`
		Was    string     `json:"was,omitempty"`    // the reason it had before
		MS     int64      `json:"ms"`               // time spent in the former state
		Next   AgentState `json:"next,omitempty"`   // state asked for after the call, if any
		Until  time.Time  `json:"until,omitzero"`   // when the engine makes the agent ready again by itself
		Misses int        `json:"misses,omitempty"` // offers let go in a row
		Phone  PhoneID    `json:"phone,omitempty"`  // outbound: to ring for it, where that is not the agent's own
	}
	// AgentNext says that another state was asked for during a call and will follow it; empty: taken back.
	AgentNext struct {
		State  AgentState `json:"state,omitempty"`
		Reason string     `json:"reason,omitempty"`
		Source Source     `json:"source"`
	}
	// WrapEnded closes the event's agent's wrap-up of the visit.
	WrapEnded struct {
		Visit  VisitID `json:"visit,omitempty"`
		MS     int64   `json:"ms"`
		Source Source  `json:"source"` // system: the time was over

		Missing bool `json:"missing,omitempty"` // its queue requires a wrap-up code and none was given
	}
	// BreakAsked says that the event's agent stands in line for a break.
	BreakAsked struct {
		Reason string `json:"reason"`
		Ahead  int    `json:"ahead"` // who asked before and still waits
	}
	// BreakAnswered says that the agent no longer does: it was granted, refused, or taken back by the agent.
	BreakAnswered struct {
		Reason  string `json:"reason"`
		Granted bool   `json:"granted"`
		Source  Source `json:"source"`
		By      string `json:"by,omitempty"`
	}
	// Recalled says that a lead asked the event's agent to come back from a break.
	Recalled struct {
		By string `json:"by,omitempty"`
	}
	// PhoneTaken says that the event's agent sits at a phone; empty: at its own.
	PhoneTaken struct {
		Phone  PhoneID `json:"phone,omitempty"`
		Was    PhoneID `json:"was,omitempty"`
		Source Source  `json:"source"`
	}
	// SignOutAsked says that the event's agent may leave as soon as its relief has signed in.
	SignOutAsked struct {
		Relief AgentID   `json:"relief"`
		Off    bool      `json:"off,omitempty"`  // taken back
		Until  time.Time `json:"until,omitzero"` // the agent may leave then, relief or not
	}
	// CallbackAsked says that the event's contact is promised a call. It stands in the event's queue at its Place until Expires.
	CallbackAsked struct {
		Callback CallbackID        `json:"callback"`
		Visit    VisitID           `json:"visit,omitempty"` // that it waited in
		Number   string            `json:"number"`
		From     Party             `json:"from"`
		Since    time.Time         `json:"since"` // start of the first wait
		Place    time.Time         `json:"place"`
		Expires  time.Time         `json:"expires"`
		Priority int               `json:"priority"`
		Needs    string            `json:"needs,omitempty"`
		Attrs    map[string]string `json:"attrs,omitempty"`
	}
	// CallbackDue says that the event's agent is reserved and the event's call, a new one, is to dial the customer.
	CallbackDue struct {
		Callback CallbackID `json:"callback"`
		Number   string     `json:"number"`
		Try      int        `json:"try"` // from 1
		Until    time.Time  `json:"until"`
	}
	// CallbackTried says that a try came to nothing. Next is when the next may be made; zero: none is left.
	CallbackTried struct {
		Callback CallbackID `json:"callback"`
		Try      int        `json:"try"`
		Cause    Cause      `json:"cause"`
		Next     time.Time  `json:"next,omitzero"`
	}
	// CallbackEnded closes a promise: "connected", "failed", "expired" or "cancelled".
	CallbackEnded struct {
		Callback CallbackID `json:"callback"`
		Result   string     `json:"result"`
		By       string     `json:"by,omitempty"`
	}
	// SwitchSet says that a switch of the centre was turned.
	SwitchSet struct {
		Switch string `json:"switch"`
		On     bool   `json:"on"`
		By     string `json:"by,omitempty"`
	}
	// DeviceChanged says that the event's agent has a registered phone, or none. Phone: it is that desk, and the event names
	// the agent who sits there, if one does; empty: the agent's own.
	DeviceChanged struct {
		Up    bool    `json:"up"`
		Phone PhoneID `json:"phone,omitempty"`
	}
)

func (Queued) Kind() string        { return "queued" }
func (Blocked) Kind() string       { return "blocked" }
func (Relaxed) Kind() string       { return "relaxed" }
func (Offered) Kind() string       { return "offered" }
func (OfferLost) Kind() string     { return "offer_lost" }
func (Connected) Kind() string     { return "connected" }
func (CalledIn) Kind() string      { return "called_in" }
func (Joined) Kind() string        { return "joined" }
func (Abandoned) Kind() string     { return "abandoned" }
func (Left) Kind() string          { return "left" }
func (Released) Kind() string      { return "released" }
func (AgentSet) Kind() string      { return "agent_set" }
func (AgentNext) Kind() string     { return "agent_next" }
func (WrapEnded) Kind() string     { return "wrap_ended" }
func (DeviceChanged) Kind() string { return "device_changed" }
func (PreferEnded) Kind() string   { return "prefer_ended" }
func (Reprioritised) Kind() string { return "reprioritised" }
func (BreakAsked) Kind() string    { return "break_asked" }
func (BreakAnswered) Kind() string { return "break_answered" }
func (Recalled) Kind() string      { return "recalled" }
func (PhoneTaken) Kind() string    { return "phone_taken" }
func (SignOutAsked) Kind() string  { return "sign_out_asked" }
func (CallbackAsked) Kind() string { return "callback_asked" }
func (CallbackDue) Kind() string   { return "callback_due" }
func (CallbackTried) Kind() string { return "callback_tried" }
func (CallbackEnded) Kind() string { return "callback_ended" }
func (SwitchSet) Kind() string     { return "switch_set" }
