package sip

import (
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/wire"
)

// accepted is a 2xx of ours to an INVITE. It is sent again until its ACK comes, whatever the transport, because the ACK
// goes end to end (RFC 3261 §13.3.1.4).
type accepted struct {
	tx    *wire.ServerTx
	res   *gosip.Response
	seq   uint32
	gap   time.Duration // to the next repetition: T1, doubling up to T2
	until time.Time     // 64*T1 after the first
	timer *timer
	late  bool // the 2xx carried our offer: the ACK carries the answer
}

// accept sends the 2xx of an INVITE, first or further, and sees to its ACK.
func (l *leg) accept(in wire.Inbound, sdp []byte, late bool) {
	l.notAwaited() // a re-INVITE says that the peer has the 2xx before
	res := in.Tx.Reply(200, "OK")
	contact := &gosip.ContactHeader{Address: *l.dlg.contact.Clone()}
	if l.received != nil {
		contact.Params = gosip.HeaderParams{{K: "+sip.srs"}} // RFC 7866 §6.2
	}
	res.AppendHeader(contact)
	for _, h := range append(wire.Abilities(), gosip.NewHeader("Server", wire.Product)) {
		res.AppendHeader(h)
	}
	t := l.granted(in.Req)
	t.sayTimer(res)
	if sdp != nil {
		setSDP(res, sdp)
	}
	a := &accepted{
		tx: in.Tx, res: res, seq: in.Req.CSeq().SeqNo, late: late,
		gap: l.sw.cfg.t1, until: time.Now().Add(l.sw.cfg.giveUp()),
	}
	l.accepted = a
	if err := in.Tx.Respond(res); err != nil {
		l.log.Warn("sip: answer not sent, it will be again", "error", err)
	}
	a.timer = l.after(a.gap, func() { l.again(a) })
	l.timed(t)
}

// again repeats the 2xx, or gives up and sends BYE.
func (l *leg) again(a *accepted) {
	if l.accepted != a {
		return
	}
	left := time.Until(a.until)
	if left <= 0 {
		l.accepted = nil
		cause := hotline.CauseUnreachable
		if l.phase == phaseOver {
			cause = l.bye
		}
		l.log.Info("sip: no ACK for our answer", "call_id", l.sipID)
		l.sendBye(l.dlg, cause)
		l.finish(cause, 0)
		l.drop()
		return
	}
	if err := a.tx.Respond(a.res); err != nil {
		l.log.Debug("sip: answer not repeated", "error", err)
	}
	a.gap = min(2*a.gap, l.sw.cfg.t2())
	a.timer = l.after(min(a.gap, left), func() { l.again(a) })
}

// acked takes the ACK of our 2xx.
func (l *leg) acked(in wire.Inbound) {
	a := l.accepted
	if a == nil || in.Req.CSeq().SeqNo != a.seq {
		return
	}
	a.timer.Stop()
	l.accepted = nil
	if l.phase == phaseOver { // hung up while it was waited for
		l.sendBye(l.dlg, l.bye)
		l.drop()
		return
	}
	if a.late && !l.lateAnswer(in.Req) {
		return
	}
	l.isUp()
}

// isUp says once that an incoming leg is answered.
func (l *leg) isUp() {
	if l.phase == phaseAnswered {
		l.phase = phaseUp
		l.shows(l.dlg, true)
		l.talking()
		l.handle.emit(hotline.PickedUp{Leg: l.id, Codec: l.local.Now().Codec})
		l.tellHold()
	}
}

// lateAnswer reads the answer that the ACK brings to the offer in our 200. An INVITE that never gets one is over: there is
// no media to talk by. A re-INVITE leaves everything as it was.
func (l *leg) lateAnswer(ack *gosip.Request) bool {
	lines, code := readBody(ack)
	var t sdp.Terms
	var err error = sdp.ErrSyntax
	if code == 0 && lines != nil {
		t, err = l.local.Accept(lines)
	}
	if err == nil {
		l.configure(t)
		l.tellHold()
		return true
	}
	l.log.Info("sip: no usable answer in the ACK", "error", err)
	if l.phase == phaseUp {
		return true
	}
	l.sendBye(l.dlg, hotline.CauseNoCodec)
	l.finish(hotline.CauseNoCodec, 0)
	l.drop()
	return false
}

// setSDP gives a message its session description.
func setSDP(msg gosip.Message, sdp []byte) {
	msg.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	msg.SetBody(sdp)
}
