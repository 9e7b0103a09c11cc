package reports

import (
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
)

// metrics is the Prometheus side (kpi 2.1). Counters and histograms are fed by the fold as events are applied, so they
// count everything that is in the log; gauges are made when scraped (collect.go). No call, number or agent is a label.
type metrics struct {
	fold *Fold
	vecs []prometheus.Collector
	desc gauges

	requests, visits, blocked, ended           *prometheus.CounterVec
	answeredIn, abandonedIn, abandonedShort    *prometheus.CounterVec
	rings, transfers, phase, callbacks, survey *prometheus.CounterVec
	late, storeErrors                          prometheus.Counter
	wait, handle, acw, ring, setups, mos       *prometheus.HistogramVec
	dispatch                                   prometheus.Histogram

	stateMS  map[stateKey]int64   // spans that are over; guarded by the fold's lock
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

func histogram(name, help string, e []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: "hotline_" + name, Help: help, Buckets: e,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}
}

func newMetrics(f *Fold) *metrics {
	m := &metrics{
		fold: f, desc: newGauges(),
		stateMS: map[stateKey]int64{}, exported: map[stateKey]float64{},
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotline_" + name, Help: help}, labels)
		m.vecs = append(m.vecs, c)
		return c
	}
	hist := func(name, help string, e []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(histogram(name, help, e), labels)
		m.vecs = append(m.vecs, h)
		return h
	}
	m.requests = counter("queue_requests_total", "Requests for a person.", "queue", "entry")
	m.visits = counter("queue_visits_total", "Visits accepted into the queue (offered).", "queue", "entry")
	m.blocked = counter("queue_blocked_total", "Requests that never entered the queue.", "queue", "reason")
	m.ended = counter("queue_visits_ended_total", "Visits whose wait is over.", "queue", "outcome")
	m.answeredIn = counter("queue_answered_within_target_total", "Visits answered within the target, exact.", "queue")
	m.abandonedIn = counter("queue_abandoned_within_target_total", "Visits abandoned within the target.", "queue")
	m.abandonedShort = counter("queue_abandoned_short_total", "Visits abandoned sooner than the short-abandon time.", "queue")
	m.rings = counter("ring_attempts_total", "Rings of agents' phones.", "queue", "result")
	m.transfers = counter("transfers_total", "Completed transfers.", "queue", "kind", "target")
	m.phase = counter("handle_phase_seconds_total", "Agents' time with contacts, by phase.", "queue", "phase")
	m.callbacks = counter("callbacks_total", "Callbacks.", "queue", "result")
	m.survey = counter("survey_total", "Surveys after the call.", "queue", "stage")
	m.wait = hist("queue_wait_seconds", "Wait of answered and abandoned visits.", edges(), "queue", "outcome")
	m.handle = hist("handle_seconds", "Talk, hold and after-call work of one agent with one contact.", edges(), "queue")
	m.acw = hist("acw_seconds", "After-call work.", edges(), "queue")
	m.ring = hist("ring_seconds", "Ringing of agents' phones.", edges(), "queue", "result")
	m.setups = hist("setup_seconds", "Answer of the caller (answer), offer to ringing (ring), joining to first sound (join).",
		fineEdges(), "stage")
	m.mos = hist("rtp_mos", "Estimated quality of a leg's sound, E-model, 1 to 4.5: as we received it, as the other side did.",
		mosEdges(), "direction")
	m.late = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "hotline_events_late_total", Help: "Events that came twice or after their visit was over.",
	})
	m.storeErrors = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "hotline_event_store_errors_total", Help: "Errors on reading the log.",
	})
	m.dispatch = prometheus.NewHistogram(histogram("dispatch_delay_seconds",
		"From the moment at which caller and agent are both free to the agent's ring.", fineEdges()))
	m.vecs = append(m.vecs, m.late, m.storeErrors, m.dispatch)
	return m
}

// mosEdges are scores; 3.6 and 4.03 are where users begin to be dissatisfied and where all are satisfied (ITU-T G.107 annex B).
func mosEdges() []float64 { return []float64{1, 1.5, 2, 2.58, 3.1, 3.6, 3.8, 4.03, 4.2, 4.34, 4.5} }

