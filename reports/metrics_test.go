package reports

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"hotline"
)

// everyMetric is a log in which something happens for every metric, behind the morning's.
func everyMetric(t *testing.T) *Fold {
	t.Helper()
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	f := New(Config{
		Centre: morningCentre(time.UTC), Now: now.now, Commit: "abc", Version: "1",
		ExpectedWait: func(q hotline.QueueID) (time.Duration, bool) { return 90 * time.Second, q == "claims" },
	})
	evs := fixedLog(t, "morning.jsonl")
	for _, ev := range evs {
		f.Apply(ev)
	}
	last := evs[len(evs)-1]
	ev := hotline.Event{Contact: "x1", Call: "x1", Queue: "claims", Agent: "8001"}
	for i, fact := range []hotline.Fact{
		hotline.CallStarted{Direction: hotline.Inbound},
		hotline.Transferred{Visit: "x1.1", How: hotline.TransferBlind, Target: hotline.TargetQueue, To: "rescue", Result: hotline.TransferDone},
		hotline.SurveyStepped{Visit: "x1.1", Stage: "invited"},
		hotline.CallbackAsked{Callback: "p1", Visit: "x1.1", Number: "13800004410"},
		hotline.CallbackEnded{Callback: "p1", Result: CallbackConnected},
		hotline.LegStarted{Role: hotline.RoleCustomer},
		hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"},
		hotline.LegEnded{Role: hotline.RoleCustomer, Stats: hotline.MediaStats{MOS: 4.2, RemoteMOS: 4.1}},
	} {
		ev.Seq, ev.At, ev.Fact = last.Seq+uint64(i)+1, last.At.Add(time.Millisecond), fact
		ev.Leg = ""
		if i > 4 {
			ev.Leg = "x1.a"
		}
		f.Apply(ev)
	}
	return f
}

func gather(t testing.TB, c prometheus.Collector) map[string]*dto.MetricFamily {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*dto.MetricFamily{}
	for _, f := range families {
		out[f.GetName()] = f
	}
	return out
}

// TestMetricList holds a scrape against the list of metrics that others rely on: name, type, labels, a word of help, and both
// kinds of buckets in every histogram, with edges at 15 and 20 s.
func TestMetricList(t *testing.T) {
	families := gather(t, everyMetric(t).Metrics())
	list, err := os.ReadFile("testdata/kpi_metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		name := "hotline_" + words[1]
		f := families[name]
		if f == nil {
			t.Errorf("%s is not there", name)
			continue
		}
		if kind := strings.ToLower(f.GetType().String()); kind != words[0] || len(f.GetHelp()) < 8 {
			t.Errorf("%s: a %s, want a %s; help %q", name, kind, words[0], f.GetHelp())
		}
		if (words[0] == "counter") != strings.HasSuffix(name, "_total") {
			t.Errorf("%s: a %s of that name", name, words[0])
		}
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetName())
			}
			if !slices.Equal(labels, words[2:]) {
				t.Errorf("%s has the labels %q, want %q", name, labels, words[2:])
			}
			if h := m.Histogram; h != nil && (!hasEdge(h, 15) || !hasEdge(h, 20) || h.GetSchema() != nativeSchema || len(h.PositiveSpan) == 0) {
				t.Errorf("%s: classic edges at 15 and 20 s, or native buckets, are missing: %v", name, h)
			}
		}
	}
}

func hasEdge(h *dto.Histogram, edge float64) bool {
	return slices.ContainsFunc(h.Bucket, func(b *dto.Bucket) bool { return b.GetUpperBound() == edge })
}

// TestExpositions: who asks for protobuf gets the native buckets, everybody else the text.
func TestExpositions(t *testing.T) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(everyMetric(t).Metrics())
	for accept, want := range map[string]string{
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited": "application/vnd.google.protobuf",
		"text/plain": "text/plain",
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w, r)
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, want) || w.Code != http.StatusOK {
			t.Errorf("asked for %s, got %s (%d)", accept, got, w.Code)
		}
		if want == "text/plain" && !strings.Contains(w.Body.String(), `hotline_queue_wait_seconds_bucket{outcome="answered",queue="claims",le="20"}`) {
			t.Error("no classic bucket at 20 s in the text")
		}
	}
}

