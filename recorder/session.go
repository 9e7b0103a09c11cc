package recorder

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"hotline"
	"hotline/media"
)

const (
	// windowLen is how much of the time line is kept in memory, in samples: what is not in the file yet (settle and one
	// slice), and what a leg's clock may run ahead.
	windowLen = 2 * rate
	// settle is how long after its arrival a sample may still change, in samples. With flushEvery it bounds what a crash
	// can lose: 0.3 s + 0.5 s.
	settle = 300 * rate / 1e3
	// flushEvery is the writer's period.
	flushEvery = 500 * time.Millisecond
	// slice is how much time is taken from the rings at once, at most, so that a writer that was held up finds both sides
	// of a moment in the window together.
	slice = 750 * time.Millisecond
	// fillMost is how many bytes of silence are written in one visit after the disk refused for long: a minute.
	fillMost = 1 << 20
)

// Session is one running recording.
type Session struct {
	rec     *Recorder
	contact hotline.ContactID
	call    hotline.CallID
	codec   media.Codec
	tick    int64     // bytes for 1/8000 s: see tickOf
	began   time.Time // wall clock of the first sample
	start   int64     // the engine's clock at the first sample, ns

	mu     sync.Mutex // guards tracks (appended by the switch, read by the writer) and endAt
	tracks []*track
	endAt  int64 // engine's clock at Close; 0 while running

	// Owned by the writer.
	name   string   // path without extension, relative to the recordings' folder; empty before create
	file   *os.File // nil before create
	window []byte   // the writer's, for the time of a visit
	rest   []byte   // what of the window was filled, between visits
	base   int64    // position of the window's first sample: all before it is in the file
	reach  int64    // position after the last sample in the window; what lies behind it there is old
	seen   int64    // engine's clock up to which frames were taken from the rings
	gaps   []Span
	inFile int64             // samples in the file: behind base while the disk refuses
	first  *track            // on the right side
	voices *[windowLen]uint8 // who is heard on the right at each place of the window; nil: one at most
	hole   int64             // where the refused stretch began; -1: there is none
	late   int64             // frames that came after their place was written
	cross  *[256]byte        // the other law to ours
	ended  time.Time         // the audio is complete since then
	err    error             // first failure to write; the session goes on and says so at its end

	trouble error // of the present visit
}

// Left returns a tap for the customer's leg.
func (s *Session) Left() media.Tap { return s.tap(false) }

// Right returns a tap for one agent's leg; every leg has its own. Where several are heard at once the right side is their
// sum.
func (s *Session) Right() media.Tap { return s.tap(true) }

func (s *Session) tap(right bool) media.Tap {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &track{ring: &ring{pool: &s.rec.pool}, right: right, id: voiceOf(len(s.tracks))}
	t.ring.closed.Store(s.endAt != 0)
	s.tracks = append(s.tracks, t)
	return t.ring
}

// Close ends the audio. The file is completed by the writer, RecordingStored follows when the sidecar is written. Closing
// twice is harmless.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.endAt != 0 {
		return
	}
	s.endAt = max(s.rec.cfg.Clock(), 1)
	for _, t := range s.tracks {
		t.ring.closed.Store(true)
	}
}

// over says whether the audio has ended.
func (s *Session) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endAt != 0
}

// flush moves what has come to the window and what has settled to the file. It returns true when the session was closed
// and all of it is written, as far as the disk lets it.
func (s *Session) flush(now int64) bool {
	s.unpack()
	defer s.pack()
	s.mu.Lock()
	tracks, endAt := s.tracks, s.endAt
	s.mu.Unlock()
	end := now
	if endAt != 0 {
		end = endAt
	}
	for once := true; once || s.seen <= end; once = false {
		limit := max(min(s.seen+int64(slice), end+1), s.seen)
		for _, t := range tracks {
			for at, ok := t.ring.peek(); ok && at < limit; at, ok = t.ring.peek() {
				f, _ := t.ring.next()
				s.place(t, f)
			}
		}
		s.seen = limit
		s.write(s.samples(limit) - settle)
	}
	if endAt == 0 {
		return false
	}
	s.write(s.samples(endAt))
	for s.inFile < s.base && s.catchUp() {
	}
	return true
}

