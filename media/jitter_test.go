package media

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// stretch is a phone and a network, and a jitter buffer behind them, in virtual time.
type stretch struct {
	ppm    float64 // how much faster the phone's clock is
	ptime  int     // ms
	jitter float64 // ms, at most
	loss   float64 // share of packets
	span   time.Duration
	silent bool // says nothing: only the delay matters
}

// run returns what comes out, and the delay of the sound in ms: at the end, the largest after 10 s and their mean.
func (s stretch) run(t *testing.T, seed uint64) (out []int16, last, most, mean float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	var j jitter
	j.reset(1)
	n := s.ptime * 8
	pcm := make([]int16, n)
	frame := make([]int16, 160)
	sent, at, sum, frames := 0, 0.0, 0.0, 0
	shift := int64(0) // of the buffer's places against the phone's: a pause begins a new line
	every := float64(s.ptime) / (1 + s.ppm/1e6)
	for now := 0.0; now < float64(s.span.Milliseconds()); now += 20 {
		for ; at <= now; sent++ {
			for i := range pcm {
				if !s.silent {
					pcm[i] = int16(8000 * math.Sin(2*math.Pi*400*float64(sent*n+i)/SampleRate))
				}
			}
			if rng.Float64() >= s.loss {
				j.put(uint32(sent*n)+77, pcm, false)
				shift = j.pos - int64(sent*n)
			}
			at = float64(sent+2)*every + rng.Float64()*s.jitter
		}
		j.read(frame)
		out = append(out, frame...)
		// What is heard now was spoken at place r of the phone's time line.
		delay := now - float64(j.r-shift-160)/8/(1+s.ppm/1e6)
		if last = delay; now > 10000 {
			most = max(most, delay)
			sum += delay
			frames++
		}
	}
	return out, last, most, sum / max(float64(frames), 1)
}

func TestADriftingClockAddsNoDelay(t *testing.T) {
	for _, ppm := range []float64{-200, -50, 0, 50, 200} {
		for _, ptime := range []int{10, 20, 30, 60} {
			_, last, most, mean := stretch{ppm: ppm, ptime: ptime, jitter: 5, span: time.Hour, silent: true}.run(t, 1)
			t.Logf("%+4.0f ppm, %d ms: delay %.0f ms at the end, %.0f at most, %.0f in the mean", ppm, ptime, last, most, mean)
			if bound := float64(ptime) + 60; last > bound || most > bound {
				t.Errorf("%+.0f ppm, packets of %d ms: delay %.0f ms at the end, %.0f at most", ppm, ptime, last, most)
			}
		}
	}
}

func TestJitterBufferFollowsTheJitter(t *testing.T) {
	for _, c := range []struct {
		jitter, least, most float64 // of the mean delay, ms
	}{{0, 15, 45}, {20, 20, 60}, {40, 30, 85}, {60, 40, 110}} {
		s := stretch{ptime: 20, jitter: c.jitter, span: 2 * time.Minute}
		out, _, _, mean := s.run(t, 3)
		out = out[10*SampleRate:]
		if mean < c.least || mean > c.most {
			t.Errorf("jitter of %.0f ms: delay %.0f ms in the mean, want %.0f to %.0f", c.jitter, mean, c.least, c.most)
		}
		if clicks, holes := faults(out, 8000, 400); clicks > 0 || holes > 0 {
			t.Errorf("jitter of %.0f ms: %d clicks, %d holes", c.jitter, clicks, holes)
		}
	}
}

func TestLossIsCovered(t *testing.T) {
	for _, loss := range []float64{0.01, 0.05, 0.1} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			out, _, most, _ := stretch{ptime: 20, jitter: 10, loss: loss, span: time.Minute}.run(t, 5)
			clicks, holes := faults(out, 8000, 400)
			if clicks > 0 || holes > int(30*loss) || most > 120 {
				t.Errorf("%d clicks, %d holes, delay up to %.0f ms", clicks, holes, most)
			}
			if level := toneIn(out, 400); level < 1000 { // its phase is shifted by every step of the delay
				t.Logf("level %.0f", level)
			}
		})
	}
}

// faults counts steps too steep for a tone, and stretches of 20 ms in which it is not heard.
func faults(pcm []int16, level, hertz float64) (clicks, holes int) {
	quiet := 0
	for i := 1; i < len(pcm); i++ {
		if math.Abs(float64(pcm[i])-float64(pcm[i-1])) > 2*math.Pi*hertz/SampleRate*level*1.35+50 {
			clicks++
		}
		if quiet++; pcm[i] > 400 || pcm[i] < -400 {
			quiet = 0
		}
		if quiet == 160 {
			holes++
		}
	}
	return clicks, holes
}

// A source that pauses, as phones with silence suppression do, is heard again at once, and after a flood of old packets
// the delay is back to what it should be.
func TestPauseAndFlood(t *testing.T) {
	var j jitter
	j.reset(1)
	pcm, frame := make([]int16, 160), make([]int16, 160)
	for i := range pcm {
		pcm[i] = 1000
	}
	for i := range uint32(50) {
		j.put(i*160, pcm, false)
		if !j.read(frame) {
			t.Fatalf("frame %d is silence", i)
		}
	}
	for range 100 {
		j.read(frame)
	}
	if j.cover.run < 100*160 || frame[0] != 0 || j.w > j.r {
		t.Fatalf("something is heard in a pause: run %d, %d, %d before", j.cover.run, frame[0], j.w-j.r)
	}
	j.put(150*160, pcm, false)
	if !j.read(frame) || frame[159] != 1000 {
		t.Error("the first packet after a pause is not heard at once")
	}
	for i := range uint32(20) { // held up for 400 ms on the way
		j.put((151+i)*160, pcm, false)
	}
	j.read(frame)
	if spare := (j.w - j.r) / 8; spare > spareMost+20 {
		t.Errorf("%d ms are left waiting after a flood", spare)
	}
	for range 20 { // and a new stream with numbers of its own
		j.put(rand.Uint32(), pcm, true)
		j.read(frame)
	}
	if spare := (j.w - j.r) / 8; spare > spareMost+20 || !j.read(frame) {
		t.Errorf("%d ms are left waiting after new streams", spare)
	}
}

func FuzzJitter(f *testing.F) {
	f.Add([]byte{0, 0, 0, 160, 1, 0, 0, 160, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		var j jitter
		j.reset(1 + len(b)%2)
		pcm, frame := make([]int16, 960), make([]int16, 320)
		for i := range pcm {
			pcm[i] = int16(i*37 + 1)
		}
		ts := uint32(0)
		for len(b) >= 3 {
			ts += uint32(int32(int8(b[0]))) << (b[1] & 0x1F)
			j.put(ts, pcm[:int(b[2])*4%961], b[1]&0x80 != 0)
			if b[1]&0x40 != 0 {
				j.read(frame[:80*j.wide])
			}
			if b[1]&0x20 != 0 {
				j.read(frame[:160*j.wide])
			}
			if j.w-j.r > jitterLen {
				t.Fatalf("%d samples in the buffer", j.w-j.r)
			}
			b = b[3:]
		}
	})
}
