//go:build opus && cgo

package media

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtcp"

	"hotline/media/opus"
)

// opusParams are those of a phone that speaks Opus, with keys on the same clock.
func opusParams(p *phone) Params {
	q := p.params()
	q.Codec, q.PayloadType, q.DTMFType, q.DTMFClock = Opus, 111, 110, 48000
	return q
}

// opusVoice is a phone's own encoder, and where it is in its tone.
type opusVoice struct {
	encode opus.Encoder
	said   int
}

// packet is the next packet of a tone of so many ticks.
func (v *opusVoice) packet(hertz, level float64, ticks int) []byte {
	pcm := make([]int16, 2*ticks)
	for i := range pcm {
		pcm[i] = int16(level * math.Sin(2*math.Pi*hertz*float64(v.said+i)/16000))
	}
	v.said += len(pcm)
	b := make([]byte, 1500)
	return b[:v.encode.Encode(b, pcm)]
}

// singOpus sends packets of a tone, of so many ticks each, for a while. Those that skip names are lost.
func (s *singer) singOpus(v *opusVoice, d time.Duration, ticks int, skip func(k int) bool) {
	each := time.Duration(ticks) * time.Second / SampleRate
	for k := range int(d / each) {
		h := s.next
		h.payload = 111
		if b := v.packet(s.hertz, s.level, ticks); skip == nil || !skip(k) {
			s.send(h, b)
		}
		s.next.seq++
		s.next.ts += uint32(6 * ticks)
		time.Sleep(each)
	}
}

// opusHeard is the sound of packets of Opus, at 8 kHz; it checks that their timestamps are as far apart as they last.
func opusHeard(t *testing.T, packets []sentRTP) []int16 {
	t.Helper()
	var d Decoder
	var r Resampler
	var all []int16
	for i, p := range packets {
		ticks, ok := opus.Ticks(p.payload)
		if !ok || p.h.payload != 111 {
			t.Fatalf("packet %d: %+v, %d bytes", i, p.h, len(p.payload))
		}
		if i+1 < len(packets) && packets[i+1].h.ts-p.h.ts != uint32(6*ticks) {
			t.Errorf("packet %d: %d ticks, and %d of 48 kHz to the next", i, ticks, packets[i+1].h.ts-p.h.ts)
		}
		pcm, out := make([]int16, 2*ticks), make([]int16, ticks)
		d.Decode(pcm, Opus, p.payload)
		r.Down(out, pcm)
		all = append(all, out...)
	}
	return all
}

// TestRelayKeepsOpusAsItIs: Opus to Opus goes byte for byte, also in packets that are never made here, with the distances they
// had on a clock of 48 kHz.
func TestRelayKeepsOpusAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		x.leg.Configure(opusParams(x))
		q := opusParams(y)
		q.PayloadType = 96
		y.leg.Configure(q)
		b.pairUp(x, y)
		var want [][]byte
		var steps []uint32
		x.next.payload, x.next.ts = 111, 1<<32-3000                                                 // it wraps
		for _, toc := range []byte{16 << 3, 17 << 3, 18 << 3, 1<<3 | 4, 2 << 3, 3 << 3, 3<<3 | 1} { // 2.5 to 120 ms
			packet := append([]byte{toc}, fill(toc, 40)...)
			ticks, _ := opus.Ticks(packet)
			x.send(x.next, packet)
			x.next.seq++
			x.next.ts += uint32(6 * ticks)
			want, steps = append(want, packet), append(steps, uint32(6*ticks))
			time.Sleep(time.Duration(ticks) * time.Second / SampleRate)
		}
		got := y.hears()
		if len(got) != len(want) {
			t.Fatalf("%d packets of %d", len(got), len(want))
		}
		for i, p := range got {
			if !bytes.Equal(p.payload, want[i]) || p.h.payload != 96 || p.h.ssrc != y.leg.out.ssrc {
				t.Errorf("packet %d: %+v %x", i, p.h, p.payload)
			}
			if i > 0 && (p.h.ts-got[i-1].h.ts != steps[i-1] || p.h.seq-got[i-1].h.seq != 1) {
				t.Errorf("packet %d: %d steps after the one before, want %d", i, p.h.ts-got[i-1].h.ts, steps[i-1])
			}
		}
		if s := x.leg.Stats(); s.Malformed != 0 || s.Lost != 0 || s.Jitter > 10*time.Millisecond || s.Codec != Opus {
			t.Errorf("%+v", s)
		}
	})
}

