package reports

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
)

// metrics is the Prometheus side (kpi 2.1). Counters and histograms are fed by the fold as events are applied, so they
// count everything that is in the log, whichever run of the engine it was; gauges are made when scraped (collect.go). No
// call, number or agent is a label.
type metrics struct {
	fold  *Fold
	vecs  []prometheus.Collector
	desc  gauges
	named map[hotline.QueueID]string // label of each queue that was in force in this run; guarded by the fold's lock

	requests, visits, blocked, ended           *counterVec
	answeredIn, abandonedIn, abandonedShort    *counterVec
	rings, transfers, phase, callbacks, survey *counterVec
	turnedAway                                 *counterVec
	late, storeErrors                          soleCounter
	wait, handle, acw, ring, setups, mos       *histogramVec
	dispatch                                   *histogramVec

	stateMS  map[stateKey]int64   // spans of this run that are over; guarded by the fold's lock
	mu       sync.Mutex           // guards exported
	exported map[stateKey]float64 // what was last shown, so that a counter never falls
}

type stateKey struct{ group, state string }

// edges are the classic bucket edges in seconds; 15 and 20 must be among them (GB/T 33358, 20-second rate).
func edges() []float64 { return []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600} }

// fineEdges also resolve what the engine itself takes.
func fineEdges() []float64 {
	return append([]float64{.001, .002, .005, .01, .02, .05, .1, .2, .5}, edges()...)
}

func newMetrics(f *Fold) *metrics {
	m := &metrics{
		fold: f, desc: newGauges(), named: map[hotline.QueueID]string{},
		stateMS: map[stateKey]int64{}, exported: map[stateKey]float64{},
	}
	m.know(f.book)
	counter := func(name, help string, labels ...string) *counterVec {
		c := newCounterVec(name, help, labels...)
		m.vecs = append(m.vecs, c)
		return c
	}
	hist := func(name, help string, e []float64, labels ...string) *histogramVec {
		h := newHistogramVec(name, help, e, labels...)
		m.vecs = append(m.vecs, h)
		return h
	}
	m.requests = counter("queue_requests_total", "Requests for a person.", "queue", "entry")
	m.visits = counter("queue_visits_total", "Visits accepted into the queue (offered).", "queue", "entry")
	m.blocked = counter("queue_blocked_total", "Requests that never entered the queue.", "queue", "reason")
	m.ended = counter("queue_visits_ended_total", "Visits whose wait is over.", "queue", "outcome")
	m.answeredIn = counter("queue_answered_within_target_total", "Visits answered within the target, exact to the millisecond.", "queue")
	m.abandonedIn = counter("queue_abandoned_within_target_total", "Visits abandoned within the target, exact to the millisecond.", "queue")
	m.abandonedShort = counter("queue_abandoned_short_total", "Visits abandoned sooner than the short-abandon time.", "queue")
	m.rings = counter("ring_attempts_total", "Rings of agents' phones.", "queue", "result")
	m.transfers = counter("transfers_total", "Completed transfers.", "queue", "kind", "target")
	m.phase = counter("handle_phase_seconds_total", "Agents' time with contacts, by phase.", "queue", "phase")
	m.callbacks = counter("callbacks_total", "Promised callbacks that are over.", "queue", "result")
	m.survey = counter("survey_total", "Surveys after the call that came to the stage.", "queue", "stage")
	m.turnedAway = counter("trunk_blocked_total", "Calls of the trunk that its limits or the engine's turned away before they were calls.", "trunk", "reason")
	m.wait = hist("queue_wait_seconds", "Wait of answered and abandoned visits.", edges(), "queue", "outcome")
	m.handle = hist("handle_seconds", "Talk, hold and after-call work of one agent with one contact.", edges(), "queue")
	m.acw = hist("acw_seconds", "After-call work.", edges(), "queue")
	m.ring = hist("ring_seconds", "Ringing of agents' phones.", edges(), "queue", "result")
	m.setups = hist("setup_seconds", "Answer of the caller (answer), offer to ringing (ring), joining to first sound (join).",
		fineEdges(), "stage")
	m.mos = hist("rtp_mos", "Estimated quality of a leg's sound, E-model, 1 to 4.5: as we received it, as the other side did.",
		mosEdges(), "direction")
	m.late = soleCounter{counter("events_late_total", "Events that came twice or after their visit was over.")}
	m.storeErrors = soleCounter{counter("event_store_errors_total", "Errors on reading the log.")}
	m.dispatch = hist("dispatch_delay_seconds", "From the moment at which caller and agent are both free to the agent's ring.", fineEdges())
	m.dispatch.of()
	m.late.add(0)
	m.storeErrors.add(0)
	return m
}

