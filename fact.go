package hotline

import "time"

// Fact is what has become true, in the past tense. The set is closed: a new fact is a type here, its Kind, and a line in
// the codec's table. Facts are stored for years, so a field is only ever added, never renamed, and none holds a key
// pressed, a digit collected or a password. Durations are milliseconds in fields ending MS.
type Fact interface {
	// Kind is the fact's name in the log and in the API.
	Kind() string
}

// What a call writes.
type (
	// CallStarted opens a call, and its contact unless an older one is named in the event.
	CallStarted struct {
		Direction Direction `json:"direction"`
		From      Party     `json:"from"`
		To        string    `json:"to,omitempty"`
		Trunk     string    `json:"trunk,omitempty"`
		Flow      string    `json:"flow,omitempty"`
	}
	// LegStarted says that the event's leg was dialled (or, for the first leg, came in).
	LegStarted struct {
		Role  Role    `json:"role"`
		To    string  `json:"to,omitempty"`
		Offer OfferID `json:"offer,omitempty"`
	}
	// LegRang says that the dialled phone rings.
	LegRang struct{}
	// LegAnswered says that the event's leg is up. On the customer's leg it is the engine's own answer.
	LegAnswered struct {
		Role  Role   `json:"role"`
		Codec string `json:"codec,omitempty"`
	}
	// LegEnded closes the event's leg.
	LegEnded struct {
		Role  Role       `json:"role"`
		Cause Cause      `json:"cause"`
		Stats MediaStats `json:"stats"`
	}
	// FlowStepped says that the IVR came to a step: Path is the step's place in the flow, for example "main.3".
	FlowStepped struct {
		Flow   string `json:"flow"`
		Path   string `json:"path"`
		Step   string `json:"step"`
		Detail string `json:"detail,omitempty"`
	}
	// Answered says that the customer first heard the agent, or the agent's number announced (kpi 1.0). Wait runs from
	// the visit's start. NoMedia: the agent's phone sent no RTP, so the time is that of the joining.
	Answered struct {
		Visit   VisitID `json:"visit"`
		WaitMS  int64   `json:"wait_ms"`
		NoMedia bool    `json:"no_media,omitempty"`
	}
	// Held says that the event's agent put the customer on hold (On) or took the hold back.
	Held struct {
		On bool  `json:"on"`
		MS int64 `json:"ms,omitempty"` // length of the hold, when it ends
	}
	// Announced says that the waiting caller heard something: "position", "wait", "agent_number".
	Announced struct {
		What  string `json:"what"`
		Value int64  `json:"value,omitempty"` // position, or expected wait in ms
	}
	// MediaWentSilent says that no RTP came from the event's leg for MS.
	MediaWentSilent struct {
		MS int64 `json:"ms"`
	}
	// CallEnded closes the call. By is who hung up first, empty when the engine did.
	CallEnded struct {
		Cause Cause `json:"cause"`
		By    Role  `json:"by,omitempty"`
	}
)

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
	}
	// Blocked says that a customer asked for a person and never entered the queue (requested = queued + blocked). Then is
	// what the queue's rule does instead, To the queue or prompt it names.
	Blocked struct {
		Visit  VisitID     `json:"visit"`
		Entry  string      `json:"entry"`
		Reason BlockReason `json:"reason"`
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
		Why     string    `json:"why,omitempty"` // why this agent: the strategy and its figure
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
	// Abandoned says that the caller left the queue. Ringing: while a phone rang for it.
	Abandoned struct {
		Visit   VisitID `json:"visit"`
		WaitMS  int64   `json:"wait_ms"`
		Ringing bool    `json:"ringing,omitempty"`
	}
	// Left says that the visit ended otherwise than answered or abandoned. Then is the queue's rule for it, To where it
	// goes on.
	Left struct {
		Visit   VisitID `json:"visit"`
		Outcome Outcome `json:"outcome"`
		WaitMS  int64   `json:"wait_ms"`
		Then    string  `json:"then,omitempty"`
		To      string  `json:"to,omitempty"`
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
	}
	// AgentSet says that the event's agent changed state.
	AgentSet struct {
		State  AgentState `json:"state"`
		Reason string     `json:"reason,omitempty"`
		Source Source     `json:"source"`
		From   AgentState `json:"from"`
		Was    string     `json:"was,omitempty"`  // the reason it had before
		MS     int64      `json:"ms"`             // time spent in the former state
		Next   AgentState `json:"next,omitempty"` // state asked for after the call, if any
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
	}
	// DeviceChanged says that the event's agent has a registered phone, or none.
	DeviceChanged struct {
		Up bool `json:"up"`
	}
)

