package wire

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

// Times and bounds of asking who is there.
const (
	keepAlivePatience = 4 * time.Second // for an answer: the request and at least two repetitions of it (RFC 3261 §17.1.2.1)
	firstAsked        = 5 * time.Second // phones of a former run are asked once in this time
	probeBurst        = 64              // things done at one go, by a prober that is behind
	probePause        = 10 * time.Millisecond
)

// pulse is one place that is asked whether it lives: a phone's contact, or a server of a trunk.
type pulse struct {
	agent  hotline.AgentID // whose phone it is; empty: a trunk's server
	gate   *Gateway        // the server it is; nil: a phone
	uri    gosip.Uri
	routes []gosip.Uri
	path   Path
	down   bool // as the registrar has told; guarded by its mu

	comeback int // answers running until a dead place lives; 0: one

	// Guarded by the prober's mu.
	place  int           // in its heap; -1: not asked any more
	at     time.Time     // when something is to be done next: to ask, or to stop waiting
	phase  time.Duration // of its turns within the period, which keeps the phones spread evenly
	turn   uint64        // counts the questions: an answer to an earlier one says nothing
	asking bool          // a question is under way
	giveUp func()        // ends it; nil: not yet, or nothing to end
	failed int           // questions running that got no answer
	dead   bool          // two did not
	good   int           // answers running since it died
	asked  time.Time     // when the question under way was
	took   time.Duration // the last answer
}

// prober asks every pulse once in a period, and again at once where no answer comes; two failures running are a death, one
// answer is a life. One goroutine and a heap do it for all of them. A nil prober asks nobody. Safe for use by several
// goroutines; its mu is the innermost lock.
type prober struct {
	every, patience time.Duration
	// ask sends the question; done may be called at once, on any goroutine and never. What it returns, nil or not, ends a
	// question that is no longer waited for.
	ask     func(p *pulse, done func(alive bool)) (giveUp func())
	changed func(p *pulse)           // dead is another than before
	quiet   func(p *pulse) time.Time // until when it need not be asked, as it has shown life by itself; must not call the prober
	metrics *Metrics

	mu      sync.Mutex
	due     pulseHeap
	talking map[Path]int // legs that are up, by the way to their phone
	wake    chan struct{}
}

func newProber(every, patience time.Duration, m *Metrics) *prober {
	if every <= 0 {
		return nil
	}
	return &prober{every: every, patience: patience, metrics: m, talking: make(map[Path]int), wake: make(chan struct{}, 1)}
}

// watch begins to ask, for the first time within the given time.
func (b *prober) watch(p *pulse, within time.Duration) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p.phase = rand.N(b.every)
	p.at = b.turnAfter(p, time.Now())
	if within < b.every {
		p.at = time.Now().Add(rand.N(within))
	}
	heap.Push(&b.due, p)
	b.stir(p)
}

// forget ends asking.
func (b *prober) forget(p *pulse) {
	if b == nil || p == nil {
		return
	}
	b.mu.Lock()
	giveUp := p.giveUp
	if p.place >= 0 {
		heap.Remove(&b.due, p.place)
	}
	p.asking, p.giveUp = false, nil
	b.mu.Unlock()
	if giveUp != nil {
		giveUp()
	}
}

// heard says that the phone has just registered: it lives. One that did not answer before is asked soon.
func (b *prober) heard(p *pulse) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.place < 0 || p.failed == 0 {
		return
	}
	p.failed, p.dead = 0, false
	if !p.asking {
		b.move(p, time.Now())
	}
}

// kill takes the place for dead until it has answered again: whoever called it met silence.
func (b *prober) kill(p *pulse) {
	b.mu.Lock()
	if p.place < 0 || p.dead {
		b.mu.Unlock()
		return
	}
	giveUp := p.giveUp
	p.failed, p.dead, p.good, p.asking, p.giveUp = 2, true, 0, false, nil
	p.turn++ // an answer to a question under way says nothing
	b.move(p, time.Now())
	b.mu.Unlock()
	if giveUp != nil {
		giveUp()
	}
	b.changed(p)
}

// isDead says whether the place is taken for dead.
func (b *prober) isDead(p *pulse) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return p.dead && p.place >= 0
}

