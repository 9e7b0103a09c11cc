package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hotline"
	"hotline/notify/queuelog"
)

// QueueFileConfig is what a QueueFile needs.
type QueueFileConfig struct {
	Path   string
	Start  bool // a new one begins with the log's first event, not with what comes
	Lines  queuelog.Config
	Log    Log
	Places Places
	Append func([]hotline.Event) error // alarms
	Raised func(alarm string) bool     // whether it is, from a run before; nil: none is
	Logger *slog.Logger
}

// QueueFile writes a queue_log, each line once, over restarts and crashes. A file that was moved away, as logrotate does, is left alone
// and a new one begun.
//
// The place says how far the log was read and how long the file was then. What the file holds behind that was written by a run that
// crashed: the same lines come again, and are passed over instead of written.
type QueueFile struct {
	export
	cfg   QueueFileConfig
	place queuePlace

	file    *os.File
	size    int64
	tail    []byte // the end of the file
	pending []byte // what a run that crashed wrote behind its place
	lines   *queuelog.Log
	state   *queuelog.State
	read    uint64
	dirty   bool
	saveAt  time.Time
	buf     []byte
	fresh   uint64
}

// queuePlace is how far a queue_log has come.
type queuePlace struct {
	Read  uint64          `json:"read"`
	Size  int64           `json:"size"`
	Tail  []byte          `json:"tail,omitempty"` // the bytes before Size: the file is known by them under another name too
	State json.RawMessage `json:"state,omitempty"`
}

const (
	queueSave  = 5 * time.Second
	tailLength = 256
	maxPending = 64 << 20
)

// NewQueueFile notes where a new file begins. Nothing is written before Run.
func NewQueueFile(cfg QueueFileConfig) (*QueueFile, error) {
	q := &QueueFile{cfg: cfg, export: export{
		logger: cfg.Logger, alarm: newRaiser("queue_log_failing", cfg.Append, cfg.Raised, cfg.Logger), stats: ExportStats{Name: "queue_log"},
		cannot: "the queue_log cannot be written: it is tried again",
	}}
	val, err := cfg.Places.Get(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("queue_log: %w", err)
	}
	if val != nil {
		if err := json.Unmarshal(val, &q.place); err == nil {
			return q, nil
		}
		cfg.Logger.Error("the place of the queue_log cannot be read: it begins anew")
	}
	if q.place = (queuePlace{}); !cfg.Start {
		q.place.Read = cfg.Log.Last()
	}
	if info, err := os.Stat(cfg.Path); err == nil { // of another program, until now
		q.place.Size = info.Size()
		if f, err := os.Open(cfg.Path); err == nil {
			q.place.Tail, _ = endOf(f, q.place.Size)
			f.Close()
		}
	}
	if val, err = json.Marshal(q.place); err == nil {
		err = cfg.Places.Put(cfg.Path, val)
	}
	if err != nil {
		return nil, fmt.Errorf("queue_log: %w", err)
	}
	return q, nil
}

// Run writes until ctx is done. When the disk fails it begins again from its place.
func (q *QueueFile) Run(ctx context.Context) error { return q.run(ctx, q.write) }

func (q *QueueFile) write(ctx context.Context) error {
	if err := q.open(); err != nil {
		return err
	}
	defer func() { q.file.Close() }()
	return q.fill(ctx, q.cfg.Log, q.place.Read, q)
}

// put makes the lines of an event and keeps those for the file that are not in it.
func (q *QueueFile) put(ev hotline.Event) error {
	for _, line := range q.lines.Lines(ev) {
		switch b := []byte(line); {
		case len(q.pending) == 0:
			q.buf = append(q.buf, b...)
		case bytes.HasPrefix(q.pending, b):
			q.pending = q.pending[len(b):]
		case bytes.HasPrefix(b, q.pending): // the crash was in the middle of the line
			q.buf = append(q.buf, b[len(q.pending):]...)
			q.pending = nil
		default: // another program writes there, or names have changed
			q.cfg.Logger.Warn("the end of the queue_log is not what was written: it goes on behind it")
			if q.pending[len(q.pending)-1] != '\n' {
				q.buf = append(q.buf, '\n')
			}
			q.buf, q.pending = append(q.buf, b...), nil
		}
	}
	q.read = ev.Seq
	q.fresh++
	if !q.dirty {
		q.dirty, q.saveAt = true, time.Now().Add(queueSave)
	}
	if len(q.buf) >= 64<<10 || q.dirty && !time.Now().Before(q.saveAt) {
		if err := q.flush(); err != nil {
			return err
		}
		if !time.Now().Before(q.saveAt) {
			return q.keep()
		}
	}
	return nil
}