// What the engine writes.
type (
	// EngineStarted opens a run of the engine. Facts between the last event before it and it are unknown.
	EngineStarted struct {
		Version string `json:"version"`
	}
	// EngineStopped closes an orderly run.
	EngineStopped struct {
		Reason string `json:"reason"`
	}
	// CentreApplied says that a centre file is in force.
	CentreApplied struct {
		SHA256 string `json:"sha256"`
		By     string `json:"by"`
	}
	// RecordingStored says that the contact's recording is complete on the disk.
	RecordingStored struct {
		File     string `json:"file"` // relative to the recordings' folder
		SHA256   string `json:"sha256"`
		MS       int64  `json:"ms"`
		Bytes    int64  `json:"bytes"`
		Gaps     int    `json:"gaps,omitempty"`
		Repaired bool   `json:"repaired,omitempty"` // closed at a start, after a crash
	}
	// RecordingFailed says that the contact's recording could not be made or is incomplete.
	RecordingFailed struct {
		Error string `json:"error"`
	}
	// Audited says that a person did something that must be accountable.
	Audited struct {
		User   string `json:"user"`
		Act    string `json:"act"` // login, play_recording, export, set_agent, …
		Target string `json:"target,omitempty"`
		Addr   string `json:"addr,omitempty"`
	}
	// AlarmRaised and AlarmCleared bracket a condition that an operator should know of.
	AlarmRaised struct {
		Alarm  string `json:"alarm"`
		Detail string `json:"detail"`
	}
	AlarmCleared struct {
		Alarm string `json:"alarm"`
	}
)

func (CallStarted) Kind() string     { return "call_started" }
func (LegStarted) Kind() string      { return "leg_started" }
func (LegRang) Kind() string         { return "leg_rang" }
func (LegAnswered) Kind() string     { return "leg_answered" }
func (LegEnded) Kind() string        { return "leg_ended" }
func (FlowStepped) Kind() string     { return "flow_stepped" }
func (Answered) Kind() string        { return "answered" }
func (Held) Kind() string            { return "held" }
func (Announced) Kind() string       { return "announced" }
func (MediaWentSilent) Kind() string { return "media_went_silent" }
func (CallEnded) Kind() string       { return "call_ended" }
func (Queued) Kind() string          { return "queued" }
func (Blocked) Kind() string         { return "blocked" }
func (Relaxed) Kind() string         { return "relaxed" }
func (Offered) Kind() string         { return "offered" }
func (OfferLost) Kind() string       { return "offer_lost" }
func (Connected) Kind() string       { return "connected" }
func (Abandoned) Kind() string       { return "abandoned" }
func (Left) Kind() string            { return "left" }
func (Released) Kind() string        { return "released" }
func (AgentSet) Kind() string        { return "agent_set" }
func (AgentNext) Kind() string       { return "agent_next" }
func (WrapEnded) Kind() string       { return "wrap_ended" }
func (DeviceChanged) Kind() string   { return "device_changed" }
func (EngineStarted) Kind() string   { return "engine_started" }
func (EngineStopped) Kind() string   { return "engine_stopped" }
func (CentreApplied) Kind() string   { return "centre_applied" }
func (RecordingStored) Kind() string { return "recording_stored" }
func (RecordingFailed) Kind() string { return "recording_failed" }
func (Audited) Kind() string         { return "audited" }
func (AlarmRaised) Kind() string     { return "alarm_raised" }
func (AlarmCleared) Kind() string    { return "alarm_cleared" }
