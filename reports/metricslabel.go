package reports

import (
	"strings"

	"hotline"
)

// Labels of what the centre file does not name: of no queue or team, and of one that is gone from the file.
const (
	labelNone  = "none"
	labelOther = "other"
)

// know makes the centre's queues known as labels. Those of earlier files stay: calls may still wait in them.
func (m *metrics) know(b *book) {
	for _, q := range b.centre.Queues {
		m.named[q.ID] = labelOf(string(q.ID))
	}
}

// queue is the queue's label: whatever an event says, there are no more of them than the centre file has queues.
func (m *metrics) queue(id hotline.QueueID) string {
	if id == "" {
		return labelNone
	}
	if label, ok := m.named[id]; ok {
		return label
	}
	return labelOther
}

// zero begins the series of a queue that are asked for before anything has happened.
func (m *metrics) zero(queue string) {
	m.answeredIn.add(0, queue)
	m.abandonedIn.add(0, queue)
	m.abandonedShort.add(0, queue)
	m.requests.add(0, queue, hotline.EntryIVR)
	m.visits.add(0, queue, hotline.EntryIVR)
	m.blocked.add(0, queue, string(hotline.BlockFull))
	for _, o := range []hotline.Outcome{hotline.OutcomeAnswered, hotline.OutcomeAbandoned, hotline.OutcomeLost} {
		m.ended.add(0, queue, string(o))
	}
	for _, r := range []hotline.OfferResult{hotline.OfferAnswered, hotline.OfferNoAnswer} {
		m.rings.add(0, queue, string(r))
		m.ring.of(queue, string(r))
	}
	for _, o := range []hotline.Outcome{hotline.OutcomeAnswered, hotline.OutcomeAbandoned} {
		m.wait.of(queue, string(o))
	}
	for _, phase := range []string{"ring", "talk", "hold", "acw"} {
		m.phase.add(0, queue, phase)
	}
	m.handle.of(queue)
	m.acw.of(queue)
	m.transfers.add(0, queue, hotline.TransferBlind, hotline.TargetAgent)
	m.callbacks.add(0, queue, CallbackConnected)
	m.survey.add(0, queue, SurveyInvited)
}

// zeroTrunks begins what is counted of the machine's trunks: of a series that begins with a number Prometheus sees no increase.
func (m *metrics) zeroTrunks(trunks []string) {
	for _, trunk := range trunks {
		for _, reason := range [...]string{hotline.TurnedByMaxCalls, hotline.TurnedByMaxCPS, hotline.TurnedByEngine} {
			m.turnedAway.add(0, labelOf(trunk), reason)
		}
	}
}

// KnowTrunks begins at zero what is counted of trunks that the machine has got since the start.
func (f *Fold) KnowTrunks(trunks []string) { f.metrics.zeroTrunks(trunks) }

// labelOf makes a label value of any text: one that is not UTF-8 would be refused.
func labelOf(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func groupLabel(team string) string {
	if team == "" {
		return labelNone
	}
	return labelOf(team)
}

// entryLabel keeps the label bounded whatever an event says.
func entryLabel(entry string) string {
	switch entry {
	case hotline.EntryIVR, hotline.EntryOverflow, hotline.EntryTransfer, hotline.EntryCallback, hotline.EntryDirect, hotline.EntryRequeue:
		return entry
	}
	return labelOther
}

func blockLabel(r hotline.BlockReason) string {
	switch r {
	case hotline.BlockFull, hotline.BlockClosed, hotline.BlockNoStaff:
		return string(r)
	}
	return string(hotline.BlockRefused)
}

func turnedLabel(reason string) string {
	switch reason {
	case hotline.TurnedByMaxCalls, hotline.TurnedByMaxCPS, hotline.TurnedByEngine:
		return reason
	}
	return labelOther
}

func outcomeLabel(o hotline.Outcome) string {
	switch o {
	case hotline.OutcomeAnswered, hotline.OutcomeAbandoned, hotline.OutcomeOverflow, hotline.OutcomeTimeout, hotline.OutcomeKey,
		hotline.OutcomeCallback, hotline.OutcomeVoicemail, hotline.OutcomeMoved, hotline.OutcomeDequeued, hotline.OutcomeClosed,
		hotline.OutcomeNoAgents, hotline.OutcomeLost:
		return string(o)
	}
	return labelOther
}

func ringLabel(r hotline.OfferResult) string {
	switch r {
	case hotline.OfferAnswered, hotline.OfferNoAnswer, hotline.OfferRejected, hotline.OfferUnreachable, hotline.OfferBusy,
		hotline.OfferCallerGone, hotline.OfferElsewhere:
		return string(r)
	}
	return labelOther
}

func stateLabel(s hotline.AgentState) string {
	switch s {
	case hotline.AgentReady, hotline.AgentReserved, hotline.AgentRinging, hotline.AgentTalking, hotline.AgentHeld, hotline.AgentConsult,
		hotline.AgentConfer, hotline.AgentOutbound, hotline.AgentWrapUp, hotline.AgentNotReady, stateUnknown:
		return string(s)
	}
	return labelOther
}

func directionLabel(d hotline.Direction) string {
	switch d {
	case hotline.Inbound, hotline.Outbound, hotline.Internal, hotline.Recorded:
		return string(d)
	}
	return labelOther
}
