package acd

import (
	"fmt"
	"time"

	"hotline"
	"hotline/centre"
)

// Router is the state of one shard: every queue, every agent that serves them, every visit and offer.
type Router struct {
	id     hotline.ShardID
	centre *centre.Centre

	agents map[hotline.AgentID]*agent
	roster []*agent // in file order; those no longer in the file behind
	queues map[hotline.QueueID]*queue
	lines  []*queue // the queues in file order; retired ones behind
	pools  []*pool  // in order of making: file order of queues and relax steps, then those made for callers
	byKey  map[string]*pool
	made   int             // of the pools, for callers
	skills map[string]bool // that an agent of the file has

	classes []*class // of the agents of the file

	visits map[hotline.VisitID]*visit // not yet answered, abandoned or gone otherwise
	offers map[hotline.OfferID]*offer // open
	timers tree[timer]
	talks  talks          // who spoke with whom
	crew   crew           // the work of all agents at work
	day    workday        // that a time last asked for lies in
	away   map[string]int // not-ready reason → agents that have it or will after their call
	life   lives

	promises  map[hotline.CallbackID]*promise // open
	promised  uint64                          // so far
	switches  map[string]toggle
	returns   returns
	vacancies uint64               // made so far
	alarms    map[string]time.Time // hours → when their timer is armed
	awake     bool                 // the alarms are set, and the promises stand where they should now

	seq  uint64        // visits so far
	last time.Time     // of the latest event applied, whoever wrote it
	gap  time.Duration // that the engine's last start left in the log; 0 once the shard has written since
}

// NewRouter returns the router of a shard that has not seen an event: every agent is signed out.
func NewRouter(id hotline.ShardID, c *centre.Centre) *Router {
	r := &Router{
		id:     id,
		agents: make(map[hotline.AgentID]*agent),
		queues: make(map[hotline.QueueID]*queue),
		visits: make(map[hotline.VisitID]*visit),
		offers: make(map[hotline.OfferID]*offer),
		away:   make(map[string]int),
		life:   newLives(),

		promises: make(map[hotline.CallbackID]*promise),
		switches: make(map[string]toggle),
	}
	r.adopt(c)
	return r
}

// ID is the shard's id, as it stands in its events.
func (r *Router) ID() hotline.ShardID { return r.id }

// Next returns when the next Tick is due; ok is false if nothing waits for time to pass.
func (r *Router) Next() (due time.Time, ok bool) {
	at, _, ok := r.timers.first()
	return time.UnixMilli(at.a).UTC(), ok
}

// step is one Step being made: the facts found so far.
type step struct {
	*Router
	now  time.Time
	out  []hotline.Event
	back *visit // has lost its offer and is yet to be placed
	all  bool   // everybody is placed at the end of the step
}

// Step handles one request at the time now. The facts it returns are already applied. The errors wrap hotline.ErrUnknown or
// hotline.ErrRefused and mean that nothing changed. A request that asks for what already is gives no facts and no error.
//
// Time-outs are made by Tick alone: an answer that is ordered before the Tick wins, even at the very end of the ringing time.
func (r *Router) Step(now time.Time, q hotline.Request) ([]hotline.Event, error) {
	s := &step{Router: r, now: hotline.Millis(now)}
	if _, starts := q.(hotline.Recover); !starts {
		s.wake()
	}
	var err error
	switch q := q.(type) {
	case hotline.Enqueue:
		err = s.enqueue(q)
	case hotline.Leave:
		err = s.leave(q)
	case hotline.Accept:
		err = s.accept(q)
	case hotline.Decline:
		err = s.decline(q)
	case hotline.MoveVisit:
		err = s.moveVisit(q)
	case hotline.PullVisit:
		err = s.pullVisit(q)
	case hotline.Prioritise:
		err = s.prioritise(q)
	case hotline.Withdraw:
		err = s.withdraw(q)
	case hotline.SetSwitch:
		err = s.setSwitch(q)
	case hotline.AskCallback:
		err = s.askCallback(q)
	case hotline.CallbackFailed:
		err = s.callbackFailed(q)
	case hotline.CancelCallback:
		err = s.cancelCallback(q)
	case hotline.Recover:
		s.recover(q)
	case hotline.Tick:
		s.tick()
	default:
		err = s.agentRequest(q)
	}
	if err == nil {
		s.grantBreaks()
	}
	return s.out, err
}

// tick makes due what is due, in the order of the times it was due.
func (s *step) tick() {
	var done rank
	for {
		at, t, ok := s.timers.first()
		if !ok || at.a > s.now.UnixMilli() {
			return
		}
		if at == done {
			panic(fmt.Sprintf("acd: timer %+v is still armed after it was handled", at))
		}
		done = at
		switch {
		case t.agent != nil:
			s.agentDue(t.agent)
		case t.offer != nil:
			s.lose(t.offer, hotline.OfferNoAnswer)
		case t.ring != nil:
			s.ripen(t.ring)
		case t.vacancy != nil:
			s.desert(t.vacancy)
		case t.promise != nil:
			s.promiseDue(t.promise)
		case t.hours != "":
			s.turn(t.hours)
		default:
			s.place(t.visit)
		}
	}
}

// emit applies a fact and keeps it for the answer.
func (s *step) emit(ev hotline.Event) {
	ev.At, ev.Shard = s.now, s.id
	s.Apply(ev)
	s.out = append(s.out, ev)
}

// since is the time passed, in milliseconds, never negative: the wall clock may have been set back. Zero for a zero t.
func (s *step) since(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(0, s.now.Sub(t).Milliseconds())
}

func unknown(format string, args ...any) error {
	return &hotline.Refusal{Kind: hotline.ErrUnknown, Format: format, Args: args}
}

func refused(format string, args ...any) error {
	return &hotline.Refusal{Kind: hotline.ErrRefused, Format: format, Args: args}
}

// timer is what a moment is waited for: what is next due of an agent (see agent.nextDue), the end of an offer's ringing, a
// visit's next relax step or longest wait, or its next phone, the patience of a queue that has nobody, a promise's try or end,
// or an opening time. Exactly one field is set.
type timer struct {
	agent *agent
	offer *offer
	visit *visit
	ring  *visit

	vacancy *vacancy
	promise *promise
	hours   string
}

// At one moment agents come free first, then offers end, then visits change: whoever can still be served is.
const (
	timerAgent = iota
	timerOffer
	timerVisit
	timerRing
	timerQueue
	timerHours
	timerPromise
)

// arm sets the timer, disarm takes it back; a zero time is no timer. n names the owner among those of its kind.
func (r *Router) arm(due time.Time, kind int64, n uint64, t timer) {
	if !due.IsZero() {
		r.timers.insert(rank{due.UnixMilli(), kind, n<<4 | uint64(kind)}, t)
	}
}

func (r *Router) disarm(due time.Time, kind int64, n uint64) {
	if !due.IsZero() {
		r.timers.remove(rank{due.UnixMilli(), kind, n<<4 | uint64(kind)})
	}
}