// TestRelayTurnsOpusIntoOthersAndBack: a tone goes both ways between Opus and G.711 or G.722, in packets as long as they came.
func TestRelayTurnsOpusIntoOthersAndBack(t *testing.T) {
	for _, codec := range []Codec{PCMA, PCMU} {
		for _, ticks := range []int{80, 160, 320, 480} {
			t.Run(codec.String()+time.Duration(ticks*125000).String(), func(t *testing.T) { turnsOpus(t, codec, ticks) })
		}
	}
}

func turnsOpus(t *testing.T, codec Codec, ticks int) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		wide, narrow := b.singer(0, 1000), b.singer(1, 600)
		wide.leg.Configure(opusParams(wide.phone))
		p := narrow.params()
		p.Codec, p.PayloadType = codec, uint8(codec)
		narrow.leg.Configure(p)
		narrow.codec, narrow.ptime = codec, time.Duration(ticks)*time.Second/SampleRate
		b.pairUp(wide.phone, narrow.phone)
		done := make(chan struct{})
		go func() {
			defer close(done)
			wide.singOpus(&opusVoice{}, 2400*time.Millisecond, ticks, nil)
		}()
		sings(2400*time.Millisecond, narrow)
		<-done
		oneStream(t, narrow.all)
		if n := 19200 / ticks; len(narrow.all) != n || narrow.all[5].h.payload != uint8(codec) || len(narrow.all[5].payload) != ticks {
			t.Fatalf("%d packets of %d, %+v of %d bytes", len(narrow.all), n, narrow.all[5].h, len(narrow.all[5].payload))
		}
		if v := toneIn(narrow.heard(20), 1000); v < 3400 || v > 4300 {
			t.Errorf("the tone of Opus is heard at %.0f", v)
		}
		got := wide.hears()
		if len(got) < 19200/ticks-1 {
			t.Fatalf("%d packets", len(got))
		}
		for i := range got[1:] {
			if got[i+1].h.seq-got[i].h.seq != 1 || got[i+1].h.ssrc != got[i].h.ssrc {
				t.Errorf("packet %d: %+v, %+v", i, got[i].h, got[i+1].h)
			}
		}
		if v := toneIn(opusHeard(t, got)[2000:], 600); v < 3400 || v > 4300 {
			t.Errorf("Opus hears the tone at %.0f", v)
		}
	})
}

// TestOddPacketsIntoOpus: packets of lengths that Opus has not become others, and nothing of them is left out or said twice.
func TestOddPacketsIntoOpus(t *testing.T) {
	for _, n := range []int{20, 33, 120, 164, 240, 400, 720, 1200} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			wide, narrow := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
			wide.leg.Configure(opusParams(wide))
			b.pairUp(wide, narrow)
			said := 0
			for ; said < 16000; said += n {
				pcm, payload := make([]int16, n), make([]byte, n)
				for i := range pcm {
					pcm[i] = int16(4000 * math.Sin(2*math.Pi*600*float64(said+i)/SampleRate))
				}
				PCMA.Encode(payload, pcm)
				narrow.send(narrow.next, payload)
				narrow.next.seq++
				narrow.next.ts += uint32(n)
				time.Sleep(time.Duration(n) * time.Second / SampleRate)
			}
			got := wide.hears()
			for i := range got[1:] {
				if got[i+1].h.seq-got[i].h.seq != 1 {
					t.Errorf("%d bytes: numbers %d and %d", n, got[i].h.seq, got[i+1].h.seq)
				}
			}
			if n > crossMost {
				return // cut, and so not to be heard whole
			}
			pcm := opusHeard(t, got)
			if v := toneIn(pcm[2000:], 600); v < 3400 || v > 4300 || len(pcm) < said-2*max(n, 160) || len(pcm) > said {
				t.Errorf("%d bytes: the tone at %.0f in %d samples of %d", n, v, len(pcm), said)
			}
		})
	}
}

