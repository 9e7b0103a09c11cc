package media

import (
	"math"

	"github.com/gopxl/beep/v2"
)

// The filter before a rate is lowered: it passes speech whole (3.4 kHz) and keeps out what would fold back into it
// (4.6 kHz and above), by 60 dB.
const (
	passHertz = 3400.0
	stopHertz = SampleRate - passHertz // what lies above folds back below passHertz
	stopLevel = 60.0                   // dB
)

// resample brings samples of any rate to 8000 Hz. The library interpolates without a filter, so ours comes first.
func resample(in []float64, rate int) []float64 {
	if rate == SampleRate || len(in) == 0 {
		return in
	}
	if rate > SampleRate {
		in = convolve(in, lowPass(float64(rate)))
	}
	// Each output sample is a polynomial through 2q neighbours: the nearer speech is to half the source's rate, the more of
	// them it takes.
	q := 12
	switch {
	case rate%SampleRate == 0: // the output falls on samples
		q = 1
	case rate > 4*SampleRate:
		q = 4
	case rate > 2*SampleRate:
		q = 6
	}
	r := beep.Resample(q, beep.SampleRate(rate), SampleRate, &monoStream{in})
	out := make([]float64, 0, len(in)*SampleRate/rate+1)
	var buf [512][2]float64
	for {
		n, ok := r.Stream(buf[:])
		for _, s := range buf[:n] {
			out = append(out, s[0])
		}
		if !ok {
			return out
		}
	}
}

// monoStream gives samples to the library.
type monoStream struct{ rest []float64 }

func (m *monoStream) Stream(out [][2]float64) (n int, ok bool) {
	n = min(len(out), len(m.rest))
	for i, v := range m.rest[:n] {
		out[i][0] = v
	}
	m.rest = m.rest[n:]
	return n, n > 0
}

func (m *monoStream) Err() error { return nil }

// lowPass is a windowed sinc for the rate, of odd length and gain 1 (Kaiser's design: Oppenheim and Schafer, "Discrete-Time
// Signal Processing", §7.5).
func lowPass(rate float64) []float64 {
	width := 2 * math.Pi * (stopHertz - passHertz) / rate
	n := int(math.Ceil((stopLevel-7.95)/(2.285*width)/2))*2 + 1
	beta := 0.1102 * (stopLevel - 8.7)
	cut := 2 * min((passHertz+stopHertz)/2/rate, 0.5)
	taps := make([]float64, n)
	sum := 0.0
	for i := range taps {
		x := float64(i - n/2)
		v := cut
		if x != 0 {
			v = math.Sin(math.Pi*cut*x) / (math.Pi * x)
		}
		edge := x / float64(n/2)
		taps[i] = v * bessel(beta*math.Sqrt(max(1-edge*edge, 0))) / bessel(beta)
		sum += taps[i]
	}
	for i := range taps {
		taps[i] /= sum
	}
	return taps
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / 2 / k * x / 2 / k
		sum += term
	}
	return sum
}

// convolve filters in with a symmetric filter of odd length, without delay.
func convolve(in, taps []float64) []float64 {
	half := len(taps) / 2
	padded := make([]float64, len(in)+2*half)
	copy(padded[half:], in)
	out := make([]float64, len(in))
	for i := range out {
		window := padded[i : i+len(taps)]
		sum := 0.0
		for k, t := range taps {
			sum += t * window[k]
		}
		out[i] = sum
	}
	return out
}
