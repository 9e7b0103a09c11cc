package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"hotline"
	"hotline/media"
)

// Errors of the recorder.
var (
	// ErrName is returned for a contact id that cannot be a file name.
	ErrName = errors.New("recorder: contact id cannot be a file name")
	// ErrNotFound is returned when there is no such recording.
	ErrNotFound = errors.New("recorder: no such recording")
	// ErrAltered is returned by Verify when the audio is not what was stored.
	ErrAltered = errors.New("recorder: the audio is not what was recorded")
)

// Config is what a recorder needs.
type Config struct {
	Dir    string                      // the recordings' folder; made if missing
	Append func([]hotline.Event) error // the log: RecordingStored and RecordingFailed go there
	Clock  func() int64                // the media engine's clock, ns: what Frame.At is counted in
	Spare  int64                       // bytes that must be free for Healthy; default 32 MiB, negative: none
	Logger *slog.Logger

	// Slowly does work that waits for the disk for long, in whatever way lets others go on meanwhile; nil: just so.
	Slowly func(work func())
}

// Recorder owns the recordings' folder. Its methods may be called from any goroutine.
type Recorder struct {
	cfg      Config
	root     *os.Root
	failures atomic.Uint64
	gaps     atomic.Uint64
	dropped  atomic.Uint64
	sealer   *sealer
	notes    *notes

	writing folder // owner: the writer
	first   []byte // the writer's room for a file's beginning
	health  health
	silence [3][]byte // of PCMU, PCMA and 16 bits, to fill with

	mu       sync.Mutex // guards sessions and stories
	sessions map[hotline.ContactID]*Session
	inOrder  []*Session // sessions, as they began
	stories  map[hotline.ContactID]*story

	pool   pool
	cross  [2][256]byte // PCMA to PCMU, and PCMU to PCMA
	round  round        // owner: the writer
	window []byte       // of the session that the writer is at
	rests  [][]byte     // memory for what sessions keep of their windows, of sessions that are over; owner: the writer
}

// New opens the folder. Repair should run before the first Start.
func New(cfg Config) (*Recorder, error) {
	if cfg.Slowly == nil {
		cfg.Slowly = func(work func()) { work() }
	}
	if cfg.Spare == 0 {
		cfg.Spare = 32 << 20
	}
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	r := &Recorder{
		cfg: cfg, root: root, sessions: map[hotline.ContactID]*Session{}, stories: map[hotline.ContactID]*story{},
	}
	for i, c := range []media.Codec{media.PCMU, media.PCMA} {
		r.silence[i] = bytes.Repeat([]byte{c.Silence()}, 1<<15)
	}
	r.silence[2] = make([]byte, 1<<15)
	r.cross = [2][256]byte{crossTable(media.PCMU), crossTable(media.PCMA)}
	r.sealer = newSealer(r)
	r.writing.root = root
	r.notes = &notes{root: root, log: cfg.Logger, open: map[string]Info{}, old: map[string]bool{}}
	return r, nil
}

func (r *Recorder) quiet(c media.Codec) []byte {
	switch c {
	case media.PCMU:
		return r.silence[0]
	case media.G722, media.Opus:
		return r.silence[2]
	}
	return r.silence[1]
}

// windowFor is the writer's room for a window of that many bytes a tick.
func (r *Recorder) windowFor(tick int64) []byte {
	if n := windowLen * tick; int64(cap(r.window)) < n {
		r.window = make([]byte, n)
	}
	return r.window[:windowLen*tick]
}

// restFor is room for n bytes that a session keeps of its window, and leave takes it back.
func (r *Recorder) restFor(n int64) []byte {
	if k := len(r.rests) - 1; k >= 0 {
		b := r.rests[k]
		r.rests = r.rests[:k]
		if int64(cap(b)) >= n {
			return b[:0]
		}
	}
	const grain = 512
	return make([]byte, 0, (n+grain-1)/grain*grain)
}

func (r *Recorder) leave(rest []byte) {
	const most = 64 // what is over within a round, as a rule
	if cap(rest) > 0 && len(r.rests) < most {
		r.rests = append(r.rests, rest)
	}
}

// Failures is the number of recordings that could not be written whole since the start.
func (r *Recorder) Failures() uint64 { return r.failures.Load() }

// Stats is how the writer fares.
type Stats struct {
	Chunks  int    // pieces of sound in memory, at most 2 KiB each: being filled, or waiting for the writer
	Sealing int    // recordings that are complete and wait for their hash and sidecar
	Gaps    uint64 // holes in recordings that are over
	Dropped uint64 // packets that the writer was too slow for, of recordings that are over
}

// Stats is a copy of the counts.
func (r *Recorder) Stats() Stats {
	return Stats{Chunks: int(r.pool.out.Load()), Sealing: r.sealer.waiting(), Gaps: r.gaps.Load(), Dropped: r.dropped.Load()}
}

