package notify

import (
	"container/heap"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"hotline"
)

// Bounds of one hook.
const (
	parallel  = 8    // tries under way at a time, of different contacts
	window    = 1000 // messages in memory; the rest waits in the log
	saveEvery = time.Second
	readAgain = 10 * time.Second // after the log could not be read
	tellEvery = 4096             // events without a message until the place is moved nevertheless
)

// runner tells one hook. The reader turns the log into messages; run, which alone has the fields below it, sends them.
type runner struct {
	hook   Hook
	cfg    Config
	client *http.Client
	counts counts
	place  place // as loaded

	mu     sync.Mutex
	mark   place // Low and Read of the reader; at any moment everything up to Read was handed over
	caught bool  // what was open when the place was kept was handed over too

	lines   lines // contacts with messages that may be tried, by time
	byOwner map[hotline.ContactID]*line
	open    map[uint64]*delivery
	waiting map[uint64]bool // what was open at the start and was not read again yet
	first   *delivery       // of open, the oldest
	flying  int
	alarmed bool
	dirty   bool
	saveAt  time.Time
}

// line is the messages of one contact, in order: the next is sent when the one before is dealt with.
type line struct {
	contact hotline.ContactID
	queue   []*delivery
	due     time.Time
	index   int // in lines; -1: its first is under way
}

// run tells the hook until ctx is done; what is under way is finished or broken off, and the place is kept.
func (r *runner) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.byOwner, r.open, r.alarmed, r.mark = map[hotline.ContactID]*line{}, map[uint64]*delivery{}, r.place.Alarmed, r.place
	r.waiting = map[uint64]bool{}
	for _, seq := range r.place.Open {
		r.waiting[seq] = true
	}
	in, failed, results := make(chan *delivery), make(chan error, 1), make(chan result, parallel)
	go func() { failed <- r.read(ctx, in) }()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		r.launch(ctx, results)
		timer.Reset(r.sleep())
		from := in
		if len(r.open) >= window {
			from = nil
		}
		select {
		case d := <-from:
			r.add(d)
		case res := <-results:
			r.landed(ctx, res)
		case <-timer.C:
			r.keep(false)
		case err := <-failed:
			cancel()
			for r.flying > 0 {
				r.landed(ctx, <-results)
			}
			r.keep(true)
			return err
		}
	}
}

