package media

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media/g722"
)

func TestResampler(t *testing.T) {
	for _, hertz := range []float64{50, 300, 1000, 2500, 3300} {
		in := make([]int16, 2*SampleRate)
		for i := range in {
			in[i] = int16(10000 * math.Sin(2*math.Pi*hertz*float64(i)/SampleRate))
		}
		var up, down Resampler
		wide, back := make([]int16, 2*len(in)), make([]int16, len(in))
		for at := 0; at < len(in); at += 80 { // as it comes, in pieces
			up.Up(wide[2*at:2*at+160], in[at:at+80])
			down.Down(back[at:at+80], wide[2*at:2*at+160])
		}
		if v := toneIn(back[1000:], hertz); v < 9700 || v > 10200 {
			t.Errorf("%.0f Hz comes back at %.0f", hertz, v)
		}
		if v := toneIn(wide[2000:], (SampleRate-hertz)/2); v > 60 { // its mirror image: 8000 − hertz at 16 kHz
			t.Errorf("%.0f Hz has an image at %.0f", hertz, v)
		}
	}
	in := make([]int16, 32000)
	for i := range in {
		in[i] = int16(10000 * math.Sin(2*math.Pi*5500*float64(i)/16000))
	}
	var down Resampler
	out := make([]int16, 16000)
	down.Down(out, in)
	if v := toneIn(out[1000:], 2500); v > 60 {
		t.Errorf("5500 Hz folds back at %.0f", v)
	}
}

// wideSinger is a phone that speaks G.722 to its leg.
func wideParams(p *phone) Params {
	q := p.params()
	q.Codec, q.PayloadType = G722, 9
	return q
}

// wideHeard is the sound of G.722 packets, at 8 kHz.
func wideHeard(packets []sentRTP) []int16 {
	var d Decoder
	var r Resampler
	var all []int16
	for _, p := range packets {
		pcm, out := make([]int16, 2*len(p.payload)), make([]int16, len(p.payload))
		d.Decode(pcm, G722, p.payload)
		r.Down(out, pcm)
		all = append(all, out...)
	}
	return all
}

// say sends n packets of a tone in G.722.
func (s *singer) singWide(n int) {
	var e g722.Encoder
	e.Reset()
	pcm, b := make([]int16, 320), make([]byte, 160)
	for range n {
		for i := range pcm {
			pcm[i] = int16(s.level * math.Sin(2*math.Pi*s.hertz*float64(s.said+i)/16000))
		}
		s.said += 320
		e.Encode(b, pcm)
		h := s.next
		h.payload = 9
		s.send(h, b)
		s.next.seq++
		s.next.ts += 160
		time.Sleep(20 * time.Millisecond)
	}
}

func TestRelayTurnsG722IntoG711AndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		wide, narrow := b.singer(0, 1000), b.singer(1, 600)
		wide.leg.Configure(wideParams(wide.phone))
		b.pairUp(wide.phone, narrow.phone)
		done := make(chan struct{})
		go func() {
			defer close(done)
			wide.singWide(100)
		}()
		sings(2*time.Second, narrow)
		<-done
		oneStream(t, narrow.all)
		if len(narrow.all) != 100 || narrow.all[5].h.payload != 8 || len(narrow.all[5].payload) != 160 {
			t.Fatalf("%d packets, %+v of %d bytes", len(narrow.all), narrow.all[5].h, len(narrow.all[5].payload))
		}
		if v := toneIn(narrow.heard(5), 1000); v < 3700 || v > 4200 {
			t.Errorf("G.711 hears the tone of G.722 at %.0f", v)
		}
		got := wide.hears()
		oneStream(t, got)
		if len(got) < 99 || got[5].h.payload != 9 || len(got[5].payload) != 160 || got[6].h.ts-got[5].h.ts != 160 {
			t.Fatalf("%d packets, %+v of %d bytes", len(got), got[5].h, len(got[5].payload))
		}
		if v := toneIn(wideHeard(got)[1000:], 600); v < 3700 || v > 4200 {
			t.Errorf("G.722 hears the tone of G.711 at %.0f", v)
		}
	})
}

func TestConferenceOfG722AndG711(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		wide, narrow, other := b.singer(0, 1000), b.singer(1, 600), b.singer(2, 1700)
		wide.leg.Configure(wideParams(wide.phone))
		b.mix(conference(wide, narrow, other)...)
		done := make(chan struct{})
		go func() {
			defer close(done)
			wide.singWide(100)
		}()
		sings(2*time.Second, narrow, other)
		<-done
		all := []*singer{wide, narrow, other}
		hearsOnly(t, narrow, 10, all, wide, other)
		hearsOnly(t, other, 10, all, wide, narrow)
		got := wide.hears()
		oneStream(t, got)
		pcm := wideHeard(got)[2000:]
		for hertz, want := range map[float64]float64{1000: 0, 600: 4000, 1700: 4000} {
			if v := toneIn(pcm, hertz); math.Abs(v-want) > 400 {
				t.Errorf("G.722 hears %.0f Hz at %.0f, want %.0f", hertz, v, want)
			}
		}
	})
}

func TestPlayInG722(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		p := wideParams(x)
		p.PTime = 30 * time.Millisecond
		x.leg.Configure(p)
		tone, err := Tone("busy")
		if err != nil {
			t.Fatal(err)
		}
		x.leg.Play("p", []*Clip{tone, tone}, false)
		time.Sleep(2 * time.Second)
		got := x.hears()
		oneStream(t, got)
		if len(got) != 47 || len(got[3].payload) != 240 || got[3].h.payload != 9 {
			t.Fatalf("%d packets, the third %+v of %d bytes", len(got), got[3].h, len(got[3].payload))
		}
		pcm := wideHeard(got)
		for i, want := range []float64{toneLevel, 0, toneLevel, 0} {
			part := pcm[i*2800+300 : i*2800+2500]
			if v := toneIn(part, 450); math.Abs(v-want) > 600 {
				t.Errorf("part %d: 450 Hz at %.0f, want %.0f", i, v, want)
			}
		}
		if ended := x.ear.take(); len(ended) == 0 || ended[len(ended)-1] != "ended p true <nil>" {
			t.Error(ended)
		}
	})
}

func TestG722RouteAllocatesNothing(t *testing.T) {
	b := newBench(t, Config{Report: time.Hour})
	x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
	x.leg.Configure(wideParams(x))
	b.pairUp(x, y)
	y.leg.pair.rtp = nowherePort{y.leg.pair.rtp}
	packet := rtp(x.next, fill(0x55, 160))
	send := func() {
		h := x.next
		h.payload = 9
		putRTP(packet, h)
		x.next.seq++
		x.next.ts += 160
		x.leg.receive(packet, x.at)
	}
	send()
	if n := testing.AllocsPerRun(200, send); n > 0 {
		t.Errorf("%v allocations for each packet", n)
	}
}
