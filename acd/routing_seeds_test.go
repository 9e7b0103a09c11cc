package acd

import (
	"cmp"
	"fmt"
	"maps"
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
	for i, a := range tr.plan.Agents {
		for range poisson(rng, float64(len(lengths))/float64(agents)) {
			shift := a.Shifts[rng.IntN(len(a.Shifts))]
			from := shift[0] + rng.Float64()*(shift[1]-shift[0])
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

// candidates are policies of ours that no reference has.
func candidates() []policy {
	en := func(name, strategy string, rule string, ageing, after time.Duration) policy {
		return policy{
			name: name, strategy: strategy, order: centre.Order{Rule: rule, Ageing: ageing}, lift: map[string]int{"en": 1},
			spare: map[string]string{"zh": "en"}, after: after,
		}
	}
	head := func(start, within time.Duration) policy {
		p := en(fmt.Sprintf("head start %v, target %v", start, within), centre.LeastOccupied, "delay_ratio", start, 0)
		p.only, p.within = true, map[string]time.Duration{"en": within}
		return p
	}
	return []policy{
		head(22*time.Second, 20*time.Second),
		head(25*time.Second, 24*time.Second),
		head(30*time.Second, 26*time.Second),
		head(30*time.Second, 30*time.Second),
		head(40*time.Second, 30*time.Second),
		head(40*time.Second, 35*time.Second),
	}
}

// TestSeeds runs the reference policies (as models) and ours (through the router) over generated days and prints the means:
// ROUTING_SEEDS days of each scenario, 2 by default.
func TestSeeds(t *testing.T) {
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("ROUTING_SEEDS")); err == nil {
		seeds = n
	}
	dir, _ := routingFiles(t)
	for _, scenario := range strings.Fields(cmp.Or(os.Getenv("ROUTING_SCENARIOS"), "S4-biling S5-day")) {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			law := readTrace(t, dir, filepath.Join(dir, "trace_"+scenario+"_seed1.csv"))
			sums := make(map[string]map[string]float64)
			var names []string
			add := func(name string, f map[string]float64) {
				if sums[name] == nil {
					sums[name] = make(map[string]float64)
					names = append(names, name)
				}
				for k, x := range f {
					sums[name][k] += x / float64(seeds)
				}
			}
			for seed := range uint64(seeds) {
				tr := generate(law, seed+1)
				for _, m := range models() {
					add(m.name, newModelDay(tr, m).run())
				}
				for _, p := range append(policies(), candidates()...) {
					if p.name != "ref-strict-prio" && p.name != "ref-leastflex-ratio" {
						d := newDay(t, tr, p)
						d.every = 5000
						d.run()
						add("our "+p.name, d.figures())
					}
				}
			}
			t.Log(table(names, sums))
		})
	}
}

func table(names []string, sums map[string]map[string]float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-28s %7s %7s %7s %7s %7s %7s", "", "SL %", "worst", "aband", "ASA", "p99", "spread")
	for _, name := range names {
		f := sums[name]
		fmt.Fprintf(&b, "\n%-28s %7.2f %7.2f %7.2f %7.2f %7.1f %7.2f", name, 100*f["sl"], 100*f["worst"], 100*f["ab"], f["asa"], f["p99"],
			100*f["occ_sd_in_group"])
		for _, k := range slices.Sorted(maps.Keys(f)) {
			if class, ok := strings.CutPrefix(k, "sl_"); ok {
				fmt.Fprintf(&b, "  %s %.2f", class, 100*f[k])
			}
		}
	}
	return b.String()
}
