package reports

import (
	"slices"

	"hotline"
)

// tally is counts and sums over visits. Tallies can be added up; ratios and means are made last (kpi trap 1).
type tally struct {
	requested, offered         int
	answered, answeredIn, in20 int
	abandoned, abandonedIn     int
	short                      int
	waiting, undecided, und20  int // waiting; of them those not past the target, not past 20 s
	lost, dequeued, unclosed   int
	handled, held              int
	blocked                    Blocked
	flow                       FlowOut
	rings                      Rings

	waitAnswered, waitAbandoned, waitAll, maxWait int64
	ring, talk, hold, acw                         int64
	waits                                         []int64 // kept only when keep is set
	keep                                          bool

	own, ownOf       int // numerator and denominator of the queues' own level
	closed           int64
	spoken, mute     int // answered whose talk is over, and those with hardly a word
	marks            []mark
	answers, gaveUps []int // by second of the wait, up to curveTo; nil: not asked for
}

// mark counts at another threshold than the target.
type mark struct {
	within, answeredIn, abandonedIn, undecided, own, ownOf int64
}

// add counts one visit, with the definitions of its queue. asOf decides whether one that still waits has failed.
func (t *tally) add(v *visit, q Queue, asOf int64) {
	t.rings.merge(v.rings) // a ring is a ring, also for a visit that then counts nowhere
	t.ring += v.ring
	if !v.counts() {
		t.dequeued++
		return
	}
	t.requested++
	t.closed = max(t.closed, v.closed)
	t.mark(v, q, asOf)
	if v.blocked != "" {
		t.blocked.add(v.blocked)
		return
	}
	t.offered++
	if v.closed == 0 {
		t.unclosed++
	}
	t.talk, t.hold, t.acw = t.talk+v.talk, t.hold+v.hold, t.acw+v.acw
	t.handled, t.held = t.handled+v.handled, t.held+v.held
	if v.waiting() {
		t.waiting++
		if within(asOf-v.since, q.Within.Milliseconds()) {
			t.undecided++
		}
		if within(asOf-v.since, cnWithin) {
			t.und20++
		}
		return
	}
	t.waitAll += v.wait
	t.maxWait = max(t.maxWait, v.wait)
	if t.keep {
		t.waits = append(t.waits, v.wait)
	}
	t.ending(v, q)
}

func (t *tally) ending(v *visit, q Queue) {
	in := within(v.wait, q.Within.Milliseconds())
	switch v.outcome {
	case hotline.OutcomeAnswered:
		t.answered++
		t.answeredIn += count(in)
		t.in20 += count(within(v.wait, cnWithin))
		t.waitAnswered += v.wait
		if v.closed != 0 {
			t.spoken++
			t.mute += count(v.talk < q.Ghost.Milliseconds())
		}
	case hotline.OutcomeAbandoned:
		t.abandoned++
		t.abandonedIn += count(in)
		t.short += count(short(v.wait, q.Short.Milliseconds()))
		t.waitAbandoned += v.wait
	case hotline.OutcomeLost:
		t.lost++
	default:
		t.flow.add(v.outcome)
	}
}

// mark counts the visit in the queue's own level, at its target and at the other thresholds, and in the curve.
func (t *tally) mark(v *visit, q Queue, asOf int64) {
	in, of := q.level(v, q.Within.Milliseconds(), asOf)
	t.own, t.ownOf = t.own+count(in), t.ownOf+count(of)
	for i := range t.marks {
		m := &t.marks[i]
		in, of := q.level(v, m.within, asOf)
		m.own, m.ownOf = m.own+int64(count(in)), m.ownOf+int64(count(of))
		m.undecided += int64(count(v.waiting() && within(asOf-v.since, m.within)))
		m.answeredIn += int64(count(v.outcome == hotline.OutcomeAnswered && within(v.wait, m.within)))
		m.abandonedIn += int64(count(v.outcome == hotline.OutcomeAbandoned && within(v.wait, m.within)))
	}
	if second := (max(v.wait, 0) + 999) / 1000; t.answers != nil && second <= curveTo {
		t.answers[second] += count(v.outcome == hotline.OutcomeAnswered)
		t.gaveUps[second] += count(v.outcome == hotline.OutcomeAbandoned)
	}
}

// level is by the definitions of the queues themselves.
func (t *tally) level() Level { return level(t.own, t.ownOf) }

// thresholds is the levels at every mark.
func (t *tally) thresholds() (out []Threshold) {
	for _, m := range t.marks {
		at := *t
		at.answeredIn, at.abandonedIn, at.undecided = int(m.answeredIn), int(m.abandonedIn), int(m.undecided)
		out = append(out, Threshold{
			WithinMS: m.within, Answered: at.answeredIn, Abandoned: at.abandonedIn, Level: level(int(m.own), int(m.ownOf)), Levels: at.levels(),
		})
	}
	return out
}

