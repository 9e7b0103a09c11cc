package sip

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// heard takes a request inside the leg's dialog.
func (l *leg) heard(in wire.Inbound) {
	req := in.Req
	if b, f := l.early(req); f != nil {
		l.heardEarly(b, f, in)
		return
	}
	if l.dlg == nil || !l.dlg.owns(req) {
		// A dialled leg has no dialog with a fork that was not taken.
		l.reply(in, 481, "Call/Transaction Does Not Exist")
		return
	}
	if req.Method == gosip.ACK {
		l.acked(in)
		return
	}
	if !l.dlg.inOrder(req) {
		l.reply(in, 500, "CSeq out of order") // RFC 3261 §12.2.2
		return
	}
	switch req.Method {
	case gosip.BYE:
		l.byeHeard(in)
		return
	case gosip.OPTIONS:
		l.options(in)
		return
	}
	if l.phase == phaseOver {
		l.reply(in, 481, "Call/Transaction Does Not Exist") // RFC 5407 §3.3.2: a re-INVITE that crosses our BYE
		return
	}
	switch req.Method {
	case gosip.INVITE:
		l.reinvited(in)
	case gosip.UPDATE:
		l.updated(in)
	case gosip.INFO:
		l.informed(in)
	case gosip.REFER:
		l.referHeard(in)
	case gosip.PRACK:
		l.pracked(in)
	case gosip.NOTIFY:
		l.reply(in, 481, "Call/Transaction Does Not Exist") // we subscribe to nothing
	default:
		l.reply(in, 405, "Method Not Allowed", gosip.NewHeader("Allow", wire.Allow))
	}
}

func (l *leg) reply(in wire.Inbound, code int, phrase string, headers ...gosip.Header) {
	if in.Tx != nil {
		l.sw.answer(in.Tx, code, phrase, headers...)
	}
}

// options answers OPTIONS inside the dialog as outside (RFC 3261 §11).
func (l *leg) options(in wire.Inbound) {
	var headers []gosip.Header
	for _, line := range wire.Capabilities() {
		name, value, _ := strings.Cut(line, ": ")
		headers = append(headers, gosip.NewHeader(name, value))
	}
	l.reply(in, 200, "OK", headers...)
}

// byeHeard ends the leg (RFC 3261 §15.1.2). It may come before the ACK, and even before our answer.
func (l *leg) byeHeard(in wire.Inbound) {
	l.reply(in, 200, "OK")
	l.notAwaited()
	cause := heardReason(in.Req, hotline.CauseHangup)
	if l.phase == phaseNew {
		l.notNew()
		l.sw.answer(l.incomed.in.Tx, 487, "Request Terminated")
		cause = hotline.CauseCancelled
	}
	l.finish(cause, 0)
	l.drop()
}

// reinvited takes a re-INVITE: hold, resume, another address or codec, or nothing new (RFC 3261 §14.2). What cannot be
// agreed to leaves the session as it is.
func (l *leg) reinvited(in wire.Inbound) {
	switch {
	case l.phase == phaseNew:
		// An INVITE in the dialog of one that has no answer yet (§14.2).
		l.reply(in, 500, "Server Internal Error", retryAfter())
		return
	case l.offering != nil, l.accepted != nil && l.accepted.late:
		l.reply(in, 491, "Request Pending") // glare (§14.2); RFC 5407 §3.1.5
		return
	}
	if l.sw.cfg.tooShort(in.Req) {
		code, phrase, least := l.sw.cfg.shortFault()
		l.reply(in, code, phrase, least)
		return
	}
	offer, code := readBody(in.Req)
	if code != 0 {
		l.reply(in, code, phraseOf(code), bodyHeaders(code)...)
		return
	}
	var sdp []byte
	if offer == nil && l.received != nil { // an offer of several lines we make nowhere
		l.reply(in, 488, "Not Acceptable Here")
		return
	}
	if offer == nil {
		sdp = l.local.Offer()
	} else {
		answer, t, err := l.agree(offer)
		if err != nil {
			l.reply(in, 488, "Not Acceptable Here", warning(err))
			return
		}
		sdp = answer
		l.configure(t)
	}
	l.isUp() // the peer has our 200: its ACK was lost or is behind
	l.dlg.refresh(in.Req.Contact(), in.Path)
	l.accept(in, sdp, offer == nil)
	l.tellHold()
}

