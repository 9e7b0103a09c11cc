package media

import (
	"fmt"
	"slices"
)

// Row says whom a leg hears: nobody (nil), or one other leg, or itself (an echo).
type Row struct {
	Leg   *Leg
	Hears []*Leg
}

// Mix sets whom each leg of rows hears, all or, on an error, none. Legs without a row stay as they are: to silence a
// leg give it a row that hears nobody. It is idempotent: a pair that stays as it was feels nothing. Equal codecs are
// relayed byte for byte, A-law and µ-law are mapped to each other by table; timestamps keep their distances. A leg that
// also has a Play hears the Play until it is over. It returns ErrMix when a leg should hear more than one, ErrClosed
// when a leg named is closed.
func (e *Engine) Mix(rows []Row) error {
	e.mixing.Lock()
	defer e.mixing.Unlock()
	for _, r := range rows {
		if len(r.Hears) > 1 {
			return fmt.Errorf("%w: %d of them", ErrMix, len(r.Hears))
		}
		if r.Leg.closed.Load() || len(r.Hears) == 1 && r.Hears[0].closed.Load() {
			return fmt.Errorf("mix: %w", ErrClosed)
		}
	}
	for _, r := range rows {
		var from *Leg
		if len(r.Hears) == 1 {
			from = r.Hears[0]
		}
		e.hear(r.Leg, from)
	}
	return nil
}

// hear makes a leg hear another, nil nobody. mixing is held.
func (e *Engine) hear(to, from *Leg) {
	to.ctl.Lock()
	defer to.ctl.Unlock()
	was := to.hears
	if was != nil && was.from == from || was == nil && from == nil {
		return
	}
	to.hears = nil
	if from != nil {
		to.hears = &route{from: from, to: to, aToMu: &e.aToMu, muToA: &e.muToA}
	}
	to.giveTurn()
	if was != nil {
		was.from.setListeners(without(was.from.audience(), was))
	}
	if from != nil {
		from.setListeners(append(slices.Clone(from.audience()), to.hears))
	}
}

// unmix takes a leg that is closing out of whatever it hears and is heard by.
func (e *Engine) unmix(l *Leg) {
	e.mixing.Lock()
	defer e.mixing.Unlock()
	e.hear(l, nil)
	for _, r := range l.audience() {
		e.hear(r.to, nil)
	}
}

// audience is who hears the leg.
func (l *Leg) audience() []*route {
	if p := l.listeners.Load(); p != nil {
		return *p
	}
	return nil
}

func (l *Leg) setListeners(routes []*route) { l.listeners.Store(&routes) }

// route is the relay from one leg to another. Fields below the line are owned by the goroutine that reads from's socket.
type route struct {
	from, to     *Leg
	aToMu, muToA *[256]byte

	turn   turn
	packet [maxDatagram]byte
}

// audio relays one packet of sound.
func (r *route) audio(now int64, h header, codec Codec, payload []byte, late bool) {
	s := r.to.settings.Load()
	if s == nil || !s.Send || r.to.closed.Load() {
		r.turn.anew = true
		return
	}
	if !r.to.out.relay(&r.turn, now, &h, uint32(len(payload)), late) {
		return
	}
	b := r.packet[:rtpHeader+len(payload)]
	switch out := b[rtpHeader:]; {
	case codec == s.Codec:
		copy(out, payload)
	case codec == PCMA:
		translate(out, payload, r.aToMu)
	default:
		translate(out, payload, r.muToA)
	}
	h.payload = s.PayloadType
	r.to.transmit(s, b, h)
}

// event relays one packet of a key. A leg that has not agreed to events is spared them.
func (r *route) event(now int64, h header, payload []byte, duration uint16, late bool) {
	s := r.to.settings.Load()
	if s == nil || !s.Send || s.DTMFType == 0 || r.to.closed.Load() {
		r.turn.anew = true
		return
	}
	if !r.to.out.relay(&r.turn, now, &h, uint32(duration), late) {
		return
	}
	b := r.packet[:rtpHeader+len(payload)]
	copy(b[rtpHeader:], payload)
	h.payload = s.DTMFType
	r.to.transmit(s, b, h)
}

func translate(dst, src []byte, table *[256]byte) {
	for i, c := range src {
		dst[i] = table[c]
	}
}
