package recorder

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
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
}

// sealer completes recordings, one after another, on a goroutine of its own: hashing and syncing must not hold up the
// writer. What cannot be completed now, because the disk or the log refuses, is tried again.
type sealer struct {
	rec  *Recorder
	wake chan struct{}

	mu      sync.Mutex // guards jobs and closing
	jobs    []func()
	closing bool

	failed []*take // owner: the goroutine; before it runs, Repair
}

func newSealer(r *Recorder) *sealer { return &sealer{rec: r, wake: make(chan struct{}, 1)} }

// add puts a job behind the others. It never waits.
func (q *sealer) add(job func()) {
	q.mu.Lock()
	q.jobs = append(q.jobs, job)
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
	q.add(func() {})
}

// run seals until close, and tries once more then.
func (q *sealer) run() {
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	for q.work() {
		select {
		case <-q.wake:
		case <-retry.C:
			q.again()
		}
	}
	q.again()
}

// work does all jobs there are, and says whether there may be more.
func (q *sealer) work() (more bool) {
	for {
		q.mu.Lock()
		if len(q.jobs) == 0 {
			more = !q.closing
			q.jobs = nil
			q.mu.Unlock()
			return more
		}
		job := q.jobs[0]
		q.jobs[0] = nil
		q.jobs = q.jobs[1:]
		q.mu.Unlock()
		job()
	}
}

// again tries what has failed once more.
func (q *sealer) again() {
	failed := q.failed
	q.failed = nil
	for _, t := range failed {
		q.try(t)
	}
}

// try stores a recording, or puts it aside for later. The open note stays until it is stored: if this process does not
// live to see it, the next one's Repair does.
func (q *sealer) try(t *take) {
	r := q.rec
	err := r.seal(t)
	if err == nil {
		return
	}
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
		r.removeNote(t.name)
	}
}

// final says that trying again will not help, once the log knows.
func (t *take) final(err error) bool {
	return t.excused && (errors.Is(err, errNoFile) || errors.Is(err, errNoWAV) || errors.Is(err, os.ErrNotExist))
}

// seal hashes the finished file, writes its sidecar, tells the log and takes the open note away: in this order, so that a
// crash in between is repaired into the same end. It may be called again after an error.
func (r *Recorder) seal(t *take) error {
	if t.name == "" {
		return errors.Join(errNoFile, t.err)
	}
	if t.file != nil {
		err := errors.Join(t.file.Sync(), t.file.Close())
		t.file = nil
		if err != nil {
			return err
		}
	}
	if !t.stored {
		stored, err := r.describe(t)
		if err == nil {
			err = r.tell(t.info.Contact, t.info.Call, stored)
		}
		if err != nil {
			return err
		}
		t.stored, t.excused = true, false
	}
	if t.err != nil { // after RecordingStored, which makes it playable
		if err := r.tell(t.info.Contact, t.info.Call, hotline.RecordingFailed{Error: t.err.Error()}); err != nil {
			return err
		}
	}
	r.removeNote(t.name)
	return nil
}

// describe writes the sidecar of the file as it stands and returns what the log is to say.
func (r *Recorder) describe(t *take) (hotline.RecordingStored, error) {
	sum, size, err := r.hash(t.name + wavExt)
	if err != nil {
		return hotline.RecordingStored{}, err
	}
	info := &t.info
	info.Version, info.File, info.SHA256, info.Bytes, info.Repaired = 1, t.name+wavExt, sum, size, t.repaired
	info.MS = max(size-headLen, 0) * 1000 / (rate * channels)
	if t.err != nil {
		info.Error = t.err.Error()
	}
	if info.Spans == nil {
		info.Spans = []Span{}
	}
	slices.SortStableFunc(info.Spans, func(a, b Span) int { return cmp.Compare(a.FromMS, b.FromMS) })
	b, err := json.MarshalIndent(info, "", " ")
	if err != nil {
		return hotline.RecordingStored{}, err
	}
	if err := r.writeFile(t.name+jsonExt, b, true); err != nil {
		return hotline.RecordingStored{}, err
	}
	gaps := 0
	for _, s := range info.Spans {
		if s.Kind == "gap" {
			gaps++
		}
	}
	return hotline.RecordingStored{File: info.File, SHA256: sum, MS: info.MS, Bytes: size, Gaps: gaps, Repaired: t.repaired}, nil
}

func (r *Recorder) hash(name string) (sum string, size int64, err error) {
	f, err := r.root.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// writeFile writes a small file whole or not at all; with sync it is on the disk when this returns.
func (r *Recorder) writeFile(name string, b []byte, sync bool) error {
	tmp := name + tmpExt
	f, err := r.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil && sync {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = r.root.Rename(tmp, name)
	}
	if err != nil {
		return errors.Join(err, r.root.Remove(tmp))
	}
	if sync {
		return r.syncFile(path.Dir(name)) // the new name, too
	}
	return nil
}

// syncFile brings a file or folder to the disk.
func (r *Recorder) syncFile(name string) error {
	f, err := r.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