// updated takes an UPDATE (RFC 3311 §5.2): a target refresh, and an offer where it has one.
func (l *leg) updated(in wire.Inbound) {
	offer, code := readBody(in.Req)
	if code != 0 {
		l.reply(in, code, phraseOf(code), bodyHeaders(code)...)
		return
	}
	if l.sw.cfg.tooShort(in.Req) {
		code, phrase, least := l.sw.cfg.shortFault()
		l.reply(in, code, phrase, least)
		return
	}
	res := in.Tx.Reply(200, "OK")
	if offer != nil {
		switch rel := l.incomed.reliably(); {
		case l.phase == phaseNew && !rel.agreed && !rel.offered: // the INVITE's offer has no answer yet
			l.reply(in, 500, "Server Internal Error", retryAfter())
			return
		case l.phase == phaseNew && !rel.agreed, l.offering != nil, l.accepted != nil && l.accepted.late:
			l.reply(in, 491, "Request Pending")
			return
		}
		answer, t, err := l.agree(offer)
		if err != nil {
			l.reply(in, 488, "Not Acceptable Here", warning(err))
			return
		}
		setSDP(res, answer)
		l.configure(t)
	}
	l.dlg.refresh(in.Req.Contact(), in.Path)
	res.AppendHeader(&gosip.ContactHeader{Address: *l.dlg.contact.Clone()})
	for _, h := range wire.Abilities() {
		res.AppendHeader(h)
	}
	if l.phase != phaseNew { // before the answer there is no session yet
		t := l.granted(in.Req)
		t.sayTimer(res)
		l.timed(t)
	}
	if err := in.Tx.Respond(res); err != nil {
		l.log.Debug("sip: response not sent", "error", err)
	}
	l.tellHold()
}

// retryAfter asks to try again at a moment of chance (RFC 3261 §14.2, RFC 3311 §5.2).
func retryAfter() gosip.Header { return gosip.NewHeader("Retry-After", strconv.Itoa(rand.IntN(11))) }

// informed takes an INFO. Keys are raised; everything else that has a body is not understood.
func (l *leg) informed(in wire.Inbound) {
	if len(in.Req.GetHeaders("info-package")) > 0 { // we have agreed to receive none (RFC 6086 §4.2.2)
		l.reply(in, 469, "Bad Info Package", gosip.NewHeader("Recv-Info", ""))
		return
	}
	kind, _, _ := strings.Cut(syntax.HeaderValue(in.Req, "content-type", "c"), ";")
	body := string(in.Req.Body())
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/dtmf-relay":
		if key, ok := relayKey(body); ok {
			l.handle.pressed(key, byInfo, time.Now())
		}
	case "application/dtmf":
		if key, ok := keyOf(strings.TrimSpace(body)); ok {
			l.handle.pressed(key, byInfo, time.Now())
		}
	default:
		if body != "" && !syntax.OptionalBody(syntax.HeaderValue(in.Req, "content-disposition", "")) {
			l.reply(in, 415, "Unsupported Media Type", gosip.NewHeader("Accept", "application/dtmf-relay, application/dtmf"))
			return
		}
	}
	l.reply(in, 200, "OK")
}

// relayKey reads "Signal=5\r\nDuration=160".
func relayKey(body string) (byte, bool) {
	for line := range strings.Lines(body) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "signal") {
			return keyOf(strings.TrimSpace(value))
		}
	}
	return 0, false
}

// keyOf reads one key; some phones write the event's number (RFC 4733 §3.2).
func keyOf(s string) (byte, bool) {
	switch s {
	case "10":
		return '*', true
	case "11":
		return '#', true
	case "12", "13", "14", "15":
		return 'A' + s[1] - '2', true
	}
	if len(s) != 1 {
		return 0, false
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9', c == '*', c == '#', c >= 'A' && c <= 'D':
		return c, true
	case c >= 'a' && c <= 'd':
		return c - 'a' + 'A', true
	}
	return 0, false
}
