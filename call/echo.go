package call

import (
	"time"

	"hotline"
)

// echoCode is what who has a phone of ours dials to hear itself: its microphone, the network both ways and its loudspeaker are
// tried at once.
const echoCode = "*43"

// echoTime is how long one may listen to oneself.
const echoTime = 2 * time.Minute

// echo takes a call to the echo.
func (m *Machine) echo(now time.Time, in hotline.Incoming) {
	m.phase = phaseStar
	m.echoBy = now.Add(echoTime)
	m.first.role, m.first.agent = hotline.RoleAgent, in.Agent
	m.record(now, hotline.Event{Agent: in.Agent, Fact: hotline.CallStarted{Direction: hotline.Internal, From: in.From, To: in.To}})
	m.record(now, m.first.event(hotline.LegStarted{Role: m.first.role, To: in.To}))
	m.answer(now)
}

// echoed lets the phone hear itself after a beep.
func (m *Machine) echoed(now time.Time) {
	m.act(hotline.Mix{Call: m.call, Members: []hotline.Member{{Leg: m.first.id, Hears: []hotline.LegID{m.first.id}}}})
	m.play(now, m.first, forBeep, m.limits.LastWords, "tone:beep")
}

// dueEcho ends an echo that nobody ended.
func (m *Machine) dueEcho(now time.Time) {
	if m.phase == phaseStar && passed(now, m.echoBy) {
		m.echoBy = time.Time{}
		m.farewell(now, hotline.CauseHangup, "", "tone:beep")
	}
}
