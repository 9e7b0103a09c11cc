package media

import "math"

// The figures of the jitter buffer, in ms. What is in the buffer when a frame has been taken out is its spare: what no
// frame needed within spareLook is taken away again, 10 ms at a time, and what is missing when a frame is due is put in,
// 10 ms at a time. So the delay follows the jitter, and a phone's clock that is fast or slow adds none.
const (
	jitterLen   = 4096 // samples: 512 ms at 8 kHz, 256 ms at 16 kHz
	jitterStep  = 10   // what is put in or taken away at once
	spareTooBig = 20   // a spare never needed that is taken away
	spareMost   = 60   // beyond this the delay is cut at once, to spareLeft
	spareLeft   = 40
	spareLook   = 2000
)

// jitter puts one source's sound onto the mixer's time: packets in by their timestamps, frames of 10 ms out, one for each
// that is asked for. Pure; owned by the mixer's goroutine.
type jitter struct {
	wide int // samples for each of the RTP clock: 1 at 8 kHz, 2 at 16 kHz
	buf  [jitterLen]int16
	have [jitterLen / 8]bool // by units of 1 ms: something is there

	begun  bool
	follow bool   // nobody listens yet: what comes is passed over
	ts     uint32 // of the packet before, with its place
	pos    int64
	w, r   int64 // places: behind the last sample that came, and the next to be heard
	long   int64 // samples of the longest packet lately

	least int64 // smallest spare seen since looked
	seen  int64 // samples since
	owed  int64 // samples put in for what had not come: paid when it turns out to be lost
	blend bool  // the next frame does not go on from the last: its beginning is blended
	cover concealer
}

func (j *jitter) reset(wide int) {
	*j = jitter{wide: wide}
	j.cover.wide = wide
}

func (j *jitter) ms(n int64) int64 { return n * 8 * int64(j.wide) }

// put takes the samples of one packet; anew: its timestamp has nothing to do with those before.
func (j *jitter) put(ts uint32, pcm []int16, anew bool) {
	n := int64(len(pcm))
	if n == 0 || n > jitterLen/4 {
		return
	}
	pos := j.pos + int64(int32(ts-j.ts))*int64(j.wide)
	switch {
	case !j.begun, anew, j.cover.run >= j.ms(concealMost), pos < j.r-jitterLen/2, pos+n > j.r+jitterLen-j.ms(pastMS):
		pos = max(j.w, j.r)
		j.r = max(j.r, pos+n-jitterLen/2) // a flood of streams: the oldest is not heard
		j.begun, j.owed, j.blend = true, 0, true
		j.least, j.seen = math.MaxInt64, 0
	}
	j.ts, j.pos = ts, pos
	j.cover.noise.level = 0 // sound ends comfort noise
	j.long = max(n, j.long-j.long>>4)
	if pos > j.w {
		j.mark(j.w, pos, false)
	}
	from := max(pos, j.r)
	if from < pos+n { // else all of it comes too late
		for i, v := range pcm[from-pos:] {
			j.buf[(from+int64(i))&(jitterLen-1)] = v
		}
		j.mark(from, pos+n, true)
	}
	j.w = max(j.w, pos+n)
	if j.follow {
		j.r = j.w
	}
}

// mark says of the units that begin in a stretch whether they are there.
func (j *jitter) mark(from, to int64, there bool) {
	unit := j.ms(1)
	for u := (from + unit - 1) / unit; u*unit < to; u++ {
		j.have[u&(jitterLen/unit-1)] = there
	}
}

// missing is how many samples from the next to be heard on have not come although later ones have.
func (j *jitter) missing() int64 {
	unit := j.ms(1)
	at := j.r
	for at < j.w && !j.have[((at+unit-1)/unit)&(jitterLen/unit-1)] {
		at += unit
	}
	return at - j.r
}

// begin ends following: what comes from now on is heard, right behind what has passed.
func (j *jitter) begin() {
	if !j.follow {
		return
	}
	j.follow = false
	j.least, j.seen = math.MaxInt64, 0
	j.recall(&j.cover)
}

// recall lets a concealer go on from what came last.
func (j *jitter) recall(c *concealer) {
	n := min(j.ms(pastMS), j.w)
	for i := range n {
		c.past[int64(len(c.past))-n+i] = j.buf[(j.w-n+i)&(jitterLen-1)]
	}
}

// read fills out, whole frames of 10 ms. heard: it holds something else than silence.
func (j *jitter) read(out []int16) (heard bool) {
	if j.follow {
		clear(out)
		return false
	}
	j.adapt(int64(len(out)))
	step := int(j.ms(jitterStep))
	for ; len(out) >= step; out = out[step:] {
		if j.frame(out[:step]) {
			heard = true
		}
	}
	return heard
}

