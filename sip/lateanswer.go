package sip

import (
	"cmp"
	"slices"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// lateAnswers is what stays of an INVITE of ours when its leg is over: enough to acknowledge a 2xx again, and to end the dialog of a
// phone behind a proxy that picks up after another did (RFC 3261 §13.2.2.4). Timer M (RFC 6026 §7.2) lets that happen for half a
// minute after every call, and a whole leg is ten times as much. Owned by the mailbox.
type lateAnswers struct {
	sw    *Switch
	req   *gosip.Request // as much of the INVITE as a dialog is made of
	way   wire.Path
	fixed bool // see dialog.pinned
	proof *proving
	bye   hotline.Cause
	acks  []lateACK
}

// lateACK is an ACK as it was sent.
type lateACK struct {
	tag  string // To's
	text []byte
	way  wire.Path
}

// outlived takes the leg out of the transactions that go on without it.
func (l *leg) outlived() {
	if l.dialled == nil {
		return
	}
	for _, b := range l.dialled.branches {
		if b.tx == nil || !b.tx.Accepted() {
			continue // whatever comes again is the transaction's
		}
		a := &lateAnswers{sw: l.sw, req: lean(b.req), way: b.path, fixed: b.pinned, proof: b.proof, bye: cmp.Or(l.bye, hotline.CauseElsewhere)}
		for tag, ack := range b.acks {
			a.sent(tag, ack)
		}
		b.tx.Outlive(a.req, a.heard)
	}
}

// lean is as much of an INVITE as its dialogs are made of (RFC 3261 §12.1.2).
func lean(invite *gosip.Request) *gosip.Request {
	req := gosip.NewRequest(invite.Method, invite.Recipient)
	for _, h := range [...]gosip.Header{invite.From(), invite.To(), invite.CallID(), invite.CSeq()} {
		req.AppendHeader(h)
	}
	if c := invite.Contact(); c != nil {
		req.AppendHeader(c)
	}
	takeProof(req, invite)
	return req
}

func (a *lateAnswers) sent(tag string, ack ackSent) {
	if text, err := wire.AppendMessage(make([]byte, 0, 512), ack.req); err == nil {
		a.acks = append(a.acks, lateACK{tag, text, ack.way})
	}
}

// heard takes a further 2xx: the ACK once more, or ACK and BYE where somebody else says it.
func (a *lateAnswers) heard(res *gosip.Response) {
	if !res.IsSuccess() {
		return
	}
	w, tag := a.sw.wire, toTag(res)
	if i := slices.IndexFunc(a.acks, func(k lateACK) bool { return k.tag == tag }); i >= 0 {
		_ = a.acks[i].way.Write(a.acks[i].text) // counted; the 2xx comes again
		return
	}
	if len(a.acks) >= maxForks {
		return
	}
	d := dialogUAC(a.req, res, a.way, a.fixed)
	d.proof = a.proof
	ack := d.ack(w, a.req)
	if err := w.Send(ack.req, ack.way); err != nil {
		a.sw.log.Info("sip: ACK not sent", "to", ack.way.String(), "error", err)
	}
	a.sent(tag, ack)
	d.exchange(w, d.bye(a.bye), a.ask, func(*gosip.Response, error) {})
}

// ask sends a request whose answer says nothing but whether it is to be sent again.
func (a *lateAnswers) ask(out wire.Outbound, done func(*gosip.Response, error)) {
	out.Answer = func(res *gosip.Response) {
		if res.StatusCode >= 200 {
			done(res, nil)
		}
	}
	if _, err := a.sw.wire.Request(a.sw.ctx, out); err != nil {
		a.sw.log.Info("sip: BYE not sent", "to", out.Path.String(), "error", err)
	}
}
