package media

import (
	"net/netip"
	"sync"
	"testing"
	"time"
)

// talk says packets of 20 ms without a pause longer than needed until stop is closed.
func (p *teller) talk(every time.Duration, stop chan struct{}, wg *sync.WaitGroup) {
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				p.say(160)
			}
		}
	})
}

// A Play comes between while the kernel passes packets on, again and again: what the phone gets is one stream, without a number
// left out or used twice.
func TestPlayWhileBypassed(t *testing.T) {
	e := kernelEngine(t)
	x, y := &teller{socket: realPhone(t, e, PCMA)}, &teller{socket: realPhone(t, e, PCMA)}
	for _, p := range []*teller{x, y} {
		go p.listen()
		p.leg.SetTap(p)
	}
	if err := e.Mix([]Row{{x.leg, []*Leg{y.leg}}, {y.leg, []*Leg{x.leg}}}); err != nil {
		t.Fatal(err)
	}
	for range 60 {
		x.say(160)
		y.say(160)
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	x.talk(time.Millisecond, stop, &wg)
	for range tries(20) {
		had := x.leg.Stats().Bypassed
		await(t, "the lane is open", func() bool { return x.leg.Stats().Bypassed > had })
		y.leg.Play("p", []*Clip{Silence(time.Minute)}, false)
		was := y.count()
		await(t, "it plays", func() bool { return y.count() > was+3 })
		y.leg.Stop("p")
	}
	close(stop)
	wg.Wait()
	x.say(160)
	x.crossed(y)
	y.mu.Lock()
	defer y.mu.Unlock()
	for i, a := range y.heard[1:] {
		if a.Step != 1 || !a.SSRC || int32(a.Ticks) < 0 {
			t.Errorf("packet %d of %d: %+v", i+1, len(y.heard), a)
		}
	}
}

func (p *teller) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.heard)
}

// bypassed has two who hear each other talk until the kernel passes both on, and returns how many packets each has said. A busy machine may
// take some tries: the next packet must not be there before the lane is.
func bypassed(t *testing.T, x, y *socket) (said uint64) {
	t.Helper()
	for range 5000 {
		x.send()
		y.read()
		y.send()
		x.read()
		if said++; x.leg.Stats().Bypassed > 0 && y.leg.Stats().Bypassed > 0 {
			return said
		}
	}
	t.Fatal("the kernel passes nothing on")
	return 0
}

// What the kernel passes on costs no allocation either, neither there nor where it is read.
func TestBypassDoesNotAllocate(t *testing.T) {
	e := kernelEngine(t)
	x, y := realPhone(t, e, PCMA), realPhone(t, e, PCMA)
	tap := &countingTap{}
	x.leg.SetTap(tap)
	if err := e.Mix([]Row{{x.leg, []*Leg{y.leg}}, {y.leg, []*Leg{x.leg}}}); err != nil {
		t.Fatal(err)
	}
	both := func() {
		x.send()
		y.read()
		y.send()
		x.read()
	}
	said := bypassed(t, x, y)
	had := x.leg.Stats().Bypassed
	if got := testing.AllocsPerRun(2000, both); got != 0 {
		t.Errorf("%v allocations for two packets", got)
	}
	await(t, "all are read", func() bool { return x.leg.Stats().Received == said+2001 })
	if n := x.leg.Stats().Bypassed - had; n < 2000 {
		t.Errorf("only %d went by the kernel", n)
	}
	x.leg.Close()
	if n := int(said) + 2001; tap.frames != n || tap.bytes != 160*n {
		t.Errorf("%d frames tapped", tap.frames)
	}
}

// When packets would have to go by another interface the lane is shut: the sockets follow the routes.
func TestRoadChanges(t *testing.T) {
	e := kernelEngine(t)
	x, y := realPhone(t, e, PCMA), realPhone(t, e, PCMA)
	if err := e.Mix([]Row{{x.leg, []*Leg{y.leg}}, {y.leg, []*Leg{x.leg}}}); err != nil {
		t.Fatal(err)
	}
	bypassed(t, x, y)
	way := &x.leg.express
	live := func() bool {
		way.mu.Lock()
		defer way.mu.Unlock()
		return way.live != nil && way.lane.IsOpen()
	}
	x.leg.watchRoad(e.Now() + 2*roadEvery)
	if !live() {
		t.Fatal("the lane is shut though nothing has changed")
	}
	way.mu.Lock()
	way.way.To = netip.MustParseAddrPort("192.0.2.1:4000")
	way.due = 0
	way.mu.Unlock()
	x.leg.watchRoad(e.Now())
	if live() {
		t.Error("the lane is open though its packets would go elsewhere")
	}
	x.send()
	if h, _ := y.read(); h.ssrc != y.leg.out.ssrc {
		t.Errorf("%+v", h)
	}
}
