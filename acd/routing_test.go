package acd

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline/centre"
)

// policy is a way to route, as a centre file can say it.
type policy struct {
	name     string // of the reference that it is held to, or our own
	strategy string
	order    centre.Order
	priority bool           // a class's priority counts
	delay    time.Duration  // before agents of a lower level are asked
	lift     map[string]int // priority points of a class, worth order.Ageing each
	weights  bool           // the order's target is the class's divided by its weight
	only     bool           // who can do nothing else is asked first, then by the strategy
	score    func(c callClass, now, arrival int64) float64
}

// policies are the policies of reference.csv that a centre file can say.
func policies() []policy {
	fcfs := func(_ callClass, _, arrival int64) float64 { return -float64(arrival) }
	return []policy{
		{name: "ref-lia-fcfs", strategy: centre.LongestIdle, score: fcfs},
		{name: "ref-strict-prio", strategy: centre.LongestIdle, priority: true, score: func(c callClass, _, arrival int64) float64 {
			return float64(c.Prio)*1e12 - float64(arrival)
		}},
		{name: "ref-leastflex-fcfs", strategy: centre.LeastFlexible, score: fcfs},
		{
			name: "ref-leastflex-ratio", strategy: centre.LeastFlexible, order: centre.Order{Rule: "delay_ratio"}, weights: true,
			score: func(c callClass, now, arrival int64) float64 { return float64(now-arrival) / c.T * c.W },
		},
		{name: "ref-lowest-occ-fcfs", strategy: centre.LeastOccupied, score: fcfs},
	}
}

// TestRouting replays every trace_SCENARIO_seedK.csv of $TESTKIT/routing, or of testdata/routing, through the router on a
// virtual clock, once for each policy, and holds what comes of it to the bars of the README there, in a pair with the same
// policy's reference. -v prints the tables.
func TestRouting(t *testing.T) {
	dir, files := routingFiles(t)
	reference := readReference(t, filepath.Join(dir, "reference.csv"))
	for _, file := range files {
		tr := readTrace(t, dir, file)
		for _, p := range policies() {
			t.Run(tr.scenario+"/seed="+tr.seed+"/"+p.name, func(t *testing.T) {
				want := reference[tr.scenario+"/"+tr.seed+"/"+p.name]
				if want == nil && p.name != "ref-lia-fcfs" {
					t.Skip("no reference")
				}
				d := newDay(t, tr, p)
				d.run()
				compare(t, d.figures(), want)
			})
		}
	}
}

func routingFiles(t *testing.T) (dir string, traces []string) {
	t.Helper()
	dir = filepath.Join(os.Getenv("TESTKIT"), "routing")
	traces, _ = filepath.Glob(filepath.Join(dir, "trace_*.csv"))
	if os.Getenv("TESTKIT") == "" || len(traces) == 0 {
		dir = filepath.Join("testdata", "routing")
		traces, _ = filepath.Glob(filepath.Join(dir, "trace_*.csv"))
	}
	if len(traces) == 0 {
		t.Fatalf("no traces in %s", dir)
	}
	return dir, traces
}

// readReference returns scenario/seed/policy → metric → value.
func readReference(t *testing.T, file string) map[string]map[string]float64 {
	t.Helper()
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no %s: put the reference policies' figures of these traces beside them, as testdata/routing has them", file)
	}
	all := make(map[string]map[string]float64)
	for _, row := range readCSV(t, file) {
		key := row["scenario"] + "/" + row["seed"] + "/" + row["policy"]
		if all[key] == nil {
			all[key] = make(map[string]float64)
		}
		x, err := strconv.ParseFloat(row["value"], 64)
		if err != nil {
			t.Fatal(err)
		}
		all[key][row["metric"]] = x
	}
	return all
}

func readCSV(t *testing.T, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		m := make(map[string]string)
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		all = append(all, m)
	}
	return all
}

// plan is an agents_SCENARIO.json.
type plan struct {
	Classes []callClass `json:"classes"`
	Agents  []struct {
		ID     int            `json:"id"`
		Group  string         `json:"group"`
		Skills map[string]int `json:"skills"`
		Shifts [][2]float64   `json:"shifts_s"`
	} `json:"agents"`
	Ring        float64                   `json:"ring_s"`
	RingTimeout float64                   `json:"ring_timeout_s"`
	Warm        float64                   `json:"warm_s"`
	End         float64                   `json:"end_s"`
	Absences    map[string][][][2]float64 `json:"agent_absences_by_seed"`
}

// callClass is a class of callers. What is not needed for a replay describes the law that the trace was drawn from.
type callClass struct {
	Name     string
	T        float64   // target, s
	W        float64   // weight in the queue ratio
	Prio     int       // higher first
	Rate     []float64 // calls in a half hour, one for each; a single one: all the time
	AHT      float64   // mean service, s
	CV       float64   // of the service, lognormal; 0: exponential
	Patience float64   // mean, s
	PatShape float64   // of a Weibull law; 0: exponential
}

