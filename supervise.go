package hotline

import "time"

// Mode is what a supervisor does beside a call.
type Mode string

// The modes. One is changed for another within the same line: nobody but those who are to hear it hears anything of it.
const (
	ModeListen   Mode = "listen"    // it hears the customer's talk, nobody hears it
	ModeWhisper  Mode = "whisper"   // and the agent hears it, and nobody else
	ModeBarge    Mode = "barge"     // all hear all
	ModeTakeOver Mode = "take_over" // the customer is its own; the agent is released
	ModeFollow   Mode = "follow"    // in facts and states: its line is up and waits for the next call of the agent it follows
)

// Supervise is what a supervisor asks for: one contact, or one agent's calls one after another. A login has one line: asked
// again it changes the mode, or goes elsewhere by the same line.
type Supervise struct {
	By      string    // the login
	Own     AgentID   // the login as an agent of the centre; empty: it is none
	Phone   AgentID   // the account to ring: the agent's own, a desk, or empty: the line that is up already
	Contact ContactID // to be supervised
	Follow  AgentID   // whose calls are; then Contact is empty
	Mode    Mode
	Team    string // whose agents alone the login may hear; empty: all
	Keys    bool   // the keys of its phone change the mode: 1 listen, 2 whisper, 3 barge
}

// Supervision is a supervisor's line as it stands.
type Supervision struct {
	Line    CallID    `json:"line"` // the call that the line is
	By      string    `json:"by"`
	Phone   AgentID   `json:"phone"` // the account that was rung
	State   string    `json:"state"` // SupervisionRinging and its like
	Mode    Mode      `json:"mode"`  // now, or as soon as there is a call
	Call    CallID    `json:"call,omitempty"`
	Contact ContactID `json:"contact,omitempty"` // empty between calls
	Agent   AgentID   `json:"agent,omitempty"`   // who is supervised
	Follow  AgentID   `json:"follow,omitempty"`  // whose calls are, one after another
	Since   time.Time `json:"since"`
}

// States of a supervisor's line.
const (
	SupervisionRinging = "ringing" // the supervisor's phone is rung
	SupervisionUp      = "up"      // it is in the call
	SupervisionWaiting = "waiting" // for the next call of the agent it follows
	SupervisionTook    = "took"    // it took the customer over
	SupervisionOver    = "over"
)
