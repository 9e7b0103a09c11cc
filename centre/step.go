package centre

import (
	"time"

	"hotline"
)

// Flow is one IVR dialogue: its steps in order.
type Flow struct {
	ID    string
	Steps []Step
}

// Actions is what a rule of a queue does, as steps of a flow: usually one, or a message and what follows it. After the last the
// call is hung up.
type Actions []Step

// First names the first thing the actions do, for the record: "hangup", "busy", "queue", "message", "number", "voicemail",
// "callback" or "flow", and the queue, prompt, number or flow it names. No actions: "hangup".
func (a Actions) First() (then, to string) {
	if len(a) == 0 {
		return StepHangup, ""
	}
	switch s := a[0]; s.Kind {
	case StepPlay:
		return "message", s.Prompt
	case StepQueue:
		return s.Kind, string(s.Queue)
	case StepFlow:
		return s.Kind, s.Flow
	case StepNumber:
		return s.Kind, s.To
	default:
		return s.Kind, ""
	}
}

// Kinds of a Step, and what they use of it.
const (
	StepAnswer    = "answer"    // take the call
	StepRing      = "ring"      // let the caller hear ringing (180)
	StepPlay      = "play"      // Prompt; "message" is another word for it. Cut by any key that a following menu wants
	StepSay       = "say"       // What, Value: a number, digits, a date, a time, money, a duration
	StepMenu      = "menu"      // Menu
	StepCollect   = "collect"   // Collect: digits into an attribute
	StepSet       = "set"       // Attrs, Needs, Priority
	StepIf        = "if"        // When, Then, Else
	StepHours     = "hours"     // Name, Then (open), Else (closed)
	StepSwitch    = "switch"    // Name, Then (on), Else (off)
	StepLookup    = "lookup"    // Lookup, Else (no answer)
	StepLanguage  = "language"  // Language
	StepQueue     = "queue"     // Queue, Also, Needs, Priority, Unanswered; ends the flow
	StepFlow      = "flow"      // Flow: go on there
	StepNumber    = "number"    // To, Trunk, From, Timeout: join the caller with an outside number; goes on if nobody answers
	StepVoicemail = "voicemail" // Voicemail
	StepCallback  = "callback"  // Queue (the queue left, or one named), Collect (another number may be given); goes on when promised
	StepRate      = "rate"      // Rate: one question of a survey
	StepStay      = "stay"      // in a queue's choice: wait on
	StepBusy      = "busy"      // busy tone, then hang up
	StepHangup    = "hangup"    // end the call
)

// Step is one step of a flow: Kind says which of the other fields apply. Texts named templates may hold {attribute}.
type Step struct {
	Kind   string
	Prompt string
	Name   string // of hours, a switch
	Flow   string

	Queue      hotline.QueueID
	Also       []hotline.QueueID // wait in these as well
	Needs      string            // a skill expression that must hold besides the queue's own; may hold $attribute
	Priority   int               // added to the queue's, -10 to 10
	Unanswered bool              // wait with ringing and early media, answer when an agent is joined

	What  string // say: number, digits, date, time, money, duration
	Value string // say: template

	When  Cond              // if
	Then  []Step            // if, hours, switch
	Else  []Step            // if, hours, switch, lookup
	Attrs map[string]string // set: attribute → template

	Language string // language
	To       string // number: template
	Trunk    string // number
	From     string // number: shown; template
	Timeout  time.Duration

	Menu      *Menu
	Collect   *Collect
	Lookup    *Lookup
	Voicemail *Voicemail
	Rate      *Rate
	Line      int
}

// Menu is a question answered by one key.
type Menu struct {
	Prompt    string
	Keys      map[string][]Step // after steps that come to an end the menu is asked again
	Tries     int               // default 3
	Timeout   time.Duration     // default 5 s after the prompt
	Otherwise []Step            // after the last try; empty: hang up
	Silent    []Step            // after the last try when no key came at all; empty: Otherwise
	Every     time.Duration     // a queue's choice: between two askings, default 30 s
}

// Collect reads digits into the attribute Save.
type Collect struct {
	Prompt    string
	Save      string
	Min, Max  int           // digits, default 1 and 20; of a callback's number 5 and 15
	End       string        // key that ends the number, default "#"; "" none
	Timeout   time.Duration // between keys, default 5 s
	Tries     int           // default 3
	Secret    bool          // never shown, not even as an attribute of the record
	Otherwise []Step        // after the last try; empty: hang up
}

// Lookup asks a web service and keeps fields of its JSON answer as attributes.
type Lookup struct {
	URL     string            // template, values escaped
	Method  string            // GET (default) or POST with the attributes as JSON
	Headers map[string]string // values may be ${NAME}, read from the environment
	Timeout time.Duration     // default 2 s
	Save    map[string]string // attribute → field, "a.b.0" for nested ones
}

// Voicemail records a message of the caller.
type Voicemail struct {
	Prompt   string        // default "leave-message"
	Max, Min time.Duration // default 2 m and 2 s; a shorter one is none
	Owner    string        // an agent's or a team's id; template
	Due      time.Duration // default 24 h
}

// Rate is one question of a survey: a key is a score.
type Rate struct {
	Question string // its name in the figures
	Prompt   string // default "survey-question"
	Keys     map[string]int
	Tries    int           // default 2
	Timeout  time.Duration // default 5 s
}