// read turns the log into messages from the place on. An engine whose old events were archived goes on with what there is.
func (r *runner) read(ctx context.Context, in chan<- *delivery) error {
	known, after := newContacts(), r.place.Low
	again := map[uint64]bool{}
	for _, seq := range r.place.Open {
		again[seq] = true
	}
	quiet := 0
	for {
		var trouble error
		for ev, err := range r.cfg.Log.Tail(ctx, after) {
			if trouble = err; err != nil {
				break
			}
			after = ev.Seq
			c := known.apply(ev)
			if ev.Seq <= r.place.Read && !again[ev.Seq] {
				continue
			}
			d := r.hook.delivery(ev, c)
			if quiet++; d != nil || quiet >= tellEvery {
				quiet = 0
				if d != nil {
					if err := r.durable(ctx, ev.Seq); err != nil {
						return err
					}
				}
				select {
				case in <- d:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			r.moved(ev.Seq, known)
		}
		var gone *hotline.GoneError
		switch {
		case ctx.Err() != nil || trouble == nil || errors.Is(trouble, hotline.ErrLogClosed):
			return trouble
		case errors.As(trouble, &gone) && gone.First > after:
			r.cfg.Logger.Warn("events that a webhook was not told of were archived", "hook", r.hook.Name)
			after = gone.First - 1
		default:
			r.cfg.Logger.Error("the log cannot be read for a webhook: it is tried again", "hook", r.hook.Name, "error", trouble)
			select {
			case <-ctx.Done():
			case <-time.After(readAgain):
			}
		}
	}
}

// durable waits until the event is safe, however long the disk is sick: what a power cut may take back is not told.
func (r *runner) durable(ctx context.Context, seq uint64) error {
	for {
		err := r.cfg.Log.Durable(ctx, seq)
		if err == nil || errors.Is(err, hotline.ErrLogClosed) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(saveEvery):
		}
	}
}

// moved says that everything up to the event was handed over.
func (r *runner) moved(seq uint64, known *contacts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mark.Low = known.low(seq)
	r.mark.Read = max(r.mark.Read, seq)
	r.caught = r.caught || seq >= r.place.Read
}

func (r *runner) add(d *delivery) {
	r.dirtied()
	if d == nil {
		return
	}
	delete(r.waiting, d.seq)
	r.open[d.seq] = d
	l := r.byOwner[d.contact]
	if l == nil {
		l = &line{contact: d.contact, due: time.Now()}
		r.byOwner[d.contact] = l
		heap.Push(&r.lines, l)
	}
	l.queue = append(l.queue, d)
	r.gauge()
}

// launch begins the tries that are due.
func (r *runner) launch(ctx context.Context, results chan<- result) {
	for now := time.Now(); r.flying < parallel && len(r.lines) > 0 && !r.lines[0].due.After(now); {
		l := heap.Pop(&r.lines).(*line)
		d := l.queue[0]
		d.tries++
		r.flying++
		go func() { results <- r.post(ctx, d) }()
	}
}

// sleep is how long nothing has to be done, unless something comes.
func (r *runner) sleep() time.Duration {
	next := time.Now().Add(time.Hour)
	if r.dirty && r.saveAt.Before(next) {
		next = r.saveAt
	}
	if r.flying < parallel && len(r.lines) > 0 && r.lines[0].due.Before(next) {
		next = r.lines[0].due
	}
	return max(0, time.Until(next))
}

// landed takes the result of a try, but that of one that the end broke off.
func (r *runner) landed(ctx context.Context, res result) {
	r.flying--
	if ctx.Err() == nil || res.err == nil {
		r.settle(res)
	}
}

// settle does what follows from a try.
func (r *runner) settle(res result) {
	d, l := res.d, r.byOwner[res.d.contact]
	log := r.cfg.Logger.With("hook", r.hook.Name, "event", d.event, "contact", d.contact, "delivery", d.id, "tries", d.tries)
	r.counts.tried(res.err)
	switch {
	case res.err == nil:
		r.counts.delivered.Add(1)
		r.alarm(false)
	case res.never:
		r.counts.refused.Add(1)
		log.Warn("a webhook refused a message: it is not told again", "error", res.err)
	case time.Since(d.at) >= giveUp:
		r.counts.givenUp.Add(1)
		log.Error("a webhook did not take a message for 24 h: it is given up", "error", res.err)
		r.alarm(true)
	default:
		r.counts.retried.Add(1)
		if d.tries == 1 {
			log.Info("a webhook did not take a message: it is tried again", "error", res.err)
		}
		l.due = time.Now().Add(max(d.wait(), res.after))
		heap.Push(&r.lines, l)
		return
	}
	r.dirtied()
	delete(r.open, d.seq)
	if l.queue = l.queue[1:]; len(l.queue) == 0 {
		delete(r.byOwner, l.contact)
	} else {
		l.due = time.Now()
		heap.Push(&r.lines, l)
	}
	r.gauge()
}

// alarm raises the alarm that messages are lost, or clears it; once each.
func (r *runner) alarm(on bool) {
	if on == r.alarmed {
		return
	}
	name := "webhook_lost:" + r.hook.Name
	var fact hotline.Fact = hotline.AlarmCleared{Alarm: name}
	if on {
		fact = hotline.AlarmRaised{Alarm: name, Detail: r.hook.Name}
	}
	if err := r.cfg.Append([]hotline.Event{{At: time.Now(), Fact: fact}}); err != nil {
		r.cfg.Logger.Error("an alarm is not in the log", "alarm", name, "error", err)
		return
	}
	r.alarmed = on
	r.dirtied()
}

// gauge keeps the figures of the backlog; the oldest is looked for, among at most window, when the one before is dealt with.
func (r *runner) gauge() {
	r.counts.backlog.Store(int64(len(r.open)))
	if r.first == nil || r.open[r.first.seq] == nil {
		r.first = nil
		for _, d := range r.open {
			if r.first == nil || d.seq < r.first.seq {
				r.first = d
			}
		}
	}
	if r.first == nil {
		r.counts.oldest.Store(0)
		return
	}
	r.counts.oldest.Store(r.first.at.UnixMilli())
}

func (r *runner) dirtied() {
	if !r.dirty {
		r.dirty, r.saveAt = true, time.Now().Add(saveEvery)
	}
}

// keep puts the place away, when it is time or at the end.
func (r *runner) keep(atEnd bool) {
	if !atEnd && (!r.dirty || time.Now().Before(r.saveAt)) {
		return
	}
	r.mu.Lock()
	p, caught := r.mark, r.caught
	r.mu.Unlock()
	p.Open, p.Alarmed = nil, r.alarmed
	if !caught { // what the last place had open still counts
		p.Low = r.place.Low
		for seq := range r.waiting {
			p.Open = append(p.Open, seq)
		}
	}
	for seq, d := range r.open {
		p.Low, p.Open = min(p.Low, d.low), append(p.Open, seq)
	}
	slices.Sort(p.Open)
	r.dirty = false
	if err := r.save(p); err != nil {
		r.cfg.Logger.Error("the place of a webhook cannot be kept: what it was told may be told again", "hook", r.hook.Name, "error", err)
	}
}

// lines is a heap by due.
type lines []*line

func (h lines) Len() int           { return len(h) }
func (h lines) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h lines) Swap(i, j int)      { h[i], h[j] = h[j], h[i]; h[i].index, h[j].index = i, j }

// Push implements heap.Interface.
func (h *lines) Push(x any) {
	l := x.(*line)
	l.index = len(*h)
	*h = append(*h, l)
}

// Pop implements heap.Interface.
func (h *lines) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	l.index = -1
	*h = (*h)[:last]
	return l
}
