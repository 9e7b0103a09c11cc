package web

import (
	"strings"
	"testing"

	"hotline/reports"
	"hotline/web/auth"
)

// The KPI sheet is of a month, or of the time and queue that are named.
func TestKPISheetOfASpan(t *testing.T) {
	b := newBench(t, nil)
	token := b.as(t, auth.Director)
	ask := func(q string, status int) *reports.KPIReport {
		t.Helper()
		return read[*reports.KPIReport](t, b.get(t, token, "/api/v1/reports/kpi"+q), status)
	}
	if r := ask("?month=2026-03", 200); r.Month != "2026-03" || r.From != 0 {
		t.Errorf("%+v", r)
	}
	if r := ask("?from=2026-02-28T16:00:00Z&to=2026-03-31T16:00:00Z", 200); r.Month != "2026-03" || r.From != 0 {
		t.Errorf("the centre's whole month is its sheet: %+v", r)
	}
	const from, to = "2026-03-10T01:00:00Z", "2026-03-10T01:30:00Z"
	if r := ask("?queue=claims&from="+from+"&to="+to, 200); r.Month != "" || r.From.Time().Format("15:04") != "01:00" || r.To.Time().Sub(r.From.Time()).Minutes() != 30 {
		t.Errorf("%+v", r)
	}
	for _, q := range []string{"?from=abc", "?from=" + to + "&to=" + from, "?from=" + from + "&to=" + from, "?month=2026-13"} {
		if r := b.get(t, token, "/api/v1/reports/kpi"+q); r.StatusCode != 422 {
			t.Errorf("%s: %d", q, r.StatusCode)
		}
	}
	for _, name := range []string{"queues", "contacts", "abandoned", "ivr", "quality", "visits"} {
		if r := b.get(t, token, "/api/v1/reports/"+name+"?from="+to+"&to="+from); r.StatusCode != 422 {
			t.Errorf("%s of a span that ends before it begins: %d", name, r.StatusCode)
		}
	}
	if got := b.get(t, token, "/api/v1/reports/kpi?format=csv&lang=en-US&from="+from+"&to="+to).body; !strings.Contains(got, "Connect rate") {
		t.Error(got)
	}
}
