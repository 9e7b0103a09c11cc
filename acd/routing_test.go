package acd

import (
	"container/heap"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/centre"
)

// TestRouting replays every trace_SCENARIO_seedK.csv of $TESTKIT/routing, or of testdata/routing, through the router on a
// virtual clock and holds what comes of it to the bars of the README there, in a pair with the reference policy of the same
// kind: longest idle, first come first served. -v prints the table.
func TestRouting(t *testing.T) {
	dir := filepath.Join(os.Getenv("TESTKIT"), "routing")
	traces, _ := filepath.Glob(filepath.Join(dir, "trace_*.csv"))
	if os.Getenv("TESTKIT") == "" || len(traces) == 0 {
		dir = filepath.Join("testdata", "routing")
		traces, _ = filepath.Glob(filepath.Join(dir, "trace_*.csv"))
	}
	if len(traces) == 0 {
		t.Fatalf("no traces in %s", dir)
	}
	reference := readReference(t, filepath.Join(dir, "reference.csv"), "ref-lia-fcfs")
	for _, file := range traces {
		m := regexp.MustCompile(`^trace_(.+)_seed(\d+)\.csv$`).FindStringSubmatch(filepath.Base(file))
		if m == nil {
			t.Errorf("%s: no trace's name", file)
			continue
		}
		t.Run(m[1]+"/seed="+m[2], func(t *testing.T) {
			d := newDay(t, dir, m[1], m[2], file)
			d.run()
			d.compare(d.figures(), reference[m[1]+"/"+m[2]])
		})
	}
}

