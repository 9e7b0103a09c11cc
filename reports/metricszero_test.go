package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Every metric of a queue is there before its first call: of a series that begins with a number Prometheus sees no increase, and
// a panel of a quiet queue shows 0. The expected wait alone is not known without agents.
func TestMetricsBeforeTheFirstCall(t *testing.T) {
	f := New(Config{Centre: simCentre(time.UTC)})
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(f.Metrics()); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]int{}
	for _, m := range families {
		series[m.GetName()] = len(m.GetMetric())
	}
	for _, name := range strings.Fields(`queue_requests_total queue_visits_total queue_blocked_total queue_visits_ended_total
		queue_answered_within_target_total queue_abandoned_within_target_total queue_abandoned_short_total ring_attempts_total
		transfers_total handle_phase_seconds_total callbacks_total survey_total queue_wait_seconds handle_seconds acw_seconds
		ring_seconds queue_waiting queue_oldest_wait_seconds queue_target_seconds queue_target_ratio queue_eligible_agents`) {
		if series["hotline_"+name] == 0 {
			t.Errorf("hotline_%s has no series", name)
		}
	}
}