// mosEdges are scores; 3.6 and 4.03 are where users begin to be dissatisfied and where all are satisfied (ITU-T G.107 annex B).
func mosEdges() []float64 { return []float64{1, 1.5, 2, 2.58, 3.1, 3.6, 3.8, 4.03, 4.2, 4.34, 4.5} }

// quality notes what a leg sounded like. What is not known is not counted.
func (m *metrics) quality(s *hotline.MediaStats) {
	if s.MOS > 0 {
		m.mos.of("received").observe(s.MOS)
	}
	if s.RemoteMOS > 0 {
		m.mos.of("sent").observe(s.RemoteMOS)
	}
}

func seconds(ms int64) float64 { return float64(max(ms, 0)) / 1000 }

func (m *metrics) queued(v *visit) {
	if v.test {
		return
	}
	id, entry := m.queue(v.queue), entryLabel(v.entry)
	m.requests.inc(id, entry)
	m.visits.inc(id, entry)
}

func (m *metrics) blockedVisit(v *visit) {
	if v.test {
		return
	}
	id := m.queue(v.queue)
	m.requests.inc(id, entryLabel(v.entry))
	m.blocked.inc(id, blockLabel(v.blocked))
}

func (m *metrics) visitEnded(v *visit, q Queue) {
	if v.test {
		return
	}
	id, outcome := m.queue(v.queue), outcomeLabel(v.outcome)
	m.ended.inc(id, outcome)
	in := within(v.wait, q.Within.Milliseconds())
	switch v.outcome {
	case hotline.OutcomeAnswered:
		if in {
			m.answeredIn.inc(id)
		}
	case hotline.OutcomeAbandoned:
		if in {
			m.abandonedIn.inc(id)
		}
		if short(v.wait, q.Short.Milliseconds()) {
			m.abandonedShort.inc(id)
		}
	default:
		return
	}
	m.wait.of(id, outcome).observe(seconds(v.wait))
}

func (m *metrics) rang(q hotline.QueueID, result hotline.OfferResult, ring int64) {
	id, how := m.queue(q), ringLabel(result)
	m.rings.inc(id, how)
	m.ring.of(id, how).observe(seconds(ring))
	m.phase.add(seconds(ring), id, "ring")
}

func (m *metrics) handled(s *Segment) {
	id := m.queue(s.Queue)
	m.phase.add(seconds(s.TalkMS), id, "talk")
	m.phase.add(seconds(s.HoldMS), id, "hold")
	m.phase.add(seconds(s.WrapMS), id, "acw")
	m.handle.of(id).observe(seconds(s.TalkMS + s.HoldMS + s.WrapMS))
	m.acw.of(id).observe(seconds(s.WrapMS))
}

func (m *metrics) dispatched(ms int64) { m.dispatch.of().observe(seconds(ms)) }

func (m *metrics) setup(stage string, ms int64) { m.setups.of(stage).observe(seconds(ms)) }

func (m *metrics) stateTime(team string, s hotline.AgentState, ms int64) {
	m.stateMS[stateKey{groupLabel(team), stateLabel(s)}] += ms
}

// begun puts the agents' time back to 0: the engine has just started. What was shown before a crash went up to the last
// scrape, which the log does not know, and a counter that falls a little would be taken for one that has begun anew.
func (m *metrics) begun() {
	clear(m.stateMS)
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.exported)
}