// unpack lays out the window, and pack puts away what stands in it: between visits that is a third of a second of the two
// seconds it has room for.
func (s *Session) unpack() {
	s.window = s.rec.windowFor(s.tick)
	copy(s.window, s.rest)
}

func (s *Session) pack() {
	n := min(max(s.reach-s.base, 0), windowLen) * s.tick
	if int64(cap(s.rest)) < n {
		r := s.rec
		r.leave(s.rest)
		s.rest = r.restFor(n)
	}
	s.rest, s.window = append(s.rest[:0], s.window[:n]...), nil
}

// samples is a moment of the engine's clock as a place on the time line.
func (s *Session) samples(at int64) int64 { return (at - s.start) * rate / 1e9 }

// place puts one frame into the window.
func (s *Session) place(t *track, f media.Frame) {
	end := t.end
	pos, lost := t.place(f, s.start)
	n := ticksOf(f)
	if lost > 0 {
		s.gap(t.right, pos-lost, lost)
		s.recover(t, f, pos, lost)
	} else if pos+n < t.end {
		s.fill(t.right, pos, n)
	}
	offset := pos - s.base
	if offset < 0 && n > 0 {
		s.late++
	}
	from, to := min(max(-offset, 0), n), max(min(n, windowLen-offset), 0)
	if from >= to {
		return
	}
	at, late := offset+from, pos+n <= end
	if late && f.Codec == media.Opus {
		return // it was made good when the one after it came, and is not to be decoded behind that
	}
	s.extend(pos + to)
	if s.codec.Wide() {
		s.placeWide(t, f, at, from, to, late)
		return
	}
	codes := t.narrow(f, s.codec)[from:to]
	if !f.Codec.Wide() && f.Codec != s.codec {
		for i, c := range codes { // the payload is the writer's own copy
			codes[i] = s.cross[c]
		}
	}
	s.layNarrow(t, codes, at, late)
}

// layNarrow puts codes of the recording's codec into the window, at place at.
func (s *Session) layNarrow(t *track, codes []byte, at int64, late bool) {
	side := int64(0)
	if t.right {
		side = 1
	}
	if t.right && s.shared(t) {
		s.blend(t, at, codes, late)
		return
	}
	spread(s.window[at*channels+side:], codes)
}

// spread puts codes on every second place of out, which has room for them.
func spread(out, codes []byte) {
	for len(codes) >= 8 && len(out) >= 16 { // eight at a time, with one look at the bounds
		from, to := (*[8]byte)(codes), (*[16]byte)(out)
		to[0], to[2], to[4], to[6] = from[0], from[1], from[2], from[3]
		to[8], to[10], to[12], to[14] = from[4], from[5], from[6], from[7]
		codes, out = codes[8:], out[16:]
	}
	for i, c := range codes {
		out[i*channels] = c
	}
}

// gap notes lost audio; neighbours are joined, and a call of nothing but loss cannot fill the memory.
func (s *Session) gap(right bool, at, n int64) {
	const most, near = 1000, 4
	side := "left"
	if right {
		side = "right"
	}
	from, to := at*1000/rate, (at+n)*1000/rate
	for i := len(s.gaps) - 1; i >= max(0, len(s.gaps)-near); i-- {
		if g := &s.gaps[i]; g.Side == side && from >= g.FromMS && from-g.ToMS <= 20 {
			g.ToMS = max(g.ToMS, to)
			return
		}
	}
	if len(s.gaps) < most {
		s.gaps = append(s.gaps, Span{Kind: "gap", Side: side, FromMS: from, ToMS: to})
	}
}