// trace is the callers of one day. Times are milliseconds from its start.
type trace struct {
	scenario, seed string
	plan           plan
	calls          []call
	away           [][][2]float64 // per agent, s
}

type call struct {
	class                      string
	arrival, patience, service int64
}

func readTrace(t *testing.T, dir, file string) *trace {
	t.Helper()
	m := regexp.MustCompile(`^trace_(.+)_seed(\d+)\.csv$`).FindStringSubmatch(filepath.Base(file))
	if m == nil {
		t.Fatalf("%s: no trace's name", file)
	}
	tr := &trace{scenario: m[1], seed: m[2]}
	data, err := os.ReadFile(filepath.Join(dir, "agents_"+tr.scenario+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &tr.plan); err != nil {
		t.Fatal(err)
	}
	for _, row := range readCSV(t, file) {
		num := func(name string) int64 {
			n, err := strconv.ParseInt(row[name], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		tr.calls = append(tr.calls, call{row["class"], num("arrival_ms"), num("patience_ms"), num("service_ms")})
	}
	tr.away = make([][][2]float64, len(tr.plan.Agents))
	copy(tr.away, tr.plan.Absences[tr.seed])
	return tr
}

func ms(seconds float64) int64 { return int64(math.Round(seconds * 1000)) }

// result is what became of a trace: for each call the wait in ms, or -1 if it was abandoned; for each agent the busy time in
// ms between warm and end.
type result struct {
	*trace
	waits []int64
	busy  []float64
	rona  int
}

// figures are those of reference.csv, over the calls that arrived between warm and end.
func (r *result) figures() map[string]float64 {
	out := make(map[string]float64)
	var offered, answered, within, abandoned, wait float64
	var waits []float64
	worst := 1.0
	for _, class := range r.plan.Classes {
		var all, in float64
		for i, c := range r.calls {
			if c.class != class.Name || c.arrival < ms(r.plan.Warm) || c.arrival >= ms(r.plan.End) {
				continue
			}
			all++
			if r.waits[i] < 0 {
				abandoned++
				continue
			}
			answered++
			wait += float64(r.waits[i])
			waits = append(waits, float64(r.waits[i])/1000)
			if float64(r.waits[i]) <= class.T*1000 {
				in++
			}
		}
		offered, within = offered+all, within+in
		out["sl_"+class.Name] = in / all
		worst = min(worst, in/all)
	}
	slices.Sort(waits)
	out["sl"], out["ab"], out["asa"], out["worst"] = within/offered, abandoned/offered, wait/answered/1000, worst
	out["p99"], out["rona"] = waits[int(math.Ceil(0.99*float64(len(waits))))-1], float64(r.rona)
	out["occ_sd_in_group"] = r.spread()
	return out
}

// spread is the deviation of the agents' occupancy from their group's mean.
func (r *result) spread() float64 {
	groups := make(map[string][]float64)
	for i, a := range r.plan.Agents {
		var paid float64
		for _, s := range a.Shifts {
			paid += max(0, min(s[1], r.plan.End)-max(s[0], r.plan.Warm))
		}
		if paid > 0 {
			groups[a.Group] = append(groups[a.Group], r.busy[i]/1000/paid)
		}
	}
	var squares float64
	n := 0
	for _, g := range groups {
		var sum float64
		for _, x := range g {
			sum += x
		}
		for _, x := range g {
			squares += (x - sum/float64(len(g))) * (x - sum/float64(len(g)))
			n++
		}
	}
	return math.Sqrt(squares / float64(n))
}

// compare holds figures to the bars.
func compare(t *testing.T, got, want map[string]float64) {
	t.Helper()
	if want == nil {
		t.Logf("no reference: %v", got)
		return
	}
	bars := []struct {
		metric   string
		down, up float64 // how far below and above the reference it may be
		unit     string
		scale    float64
	}{
		{"sl", 0.005, 0.005, "pt", 100},
		{"ab", math.Inf(1), 0.002, "pt", 100},
		{"asa", math.Inf(1), 0.2, "s", 1},
		{"p99", math.Inf(1), 1.5, "s", 1},
		{"rona", math.Inf(1), 5, "rings", 1},
		{"occ_sd_in_group", math.Inf(1), 0.003, "pt", 100},
	}
	var table strings.Builder
	for _, b := range bars {
		delta := got[b.metric] - want[b.metric]
		fmt.Fprintf(&table, "\n%-16s %9.4f  reference %9.4f  %+.3f %s", b.metric, got[b.metric], want[b.metric], delta*b.scale, b.unit)
		if delta > b.up || delta < -b.down {
			t.Errorf("%s %.4f, reference %.4f: beyond the bar", b.metric, got[b.metric], want[b.metric])
		}
	}
	t.Log(table.String())
}
