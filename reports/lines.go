package reports

import (
	"iter"
	"maps"
	"slices"

	"hotline"
)

// every is the line of all calls together, whatever their trunks.
const every = "*"

// lineCell is the use of one trunk in one quarter of an hour, or of all calls (Trunk is "*"). Cells add up: their peaks by
// the larger one.
type lineCell struct {
	At      int64  `json:"at"` // start of the quarter, UTC
	Trunk   string `json:"trunk,omitempty"`
	In      int    `json:"in,omitempty"`
	Out     int    `json:"out,omitempty"`
	Refused int    `json:"refused,omitempty"` // calls in that were turned away before anybody or anything answered
	Failed  int    `json:"failed,omitempty"`  // calls out that the carrier did not bring through
	Blocked int    `json:"blocked,omitempty"` // calls in that never became calls: the trunk's limits, or the engine's
	Busy    int64  `json:"busy,omitempty"`    // ms, summed over the calls
	Peak    int    `json:"peak,omitempty"`    // calls at once
	PeakAt  int64  `json:"peak_at,omitempty"` // when that was first so
}

// line is one trunk now: how many calls are up on it, and its quarter that is not over.
type line struct {
	Cell    lineCell `json:"cell"`
	Level   int      `json:"level"`
	Changed int64    `json:"changed"` // the level is so since then
}

// lines follows how many calls are up at once. The fold owns it.
type lines struct {
	now  map[string]*line
	over history[lineCell]
}

// line is that of the trunk at the time at, begun if there is none yet.
func (ls *lines) line(trunk string, at int64) *line {
	l := ls.now[trunk]
	if l == nil {
		l = &line{Cell: lineCell{At: at - at%quarterMS, Trunk: trunk}, Changed: at}
		ls.now[trunk] = l
	}
	l.until(at, func(c lineCell) { ls.over.addSince(c.At, at, c) })
	return l
}

// until counts the time up to at, handing out the quarters that are over by then and saw any use.
func (l *line) until(at int64, over func(lineCell)) {
	for at >= l.Cell.At+quarterMS {
		end := l.Cell.At + quarterMS
		l.spend(end)
		if l.Cell.used() {
			over(l.Cell)
		}
		if l.Level == 0 {
			end = at - at%quarterMS // nothing happens in between
		}
		l.Cell = lineCell{At: end, Trunk: l.Cell.Trunk}
		l.Changed = max(l.Changed, end)
	}
	l.spend(at)
}

// spend counts the time up to at at the present level. A level that lasted no millisecond was none.
func (l *line) spend(at int64) {
	if at <= l.Changed {
		return
	}
	if l.Level > l.Cell.Peak {
		l.Cell.Peak, l.Cell.PeakAt = l.Level, l.Changed
	}
	l.Cell.Busy += int64(l.Level) * (at - l.Changed)
	l.Changed = at
}

func (c lineCell) used() bool { return c.In+c.Out+c.Refused+c.Failed+c.Blocked+c.Peak > 0 }

// merge adds another quarter up.
func (c *lineCell) merge(o lineCell) {
	c.In, c.Out, c.Refused, c.Failed, c.Blocked, c.Busy = c.In+o.In, c.Out+o.Out, c.Refused+o.Refused, c.Failed+o.Failed, c.Blocked+o.Blocked, c.Busy+o.Busy
	if o.Peak > c.Peak {
		c.Peak, c.PeakAt = o.Peak, o.PeakAt
	}
}

// applyLines follows calls to and from outside, and lines to outside within other calls.
func (f *Fold) applyLines(ev hotline.Event, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.CallStarted:
		c := f.calls[ev.Call]
		if c == nil || c.lined || c.rec == nil || fact.Test || fact.Direction == hotline.Internal {
			return
		}
		c.lined = true
		for _, l := range f.linesOf(c, at) {
			l.Level++
			l.Cell.In += count(fact.Direction == hotline.Inbound)
			l.Cell.Out += count(fact.Direction == hotline.Outbound)
		}
	case hotline.LegAnswered:
		if c := f.calls[ev.Call]; c != nil {
			c.heard = true
		}
	case hotline.LegStarted:
		if c := f.calls[ev.Call]; c != nil && c.lined && c.view.Direction == hotline.Inbound && fact.Trunk != "" && fact.Role == hotline.RoleParty && len(c.further) < maxLegs {
			c.further = append(c.further, furtherLine{ev.Leg, fact.Trunk})
			l := f.lines.line(fact.Trunk, at)
			l.Level++
			l.Cell.Out++
		}
	case hotline.LegEnded:
		if c := f.calls[ev.Call]; c != nil {
			c.further = slices.DeleteFunc(c.further, func(x furtherLine) bool {
				if x.leg != ev.Leg {
					return false
				}
				f.lines.line(x.trunk, at).Level--
				return true
			})
		}
	case hotline.TurnedAway:
		f.lines.line(fact.Trunk, at).Cell.Blocked += max(fact.Calls, 0)
		f.metrics.turnedAway.add(float64(max(fact.Calls, 0)), labelOf(fact.Trunk), turnedLabel(fact.Reason))
	}
}

// furtherLine is a line to outside beside the call's own.
type furtherLine struct {
	leg   hotline.LegID
	trunk string
}

// linesOf is the call's trunk and the line of all calls.
func (f *Fold) linesOf(c *liveCall, at int64) [2]*line {
	return [2]*line{f.lines.line(every, at), f.lines.line(c.view.Trunk, at)}
}

// lineEnded is the end of a call.
func (f *Fold) lineEnded(c *liveCall, e hotline.CallEnded, at int64) {
	if !c.lined {
		return
	}
	for _, x := range c.further {
		f.lines.line(x.trunk, at).Level--
	}
	for _, l := range f.linesOf(c, at) {
		l.Level--
		switch e.Cause {
		case hotline.CauseRejected, hotline.CauseNotFound, hotline.CauseOverload, hotline.CauseFull, hotline.CauseBusy:
			l.Cell.Refused += count(c.view.Direction == hotline.Inbound && !c.heard)
		}
		switch e.Cause {
		case hotline.CauseUnreachable, hotline.CauseOverload, hotline.CauseNoCodec, hotline.CauseError:
			l.Cell.Failed += count(c.view.Direction == hotline.Outbound)
		}
	}
}

// span yields the cells of every quarter that touches [from, to), those that are not over as they are at now.
func (ls *lines) span(from, to, now int64) iter.Seq[lineCell] {
	return func(yield func(lineCell) bool) {
		touches := func(c lineCell) bool { return c.At+quarterMS > from && c.At < to }
		for c := range ls.over.span(from, to) {
			if touches(c) && !yield(c) {
				return
			}
		}
		for _, trunk := range slices.Sorted(maps.Keys(ls.now)) {
			l, more := *ls.now[trunk], true
			l.until(max(now, l.Changed), func(c lineCell) { more = more && (!touches(c) || yield(c)) })
			if !more || l.Cell.used() && touches(l.Cell) && !yield(l.Cell) {
				return
			}
		}
	}
}

// copy is the lines as they are, for a reader.
func (ls *lines) copy() lines {
	c := lines{now: make(map[string]*line, len(ls.now)), over: ls.over}
	for trunk, l := range ls.now {
		one := *l
		c.now[trunk] = &one
	}
	return c
}