// fill takes back what a frame that was only overtaken had been counted as lost.
func (s *Session) fill(right bool, at, n int64) {
	from, to := at*1000/rate, (at+n)*1000/rate
	for i := len(s.gaps) - 1; i >= 0 && i >= len(s.gaps)-8; i-- {
		g := &s.gaps[i]
		if (g.Side == "right") != right || to <= g.FromMS || from >= g.ToMS {
			continue
		}
		switch {
		case from <= g.FromMS && to >= g.ToMS:
			s.gaps = slices.Delete(s.gaps, i, i+1)
		case from <= g.FromMS:
			g.FromMS = to
		default:
			g.ToMS = from
		}
		return
	}
}

// write brings the file up to position to and moves the window behind it.
func (s *Session) write(to int64) {
	for to > s.base {
		n := min(to-s.base, windowLen)
		s.extend(s.base + n)
		s.append(s.window[:n*s.tick])
		copy(s.window, s.window[n*s.tick:(s.reach-s.base)*s.tick])
		s.pass(n)
		s.base += n
	}
}

// append writes audio behind what is in the file, then the head that says so: at any moment the file is a whole WAV. What
// the disk refused earlier becomes silence, and a gap on both sides.
func (s *Session) append(audio []byte) {
	if s.file == nil {
		if err := s.rec.create(s); err != nil {
			s.fail(err)
			return
		}
	}
	if !s.catchUp() || s.inFile < s.base {
		return
	}
	if s.base == 0 { // the first time in one go: the file never stands there without a head
		head := wavHead(s.codec, int64(len(audio)))
		s.rec.first = append(append(s.rec.first[:0], head[:]...), audio...)
		if _, err := s.file.WriteAt(s.rec.first, 0); err != nil {
			s.fail(err)
			return
		}
		s.inFile = int64(len(audio)) / s.tick
		return
	}
	if _, err := s.file.WriteAt(audio, headLen+s.base*s.tick); err != nil {
		s.fail(err)
		return
	}
	s.inFile = s.base + int64(len(audio))/s.tick
	s.head()
}

// catchUp fills what the disk refused with silence, a part of it if it is much. False: the disk refuses still.
func (s *Session) catchUp() bool {
	if s.inFile == s.base {
		return true
	}
	if s.hole < 0 {
		s.hole = s.inFile
	}
	if s.file == nil {
		return false
	}
	quiet := s.rec.quiet(s.codec)
	for room := fillMost / s.tick; s.inFile < s.base && room > 0; {
		n := min(s.base-s.inFile, int64(len(quiet))/s.tick)
		if _, err := s.file.WriteAt(quiet[:n*s.tick], headLen+s.inFile*s.tick); err != nil {
			s.fail(err)
			return false
		}
		s.inFile += n
		room -= n
	}
	if s.inFile == s.base {
		s.gap(false, s.hole, s.base-s.hole)
		s.gap(true, s.hole, s.base-s.hole)
		s.hole = -1
	}
	return s.head()
}

// head makes the file's head true.
func (s *Session) head() bool {
	head := wavHead(s.codec, s.inFile*s.tick)
	if _, err := s.file.WriteAt(head[:], 0); err != nil {
		s.fail(err)
		return false
	}
	return true
}

// fail notes that the disk refused. The operator is told of the disk once, not of every call; each call's end says in the
// log that it is incomplete.
func (s *Session) fail(err error) {
	s.trouble = err
	if s.err == nil {
		s.err = fmt.Errorf("recorder: %w", err)
		s.rec.failures.Add(1)
		s.rec.cfg.Logger.Info("a recording is incomplete", "contact", s.contact, "error", err)
	}
}

// extend makes the window reach to position to, which has room in it: with silence, until something is laid there.
func (s *Session) extend(to int64) {
	from := max(s.reach, s.base)
	if to <= from {
		return
	}
	for rest := s.window[(from-s.base)*s.tick : (to-s.base)*s.tick]; len(rest) > 0; {
		rest = rest[copy(rest, s.rec.quiet(s.codec)):]
	}
	s.reach = to
}
