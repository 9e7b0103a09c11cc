package reports

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
)

// Errors of queries.
var (
	// ErrQuery says that a report was asked for that cannot be made; the text says why.
	ErrQuery = errors.New("reports: bad query")
)

// Config is what a Fold needs.
type Config struct {
	Centre Centre
	// Now is the clock of queries that run to "now"; nil: time.Now.
	Now func() time.Time
	// ExpectedWait estimates the wait of who would come to the queue now; nil or false: unknown. It must not block.
	ExpectedWait func(hotline.QueueID) (time.Duration, bool)
	// Serves are the queues that an agent may serve with what is lent to it (a level of 0 takes a skill away); nil: as Centre says. It must
	// not block.
	Serves func(a hotline.AgentID, lent map[string]int) []hotline.QueueID
	// Trunks are the machine's: what is counted of them begins at zero, so that Prometheus sees the first call turned away as an increase.
	Trunks []string
	// Version and Commit go into build_info.
	Version, Commit string
	// Past keeps what is settled on disk; nil: all stays in memory. ArchiveAfter is how long a contact has to be over for that, 0: an
	// hour; Chapter is how many contacts leave at a time, 1 to 32768, 0: 4096.
	Past         Past
	ArchiveAfter time.Duration
	Chapter      int
	// Behind says that the log to be applied does not reach back to the beginning of what Past has, and that there is no snapshot: what is
	// on disk stands, and of the log only what is later counts.
	Behind bool
	Logger *slog.Logger // nil: none
}

// Fold owns every figure. Apply has one caller, normally Run; all else may be called from anywhere.
type Fold struct {
	cfg     Config
	metrics *metrics
	board   *board

	// mu guards the fields below. It is held for one fact, or to copy what a query needs: never for a computation over
	// the history, and never while anything else is waited for.
	mu        sync.Mutex
	book      *book
	seq       uint64
	clock     int64 // the latest At seen, Unix ms
	open      map[hotline.VisitID]*visit
	closed    history[*visit]
	offers    map[hotline.OfferID]*openOffer
	contacts  contacts
	shelf     *shelf    // what is on disk; nil: nothing is
	due       []*record // ended contacts, in line for packing
	leaving   []*record // packed ones, in line for a chapter
	squeeze   squeezer
	stacks    stacks    // the chapters
	forgotten []*record // on disk now, still in the lists
	same      []*record // folded again, as they are on disk
	erasing   []*erased // whose chapters are to be rewritten

	tidying  sync.Mutex // of packer and binder: taken before mu
	packer   *packer
	binder   *binder
	calls    map[hotline.CallID]*liveCall
	agents   map[hotline.AgentID]*agent
	alarms   map[alarmKey]Alarm // raised by the engine
	acks     map[string]*Acknowledged
	cutOff   map[alarmKey]*Acknowledged // who looked after what a stop of the engine cut off
	wasAlarm []PastAlarm                // raised by the engine, over; the oldest first
	promises promises
	tasks    tasks
	surveys  history[surveyStep]
	codes    history[codeStep]
	notices  notices
	numbers  map[string]*record // the last contact of each customer's number

	transfers history[transferStep]
	switches  map[string]Switched
	lines     lines
	paths     paths
	heard     heard

	supervisions map[hotline.CallID]Supervising // by the supervisor's line

	started int64 // EngineStarted, Unix ms

	demands demandCache
}

// New makes an empty fold.
func New(cfg Config) *Fold {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.ArchiveAfter <= 0 {
		cfg.ArchiveAfter = archiveAfter
	}
	if cfg.Chapter <= 0 {
		cfg.Chapter = archiveChapter
	}
	cfg.Chapter = min(cfg.Chapter, maxChapter)
	f := &Fold{
		cfg: cfg, book: newBook(cfg.Centre),
		open: map[hotline.VisitID]*visit{}, offers: map[hotline.OfferID]*openOffer{},
		calls: map[hotline.CallID]*liveCall{}, agents: map[hotline.AgentID]*agent{}, alarms: map[alarmKey]Alarm{}, acks: map[string]*Acknowledged{},
		contacts: contacts{byID: map[hotline.ContactID]*record{}}, supervisions: map[hotline.CallID]Supervising{},
		promises: promises{open: map[hotline.CallbackID]*Callback{}},
		tasks:    tasks{byID: map[hotline.TaskID]*Task{}, open: map[hotline.TaskID]*Task{}},
		switches: map[string]Switched{}, numbers: map[string]*record{},
		lines: lines{now: map[string]*line{}}, paths: paths{now: map[ivrKey]*ivrCell{}}, heard: heard{now: map[heardKey]*heardCell{}},
		notices: notices{byID: map[string]*notice{}},
	}
	f.packer, f.binder = &packer{fold: f}, &binder{fold: f}
	f.openArchive()
	f.metrics = newMetrics(f)
	f.metrics.zeroTrunks(cfg.Trunks)
	f.board = newBoard(f)
	return f
}

