package hotline

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// CodecVersion is the version of the event encoding. A reader accepts every version up to its own.
const CodecVersion = 1

// ErrCodec is returned for bytes that are no event of a known version and kind.
var ErrCodec = errors.New("hotline: not an event")

// wire is an event as JSON. The order of the fields is the order in the file; golden files hold it.
type wire struct {
	V       int             `json:"v"`
	Seq     uint64          `json:"seq,omitempty"`
	At      string          `json:"at"`
	Kind    string          `json:"kind"`
	Shard   ShardID         `json:"shard,omitempty"`
	Contact ContactID       `json:"contact,omitempty"`
	Call    CallID          `json:"call,omitempty"`
	Leg     LegID           `json:"leg,omitempty"`
	Agent   AgentID         `json:"agent,omitempty"`
	Queue   QueueID         `json:"queue,omitempty"`
	Fact    json.RawMessage `json:"fact"`
}

// timeFormat is RFC 3339 in UTC with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// MarshalEvent encodes an event as one line of JSON without a line end. A zero Seq is left out.
func MarshalEvent(ev Event) ([]byte, error) { return AppendEvent(nil, ev) }

// AppendEvent is MarshalEvent behind what is in b.
func AppendEvent(b []byte, ev Event) ([]byte, error) {
	if ev.Fact == nil {
		return b, fmt.Errorf("%w: event without a fact", ErrCodec)
	}
	at, err := loggable(ev.At)
	if err != nil {
		return b, err
	}
	fact, err := json.Marshal(ev.Fact)
	if err != nil {
		return b, fmt.Errorf("%w: %s: %w", ErrCodec, ev.Fact.Kind(), err)
	}
	// By hand what json.Marshal makes of a wire, which is a third of the time.
	b = strconv.AppendInt(append(b, `{"v":`...), CodecVersion, 10)
	if ev.Seq != 0 {
		b = strconv.AppendUint(append(b, `,"seq":`...), ev.Seq, 10)
	}
	b = append(at.AppendFormat(append(b, `,"at":"`...), timeFormat), '"')
	b = appendText(append(b, `,"kind":`...), ev.Fact.Kind())
	for _, f := range [...]struct{ name, value string }{
		{`,"shard":`, string(ev.Shard)},
		{`,"contact":`, string(ev.Contact)},
		{`,"call":`, string(ev.Call)},
		{`,"leg":`, string(ev.Leg)},
		{`,"agent":`, string(ev.Agent)},
		{`,"queue":`, string(ev.Queue)},
	} {
		if f.value != "" {
			b = appendText(append(b, f.name...), f.value)
		}
	}
	return append(append(append(b, `,"fact":`...), fact...), '}'), nil
}

// appendText is a text as json.Marshal writes it.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...) // a text can always be written
			}
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// UnmarshalEvent decodes what MarshalEvent made. It returns ErrCodec for anything else and never panics.
func UnmarshalEvent(b []byte) (Event, error) {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrCodec, err)
	}
	if w.V < 1 || w.V > CodecVersion {
		return Event{}, fmt.Errorf("%w: version %d, this program reads 1 to %d", ErrCodec, w.V, CodecVersion)
	}
	at, err := time.Parse(time.RFC3339Nano, w.At)
	if err != nil {
		return Event{}, fmt.Errorf("%w: time: %w", ErrCodec, err)
	}
	if _, err := loggable(at); err != nil {
		return Event{}, err
	}
	fact, err := decodeFact(w.Kind, w.Fact)
	if err != nil {
		return Event{}, err
	}
	return Event{
		Seq: w.Seq, At: Millis(at), Shard: w.Shard, Contact: w.Contact, Call: w.Call, Leg: w.Leg,
		Agent: w.Agent, Queue: w.Queue, Fact: fact,
	}, nil
}

// loggable is a time as the log holds it. RFC 3339 §1 has years of four digits: another could not be read again.
func loggable(at time.Time) (time.Time, error) {
	at = Millis(at)
	if y := at.Year(); y < 0 || y > 9999 {
		return at, fmt.Errorf("%w: time: year %d", ErrCodec, y)
	}
	return at, nil
}

