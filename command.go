package hotline

import "time"

// Verb is what can be asked of a call.
type Verb string

// The verbs. Those of a supervisor stand with supervision.
const (
	VerbAnswer     Verb = "answer"     // the agent's phone is to pick up by itself
	VerbHold       Verb = "hold"       // the customer hears music; in a conference the others speak on without the agent
	VerbUnhold     Verb = "unhold"     // and the agent again
	VerbMute       Verb = "mute"       // nobody hears the agent, or the party named
	VerbUnmute     Verb = "unmute"     //
	VerbKeys       Verb = "keys"       // pressed towards whom the agent speaks with, or the party named
	VerbTransfer   Verb = "transfer"   // the customer goes to another agent, a queue, a number
	VerbConsult    Verb = "consult"    // another agent or a number is asked, the customer hears music
	VerbComplete   Verb = "complete"   // the customer goes to whom the agent consults
	VerbSwap       Verb = "swap"       // speak with the other of the two, customer and consulted
	VerbConference Verb = "conference" // whom the agent consults, or To, joins agent and customer
	VerbDrop       Verb = "drop"       // a party leaves: the one named, or the one consulted, or a transfer is called off
	VerbHangup     Verb = "hangup"     // the agent leaves
)

// MaxKeys is how many keys one Command may press.
const MaxKeys = 32

// Command is what a person asks of a call, by page or program. It is not stored: what comes of it is in the facts.
type Command struct {
	ID       string  // named by who asks; the same ID again is answered with the state as it is, and done once
	Verb     Verb    // empty: nothing is asked but the state
	Agent    AgentID // in whose name
	By       string  // the login, where it is not the agent
	To       string  // transfer, consult, conference: agent, queue, number of the centre, number outside
	Party    LegID   // drop, mute or keys of one party; empty: the one in question
	Keys     string  // keys: 0–9 * # A–D, at most MaxKeys
	Announce bool    // transfer: the customer is told first
	Expect   string  // CallState.State that the asker saw; another one is refused; empty: any
}

// CallState is a call as its agent has it.
type CallState struct {
	Call      CallID       `json:"call"`
	Contact   ContactID    `json:"contact"`
	Agent     AgentID      `json:"agent"`
	Queue     QueueID      `json:"queue,omitempty"`
	Direction Direction    `json:"direction"`
	State     string       `json:"state"` // StateRinging and its like
	Muted     bool         `json:"muted"` // nobody hears the agent
	Since     time.Time    `json:"since"` // when the call came in
	Parties   []PartyState `json:"parties"`
	Can       []Verb       `json:"can"` // what may be asked now
}

// PartyState is one party of a call, the customer first.
type PartyState struct {
	Leg    LegID   `json:"leg"`
	Role   Role    `json:"role"`
	Agent  AgentID `json:"agent,omitempty"`
	Number string  `json:"number,omitempty"` // hostile text; of the customer and of a party outside
	Name   string  `json:"name,omitempty"`   // the customer's, as its phone says. Hostile text
	State  string  `json:"state"`            // PartyRinging and its like
	Muted  bool    `json:"muted,omitempty"`
}

// States of a call as its agent has it.
const (
	StateRinging      = "ringing"      // the agent's phone rings, or was just picked up
	StateTalking      = "talking"      // customer and agent hear each other
	StateHeld         = "held"         // the customer hears music, or a conference goes on without the agent
	StateConsulting   = "consulting"   // another is rung or spoken with, the customer is not
	StateConference   = "conference"   // three and more
	StateTransferring = "transferring" // the customer is on its way to somebody else
	StateOutbound     = "outbound"     // a call of the agent's own
	StateAfter        = "after"        // the customer is gone, the agent speaks with who is left
	StateOver         = "over"         // it is the agent's no more
)

// States of a party.
const (
	PartyRinging = "ringing"
	PartyUp      = "up"
	PartyHeld    = "held" // it hears music, or has left a conference for a while
	PartyGone    = "gone"
)