// SetCentre puts another centre in force: names, targets and reasons change for all that was ever counted.
func (f *Fold) SetCentre(c Centre) {
	b := newBook(c)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.book = b
	f.metrics.know(b)
}

// Seq is the number of the last event applied.
func (f *Fold) Seq() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seq
}

// Run applies the log from where the fold stands, makes the views that Watch waits for and packs the records of contacts
// that are over, until ctx is done or the log fails.
func (f *Fold) Run(ctx context.Context, log hotline.Log) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var beside sync.WaitGroup
	beside.Go(func() { f.board.run(ctx) })
	beside.Go(func() { f.tidy(ctx) })
	defer beside.Wait()
	defer stop()
	for ev, err := range log.Tail(ctx, f.Seq()) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			f.metrics.storeErrors.Inc()
			return fmt.Errorf("reports: log after %d: %w", f.Seq(), err)
		}
		f.Apply(ev)
		if f.cfg.Past != nil && ev.Seq%tidyEvery == 0 && f.behind() { // a long log is folded: no faster than it can leave memory
			f.Tidy(ctx)
		}
	}
	return ctx.Err()
}

// Apply folds one event in. An event that is not newer than the last one is counted as late and ignored.
func (f *Fold) Apply(ev hotline.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ev.Seq <= f.seq {
		f.metrics.late.Inc()
		return
	}
	f.seq = ev.Seq
	at := ev.At.UnixMilli()
	before := f.clock
	f.clock = max(f.clock, at)
	if fact, ok := ev.Fact.(hotline.EngineStarted); ok {
		f.engineStarted(fact, before, at)
		return
	}
	rec := f.record(ev, at)
	if rec != nil {
		rec.note(ev, at)
	}
	f.applyVisit(ev, rec, at)
	f.applyCall(ev, rec, at)
	f.applyLines(ev, at)
	f.applyPaths(ev, at)
	f.applyHeard(ev, rec, at)
	f.applyOwn(ev, rec, at)
	f.applyTransfer(ev, rec, at)
	f.applyAgent(ev, at)
	f.applyPromise(ev, rec, at)
	f.applyDesk(ev, rec, at)
	f.applySupervision(ev, at)
	f.applyEngine(ev, rec, at)
}

// engineStarted closes what the engine could not see while it was away: the time since the last event is unknown.
func (f *Fold) engineStarted(fact hotline.EngineStarted, before, at int64) {
	f.started = at
	defer f.metrics.begun()
	for _, a := range f.agents {
		a.unknown(f, before, at)
	}
	f.supervisions = map[hotline.CallID]Supervising{}
	f.keepAcknowledged()
	for key := range f.alarms {
		f.alarmOver(key, before)
	}
	f.alarms = map[alarmKey]Alarm{} // the former run's: what still holds is raised again
	if f.cfg.Version == "" {
		f.cfg.Version = fact.Version
	}
}

func (f *Fold) applyEngine(ev hotline.Event, rec *record, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.AlarmRaised:
		f.alarmRaised(ev, fact, at)
	case hotline.AlarmCleared:
		f.alarmOver(alarmKey{fact.Alarm, ev.Agent}, at)
	case hotline.AlarmAcknowledged:
		f.acknowledged(fact, at)
	case hotline.VoicemailLeft:
		f.voicemailLeft(ev, fact, rec, at)
	case hotline.TaskClosed:
		f.taskClosed(ev, fact, at)
	case hotline.SurveyStepped:
		f.surveyStepped(ev, fact, rec, at)
	case hotline.CustomerErased:
		f.customerErased(fact)
	case hotline.SwitchSet:
		f.switches[fact.Switch] = Switched{ID: fact.Switch, On: fact.On, Since: Moment(at), By: fact.By}
	case hotline.RecordingStored:
		if rec != nil {
			rec.c.Recording = &Recording{
				File: fact.File, SHA256: fact.SHA256, MS: fact.MS, Bytes: fact.Bytes, Gaps: fact.Gaps, Repaired: fact.Repaired,
			}
		}
	case hotline.RecordingFailed:
		if rec != nil {
			r := Recording{}
			if rec.c.Recording != nil {
				r = *rec.c.Recording
			}
			r.Error = fact.Error
			rec.c.Recording = &r
		}
	}
}

// Metrics is every figure of kpi 2.1 for Prometheus.
func (f *Fold) Metrics() prometheus.Collector { return f.metrics }
