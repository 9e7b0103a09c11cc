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
	r.ASAMS = ratio(t.waitAnswered, int64(t.answered))
	r.AbandonMS = ratio(t.waitAbandoned, int64(t.abandoned))
	r.WaitMS = ratio(t.waitAll, int64(t.offered-t.waiting))
	r.RingTotalMS, r.TalkTotalMS, r.HoldTotalMS, r.ACWTotalMS = t.ring, t.talk, t.hold, t.acw
	n := int64(t.handled)
	r.RingMS = ratio(t.ring, int64(t.rings.all()))
	r.TalkMS, r.HoldMS, r.ACWMS = ratio(t.talk, n), ratio(t.hold, n), ratio(t.acw, n)
	r.AHTMS = ratio(t.talk+t.hold+t.acw, n)
}
