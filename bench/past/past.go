// Package past makes up the past of a centre: months of contacts and of agents' days as the facts that an engine would have
// written, in their order, from a seed. It simulates the centre in virtual time, contact by contact, and holds only what is up
// at the moment, so that ten million contacts need no more memory than a hundred. The same Config gives the same events.
package past

import (
	"container/heap"
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"hotline"
)

// Config is the centre and how much it has been called. The zero value of a field is its default.
type Config struct {
	Seed     uint64
	Start    time.Time      // first day, taken at midnight; 30 days before 2026-11-01
	Location *time.Location // of the centre's days; Asia/Shanghai, or 8 hours east of UTC where no zones are installed
	Days     int            // 30
	Contacts int            // about so many inbound contacts in all; 10,000
	Queues   int            // 1 to 40; 4
	Agents   int            // as many as the contacts need
}

// Shard is the shard of all facts.
const Shard hotline.ShardID = "main"

func (c Config) withDefaults() Config {
	if c.Location == nil {
		c.Location = zone()
	}
	if c.Days <= 0 {
		c.Days = 30
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2026, 11, 1, 0, 0, 0, 0, c.Location).AddDate(0, 0, -c.Days)
	}
	y, m, d := c.Start.In(c.Location).Date()
	c.Start = time.Date(y, m, d, 0, 0, 0, 0, c.Location)
	if c.Contacts <= 0 {
		c.Contacts = 10_000
	}
	if c.Queues <= 0 {
		c.Queues = 4
	}
	c.Queues = min(c.Queues, 40)
	if c.Agents <= 0 { // an agent takes about 60 calls a day, on five of seven days
		c.Agents = max(16, 2*c.Queues, c.Contacts/c.Days/42)
	}
	return c
}

func zone() *time.Location {
	if l, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		return l
	}
	return time.FixedZone("UTC+8", 8*3600)
}

// world is the centre in virtual time. It belongs to one goroutine.
type world struct {
	cfg    Config
	rand   *rand.Rand
	now    int64 // Unix ms
	end    int64
	seq    uint64
	timers timers
	order  uint64 // of timers set, so that those of one moment keep it
	out    []hotline.Event
	queues []*queue
	agents []*agent
	ids    uint64 // calls so far
	pool   int    // customers
	open   bool   // the centre's hours
}

// Events is the past, numbered from 1. It may be ranged over again: it begins anew each time.
func Events(cfg Config) iter.Seq[hotline.Event] {
	return func(yield func(hotline.Event) bool) {
		w := newWorld(cfg)
		w.put(hotline.Event{Fact: hotline.EngineStarted{Version: "past"}})
		w.put(hotline.Event{Fact: hotline.CentreApplied{SHA256: "past", By: "start"}})
		w.day(0)
		for {
			for _, ev := range w.out {
				if !yield(ev) {
					return
				}
			}
			w.out = w.out[:0]
			if len(w.timers) == 0 {
				return
			}
			t := heap.Pop(&w.timers).(timer)
			w.now = t.at
			t.do()
		}
	}
}

func newWorld(cfg Config) *world {
	cfg = cfg.withDefaults()
	w := &world{
		cfg: cfg, rand: rand.New(rand.NewPCG(cfg.Seed, 0x686f746c696e65)), now: cfg.Start.UnixMilli(),
		end: cfg.Start.AddDate(0, 0, cfg.Days).UnixMilli(), pool: max(100, cfg.Contacts/4),
	}
	for i := range cfg.Queues {
		w.queues = append(w.queues, &queue{index: i, id: queueID(i), share: share(i, cfg.Queues), talk: 90_000 + float64(i%5)*45_000})
	}
	for i := range cfg.Agents {
		w.agents = append(w.agents, w.newAgent(i))
	}
	return w
}

// share is how much of the calls is for a queue: each gets three quarters of the one before, but for a floor.
func share(i, n int) float64 {
	sum := 0.0
	for k := range n {
		sum += math.Max(math.Pow(0.75, float64(k)), 0.05)
	}
	return math.Max(math.Pow(0.75, float64(i)), 0.05) / sum
}

// put writes a fact down.
func (w *world) put(ev hotline.Event) {
	w.seq++
	ev.Seq, ev.At = w.seq, time.UnixMilli(w.now).UTC()
	w.out = append(w.out, ev)
}

// after does something so many milliseconds from now.
func (w *world) after(ms int64, do func()) {
	w.order++
	heap.Push(&w.timers, timer{w.now + max(ms, 1), w.order, do})
}

// at does something at a time; at once if that is over.
func (w *world) at(ms int64, do func()) { w.after(ms-w.now, do) }

func (w *world) chance(p float64) bool { return w.rand.Float64() < p }

// between is a time in ms, any as likely as the other.
func (w *world) between(lo, hi int64) int64 { return lo + w.rand.Int64N(hi-lo) }

// expo is a time in ms as patience has it.
func (w *world) expo(mean float64) int64 { return int64(w.rand.ExpFloat64() * mean) }

// long is a time in ms as talks have it: log-normal of that mean.
func (w *world) long(mean float64) int64 {
	const sigma = 0.7
	return int64(math.Exp(math.Log(mean)-sigma*sigma/2+sigma*w.rand.NormFloat64())) + 800
}

func (w *world) time(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// timer is something to be done at a time.
type timer struct {
	at    int64
	order uint64
	do    func()
}

type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].order < t[j].order
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	old := *t
	x := old[len(old)-1]
	old[len(old)-1] = timer{}
	*t = old[:len(old)-1]
	return x
}