func decodeFact(kind string, b json.RawMessage) (Fact, error) {
	decode, ok := factDecoder(kind)
	if !ok {
		return nil, fmt.Errorf("%w: kind %q", ErrCodec, kind)
	}
	if len(b) == 0 || string(b) == "null" {
		return nil, fmt.Errorf("%w: %s without a fact", ErrCodec, kind)
	}
	f, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrCodec, kind, err)
	}
	return f, nil
}

// factDecoder is the table of kinds. A switch, not a map, so that the package has no variable that could change.
func factDecoder(kind string) (func([]byte) (Fact, error), bool) {
	switch kind {
	case "call_started":
		return decodeAs[CallStarted], true
	case "leg_started":
		return decodeAs[LegStarted], true
	case "transfer_refused":
		return decodeAs[TransferRefused], true
	case "transferred":
		return decodeAs[Transferred], true
	case "muted":
		return decodeAs[Muted], true
	case "consulted":
		return decodeAs[Consulted], true
	case "conferred":
		return decodeAs[Conferred], true
	case "party_left":
		return decodeAs[PartyLeft], true
	case "leg_moved":
		return decodeAs[LegMoved], true
	case "supervised":
		return decodeAs[Supervised], true
	case "called_in":
		return decodeAs[CalledIn], true
	case "joined":
		return decodeAs[Joined], true
	case "leg_rang":
		return decodeAs[LegRang], true
	case "leg_answered":
		return decodeAs[LegAnswered], true
	case "leg_ended":
		return decodeAs[LegEnded], true
	case "flow_stepped":
		return decodeAs[FlowStepped], true
	case "answered":
		return decodeAs[Answered], true
	case "held":
		return decodeAs[Held], true
	case "announced":
		return decodeAs[Announced], true
	case "media_went_silent":
		return decodeAs[MediaWentSilent], true
	case "call_ended":
		return decodeAs[CallEnded], true
	case "queued":
		return decodeAs[Queued], true
	case "blocked":
		return decodeAs[Blocked], true
	case "relaxed":
		return decodeAs[Relaxed], true
	case "offered":
		return decodeAs[Offered], true
	case "offer_lost":
		return decodeAs[OfferLost], true
	case "connected":
		return decodeAs[Connected], true
	case "abandoned":
		return decodeAs[Abandoned], true
	case "left":
		return decodeAs[Left], true
	case "released":
		return decodeAs[Released], true
	case "agent_set":
		return decodeAs[AgentSet], true
	case "agent_next":
		return decodeAs[AgentNext], true
	case "consent_asked":
		return decodeAs[ConsentAsked], true
	case "voicemail_left":
		return decodeAs[VoicemailLeft], true
	case "survey_stepped":
		return decodeAs[SurveyStepped], true
	case "prefer_ended":
		return decodeAs[PreferEnded], true
	case "reprioritised":
		return decodeAs[Reprioritised], true
	case "break_asked":
		return decodeAs[BreakAsked], true
	case "break_answered":
		return decodeAs[BreakAnswered], true
	case "recalled":
		return decodeAs[Recalled], true
	case "phone_taken":
		return decodeAs[PhoneTaken], true
	case "sign_out_asked":
		return decodeAs[SignOutAsked], true
	case "callback_asked":
		return decodeAs[CallbackAsked], true
	case "callback_due":
		return decodeAs[CallbackDue], true
	case "callback_tried":
		return decodeAs[CallbackTried], true
	case "callback_ended":
		return decodeAs[CallbackEnded], true
	case "switch_set":
		return decodeAs[SwitchSet], true
	case "task_closed":
		return decodeAs[TaskClosed], true
	case "wrap_ended":
		return decodeAs[WrapEnded], true
	case "device_changed":
		return decodeAs[DeviceChanged], true
	case "engine_started":
		return decodeAs[EngineStarted], true
	case "engine_stopped":
		return decodeAs[EngineStopped], true
	case "centre_applied":
		return decodeAs[CentreApplied], true
	case "recording_stored":
		return decodeAs[RecordingStored], true
	case "recording_failed":
		return decodeAs[RecordingFailed], true
	case "audited":
		return decodeAs[Audited], true
	case "alarm_raised":
		return decodeAs[AlarmRaised], true
	case "alarm_cleared":
		return decodeAs[AlarmCleared], true
	}
	return deskDecoder(kind)
}

func decodeAs[F Fact](b []byte) (Fact, error) {
	var f F
	err := json.Unmarshal(b, &f)
	return f, err
}
