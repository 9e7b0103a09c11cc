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
			return Move{To: hotline.AgentReady, Next: true, Back: true}
		}
		return refuse(s, "not in after-call work")
	case DeviceUp, DeviceDown:
		return device(s, in)
	case Offered:
		if s == hotline.AgentReady {
			return Move{To: hotline.AgentReserved}
		}
		return refuse(s, "not ready for a call")
	case Rang, Accepted, CallerGone, NoAnswer, Rejected, Unreachable, Busy:
		return offerMoved(s, in)
	case Talk, Hold, Consult, Confer, ReleaseWrap, ReleaseFree, ReleaseLost:
		return callMoved(s, in)
	case CallsOut:
		return freed(s, hotline.AgentOutbound)
	case CalledIn:
		return freed(s, hotline.AgentConsult)
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
	case in == DeviceDown && (s == hotline.AgentReady || Asked(s)):
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonDeviceLost, Next: Asked(s)}
	}
	return Move{To: s}
}

// offerMoved: what the agent let slip costs readiness, what the caller did does not. A phone may be answered before it is
// known to ring.
func offerMoved(s hotline.AgentState, in Input) Move {
	if !Asked(s) {
		return refuse(s, "no offer")
	}
	switch in {
	case Rang:
		return Move{To: hotline.AgentRinging}
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

// callMoved: a call of the agent's own making is outbound to its end, whoever is on hold in it.
func callMoved(s hotline.AgentState, in Input) Move {
	own := s == hotline.AgentOutbound
	if !own && !Joined(s) {
		return refuse(s, "not in a call")
	}
	switch in {
	case ReleaseWrap:
		return Move{To: hotline.AgentWrapUp}
	case ReleaseLost:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonUnreachable, Next: true}
	case ReleaseFree:
		return Move{To: hotline.AgentReady, Next: true, Back: true}
	}
	switch {
	case own:
		return Move{To: s}
	case in == Hold:
		return Move{To: hotline.AgentHeld}
	case in == Consult:
		return Move{To: hotline.AgentConsult}
	case in == Confer:
		return Move{To: hotline.AgentConfer}
	}
	return Move{To: hotline.AgentTalking}
}

// freed: who is signed in and free may call out, and be called in, also from a break or from after-call work, which is over by
// it. After such a call the agent is what it was before.
func freed(s, to hotline.AgentState) Move {
	switch s {
	case hotline.AgentReady, hotline.AgentNotReady, hotline.AgentWrapUp:
		return Move{To: to}
	case hotline.AgentSignedOut:
		return refuse(s, "signed out")
	}
	return refuse(s, "in another call")
}

// restart: nobody is assumed to be at a phone that has not been heard of since; breaks and after-call work go on.
func restart(s hotline.AgentState) Move {
	switch {
	case s == hotline.AgentReady:
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonRestarted}
	case InCall(s):
		return Move{To: hotline.AgentNotReady, Reason: hotline.ReasonRestarted, Next: true, Back: !Asked(s)}
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
