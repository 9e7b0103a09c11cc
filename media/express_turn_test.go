package media

import (
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
