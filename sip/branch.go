package sip

import (
	"cmp"
	"errors"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/wire"
)

// branchHeard takes the provisional answers of a branch, and every 2xx after its first final answer.
func (l *leg) branchHeard(b *branch, res *gosip.Response) {
	if res.StatusCode >= 200 {
		if res.IsSuccess() {
			l.taken(b, res)
		}
		return
	}
	if l.phase != phaseNew {
		return
	}
	d := l.dialled
	d.heard, b.heard = true, true
	if b.left { // another was called in its place: its CANCEL is on the way
		return
	}
	if res.StatusCode == 100 {
		return
	}
	f := b.fork(res)
	if !l.prack(b, f, res) {
		return
	}
	d.rang = true
	early := l.earlyMedia(b, f, res) || b.late() && f != nil && f.agreed
	switch {
	case early && !d.early:
		d.early, d.told = true, true
		l.handle.emit(hotline.Ringing{Leg: l.id, Early: true})
	case res.StatusCode == 180 && !d.told:
		d.told = true
		l.handle.emit(hotline.Ringing{Leg: l.id})
	}
}

// earlyMedia opens the media that a provisional answer describes. With several phones ringing nobody is heard before one
// of them answers: there is one media leg.
func (l *leg) earlyMedia(b *branch, f *fork, res *gosip.Response) bool {
	if f == nil || f.agreed || b.late() {
		return false
	}
	lines, code := readBody(res)
	if code != 0 || lines == nil {
		return false
	}
	t, err := f.local.Accept(lines)
	if err != nil {
		l.log.Info("sip: early media not usable", "error", err)
		return false
	}
	f.agreed = f.rseq != 0
	if len(l.dialled.open()) != 1 {
		return false
	}
	l.configureFor(b.path, t)
	return true
}

// branchDone takes a branch's first final answer, or that none came.
func (l *leg) branchDone(b *branch, res *gosip.Response, err error) {
	if err == nil && (l.prove(b, res) || l.longer(b, res) || l.redirected(b, res) || l.unprotected(b, res)) {
		return
	}
	b.over = true
	if err == nil && res.IsSuccess() {
		l.taken(b, res)
		return
	}
	if err == nil {
		b.code, b.cause = res.StatusCode, l.refusedFor(b, res)
	} else if !errors.Is(err, wire.ErrTimeout) {
		l.log.Info("sip: INVITE not sent", "to", b.path.String(), "error", err)
	}
	if l.phase != phaseNew {
		return
	}
	if l.elsewhere(b, res, err) {
		return
	}
	if b.code >= 600 { // nobody else of this user's wants it either (RFC 3261 §21.6)
		l.giveUp(hotline.CauseElsewhere)
		l.finish(b.cause, b.code)
		return
	}
	code, cause, last := 0, hotline.CauseUnreachable, true
	for _, other := range l.dialled.branches {
		last = last && (other.over || other.left)
		if rank(other.code) > rank(code) {
			code, cause = other.code, other.cause
		}
	}
	if !last || rank(code) < 3 && l.nextGroup() {
		return
	}
	l.finish(cause, code)
}

// refusedFor is why a refusal was given. A carrier's may carry the cause of the network behind it, which says more than the status
// it was put into (RFC 6432, RFC 3398 §8.2.6).
func (l *leg) refusedFor(b *branch, res *gosip.Response) hotline.Cause {
	cause := statusCause(res.StatusCode, l.dialled.rang)
	if b.gate == nil {
		return cause
	}
	return heardReason(res, cause)
}

// open are the branches that may still be answered.
func (d *dialling) open() (all []*branch) {
	for _, b := range d.branches {
		if !b.over && !b.left {
			all = append(all, b)
		}
	}
	return all
}

// rank orders the refusals of several phones: what a person did says more than what a network did (RFC 3261 §16.7 step 6).
func rank(code int) int {
	switch {
	case code == 0:
		return 0
	case code == 486 || code == 600 || code == 603 || code == 480:
		return 3
	case code >= 300 && code < 500 && code != 408 && code != 487:
		return 2
	}
	return 1
}

// taken takes a 2xx. The first one makes the leg; each repetition gets its ACK again; any other, of another phone or of
// another fork or later than our CANCEL, is acknowledged and ended at once (RFC 3261 §13.2.2.4).
func (l *leg) taken(b *branch, res *gosip.Response) {
	tag := toTag(res)
	if a, ok := b.acks[tag]; ok {
		l.sendACK(a)
		return
	}
	if len(b.acks) >= maxForks {
		return // nobody forks so often: ACK and BYE would go wherever the Contact says
	}
	f := b.confirmed(res)
	d := f.dlg
	d.proved(res)
	a := d.ack(l.sw.wire, b.req)
	if b.late() && !f.agreed && l.phase == phaseNew && !b.left {
		if answer := l.lateOffer(b, f, res); answer != nil {
			setSDP(a.req, answer)
		}
	}
	b.acks[tag] = a
	l.sendACK(a)
	if l.phase != phaseNew || b.left {
		l.sendBye(d, cmp.Or(l.bye, hotline.CauseElsewhere))
		return
	}
	b.over = true
	t, err := f.answered(b, res)
	if err != nil {
		l.log.Info("sip: an answer cannot be used", "error", err)
		l.sendBye(d, hotline.CauseNoCodec)
		l.giveUp(hotline.CauseError)
		l.finish(hotline.CauseNoCodec, res.StatusCode)
		return
	}
	l.ring.Stop()
	l.dlg, l.local, l.phase = d, f.local, phaseUp
	l.shows(d, true)
	l.talking()
	l.timed(l.agreedTimer(res))
	l.giveUp(hotline.CauseElsewhere)
	l.handle.emit(hotline.PickedUp{Leg: l.id, Codec: t.Codec})
	l.configureFor(b.path, t)
	l.tellHold()
}

// answered reads the answer in a 2xx. One that an 18x brought before may be left out there.
func (f *fork) answered(b *branch, res *gosip.Response) (sdp.Terms, error) {
	switch {
	case f.agreed:
		return f.local.Now(), nil
	case b.late():
		return sdp.Terms{}, sdp.ErrSyntax // no offer that could be met
	}
	lines, code := readBody(res)
	switch {
	case code != 0:
		return sdp.Terms{}, sdp.ErrSyntax
	case lines == nil && f.local.Now().Codec != "":
		return f.local.Now(), nil
	case lines == nil:
		return sdp.Terms{}, sdp.ErrSyntax
	}
	return f.local.Accept(lines)
}

func (l *leg) sendACK(a ackSent) {
	if err := l.sw.wire.Send(a.req, a.way); err != nil {
		l.log.Info("sip: ACK not sent", "to", a.way.String(), "error", err)
	}
}
