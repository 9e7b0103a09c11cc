package reports

import (
	"time"

	"hotline"
)

// Which abandoned visits are in the denominator of a queue's own service level.
const (
	AbandonsAll      = "all"           // every one: the default
	AbandonsAfter    = "after_T"       // those that waited longer than the target
	AbandonsNotShort = "exclude_short" // all but the short ones
	AbandonsNone     = "none"
)

// Whether a kind of visit is in the denominator.
const (
	Include = "include"
	Exclude = "exclude"
)

// When the wait that a queue's own service level is about begins.
const (
	ClockEnqueue = "enqueue"       // when the customer came to the queue: the default
	ClockRequest = "request"       // when it asked for the queue; in this engine that is the same moment
	ClockFirst   = "first_request" // when the call first asked for a person, in whichever queue
)

// defaultGhost is the talk below which an answered visit is a short one (kpi 1.2).
const defaultGhost = 10 * time.Second

// Definition is the switches of a queue's own service level (kpi 1.1); an empty one is V1: answered in T ÷ offered.
type Definition struct {
	Abandons string // AbandonsAll and its like
	FlowOuts string // what was neither answered nor abandoned: Include (default) or Exclude
	Blocked  string // requests that never entered the queue: Include or Exclude (default)
	Positive bool   // who abandoned within the target, and is in the denominator, is in the numerator too
	Clock    string // ClockEnqueue and its like
}

func (d Definition) withDefaults() Definition {
	for p, def := range map[*string]string{
		&d.Abandons: AbandonsAll, &d.FlowOuts: Include, &d.Blocked: Exclude, &d.Clock: ClockEnqueue,
	} {
		if *p == "" {
			*p = def
		}
	}
	return d
}

// Override is another definition than the queues' own, for every queue of one report: a definition of today applied to
// last year. What is empty or nil stays as the queue has it.
type Override struct {
	Within   time.Duration  // the target's time
	Short    *time.Duration // 0: no abandon is short
	Abandons string
	FlowOuts string
	Blocked  string
	Positive *bool
	Clock    string
	Ghost    time.Duration // talks below it are short
}

func (o Override) empty() bool { return o == Override{} }

// apply is the queue under the override.
func (o Override) apply(q Queue) Queue {
	if o.Within > 0 {
		q.Within = o.Within
	}
	if o.Short != nil {
		q.Short = *o.Short
	}
	if o.Positive != nil {
		q.SL.Positive = *o.Positive
	}
	if o.Ghost > 0 {
		q.Ghost = o.Ghost
	}
	for p, v := range map[*string]string{
		&q.SL.Abandons: o.Abandons, &q.SL.FlowOuts: o.FlowOuts, &q.SL.Blocked: o.Blocked, &q.SL.Clock: o.Clock,
	} {
		if v != "" {
			*p = v
		}
	}
	return q
}

// Rules is the definition that a row's level was counted by.
type Rules struct {
	WithinMS int64   `json:"within_ms"`
	Ratio    float64 `json:"ratio"` // the target's; 0: several queues, of different targets
	ShortMS  int64   `json:"short_ms"`
	Abandons string  `json:"abandons"`
	FlowOuts string  `json:"flowouts"`
	Blocked  string  `json:"blocked"`
	Positive bool    `json:"positive"`
	Clock    string  `json:"wait_clock"`
}

func (q Queue) rules() *Rules {
	return &Rules{
		WithinMS: q.Within.Milliseconds(), Ratio: q.Ratio, ShortMS: q.Short.Milliseconds(), Abandons: q.SL.Abandons,
		FlowOuts: q.SL.FlowOuts, Blocked: q.SL.Blocked, Positive: q.SL.Positive, Clock: q.SL.Clock,
	}
}

// begin is when the wait of the visit begins by the definition's clock.
func (d Definition) begin(v *visit) int64 {
	if d.Clock == ClockFirst {
		return v.first
	}
	return v.since
}

// level says whether a visit that counts is in the numerator and in the denominator of the queue's own service level, with
// this target in ms. One that still waits beyond it has failed, one that waits within it is in no term (kpi trap 9).
func (q Queue) level(v *visit, target, asOf int64) (in, of bool) {
	d := q.SL
	late := v.since - d.begin(v)
	switch {
	case v.blocked != "":
		return false, d.Blocked == Include
	case v.waiting():
		return false, d.FlowOuts != Exclude && !within(asOf-v.since+late, target)
	}
	met := within(v.wait+late, target)
	switch v.outcome {
	case hotline.OutcomeAnswered:
		return met, true
	case hotline.OutcomeAbandoned:
		switch {
		case d.Abandons == AbandonsNone, d.Abandons == AbandonsAfter && met,
			d.Abandons == AbandonsNotShort && short(v.wait+late, q.Short.Milliseconds()):
			return false, false
		}
		return d.Positive && met, true
	}
	return false, d.FlowOuts != Exclude
}