// vowels is n samples of 16 kHz of a voice whose pitch jumps each 60 ms: nobody can guess what is next.
func vowels(n int) []int16 {
	luck := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, n)
	phase, hertz, top := 0.0, 0.0, 0.0
	for i := range pcm {
		if i%960 == 0 {
			hertz, top = 90+160*luck.Float64(), 3+10*luck.Float64()
		}
		phase += 2 * math.Pi * hertz / 16000
		v := 0.0
		for k := 1.0; k < top; k++ {
			v += math.Sin(k*phase) / k
		}
		pcm[i] = int16(5000 * v)
	}
	return pcm
}

// heardOfVowels is what a listener hears of a voice in Opus some packets of which are lost, relayed or mixed, at 8 kHz.
func heardOfVowels(t *testing.T, mixed bool, skip func(k int) bool) (packets []sentRTP, pcm []int16) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y, z := b.singer(0, 1000), b.singer(1, 600), b.singer(2, 800)
		x.leg.Configure(opusParams(x.phone))
		y.leg.Configure(y.params())
		hears := []*Leg{x.leg}
		if mixed {
			hears = append(hears, z.leg)
		}
		b.mix(Row{y.leg, hears})
		var e opus.Encoder
		said, lost := vowels(320*150), uint64(0)
		for k := range 150 {
			payload := make([]byte, 1500)
			payload = payload[:e.Encode(payload, said[320*k:][:320])]
			x.next.payload = 111
			if !skip(k) {
				x.send(x.next, payload)
			} else {
				lost++
			}
			x.next.seq++
			x.next.ts += 960
			time.Sleep(20 * time.Millisecond)
		}
		y.all = y.hears()
		packets, pcm = y.all, y.heard(0)
		if s := x.leg.Stats(); s.Lost != lost || s.Malformed != 0 {
			t.Errorf("%d lost of %d, %d malformed", s.Lost, lost, s.Malformed)
		}
	})
	return packets, pcm
}

// TestLostOpusIsMadeGood: of packets of Opus that are lost one by one, G.711 misses none, and what it hears instead is what the
// packets after them say once more; of two in a row it is the second that is known.
func TestLostOpusIsMadeGood(t *testing.T) {
	skip := func(k int) bool { return k > 20 && (k%7 == 3 || k == 41 || k == 42) && k < 145 }
	_, whole := heardOfVowels(t, false, func(int) bool { return false })
	packets, holed := heardOfVowels(t, false, skip)
	var missed []uint16
	for i := range packets[1:] {
		if d := packets[i+1].h.seq - packets[i].h.seq; d != 1 || packets[i+1].h.ts-packets[i].h.ts != 160 {
			missed = append(missed, packets[i].h.seq-packets[0].h.seq+1)
		}
	}
	if d := cmp.Diff([]uint16{41}, missed); d != "" {
		t.Error("packets that are missing: ", d)
	}
	if got := awayOf(whole, holed, 160, func(k int) bool { return skip(k) && k != 41 }); got > 0.35 {
		t.Errorf("what was lost is %.2f of its power away from the truth", got)
	}
}

// TestLostOpusIsMadeGoodInAMix: also where it is mixed.
func TestLostOpusIsMadeGoodInAMix(t *testing.T) {
	skip := func(k int) bool { return k > 20 && k%7 == 3 && k < 145 }
	_, whole := heardOfVowels(t, true, func(int) bool { return false })
	_, holed := heardOfVowels(t, true, skip)
	best := math.Inf(1)
	for shift := range 4000 { // the jitter buffer waits for what comes late: somewhere they agree
		if shift < len(whole)/2 {
			best = min(best, awayOf(whole, holed[min(shift, len(holed)):], 160, func(k int) bool { return k > 100 && k < 120 }))
		}
	}
	if best > 0.05 {
		t.Errorf("with losses it is %.2f of its power away from the truth", best)
	}
}

// awayOf is the power of the difference of two in the packets that count, against that of the first.
func awayOf(a, b []int16, n int, counts func(k int) bool) float64 {
	apart, power := 0.0, 1.0
	for i := range min(len(a), len(b)) {
		if counts(i / n) {
			d := float64(a[i]) - float64(b[i])
			apart, power = apart+d*d, power+float64(a[i])*float64(a[i])
		}
	}
	return apart / power
}