// talk says that a leg over the way is up (d 1) or over (d -1): its phone is not asked meanwhile.
func (b *prober) talk(way Path, d int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.talking[way] += d; b.talking[way] <= 0 {
		delete(b.talking, way)
	}
}

// Talk says that a leg over the way is up (d 1) or over (d -1): its phone is not asked whether it lives meanwhile.
func (w *Wire) Talk(way Path, d int) { w.alive.talk(way, d) }

// Talking is how many legs over the way are up.
func (w *Wire) Talking(way Path) int {
	b := w.alive
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.talking[way]
}

// run asks until ctx is done.
func (b *prober) run(ctx context.Context) {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-b.wake:
		}
		t.Reset(b.work())
	}
}

// work does what is due and returns for how long nothing will be. Much at once, after the process stood still, is stretched.
func (b *prober) work() time.Duration {
	for range probeBurst {
		b.mu.Lock()
		if len(b.due) == 0 {
			b.mu.Unlock()
			return time.Hour
		}
		p, now := b.due[0], time.Now()
		if wait := p.at.Sub(now); wait > 0 {
			b.mu.Unlock()
			return wait
		}
		switch {
		case p.asking: // nobody answered
			giveUp := p.giveUp
			changed := b.conclude(p, false, now)
			b.mu.Unlock()
			if giveUp != nil {
				giveUp()
			}
			if changed {
				b.changed(p)
			}
		case p.failed == 0 && b.talking[p.path] > 0:
			b.move(p, b.turnAfter(p, now))
			b.mu.Unlock()
		case p.failed == 0 && b.quiet(p).After(now):
			b.move(p, b.quiet(p))
			b.mu.Unlock()
		default:
			b.question(p, now)
		}
	}
	return probePause
}

// question asks p. b.mu is held and let go.
func (b *prober) question(p *pulse, now time.Time) {
	p.turn++
	turn := p.turn
	p.asking, p.giveUp, p.asked = true, nil, now
	b.move(p, now.Add(b.patience))
	b.mu.Unlock()
	giveUp := b.ask(p, func(alive bool) {
		b.mu.Lock()
		changed := p.asking && p.turn == turn && b.conclude(p, alive, time.Now())
		b.mu.Unlock()
		if changed {
			b.changed(p)
		}
	})
	b.mu.Lock()
	late := p.turn != turn || !p.asking
	if !late {
		p.giveUp, giveUp = giveUp, nil
	}
	forgotten := late && p.place < 0
	b.mu.Unlock()
	if forgotten && giveUp != nil {
		giveUp()
	}
}

// conclude ends the question under way and says whether p has died or come to life by it. b.mu is held.
func (b *prober) conclude(p *pulse, alive bool, now time.Time) (changed bool) {
	was := p.dead
	p.asking, p.giveUp = false, nil
	next := b.turnAfter(p, now)
	if alive {
		p.took = max(now.Sub(p.asked), time.Microsecond)
		if p.good++; !p.dead || p.good >= p.comeback {
			p.failed, p.dead = 0, false
		} else {
			next = now.Add(max(b.every/10, time.Millisecond)) // soon, until it is believed
		}
	} else {
		b.metrics.Unanswered.Add(1)
		p.good = 0
		p.failed++
		p.dead = p.failed > 1
		if p.failed == 1 {
			next = now
		}
	}
	b.move(p, next)
	return was != p.dead
}

// turnAfter is the next of the pulse's own turns.
func (b *prober) turnAfter(p *pulse, now time.Time) time.Time {
	since := now.Sub(time.Unix(0, 0)) - p.phase
	return now.Add(b.every - since%b.every)
}

// move gives p another time. b.mu is held.
func (b *prober) move(p *pulse, at time.Time) {
	if p.place < 0 {
		return
	}
	p.at = at
	heap.Fix(&b.due, p.place)
	b.stir(p)
}

// stir has run look again where p is the first now. b.mu is held.
func (b *prober) stir(p *pulse) {
	if p.place != 0 {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// pulseHeap has the pulse that is due first at its top.
type pulseHeap []*pulse

func (h pulseHeap) Len() int           { return len(h) }
func (h pulseHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h pulseHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *pulseHeap) Push(x any) {
	p := x.(*pulse)
	p.place = len(*h)
	*h = append(*h, p)
}

// Pop implements heap.Interface.
func (h *pulseHeap) Pop() any {
	old := *h
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	p.place = -1
	return p
}
