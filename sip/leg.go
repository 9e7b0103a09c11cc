package sip

import (
	"context"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/wire"
)

// phase is where a leg stands.
type phase uint8

const (
	phaseNew      phase = iota // the INVITE has no final answer
	phaseAnswered              // our 2xx waits for its ACK
	phaseUp
	phaseOver // the last signal is given and the media is gone; SIP may have last words to say
)

// leg is one party's line: a SIP dialog (or the attempt to make one) and its media.
type leg struct {
	sw       *Switch
	id       hotline.LegID
	call     *call
	sipID    string // Call-ID, which is the name of the mailbox that owns the leg
	localTag string
	incoming bool
	agent    hotline.AgentID // whose phone it is; empty for a trunk's
	log      *slog.Logger
	handle   *handle
	keyless  bool                 // its phone has refused keys by INFO, and takes no events
	mixer    *call                // another call that has it in its Mix, the latest; guarded by Switch.passing
	face     atomic.Pointer[face] // nil: it has no dialog yet

	// Owned by the mailbox.
	phase    phase
	dlg      *dialog // nil until the INVITE of a dialled leg is answered
	local    sdp.Session
	ring     *timer        // gives up a leg that is not answered, or repeats our provisional answer
	release  func()        // gives the trunk's place back
	received *received     // a recording session's further streams; nil for every other leg. Set before the leg is known
	held     bool          // by the peer, as last told by HoldAsked
	pending  int           // transactions of ours without an answer: the leg is not forgotten before
	incomed  *invited      // an incoming leg's INVITE until its final answer
	dialled  *dialling     // a dialled leg's branches
	accepted *accepted     // our 2xx that waits for an ACK
	offering *offering     // our re-INVITE that waits for its answer
	talks    wire.Path     // the way to an agent's phone while the leg is up: it need not be asked whether it lives
	refer    *referred     // a REFER that the phone waits to hear of
	refers   int           // taken in the dialog
	kept     keeping       // its record for another process
	timing   timing        // of the session timer
	holding  *timer        // asks who holds us whether he is there
	bidding  *timer        // tries a BYE again that could not be sent
	bye      hotline.Cause // the reason of a BYE that is due when the ACK of our 2xx, or a phone's late 2xx, comes
}

// put makes the leg known: it can be found by its id and by its dialog from now on.
func (l *leg) put() error {
	s := l.sw
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return wire.ErrClosed
	}
	id := l.id // the handle stays with the ports while they drain, the leg need not
	if s.legs[id] != nil {
		return hotline.ErrRefused
	}
	c := s.calls[l.call.id]
	if c == nil {
		c = l.call
		s.calls[c.id] = c
	}
	l.call = c
	if s.cfg.Resume != nil {
		l.handle.moved = func() { s.heardFrom(id) }
	}
	c.legs = append(c.legs, l)
	s.legs[l.id] = l
	s.dialogs[dialogKey{l.sipID, l.localTag}] = l
	s.comes(l)
	return nil
}

// heardFrom keeps a leg whose peer's media was heard first.
func (s *Switch) heardFrom(id hotline.LegID) {
	if l := s.leg(id); l != nil {
		s.post(l, func() {})
	}
}

// finish ends the leg towards the engine, once: media closed, the trunk's place given back, the last signal. What SIP
// still has to say to the peer follows its own course.
func (l *leg) finish(cause hotline.Cause, code int) {
	if l.phase == phaseOver {
		return
	}
	up, answered := l.phase == phaseUp || l.incoming, l.phase != phaseNew
	l.phase = phaseOver
	if l.talks.Valid() {
		l.sw.wire.Talk(l.talks, -1)
	}
	if l.ring != nil {
		l.ring.Stop()
	}
	l.untimed()
	l.unwatchHold()
	l.unrefer()
	l.notOffered()
	stats := l.closeMedia()
	if !answered { // who only hears it ring need not speak: that is no sound going one way
		stats.MOS, stats.RemoteMOS = 0, 0
	}
	if l.release != nil {
		l.release()
	}
	s := l.sw
	s.mu.Lock()
	if s.legs[l.id] == l {
		delete(s.legs, l.id)
	}
	s.mu.Unlock()
	l.call.left(l)
	if up {
		l.handle.last(hotline.Ended{Leg: l.id, Cause: cause, Stats: stats})
	} else {
		l.handle.last(hotline.Failed{Leg: l.id, Cause: cause, Code: code})
	}
	l.log.Debug("sip: leg ended", "cause", cause, "code", code)
}