// TestPausesOfOpus: a phone that says nothing while it is silent (DTX) loses nothing, and the pause is as long as it was.
func TestPausesOfOpus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		wide, narrow := b.singer(0, 1000), b.singer(1, 600)
		wide.leg.Configure(opusParams(wide.phone))
		b.pairUp(wide.phone, narrow.phone)
		var v opusVoice
		wide.singOpus(&v, 400*time.Millisecond, 160, nil)
		for range 3 { // a packet of one byte each 400 ms
			wide.next.payload = 111
			wide.send(wide.next, []byte{9 << 3})
			wide.next.seq++
			wide.next.ts += 19200
			time.Sleep(400 * time.Millisecond)
		}
		wide.singOpus(&v, 400*time.Millisecond, 160, nil)
		got := narrow.hears()
		if len(got) != 43 || got[42].h.ts-got[0].h.ts != 20*160+3*3200+19*160 || got[42].h.seq-got[0].h.seq != 42 {
			t.Errorf("%d packets, %+v to %+v", len(got), got[0].h, got[len(got)-1].h)
		}
		if s := wide.leg.Stats(); s.Lost != 0 || s.Malformed != 0 {
			t.Errorf("%d lost, %d malformed", s.Lost, s.Malformed)
		}
	})
}

// TestConferenceOfOpusAndOthers: three codecs in one conference, and packets of 10 to 120 ms.
func TestConferenceOfOpusAndOthers(t *testing.T) {
	for _, ticks := range []int{80, 160, 480, 960} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			first, narrow, wide := b.singer(0, 1000), b.singer(1, 600), b.singer(2, 1700)
			p := opusParams(first.phone)
			p.PTime = time.Duration(min(ticks, 480)) * time.Second / SampleRate
			first.leg.Configure(p)
			wide.leg.Configure(wideParams(wide.phone))
			b.mix(conference(first, narrow, wide)...)
			done := make(chan struct{})
			go func() {
				defer func() { done <- struct{}{} }()
				first.singOpus(&opusVoice{}, 2400*time.Millisecond, ticks, nil)
			}()
			go func() {
				defer func() { done <- struct{}{} }()
				wide.singWide(120)
			}()
			sings(2400*time.Millisecond, narrow)
			<-done
			<-done
			hearsOnly(t, narrow, 25, []*singer{first, narrow, wide}, first, wide)
			got := first.hears()
			pcm := opusHeard(t, got)[4000:]
			for hertz, want := range map[float64]float64{1000: 0, 600: 4000, 1700: 4000} {
				if v := toneIn(pcm, hertz); math.Abs(v-want) > 500 {
					t.Errorf("%d ticks: Opus hears %.0f Hz at %.0f, want %.0f", ticks, hertz, v, want)
				}
			}
			for i := range got[1:] {
				if got[i+1].h.seq-got[i].h.seq != 1 {
					t.Errorf("%d ticks: numbers %d and %d", ticks, got[i].h.seq, got[i+1].h.seq)
				}
			}
		})
	}
}

// TestPlayInOpus: what is played has the length it has, in packets that Opus has where another length was asked for.
func TestPlayInOpus(t *testing.T) {
	for ptime, want := range map[int]int{0: 160, 10: 80, 30: 160, 40: 320, 50: 320, 60: 480} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			x := b.phone("127.0.0.1:6000")
			p := opusParams(x)
			p.PTime = time.Duration(ptime) * time.Millisecond
			x.leg.Configure(p)
			tone, err := Tone("busy")
			if err != nil {
				t.Fatal(err)
			}
			x.leg.Play("p", []*Clip{tone, tone}, false)
			time.Sleep(2 * time.Second)
			got := x.hears()
			pcm := opusHeard(t, got)
			if n := (11200 + want - 1) / want * want; len(pcm) != n || len(got) != n/want {
				t.Fatalf("%d ms: %d packets, %d samples", ptime, len(got), len(pcm))
			}
			for i, want := range []float64{toneLevel, 0, toneLevel, 0} {
				if v := toneIn(pcm[i*2800+400:i*2800+2400], 450); math.Abs(v-want) > 700 {
					t.Errorf("%d ms, part %d: 450 Hz at %.0f, want %.0f", ptime, i, v, want)
				}
			}
			if ended := x.ear.take(); len(ended) == 0 || ended[len(ended)-1] != "ended p true <nil>" {
				t.Error(ended)
			}
		})
	}
}

