package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path"
	"path/filepath"
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
	Logger *slog.Logger
}

// Recorder owns the recordings' folder. Its methods may be called from any goroutine.
type Recorder struct {
	cfg      Config
	root     *os.Root
	failures atomic.Uint64

	mu       sync.Mutex // guards sessions and stories
	sessions map[hotline.ContactID]*Session
	stories  map[hotline.ContactID]*story
}

// New opens the folder. Repair should run before the first Start.
func New(cfg Config) (*Recorder, error) {
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	return &Recorder{
		cfg: cfg, root: root,
		sessions: map[hotline.ContactID]*Session{}, stories: map[hotline.ContactID]*story{},
	}, nil
}

// Failures is the number of recordings that could not be written whole since the start.
func (r *Recorder) Failures() uint64 { return r.failures.Load() }

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
		if !letter && (i == 0 || c != '-' && c != '_') {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

// Start begins the contact's recording in the codec of the customer's leg. Starting one that runs returns it.
func (r *Recorder) Start(contact hotline.ContactID, call hotline.CallID, codec media.Codec) (*Session, error) {
	if !safeName(contact) {
		return nil, fmt.Errorf("%w: %q", ErrName, contact)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[contact]; s != nil {
		return s, nil
	}
	began := time.Now()
	s := &Session{
		rec: r, contact: contact, call: call, codec: codec, began: hotline.Millis(began), start: r.cfg.Clock(),
		name: path.Join(began.UTC().Format("2006/01/02"), string(contact)),
	}
	s.cross = crossTable(codec)
	s.blank(0)
	if err := r.create(s); err != nil {
		r.failures.Add(1)
		return nil, fmt.Errorf("recorder: %w", err)
	}
	r.sessions[contact] = s
	return s, nil
}

// create makes the file and the note beside it that says, after a crash, what it was to become.
func (r *Recorder) create(s *Session) error {
	if err := os.MkdirAll(filepath.Join(r.cfg.Dir, filepath.FromSlash(path.Dir(s.name))), 0o750); err != nil {
		return err
	}
	note, err := json.Marshal(Info{Contact: s.contact, Call: s.call, Began: s.began})
	if err != nil {
		return err
	}
	if err := r.writeFile(s.name+openExt, note); err != nil {
		return err
	}
	f, err := r.root.OpenFile(s.name+wavExt, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	head := wavHead(s.codec, 0)
	if _, err := f.Write(head[:]); err != nil {
		return errors.Join(err, f.Close())
	}
	s.file = f
	return nil
}

// Run writes the recordings until ctx is done, then completes those whose audio is over.
func (r *Recorder) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	scratch := new([ringSize]byte)
	for {
		select {
		case <-ctx.Done():
			r.turn(scratch, true)
			return nil
		case <-tick.C:
			r.turn(scratch, false)
		}
	}
}

// turn visits every session once. A session whose audio is complete waits for the end of its story.
func (r *Recorder) turn(scratch *[ringSize]byte, last bool) {
	r.mu.Lock()
	running := make([]*Session, 0, len(r.sessions))
	for _, s := range r.sessions {
		running = append(running, s)
	}
	r.mu.Unlock()
	now := r.cfg.Clock()
	for _, s := range running {
		if last {
			s.Close()
		}
		if s.ended.IsZero() && s.flush(now, scratch) {
			s.ended = time.Now()
		}
		if !s.ended.IsZero() && (last || r.told(s.contact) || time.Since(s.ended) > patience) {
			r.finish(s)
		}
	}
}

// finish closes the file, writes the sidecar and tells the log.
func (r *Recorder) finish(s *Session) {
	err := errors.Join(s.err, s.file.Sync(), s.file.Close())
	r.mu.Lock()
	st := r.stories[s.contact]
	delete(r.stories, s.contact)
	delete(r.sessions, s.contact)
	r.mu.Unlock()
	info := Info{Contact: s.contact, Call: s.call, Began: s.began, Codec: s.codec.String(), Late: s.late}
	for _, t := range s.tracks {
		info.Dropped += t.ring.dropped.Load()
	}
	ms := s.base * 1000 / rate
	info.Spans = append(st.spans(s.began, ms), s.gaps...)
	if err == nil {
		err = r.seal(s.name, &info, false)
	}
	if err != nil {
		r.cfg.Logger.Error("recording is incomplete", "contact", s.contact, "error", err)
		r.tell(s.contact, s.call, hotline.RecordingFailed{Error: err.Error()})
	}
}

// tell appends a fact about the contact's recording. A log that cannot be written keeps the open note on the disk, so
// that the next start's Repair tells it.
func (r *Recorder) tell(contact hotline.ContactID, call hotline.CallID, fact hotline.Fact) bool {
	err := r.cfg.Append([]hotline.Event{{At: time.Now(), Contact: contact, Call: call, Fact: fact}})
	if err != nil {
		r.cfg.Logger.Error("recording cannot be logged; the next start will", "contact", contact, "error", err)
	}
	return err == nil
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
