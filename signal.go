package hotline

import (
	"time"
	"unicode"
)

// Signal is what a switch heard, on its way to the call that owns the leg. Signals are never stored: digits may be card
// numbers.
type Signal interface{ signal() }

// Party is one end of a call as the wire named it. Both fields are hostile text of any content.
type Party struct {
	Number string `json:"number,omitempty"`
	Name   string `json:"name,omitempty"`
}

// Masked is the party as it is shown to who may not see numbers: as much of the number as tells calls apart (138****8000), four digits
// hidden at least, and no name. Who is not to be shown says nothing.
func (p Party) Masked() Party {
	if p.Number == "anonymous" || IsPseudonym(p.Number) {
		return Party{Number: p.Number}
	}
	n := []rune(p.Number)
	if len(n) < 7 {
		return Party{Number: "****"}
	}
	tail := min(4, len(n)-4)
	head := min(3, len(n)-4-tail)
	return Party{Number: string(n[:head]) + "****" + string(n[len(n)-tail:])}
}

// Unnumbered is the party as it is shown to who may know who it is, but not its number: masked, and with a name that is no number.
func (p Party) Unnumbered() Party {
	q := p.Masked()
	digits := 0
	for _, r := range p.Name {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits < 6 { // many trunks repeat the number as the name
		q.Name = p.Name
	}
	return q
}

// Diversion says that a call was for another number before it came to this one (RFC 5806, RFC 7044). The zero value: it was not.
type Diversion struct {
	Number string `json:"number"`           // whom it was for first; "anonymous" if that is not to be shown. Hostile text
	Reason string `json:"reason,omitempty"` // why it was sent on: unconditional, user-busy, no-answer, …, unknown (RFC 5806 §8)
	Count  int    `json:"count,omitempty"`  // how often it was sent on, 1 and more
}

// Incoming says that a call was accepted for work: its INVITE is valid, allowed and has media. The switch has sent
// nothing but 100 yet.
type Incoming struct {
	Call  CallID
	Leg   LegID
	At    time.Time
	From  Party
	To    string  // the number dialled, percent-decoded once
	Trunk string  // the trunk it came by; empty if an agent's phone called
	Agent AgentID // the authenticated agent that called; empty if a trunk did

	// Anonymous: the caller asked not to be shown (RFC 3323, RFC 3325), and From says no more than that. Withheld is the number all the
	// same, where the trunk told it: tables and conditions may decide by it, but it stands in no event, page or call out.
	Anonymous bool
	Withheld  string
	// Diverted is by which number the call came, where a trusted trunk says so.
	Diverted Diversion

	Replaces LegID // an agent's call that is to take the place of this leg (RFC 3891); empty: none

	// Headers are what the trunk's INVITE said in its X- headers, names in lower case. Hostile text; nil for an agent's call.
	Headers map[string]string

	// Recording says that the call is a recording session (RFC 7866): the peer sends what others speak, From the first of
	// them and To another, to be kept. Nobody there hears anything.
	Recording bool
}

// Ringing says that the dialled leg's phone rings (180, or 183 with media when Early).
type Ringing struct {
	Leg   LegID
	Early bool
}

// PickedUp says that the leg is answered: a dialled phone sent 2xx, or the ACK of our own 2xx came (RFC 3261 §13).
type PickedUp struct {
	Leg   LegID
	Codec string // the codec of its RTP, for example "PCMA"
}

// MediaUp says that the first RTP packet from the leg's learnt source came.
type MediaUp struct {
	Leg LegID
	At  time.Time
}

// Digit is one key pressed, once per press whatever way it came (RFC 4733 §2.5).
type Digit struct {
	Leg LegID
	Key byte // '0'–'9', '*', '#', 'A'–'D'
}

// Pressed says what came of a Press: the leg's phone takes the keys, or (Refused) takes none, neither as events nor by INFO.
type Pressed struct {
	Leg     LegID
	Press   int
	Refused bool
}

// PlayEnded says that a playing is over: Complete if it ran to its end, else it was stopped, replaced or failed. A
// failure (a prompt that cannot be read) carries its text in Err.
type PlayEnded struct {
	Leg      LegID
	Play     PlayID
	Complete bool
	Err      string
}

// HoldAsked says that the leg's phone asked for hold or took it back (re-INVITE with sendonly or inactive, RFC 3264 §8.4).
type HoldAsked struct {
	Leg LegID
	On  bool
}

// Referred says that the leg's phone asked for a transfer (RFC 3515). To is the number or name asked for; Replaces names the
// leg whose far end is to be joined with this leg's, if any. The switch has answered 202; what comes of it is told by Notify,
// the last of which is final. Refused: it has answered that status instead, because what was asked for makes no sense, and nothing is to be done.
type Referred struct {
	Leg      LegID
	To       string
	Replaces LegID
	Refused  int
}

// MediaLost says that no RTP came from the leg for Silence, although it should have. The leg is still up.
type MediaLost struct {
	Leg     LegID
	Silence time.Duration
}

// Ended says that the leg is over and its resources are given back. It is the last signal of a leg that was up.
type Ended struct {
	Leg   LegID
	Cause Cause
	Stats MediaStats
}

// Failed says that a dialled leg never came up. It is the last signal of that leg.
type Failed struct {
	Leg   LegID
	Cause Cause
	Code  int // the SIP status, 0 if none came
}

// DeviceUp says that a phone of the agent registered, or that another contact of a registered agent did, or that one which
// did not answer any more does so again.
type DeviceUp struct {
	Agent AgentID
	First bool // no contact could be called before
}

// DeviceDown says that the agent's last contact is gone: unregistered, expired, its connection lost, or nobody answers there.
type DeviceDown struct{ Agent AgentID }

// MediaStats is what was heard from a leg's RTP over its whole life (RFC 3550 §6.4.1 terms).
type MediaStats struct {
	Received uint64  `json:"received"`   // packets relayed or heard
	Lost     uint64  `json:"lost"`       // expected less received, never negative
	Foreign  uint64  `json:"foreign"`    // packets dropped: not from the learnt source
	JitterMS float64 `json:"jitter_ms"`  // interarrival jitter at the end
	MaxGapMS int64   `json:"max_gap_ms"` // longest time without a packet while one was due
	Codec    string  `json:"codec,omitempty"`

	// RemoteLost and RoundTripMS are what the other side's RTCP says; 0: it said nothing. MOS is the estimate of the E-model
	// (ITU-T G.107, 1–4.5) of what was heard from the leg, RemoteMOS of what it heard; 0: not known. Secure is how its RTP
	// was protected: "sdes" or "dtls"; empty: not.
	RemoteLost  int64   `json:"remote_lost,omitempty"`
	RoundTripMS float64 `json:"round_trip_ms,omitempty"`
	MOS         float64 `json:"mos,omitempty"`
	RemoteMOS   float64 `json:"remote_mos,omitempty"`
	Secure      string  `json:"secure,omitempty"`
}

func (Incoming) signal()   {}
func (Ringing) signal()    {}
func (PickedUp) signal()   {}
func (MediaUp) signal()    {}
func (Digit) signal()      {}
func (Pressed) signal()    {}
func (PlayEnded) signal()  {}
func (HoldAsked) signal()  {}
func (Referred) signal()   {}
func (MediaLost) signal()  {}
func (Ended) signal()      {}
func (Failed) signal()     {}
func (DeviceUp) signal()   {}
func (DeviceDown) signal() {}

// LegOf is the leg that a signal is about; empty for a device's.
func LegOf(s Signal) LegID {
	switch s := s.(type) {
	case Incoming:
		return s.Leg
	case Ringing:
		return s.Leg
	case PickedUp:
		return s.Leg
	case MediaUp:
		return s.Leg
	case Digit:
		return s.Leg
	case Pressed:
		return s.Leg
	case PlayEnded:
		return s.Leg
	case HoldAsked:
		return s.Leg
	case Referred:
		return s.Leg
	case MediaLost:
		return s.Leg
	case Ended:
		return s.Leg
	case Failed:
		return s.Leg
	}
	return ""
}