// TestKeysBesideOpus: events count on the clock that was agreed for them (RFC 4733 §2.1), and a relay turns their lengths.
func TestKeysBesideOpus(t *testing.T) {
	for _, clock := range []int{48000, 8000} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			x, y := b.singer(0, 1000), b.phone("127.0.0.1:7000")
			p := opusParams(x.phone)
			p.DTMFClock = clock
			x.leg.Configure(p)
			b.pairUp(x.phone, y)
			per := clock / 8000
			var v opusVoice
			x.singOpus(&v, 100*time.Millisecond, 160, nil)
			for _, key := range []byte{5, 5} {
				for k := 1; k <= 5; k++ {
					event := make([]byte, 4)
					putEvent(event, event2(key, k == 5, k*160*per))
					h := x.next
					h.payload = 110
					x.send(h, event)
					x.next.seq++
					time.Sleep(20 * time.Millisecond)
				}
				x.next.ts += 6 * 800
				x.singOpus(&v, 100*time.Millisecond, 160, nil)
			}
			if d := cmp.Diff([]string{"up", "key 5", "key 5"}, x.ear.take()); d != "" {
				t.Errorf("%d: %s", clock, d)
			}
			var last []sentRTP
			for _, p := range y.hears() {
				if p.h.payload == 101 {
					last = append(last, p)
				}
			}
			if len(last) != 10 || binary.BigEndian.Uint16(last[4].payload[2:]) != 800 || last[0].h.ts != last[4].h.ts {
				t.Fatalf("%d: %d packets, %+v", clock, len(last), last)
			}
			if d := last[5].h.ts - last[0].h.ts; d < 1500 || d > 1700 { // 200 ms later
				t.Errorf("%d: the second key is %d ticks after the first", clock, d)
			}
			// and the other way: what we send
			x.hears()
			if !x.leg.SendDigits("7") {
				t.Fatal("no keys are sent")
			}
			time.Sleep(time.Second)
			got := x.hears()
			if end := got[len(got)-1]; end.h.payload != 110 || end.payload[0] != 7 || int(binary.BigEndian.Uint16(end.payload[2:])) != 800*per {
				t.Errorf("%d: %+v %x", clock, end.h, end.payload)
			}
		})
	}
}

func event2(code byte, end bool, duration int) event {
	return event{code: code, end: end, volume: 10, duration: uint16(duration)}
}

// TestReportsOfOpus: timestamps and jitter of reports are on the clock of 48 kHz (RFC 3550 §6.4.1, RFC 7587 §4.1).
func TestReportsOfOpus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.singer(0, 1000)
		x.leg.Configure(opusParams(x.phone))
		b.mix(Row{x.leg, []*Leg{x.leg}})
		x.singOpus(&opusVoice{}, time.Second, 160, nil)
		x.leg.in.reception.jitter.Store(16 * 16) // 2 ms
		now := b.engine.Now()
		report, err := rtcp.Unmarshal(x.leg.appendReport(nil, now, x.leg.settings.Load()))
		if err != nil {
			t.Fatal(err)
		}
		sr := report[0].(*rtcp.SenderReport)
		got := x.hears()
		last := got[len(got)-1]
		if off := int32(sr.RTPTime - last.h.ts); off != int32(6*samplesAt(now-int64(last.at.Sub(b.engine.Wall(0))))) {
			t.Errorf("the report is %d steps after the last packet", off)
		}
		if sr.Reports[0].Jitter != 96 {
			t.Errorf("jitter %d", sr.Reports[0].Jitter)
		}
		sr.Reports[0].SSRC, sr.Reports[0].Jitter = x.leg.out.ssrc, 480
		x.leg.readBlocks(now, x.leg.settings.Load(), sr.Reports)
		if s := x.leg.Stats(); s.RemoteJitter != 10*time.Millisecond {
			t.Errorf("the other side's jitter is %v", s.RemoteJitter)
		}
		if s := x.leg.Session(); s.Timestamp-last.h.ts != 960 {
			t.Errorf("the next packet is %d steps after the last", s.Timestamp-last.h.ts)
		}
	})
}

