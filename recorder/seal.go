package recorder

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"runtime"
	"slices"
	"sync"
	"time"

	"hotline"
)

// retryEvery is how long after a failure to seal a recording it is tried again.
const retryEvery = 5 * time.Second

// errNoFile is why a recording failed whose file could never be made.
var errNoFile = errors.New("recorder: the file could not be made")

// take is a recording whose audio is over, on its way to being stored. Owner: the sealer.
type take struct {
	name     string   // path without extension; empty: there is no file
	file     *os.File // still to be synced and closed; nil: done
	info     Info
	err      error // why parts of it are missing
	repaired bool
	counted  bool // among the failures
	excused  bool // that it failed is in the log
	stored   bool // that it is stored is in the log

	fact hotline.RecordingStored // what the log is to say
}

// sealPause is how long the sealer gathers recordings that are over before it syncs them together. A sync holds up whatever else
// runs on its processor until the scheduler notices, milliseconds each time.
const sealPause = 2 * time.Second

// tellAtOnce is how many recordings the log is told of in one piece. Hundreds may be over at once, and a caller's way to an agent
// leads through ten goroutines: each time it would wait behind as much of this as the scheduler lets pass, 10 ms. So whatever is done
// for many recordings lets others run between any two.
const tellAtOnce = 16

// sealBehind is how many recordings may wait before the sealer takes all the time it can get.
const sealBehind = 2000

// fewTakes is how many recordings are synced one by one; more are synced together.
const fewTakes = 3

// sealer completes recordings on a goroutine of its own: hashing and syncing must not hold up the writer. What the writer
// finishes in one visit is synced and told to the log together. What cannot be completed now, because the disk or the log
// refuses, is tried again.
type sealer struct {
	rec  *Recorder
	wake chan struct{}

	mu      sync.Mutex // guards over and closing
	over    []*take
	closing bool

	// Owner: the goroutine; before it runs, Repair.
	failed []*take
	days   folder
	buf    []byte // to hash with
	paced  bool   // calls may be up: see ease
}

func newSealer(r *Recorder) *sealer {
	return &sealer{rec: r, wake: make(chan struct{}, 1), days: folder{root: r.root}, buf: make([]byte, 64<<10)}
}

// waiting is how many recordings are in line.
func (q *sealer) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.over)
}