// TestLabelsAreBounded: whatever queues, outcomes and entries a log names, there are no more series than the centre file has
// queues, and neither numbers nor agents nor calls are labels.
func TestLabelsAreBounded(t *testing.T) {
	f := everyMetric(t)
	before := series(gather(t, f.Metrics()))
	seq, at := f.Seq(), instant(t, "2026-03-10T01:04:00Z")
	for i := range 2000 {
		bad := fmt.Sprintf("q\xff\"}\n13800%06d", i)
		id := hotline.ContactID(fmt.Sprintf("h%d", i))
		v := id.Visit(1)
		ev := hotline.Event{Contact: id, Call: hotline.CallID(id), Queue: hotline.QueueID(bad), Agent: hotline.AgentID(bad)}
		for _, fact := range []hotline.Fact{
			hotline.CallStarted{Direction: hotline.Direction(bad), Flow: bad, Trunk: bad},
			hotline.Queued{Visit: v, Entry: bad, Since: at},
			hotline.Offered{Visit: v, Offer: v.Offer(1)},
			hotline.OfferLost{Visit: v, Offer: v.Offer(1), Result: hotline.OfferResult(bad), RingMS: 100},
			hotline.AgentSet{State: hotline.AgentState(bad)},
			hotline.Left{Visit: v, Outcome: hotline.Outcome(bad), WaitMS: 1000},
			hotline.Blocked{Reason: hotline.BlockReason(bad), Entry: bad},
			hotline.Transferred{Visit: v, How: bad, Target: bad, To: bad, Result: hotline.TransferDone},
			hotline.SurveyStepped{Visit: v, Stage: bad},
		} {
			seq++
			ev.Seq, ev.At, ev.Fact = seq, at, fact
			f.Apply(ev)
		}
	}
	families := gather(t, f.Metrics())
	if more := series(families) - before; more > 40 {
		t.Errorf("%d more series for 2,000 hostile names", more)
	}
	for name, fam := range families {
		for _, m := range fam.Metric {
			for _, l := range m.Label {
				if strings.Contains(l.GetValue(), "13800") || slices.Contains([]string{"8001", "8002", "x1", "c1"}, l.GetValue()) {
					t.Errorf("%s: %s=%q", name, l.GetName(), l.GetValue())
				}
			}
		}
	}
}

func series(families map[string]*dto.MetricFamily) (n int) {
	for _, f := range families {
		n += len(f.Metric)
	}
	return n
}

// TestHistogramIsTheLibrarys: our buckets are those of Prometheus' own client.
func TestHistogramIsTheLibrarys(t *testing.T) {
	theirs := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "h", Buckets: edges(), NativeHistogramBucketFactor: 1.1, NativeHistogramZeroThreshold: nativeZero,
	})
	ours := newHistogramVec("h", "h", edges()).of()
	rng := rand.New(rand.NewPCG(1, 2))
	values := []float64{0, .001, .5, 1, 2, 5, 15, 20, 20.001, 300, 600, 601, 86_400}
	for range 3000 {
		values = append(values, math.Round(1000*math.Exp(rng.Float64()*14-4))/1000)
	}
	for _, v := range values {
		theirs.Observe(v)
		ours.observe(v)
	}
	var want dto.Metric
	if err := theirs.Write(&want); err != nil {
		t.Fatal(err)
	}
	want.Histogram.CreatedTimestamp = nil
	got := new(dto.Histogram)
	ours.fill(got)
	if a, b := got.String(), want.Histogram.String(); a != b {
		t.Errorf("ours\n%s\ntheirs\n%s", a, b)
	}
}

// TestMetricsStill: what was counted is the same after a snapshot, to the last bucket, and goes on from there.
func TestMetricsStill(t *testing.T) {
	d := simulate(7, instant(t, "2026-04-04T00:00:00Z"), 4*time.Hour, 300, 4)
	evs := d.sorted()
	now := &clock{time.UnixMilli(d.end)}
	whole, cut := New(Config{Centre: simCentre(time.UTC), Now: now.now}), New(Config{Centre: simCentre(time.UTC), Now: now.now})
	for i, ev := range evs {
		whole.Apply(ev)
		cut.Apply(ev)
		if i == len(evs)/2 {
			kept := cut.metrics.still()
			cut.metrics = newMetrics(cut) // as after a start
			cut.metrics.restore(kept)
		}
	}
	counts := func(f *Fold) map[string]string {
		out := map[string]string{}
		for name, fam := range gather(t, f.Metrics()) {
			if name != "hotline_agent_state_seconds_total" {
				out[name] = fam.String()
			}
		}
		return out
	}
	if a, b := counts(whole), counts(cut); !maps.Equal(a, b) {
		for name := range a {
			if a[name] != b[name] {
				t.Errorf("%s:\n%s\nafter a snapshot:\n%s", name, a[name], b[name])
			}
		}
	}
}