// TestTornOpus: what is no packet of Opus is counted and made good as if it had been lost.
func TestTornOpus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.singer(0, 1000), b.singer(1, 600)
		x.leg.Configure(opusParams(x.phone))
		b.pairUp(x.phone, y.phone)
		var v opusVoice
		torn := [][]byte{{0xFB}, {0xFB, 49}, {0xFB, 0}, fill(0, 1400), {1<<3 | 1, 1, 2, 3, 4, 5, 6, 7}, {2, 252}}
		for _, bad := range torn {
			x.singOpus(&v, 100*time.Millisecond, 160, nil)
			h := x.next
			h.payload = 111
			x.send(h, bad)
			x.next.seq++
			x.next.ts += 960
			v.packet(1000, 4000, 160)
			time.Sleep(20 * time.Millisecond)
		}
		x.singOpus(&v, 100*time.Millisecond, 160, nil)
		y.all = y.hears()
		oneStream(t, y.all)
		if len(y.all) != 6*6+5 {
			t.Errorf("%d packets", len(y.all))
		}
		if s := x.leg.Stats(); s.Malformed != 6 || s.Lost != 6 {
			t.Errorf("%d malformed, %d lost", s.Malformed, s.Lost)
		}
	})
}

// TestCodecChangesBesideOpus: a phone that goes from Opus to G.711 and back within its stream changes the clock of its timestamps
// (RFC 7160); who hears it hears one stream.
func TestCodecChangesBesideOpus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.singer(0, 1000), b.singer(1, 600)
		x.leg.Configure(opusParams(x.phone))
		b.pairUp(x.phone, y.phone)
		var v opusVoice
		for range 3 {
			x.singOpus(&v, 400*time.Millisecond, 160, nil)
			for range 20 {
				x.sing()
				time.Sleep(20 * time.Millisecond)
			}
		}
		y.all = y.hears()
		oneStream(t, y.all)
		if d := y.all[len(y.all)-1].h.ts - y.all[0].h.ts; len(y.all) != 120 || d < 119*160-40 || d > 119*160+40 {
			t.Errorf("%d packets over %d ticks", len(y.all), d)
		}
	})
}

// TestCodecOfALegBecomesOpus: where another codec is agreed on in mid-call its clock begins with a talk spurt, and numbers go on.
func TestCodecOfALegBecomesOpus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.singer(0, 1000), b.singer(1, 600)
		b.pairUp(x.phone, y.phone)
		sings(200*time.Millisecond, x, y)
		x.leg.Configure(opusParams(x.phone))
		sings(200*time.Millisecond, y)
		got := append(x.all, x.hears()...)
		var marks []int
		for i, p := range got {
			if p.h.marker {
				marks = append(marks, i)
			}
			if i > 0 && p.h.seq-got[i-1].h.seq != 1 || p.h.ssrc != got[0].h.ssrc {
				t.Errorf("packet %d: %+v", i, p.h)
			}
		}
		if d := cmp.Diff([]int{0, 10}, marks); d != "" || len(got) != 20 {
			t.Errorf("%d packets, talk spurts: %s", len(got), d)
		}
		opusHeard(t, got[10:])
		x.singOpus(&opusVoice{}, 200*time.Millisecond, 160, nil)
		y.all = append(y.all, y.hears()...)
		oneStream(t, y.all)
		if d := y.all[len(y.all)-1].h.ts - y.all[0].h.ts; len(y.all) != 20 || d < 29*160-160 || d > 29*160+160 {
			t.Errorf("who hears it: %d packets over %d ticks", len(y.all), d)
		}
	})
}

