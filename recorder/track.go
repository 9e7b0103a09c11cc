package recorder

import "hotline/media"

// How far a leg's RTP clock and the time of arrival may part, in samples of 8 kHz. The RTP time line is kept while it is
// plausible, because it has no jitter; when it is not, what was heard is put where it was heard.
const (
	strayAtOnce = 2 * rate         // a jump: a new SSRC's clock, a hold during which the clock stood still
	strayKept   = 60 * rate / 1e3  // tolerated for ever: jitter, a little drift
	strayFrames = 50               // beyond strayKept for so many frames: the clock has moved
	aheadAtOnce = 400 * rate / 1e3 // the window's end: audio cannot be heard so long before it comes
	aheadKept   = 200 * rate / 1e3 // tolerated for ever: the first packet, which set the place, came late
)

// track places one leg's frames on the recording's time line. Owner: the writer.
type track struct {
	ring  *ring
	right bool
	id    uint8 // among those on the right side

	anchored bool
	ssrc     uint32
	ts       uint32 // RTP time stamp of pos
	pos      int64  // where that stamp lies, samples from the start
	end      int64  // first sample after the last frame placed
	seq      uint16
	sound    *sound // from or to wide-band; nil: not needed so far
	stray    int    // frames in a row that came off their place
	least    int64  // the smallest distance among them
}

// place returns where the frame's first sample lies, in samples from start, and the number of samples lost before it. The
// place is never more than aheadAtOnce after the arrival. A frame without samples stands for a packet that was not audio,
// such as a key: it only tells that nothing is lost.
func (t *track) place(f media.Frame, start int64) (pos, lost int64) {
	arrived := (f.At - start) * rate / 1e9
	if !t.anchored || f.SSRC != t.ssrc {
		t.anchor(f, arrived)
		return t.advance(f), 0
	}
	// RFC 3550 §5.1: the time stamp wraps, so its difference is taken modulo 2^32.
	pos = t.pos + int64(int32(f.Timestamp-t.ts))
	if len(f.Payload) == 0 {
		if f.Seq-t.seq < 1<<15 {
			t.seq = f.Seq
		}
		return pos, 0
	}
	if t.strayed(arrived-pos, f.Marker) {
		if over := t.end - arrived; over > 0 && over <= strayKept {
			arrived = t.end // no need to cut into what was said
		}
		t.anchor(f, arrived)
		return t.advance(f), 0
	}
	if gap := f.Seq - t.seq; gap > 1 && gap < 1<<15 && pos > t.end {
		lost = pos - t.end
	}
	t.pos, t.ts = pos, f.Timestamp
	return t.advance(f), lost
}

func (t *track) anchor(f media.Frame, at int64) {
	t.anchored, t.ssrc, t.ts, t.pos, t.stray = true, f.SSRC, f.Timestamp, max(at, 0), 0
	t.seq = f.Seq
}

// advance notes that the frame stands at t.pos. A frame that was overtaken leaves end and seq as they are.
func (t *track) advance(f media.Frame) int64 {
	if end := t.pos + ticksOf(f); end > t.end {
		t.end, t.seq = end, f.Seq
	}
	return t.pos
}

// strayed says whether the leg's clock has left the time of arrival for good: at once for a jump, after a talk spurt's
// start for a smaller one, else when every one of the last frames was off to the same side. d is how long after its place a
// frame came.
func (t *track) strayed(d int64, marker bool) bool {
	if d > strayAtOnce || d < -aheadAtOnce || marker && (d > strayKept || d < -strayKept) {
		return true
	}
	if d <= strayKept && d >= -aheadKept {
		t.stray = 0
		return false
	}
	if t.stray == 0 || d < 0 != (t.least < 0) {
		t.stray, t.least = 0, d
	}
	t.stray++
	return t.stray >= strayFrames
}