// quality notes what a leg sounded like. What is not known is not counted.
func (m *metrics) quality(s *hotline.MediaStats) {
	if s.MOS > 0 {
		m.mos.WithLabelValues("received").Observe(s.MOS)
	}
	if s.RemoteMOS > 0 {
		m.mos.WithLabelValues("sent").Observe(s.RemoteMOS)
	}
}

func seconds(ms int64) float64 { return float64(max(ms, 0)) / 1000 }

func (m *metrics) queued(v *visit) {
	if v.test {
		return
	}
	id, entry := labelOf(string(v.queue)), entryLabel(v.entry)
	m.requests.WithLabelValues(id, entry).Inc()
	m.visits.WithLabelValues(id, entry).Inc()
}

func (m *metrics) blockedVisit(v *visit) {
	if v.test {
		return
	}
	id := labelOf(string(v.queue))
	m.requests.WithLabelValues(id, entryLabel(v.entry)).Inc()
	m.blocked.WithLabelValues(id, blockLabel(v.blocked)).Inc()
}

func (m *metrics) visitEnded(v *visit, q Queue) {
	if v.test {
		return
	}
	id := labelOf(string(v.queue))
	m.ended.WithLabelValues(id, labelOf(string(v.outcome))).Inc()
	in := within(v.wait, q.Within.Milliseconds())
	switch v.outcome {
	case hotline.OutcomeAnswered:
		if in {
			m.answeredIn.WithLabelValues(id).Inc()
		}
	case hotline.OutcomeAbandoned:
		if in {
			m.abandonedIn.WithLabelValues(id).Inc()
		}
		if short(v.wait, q.Short.Milliseconds()) {
			m.abandonedShort.WithLabelValues(id).Inc()
		}
	default:
		return
	}
	m.wait.WithLabelValues(id, labelOf(string(v.outcome))).Observe(seconds(v.wait))
}

func (m *metrics) rang(q hotline.QueueID, result hotline.OfferResult, ring int64) {
	id, how := labelOf(string(q)), labelOf(string(result))
	m.rings.WithLabelValues(id, how).Inc()
	m.ring.WithLabelValues(id, how).Observe(seconds(ring))
	m.phase.WithLabelValues(id, "ring").Add(seconds(ring))
}

func (m *metrics) handled(s *Segment) {
	id := labelOf(string(s.Queue))
	m.phase.WithLabelValues(id, "talk").Add(seconds(s.TalkMS))
	m.phase.WithLabelValues(id, "hold").Add(seconds(s.HoldMS))
	m.phase.WithLabelValues(id, "acw").Add(seconds(s.WrapMS))
	m.handle.WithLabelValues(id).Observe(seconds(s.TalkMS + s.HoldMS + s.WrapMS))
	m.acw.WithLabelValues(id).Observe(seconds(s.WrapMS))
}

func (m *metrics) dispatched(ms int64) { m.dispatch.Observe(seconds(ms)) }

func (m *metrics) setup(stage string, ms int64) { m.setups.WithLabelValues(stage).Observe(seconds(ms)) }

func (m *metrics) stateTime(team string, s hotline.AgentState, ms int64) {
	m.stateMS[stateKey{team, labelOf(string(s))}] += ms
}

// labelOf makes a label value of any text: one that is not UTF-8 would be refused.
func labelOf(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// entryLabel keeps the label bounded whatever an event says.
func entryLabel(entry string) string {
	switch entry {
	case hotline.EntryIVR, hotline.EntryOverflow, hotline.EntryTransfer, hotline.EntryCallback, hotline.EntryDirect, hotline.EntryRequeue:
		return entry
	}
	return "other"
}

func blockLabel(r hotline.BlockReason) string {
	switch r {
	case hotline.BlockFull, hotline.BlockClosed, hotline.BlockNoStaff:
		return string(r)
	}
	return string(hotline.BlockRefused)
}
