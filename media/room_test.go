package media

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// singer is a phone that says one tone all the time.
type singer struct {
	*phone
	hertz, level float64
	codec        Codec
	ptime        time.Duration
	clock        float64       // of the phone's sound card against the engine's: 1 is equal
	shake        time.Duration // of what it sends, at most
	luck         *rand.Rand
	mute         bool
	said         int // samples
	all          []sentRTP
}

func (b *bench) singer(i int, hertz float64) *singer {
	return &singer{
		phone: b.phone(fmt.Sprintf("127.0.0.1:%d", 6000+2*i)), hertz: hertz, level: 4000, codec: PCMA, ptime: 20 * time.Millisecond, clock: 1,
		luck: rand.New(rand.NewPCG(uint64(i), 3)),
	}
}

// sing says one packet.
func (s *singer) sing() {
	n := int(s.ptime.Milliseconds()) * 8
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(s.level * math.Sin(2*math.Pi*s.hertz*float64(s.said+i)/SampleRate))
	}
	s.said += n
	b := make([]byte, n)
	s.codec.Encode(b, pcm)
	h := s.next
	h.payload = uint8(s.codec)
	if !s.mute {
		s.send(h, b)
	}
	s.next.seq++
	s.next.ts += uint32(n)
}

// sings lets them all sing for a while, each with a phase of its own, and keeps what each was sent.
func sings(d time.Duration, all ...*singer) {
	done := make(chan struct{})
	for i, s := range all {
		go func() {
			defer func() { done <- struct{}{} }()
			time.Sleep(time.Duration(i*7%20) * time.Millisecond)
			each, start := time.Duration(float64(s.ptime)/s.clock), time.Now()
			for k := range int(d / s.ptime) {
				late := time.Duration(0)
				if s.shake > 0 {
					late = time.Duration(s.luck.Int64N(int64(s.shake)))
				}
				time.Sleep(time.Until(start.Add(time.Duration(k)*each + late)))
				s.sing()
			}
			time.Sleep(time.Until(start.Add(time.Duration(d/s.ptime) * each)))
		}()
	}
	for range all {
		<-done
	}
	for _, s := range all {
		s.all = append(s.all, s.hears()...)
	}
}

// heard is the sound of what it was sent since the packet at from, in samples of 8 kHz; what the stream leaves out is 0.
func (s *singer) heard(from int) []int16 {
	var pcm []int16
	for i, p := range s.all[from:] {
		if i > 0 {
			for range int32(p.h.ts-s.all[from].h.ts) - int32(len(pcm)) {
				pcm = append(pcm, 0)
			}
		}
		out := make([]int16, len(p.payload))
		Codec(p.h.payload).Decode(out, p.payload)
		pcm = append(pcm, out...)
	}
	return pcm
}

// level is the peak of a tone in pcm (Goertzel).
func toneIn(pcm []int16, hertz float64) float64 {
	w := 2 * math.Pi * hertz / SampleRate
	var a, b float64
	for i, v := range pcm {
		hann := 1 - math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))
		a, b = hann*float64(v)+2*math.Cos(w)*a-b, a
	}
	power := a*a + b*b - 2*math.Cos(w)*a*b
	return 2 * math.Sqrt(max(power, 0)) / float64(len(pcm))
}

func (b *bench) mix(rows ...Row) {
	b.t.Helper()
	if err := b.engine.Mix(rows); err != nil {
		b.t.Fatal(err)
	}
}

// conference is the rows of a conference of all.
func conference(all ...*singer) []Row {
	var legs []*Leg
	for _, s := range all {
		legs = append(legs, s.leg)
	}
	var rows []Row
	for _, l := range legs {
		rows = append(rows, Row{l, others(l, legs)})
	}
	return rows
}

// hearsOnly checks that of the tones of all a singer hears those given at full level, and no other.
func hearsOnly(t *testing.T, s *singer, from int, all []*singer, want ...*singer) {
	t.Helper()
	pcm := s.heard(from)
	if len(pcm) < SampleRate/2 {
		t.Fatalf("%v Hz hears only %d samples", s.hertz, len(pcm))
	}
	pcm = pcm[len(pcm)/4:]
	for _, o := range all {
		level := toneIn(pcm, o.hertz)
		if wanted := slices.Contains(want, o); wanted && (level < 0.85*o.level || level > 1.1*o.level) || !wanted && level > 0.02*o.level {
			t.Errorf("%v Hz hears %v Hz at %.0f of %.0f, should it: %v", s.hertz, o.hertz, level, o.level, wanted)
		}
	}
}

