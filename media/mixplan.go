package media

import (
	"runtime/debug"
	"slices"
)

// MaxHears is the most legs that one can hear at once.
const MaxHears = 64

// mixing is what Mix knows of a leg. It is guarded by Engine.mixing.
type mixing struct {
	hears  []*Leg     // several, or the one that stays until the relay has taken over; nil: nothing is mixed for the leg
	voice  *mixVoice  // nil: nothing is mixed for the leg
	source *mixSource // nil: it is heard mixed by nobody
	room   *room      // where it listens or is heard; nil: nowhere
}

// listen sets whom one leg hears. true: rooms must be arranged anew. Engine.mixing is held.
func (e *Engine) listen(l *Leg, hears []*Leg) (touched bool) {
	hears = others(l, hears)
	m := &l.mixing
	switch {
	case len(hears) > 1:
		if m.voice != nil && slices.Equal(m.hears, hears) {
			return false
		}
		m.hears = hears
		e.mixInto(l)
		return true
	case m.voice == nil:
		e.hear(l, one(hears))
		return false
	case len(hears) == 1 && slices.Equal(m.hears, hears):
		return false // on its way back to the relay
	}
	m.hears = hears
	l.ctl.Lock()
	held := l.mix == m.voice && m.voice.holds
	if len(hears) == 1 && held {
		m.voice.leaving = true
	} else {
		l.mix, m.voice, m.hears = nil, nil, nil
		l.giveTurn()
	}
	l.ctl.Unlock()
	e.hear(l, one(hears))
	return true
}

// mixInto makes a leg hear what is mixed for it. Engine.mixing is held.
func (e *Engine) mixInto(l *Leg) {
	m := &l.mixing
	l.ctl.Lock()
	defer l.ctl.Unlock()
	if m.voice != nil && l.mix == m.voice {
		m.voice.leaving = false
		return
	}
	m.voice = &mixVoice{leg: l}
	if l.hears != nil {
		m.voice.before = l.hears.from
	}
	l.mix = m.voice
	l.giveTurn()
}

// others is the legs named, each once, and without l where there are others.
func others(l *Leg, hears []*Leg) []*Leg {
	if len(hears) < 2 {
		return hears
	}
	var out []*Leg
	for _, h := range hears {
		if h != l && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

func one(hears []*Leg) *Leg {
	if len(hears) == 0 {
		return nil
	}
	return hears[0]
}

// arrange puts the legs whose rows have changed, and all who share sound with them, into one room. Engine.mixing is held.
func (e *Engine) arrange(touched []*Leg) {
	if len(touched) == 0 {
		return
	}
	legs := e.company(touched)
	var r *room
	p := &plan{}
	heard := map[*Leg]bool{}
	for _, l := range legs {
		for _, h := range l.mixing.hears {
			if !heard[h] {
				heard[h] = true
				p.sources = append(p.sources, h.source())
			}
		}
	}
	for _, l := range legs {
		m := &l.mixing
		if m.room != nil && r == nil && m.room.plan.Load() != nil {
			r = m.room
		}
		if m.voice == nil {
			continue
		}
		row := listening{voice: m.voice}
		for _, s := range p.sources {
			if slices.Contains(m.hears, s.leg) {
				row.hears = append(row.hears, s)
			} else {
				row.except = append(row.except, s)
			}
		}
		p.listeners = append(p.listeners, row)
	}
	fresh := r == nil
	if len(p.listeners) == 0 {
		p = nil
	} else if fresh {
		r = &room{engine: e}
	}
	for _, l := range legs {
		m := &l.mixing
		if m.room != nil && m.room != r {
			m.room.plan.Store(nil)
		}
		m.room = nil
		if p != nil && (m.voice != nil || heard[l]) {
			m.room = r
		}
		if !heard[l] && m.source != nil {
			m.source = nil
			l.feed.Store(nil)
			l.halt()
		}
	}
	if r == nil {
		return
	}
	r.plan.Store(p)
	if fresh {
		e.player.open(r)
	}
}

// source is the leg as the mixer hears it, fed from now on. Engine.mixing is held.
func (l *Leg) source() *mixSource {
	m := &l.mixing
	if m.source == nil {
		m.source = newMixSource(l)
		l.feed.Store(&m.source.queue)
		l.halt()
	}
	return m.source
}

// company is the legs given, all that share a room with one of them or are heard by one, and so on. Engine.mixing is held.
func (e *Engine) company(legs []*Leg) []*Leg {
	legs = slices.Clone(legs)
	seen := make(map[*Leg]bool, len(legs))
	for _, l := range legs {
		seen[l] = true
	}
	rooms := map[*room]bool{}
	add := func(l *Leg) {
		if !seen[l] {
			seen[l] = true
			legs = append(legs, l)
		}
	}
	for i := 0; i < len(legs); i++ {
		m := &legs[i].mixing
		for _, h := range m.hears {
			add(h)
		}
		if m.room == nil || rooms[m.room] {
			continue
		}
		rooms[m.room] = true
		for _, l := range e.roommates(legs[i]) {
			add(l)
		}
	}
	return legs
}

// roommates is all legs in the leg's room. Engine.mixing is held.
func (e *Engine) roommates(l *Leg) []*Leg {
	r := l.mixing.room
	if r == nil {
		return nil
	}
	p := r.plan.Load()
	if p == nil {
		return nil
	}
	var all []*Leg
	for i := range p.listeners {
		all = append(all, p.listeners[i].voice.leg)
	}
	for _, s := range p.sources {
		all = append(all, s.leg)
	}
	return all
}

// settle takes a leg that has gone back to a relay out of its room.
func (e *Engine) settle(l *Leg) {
	e.mixing.Lock()
	defer e.mixing.Unlock()
	m := &l.mixing
	l.ctl.Lock()
	left := m.voice != nil && l.mix != m.voice
	l.ctl.Unlock()
	if !left {
		return // it was told to hear several again meanwhile
	}
	m.voice, m.hears = nil, nil
	e.arrange([]*Leg{l})
}

// fault notes a panic in the room. What the packets under way hold is given up: it may be the cause, and the next frame would meet it again.
func (r *room) fault(v any) {
	r.due += mixWhole
	p := r.plan.Load()
	if p == nil || len(p.listeners) == 0 {
		return
	}
	for i := range p.listeners {
		p.listeners[i].voice.filled, p.listeners[i].voice.whole = 0, nil
	}
	l := p.listeners[0].voice.leg
	if l.faults.Add(1) == 1 {
		r.engine.logger.Error("panic", "where", "mix", "port", l.LocalPort(), "panic", v, "stack", string(debug.Stack()))
	}
}