// frame fills one frame of 10 ms.
func (j *jitter) frame(out []int16) bool {
	n := int64(len(out))
	gone := j.missing()
	if paid := min(gone, j.owed); paid > 0 { // it was covered when it should have come
		j.r += paid
		gone -= paid
	}
	switch {
	case gone > 0:
		j.r += n
		j.owed, j.blend = 0, true
		return j.cover.conceal(out)
	case j.w-j.r < n:
		j.owed = min(j.owed+n, j.ms(concealMost))
		j.blend = true
		return j.cover.conceal(out)
	}
	j.owed = 0
	for i := range out {
		out[i] = j.buf[(j.r+int64(i))&(jitterLen-1)]
	}
	j.r += n
	if j.blend {
		j.blend = false
		j.cover.into(out)
	}
	return j.cover.heard(out)
}

// adapt takes away delay that nobody needs, before n samples are taken out.
func (j *jitter) adapt(n int64) {
	spare := j.w - j.r - n
	if spare > j.ms(spareMost)+j.long {
		j.skip(spare - j.ms(spareLeft))
		spare = j.ms(spareLeft)
	}
	j.least = min(j.least, spare)
	if j.seen += n; j.seen < j.ms(spareLook) {
		return
	}
	if j.least >= j.ms(spareTooBig) {
		j.skip(j.ms(jitterStep))
	}
	j.least, j.seen = math.MaxInt64, 0
}

// skip passes over samples unheard.
func (j *jitter) skip(n int64) {
	if n > 0 {
		j.r += n
		j.blend = true
	}
}

// drain passes over what is not needed to fill n samples now, so that what comes next goes on from those.
func (j *jitter) drain(n int64) { j.skip(j.w - j.r - n) }

// The figures of concealment, in ms: the last pitch period is repeated, at full level for concealFull, fading until
// concealMost; where sound begins again it is blended for blendMS.
const (
	pastMS      = 30
	concealFull = 10
	concealMost = 60
	blendMS     = 5
	pitchLeast  = 2.5
	pitchMost   = 15
	pitchWindow = 10
)

// concealer covers what is missing with what was heard just before (in the spirit of ITU-T G.711 Appendix I, without its
// delay). Owned by the mixer's goroutine.
type concealer struct {
	wide   int
	past   [pastMS * 16]int16 // what was heard last; at 8 kHz its second half is used
	run    int64              // samples covered in a row
	cycle  [pitchMost * 16]int16
	period int // of cycle; 0: there was nothing to repeat
	noise  noise
}

func (c *concealer) ms(n int) int { return n * 8 * c.wide }

// heard notes what goes out, and tells whether it is anything.
func (c *concealer) heard(out []int16) bool {
	c.run = 0
	return c.note(out)
}

func (c *concealer) note(out []int16) bool {
	copy(c.past[:], c.past[len(out):])
	copy(c.past[len(c.past)-len(out):], out)
	for _, v := range out {
		if v != 0 {
			return true
		}
	}
	return false
}

// conceal makes what should have come.
func (c *concealer) conceal(out []int16) bool {
	for i := range out {
		out[i] = c.next()
	}
	c.noise.add(out)
	return c.note(out)
}

// next is the next sample of what goes on from the past.
func (c *concealer) next() int16 {
	if c.run == 0 {
		c.period = c.pitch()
		copy(c.cycle[:c.period], c.past[len(c.past)-c.period:])
	}
	at := c.run
	c.run++
	full, most := int64(c.ms(concealFull)), int64(c.ms(concealMost))
	if c.period == 0 || at >= most {
		return 0
	}
	v := int64(c.cycle[at%int64(c.period)])
	if at > full {
		v = v * (most - at) / (most - full)
	}
	return int16(v)
}

// into blends what goes on from the past into a frame that does not.
func (c *concealer) into(out []int16) {
	n := int64(c.ms(blendMS))
	for i := range n {
		out[i] = int16((int64(c.next())*(n-i) + int64(out[i])*i) / n)
	}
}

// pitch is the distance at which the past is most like itself; 0: the past is silence.
func (c *concealer) pitch() int {
	window, step := c.ms(pitchWindow), c.wide // at 16 kHz every second sample tells enough
	end := len(c.past)
	recent := c.past[end-window : end]
	best, at := -1.0, 0
	loud := 0.0
	for i := 0; i < window; i += step {
		loud += float64(recent[i]) * float64(recent[i])
	}
	if loud == 0 {
		return 0
	}
	for lag := int(pitchLeast * 8 * float64(c.wide)); lag <= c.ms(pitchMost); lag++ {
		before := c.past[end-window-lag : end-lag]
		sum, energy := 0.0, 1.0
		for i := 0; i < window; i += step {
			sum += float64(recent[i]) * float64(before[i])
			energy += float64(before[i]) * float64(before[i])
		}
		if sum <= 0 {
			continue
		}
		if like := sum * sum / energy; like > best {
			best, at = like, lag
		}
	}
	if at == 0 {
		return c.ms(pitchMost)
	}
	return at
}