func TestConference(t *testing.T) {
	for _, n := range []int{3, 5, 32} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			var all []*singer
			for i := range n {
				s := b.singer(i, 300+97.31*float64(i))
				s.level = 28000 / float64(n)
				s.ptime = []time.Duration{20, 10, 30, 60}[i%4] * time.Millisecond
				p := s.params()
				p.PTime = s.ptime
				if i%3 == 1 {
					s.codec = PCMU
					p.Codec, p.PayloadType = PCMU, 0
				}
				s.leg.Configure(p)
				all = append(all, s)
			}
			b.mix(conference(all...)...)
			sings(3*time.Second, all...)
			for i, s := range all {
				oneStream(t, s.all)
				from := len(s.all) / 3
				hearsOnly(t, s, from, all, others2(all, s)...)
				for k, p := range s.all[from:] {
					if before := s.all[from+k-1]; p.h.ts-before.h.ts != uint32(s.ptime.Milliseconds())*8 || p.h.payload != uint8(s.codec) {
						t.Fatalf("singer %d: packet %+v after %+v", i, p.h, before.h)
					}
				}
			}
		})
	}
}

// TestFramesOfAMixGrow: when the one who asked for short packets asks for longer ones or goes, frames become longer in the middle of
// the others' packets. A packet that has no room for one more is sent as it is.
func TestFramesOfAMixGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		var all []*singer
		configure := func(s *singer) {
			p := s.params()
			p.PTime = s.ptime
			s.leg.Configure(p)
		}
		for i, ptime := range []time.Duration{60, 60, 20, 30} {
			s := b.singer(i, 300+97.31*float64(i))
			s.ptime = ptime * time.Millisecond
			configure(s)
			all = append(all, s)
		}
		b.mix(conference(all...)...)
		odd := all[3]
		for i := range 40 {
			odd.ptime = []time.Duration{30, 20}[i%2] * time.Millisecond
			configure(odd)
			sings(time.Duration(200+10*(i%7))*time.Millisecond, all...)
		}
		for i, s := range all {
			if n := s.leg.Stats().Faults; n != 0 {
				t.Errorf("singer %d: %d faults", i, n)
			}
			from := len(s.all) / 2
			for k, p := range s.all[from:] {
				if gap := p.h.ts - s.all[from+k-1].h.ts; gap > 60*8 {
					t.Errorf("singer %d: %d ms without a packet", i, gap/8)
				}
			}
			if last := s.all[len(s.all)-1].at; time.Since(last) > 100*time.Millisecond {
				t.Errorf("singer %d: nothing for %v", i, time.Since(last))
			}
		}
	})
}

// TestFaultOfAMixIsOver: a conference outlives a packet that cannot be.
func TestFaultOfAMixIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		all := []*singer{b.singer(0, 300), b.singer(1, 400), b.singer(2, 500)}
		for _, s := range all {
			s.leg.Configure(s.params())
		}
		b.mix(conference(all...)...)
		sings(500*time.Millisecond, all...)
		synctest.Wait()
		all[1].leg.mixing.voice.filled = 10_000
		sings(500*time.Millisecond, all...)
		faults := uint64(0)
		for i, s := range all {
			faults += s.leg.Stats().Faults
			if last := s.all[len(s.all)-1].at; time.Since(last) > 100*time.Millisecond {
				t.Errorf("singer %d: nothing for %v", i, time.Since(last))
			}
		}
		if faults != 1 {
			t.Errorf("%d faults", faults)
		}
	})
}

func others2(all []*singer, but ...*singer) []*singer {
	return slices.DeleteFunc(slices.Clone(all), func(s *singer) bool { return slices.Contains(but, s) })
}

func TestWhisperIsHeardByTheAgentAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		customer, agent, lead := b.singer(0, 400), b.singer(1, 700), b.singer(2, 1100)
		all := []*singer{customer, agent, lead}
		b.pairUp(customer.phone, agent.phone)
		sings(time.Second, all...)
		from := [3]int{len(customer.all), len(agent.all)}
		b.mix(
			Row{customer.leg, []*Leg{agent.leg}},
			Row{agent.leg, []*Leg{customer.leg, lead.leg}},
			Row{lead.leg, []*Leg{customer.leg, agent.leg}},
		)
		sings(2*time.Second, all...)
		hearsOnly(t, customer, from[0], all, agent)
		hearsOnly(t, agent, from[1]+10, all, customer, lead)
		hearsOnly(t, lead, 10, all, customer, agent)
		said := make([]byte, 160)
		for _, p := range customer.all {
			PCMA.Encode(said, sine8(agent.hertz, agent.level, int(p.h.seq-customer.all[0].h.seq)*160))
			if !slices.Equal(said, p.payload) {
				t.Fatal("what the customer hears of the agent is not what the agent said, byte for byte")
			}
		}
		for _, s := range all {
			oneStream(t, s.all)
		}
	})
}

