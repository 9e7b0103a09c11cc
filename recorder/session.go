package recorder

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"hotline"
	"hotline/media"
)

const (
	// windowLen is how much of the time line is kept in memory, in samples: late frames still find their place in it.
	windowLen = rate
	// settle is how long after its arrival a sample may still change, in samples. With flushEvery it bounds what a crash
	// can lose: 0.3 s + 0.5 s.
	settle = 300 * rate / 1e3
	// flushEvery is the writer's period.
	flushEvery = 500 * time.Millisecond
)

// Session is one running recording.
type Session struct {
	rec     *Recorder
	contact hotline.ContactID
	call    hotline.CallID
	codec   media.Codec
	name    string    // path without extension, relative to the recordings' folder
	began   time.Time // wall clock of the first sample
	start   int64     // the engine's clock at the first sample, ns

	mu     sync.Mutex // guards tracks (appended by the switch, read by the writer) and endAt
	tracks []*track
	endAt  int64 // engine's clock at Close; 0 while running

	// Owned by the writer.
	file   *os.File
	window [windowLen * channels]byte
	base   int64 // position of the window's first sample: all before it is in the file
	gaps   []Span
	inFile int64     // samples in the file: behind base while the disk refuses
	late   int64     // frames that came after their place was written
	cross  [256]byte // the other law to ours
	ended  time.Time // the audio is complete since then
	err    error     // first failure to write; the session goes on and says so at its end
}

// Left returns a tap for the customer's leg.
func (s *Session) Left() media.Tap { return s.tap(false) }

// Right returns a tap for one agent's leg; every leg has its own.
func (s *Session) Right() media.Tap { return s.tap(true) }

func (s *Session) tap(right bool) media.Tap {
	t := &track{ring: new(ring), right: right}
	s.mu.Lock()
	defer s.mu.Unlock()
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
	s.endAt = s.rec.cfg.Clock()
	for _, t := range s.tracks {
		t.ring.closed.Store(true)
	}
}

// flush moves what has come to the window and what has settled to the file. It returns true when the session was closed
// and all of it is written.
func (s *Session) flush(now int64, scratch *[ringSize]byte) bool {
	s.mu.Lock()
	tracks, endAt := s.tracks, s.endAt
	s.mu.Unlock()
	for _, t := range tracks {
		for f, ok := t.ring.next(scratch); ok; f, ok = t.ring.next(scratch) {
			s.place(t, f)
		}
	}
	if endAt != 0 {
		s.write((endAt - s.start) * rate / 1e9)
		return true
	}
	s.write((now-s.start)*rate/1e9 - settle)
	return false
}

// place puts one frame into the window.
func (s *Session) place(t *track, f media.Frame) {
	pos, lost := t.place(f, s.start)
	if lost > 0 {
		s.gap(t.right, pos-lost, lost)
	} else if pos+int64(len(f.Payload)) < t.end {
		s.fill(t.right, pos, int64(len(f.Payload)))
	}
	if pos+int64(len(f.Payload)) > s.base+windowLen {
		s.write(pos + int64(len(f.Payload)) - windowLen/2)
	}
	offset, side := pos-s.base, int64(0)
	if t.right {
		side = 1
	}
	if offset < 0 {
		s.late++
	}
	for i, c := range f.Payload {
		at := offset + int64(i)
		if at < 0 || at >= windowLen {
			continue
		}
		if f.Codec != s.codec {
			c = s.cross[c]
		}
		s.window[at*channels+side] = c
	}
}

// gap notes lost audio; neighbours are joined, and a call of nothing but loss cannot fill the memory.
func (s *Session) gap(right bool, at, n int64) {
	const most = 1000
	side := "left"
	if right {
		side = "right"
	}
	from, to := at*1000/rate, (at+n)*1000/rate
	if k := len(s.gaps) - 1; k >= 0 && s.gaps[k].Side == side && from-s.gaps[k].ToMS <= 20 {
		s.gaps[k].ToMS = to
	} else if k < most {
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
		s.append(s.window[:n*channels])
		copy(s.window[:], s.window[n*channels:])
		s.blank((windowLen - n) * channels)
		s.base += n
	}
}

// append writes audio behind what is in the file, then the head that says so: at any moment the file is a whole WAV. What
// the disk refused earlier becomes silence, and a gap on both sides.
func (s *Session) append(audio []byte) {
	if missing := s.base - s.inFile; missing > 0 {
		quiet := bytes.Repeat([]byte{s.codec.Silence()}, int(min(missing, 60*rate)*channels))
		for s.inFile < s.base {
			n := min(s.base-s.inFile, int64(len(quiet))/channels)
			if _, err := s.file.WriteAt(quiet[:n*channels], headLen+s.inFile*channels); err != nil {
				s.fail(err)
				return
			}
			s.inFile += n
		}
		s.gap(false, s.base-missing, missing)
		s.gap(true, s.base-missing, missing)
	}
	if _, err := s.file.WriteAt(audio, headLen+s.base*channels); err != nil {
		s.fail(err)
		return
	}
	s.inFile = s.base + int64(len(audio))/channels
	head := wavHead(s.codec, s.inFile*channels)
	if _, err := s.file.WriteAt(head[:], 0); err != nil {
		s.fail(err)
	}
}

func (s *Session) fail(err error) {
	if s.err == nil {
		s.err = fmt.Errorf("recorder: %s: %w", s.name, err)
		s.rec.failures.Add(1)
		s.rec.cfg.Logger.Error("recording cannot be written", "contact", s.contact, "error", err)
	}
}

// blank fills the window with silence from byte i on.
func (s *Session) blank(i int64) {
	for q := s.codec.Silence(); i < int64(len(s.window)); i++ {
		s.window[i] = q
	}
}
