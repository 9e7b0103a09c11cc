package reports

import (
	"iter"
	"maps"
	"slices"
	"time"

	"hotline"
)

// Edges of the bands of MOS that a heardCell counts (ITU-T G.107 annex B: users' satisfaction).
const (
	mosPoor = 3.1
	mosFair = 3.6
	mosGood = 4.0
	mosBest = 4.3
)

// heardCell is how lines sounded in one day of the centre: those of a trunk, or of an agent, with one codec. Cells add up.
type heardCell struct {
	At     int64    `json:"at"` // start of the day
	Trunk  string   `json:"trunk,omitempty"`
	Agent  string   `json:"agent,omitempty"` // empty: a customer's line by the trunk
	Codec  string   `json:"codec,omitempty"`
	Legs   int64    `json:"legs"`
	Rated  int64    `json:"rated"` // with a MOS
	MOS    int64    `json:"mos"`   // sum of them, in thousandths
	Worst  int64    `json:"worst"` // the lowest of them
	Bands  [5]int64 `json:"bands"` // below 3.1, 3.6, 4.0, 4.3, and from there
	Got    int64    `json:"got"`   // packets
	Lost   int64    `json:"lost"`
	Jitter int64    `json:"jitter"` // sum over the legs, in µs
	Silent int64    `json:"silent"` // legs of which nothing was heard for too long
}

type heardKey struct {
	at                  int64
	trunk, agent, codec string
}

// heard is how lines sound. The fold owns it.
type heard struct {
	now         map[heardKey]*heardCell // of the day that is not over
	start, next int64
	over        history[heardCell]
}

// applyHeard counts a line that has ended.
func (f *Fold) applyHeard(ev hotline.Event, rec *record, at int64) {
	fact, ok := ev.Fact.(hotline.LegEnded)
	c := f.calls[ev.Call]
	if !ok || c == nil || rec == nil || c.view.Test || fact.Stats.Received == 0 {
		return
	}
	l := rec.leg(ev.Leg)
	if l == nil {
		return
	}
	key := heardKey{codec: fact.Stats.Codec}
	if key.codec == "" {
		key.codec = l.Codec
	}
	switch {
	case l.Role == hotline.RoleAgent && l.Agent != "":
		key.agent = string(l.Agent)
	case l.Role == hotline.RoleCustomer:
		key.trunk = c.view.Trunk
	default:
		return
	}
	f.heard.day(at, f.book.loc, f.clock)
	key.at = f.heard.start
	f.heard.cell(key).add(fact.Stats, l.SilentMS > 0)
}

// day begins another day, if at is in one.
func (h *heard) day(at int64, loc *time.Location, clock int64) {
	if at >= h.start && at < h.next {
		return
	}
	for _, c := range slices.SortedFunc(maps.Values(h.now), (*heardCell).inOrder) {
		h.over.addSince(c.At, clock, *c)
	}
	clear(h.now)
	start, next := today(time.UnixMilli(at), loc)
	h.start, h.next = start.UnixMilli(), next.UnixMilli()
}

func (h *heard) cell(key heardKey) *heardCell {
	c := h.now[key]
	if c == nil {
		c = &heardCell{At: key.at, Trunk: key.trunk, Agent: key.agent, Codec: key.codec}
		h.now[key] = c
	}
	return c
}

func (c *heardCell) add(s hotline.MediaStats, silent bool) {
	c.Legs++
	c.Got += int64(s.Received)
	c.Lost += int64(s.Lost)
	c.Jitter += int64(s.JitterMS * 1000)
	c.Silent += int64(count(silent))
	if s.MOS <= 0 {
		return
	}
	c.MOS += int64(s.MOS*1000 + 0.5)
	if worst := int64(s.MOS*1000 + 0.5); c.Rated == 0 || worst < c.Worst {
		c.Worst = worst
	}
	c.Rated++
	band := 0
	for _, edge := range [...]float64{mosPoor, mosFair, mosGood, mosBest} {
		band += count(s.MOS >= edge)
	}
	c.Bands[band]++
}

// merge adds another cell up.
func (c *heardCell) merge(o heardCell) {
	if o.Rated > 0 && (c.Rated == 0 || o.Worst < c.Worst) {
		c.Worst = o.Worst
	}
	c.Legs, c.Rated, c.MOS = c.Legs+o.Legs, c.Rated+o.Rated, c.MOS+o.MOS
	c.Got, c.Lost, c.Jitter, c.Silent = c.Got+o.Got, c.Lost+o.Lost, c.Jitter+o.Jitter, c.Silent+o.Silent
	for i := range c.Bands {
		c.Bands[i] += o.Bands[i]
	}
}

// span yields the cells of days that begin in [from, to).
func (h *heard) span(from, to int64) iter.Seq[heardCell] {
	return func(yield func(heardCell) bool) {
		for c := range h.over.span(from, to) {
			if c.At >= from && c.At < to && !yield(c) {
				return
			}
		}
		for _, c := range h.now {
			if c.At >= from && c.At < to && !yield(*c) {
				return
			}
		}
	}
}

func (h *heard) copy() heard {
	c := heard{now: make(map[heardKey]*heardCell, len(h.now)), start: h.start, next: h.next, over: h.over}
	for k, v := range h.now {
		one := *v
		c.now[k] = &one
	}
	return c
}