func sine8(hertz, level float64, at int) []int16 {
	pcm := make([]int16, 160)
	for i := range pcm {
		pcm[i] = int16(level * math.Sin(2*math.Pi*hertz*float64(at+i)/SampleRate))
	}
	return pcm
}

// A supervisor that comes and goes at any instant: what the customer hears of the agent goes on, as a stream and as sound.
func TestFlipsAreNotHeard(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			b := newBench(t, Config{})
			customer, agent, lead := b.singer(0, 300), b.singer(1, 350), b.singer(2, 1100)
			lead.mute = true // only what would click is in it
			time.Sleep(time.Duration(rng.IntN(20000)) * time.Microsecond)
			ptime := []time.Duration{20, 20, 10, 30, 60}[seed%5] * time.Millisecond
			for _, s := range []*singer{customer, agent, lead} {
				s.ptime, s.shake = ptime, time.Duration(seed/25%2)*8*time.Millisecond
				s.luck = rand.New(rand.NewPCG(seed, uint64(s.hertz)))
				p := s.params()
				p.PTime = ptime
				s.leg.Configure(p)
			}
			b.pairUp(customer.phone, agent.phone)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := range 20 {
					time.Sleep(time.Duration(200+rng.IntN(300000)) * time.Microsecond)
					if i%2 == 0 {
						b.mix(conference(customer, agent, lead)...)
					} else {
						b.pairUp(customer.phone, agent.phone)
						b.mix(Row{Leg: lead.leg})
					}
				}
			}()
			sings(7*time.Second, customer, agent, lead)
			<-done
			for _, s := range []*singer{customer, agent} {
				whole(t, seed, s, ptime)
				if lead := s.leg.out.lead.Load(); lead < -360 || lead > 240+40*int32(s.shake.Milliseconds()) {
					t.Errorf("seed %d: the stream is %d samples before its clock", seed, lead)
				}
			}
			synctest.Wait()
			for _, s := range []*singer{customer, agent, lead} {
				if s.leg.mixing.voice != nil || s.leg.mixing.source != nil || s.leg.feed.Load() != nil || s.leg.mix != nil {
					t.Errorf("something of the mixer is left on a leg")
				}
			}
			if n := len(b.engine.player.rooms); n != 0 {
				t.Errorf("%d rooms are left", n)
			}
		})
	}
}

// whole checks a stream that says one tone for a hole, a click or a jump.
func whole(t *testing.T, seed uint64, s *singer, ptime time.Duration) {
	t.Helper()
	oneStream(t, s.all)
	for i := 1; i < len(s.all); i++ {
		before, p := s.all[i-1], s.all[i]
		if ts, gap := p.h.ts-before.h.ts, p.at.Sub(before.at); int(ts) != len(before.payload) || gap > ptime+20*time.Millisecond+s.shake {
			t.Errorf("seed %d: %d samples and %v from packet %d to the next", seed, ts, gap, i-1)
		}
	}
	pcm := s.heard(0)
	quiet, steepest := 0, 2*math.Pi*350/SampleRate*s.level*1.35+200
	for i := 1; i < len(pcm); i++ {
		if step := math.Abs(float64(pcm[i]) - float64(pcm[i-1])); step > steepest {
			t.Errorf("seed %d: a click of %.0f at sample %d", seed, step, i)
		}
		if quiet++; pcm[i] > 200 || pcm[i] < -200 {
			quiet = 0
		}
		if quiet > 160 {
			t.Errorf("seed %d: nothing for 20 ms before sample %d", seed, i)
			quiet = 0
		}
	}
}

