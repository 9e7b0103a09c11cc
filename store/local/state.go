package local

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"hotline"
)

// state is the bbolt file. Changes of many writers are joined into one transaction, one fdatasync, by the committer.
type state struct {
	db     *bolt.DB
	slowly func(work func()) // does the transactions

	work bell
	done chan struct{} // the committer has ended

	mu      sync.Mutex
	pending []*edit // mu
	closed  bool    // mu
}

// edit is one change: the values of keys in one bucket; a nil value deletes.
type edit struct {
	bucket string
	values map[string][]byte
	err    error // set before done
	done   chan struct{}
}

// openState opens the file. synced: each transaction is on the platter when its writers hear of it.
func openState(path string, synced bool, slowly func(work func())) (*state, error) {
	db, err := bolt.Open(path, 0o640, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, NoSync: !synced, NoGrowSync: !synced,
	})
	if err != nil {
		return nil, wrapPath("open", path, err)
	}
	st := &state{db: db, slowly: slowly, work: make(bell, 1), done: make(chan struct{})}
	go st.commit()
	return st, nil
}

// atOnce does work that does not wait for the disk.
func atOnce(work func()) { work() }

// commit is the committer. It ends when the state is closed and nothing is pending.
func (st *state) commit() {
	defer close(st.done)
	for range st.work {
		st.mu.Lock()
		edits, closed := st.pending, st.closed
		st.pending = nil
		st.mu.Unlock()
		if len(edits) > 0 {
			var err error
			st.slowly(func() { err = st.db.Update(func(tx *bolt.Tx) error { return apply(tx, edits) }) })
			for _, e := range edits {
				e.err = err
				close(e.done)
			}
		}
		if closed {
			return
		}
	}
}

func apply(tx *bolt.Tx, edits []*edit) error {
	for _, e := range edits {
		b, err := tx.CreateBucketIfNotExists([]byte(e.bucket))
		if err != nil {
			return err
		}
		for k, v := range e.values {
			runtime.Gosched() // thousands of values may come together, and calls go first
			if v == nil {
				err = b.Delete([]byte(k))
			} else {
				err = b.Put([]byte(k), v)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// change makes the change and returns when it is on the platter.
func (st *state) change(bucket string, values map[string][]byte) error {
	for k, v := range values { // one bad change must not fail the others of its transaction
		if bucket == "" || k == "" || len(k) > bolt.MaxKeySize || int64(len(v)) > bolt.MaxValueSize {
			return fmt.Errorf("store/local: bucket %q: a key of %d and a value of %d bytes", bucket, len(k), len(v))
		}
	}
	e := &edit{bucket: bucket, values: values, done: make(chan struct{})}
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return hotline.ErrLogClosed
	}
	st.pending = append(st.pending, e)
	st.mu.Unlock()
	st.work.ring()
	<-e.done
	if e.err != nil {
		return fmt.Errorf("store/local: bucket %q: %w", bucket, e.err)
	}
	return nil
}

// view runs f on the bucket, if there is one.
func (st *state) view(bucket string, f func(b *bolt.Bucket)) error {
	err := st.db.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket([]byte(bucket)); b != nil {
			f(b)
		}
		return nil
	})
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return hotline.ErrLogClosed
	}
	if err != nil {
		return fmt.Errorf("store/local: bucket %q: %w", bucket, err)
	}
	return nil
}

func (st *state) close() error {
	st.mu.Lock()
	st.closed = true
	st.mu.Unlock()
	st.work.ring()
	<-st.done
	return st.db.Close()
}
