package call

import (
	"hash/fnv"
	"maps"
	"time"

	"hotline"
	"hotline/ivr"
)

// Stages of a survey, as SurveyStepped names them.
const (
	surveyInvited   = "invited"
	surveyAccepted  = "accepted"
	surveyAnswered  = "answered"
	surveyCompleted = "completed"
)

// survey asks the customer about the talk that has just ended.
type survey struct {
	visit    hotline.VisitID
	agent    hotline.AgentID
	queue    hotline.QueueID
	accepted bool // a question was answered
}

// surveys begins the survey of the talk if the agent has hung up, the customer is still there and the lot falls on it. The
// agent is released before: its after-call work has begun.
func (m *Machine) surveys(now time.Time, t *talk, by hotline.Role) bool {
	s := m.plan.Queues[t.queue].Survey
	if s == nil || by != hotline.RoleAgent || m.first.state != legUp || !drawn(m.contact, s.Sample) {
		return false
	}
	flow, ok := m.plan.Flows[s.Flow]
	if !ok {
		return false
	}
	m.verdict(hotline.CauseHangup, by)
	m.phase = phaseSurvey
	m.survey = &survey{visit: t.visit, agent: t.agent, queue: t.queue}
	m.stage(now, hotline.SurveyStepped{Stage: surveyInvited})
	attrs := maps.Clone(m.last.Attrs)
	if attrs == nil {
		attrs = map[string]string{}
	}
	attrs["language"] = m.lang
	m.session = m.plan.Resume(s.Flow, flow.Steps, attrs, true).Remember(m.memory)
	m.flow(now, m.session.Step(now, ivr.Start{}))
	return true
}

// drawn draws lots by the contact's id, so that the same contact always has the same lot. sample is the share that is drawn.
func drawn(c hotline.ContactID, sample float64) bool {
	h := fnv.New64a()
	h.Write([]byte(c)) // never fails
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // the last letters of an id reach the upper bits only so
	x ^= x >> 33
	return float64(x>>11)/(1<<53) < sample
}

// stage records how far the survey has come.
func (m *Machine) stage(now time.Time, f hotline.SurveyStepped) {
	f.Visit = m.survey.visit
	m.record(now, hotline.Event{Leg: m.first.id, Agent: m.survey.agent, Queue: m.survey.queue, Fact: f})
}

// rated records an answer.
func (m *Machine) rated(now time.Time, o ivr.Rated) {
	if m.survey == nil {
		return // a question outside a survey is about no talk
	}
	if !m.survey.accepted {
		m.survey.accepted = true
		m.stage(now, hotline.SurveyStepped{Stage: surveyAccepted})
	}
	m.stage(now, hotline.SurveyStepped{Stage: surveyAnswered, Question: o.Question, Score: o.Score})
}

// surveyed closes a survey that has come to its end with the customer still there.
func (m *Machine) surveyed(now time.Time) {
	if m.phase == phaseSurvey && m.survey.accepted {
		m.stage(now, hotline.SurveyStepped{Stage: surveyCompleted})
	}
}