// Whom a leg hears mixed changes without a click too, and a leg that closes leaves the others talking.
func TestWhoIsHeardChangesWithinTheMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		var all []*singer
		for i := range 5 {
			all = append(all, b.singer(i, 300+60*float64(i)))
		}
		listener := b.singer(7, 0)
		listener.mute = true
		rng := rand.New(rand.NewPCG(1, 2))
		var now []*singer
		for range 40 {
			now = nil
			for len(now) < 2 {
				now = nil
				for _, s := range all {
					if rng.IntN(2) == 0 {
						now = append(now, s)
					}
				}
			}
			b.mix(Row{listener.leg, legsOf(now)})
			sings(time.Duration(20+rng.IntN(8)*20)*time.Millisecond, append(all, listener)...)
		}
		oneStream(t, listener.all)
		pcm := listener.heard(10)
		for i := 1; i < len(pcm); i++ {
			if step := math.Abs(float64(pcm[i]) - float64(pcm[i-1])); step > 5*4000*2*math.Pi*540/SampleRate*1.2 {
				t.Errorf("a click of %.0f at sample %d", step, i)
			}
		}
		from := len(listener.all)
		sings(2*time.Second, append(all, listener)...)
		hearsOnly(t, listener, from, all, now...)

		b.mix(conference(all...)...)
		sings(time.Second, append(all, listener)...)
		for len(all) > 1 {
			all[0].leg.Close()
			all = all[1:]
			from := len(all[0].all) + 5
			sings(time.Second, append(all, listener)...)
			if len(all) > 1 {
				hearsOnly(t, all[0], from, all, all[1:]...)
			}
		}
		b.mix(Row{Leg: listener.leg})
		synctest.Wait()
		time.Sleep(50 * time.Millisecond)
		if n := len(b.engine.player.rooms); n != 0 {
			t.Errorf("%d rooms are left", n)
		}
	})
}

func legsOf(all []*singer) []*Leg {
	var legs []*Leg
	for _, s := range all {
		legs = append(legs, s.leg)
	}
	return legs
}

// A Play is heard in place of the mix and goes over into it again, and a leg on hold is sent nothing.
func TestPlayOverAMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		all := []*singer{b.singer(0, 400), b.singer(1, 700), b.singer(2, 1100)}
		x := all[0]
		b.mix(conference(all...)...)
		sings(time.Second, all...)
		x.leg.Play("p", []*Clip{Silence(time.Second)}, false)
		from := len(x.all)
		sings(980*time.Millisecond, all...)
		if pcm := x.heard(from); toneIn(pcm, 700) > 50 || len(pcm) < 7000 {
			t.Error("the mix is heard under the Play")
		}
		from = len(x.all) + 5
		sings(time.Second, all...)
		hearsOnly(t, x, from, all, all[1:]...)
		p := x.params()
		p.Send = false
		x.leg.Configure(p)
		from = len(x.all)
		sings(time.Second, all...)
		if n := len(x.all) - from; n > 1 {
			t.Errorf("%d packets while held", n)
		}
		x.leg.Configure(x.params())
		from = len(x.all) + 5
		sings(time.Second, all...)
		hearsOnly(t, x, from, all, all[1:]...)
		if s := x.all[from-1].h.ts - x.all[0].h.ts; s < 4*SampleRate-3200 {
			t.Errorf("the hold took no time in the stream: %d samples", s)
		}
		oneStream(t, x.all)
	})
}

// benchRoom is a conference that is spoken in by all, without a network.
func benchRoom(t testing.TB, n int) (tick func()) {
	cfg := Config{Report: time.Hour}
	if err := cfg.defaults(); err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(cfg, nowhere{newWire()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	bed := &bench{t, nil, e}
	var all []*singer
	for i := range n {
		s := bed.singer(i, 0)
		s.leg.source()
		all = append(all, s)
	}
	// Arranged by hand: the player would tick it, too.
	p := &plan{}
	for _, s := range all {
		p.sources = append(p.sources, s.leg.mixing.source)
	}
	for i, s := range all {
		s.leg.mix = &mixVoice{leg: s.leg, holds: true}
		s.leg.giveTurn()
		p.listeners = append(p.listeners, listening{
			voice: s.leg.mix, hears: slices.Delete(slices.Clone(p.sources), i, i+1), except: p.sources[i : i+1],
		})
	}
	r := &room{engine: e}
	r.plan.Store(p)
	packet, now, work := rtp(all[0].next, fill(0x35, 160)), int64(0), new(mixScratch)
	return func() {
		for _, s := range all {
			putRTP(packet, s.next)
			s.next.seq++
			s.next.ts += 160
			s.leg.receive(packet, s.at)
		}
		now += 2e7
		r.tick(now, work)
	}
}

func TestMixAllocatesNothing(t *testing.T) {
	tick := benchRoom(t, 5)
	for range 100 {
		tick()
	}
	if n := testing.AllocsPerRun(500, tick); n > 0 {
		t.Errorf("%v allocations for each tick of a conference of 5", n)
	}
}

// BenchmarkMix is 20 ms of a conference in which everyone speaks: packets in, mixed, packets out.
func BenchmarkMix(b *testing.B) {
	for _, n := range []int{3, 8, 32} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			tick := benchRoom(b, n)
			b.ReportAllocs()
			stop := cpu(b)
			for b.Loop() {
				tick()
			}
			stop()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/party")
		})
	}
}
