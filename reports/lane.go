package reports

import (
	"slices"
	"time"

	"hotline"
)

// dayMemo is today's visits that are over, counted as they are closed, so that a view never scans the day again. The
// board owns it.
type dayMemo struct {
	book        *book // a new centre may mean new definitions: counted again
	start, next int64
	seen        int // entries of the history that are in it
	queues      map[hotline.QueueID]*dayTally
	total       dayTally
	calls       CallCounts
}

// dayTally is one queue's day.
type dayTally struct {
	tally
	arrivals []int // requests per quarter of an hour
	before   []int // a week ago
}

func (t *dayTally) clone() dayTally {
	c := *t
	c.arrivals = slices.Clone(t.arrivals)
	return c
}

func (t *dayTally) arrive(since, start int64) {
	i := int((since - start) / quarterMS)
	t.pad(i + 1)
	t.arrivals[i]++
}

func (t *dayTally) pad(n int) {
	for len(t.arrivals) < n {
		t.arrivals = append(t.arrivals, 0)
	}
}

func (d *dayMemo) queue(id hotline.QueueID) *dayTally {
	t := d.queues[id]
	if t == nil {
		t = &dayTally{}
		d.queues[id] = t
	}
	return t
}

// update brings the memo up to the snapshot, starting over at midnight.
func (d *dayMemo) update(s *snapshot, now time.Time) {
	ms := now.UnixMilli()
	if d.book != s.book || ms < d.start || ms >= d.next {
		start, next := today(now, s.book.loc)
		*d = dayMemo{
			book: s.book, start: start.UnixMilli(), next: next.UnixMilli(), seen: s.closed.size(),
			queues: map[hotline.QueueID]*dayTally{},
		}
		for v := range s.closed.span(d.start, d.next) {
			d.add(v, ms)
		}
		d.lastWeek(s, start)
		return
	}
	for v := range s.closed.after(d.seen) {
		d.add(v, ms)
	}
	d.seen = s.closed.size()
}

func (d *dayMemo) add(v *visit, now int64) {
	if v.first >= d.start && v.first < d.next {
		d.calls.add(v, d.book)
	}
	if v.since < d.start || v.since >= d.next {
		return
	}
	def := d.book.queue(v.queue)
	for _, t := range []*dayTally{&d.total, d.queue(v.queue)} {
		t.add(v, def, now)
		t.arrive(v.since, d.start)
	}
}

// lastWeek counts the arrivals of the same weekday a week ago.
func (d *dayMemo) lastWeek(s *snapshot, start time.Time) {
	y, m, day := start.In(s.book.loc).Date()
	from, to := dayStart(y, m, day-7, s.book.loc).UnixMilli(), dayStart(y, m, day-6, s.book.loc).UnixMilli()
	n := int((to - from) / quarterMS)
	count := func(t *dayTally, since int64) {
		if t.before == nil {
			t.before = make([]int, n)
		}
		t.before[int((since-from)/quarterMS)]++
	}
	s.visits(from, to, func(v *visit) {
		if v.since >= from && v.since < to {
			count(&d.total, v.since)
			count(d.queue(v.queue), v.since)
		}
	})
}

// add counts the visit's part in its call.
func (c *CallCounts) add(v *visit, b *book) {
	c.Calls += count(v.firstRequest)
	c.Waiting += count(v.waitingCall())
	c.Abandoned += count(v.gaveUp)
	if v.firstAnswer {
		c.Answered++
		c.Within += count(within(v.ended-v.first, b.queue(v.firstIn).Within.Milliseconds()))
	}
}

// lane is one queue, or all of them, in one view.
type lane struct {
	today dayTally
	last  tally      // the last 30 minutes
	calls CallCounts // in the total only
	at    int64
	in    []inLine
}

// inLine is one who waits, and until when it is within the target.
type inLine struct {
	*visit // of the snapshot
	until  int64
}

// window gathers the lanes of one view.
type window struct {
	at     int64
	queues map[hotline.QueueID]*lane
	total  *lane
}

func (w *window) lane(id hotline.QueueID, d *dayMemo) *lane {
	l := w.queues[id]
	if l == nil {
		l = &lane{at: w.at, today: d.queue(id).clone()}
		w.queues[id] = l
	}
	return l
}

