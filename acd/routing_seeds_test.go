package acd

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline/centre"
)

// generate draws a day from the laws that an agents_SCENARIO.json gives: Poisson arrivals by class and half hour, lognormal or
// exponential service, Weibull or exponential patience; absences as long and as many as those of the given seeds.
func generate(tr *trace, seed uint64) *trace {
	var key [32]byte
	copy(key[:], fmt.Sprint(tr.scenario, seed))
	rng := rand.New(rand.NewChaCha8(key))
	out := &trace{scenario: tr.scenario, seed: "g" + strconv.FormatUint(seed, 10), plan: tr.plan}
	for _, c := range tr.plan.Classes {
		for slot := 0.0; slot < tr.plan.End; slot += 1800 {
			rate := c.Rate[min(int(slot/1800), len(c.Rate)-1)] / 1800
			for at := slot + rng.ExpFloat64()/rate; at < min(slot+1800, tr.plan.End); at += rng.ExpFloat64() / rate {
				out.calls = append(out.calls, call{c.Name, ms(at), ms(c.patience(rng)), ms(c.service(rng))})
			}
		}
	}
	slices.SortStableFunc(out.calls, func(a, b call) int { return int(a.arrival - b.arrival) })
	out.away = make([][][2]float64, len(tr.plan.Agents))
	var lengths []float64
	agents := 0
	for _, list := range tr.plan.Absences {
		agents += len(list)
		for _, away := range list {
			for _, a := range away {
				lengths = append(lengths, a[1]-a[0])
			}
		}
	}
	slices.Sort(lengths) // the map has no order
	if len(lengths) == 0 {
		return out
	}
	for i := range tr.plan.Agents {
		for range poisson(rng, float64(len(lengths))/float64(agents)) {
			from := rng.Float64() * tr.plan.End // at work or not, as on the given days
			out.away[i] = append(out.away[i], [2]float64{from, from + lengths[rng.IntN(len(lengths))]})
		}
	}
	return out
}

func poisson(rng *rand.Rand, mean float64) int {
	n := 0
	for p := rng.Float64(); p > math.Exp(-mean); p *= rng.Float64() {
		n++
	}
	return n
}

func (c callClass) service(rng *rand.Rand) float64 {
	if c.CV == 0 {
		return c.AHT * rng.ExpFloat64()
	}
	s := math.Log(1 + c.CV*c.CV)
	return c.AHT * math.Exp(math.Sqrt(s)*rng.NormFloat64()-s/2)
}

func (c callClass) patience(rng *rand.Rand) float64 {
	if c.PatShape == 0 {
		return c.Patience * rng.ExpFloat64()
	}
	return c.Patience / math.Gamma(1+1/c.PatShape) * math.Pow(rng.ExpFloat64(), 1/c.PatShape)
}

// candidates are policies of ours that no reference has: the longest queue for its size first, and within it who misses the
// target gives way for some seconds to who can make it.
func candidates(scenario string) []policy {
	giveWay := func(strategy string, seconds int) policy {
		return policy{
			name: fmt.Sprintf("queue ratio, give way %d s", seconds), strategy: strategy,
			order: centre.Order{Rule: centre.OrderQueueRatio, GiveWay: time.Duration(seconds) * time.Second, Ring: 3 * time.Second},
		}
	}
	if scenario == "S4-biling" {
		levelled := giveWay(centre.LeastOccupied, 4)
		levelled.name, levelled.only = levelled.name+", load levelled", true
		return []policy{
			giveWay(centre.LeastFlexible, 0), giveWay(centre.LeastFlexible, 3), giveWay(centre.LeastFlexible, 4), levelled, giveWay(centre.LeastFlexible, 30),
			{
				name: "head start 25 s", strategy: centre.LeastOccupied, order: centre.Order{Rule: "aged", Ageing: 25 * time.Second},
				lift: map[string]int{"en": 1}, only: true,
			},
		}
	}
	return []policy{giveWay(centre.LongestIdle, 0), giveWay(centre.LongestIdle, 13)}
}

// TestSeeds runs the reference policies (as models) and ours (through the router) over generated days and prints the means:
// ROUTING_SEEDS days of each scenario, 2 by default, from the seed ROUTING_FIRST on. Behind each policy stands how far it is, in
// pairs, from the reference with the best worst class (ROUTING_BESIDE names another one; slgame, which has 40 s more of p99,
// must be), with the half width of the 95 % interval.
func TestSeeds(t *testing.T) {
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("ROUTING_SEEDS")); err == nil {
		seeds = n
	}
	first := uint64(1)
	if n, err := strconv.ParseUint(os.Getenv("ROUTING_FIRST"), 10, 64); err == nil {
		first = n
	}
	dir, _ := routingFiles(t)
	for _, scenario := range strings.Fields(cmp.Or(os.Getenv("ROUTING_SCENARIOS"), "S4-biling S5-day")) {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			law := readTrace(t, dir, filepath.Join(dir, "trace_"+scenario+"_seed1.csv"))
			days := make(map[string][]map[string]float64)
			var names []string
			add := func(name string, f map[string]float64) {
				if days[name] == nil {
					names = append(names, name)
				}
				days[name] = append(days[name], f)
			}
			for seed := range uint64(seeds) {
				tr := generate(law, first+seed)
				for _, m := range models() {
					add(m.name, newModelDay(tr, m).run())
				}
				for _, p := range append(policies(), candidates(scenario)...) {
					if p.name != "ref-strict-prio" && p.name != "ref-leastflex-ratio" {
						d := newDay(t, tr, p)
						d.every = 5000
						d.run()
						add("our "+p.name, d.figures())
					}
				}
			}
			t.Log(table(names, days))
		})
	}
}

func table(names []string, days map[string][]map[string]float64) string {
	var b strings.Builder
	mean := func(name, metric string) float64 {
		m, _ := spread(days[name], nil, metric)
		return m
	}
	best := names[0]
	for _, name := range names {
		if !strings.HasPrefix(name, "our ") && name != "ref-lia-slgame" && mean(name, "worst") > mean(best, "worst") {
			best = name
		}
	}
	best = cmp.Or(os.Getenv("ROUTING_BESIDE"), best)
	fmt.Fprintf(&b, "\n%-34s %6s %6s %6s %6s %6s %6s   in pairs with %s", "", "SL %", "worst", "aband", "ASA", "p99", "spread", best)
	for _, name := range names {
		fmt.Fprintf(&b, "\n%-34s %6.2f %6.2f %6.2f %6.2f %6.1f %6.2f  ", name, 100*mean(name, "sl"), 100*mean(name, "worst"),
			100*mean(name, "ab"), mean(name, "asa"), mean(name, "p99"), 100*mean(name, "occ_sd_in_group"))
		for _, x := range []struct {
			metric string
			scale  float64
		}{{"sl", 100}, {"worst", 100}, {"ab", 100}, {"p99", 1}} {
			m, half := spread(days[name], days[best], x.metric)
			fmt.Fprintf(&b, " %s %+.2f±%.2f", x.metric, m*x.scale, half*x.scale)
		}
	}
	return b.String()
}

// spread is the mean of a metric, less that of the same days under another policy, and the half width of its 95 % interval.
func spread(days, less []map[string]float64, metric string) (mean, half float64) {
	var sum, squares float64
	n := float64(len(days))
	for i, f := range days {
		x := f[metric]
		if less != nil {
			x -= less[i][metric]
		}
		sum += x
		squares += x * x
	}
	mean = sum / n
	if n > 1 {
		half = 1.96 * math.Sqrt(max(0, squares/n-mean*mean)/(n-1))
	}
	return mean, half
}
