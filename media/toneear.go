package media

import "math"

// The figures of the in-band key detector (ITU-T Q.23, Q.24): the sound is looked at in windows of 16 ms, every 8 ms. A
// key is heard when three windows in a row hold its two tones and little else, which takes 32 ms of it; another press of it
// begins after three without. So a lost packet in the midst of a key makes no second one, and speech no key at all.
const (
	toneWindow   = 128
	toneHop      = 64
	toneHits     = 3
	toneMisses   = 3
	toneQuietest = 500.0 // peak of each tone: −33 dBm0
	tonePure     = 0.63  // least share of the two tones of all there is: their frequencies may be 1.5 % off
	toneAlone    = 4.0   // 6 dB: a tone against the others of its group
	toneTwist    = 6.3   // 8 dB: the high tone may be weaker than the low by so much
	toneTwistUp  = 4.0   // 6 dB: or stronger
)

// toneEar hears keys in the sound of a leg that has not agreed to telephone events. It is owned by the goroutine that
// reads the leg's socket.
type toneEar struct {
	decode  Decoder
	rate    Resampler
	pcm     [2 * crossMost]int16
	narrow  [crossMost]int16
	factors [8]float64 // of the four low tones and the four high ones
	window  [toneWindow]float64
	filled  int

	last   byte // key of the last window; 0: none
	hits   int  // windows in a row with it
	held   byte // the key that is pressed
	misses int  // windows in a row without it
}

func newToneEar() *toneEar {
	e := &toneEar{}
	for i, hertz := range [...]float64{697, 770, 852, 941, 1209, 1336, 1477, 1633} { // Q.23
		e.factors[i] = 2 * math.Cos(2*math.Pi*hertz/SampleRate)
	}
	return e
}

// hear takes a packet and calls pressed for each key that is pressed in it.
func (e *toneEar) hear(codec Codec, payload []byte, pressed func(key byte)) {
	payload = payload[:min(len(payload), crossMost)]
	pcm := e.pcm[:e.decode.Decode(e.pcm[:], codec, payload)]
	if codec.wide() == 2 {
		e.rate.Down(e.narrow[:len(pcm)/2], pcm)
		pcm = e.narrow[:len(pcm)/2]
	}
	for len(pcm) > 0 {
		n := min(len(pcm), toneWindow-e.filled)
		for i, v := range pcm[:n] {
			e.window[e.filled+i] = float64(v)
		}
		pcm = pcm[n:]
		if e.filled += n; e.filled < toneWindow {
			return
		}
		if key := e.step(e.look()); key != 0 {
			pressed(key)
		}
		copy(e.window[:], e.window[toneHop:])
		e.filled = toneWindow - toneHop
	}
}

// step takes what one window held and returns the key that is pressed just now; 0: none is.
func (e *toneEar) step(key byte) byte {
	if key != e.last {
		e.last, e.hits = key, 0
	}
	e.hits++
	if key != e.held || key == 0 {
		e.misses++
		if e.misses >= toneMisses {
			e.held = 0
		}
	} else {
		e.misses = 0
	}
	if key == 0 || key == e.held || e.hits != toneHits {
		return 0
	}
	e.held, e.misses = key, 0
	return key
}

// look is the key whose tones the window holds; 0: none.
func (e *toneEar) look() byte {
	energy := 0.0
	for _, v := range e.window {
		energy += v * v
	}
	const tone = toneWindow * toneWindow / 4 // power of a tone of peak 1, by Goertzel
	if energy < 2*toneQuietest*toneQuietest*toneWindow/2*tonePure {
		return 0
	}
	low, lowPower, ok := e.loudest(0)
	if !ok || lowPower < toneQuietest*toneQuietest*tone {
		return 0
	}
	high, highPower, ok := e.loudest(4)
	if !ok || highPower < toneQuietest*toneQuietest*tone {
		return 0
	}
	if highPower*toneTwist < lowPower || lowPower*toneTwistUp < highPower {
		return 0
	}
	if (lowPower+highPower)/(energy*toneWindow/2) < tonePure {
		return 0
	}
	return "123A456B789C*0#D"[low*4+high]
}

// loudest is the loudest tone of a group of four, and its power; false: another is nearly as loud.
func (e *toneEar) loudest(group int) (at int, power float64, alone bool) {
	f := (*[4]float64)(e.factors[group:])
	var a0, b0, a1, b1, a2, b2, a3, b3 float64
	for _, v := range e.window { // all four at once: each has to wait for itself only
		a0, b0 = v+f[0]*a0-b0, a0
		a1, b1 = v+f[1]*a1-b1, a1
		a2, b2 = v+f[2]*a2-b2, a2
		a3, b3 = v+f[3]*a3-b3, a3
	}
	second := 0.0
	for i, p := range [...]float64{
		a0*a0 + b0*b0 - f[0]*a0*b0, a1*a1 + b1*b1 - f[1]*a1*b1, a2*a2 + b2*b2 - f[2]*a2*b2, a3*a3 + b3*b3 - f[3]*a3*b3,
	} {
		if p > power {
			at, power, second = i, p, power
		} else if p > second {
			second = p
		}
	}
	return at, power, second*toneAlone < power
}

// tones listens for keys in the sound of a leg that has agreed to no telephone events.
func (l *Leg) tones(codec Codec, payload []byte) {
	in := &l.in
	if in.tones == nil {
		in.tones = newToneEar()
		in.tonePressed = func(key byte) {
			in.digits.Add(1)
			l.tellDigit(key)
		}
	}
	in.tones.hear(codec, payload, in.tonePressed)
}