// add puts takes behind the others. It never waits.
func (q *sealer) add(ts []*take) {
	q.mu.Lock()
	q.over = append(q.over, ts...)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// close lets run end when all is done.
func (q *sealer) close() {
	q.mu.Lock()
	q.closing = true
	q.mu.Unlock()
	q.add(nil)
}

// run seals until close, and tries once more then.
func (q *sealer) run() {
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	q.paced = true
	for q.work() {
		select {
		case <-q.wake:
			q.gather()
		case <-retry.C:
			q.again()
		}
	}
	q.again()
	q.days.close()
}

// gather waits for more to seal, unless this is the end.
func (q *sealer) gather() {
	pause := time.NewTimer(sealPause)
	defer pause.Stop()
	for {
		q.mu.Lock()
		closing := q.closing
		q.mu.Unlock()
		if closing {
			return
		}
		select {
		case <-q.wake: // more, or the end
		case <-pause.C:
			return
		}
	}
}

// work does what there is, and says whether there may be more.
func (q *sealer) work() (more bool) {
	for {
		q.mu.Lock()
		ts := q.over
		q.over = nil
		more = !q.closing
		q.mu.Unlock()
		if len(ts) == 0 {
			q.noted()
			return more
		}
		q.try(ts...)
		q.rec.cfg.Slowly(q.noted)
	}
}

// noted brings the notes to the disk.
func (q *sealer) noted() {
	if err := q.rec.notes.sync(); err != nil { // a recording without a note is still a whole file
		q.rec.cfg.Logger.Warn("notes of recordings are not on the disk", "error", err)
	}
}

// again tries what has failed once more.
func (q *sealer) again() {
	failed := q.failed
	q.failed = nil
	q.try(failed...)
}

// try stores recordings, or puts them aside for later. The open note stays until one is stored: if this process does not
// live to see it, the next one's Repair does. The order is: sidecar, disk, log, note, so that a crash in between is
// repaired into the same end.
func (q *sealer) try(ts ...*take) {
	var ready, safe []*take
	for _, t := range ts {
		began, err := time.Now(), error(nil)
		q.rec.cfg.Slowly(func() { err = q.prepare(t) })
		if err != nil {
			q.refused(t, err)
		} else {
			ready = append(ready, t)
		}
		q.ease(began)
	}
	var errs []error
	q.rec.cfg.Slowly(func() { errs = q.sync(ready) })
	for i, err := range errs {
		if err != nil {
			q.refused(ready[i], err)
			continue
		}
		safe = append(safe, ready[i])
	}
	for some := range slices.Chunk(safe, tellAtOnce) {
		began := time.Now()
		q.store(some)
		q.ease(began)
	}
}

// ease lets calls go first: of its processor the sealer takes a quarter, unless it is to end or falls behind, or nobody can call yet
// because recordings of before a crash are being repaired. Hundreds done in one go would hold up everybody who calls in that half second.
func (q *sealer) ease(began time.Time) {
	runtime.Gosched() // see tellAtOnce
	if !q.paced {
		return
	}
	q.mu.Lock()
	hurry := q.closing || len(q.over) > sealBehind
	q.mu.Unlock()
	if !hurry {
		time.Sleep(min(3*time.Since(began), 10*time.Millisecond))
	}
}

// store tells the log of recordings that are safe on the disk.
func (q *sealer) store(safe []*take) {
	r := q.rec
	var evs []hotline.Event
	var files []string
	for _, t := range safe {
		evs = append(evs, t.event(t.fact))
		if t.err != nil { // after RecordingStored, which makes it playable
			evs = append(evs, t.event(hotline.RecordingFailed{Error: t.err.Error()}))
		}
		files = append(files, t.info.File)
	}
	if err := r.cfg.Append(evs); err != nil {
		for _, t := range safe {
			q.refused(t, fmt.Errorf("telling the log: %w", err))
		}
		return
	}
	for _, t := range safe {
		t.stored = true
	}
	r.notes.remove(files...)
}

func (t *take) event(f hotline.Fact) hotline.Event {
	return hotline.Event{At: time.Now(), Contact: t.info.Contact, Call: t.info.Call, Fact: f}
}

// refused puts a recording aside that could not be stored.
func (q *sealer) refused(t *take, err error) {
	r := q.rec
	if !t.counted {
		t.counted = true
		r.failures.Add(1)
	}
	if !t.excused {
		r.cfg.Logger.Info("a recording is not stored yet", "contact", t.info.Contact, "error", err)
		t.excused = r.tell(t.info.Contact, t.info.Call, hotline.RecordingFailed{Error: err.Error()}) == nil
	}
	if !t.final(err) {
		q.failed = append(q.failed, t)
	} else if t.excused {
		t.close()
		r.notes.remove(t.name + wavExt)
	}
}

func (t *take) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

// final says that trying again will not help, once the log knows.
func (t *take) final(err error) bool {
	return t.excused && (errors.Is(err, errNoFile) || errors.Is(err, errNoWAV) || errors.Is(err, os.ErrNotExist))
}

// prepare hashes the finished file, writes its sidecar and sets what the log is to say. It may be called again after an
// error.
func (q *sealer) prepare(t *take) (err error) {
	if t.name == "" {
		return errors.Join(errNoFile, t.err)
	}
	var size int64
	info := &t.info
	if t.file != nil {
		info.SHA256, size, err = hash(io.NewSectionReader(t.file, 0, math.MaxInt64), q.buf)
	} else {
		info.SHA256, size, err = q.rec.hash(t.name + wavExt)
	}
	if err != nil {
		return err
	}
	info.Version, info.File, info.Bytes, info.Repaired = 1, t.name+wavExt, size, t.repaired
	info.MS = max(size-headLen, 0) * 1000 / (rate * tickNamed(info.Codec))
	if t.err != nil {
		info.Error = t.err.Error()
	}
	if info.Spans == nil {
		info.Spans = []Span{}
	}
	slices.SortStableFunc(info.Spans, func(a, b Span) int { return cmp.Compare(a.FromMS, b.FromMS) })
	b, err := json.MarshalIndent(info, "", " ")
	if err != nil {
		return err
	}
	dir, err := q.days.at(t.name)
	if err == nil {
		err = dir.WriteFile(path.Base(t.name)+jsonExt, b, 0o640) // torn by a crash it is written again: see Repair
	}
	if err != nil {
		q.days.close()
		return err
	}
	gaps := 0
	for _, s := range info.Spans {
		if s.Kind == "gap" {
			gaps++
		}
	}
	t.fact = hotline.RecordingStored{
		File: info.File, SHA256: info.SHA256, MS: info.MS, Bytes: size, Gaps: gaps, Repaired: t.repaired,
	}
	return nil
}

// sync brings the recordings and their sidecars to the disk and closes them. It returns an error, or nil, for each.
func (q *sealer) sync(ts []*take) []error {
	errs := make([]error, len(ts))
	together := false
	if len(ts) > fewTakes {
		if i := slices.IndexFunc(ts, func(t *take) bool { return t.file != nil }); i >= 0 {
			var err error
			if together, err = syncAll(ts[i].file); err != nil {
				together = false // whose fault it was is found out one by one
			}
		}
	}
	for i, t := range ts {
		if !together {
			errs[i] = q.syncOne(t)
		}
		runtime.Gosched()
		if err := t.close(); errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

func (q *sealer) syncOne(t *take) error {
	if t.file != nil {
		if err := t.file.Sync(); err != nil {
			return err
		}
	}
	dir, err := q.days.at(t.name)
	if err != nil {
		return err
	}
	f, err := dir.OpenFile(path.Base(t.name)+jsonExt, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return q.days.sync(t.name) // the new names, too
}

func (r *Recorder) hash(name string) (sum string, size int64, err error) {
	f, err := r.root.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	return hash(f, make([]byte, 32<<10))
}

func hash(from io.Reader, buf []byte) (sum string, size int64, err error) {
	h := sha256.New()
	size, err = io.CopyBuffer(h, struct{ io.Reader }{from}, buf)
	return hex.EncodeToString(h.Sum(nil)), size, err
}
