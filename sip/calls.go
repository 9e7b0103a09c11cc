package sip

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"

	"hotline"
	"hotline/media"
)

// call is what the switch knows of one call: who hears whom, and the recording. All of it belongs to the lane, a queue
// worked off by one goroutine that lives as long as there is something in it. What has to wait, for the log or for a
// file, waits there and holds up nothing but its own call.
type call struct {
	id   hotline.CallID
	sw   *Switch
	legs []*leg // those that have not ended, in the order they came; guarded by Switch.mu

	// Owned by the lane.
	members  []hotline.Member // the Mix of now
	record   Recording
	customer *leg   // whom the recording has left
	right    []*leg // legs tapped right
	forward  *forwarding

	mu    sync.Mutex
	queue []func()
	busy  bool
}

func newCall(s *Switch, id hotline.CallID) *call { return &call{id: id, sw: s} }

// do puts work on the lane. A switch that has ended does nothing any more.
func (c *call) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy {
		c.queue = append(c.queue, f)
	} else if c.sw.enter() {
		c.queue = append(c.queue, f)
		c.busy = true
		c.sw.wire.Go(c.drain)
	}
}

func (c *call) drain() {
	defer c.sw.work.Done()
	for {
		c.mu.Lock()
		if len(c.queue) == 0 {
			c.busy = false
			c.mu.Unlock()
			return
		}
		f := c.queue[0]
		c.queue = c.queue[1:]
		c.mu.Unlock()
		c.guard(f)
	}
}

// guard runs f; a panic ends the legs of this call and no other's.
func (c *call) guard(f func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		c.sw.cfg.Metrics.Panics.Add(1)
		c.sw.log.Error("sip: a call panicked and is ended", "call", c.id, "panic", v, "stack", string(debug.Stack()))
		for _, l := range c.sw.legsOf(c) {
			c.sw.post(l, func() { l.hangup(hotline.CausePanic) })
		}
	}()
	f()
}

// preferred is the codecs with that of the call's first leg in front, so that joined legs need no transcoding.
func (c *call) preferred(codecs []media.Codec) []media.Codec {
	legs := c.sw.legsOf(c)
	if len(legs) == 0 {
		return codecs
	}
	first, known := legs[0].handle.codec()
	i := slices.Index(codecs, first)
	if !known || i <= 0 {
		return codecs
	}
	return append([]media.Codec{first}, slices.Delete(slices.Clone(codecs), i, i+1)...)
}

// left takes a leg that has ended out of the call. With the customer the recording ends, with the last leg the call.
func (c *call) left(l *leg) {
	s := c.sw
	s.mu.Lock()
	c.legs = slices.DeleteFunc(c.legs, func(o *leg) bool { return o == l })
	s.mu.Unlock()
	c.do(func() {
		c.members = slices.DeleteFunc(c.members, func(m hotline.Member) bool { return m.Leg == l.id })
		c.right = slices.DeleteFunc(c.right, func(r *leg) bool { return r == l })
		s.mu.Lock()
		last := len(c.legs) == 0
		if last && s.calls[c.id] == c {
			delete(s.calls, c.id)
		}
		s.mu.Unlock()
		if last || c.customer == l {
			c.stopRecord()
		}
		c.followForward()
	})
}

// wait holds the lane until the log is safe up to seq.
func (c *call) wait(ctx context.Context, seq uint64) {
	if seq == 0 {
		return
	}
	if err := c.sw.cfg.Wait(ctx, seq); err != nil && ctx.Err() == nil {
		c.sw.log.Warn("sip: acting before the log is safe", "call", c.id, "seq", seq, "error", err)
	}
}

