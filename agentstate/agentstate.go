// Package agentstate is the table of what an agent can be doing and what may come next: one pure function from state and
// input to the next state, to "after the call", or to a refusal with its reason. It owns no agent and no clock; package acd
// asks it and keeps the answers. One golden file shows every state with every input.
package agentstate

import "hotline"

// Input is what can happen to an agent.
type Input string

// The inputs.
const (
	// Asked for by the agent, a lead or a program.
	AskReady     Input = "ask_ready"
	AskNotReady  Input = "ask_not_ready"
	AskSignedOut Input = "ask_signed_out"
	EndWrap      Input = "end_wrap" // the after-call work is done, or its time is over

	// Heard from the agent's phone.
	DeviceUp   Input = "device_up"   // registered, none was before
	DeviceDown Input = "device_down" // the last registration is gone

	// Done by the router.
	Offered     Input = "offered"     // chosen for a contact: nobody else gets the agent
	Rang        Input = "rang"        // the phone rings
	Accepted    Input = "accepted"    // the offer was answered
	CallerGone  Input = "caller_gone" // the offer was taken back, not the agent's doing
	NoAnswer    Input = "no_answer"   // the offer was lost at the agent, by result
	Rejected    Input = "rejected"
	Unreachable Input = "unreachable"
	Busy        Input = "busy"
	Talk        Input = "talk" // with the customer alone
	Hold        Input = "hold"
	Consult     Input = "consult"      // with a third party, the customer on hold
	Confer      Input = "confer"       // with both
	CallsOut    Input = "calls_out"    // makes a call of its own
	CalledIn    Input = "called_in"    // a colleague wants it in a call: its phone is rung
	ReleaseWrap Input = "release_wrap" // the call is over, after-call work follows
	ReleaseFree Input = "release_free" // the call is over, nothing follows
	ReleaseLost Input = "release_lost" // the call is over because the agent's phone fell silent
	Restart     Input = "restart"      // the engine came back; a call of the agent, if any, is gone
)

// Move is the answer of the table.
type Move struct {
	To     hotline.AgentState // the state from now on
	Reason string             // of not ready, where the table gives it; the asked one otherwise
	Later  bool               // the state stays; what was asked for follows the call
	Next   bool               // the call is over: the state asked for during it follows, if one was; To otherwise
	Back   bool               // without such a state: the one before the call, if it is known; To otherwise
	Refuse string             // why not, in English; To is then the state as it was
}

// States returns every state, in the order of the golden file.
func States() []hotline.AgentState {
	return []hotline.AgentState{
		hotline.AgentSignedOut, hotline.AgentNotReady, hotline.AgentReady, hotline.AgentReserved, hotline.AgentRinging,
		hotline.AgentTalking, hotline.AgentHeld, hotline.AgentConsult, hotline.AgentConfer, hotline.AgentOutbound,
		hotline.AgentWrapUp,
	}
}

// Inputs returns every input, in the order of the golden file.
func Inputs() []Input {
	return []Input{
		AskReady, AskNotReady, AskSignedOut, EndWrap, DeviceUp, DeviceDown, Offered, Rang, Accepted, CallerGone, NoAnswer,
		Rejected, Unreachable, Busy, Talk, Hold, Consult, Confer, CallsOut, CalledIn, ReleaseWrap, ReleaseFree, ReleaseLost, Restart,
	}
}

// Asked says whether a contact was put to the agent and not answered yet.
func Asked(s hotline.AgentState) bool {
	return s == hotline.AgentReserved || s == hotline.AgentRinging
}

// Joined says whether the agent and a customer belong together, whoever speaks at the moment.
func Joined(s hotline.AgentState) bool {
	switch s {
	case hotline.AgentTalking, hotline.AgentHeld, hotline.AgentConsult, hotline.AgentConfer:
		return true
	}
	return false
}

// InCall says whether somebody is, or is being, joined with the agent: what is asked for now waits until it is over.
func InCall(s hotline.AgentState) bool {
	return Asked(s) || Joined(s) || s == hotline.AgentOutbound
}

// Working says whether the agent takes calls or is busy with one: signed in and not on a break. Expected waits count these.
func Working(s hotline.AgentState) bool {
	return s != hotline.AgentSignedOut && s != hotline.AgentNotReady
}
