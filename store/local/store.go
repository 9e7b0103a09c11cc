package local

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"hotline"
)

// Config is how a Store is kept. The zero value of a field is its default.
type Config struct {
	// SegmentSize is where a segment ends, in bytes; 64 MiB.
	SegmentSize int64
	// Reserve is the room, in bytes, that the log keeps ahead of itself. When the disk is full Healthy fails while that
	// much can still be written: for the last facts of the calls that are up. 4 MiB; negative: none.
	Reserve int64
	// Recent is how many of the youngest events are held in memory for tails; 16,384 (about 10 MB).
	Recent int
	// Patience is how long Append waits for a write to the page cache before it takes the disk for hung; 3 s.
	Patience time.Duration
	// Backlog is how many events may wait for fdatasync before Healthy fails; 100,000.
	Backlog uint64
	// Committed is told of every group of events that one write took: how long from the oldest Append to the platter. Synced is
	// told of every sync: how long it took and how many events it made durable. They must not block. nil: nobody is told.
	Committed func(took time.Duration, events int)
	Synced    func(took time.Duration, events uint64)
	// Logger takes what an operator must know: a cut tail, a damaged record, a disk that fails and recovers. nil: nowhere.
	Logger *slog.Logger
	// Slowly does work that waits for the disk for long, in whatever way lets others go on meanwhile; nil: just so. The log's own
	// syncs need no such thing.
	Slowly func(work func())

	open   func(path string) (disk, error) // the files of segments; tests make them fail
	bootID func() string                   // the number of the machine's start, empty if it has none
	remove func(path string) error         // os.Remove; tests make it slow, or fail
}

func (c Config) withDefaults() Config {
	if c.SegmentSize <= 0 {
		c.SegmentSize = 64 << 20
	}
	if c.Reserve == 0 {
		c.Reserve = 4 << 20
	}
	if c.Recent <= 0 {
		c.Recent = 16384
	}
	if c.Patience <= 0 {
		c.Patience = 3 * time.Second
	}
	if c.Backlog == 0 {
		c.Backlog = 100_000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Slowly == nil {
		c.Slowly = atOnce
	}
	if c.open == nil {
		c.open = openDisk
	}
	if c.bootID == nil {
		c.bootID = bootID
	}
	if c.remove == nil {
		c.remove = os.Remove
	}
	return c
}

// Store is a hotline.Log and the small state beside it, in one folder. Open makes it. All methods are safe for concurrent
// use.
type Store struct {
	// Fixed after Open.
	dir   string
	cfg   Config
	log   *slog.Logger
	lock  *os.File
	ring  *ring
	state *state
	// What outlives the process but not the machine; see Volatile.
	volatile *state

	writeBell, syncBell    bell
	hurryBell              bell         // somebody waits for the platter
	waiting                atomic.Int64 // how many do
	writerDone, syncerDone chan struct{}
	syncedGrown            broadcast
	synced                 atomic.Uint64 // everything up to it is on the platter; the syncer writes it
	health                 health

	rooms    sync.Pool  // of *room, for events on their way to the writer
	timers   sync.Pool  // of *time.Timer, stopped
	dropping sync.Mutex // one Drop at a time; taken before mu

	mu       sync.Mutex
	queue    []*batch   // appended, not yet taken by the writer; mu
	inflight []*batch   // what the writer is writing; nil when given up; mu
	stuck    bool       // a write does not come back; mu
	closed   bool       // mu
	segments []*segment // the whole log in order, the active one last; mu
	unsynced []*segment // the youngest of them, at most two: not, or not wholly, on the platter; mu
	damage   []error    // see Damage; mu
	landed   []landing  // written, not yet durable, for Config.Committed; mu
	held     int        // copies that are being made; mu

	// The writer's.
	active       *segment
	buf          []byte // the group as one piece
	noReserve    bool   // the file system cannot reserve
	rotateFailed time.Time
}

var _ hotline.Log = (*Store)(nil)

// Open opens the store in dir, which is made if it is not there, and repairs what a crash left: FORMAT.md says how. It
// returns ErrLocked when another process has it open, and an error that names the file when something in it cannot be
// understood. Close must be called.
func Open(dir string, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	s := &Store{
		dir: dir, cfg: cfg, log: cfg.Logger, health: health{log: cfg.Logger},
		writeBell: make(bell, 1), syncBell: make(bell, 1), hurryBell: make(bell, 1),
		writerDone: make(chan struct{}), syncerDone: make(chan struct{}),
	}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("store/local: open %s: %w", dir, err)
	}
	go s.write()
	go s.sync()
	return s, nil
}

func (s *Store) open() (err error) {
	if err := os.MkdirAll(s.logDir(), 0o750); err != nil {
		return err
	}
	if s.lock, err = lockFile(filepath.Join(s.dir, "lock")); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	last, err := s.recover()
	if err != nil {
		return err
	}
	s.ring = newRing(s.cfg.Recent, last)
	s.synced.Store(last)
	if s.state, err = openState(filepath.Join(s.dir, "state.db"), true, s.cfg.Slowly); err != nil {
		return err
	}
	s.volatile, err = s.openVolatile()
	return err
}

// Close ends the store in order: what was appended is written and brought to the platter, tails end with
// hotline.ErrLogClosed, the folder is given back. It waits for the disk, however long that takes. It returns why something
// may not be on the platter. A second Close is hotline.ErrLogClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return hotline.ErrLogClosed
	}
	s.closed = true
	s.mu.Unlock()
	s.writeBell.ring()
	<-s.writerDone
	<-s.syncerDone
	err := s.health.sync()
	if e := s.cut(); e != nil {
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.release())
}

// release gives back everything that is open.
func (s *Store) release() error {
	var errs []error
	for _, seg := range s.unsynced {
		if seg.disk != nil {
			errs = append(errs, seg.disk.Close())
		}
	}
	for _, st := range []*state{s.state, s.volatile} {
		if st != nil {
			errs = append(errs, st.close())
		}
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// Last is the number of the last event that is visible, 0 in an empty log.
func (s *Store) Last() uint64 { return s.ring.lastSeq() }

// First is the number of the oldest event that there is: 1, or more once older segments were archived; Last()+1 in an
// empty log.
func (s *Store) First() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments[0].first
}

// Healthy returns nil, or why new work should be refused: the log cannot be written, or soon cannot (the disk is full and
// only Config.Reserve is left), or more than Config.Backlog events wait for the platter. The error wraps
// hotline.ErrLogFull. The store tries the disk by itself, so Healthy recovers within a second of the disk.
func (s *Store) Healthy() error {
	if err := s.health.err(); err != nil {
		return err
	}
	if n := s.Last() - min(s.Last(), s.synced.Load()); n > s.cfg.Backlog {
		return fmt.Errorf("%w: %d events wait for the disk", hotline.ErrLogFull, n)
	}
	return nil
}

func (s *Store) logDir() string        { return filepath.Join(s.dir, "log") }
func (s *Store) quarantineDir() string { return filepath.Join(s.dir, "quarantine") }