// Running is the number of recordings under way.
func (r *Recorder) Running() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sessions)
}

// safeName holds for contact ids that can stand in a path on every system.
func safeName(id hotline.ContactID) bool {
	for i, c := range []byte(id) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if inside := i > 0 && i < len(id)-1; !letter && (i == 0 || c != '-' && c != '_' && (c != '.' || !inside)) {
			return false // a dot at the end is not kept by every system
		}
	}
	return id != "" && len(id) <= 128
}

// Start begins the contact's recording in the codec of the customer's leg, for G.722 and Opus in 16 bits at 16 kHz. It never waits for the disk: the file is made
// by the writer within half a second, and what the disk refuses is a gap. Starting a recording that runs, or whose audio
// has just ended, goes on with it.
func (r *Recorder) Start(contact hotline.ContactID, call hotline.CallID, codec media.Codec) (*Session, error) {
	if !safeName(contact) {
		return nil, fmt.Errorf("%w: %q", ErrName, contact)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[contact]; s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.endAt = 0
		return s, nil
	}
	s := &Session{
		rec: r, contact: contact, call: call, codec: codec, tick: tickOf(codec), began: hotline.Millis(time.Now()), start: r.cfg.Clock(), hole: -1,
	}
	s.seen = s.start
	s.cross = &r.cross[0]
	if codec == media.PCMA {
		s.cross = &r.cross[1]
	}
	r.sessions[contact] = s
	r.inOrder = append(r.inOrder, s)
	return s, nil
}

// create makes the file, after the note that says after a crash what it was to become.
func (r *Recorder) create(s *Session) error {
	name := path.Join(s.began.UTC().Format(dayLayout), string(s.contact))
	dir, err := r.writing.at(name)
	if err == nil {
		err = r.createIn(dir, name, s)
	}
	if err != nil {
		r.writing.close()
	}
	return err
}

func (r *Recorder) createIn(dir *os.Root, name string, s *Session) error {
	name, err := freeName(dir, name)
	if err != nil {
		return err
	}
	if err := r.notes.add(Info{File: name + wavExt, Contact: s.contact, Call: s.call, Began: s.began, Codec: s.codec.String()}); err != nil {
		return err
	}
	base := path.Base(name) + wavExt
	f, err := dir.OpenFile(base, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	s.name, s.file = name, f
	return nil
}

// freeName is the name, or the name with the first number that no recording of the contact has yet.
func freeName(dir *os.Root, name string) (string, error) {
	const most = 1000
	try := name
	for n := 2; n < most; n++ {
		if _, err := dir.Stat(path.Base(try) + wavExt); errors.Is(err, fs.ErrNotExist) {
			return try, nil
		} else if err != nil {
			return "", err
		}
		try = name + "_" + strconv.Itoa(n)
	}
	return "", fmt.Errorf("%w: %s", fs.ErrExist, name)
}

// finish makes a session whose audio is complete ready for the sealer, unless it was started again just now.
func (r *Recorder) finish(s *Session) *take {
	r.mu.Lock()
	if !s.over() {
		r.mu.Unlock()
		return nil
	}
	st := r.stories[s.contact]
	var spans []Span
	if ms := s.base * 1000 / rate; st != nil {
		spans = st.spans(s.began, ms)
		if st.done {
			delete(r.stories, s.contact)
		}
	}
	delete(r.sessions, s.contact)
	r.inOrder = slices.DeleteFunc(r.inOrder, func(each *Session) bool { return each == s })
	r.mu.Unlock()
	if s.hole >= 0 {
		s.gap(false, s.hole, s.base-s.hole)
		s.gap(true, s.hole, s.base-s.hole)
	}
	r.leave(s.rest)
	s.rest = nil
	t := &take{
		name: s.name, file: s.file, err: s.err, counted: s.err != nil,
		info: Info{Contact: s.contact, Call: s.call, Began: s.began, Codec: s.codec.String(), Late: s.late},
	}
	for _, track := range s.tracks {
		t.info.Dropped += track.ring.dropped.Load()
		track.ring.end()
	}
	t.info.Spans = append(spans, s.gaps...)
	r.gaps.Add(uint64(len(s.gaps)))
	r.dropped.Add(t.info.Dropped)
	return t
}

// tell appends a fact about the contact's recording.
func (r *Recorder) tell(contact hotline.ContactID, call hotline.CallID, fact hotline.Fact) error {
	err := r.cfg.Append([]hotline.Event{{At: time.Now(), Contact: contact, Call: call, Fact: fact}})
	if err != nil {
		return fmt.Errorf("telling the log: %w", err)
	}
	return nil
}

// crossTable maps every code of the other law to the code of ours.
func crossTable(to media.Codec) (t [256]byte) {
	from := media.PCMA
	if to == media.PCMA {
		from = media.PCMU
	}
	for i := range t {
		t[i] = byte(i)
	}
	media.Transcode(t[:], to, t[:], from)
	return t
}
