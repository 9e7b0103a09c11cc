package call

import (
	"fmt"
	"time"

	"hotline"
	"hotline/ivr"
)

// message is what the caller leaves for somebody to hear later.
type message struct {
	want  ivr.Voicemail
	began time.Time // after the beep; zero: it plays
	until time.Time
	alone bool // the recording runs for the message's sake only
}

// leaveMessage beeps and lets the caller speak.
func (m *Machine) leaveMessage(now time.Time, o ivr.Voicemail) {
	m.depart(now, hotline.OutcomeVoicemail, "")
	if m.first.state != legUp {
		m.flow(now, m.session.Step(now, ivr.Messaged{}))
		return
	}
	m.message = &message{want: o}
	m.play(now, m.first, forMessage, m.limits.LastWords, "tone:beep")
}

// beeped begins the message. Who speaks after the beep wants to be recorded, whatever was asked before.
func (m *Machine) beeped(now time.Time) {
	g := m.message
	if g == nil {
		return
	}
	g.alone = !m.recording
	m.recordNow(now)
	g.began, g.until = now, now.Add(g.want.Max)
}

// messageOver ends the message: a key, the longest time, or silence since end. The session goes on.
func (m *Machine) messageOver(now, end time.Time) {
	if m.message == nil || m.message.began.IsZero() {
		return // none, or a key pressed into the beep
	}
	kept := m.keepMessage(now, end)
	if m.session != nil {
		m.flow(now, m.session.Step(now, ivr.Messaged{Kept: kept}))
	}
}

// keepMessage makes what was spoken until end a task for somebody, unless it is too short to be a message.
func (m *Machine) keepMessage(now, end time.Time) bool {
	g := m.message
	m.message = nil
	if g == nil || g.began.IsZero() {
		return false
	}
	if g.alone {
		m.stopRecording()
	}
	ms := end.Sub(g.began).Milliseconds()
	if ms <= 0 || ms < g.want.Min.Milliseconds() {
		return false
	}
	if m.trial {
		return true
	}
	m.messages++
	m.record(now, hotline.Event{Leg: m.first.id, Queue: m.visit.queue, Fact: hotline.VoicemailLeft{
		Task: hotline.TaskID(fmt.Sprintf("%s.m%d", m.call, m.messages)), Owner: g.want.Owner, Due: now.Add(g.want.Due),
		OffsetMS: g.began.Sub(m.recorded).Milliseconds(), MS: ms, From: m.from,
	}})
	return true
}
