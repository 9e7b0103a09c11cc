package sip

import (
	"fmt"
	"strconv"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/sdp"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// maxForks is how many early dialogs one INVITE of ours may have at once.
const maxForks = 8

// fork is one early dialog of a branch: what answered with a To tag of its own (RFC 3261 §12.1.2). Somewhere behind the one
// we call a proxy may have called several.
type fork struct {
	dlg    *dialog
	local  sdp.Session
	rseq   uint64 // of its last reliable answer (RFC 3262 §4); 0: none came
	agreed bool   // its session description came reliably: what is said later is not looked at (RFC 3261 §13.2.1)
}

// fork is the early dialog of a response with a To tag, a new one where there was none; nil for one too many, or without a tag.
func (b *branch) fork(res *gosip.Response) *fork {
	tag := toTag(res)
	f := b.forks[tag]
	if f != nil || tag == "" || len(b.forks) >= maxForks {
		return f
	}
	if b.forks == nil {
		b.forks = make(map[string]*fork, 1)
	}
	f = &fork{dlg: b.dialog(res), local: b.local}
	b.forks[tag] = f
	return f
}

// dialog is the one that a response makes.
func (b *branch) dialog(res *gosip.Response) *dialog {
	d := dialogUAC(b.req, res, b.path, b.pinned)
	d.proof = b.proof
	return d
}

// prack takes a reliable provisional answer and acknowledges it (RFC 3262 §4). False: it is a copy, or one before it is
// missing, and must not be looked at.
func (l *leg) prack(b *branch, f *fork, res *gosip.Response) bool {
	if !hasOption(res, "require", "100rel") {
		return true
	}
	rseq := reliableSeq(res)
	if f == nil || rseq == 0 || f.rseq != 0 && rseq != f.rseq+1 {
		return false
	}
	f.rseq = rseq
	req := f.dlg.request(gosip.PRACK, 0)
	if b.late() && !f.agreed { // the first reliable answer brings the offer, its PRACK the answer (RFC 3262 §5)
		if answer := l.lateOffer(b, f, res); answer != nil {
			setSDP(req, answer)
		}
	}
	l.sendPRACK(f.dlg, req, res.CSeq().SeqNo, rseq)
	return true
}

// reliableSeq is the RSeq of a provisional answer that wants a PRACK (RFC 3262 §7.1), 0 for every other.
func reliableSeq(res *gosip.Response) uint64 {
	if !hasOption(res, "require", "100rel") {
		return 0
	}
	rseq, err := strconv.ParseUint(syntax.HeaderValue(res, "rseq", ""), 10, 32)
	if err != nil {
		return 0
	}
	return rseq
}

// sendPRACK acknowledges a provisional answer to the INVITE of that CSeq (RFC 3262 §7.2).
func (l *leg) sendPRACK(d *dialog, req *gosip.Request, seq uint32, rseq uint64) {
	req.AppendHeader(gosip.NewHeader("RAck", fmt.Sprintf("%d %d %s", rseq, seq, gosip.INVITE)))
	l.within(d, req, func(res *gosip.Response, err error) {
		if err != nil || !res.IsSuccess() {
			l.log.Info("sip: PRACK refused", "error", err)
		}
	})
}

// late says whether the INVITE brings no offer: the other side makes it (RFC 3261 §13.2.1).
func (b *branch) late() bool { return b.gate != nil && b.gate.Trunk().LateOffer }

// lateOffer answers the offer in a response to an INVITE that brought none; nil where there is none that can be used.
func (l *leg) lateOffer(b *branch, f *fork, res *gosip.Response) []byte {
	lines, code := readBody(res)
	if code != 0 || lines == nil {
		return nil
	}
	answer, t, err := f.local.Answer(lines)
	if err != nil {
		l.log.Info("sip: an offer cannot be met", "error", err)
		return nil
	}
	f.agreed = true
	if len(l.dialled.open()) == 1 {
		l.configureFor(b.path, t)
	}
	return answer
}

// early finds the branch and the early dialog that a request of a dialled phone belongs to.
func (l *leg) early(req *gosip.Request) (*branch, *fork) {
	if l.dialled == nil || l.phase != phaseNew {
		return nil, nil
	}
	tag, _ := req.From().Params.Get("tag")
	for _, b := range l.dialled.branches {
		if f := b.forks[tag]; f != nil && !b.over {
			return b, f
		}
	}
	return nil, nil
}

// heardEarly takes a request of a phone that rings. What it may ask for is a change of its Contact, and with an answer
// that surely arrived another session (RFC 3311 §5.1). BYE is not among it (RFC 3261 §15).
func (l *leg) heardEarly(b *branch, f *fork, in wire.Inbound) {
	if in.Req.Method != gosip.ACK && !f.dlg.inOrder(in.Req) {
		l.reply(in, 500, "CSeq out of order") // RFC 3261 §12.2.2
		return
	}
	switch in.Req.Method {
	case gosip.OPTIONS:
		l.options(in)
	case gosip.INFO:
		l.informed(in)
	case gosip.UPDATE:
		l.updatedEarly(b, f, in)
	case gosip.INVITE:
		l.reply(in, 491, "Request Pending") // our own INVITE is under way (§14.2)
	default:
		l.reply(in, 481, "Call/Transaction Does Not Exist")
	}
}

func (l *leg) updatedEarly(b *branch, f *fork, in wire.Inbound) {
	offer, code := readBody(in.Req)
	if code != 0 {
		l.reply(in, code, phraseOf(code), bodyHeaders(code)...)
		return
	}
	res := in.Tx.Reply(200, "OK")
	if offer != nil {
		if !f.agreed {
			l.reply(in, 491, "Request Pending") // our offer has no answer yet (RFC 3311 §5.2)
			return
		}
		answer, t, err := f.local.Answer(offer)
		if err != nil {
			l.reply(in, 488, "Not Acceptable Here", warning(err))
			return
		}
		setSDP(res, answer)
		if len(l.dialled.open()) == 1 {
			l.configureFor(b.path, t)
		}
	}
	f.dlg.refresh(in.Req.Contact(), in.Path)
	res.AppendHeader(&gosip.ContactHeader{Address: *f.dlg.contact.Clone()})
	if err := in.Tx.Respond(res); err != nil {
		l.log.Debug("sip: response not sent", "error", err)
	}
}

// confirmed is the dialog that a 2xx makes: the early one of its tag goes on, with the route and target of now (RFC 3261
// §13.2.2.4).
func (b *branch) confirmed(res *gosip.Response) *fork {
	f := b.forks[toTag(res)]
	if f == nil {
		return &fork{dlg: b.dialog(res), local: b.local}
	}
	f.dlg.refresh(res.Contact(), wire.Path{})
	f.dlg.routes = syntax.RecordRoutes(res.GetHeaders("record-route"), true)
	return f
}
