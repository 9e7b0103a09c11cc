package agentstate

import "hotline"

// Step looks up what follows when in happens to an agent in state s. Two rules are the caller's, because they need more than
// the state: an agent without a phone never becomes ready (see Settle), and a reason may have a quota.
func Step(s hotline.AgentState, in Input) Move {
	switch in {
	case AskReady, AskNotReady, AskSignedOut:
		return ask(s, in)
	case EndWrap:
		if s == hotline.AgentWrapUp {
			return Move{To: hotline.AgentReady, Next: true}
		}
		return refuse(s, "not in after-call work")
	case DeviceUp, DeviceDown:
		return device(s, in)
	case Offered:
		if s == hotline.AgentReady {
			return Move{To: hotline.AgentRinging}
		}
		return refuse(s, "not ready for a call")
	case Accepted, CallerGone, NoAnswer, Rejected, Unreachable, Busy:
		return offerEnded(s, in)
	case HoldOn, HoldOff, ReleaseWrap, ReleaseFree, ReleaseLost:
		return callMoved(s, in)
	case Restart:
		return restart(s)
	}
	return refuse(s, "unknown input")
}

// ask: a state asked for during a call follows it; otherwise it is taken at once, after-call work being ended by it.
func ask(s hotline.AgentState, in Input) Move {
	if InCall(s) {
		return Move{To: s, Later: true}
	}
	switch in {
	case AskReady:
		return Move{To: hotline.AgentReady}
	case AskNotReady:
		return Move{To: hotline.AgentNotReady}
	}
	return Move{To: hotline.AgentSignedOut}
}

// device: the first phone signs the agent in as not ready; losing the last takes a free agent out of the pool at once, but
// never out of a conversation.
func device(s hotline.AgentState, in Input) Move {
	switch {
	case in == DeviceUp && s == hotline.AgentSignedOut:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonSignedIn}
	case in == DeviceDown && (s == hotline.AgentReady || s == hotline.AgentRinging):
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonDeviceLost, Next: s == hotline.AgentRinging}
	}
	return Move{To: s}
}

// offerEnded: what the agent let slip costs readiness, what the caller did does not.
func offerEnded(s hotline.AgentState, in Input) Move {
	if s != hotline.AgentRinging {
		return refuse(s, "no offer")
	}
	switch in {
	case Accepted:
		return Move{To: hotline.AgentTalking}
	case CallerGone:
		return Move{To: hotline.AgentReady, Next: true}
	case NoAnswer:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonNoAnswer, Next: true}
	case Rejected:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonRejected, Next: true}
	case Busy:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonBusy, Next: true}
	}
	return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonUnreachable, Next: true}
}

func callMoved(s hotline.AgentState, in Input) Move {
	if s != hotline.AgentTalking && s != hotline.AgentHeld {
		return refuse(s, "not in a call")
	}
	switch in {
	case HoldOn:
		return Move{To: hotline.AgentHeld}
	case HoldOff:
		return Move{To: hotline.AgentTalking}
	case ReleaseWrap:
		return Move{To: hotline.AgentWrapUp}
	case ReleaseLost:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonUnreachable, Next: true}
	}
	return Move{To: hotline.AgentReady, Next: true}
}

// restart: nobody is assumed to be at a phone that has not been heard of since; breaks and after-call work go on.
func restart(s hotline.AgentState) Move {
	switch s {
	case hotline.AgentReady:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonRestarted}
	case hotline.AgentRinging, hotline.AgentTalking, hotline.AgentHeld:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonRestarted, Next: true}
	}
	return Move{To: s}
}

func refuse(s hotline.AgentState, why string) Move { return Move{To: s, Refuse: why} }

// Settle is the state and reason that an agent really gets who is to become to: ready needs a phone.
func Settle(to hotline.AgentState, reason string, phone bool) (hotline.AgentState, string) {
	if to == hotline.AgentReady && !phone {
		return hotline.AgentNotReady, hotline.ReasonDeviceLost
	}
	if to != hotline.AgentNotReady {
		reason = ""
	}
	return to, reason
}
