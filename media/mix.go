package media

import (
	"fmt"
	"slices"
)

// Row says whom a leg hears: nobody (nil), one other leg, itself (an echo), or several others. Itself among several is
// left out: nobody hears an echo of what it says in a conference.
type Row struct {
	Leg   *Leg
	Hears []*Leg
}

// Mix sets whom each leg of rows hears, all or, on an error, none. Legs without a row stay as they are: to silence a
// leg give it a row that hears nobody. It is idempotent: a pair that stays as it was feels nothing. A leg that hears one
// other is relayed it: equal codecs byte for byte, A-law and µ-law mapped to each other by table, others decoded and encoded; timestamps keep their
// distances. A leg that hears several is sent the sum of them (16 bits, saturating), made on the engine's clock; keys of
// those it hears are not passed on to it. It may change at any time between the two, and whom it hears: the stream goes
// on without a gap or a click. A leg that also has a Play hears the Play until it is over. It returns ErrMix when a row
// has more than MaxHears, ErrClosed when a leg named is closed.
func (e *Engine) Mix(rows []Row) error {
	e.mixing.Lock()
	defer e.mixing.Unlock()
	for _, r := range rows {
		if len(r.Hears) > MaxHears {
			return fmt.Errorf("%w: %d, %d at most", ErrMix, len(r.Hears), MaxHears)
		}
		if r.Leg.closed.Load() || slices.ContainsFunc(r.Hears, func(l *Leg) bool { return l.closed.Load() }) {
			return fmt.Errorf("mix: %w", ErrClosed)
		}
	}
	var touched []*Leg
	for _, r := range rows {
		if e.listen(r.Leg, r.Hears) {
			touched = append(touched, r.Leg)
		}
	}
	e.arrange(touched)
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
	if was != nil {
		to.silence(was)
	}
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
	touched := []*Leg{l}
	e.listen(l, nil)
	for _, r := range l.audience() {
		e.hear(r.to, nil)
	}
	for _, other := range e.roommates(l) {
		if i := slices.Index(other.mixing.hears, l); i >= 0 {
			e.listen(other, slices.Delete(slices.Clone(other.mixing.hears), i, i+1))
			touched = append(touched, other)
		}
	}
	e.arrange(touched)
}

// audience is who hears the leg.
func (l *Leg) audience() []*route {
	if p := l.listeners.Load(); p != nil {
		return *p
	}
	return nil
}

func (l *Leg) setListeners(routes []*route) {
	l.listeners.Store(&routes)
	l.halt()
}

// route is the relay from one leg to another. Fields below the line are owned by the goroutine that reads from's socket.
type route struct {
	from, to     *Leg
	aToMu, muToA *[256]byte

	turn  turn
	cross *crossing // between codecs that no table leads from one to the other; nil: not needed so far
}

// audio relays one packet of sound.
func (r *route) audio(now int64, h header, codec Codec, payload []byte, late bool) {
	s := r.to.settings.Load()
	if s == nil || !s.Send || r.to.closed.Load() {
		r.turn.anew = true
		return
	}
	var table *[256]byte
	ticks := len(payload)
	if codec != s.Codec {
		if table = r.table(codec, s.Codec); table == nil {
			r.across(now, s, h, codec, payload, late)
			return
		}
	} else if codec == Opus {
		ticks, _ = codec.Ticks(payload)
	}
	if !r.to.out.relay(&r.turn, now, &h, uint32(ticks), late) {
		return
	}
	b := r.from.pair.rtp.room()[:rtpHeader+len(payload)]
	if table != nil {
		translate(b[rtpHeader:], payload, table)
	} else {
		copy(b[rtpHeader:], payload)
	}
	h.payload = s.PayloadType
	r.to.transmit(s, b, h)
}

// table leads from one law of G.711 to the other; nil: between these codecs there is none.
func (r *route) table(from, to Codec) *[256]byte {
	switch {
	case from == PCMA && to == PCMU:
		return r.aToMu
	case from == PCMU && to == PCMA:
		return r.muToA
	}
	return nil
}

// event relays one packet of a key, which tells its length in so many steps a tick. A leg that has not agreed to events is spared
// them.
func (r *route) event(now int64, h header, payload []byte, e event, perTick uint32, late bool) {
	s := r.to.settings.Load()
	if s == nil || !s.Send || r.to.closed.Load() {
		r.turn.anew = true
		return
	}
	if s.DTMFType == 0 {
		r.turn.spare(late)
		return
	}
	e.duration = uint16(uint32(e.duration) / perTick)
	if !r.to.out.relay(&r.turn, now, &h, uint32(e.duration), late) {
		return
	}
	b := r.from.pair.rtp.room()[:rtpHeader+len(payload)]
	copy(b[rtpHeader:], payload)
	if s.eventPerTick != perTick {
		putEvent(b[rtpHeader:], e.at(s.eventPerTick))
	}
	h.payload = s.DTMFType
	r.to.transmit(s, b, h)
}

func translate(dst, src []byte, table *[256]byte) {
	dst = dst[:len(src)]
	for i, c := range src {
		dst[i] = table[c]
	}
}
