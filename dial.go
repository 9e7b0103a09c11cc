package hotline

import "strings"

// OwnCall is a call that an agent wants to make, asked for by page or program: the agent's phone rings first, then the other
// side. It is not stored: what comes of it is in the facts.
type OwnCall struct {
	ID    string    // named by who asks; the same ID of the same agent again is the same call, made once
	Agent AgentID   // whose call it is
	By    string    // the login, where it is not the agent
	To    string    // a colleague, or a number outside that the centre allows
	For   ContactID // the contact that caused it; empty: none
	Queue QueueID   // for which it is made: its caller id, recording and after-call work; empty: none
}

// phoneNumber begins the PhoneID of a phone that is a number outside.
const phoneNumber = "tel:"

// NumberPhone is the phone of an agent that is reached by a number outside, as the centre file has it (agents[].dial).
func NumberPhone(a AgentID) PhoneID { return PhoneID(phoneNumber + string(a)) }

// ByNumber says whether the phone is reached by a number outside.
func (p PhoneID) ByNumber() bool { return strings.HasPrefix(string(p), phoneNumber) }