// TestStateSecondsNeverFallALittle: agents' time is counted anew by each run. Had it gone on from the log, it would fall a
// little below what was last shown after a crash, and Prometheus would add all of it again.
func TestStateSecondsNeverFallALittle(t *testing.T) {
	now := &clock{time.UnixMilli(0)}
	s := &script{}
	s.add(0, hotline.Event{}, hotline.EngineStarted{Version: "1"})
	s.add(1000, hotline.Event{Agent: "a0"}, hotline.AgentSet{State: hotline.AgentReady})
	f := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	s.apply(f)
	now.t = time.UnixMilli(61_000)
	key := "hotline_agent_state_seconds_total{group=a}{state=ready}"
	if got := scrape(t, f)[key]; got != 60 {
		t.Fatalf("ready for %v s, want 60", got)
	}
	f.Apply(hotline.Event{Seq: 3, At: time.UnixMilli(70_000), Fact: hotline.EngineStarted{Version: "1"}}) // after a crash
	now.t = time.UnixMilli(75_000)
	if got := scrape(t, f)[key]; got != 5 {
		t.Errorf("ready for %v s of the second run, want 5", got)
	}
}

// BenchmarkScrape is what one scrape of a large centre costs: 100 queues, 1,000 agents, all kinds of figures in all queues.
func BenchmarkScrape(b *testing.B) {
	c := Centre{Location: time.UTC}
	for i := range 100 {
		q := Queue{ID: hotline.QueueID(fmt.Sprint("queue", i)), Within: 20 * time.Second}
		for a := range 50 {
			q.Agents = append(q.Agents, hotline.AgentID(fmt.Sprint(8000+(i*10+a)%1000)))
		}
		c.Queues = append(c.Queues, q)
	}
	for a := range 1000 {
		c.Agents = append(c.Agents, Agent{ID: hotline.AgentID(fmt.Sprint(8000 + a)), Team: fmt.Sprint(a % 20)})
	}
	now := &clock{time.UnixMilli(1_000_000)}
	f := New(Config{Centre: c, Now: now.now})
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		v := &visit{queue: c.Queues[i%100].ID, outcome: hotline.OutcomeAnswered, wait: rng.Int64N(60_000)}
		f.metrics.visitEnded(v, c.Queues[i%100])
		f.metrics.rang(v.queue, hotline.OfferAnswered, rng.Int64N(15_000))
		f.metrics.handled(&Segment{Queue: v.queue, TalkMS: rng.Int64N(600_000), WrapMS: rng.Int64N(60_000)})
	}
	s := &script{}
	for a := range 1000 {
		s.add(int64(a), hotline.Event{Agent: c.Agents[a].ID}, hotline.AgentSet{State: hotline.AgentReady})
	}
	s.apply(f)
	reg := prometheus.NewRegistry()
	reg.MustRegister(f.Metrics())
	handler := promhttp.HandlerFor(reg, promhttp.HandlerOpts{DisableCompression: true})
	for _, form := range []string{"text/plain", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"} {
		b.Run(form[:8], func(b *testing.B) {
			size := 0
			for b.Loop() {
				now.t = now.t.Add(5 * time.Second)
				r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
				r.Header.Set("Accept", form)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				size = w.Body.Len()
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// TestCountingAllocatesNothing: counting is on the path of every event.
func TestCountingAllocatesNothing(t *testing.T) {
	f := New(Config{Centre: simCentre(time.UTC)})
	v := &visit{queue: "claims", outcome: hotline.OutcomeAnswered, wait: 1234}
	q := f.book.queue("claims")
	if n := testing.AllocsPerRun(100, func() {
		f.metrics.queued(v)
		f.metrics.visitEnded(v, q)
		f.metrics.rang("claims", hotline.OfferAnswered, 4000)
		f.metrics.dispatched(3)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