// fill adds the open visits and the sliding window to what the memo has.
func (w *window) fill(s *snapshot, d *dayMemo) {
	w.total.at = w.at
	for v := range s.closed.span(w.at-windowMS, w.at) {
		if v.since >= w.at-windowMS && v.since <= w.at {
			def := s.book.queue(v.queue)
			w.lane(v.queue, d).last.add(v, def, w.at)
			w.total.last.add(v, def, w.at)
		}
	}
	for i := range s.open {
		v := &s.open[i]
		def := s.book.queue(v.queue)
		if v.first >= d.start && v.first < d.next {
			w.total.calls.add(v, s.book)
		}
		for _, l := range []*lane{w.total, w.lane(v.queue, d)} {
			if v.since >= d.start && v.since < d.next {
				l.today.add(v, def, w.at)
				l.today.arrive(v.since, d.start)
			}
			if v.since >= w.at-windowMS {
				l.last.add(v, def, w.at)
			}
			if v.waiting() {
				l.in = append(l.in, inLine{v, v.since + def.Within.Milliseconds()})
			}
		}
	}
	for id := range d.queues {
		w.lane(id, d)
	}
	for _, q := range s.book.centre.Queues {
		w.lane(q.ID, d)
	}
	quarters := int((w.at-d.start)/quarterMS) + 1
	w.total.today.pad(quarters)
	for _, l := range w.queues {
		l.today.pad(quarters)
	}
}

func (w *window) seen() map[hotline.QueueID]bool {
	ids := map[hotline.QueueID]bool{}
	for id, l := range w.queues {
		if l.today.requested > 0 || l.today.dequeued > 0 || len(l.in) > 0 {
			ids[id] = true
		}
	}
	return ids
}

// totals is the row over all queues. The target is shown only if all have the same.
func (w *window) totals(qs []QueueView, d *dayMemo) Totals {
	t := Totals{
		Waiting: w.total.waiting(), SL30m: w.total.last.levels().V1, SLDay: w.total.today.levels().V1,
		Level30m: w.total.last.level(), LevelDay: w.total.today.level(),
		Today: w.total.export(), Calls: w.total.calls,
	}
	for i, q := range qs {
		if i > 0 && q.Target != qs[0].Target {
			return t
		}
	}
	if len(qs) > 0 {
		target := qs[0].Target
		t.Target = &target
	}
	return t
}

// waiting shows the line, longest wait first. Who is past the target by a millisecond has breached it.
func (l *lane) waiting() Waiting {
	w := Waiting{Waiting: len(l.in), Since: make([]Moment, 0, len(l.in))}
	for i, p := range l.in { // the snapshot is in order of since
		w.Since = append(w.Since, Moment(p.since))
		if i == 0 {
			ms := max(l.at-p.since, 0)
			w.LongestMS, w.LongestFrom, w.LongestIn = &ms, Moment(p.since), string(p.queue)
		}
		left := p.until - l.at
		w.Breach.Within10 += count(left >= 0 && left <= soonMS)
		w.Breach.Within30 += count(left >= 0 && left <= laterMS)
		if left < 0 {
			w.Breach.Over++
			continue
		}
		if w.NextMS == nil || left < *w.NextMS {
			w.NextMS = &left
		}
	}
	w.AboutTo, w.Breached = w.Breach.Within10, w.Breach.Over
	return w
}

// callers are those who wait, longest wait first, as far as anybody looks at them.
func (l *lane) callers() []Caller {
	out := make([]Caller, 0, min(len(l.in), maxCallers))
	for _, v := range l.in[:min(len(l.in), maxCallers)] {
		out = append(out, Caller{
			Visit: v.id, Contact: v.contact, Call: v.call, Since: Moment(v.since), Place: Moment(v.place), Priority: v.priority,
			Entry: v.entry, From: v.from, Prefer: v.prefer, PreferUntil: v.preferUntil, Ringing: v.agents, Beside: v.beside,
			Callback: v.callback, Joining: v.connected != 0,
		})
	}
	return out
}

func (l *lane) export() Today {
	t := &l.today
	d := Today{
		Requested: t.requested, Offered: t.offered, Answered: t.answered, Abandoned: t.abandoned, Short: t.short,
		Blocked: t.blocked.all(), FlowOut: t.flow.all(), Lost: t.lost, MaxWaitMS: t.maxWait,
		AbandonRatio: ratio(t.abandoned, t.offered), Connect: ratio(t.answered, t.requested),
		ASAMS: ratio(t.waitAnswered, int64(t.answered)), Arrivals: t.arrivals, LastWeek: t.before,
	}
	if d.LastWeek == nil {
		d.LastWeek = []int{}
	}
	return d
}
