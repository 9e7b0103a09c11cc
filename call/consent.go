package call

import (
	"time"

	"hotline"
	"hotline/ivr"
)

// consent is whether the contact may be recorded. Where the centre has it announced, or asks, the recording waits for that.
type consent struct {
	given   bool
	refused bool // it is not recorded, whatever wants it
}

// startRecording records the contact from now on, if it may be: the session says so later where that waits for consent.
func (m *Machine) startRecording(now time.Time) {
	if !m.trial && !m.consent.refused && (m.consent.given || m.plan.Consent.Rule == "") {
		m.recordNow(now)
	}
}

// recordFor records the contact from now on, or not, as the queue has it.
func (m *Machine) recordFor(now time.Time, q ivr.Queue) {
	if q.Record {
		m.startRecording(now)
	} else {
		m.stopRecording()
	}
}

func (m *Machine) recordNow(now time.Time) {
	if !m.recording && !m.trial {
		m.recording, m.recorded = true, now
		m.act(hotline.Record{Call: m.call, Contact: m.contact, Customer: m.first.id})
	}
}

func (m *Machine) stopRecording() {
	if m.recording {
		m.recording = false
		m.act(hotline.StopRecord{Call: m.call})
	}
}

// consented takes the caller's word, or that it has been told.
func (m *Machine) consented(now time.Time, given bool) {
	if m.plan.Consent.Rule == "ask" {
		m.record(now, hotline.Event{Leg: m.first.id, Fact: hotline.ConsentAsked{Given: given}})
	}
	m.consent.given, m.consent.refused = given, !given
	if given {
		m.startRecording(now)
	} else {
		m.stopRecording()
	}
}
