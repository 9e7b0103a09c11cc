package acd

import (
	"time"

	"hotline"
	"hotline/centre"
)

// agent is one agent as the router knows it. Apply and adopt are the only ones to change it.
type agent struct {
	id     hotline.AgentID
	index  int            // place in the file
	skills map[string]int // of the file, and what is lent to it
	file   map[string]int // its skills of the file alone
	team   string
	sig    string // skills and team, once somebody asked
	weight int
	gone   bool    // no longer in the file: leaves as soon as its call is over
	pools  []*pool // that it is a member of, in order of making
	serves int     // queues it can serve at once

	state    hotline.AgentState
	reason   string
	source   hotline.Source
	since    time.Time // of state and reason
	next     asked     // state to follow the call; zero: none asked for
	comeback bool      // was ready when the engine stopped: ready again when the phone is heard of
	device   bool      // the phone it sits at is registered
	life     agentLife // what else belongs to its working day

	idle      time.Time // since when it was last ready
	spared    bool      // becomes ready as long idle as it was before it was asked
	talkMS    int64     // since it signed in
	calls     int64     // answered since it signed in
	work      work      // calls answered lately
	occupancy occupancy // of the day, up to since
	indexed   bool      // stands in its pools' ready sets
	own       line      // visits that it alone is asked to take
	promise   *promise  // that it is reserved for, until the customer is reached

	offer     *offer // open, while reserved or ringing
	talk      *talk  // the contact it is joined with, or whose after-call work it does
	wrapUntil time.Time
	due       time.Time // the armed timer, zero if none
}

// asked is a state that was asked for.
type asked struct {
	state  hotline.AgentState
	reason string
	source hotline.Source
}

// queue is one queue with its rules and who waits.
type queue struct {
	id      hotline.QueueID
	rules   centre.Queue
	order   order
	retired bool    // no longer in the file: takes nobody in, serves who waits
	unknown bool    // named by the log alone: its rules are not known
	levels  []*pool // for needs, then for each relax step
	bound   bool    // needs name attributes of the contact
	waiting tree[*visit]
	inside  int             // visits waiting or ringing
	asked   hotline.AgentID // by the last offer, for round_robin

	promised  int // promises to call back that are open
	vacancies map[string]*vacancy
	empty     map[string]time.Time // nobody whom the no_agents rule counts is there since then, by vacancy

	handle  mean // ms of ring, talk and wrap-up of a call
	came    arrivals
	left    decayed // visits that ended by the caller's leaving
	waitSum decayed // ms waited by all visits that ended
}

// visit is a contact's stay in a queue.
type visit struct {
	id       hotline.VisitID
	contact  hotline.ContactID
	call     hotline.CallID
	queue    *queue
	from     hotline.Party
	attrs    map[string]string // of the contact; never changed
	priority int
	since    time.Time // start of the wait
	place    time.Time // stands in line as if waiting since then
	entered  time.Time // start of the stay in this queue: max_wait runs from here
	seq      uint64
	needs    string  // besides the queue's own
	levels   []*pool // the queue's, or what its needs and attributes make of them
	level    int     // relax steps taken
	attempts int
	last     hotline.AgentID // asked last
	offers   []*offer        // open, in the order they were made: several under ring_all and progressive
	waiting  bool            // stands in line and no phone rings for it
	more     bool            // stands in line although phones ring for it: it may have more
	due      time.Time       // the armed timer, zero if none

	first    *visit             // of the contact's visits, if that is another
	beside   []*visit           // of the first: the others
	callback hotline.CallbackID // that it keeps
	vacancy  *vacancy           // that it waits in, if it leaves when nobody is there
	promise  *promise           // in whose place it stands; nil: a caller is there

	prefer      *agent // asked alone until preferUntil; nil: everybody who fits
	preferUntil time.Time
	ripe        bool      // progressive: one phone more may ring
	ripeAt      time.Time // progressive: when it may, armed; zero if not
	sated       bool      // no further phone is asked while some ring: its longest wait is over
}

// offer is a visit put to an agent whose phone rings.
type offer struct {
	id      hotline.OfferID
	visit   *visit
	agent   *agent
	attempt int
	at      time.Time
	until   time.Time
}

// pool is the pool the visit waits in.
func (v *visit) pool() *pool { return v.levels[v.level] }

// relaxDue is when the next relax step is due; ok is false if none is left.
func (v *visit) relaxDue() (due time.Time, ok bool) {
	if v.level >= len(v.queue.rules.Relax) {
		return time.Time{}, false
	}
	return v.place.Add(v.queue.rules.Relax[v.level].After), true
}

// widenDue is when more agents may be asked: when the preferred one has had its time, or the next relax step is due.
func (v *visit) widenDue() (due time.Time, ok bool) {
	if v.prefer != nil {
		return v.preferUntil, true
	}
	return v.relaxDue()
}

// deadline is when the longest wait is over; ok is false if the queue has none. It runs from the stay's start, not from the
// wait's, so that queues that pass a caller on to each other by max_wait each keep him for their own time.
func (v *visit) deadline() (end time.Time, ok bool) {
	if v.queue.rules.MaxWait.After == 0 || v.first != nil {
		return time.Time{}, false
	}
	return v.entered.Add(v.queue.rules.MaxWait.After), true
}

// nextDue is when something is to be done about the waiting visit, zero for never.
func (v *visit) nextDue() time.Time {
	relax, ok1 := v.widenDue()
	end, ok2 := v.deadline()
	if ok1 && (!ok2 || relax.Before(end)) {
		return relax
	}
	return end
}