// flush writes what is to be written, to the file that has the name now.
func (q *QueueFile) flush() error {
	if len(q.buf) > 0 {
		moved, err := q.reopen()
		if err != nil {
			return err
		}
		n, err := q.file.Write(q.buf)
		q.tail = append(q.tail, q.buf[:n]...)
		q.tail = slices.Clone(q.tail[max(0, len(q.tail)-tailLength):])
		if q.size += int64(n); err != nil {
			return err
		}
		if q.buf = q.buf[:0]; moved {
			if err := q.keep(); err != nil {
				return err
			}
		}
	}
	if q.fresh > 0 {
		q.delivered(q.fresh, q.read)
		q.fresh = 0
	}
	return nil
}

func (q *QueueFile) due() time.Duration {
	if q.dirty {
		return max(0, time.Until(q.saveAt))
	}
	return time.Hour
}

// keep puts the place away, after what it stands for.
func (q *QueueFile) keep() error {
	if !q.dirty {
		return nil
	}
	if q.saveAt = time.Now().Add(queueSave); len(q.pending) > 0 { // what is passed over is behind the place
		return nil
	}
	if err := q.file.Sync(); err != nil {
		return err
	}
	state, err := json.Marshal(q.state)
	if err != nil {
		return err
	}
	p := queuePlace{Read: q.read, Size: q.size, Tail: q.tail, State: state}
	val, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := q.cfg.Places.Put(q.cfg.Path, val); err != nil {
		return err
	}
	q.place, q.dirty = p, false
	return nil
}

// reopen begins a new file when the old one has another name, or none, or was cut; moved says so.
func (q *QueueFile) reopen() (moved bool, err error) {
	has, err := q.file.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(q.cfg.Path)
	if err == nil && os.SameFile(has, now) {
		if now.Size() >= q.size {
			return false, nil
		}
		q.size, q.tail = now.Size(), nil // logrotate's copytruncate; writing goes on at its end
		return true, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	q.file.Close()
	return true, q.create()
}

func (q *QueueFile) create() (err error) {
	q.file, err = os.OpenFile(q.cfg.Path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	info, err := q.file.Stat()
	if err == nil {
		q.size = info.Size()
		q.tail, err = endOf(q.file, q.size)
	}
	if err != nil {
		q.file.Close()
	}
	return err
}

// open finds the file that the place speaks of, under its name or one that it was given since.
func (q *QueueFile) open() error {
	q.state = &queuelog.State{}
	if q.place.State != nil {
		if err := json.Unmarshal(q.place.State, q.state); err != nil {
			q.cfg.Logger.Error("what is known of the queues cannot be read: the queue_log goes on without", "error", err)
			q.state = &queuelog.State{}
		}
	}
	q.lines, q.read, q.buf, q.pending, q.dirty = queuelog.New(q.cfg.Lines, q.state), q.place.Read, nil, nil, false
	if q.found(q.cfg.Path) {
		return nil
	}
	names, err := filepath.Glob(globbed(q.cfg.Path) + "?*")
	if err != nil {
		return err
	}
	for _, name := range names {
		if q.place.Size > 0 && q.found(name) {
			return q.goOn()
		}
	}
	return q.create()
}

// goOn is for a file that was moved away: if a new one was begun already, it comes behind.
func (q *QueueFile) goOn() error {
	more, err := os.ReadFile(q.cfg.Path)
	if err != nil || len(more) > maxPending {
		return nil // there is none: it is begun with the next line
	}
	q.file.Close()
	q.pending = append(q.pending, more...)
	return q.create()
}

// found opens the file if it is the one that the place speaks of, and reads what stands behind.
func (q *QueueFile) found(name string) bool {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_RDWR, 0)
	if err != nil {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Size() < q.place.Size || info.Size() > q.place.Size+maxPending {
		f.Close()
		return false
	}
	tail, err := endOf(f, q.place.Size)
	if err != nil || !bytes.Equal(tail, q.place.Tail) {
		f.Close()
		return false
	}
	pending := make([]byte, info.Size()-q.place.Size)
	if _, err := f.ReadAt(pending, q.place.Size); err != nil && err != io.EOF {
		f.Close()
		return false
	}
	q.file, q.size, q.pending = f, info.Size(), pending
	q.tail, _ = endOf(f, q.size)
	return true
}

// endOf is what stands before that place of the file.
func endOf(f *os.File, size int64) ([]byte, error) {
	b := make([]byte, min(size, tailLength))
	_, err := f.ReadAt(b, size-int64(len(b)))
	if err == io.EOF {
		err = nil
	}
	return b, err
}

// globbed is the name as a pattern that means itself.
func globbed(name string) string {
	var b []byte
	for i := range len(name) {
		if c := name[i]; c == '*' || c == '?' || c == '[' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, name[i])
	}
	return string(b)
}
