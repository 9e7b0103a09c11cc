package hotline

import (
	"slices"
	"time"
)

// Action is what a switch must do. Do accepts the work and returns; outcomes arrive as Signals. Every action is
// idempotent: hanging up a leg that is gone is success.
type Action interface{ action() }

// Ring tells the caller that it rings: 180, or 183 with SDP when Early, so that prompts can be heard before the answer.
type Ring struct {
	Leg   LegID
	Early bool
}

// Answer answers an incoming leg with 200 and SDP. It cannot be taken back, so it waits for the log up to After.
type Answer struct {
	Leg   LegID
	After uint64
}

// Dial calls a phone: an agent's registered contacts (Agent) or a number through a trunk (To). The leg is new.
type Dial struct {
	Call    CallID
	Leg     LegID
	Agent   AgentID
	To      string
	Trunk   string
	From    Party             // what the called phone shows
	Timeout time.Duration     // ring no longer than this; 0: two minutes
	Headers map[string]string // names must begin with "X-"; values are made safe by the switch

	AutoAnswer bool // the phone is asked to pick up by itself; one that does not know how rings

	// Diverted are the numbers that the call was for before it is sent on to this one, the first first; none: it is no forward.
	Diverted []Diversion
}

// Play plays prompts to a leg one after another, in place of what it played before. It ends in exactly one PlayEnded.
type Play struct {
	Leg     LegID
	Play    PlayID
	Prompts []string // names of prompts; "tone:NAME" is a tone (ringback, busy, error, beep), "silence:800" 800 ms of silence
	Lang    string   // "zh-CN", "en-US"
	Loop    bool     // from the first again after the last, until stopped
}

// Stop ends what the leg hears from a Play, within one packet. With Play empty whatever is playing is stopped.
type Stop struct {
	Leg  LegID
	Play PlayID
}

// Mix says who of a call hears whom, whole: legs that are not named hear nobody. It replaces the call's former Mix and
// is idempotent. A leg that also has a Play hears the Play instead of the others.
type Mix struct {
	Call    CallID
	Members []Member
	After   uint64 // joining cannot be taken back: waits for the log up to here
}

// Equal says whether the two say the same of who hears whom.
func (x Mix) Equal(y Mix) bool {
	return x.Call == y.Call && slices.EqualFunc(x.Members, y.Members, func(a, b Member) bool {
		return a.Leg == b.Leg && a.Aside == b.Aside && slices.Equal(a.Hears, b.Hears)
	})
}

// Member is one row of the Mix matrix.
type Member struct {
	Leg   LegID
	Hears []LegID
	Aside bool `json:",omitempty"` // it hears along and is no party to the talk: what it says is in no recording
}

// Record starts the contact's recording: the customer's leg left, agents' legs right (those mixed with the customer). A
// second Record of a running recording is success.
type Record struct {
	Call     CallID
	Contact  ContactID
	Customer LegID
}

// StopRecord ends the recording of the call.
type StopRecord struct{ Call CallID }

// Notify tells the leg's phone what has come of the transfer that it asked for with Referred (RFC 3515 §2.4.5): a SIP status.
// From 200 on it is the last word, and the transfer is over for the phone.
type Notify struct {
	Leg  LegID
	Code int
	Why  string `json:",omitempty"` // why it was refused, in words of ours, ASCII; empty: the status says enough
}

// Press presses keys towards a leg, as if its other side had: RFC 4733 events where it has agreed to them, else INFO requests.
// What it hears meanwhile is held back. One Pressed says what came of it.
type Press struct {
	Leg   LegID
	Keys  string // 0–9 * # A–D, at most MaxKeys
	Press int    // counts those of the call, from 1
}

// Hangup ends a leg in whatever phase it is: refuses, cancels or sends BYE. The cause picks the response or Reason.
type Hangup struct {
	Leg   LegID
	Cause Cause
}

func (Ring) action()       {}
func (Answer) action()     {}
func (Dial) action()       {}
func (Play) action()       {}
func (Stop) action()       {}
func (Mix) action()        {}
func (Record) action()     {}
func (StopRecord) action() {}
func (Notify) action()     {}
func (Press) action()      {}
func (Hangup) action()     {}

// Pair is the Mix of two legs that hear each other.
func Pair(c CallID, a, b LegID, after uint64) Mix {
	return Mix{Call: c, Members: []Member{{Leg: a, Hears: []LegID{b}}, {Leg: b, Hears: []LegID{a}}}, After: after}
}