func readReference(t *testing.T, file, policy string) map[string]map[string]float64 {
	t.Helper()
	all := make(map[string]map[string]float64)
	for _, row := range readCSV(t, file) {
		if row["policy"] != policy {
			continue
		}
		key := row["scenario"] + "/" + row["seed"]
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
	Classes []struct {
		Name string
		T    float64
	} `json:"classes"`
	Agents []struct {
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

type caller struct {
	class                      string
	arrival, patience, service int64 // ms
	answered                   int64 // -1: not
	gone                       bool
}

// day is one trace being replayed. Time is milliseconds from its start.
type day struct {
	t       *testing.T
	plan    plan
	router  *Router
	callers map[hotline.VisitID]*caller
	order   []hotline.VisitID
	away    [][][2]float64 // per agent
	todo    todoList
	seq     int
	now     int64
	waiting map[string][]hotline.VisitID // per class, in order
	busy    []float64                    // ms per agent, from warm to end
	since   []int64                      // when the agent's phone began to ring, -1 if free
	rona    int
	steps   int
}

type todo struct {
	at  int64
	seq int
	do  func()
}

type todoList []todo

func (l todoList) Len() int { return len(l) }

func (l todoList) Less(i, j int) bool {
	return l[i].at < l[j].at || l[i].at == l[j].at && l[i].seq < l[j].seq
}
func (l todoList) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l *todoList) Push(x any)   { *l = append(*l, x.(todo)) }
func (l *todoList) Pop() any {
	x := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return x
}

func (d *day) at(ms int64, do func()) {
	d.seq++
	heap.Push(&d.todo, todo{max(ms, d.now), d.seq, do})
}

func ms(seconds float64) int64 { return int64(math.Round(seconds * 1000)) }

func newDay(t *testing.T, dir, scenario, seed, file string) *day {
	d := &day{t: t, callers: map[hotline.VisitID]*caller{}, waiting: map[string][]hotline.VisitID{}}
	data, err := os.ReadFile(filepath.Join(dir, "agents_"+scenario+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &d.plan); err != nil {
		t.Fatal(err)
	}
	c := &centre.Centre{}
	for _, class := range d.plan.Classes {
		// There 1 is the best level and 2 the second choice; here 9 is the best. A second choice is a relax step of no delay.
		level := func(n int) centre.Expr {
			e, err := centre.ParseExpr(fmt.Sprintf("%s >= %d", class.Name, n))
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		timeout := d.plan.RingTimeout
		if timeout == 0 {
			timeout = 15
		}
		c.Queues = append(c.Queues, centre.Queue{
			ID: hotline.QueueID(class.Name), Strategy: centre.LongestIdle, Priority: 5,
			Needs: level(9), Relax: []centre.Relax{{Needs: level(8)}, {Needs: level(7)}},
			RingTimeout: time.Duration(ms(timeout)) * time.Millisecond, WrapUp: centre.WrapUp{Mode: centre.WrapNone},
		})
	}
	for i, a := range d.plan.Agents {
		id := hotline.AgentID(strconv.Itoa(a.ID))
		skills := make(map[string]int)
		for s, level := range a.Skills {
			skills[s] = 10 - level
		}
		c.Agents = append(c.Agents, centre.Agent{ID: id, Skills: skills})
		for _, shift := range a.Shifts {
			d.at(ms(shift[0]), func() { d.set(id, hotline.AgentReady) })
			d.at(ms(shift[1]), func() { d.set(id, hotline.AgentSignedOut) })
		}
		d.since = append(d.since, -1)
		d.busy = append(d.busy, 0)
		var away [][2]float64
		if all := d.plan.Absences[seed]; i < len(all) {
			away = all[i]
		}
		d.away = append(d.away, away)
	}
	d.router = NewRouter("main", c)
	for _, row := range readCSV(t, file) {
		d.caller(row)
	}
	return d
}

func (d *day) caller(row map[string]string) {
	num := func(name string) int64 {
		n, err := strconv.ParseInt(row[name], 10, 64)
		if err != nil {
			d.t.Fatal(err)
		}
		return n
	}
	c := &caller{class: row["class"], arrival: num("arrival_ms"), patience: num("patience_ms"), service: num("service_ms"), answered: -1}
	contact := hotline.ContactID(row["call"])
	v := contact.Visit(1)
	d.callers[v] = c
	d.order = append(d.order, v)
	d.at(c.arrival, func() {
		d.step(hotline.Enqueue{Contact: contact, Call: hotline.CallID(contact), Visit: v, Queue: hotline.QueueID(c.class)})
		d.at(c.arrival+c.patience, func() {
			if c.answered < 0 {
				c.gone = true
				d.step(hotline.Leave{Visit: v, Outcome: hotline.OutcomeAbandoned})
			}
		})
	})
}

func (d *day) set(id hotline.AgentID, state hotline.AgentState) {
	d.step(hotline.SetDevice{Agent: id, Up: true})
	d.step(hotline.SetAgent{Agent: id, State: state, Source: hotline.SourceAgent})
}

func (d *day) run() {
	for len(d.todo) > 0 {
		due, ok := d.router.Next()
		if ok && due.UnixMilli() < d.todo[0].at {
			d.now = due.UnixMilli()
			d.step(hotline.Tick{})
			continue
		}
		next := heap.Pop(&d.todo).(todo)
		d.now = next.at
		next.do()
	}
}

func (d *day) step(q hotline.Request) {
	evs, err := d.router.Step(time.UnixMilli(d.now), q)
	if err != nil {
		d.t.Fatalf("%T: %v", q, err)
	}
	for _, ev := range evs {
		d.hear(ev)
	}
	if d.steps++; d.steps%100 == 0 {
		if err := d.router.Check(); err != nil { // among others: nobody waits while a fitting agent is ready
			d.t.Fatal(err)
		}
	}
}

func (d *day) hear(ev hotline.Event) {
	i, _ := strconv.Atoi(string(ev.Agent))
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		class := string(ev.Queue)
		d.waiting[class] = append(d.waiting[class], f.Visit)
	case hotline.Offered:
		d.offered(ev, f, i)
	case hotline.OfferLost:
		if f.Result == hotline.OfferNoAnswer {
			d.rona++
			d.back(ev.Agent, i)
		}
		d.free(i)
		if f.Result == hotline.OfferNoAnswer { // back in its place
			list := append(d.waiting[string(ev.Queue)], f.Visit)
			slices.SortFunc(list, func(a, b hotline.VisitID) int { return int(d.callers[a].arrival - d.callers[b].arrival) })
			d.waiting[string(ev.Queue)] = list
		}
	case hotline.Connected:
		c := d.callers[f.Visit]
		c.answered = d.now - c.arrival
		d.at(d.now+c.service, func() {
			d.free(i)
			d.step(hotline.Release{Agent: ev.Agent, Call: ev.Call, Cause: hotline.CauseHangup})
		})
	case hotline.Abandoned:
		d.waiting[string(ev.Queue)] = without(d.waiting[string(ev.Queue)], f.Visit)
	}
}

// offered lets the phone ring, and holds the offer to the order: nobody whom the agent could serve was there before.
func (d *day) offered(ev hotline.Event, f hotline.Offered, i int) {
	mine := d.callers[f.Visit]
	for class := range d.plan.Agents[i].Skills {
		if list := d.waiting[class]; len(list) > 0 && d.callers[list[0]].arrival < mine.arrival {
			d.t.Errorf("visit %s of %s is served before %s of %s", f.Visit, mine.class, list[0], class)
		}
	}
	d.waiting[mine.class] = without(d.waiting[mine.class], f.Visit)
	d.since[i] = d.now
	for _, away := range d.away[i] {
		if s := float64(d.now) / 1000; s >= away[0] && s+d.plan.Ring < away[1] {
			return // rings unanswered
		}
	}
	d.at(d.now+ms(d.plan.Ring), func() {
		if o := d.router.offers[f.Offer]; o != nil {
			d.step(hotline.Accept{Offer: f.Offer, Leg: "leg"})
		}
	})
}

// back brings an agent that let it ring back when the absence is over and the shift is not.
func (d *day) back(id hotline.AgentID, i int) {
	for _, away := range d.away[i] {
		s := float64(d.now) / 1000
		if s < away[0] || s-d.plan.RingTimeout >= away[1] {
			continue
		}
		d.at(ms(away[1]), func() {
			for _, shift := range d.plan.Agents[i].Shifts {
				if at := float64(d.now) / 1000; at >= shift[0] && at < shift[1] {
					d.set(id, hotline.AgentReady)
				}
			}
		})
		return
	}
	d.t.Errorf("agent %s let it ring without being away", id)
}

// free ends the time that the agent's phone rang or the agent was in a call.
func (d *day) free(i int) {
	if d.since[i] >= 0 {
		from, to := max(d.since[i], ms(d.plan.Warm)), min(d.now, ms(d.plan.End))
		d.busy[i] += float64(max(0, to-from))
		d.since[i] = -1
	}
}

// figures are those of reference.csv, over the calls that arrived between warm and end.
func (d *day) figures() map[string]float64 {
	target := make(map[string]float64)
	for _, c := range d.plan.Classes {
		target[c.Name] = c.T * 1000
	}
	var offered, answered, within, abandoned, wait float64
	var waits []float64
	for _, v := range d.order {
		c := d.callers[v]
		if c.answered < 0 && !c.gone {
			d.t.Errorf("visit %s never ended", v)
		}
		if c.arrival < ms(d.plan.Warm) || c.arrival >= ms(d.plan.End) {
			continue
		}
		offered++
		if c.gone {
			abandoned++
			continue
		}
		answered++
		wait += float64(c.answered)
		waits = append(waits, float64(c.answered)/1000)
		if float64(c.answered) <= target[c.class] {
			within++
		}
	}
	slices.Sort(waits)
	return map[string]float64{
		"sl": within / offered, "ab": abandoned / offered, "asa": wait / answered / 1000,
		"p99": waits[int(math.Ceil(0.99*float64(len(waits))))-1], "rona": float64(d.rona),
		"occ_sd_in_group": d.spread(),
	}
}

// spread is the deviation of the agents' occupancy from their group's mean.
func (d *day) spread() float64 {
	groups := make(map[string][]float64)
	for i, a := range d.plan.Agents {
		var paid float64
		for _, s := range a.Shifts {
			paid += max(0, min(s[1], d.plan.End)-max(s[0], d.plan.Warm))
		}
		if paid > 0 {
			groups[a.Group] = append(groups[a.Group], d.busy[i]/1000/paid)
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

func (d *day) compare(got, want map[string]float64) {
	if want == nil {
		d.t.Logf("no reference: %v", got)
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
			d.t.Errorf("%s %.4f, reference %.4f: beyond the bar", b.metric, got[b.metric], want[b.metric])
		}
	}
	d.t.Log(d.steps, "steps", table.String())
}