// talking is called once, when the leg is up.
func (l *leg) talking() {
	if l.agent != "" && l.dlg != nil {
		l.talks = l.dlg.path
		l.sw.wire.Talk(l.talks, 1)
	}
}

// drop forgets the dialog when nothing more can come for it.
func (l *leg) drop() {
	if l.phase != phaseOver || l.pending > 0 || l.accepted != nil {
		return
	}
	l.outlived()
	if next := l.sw.forget(l); next != nil {
		next()
	}
}

// forget takes the leg out of the tables and returns what begins the one that has waited for its phone; nil: none.
func (s *Switch) forget(l *leg) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := dialogKey{l.sipID, l.localTag}
	if s.dialogs[key] != l {
		return nil
	}
	delete(s.dialogs, key)
	next := s.goes(l)
	l.unkeep()
	if s.closed && len(s.dialogs) == 0 {
		select {
		case <-s.empty:
		default:
			close(s.empty)
		}
	}
	return next
}

// abandon ends the leg without a word to the peer and forgets it.
func (l *leg) abandon() {
	l.finish(hotline.CauseShutdown, 0)
	l.notAwaited()
	l.unbid()
	l.pending = 0
	l.drop()
}

// hangup ends the leg in whatever phase it is.
func (l *leg) hangup(cause hotline.Cause) {
	switch {
	case l.phase == phaseOver:
		if cause == hotline.CauseShutdown {
			l.unbid()
		}
		return
	case l.phase == phaseNew && l.incoming:
		l.refuse(cause)
	case l.phase == phaseNew:
		l.giveUp(cause)
		l.finish(cause, 0)
	case l.phase == phaseAnswered:
		l.bye = cause // no BYE before the ACK of the 2xx (RFC 3261 §15)
		l.finish(cause, 0)
	default:
		l.notAwaited()
		l.sendBye(l.dlg, cause)
		l.finish(cause, 0)
	}
	l.drop()
}

// notAwaited stops repeating a 2xx of ours: whether its ACK comes no longer matters.
func (l *leg) notAwaited() {
	if l.accepted != nil {
		l.accepted.timer.Stop()
		l.accepted = nil
	}
}

// ask sends a request in a transaction and keeps the leg until its final answer. done gets it, or the error instead. For an INVITE
// only the first final answer comes to done; provisional and further ones are for out.answer where it is set. What it
// returns is nil when the request could not be sent.
func (l *leg) ask(out wire.Outbound, done func(*gosip.Response, error)) *wire.ClientTx {
	s := l.sw
	l.pending++
	finished := false
	end := func(res *gosip.Response, err error) {
		if finished {
			return
		}
		finished = true
		l.pending--
		s.guard(l, func() { done(res, err) })
		l.drop()
	}
	more := out.Answer
	out.Answer = func(res *gosip.Response) {
		if !finished && res.StatusCode >= 200 {
			end(res, nil)
			return
		}
		if more != nil {
			s.guard(l, func() { more(res) })
		}
	}
	out.Failed = func(err error) { end(nil, err) }
	tx, err := s.wire.Request(s.ctx, out)
	if err != nil {
		end(nil, err)
	}
	return tx
}

// sync runs f on the leg's mailbox and waits for it; called by the call's lane only, which no mailbox ever waits for.
func (l *leg) sync(ctx context.Context, f func()) {
	done := make(chan struct{})
	l.sw.post(l, func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// closeMedia gives the ports back and returns what was heard.
func (l *leg) closeMedia() hotline.MediaStats {
	l.received.close()
	m := l.handle.media.Swap(nil)
	if m == nil {
		return hotline.MediaStats{}
	}
	st := m.Close()
	return hotline.MediaStats{
		Received: st.Received, Lost: st.Lost, Foreign: st.Foreign + st.Unauthentic, Secure: st.Secure,
		RemoteLost: st.RemoteLost, RoundTripMS: tenths(float64(st.RoundTrip) / float64(time.Millisecond)),
		MOS: hundredths(st.MOS), RemoteMOS: hundredths(st.RemoteMOS),
		JitterMS: float64(st.Jitter) / float64(time.Millisecond), MaxGapMS: st.MaxGap.Milliseconds(), Codec: l.local.Now().Codec,
	}
}

// Figures that are estimates are told as exactly as they are known.
func tenths(v float64) float64     { return math.Round(v*10) / 10 }
func hundredths(v float64) float64 { return math.Round(v*100) / 100 }