// mix sets who hears whom. Legs of the call that are not named hear nobody.
func (c *call) mix(m hotline.Mix) {
	c.wait(c.sw.ctx, m.After)
	if len(c.sw.strangersIn(c, m.Members)) > 0 || len(c.strangers()) > 0 {
		c.sw.passing.Lock() // so that no leg is silenced by the call that it has left for another
		defer c.sw.passing.Unlock()
	}
	rows := make([]media.Row, 0, len(m.Members)+1)
	named := make(map[*leg]bool, len(m.Members))
	for _, member := range m.Members {
		l := c.sw.leg(member.Leg)
		if l == nil {
			continue
		}
		named[l] = true
		row := media.Row{Leg: l.handle.media.Load()}
		for _, other := range member.Hears {
			if o := c.sw.leg(other); o != nil {
				if om := o.handle.media.Load(); om != nil {
					row.Hears = append(row.Hears, om)
				}
			}
		}
		if row.Leg != nil {
			rows = append(rows, row)
		}
	}
	for _, l := range append(c.sw.legsOf(c), c.strangers()...) {
		if lm := l.handle.media.Load(); !named[l] && lm != nil && (l.call == c || l.mixer == c) {
			rows = append(rows, media.Row{Leg: lm})
		}
	}
	c.members = m.Members
	for _, l := range c.strangers() {
		l.mixer = c
	}
	c.tap()
	if err := c.sw.cfg.Media.Mix(rows); err != nil {
		c.sw.log.Warn("sip: legs not joined", "call", c.id, "error", err)
	}
	c.followForward()
}

// strangers are the legs that the Mix of now names and that are calls of their own: an agent's second line, a supervisor's.
func (c *call) strangers() []*leg { return c.sw.strangersIn(c, c.members) }

// strangersIn is those of the members that are no legs of the call.
func (s *Switch) strangersIn(c *call, members []hotline.Member) (all []*leg) {
	for _, member := range members {
		if l := s.leg(member.Leg); l != nil && l.call != c {
			all = append(all, l)
		}
	}
	return all
}

// startRecord begins the recording, ours and the one that the trunk wants elsewhere; what runs goes on.
func (c *call) startRecord(r hotline.Record) {
	l := c.sw.leg(r.Customer)
	if l == nil || c.customer != nil && c.customer != l {
		return
	}
	m := l.handle.media.Load()
	if m == nil {
		return
	}
	c.customer = l
	if c.record == nil && c.sw.cfg.Recorder != nil {
		codec, _ := l.handle.codec()
		rec, err := c.sw.cfg.Recorder.Start(r, codec)
		if err != nil {
			c.sw.log.Error("sip: a contact is not recorded", "call", c.id, "contact", r.Contact, "error", err)
		} else {
			c.record = rec
			m.SetTap(rec.Left())
			l.received.tap(rec)
			c.tap()
		}
	}
	c.startForward(l)
}

// tap shows the right channel the legs that are joined with the customer, each by a tap of its own, and nobody else.
func (c *call) tap() {
	if c.record == nil {
		return
	}
	right := c.withCustomer()
	for _, l := range c.right {
		if lm := l.handle.media.Load(); lm != nil && !slices.Contains(right, l) {
			lm.SetTap(nil)
		}
	}
	for _, l := range right {
		if lm := l.handle.media.Load(); lm != nil && !slices.Contains(c.right, l) {
			lm.SetTap(c.record.Right())
		}
	}
	c.right = right
}

// withCustomer is the legs that are joined with the customer.
func (c *call) withCustomer() (legs []*leg) {
	for _, m := range c.members {
		if m.Leg == c.customer.id || !joined(c.members, m, c.customer.id) {
			continue
		}
		if l := c.sw.leg(m.Leg); l != nil {
			legs = append(legs, l)
		}
	}
	return legs
}

// joined reports whether a member is heard by the customer. While the customer hears nobody (on hold, or the agent is
// mute), it is who hears the customer: a lead who whispers or listens is never recorded.
func joined(members []hotline.Member, m hotline.Member, customer hotline.LegID) bool {
	if m.Aside {
		return false
	}
	i := slices.IndexFunc(members, func(o hotline.Member) bool { return o.Leg == customer })
	if i >= 0 && len(members[i].Hears) > 0 {
		return slices.Contains(members[i].Hears, m.Leg)
	}
	return slices.Contains(m.Hears, customer)
}

func (c *call) stopRecord() {
	if f := c.forward; f != nil {
		c.forward = nil
		f.guard(f.end)
	}
	if c.record == nil {
		c.customer = nil
		return
	}
	for _, l := range append([]*leg{c.customer}, c.right...) {
		if lm := l.handle.media.Load(); lm != nil {
			lm.SetTap(nil)
		}
	}
	c.customer.received.tap(nil)
	c.record.Close()
	c.record, c.customer, c.right = nil, nil, nil
}

func (s *Switch) legsOf(c *call) []*leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(c.legs)
}
