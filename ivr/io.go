package ivr

import (
	"time"

	"hotline"
	"hotline/centre"
)

// Input is what happens to a Session.
type Input interface{ input() }

// The inputs of a Session.
type (
	// Start begins the flow. It is the first input and comes once.
	Start struct{}
	// Up says that the caller's leg is answered.
	Up struct{}
	// Key is one key the caller pressed: '0'–'9', '*', '#', 'A'–'D'.
	Key struct{ Key byte }
	// Played says that the latest Play is over, to its end or not.
	Played struct{}
	// Looked is the answer to Lookup: the attributes saved, or why there are none.
	Looked struct {
		Attrs map[string]string
		Err   string
	}
	// Messaged is the answer to Voicemail: whether a message was kept.
	Messaged struct{ Kept bool }
	// Promised is the answer to Callback.
	Promised struct{ OK bool }
	// NotDialled is the answer to Dial when nobody outside answered. A Dial that succeeds ends the session.
	NotDialled struct{ Cause hotline.Cause }
	// Tick says that time has passed; due when Next says so.
	Tick struct{}
)

func (Start) input()      {}
func (Up) input()         {}
func (Key) input()        {}
func (Played) input()     {}
func (Looked) input()     {}
func (Messaged) input()   {}
func (Promised) input()   {}
func (NotDialled) input() {}
func (Tick) input()       {}

// Output is what a Session wants done, in order.
type Output interface{ output() }

// The outputs of a Session.
type (
	// Answer asks for the caller's leg to be answered; Up is the reply.
	Answer struct{}
	// Ring asks for the caller to hear ringing.
	Ring struct{}
	// Play asks for prompts, in place of those that play; Played is the reply.
	Play struct{ Prompts []string }
	// Stop asks for silence: a key cut the prompt. No Played follows.
	Stop struct{}
	// Speak says that the caller is spoken to in this language from now on.
	Speak struct{ Language string }
	// Consent says how the caller answered whether the contact may be recorded: recording begins, or never does.
	Consent struct{ Given bool }
	// Lookup asks a web service; Looked is the reply. The URL and the body are ready to be sent.
	Lookup struct {
		URL, Method string
		Body        []byte
		Headers     map[string]string
		Timeout     time.Duration
		Save        map[string]string // attribute → field of the JSON answer
	}
	// Voicemail asks for a beep and a message to be recorded until a key, silence, or Max; Messaged is the reply.
	Voicemail struct {
		Max, Min time.Duration
		Owner    string
		Due      time.Duration // from now
	}
	// Callback asks for a promise to call Number back, from the queue's line; Promised is the reply. An empty Queue is the
	// one in which the caller waits.
	Callback struct {
		Queue  hotline.QueueID
		Number string
	}
	// Dial asks for an outside number to be joined with the caller; NotDialled is the reply if that fails.
	Dial struct {
		To, Trunk, From string
		Timeout         time.Duration
	}
	// Rated is one answer of a survey.
	Rated struct {
		Question string
		Score    int
	}
	// Enqueue sends the caller to a queue. It is the last output.
	Enqueue struct {
		Queue      hotline.QueueID
		Also       []hotline.QueueID
		Needs      string
		Priority   int
		Prefer     hotline.AgentID
		Unanswered bool // the leg is not answered until an agent is joined
		Ahead      bool // the leg is being answered just now: an Answer came before this
	}
	// Stay lets the caller wait on in its queue. It is the last output.
	Stay struct{}
	// Busy plays the busy tone and hangs up. It is the last output.
	Busy struct{}
	// Hangup ends the call. It is the last output. Cause is CauseFlow, or CauseError when the flow cannot go on.
	Hangup struct{ Cause hotline.Cause }
	// Stepped is the fact to record: the session came to a step. It never holds a key.
	Stepped struct{ Fact hotline.FlowStepped }
)

func (Answer) output()    {}
func (Ring) output()      {}
func (Play) output()      {}
func (Stop) output()      {}
func (Speak) output()     {}
func (Consent) output()   {}
func (Lookup) output()    {}
func (Voicemail) output() {}
func (Callback) output()  {}
func (Dial) output()      {}
func (Rated) output()     {}
func (Enqueue) output()   {}
func (Stay) output()      {}
func (Busy) output()      {}
func (Hangup) output()    {}
func (Stepped) output()   {}

// Caller is what a session knows of who called, before the first step.
type Caller struct {
	Number  string            // dialled by the caller
	From    hotline.Party     // the caller
	Trunk   string            //
	Headers map[string]string // X- headers of the INVITE, lower case

	Anonymous bool              // it asked not to be shown: From says no more
	Withheld  string            // its number all the same, if it is known: for tables and conditions, and shown nowhere
	Diverted  hotline.Diversion // by which number it came

	Contact hotline.ContactID // the seed of what is drawn by lot
	Now     time.Time
	Trial   bool // an agent hears what a caller would: it comes to no queue, and is never queued while it is being answered
}

// Begin is how a call starts: Session is nil when no flow answers the number, or when Reject says that the caller is turned
// away with 603.
type Begin struct {
	Session *Session
	Reject  bool
	Entry   centre.TableEntry // that the caller stands in; zero: none
}
