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

// reliable is what provisional answers of ours need to be sure to arrive (RFC 3262 §3). One at a time is under way: what is
// due meanwhile waits for its PRACK.
type reliable struct {
	must bool            // the caller requires it, of every provisional answer but 100
	seq  uint32          // RSeq of the last
	open *gosip.Response // the last, while its PRACK has not come
	sdp  bool            // and it carries a session description: no 2xx may go before its PRACK
	gap  time.Duration
	end  time.Time // 64*T1 after the first
	tick *timer
	next []func() // what waits

	offered bool // our offer went with it, for an INVITE that brought none
	agreed  bool // offer and answer were exchanged, and surely arrived
}

// reliably is nil for a caller who does not know the extension.
func reliably(req *gosip.Request) *reliable {
	must := hasOption(req, "require", "100rel")
	if !must && !hasOption(req, "supported", "100rel") {
		return nil
	}
	return &reliable{must: must, seq: rand.Uint32N(1<<31-1) + 1} // RFC 3262 §3: below 2**31
}

// reliably is never nil: it says nothing for a leg without.
func (v *invited) reliably() *reliable {
	if v == nil || v.rel == nil {
		return &reliable{}
	}
	return v.rel
}

// waits puts f off until the PRACK comes; false: nothing is under way, f may be done.
func (r *reliable) waits(f func()) bool {
	if r == nil || r.open == nil {
		return false
	}
	r.next = append(r.next, f)
	return true
}

func (r *reliable) stop() {
	if r != nil && r.tick != nil {
		r.tick.Stop()
		r.open, r.next = nil, nil
	}
}

// assured sends a provisional answer and repeats it until its PRACK comes, or refuses the INVITE (RFC 3262 §3).
func (l *leg) assured(res *gosip.Response, sdp bool) {
	r := l.incomed.rel
	r.seq++
	res.AppendHeader(gosip.NewHeader("Require", "100rel"))
	res.AppendHeader(gosip.NewHeader("RSeq", strconv.FormatUint(uint64(r.seq), 10)))
	r.open, r.sdp, r.gap, r.end = res, sdp, l.sw.cfg.t1, time.Now().Add(l.sw.cfg.giveUp())
	l.assure(res)
}

func (l *leg) assure(res *gosip.Response) {
	v := l.incomed
	r := v.rel
	if l.phase != phaseNew || r.open != res {
		return
	}
	left := time.Until(r.end)
	if left <= 0 {
		l.log.Info("sip: no PRACK for our answer", "call_id", l.sipID)
		l.notNew()
		l.sw.answer(v.in.Tx, 504, "Server Time-out", gosip.NewHeader("Reason", reasonValue(hotline.CauseUnreachable)))
		l.finish(hotline.CauseUnreachable, 504)
		l.drop()
		return
	}
	if err := v.in.Tx.Respond(res); err != nil {
		l.log.Debug("sip: provisional response not sent", "error", err)
	}
	r.tick = l.after(min(r.gap, left), func() { l.assure(res) })
	r.gap *= 2 // without the cap T2 of other repetitions
}

// pracked takes a PRACK (RFC 3262 §3): it acknowledges the answer under way, and may bring the answer to our offer in that,
// or a new offer.
func (l *leg) pracked(in wire.Inbound) {
	v := l.incomed
	if v == nil || v.rel == nil || !v.rel.acknowledges(in.Req, v.in.Req) {
		l.reply(in, 481, "Call/Transaction Does Not Exist")
		return
	}
	r := v.rel
	lines, code := readBody(in.Req)
	if code != 0 {
		l.reply(in, code, phraseOf(code), bodyHeaders(code)...)
		return
	}
	var sdp []byte
	switch {
	case r.offered && !r.agreed:
		t, err := l.local.Accept(lines)
		if lines == nil || err != nil {
			l.reply(in, 488, "Not Acceptable Here", warning(err))
			l.refuse(hotline.CauseNoCodec)
			l.drop()
			return
		}
		r.agreed = true
		l.configure(t)
	case lines != nil && !r.agreed && !r.sdp: // the INVITE's own offer has no answer yet (RFC 3261 §13.2.1)
		l.reply(in, 488, "Not Acceptable Here", gosip.NewHeader("Warning", `399 hotline "An offer is still open"`))
		return
	case lines != nil:
		answer, t, err := l.agree(lines)
		if err != nil {
			l.reply(in, 488, "Not Acceptable Here", warning(err))
			return
		}
		sdp = answer
		l.configure(t)
	}
	r.agreed = r.agreed || r.sdp
	res := in.Tx.Reply(200, "OK")
	if sdp != nil {
		setSDP(res, sdp)
	}
	if err := in.Tx.Respond(res); err != nil {
		l.log.Debug("sip: response not sent", "error", err)
	}
	next := r.next
	r.stop()
	for _, f := range next {
		f()
	}
}

// acknowledges says whether the PRACK is for the answer under way: RAck holds its RSeq and the CSeq of the INVITE (RFC 3262
// §7.2). One that was overtaken by our 2xx is too.
func (r *reliable) acknowledges(prack, invite *gosip.Request) bool {
	f := strings.Fields(syntax.HeaderValue(prack, "rack", ""))
	if len(f) != 3 || f[2] != string(gosip.INVITE) || r.open == nil {
		return false
	}
	return f[0] == strconv.FormatUint(uint64(r.seq), 10) && f[1] == strconv.FormatUint(uint64(invite.CSeq().SeqNo), 10)
}

// hasOption says whether a header field that lists tokens has this one. Compact names are written out before (sip/wire/parser.go).
func hasOption(msg gosip.Message, name, token string) bool {
	for _, h := range msg.GetHeaders(name) {
		for one := range strings.SplitSeq(h.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(one), token) {
				return true
			}
		}
	}
	return false
}
