package past

import (
	"crypto/sha256"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
	"hotline/centre"
	"hotline/reports"
)

// TestPast: the past is that of a centre: every kind of ending occurs, the fold finds nothing amiss in it, and it is the same again.
func TestPast(t *testing.T) {
	cfg := Config{Seed: 7, Contacts: 6000, Days: 7}
	at := cfg.withDefaults()
	end := at.Start.AddDate(0, 0, at.Days+1)
	f := reports.New(reports.Config{Centre: Centre(cfg), Now: func() time.Time { return end }})
	kinds := map[string]int{}
	var last hotline.Event
	for ev := range Events(cfg) {
		if ev.Seq != last.Seq+1 || ev.At.Before(last.At) {
			t.Fatalf("%d at %v after %d at %v", ev.Seq, ev.At, last.Seq, last.At)
		}
		kinds[ev.Fact.Kind()]++
		if l, ok := ev.Fact.(hotline.Left); ok {
			kinds[string(l.Outcome)]++
		}
		f.Apply(ev)
		last = ev
	}
	for _, k := range []string{
		"queued", "blocked", "offered", "offer_lost", "connected", "answered", "abandoned", "held", "transferred", "survey_stepped",
		"callback_asked", "callback_due", "callback_ended", "voicemail_left", "task_closed", "wrap_coded", "noted", "recording_stored",
		"overflow", "timeout", "voicemail",
	} {
		if kinds[k] == 0 {
			t.Errorf("no %s", k)
		}
	}
	if n := kinds["call_started"]; n < 6000 || n > 7500 {
		t.Errorf("%d calls, asked for 6000 and what follows of them", n)
	}
	v := f.View(end)
	if len(v.Calls) != 0 || v.States.SignedIn != 0 {
		t.Errorf("at the end: %d calls up, %d agents signed in", len(v.Calls), v.States.SignedIn)
	}
	for _, q := range v.Queues {
		if q.Waiting.Waiting != 0 {
			t.Errorf("%s: %d still wait", q.ID, q.Waiting.Waiting)
		}
	}
	if n := late(t, f); n != 0 {
		t.Errorf("the fold found %v facts that fit nothing", n)
	}
	share := float64(kinds["answered"]) / float64(kinds["queued"])
	if share < 0.7 || share > 0.99 {
		t.Errorf("%.2f of the visits answered: nobody's centre", share)
	}
	t.Logf("%d events, %.1f a call, answered %.3f: %v", last.Seq, float64(last.Seq)/float64(kinds["call_started"]), share, kinds)
	if a, b := digest(t, cfg), digest(t, cfg); a != b {
		t.Error("the same seed gives another past")
	}
}

// late is the fold's count of facts that it could not place.
func late(t *testing.T, f *reports.Fold) (n float64) {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(f.Metrics())
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if strings.Contains(m.GetName(), "late") {
			for _, x := range m.GetMetric() {
				n += value(x)
			}
		}
	}
	return n
}

func value(m *dto.Metric) float64 { return m.GetCounter().GetValue() }

func digest(t *testing.T, cfg Config) [32]byte {
	h := sha256.New()
	for ev := range Events(cfg) {
		b, err := hotline.MarshalEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		back, err := hotline.UnmarshalEvent(b)
		if err != nil || back.Seq != ev.Seq || !back.At.Equal(ev.At) {
			t.Fatalf("%s: %v", b, err)
		}
		h.Write(b)
	}
	return [32]byte(h.Sum(nil))
}

// TestStreams: ten times the contacts need no more memory.
func TestStreams(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, most := 0, uint64(0)
	for range Events(Config{Contacts: 60_000, Days: 100, Agents: 16}) {
		if n++; n%200_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapAlloc)
		}
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes more in the middle of %d events", grown, n)
	}
}

// TestCentreFile: the centre file that goes with it is sound.
func TestCentreFile(t *testing.T) {
	cfg := Config{Queues: 12, Agents: 200}
	c, faults := centre.Parse("centre.yaml", CentreFile(cfg), os.LookupEnv)
	if c == nil || len(faults) > 0 {
		t.Fatalf("%v\n%s", faults, CentreFile(cfg))
	}
	if len(c.Queues) != 12 || len(c.Agents) != 200 {
		t.Errorf("%d queues, %d agents", len(c.Queues), len(c.Agents))
	}
}