// curve sums up the seconds.
func (t *tally) curve() *Curve {
	if t.answers == nil {
		return nil
	}
	c := &Curve{Answered: slices.Clone(t.answers), Abandoned: slices.Clone(t.gaveUps)}
	for i := 1; i <= curveTo; i++ {
		c.Answered[i] += c.Answered[i-1]
		c.Abandoned[i] += c.Abandoned[i-1]
	}
	return c
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (b *Blocked) add(r hotline.BlockReason) {
	switch r {
	case hotline.BlockFull:
		b.Full++
	case hotline.BlockClosed:
		b.Closed++
	case hotline.BlockNoStaff:
		b.NoStaff++
	default:
		b.Refused++
	}
}

func (b Blocked) all() int { return b.Full + b.Closed + b.NoStaff + b.Refused }

func (f *FlowOut) add(o hotline.Outcome) {
	switch o {
	case hotline.OutcomeTimeout:
		f.Timeout++
	case hotline.OutcomeKey:
		f.Key++
	case hotline.OutcomeCallback:
		f.Callback++
	case hotline.OutcomeVoicemail:
		f.Voicemail++
	case hotline.OutcomeMoved:
		f.Moved++
	case hotline.OutcomeClosed:
		f.Closed++
	case hotline.OutcomeNoAgents:
		f.NoAgents++
	default: // overflow, and what a newer engine may have written: the visit went on somewhere
		f.Overflow++
	}
}

func (f FlowOut) all() int {
	return f.Overflow + f.Timeout + f.Key + f.Callback + f.Voicemail + f.Moved + f.Closed + f.NoAgents
}

// levels is every service level of the tally (kpi 1.1). Undecided visits are in no term (kpi trap 9).
func (t *tally) levels() Levels {
	o := t.offered - t.undecided
	return Levels{
		V1:        level(t.answeredIn, o),
		V2:        level(t.answeredIn, t.answered+t.abandoned),
		V3Offered: level(t.answeredIn, o-t.short),
		V3:        level(t.answeredIn, t.answered+t.abandoned-t.short),
		V4:        level(t.answeredIn, o-t.abandonedIn),
		V5:        level(t.answeredIn+t.abandonedIn, o),
		V6:        level(t.answeredIn, t.answered),
		CN20:      level(t.in20, t.requested-t.und20),
		Connect:   level(t.answered, t.requested),
		Abandon:   level(t.abandoned, t.offered),
		AbandonX:  level(t.abandoned-t.short, t.offered-t.short),
		Answer:    level(t.answered, t.offered),
		RONA:      t.rings.rona(),
	}
}

// quantiles are by nearest rank: the smallest wait that at least the share p of all waits does not exceed.
func (t *tally) quantiles() Waits {
	if len(t.waits) == 0 {
		return Waits{}
	}
	slices.Sort(t.waits)
	at := func(percent int) *int64 {
		rank := (percent*len(t.waits) + 99) / 100
		v := t.waits[max(rank, 1)-1]
		return &v
	}
	return Waits{P50MS: at(50), P90MS: at(90), P95MS: at(95), P99MS: at(99), MaxMS: at(100)}
}

// row fills the figures of a report row.
func (t *tally) row(r *QueueRow) {
	r.Requested, r.BlockedAll, r.Blocked, r.Offered = t.requested, t.blocked.all(), t.blocked, t.offered
	r.Answered, r.AnsweredIn, r.AnsweredIn20 = t.answered, t.answeredIn, t.in20
	r.Abandoned, r.AbandonedIn, r.Short = t.abandoned, t.abandonedIn, t.short
	r.FlowOutAll, r.FlowOut = t.flow.all(), t.flow
	r.Lost, r.Waiting, r.Dequeued, r.Handled, r.Held, r.Rings = t.lost, t.waiting, t.dequeued, t.handled, t.held, t.rings
	r.Levels, r.Waits = t.levels(), t.quantiles()
	r.Level, r.Thresholds, r.Curve = t.level(), t.thresholds(), t.curve()
	r.HoldRate, r.ShortTalk = level(t.held, t.handled), level(t.mute, t.spoken)
	r.ASAMS = ratio(t.waitAnswered, int64(t.answered))
	r.AbandonMS = ratio(t.waitAbandoned, int64(t.abandoned))
	r.WaitMS = ratio(t.waitAll, int64(t.offered-t.waiting))
	r.RingTotalMS, r.TalkTotalMS, r.HoldTotalMS, r.ACWTotalMS = t.ring, t.talk, t.hold, t.acw
	n := int64(t.handled)
	r.RingMS = ratio(t.ring, int64(t.rings.all()))
	r.TalkMS, r.HoldMS, r.ACWMS = ratio(t.talk, n), ratio(t.hold, n), ratio(t.acw, n)
	r.AHTMS = ratio(t.talk+t.hold+t.acw, n)
}
