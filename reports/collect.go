package reports

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
)

// gauges describes what is made when scraped.
type gauges struct {
	stateSeconds                                   *prometheus.Desc
	waiting, oldest, expected, target, targetRatio *prometheus.Desc
	agents, eligible, calls, build, start          *prometheus.Desc
}

func newGauges() gauges {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("hotline_"+name, help, labels, nil)
	}
	return gauges{
		stateSeconds: d("agent_state_seconds_total", "Signed-in time of agents by state.", "group", "state"),
		waiting:      d("queue_waiting", "Visits waiting.", "queue"),
		oldest:       d("queue_oldest_wait_seconds", "Wait of who waits longest, 0 when nobody does.", "queue"),
		expected:     d("queue_expected_wait_seconds", "Estimated wait of who comes now; absent when unknown.", "queue"),
		target:       d("queue_target_seconds", "Target of the service level.", "queue"),
		targetRatio:  d("queue_target_ratio", "Share to be answered within the target.", "queue"),
		agents:       d("agents", "Agents by state.", "group", "state"),
		eligible:     d("queue_eligible_agents", "Agents who may serve the queue, by state.", "queue", "state"),
		calls:        d("calls", "Calls that are up.", "direction", "state"),
		build:        d("build_info", "1, with the build as labels.", "version", "commit"),
		start:        d("start_timestamp_seconds", "Start of the engine, Unix time."),
	}
}

func (g gauges) all() []*prometheus.Desc {
	return []*prometheus.Desc{
		g.stateSeconds, g.waiting, g.oldest, g.expected, g.target, g.targetRatio, g.agents, g.eligible, g.calls, g.build,
		g.start,
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, v := range m.vecs {
		v.Describe(ch)
	}
	for _, d := range m.desc.all() {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ids := m.fold.queueIDs()
	for _, q := range ids { // so that a queue without calls reads 0, not "no data", and its first call is seen as one more
		m.zero(labelOf(string(q)))
	}
	for _, v := range m.vecs {
		v.Collect(ch)
	}
	v := m.fold.View(m.fold.cfg.Now())
	g := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, q := range v.Queues {
		if !slices.Contains(ids, q.ID) {
			continue // is gone from the centre file: the board shows it as long as somebody waits there
		}
		id := labelOf(string(q.ID))
		g(m.desc.waiting, float64(q.Waiting.Waiting), id)
		oldest := int64(0)
		if q.LongestMS != nil {
			oldest = *q.LongestMS
		}
		g(m.desc.oldest, seconds(oldest), id)
		g(m.desc.target, seconds(q.Target.WithinMS), id)
		g(m.desc.targetRatio, q.Target.Ratio, id)
		if q.Expected != nil {
			g(m.desc.expected, seconds(*q.Expected), id)
		}
		q.States.each(func(state string, n int) { g(m.desc.eligible, float64(n), id, state) })
	}
	teams := map[string]*StateCounts{}
	for _, a := range v.Agents {
		team := groupLabel(a.Team)
		if teams[team] == nil {
			teams[team] = &StateCounts{}
		}
		teams[team].add(a.State, false)
	}
	for team, n := range teams {
		n.each(func(state string, n int) { g(m.desc.agents, float64(n), team, state) })
	}
	type callKey struct{ direction, state string }
	calls := map[callKey]int{}
	for _, phase := range []string{PhaseFlow, PhaseWaiting, PhaseRinging, PhaseJoining, PhaseTalking, PhaseHeld, PhaseEnding} {
		calls[callKey{string(hotline.Inbound), phase}] = 0 // none is 0, not "no data"
	}
	for _, c := range v.Calls {
		if !c.Test {
			calls[callKey{directionLabel(c.Direction), c.Phase}]++
		}
	}
	for k, n := range calls {
		g(m.desc.calls, float64(n), k.direction, k.state)
	}
	m.stateSeconds(ch)
	version, started := m.fold.build()
	g(m.desc.build, 1, version, m.fold.cfg.Commit)
	g(m.desc.start, float64(started)/1000)
}

// stateSeconds shows the spans that are over and those that run. A fact that is stamped before a scrape and applied
// after it takes time back from the state shown as running: the counter then stands still until it has caught up.
func (m *metrics) stateSeconds(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.fold.cfg.Now().UnixMilli()
	totals := m.fold.stateTotals(now)
	for k, ms := range totals {
		m.exported[k] = max(m.exported[k], seconds(ms))
	}
	for k, s := range m.exported {
		ch <- prometheus.MustNewConstMetric(m.desc.stateSeconds, prometheus.CounterValue, s, k.group, k.state)
	}
}

func (f *Fold) stateTotals(now int64) map[stateKey]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	totals := make(map[stateKey]int64, len(f.metrics.stateMS))
	for k, ms := range f.metrics.stateMS {
		totals[k] = ms
	}
	for _, a := range f.agents {
		if s, ok := a.open(now); ok {
			totals[stateKey{groupLabel(f.book.agent(a.id).Team), stateLabel(s.state)}] += s.end - s.start
		}
	}
	return totals
}

func (f *Fold) build() (version string, started int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cfg.Version, f.started
}

func (f *Fold) queueIDs() []hotline.QueueID {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]hotline.QueueID, 0, len(f.book.centre.Queues))
	for _, q := range f.book.centre.Queues {
		ids = append(ids, q.ID)
	}
	return ids
}