// TestOpusRouteAllocatesNothing: neither direction of a relay between Opus and G.711, with a packet lost now and then.
func TestOpusRouteAllocatesNothing(t *testing.T) {
	b := newBench(t, Config{Report: time.Hour})
	x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
	x.leg.Configure(opusParams(x))
	b.pairUp(x, y)
	x.leg.pair.rtp, y.leg.pair.rtp = nowherePort{x.leg.pair.rtp}, nowherePort{y.leg.pair.rtp}
	var v opusVoice
	packet := rtp(x.next, v.packet(700, 4000, 160))
	back := rtp(y.next, fill(0x55, 160))
	k := 0
	send := func() {
		k++
		h := x.next
		h.payload = 111
		putRTP(packet, h)
		x.next.seq++
		x.next.ts += 960
		if k%8 != 0 {
			x.leg.receive(packet, x.at)
		}
		putRTP(back, y.next)
		y.next.seq++
		y.next.ts += 160
		y.leg.receive(back, y.at)
	}
	for range 20 {
		send()
	}
	if n := testing.AllocsPerRun(200, send); n > 0 {
		t.Errorf("%v allocations for each packet", n)
	}
}

// FuzzOpusLeg: whatever payloads come to a leg of Opus, those who hear it relayed or mixed hear packets that are what they say.
func FuzzOpusLeg(f *testing.F) {
	var v opusVoice
	f.Add(v.packet(700, 4000, 160), []byte{0x83, 48}, uint16(1), uint32(960))
	f.Add([]byte{0xFB, 6, 1, 2, 3, 4, 5, 6}, []byte{1}, uint16(3), uint32(5))
	f.Fuzz(func(t *testing.T, one, two []byte, step uint16, steps uint32) {
		if len(one) > 1400 || len(two) > 1400 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			x, y, z := b.singer(0, 1000), b.singer(1, 600), b.singer(2, 800)
			x.leg.Configure(opusParams(x.phone))
			b.mix(Row{y.leg, []*Leg{x.leg}}, Row{z.leg, []*Leg{x.leg, y.leg}})
			x.next.payload = 111
			for k := range 6 {
				x.send(x.next, [][]byte{one, two}[k%2])
				x.next.seq += step
				x.next.ts += steps
				time.Sleep(20 * time.Millisecond)
			}
			for _, p := range append(y.hears(), z.hears()...) {
				if p.h.payload != 8 || len(p.payload) == 0 || len(p.payload) > crossMost {
					t.Fatalf("%+v of %d bytes", p.h, len(p.payload))
				}
			}
			if x.leg.Stats().Faults+z.leg.Stats().Faults != 0 {
				t.Fatal("a fault of ours")
			}
		})
	})
}

// TestLimitsOfOpus: what is played, mixed and turned from another codec keeps to what the phone has asked for, and a further agreement counts
// from the next packet on.
func TestLimitsOfOpus(t *testing.T) {
	sizes := func(packets []sentRTP) (all map[int]int, bits int) {
		all = map[int]int{}
		for _, p := range packets {
			all[len(p.payload)]++
			bits += 8 * len(p.payload)
		}
		return all, bits
	}
	for _, by := range []string{"played", "mixed", "turned"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			x, y, z := b.singer(0, 1000), b.singer(1, 600), b.singer(2, 1700)
			p := opusParams(x.phone)
			p.BitRate, p.ConstantRate = 12000, true
			x.leg.Configure(p)
			switch by {
			case "played":
				tone, err := Tone("busy")
				if err != nil {
					t.Fatal(err)
				}
				x.leg.Play("p", []*Clip{tone}, true)
			case "mixed":
				b.mix(conference(x, y, z)...)
			case "turned":
				b.mix(Row{Leg: x.leg, Hears: []*Leg{y.leg}}, Row{Leg: y.leg, Hears: []*Leg{x.leg}})
			}
			sings(2*time.Second, y, z)
			got := x.hears()
			all, bits := sizes(got[:90])
			if all[30] < 88 || bits > 90*240 { // 12000 bit/s; the first that a mix sends may be shorter
				t.Errorf("%s: lengths %v", by, all)
			}
			p.BitRate, p.ConstantRate = 0, false
			x.leg.Configure(p)
			sings(2*time.Second, y, z)
			if all, _ := sizes(x.hears()); len(all) < 3 {
				t.Errorf("%s: lengths without a limit %v", by, all)
			}
		})
	}
}
