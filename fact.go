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

		Anonymous bool      `json:"anonymous,omitempty"` // the caller asked not to be shown: From says no more
		Diverted  Diversion `json:"diverted,omitzero"`   // by which number it came

		Callback CallbackID `json:"callback,omitempty"` // the promise that this call keeps
		Test     bool       `json:"test,omitempty"`     // an agent tries out a flow: no figure counts it
		For      ContactID  `json:"for,omitempty"`      // the contact that an agent's own call was caused by
	}
	// LegStarted says that the event's leg was dialled (or, for the first leg, came in).
	LegStarted struct {
		Role  Role    `json:"role"`
		To    string  `json:"to,omitempty"`
		Offer OfferID `json:"offer,omitempty"`
		Trunk string  `json:"trunk,omitempty"` // of a line to outside within a call; empty: no such line, or whichever trunk has a place
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

		By Role `json:"by,omitempty"` // RoleCustomer: it was the customer's phone; empty: the agent
		// The event's agent has left a conference for a while (On) or is back in it: nobody hears it, the others speak on, and the customer
		// is not on hold.
		Away bool `json:"away,omitempty"`
	}
	// Transferred says that the event's agent handed the customer on, or tried to. Result is "done", or why it came to nothing:
	// the customer is back with the agent, or in its queue again.
	Transferred struct {
		Visit  VisitID `json:"visit,omitempty"`
		How    string  `json:"how"`    // TransferBlind, TransferAttended, TransferTakeOver
		Target string  `json:"target"` // TargetAgent and its like
		To     string  `json:"to"`     // as it was asked for
		Result string  `json:"result"` // TransferDone, or a Cause
	}
	// LegMoved says that the event's leg, which came in as the call From, belongs to the event's call: an agent's second line.
	LegMoved struct {
		From CallID `json:"from"`
	}
	// Supervised says that a supervisor (By) came to the event's call and its agent, by the event's leg, changed its mode (Was),
	// or left (On false). It is recorded by who is supervised; ModeFollow by the supervisor's own line. MS is how long it was
	// in the mode that is over.
	Supervised struct {
		By     string  `json:"by"`
		Mode   Mode    `json:"mode"`
		On     bool    `json:"on"`
		Was    Mode    `json:"was,omitempty"`
		Own    AgentID `json:"own,omitempty"`    // the supervisor as an agent
		Follow bool    `json:"follow,omitempty"` // it follows the agent from call to call
		MS     int64   `json:"ms,omitempty"`
	}
	// Announced says that the waiting caller heard something: "position", "wait", "agent_number".
	Announced struct {
		What  string `json:"what"`
		Value int64  `json:"value,omitempty"` // position, or expected wait in ms
	}
	// ConsentAsked says how the caller answered whether the contact may be recorded.
	ConsentAsked struct {
		Given bool `json:"given"`
	}
	// VoicemailLeft says that the caller left a message: MS of the contact's recording from OffsetMS on. Owner, an agent or a
	// team, is to deal with it until Due.
	VoicemailLeft struct {
		Task     TaskID    `json:"task"`
		Owner    string    `json:"owner,omitempty"`
		Due      time.Time `json:"due,omitzero"`
		OffsetMS int64     `json:"offset_ms"`
		MS       int64     `json:"ms"`
		From     Party     `json:"from"`
	}
	// SurveyStepped says how far a survey after the talk has come: "invited", "accepted", "answered" (Question, Score),
	// "completed". The event names the agent and the queue that it is about.
	SurveyStepped struct {
		Visit    VisitID `json:"visit"`
		Stage    string  `json:"stage"`
		Question string  `json:"question,omitempty"`
		Score    int     `json:"score,omitempty"`
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
	// TaskClosed says that a person has dealt with a task.
	TaskClosed struct {
		Task TaskID `json:"task"`
		By   string `json:"by,omitempty"`
		Note string `json:"note,omitempty"` // what came of it
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
func (Transferred) Kind() string     { return "transferred" }
func (LegMoved) Kind() string        { return "leg_moved" }
func (Supervised) Kind() string      { return "supervised" }
func (MediaWentSilent) Kind() string { return "media_went_silent" }
func (CallEnded) Kind() string       { return "call_ended" }
func (EngineStarted) Kind() string   { return "engine_started" }
func (EngineStopped) Kind() string   { return "engine_stopped" }
func (CentreApplied) Kind() string   { return "centre_applied" }
func (RecordingStored) Kind() string { return "recording_stored" }
func (RecordingFailed) Kind() string { return "recording_failed" }
func (Audited) Kind() string         { return "audited" }
func (AlarmRaised) Kind() string     { return "alarm_raised" }
func (AlarmCleared) Kind() string    { return "alarm_cleared" }
func (ConsentAsked) Kind() string    { return "consent_asked" }
func (VoicemailLeft) Kind() string   { return "voicemail_left" }
func (SurveyStepped) Kind() string   { return "survey_stepped" }
func (TaskClosed) Kind() string      { return "task_closed" }
