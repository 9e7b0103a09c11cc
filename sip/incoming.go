package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/media"
	"hotline/sip/rewrite"
	"hotline/sip/sdp"
	"hotline/sip/siprec"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// invited is an incoming leg's INVITE while it has no final answer.
type invited struct {
	in      wire.Inbound
	offer   []sdp.Media     // nil: the offer is ours to make, in the 200 (RFC 3261 §13.2.1)
	answer  []byte          // our SDP, once it was said in a 183 or stands ready
	terms   sdp.Terms       // what it agrees to
	last    *gosip.Response // the last provisional answer, repeated every minute
	expire  *timer          // the INVITE's own Expires (RFC 3261 §13.3.1)
	instead hotline.LegID   // whose place it is to take (RFC 3891)
	rel     *reliable       // nil: provisional answers need not arrive
}

// incoming takes a new call: everything that can refuse it at once does, then it is the call's.
func (s *Switch) incoming(in wire.Inbound) {
	if in.Release == nil {
		in.Release = func() {}
	}
	refuse := func(code int, phrase string, headers ...gosip.Header) {
		in.Release()
		s.answer(in.Tx, code, phrase, headers...)
	}
	if in.Req.Method != gosip.INVITE {
		refuse(405, "Method Not Allowed", gosip.NewHeader("Allow", wire.Allow))
		return
	}
	d, err := dialogUAS(in, in.Path.Contact(wire.OurUser, wire.IsSIPS(in.Req)))
	if err != nil {
		refuse(400, "Bad Request: no usable Contact")
		return
	}
	if s.cfg.tooShort(in.Req) {
		code, phrase, least := s.cfg.shortFault()
		refuse(code, phrase, least)
		return
	}
	offer, code := readBody(in.Req)
	if code != 0 {
		refuse(code, phraseOf(code), bodyHeaders(code)...)
		return
	}
	instead, code, phrase := s.replacing(in)
	if code != 0 {
		refuse(code, phrase)
		return
	}
	recording := wantsRecorder(in.Req)
	if recording && (!s.takesRecordings(in.Trunk) || offer == nil) {
		refuse(420, "Bad Extension", gosip.NewHeader("Unsupported", "siprec"))
		return
	}
	d.proof = provingTo(s.wire.TrunkNamed(in.Trunk), in.Path)
	l := s.newIncoming(d, &invited{in: in, offer: offer, rel: reliably(in.Req), instead: instead})
	m, err := s.cfg.Media.NewLeg(in.Path.Bind(), l.handle)
	if err != nil {
		s.log.Warn("sip: a call is refused for want of media", "error", err)
		refuse(503, "Service Unavailable", gosip.NewHeader("Retry-After", "5"))
		return
	}
	l.local = s.localMedia(in.Path, m, codecsOf(s.wire.TrunkNamed(in.Trunk), s.cfg.Codecs))
	l.local.Policy = s.answering(in)
	if err := l.agreeFirst(offer, recording); err != nil {
		l.received.close()
		m.Close()
		refuse(488, "Not Acceptable Here", warning(err))
		return
	}
	l.handle.media.Store(m)
	l.shows(d, false)
	if err := l.put(); err != nil {
		l.received.close()
		m.Close()
		refuse(503, "Service Unavailable", gosip.NewHeader("Retry-After", "5"))
		return
	}
	s.guard(l, func() { l.expires(in.Req) })
	l.handle.emit(l.news(offer, recording))
}

// newIncoming is the leg of a call that comes in, with a call of its own.
func (s *Switch) newIncoming(d *dialog, v *invited) *leg {
	id := hotline.NewCallID(v.in.At)
	l := &leg{
		sw: s, id: id.Sub(0), call: newCall(s, id), sipID: d.callID, localTag: d.localTag, incoming: true,
		agent: v.in.Agent, dlg: d, release: v.in.Release, incomed: v,
	}
	l.log = s.log.With("leg", l.id)
	l.handle = &handle{leg: l.id, call: id, signal: s.cfg.Signal}
	return l
}

// news is the call as the engine hears of it.
func (l *leg) news(offer []sdp.Media, recording bool) hotline.Incoming {
	in := l.incomed.in
	from, to := l.sw.parties(in)
	sig := hotline.Incoming{
		Call: l.call.id, Leg: l.id, At: in.At, From: from, To: to, Trunk: in.Trunk, Agent: in.Agent,
		Replaces: l.incomed.instead, Headers: carried(in),
	}
	l.sw.identify(&sig, in)
	if recording {
		return l.described(sig, offer)
	}
	return sig
}

// agreeFirst finds the answer to the INVITE's offer, if it has one.
func (l *leg) agreeFirst(offer []sdp.Media, recording bool) (err error) {
	if offer == nil {
		return nil
	}
	if recording {
		if err := l.receive(offer); err != nil {
			return err
		}
	}
	v := l.incomed
	if v.answer, v.terms, err = l.agree(offer); err == nil {
		l.handle.speak(codecOf(v.terms.Codec))
	}
	return err
}

// localMedia is our side of the SDP of a leg that is reached by the path.
func (s *Switch) localMedia(p wire.Path, m *media.Leg, codecs []media.Codec) sdp.Session {
	id := sessionID()
	bind := p.Bind()
	l := sdp.Session{ID: id, Version: id, Addr: p.Host(), Port: m.LocalPort(), Loopback: bind.IsLoopback()}
	l.Check = func(remote netip.AddrPort) error {
		if s.wire.IsOwnSocket(remote, "udp") {
			return fmt.Errorf("%w: %v is where we listen for SIP", media.ErrRemote, remote)
		}
		return s.cfg.Media.CheckRemote(bind, media.Params{Remote: remote, Source: p.Peer.Addr()})
	}
	for _, c := range codecs {
		l.Codecs = append(l.Codecs, c.String())
	}
	return l
}

// sessionID is a new session's, and its first version (RFC 4566 §5.2 recommends NTP time).
func sessionID() uint64 { return uint64(time.Now().Unix()) + 2208988800 }

// partyOf is who a From names.
func partyOf(from *gosip.FromHeader) hotline.Party {
	return hotline.Party{Number: syntax.NumberOf(from.Address), Name: syntax.DisplayName(from.DisplayName)}
}

// expires ends a leg that is not answered in the time its INVITE allows.
func (l *leg) expires(req *gosip.Request) {
	if d, ok := expiresOf(req); ok {
		l.incomed.expire = l.after(d, func() {
			if l.phase == phaseNew {
				l.refuse(hotline.CauseCancelled)
				l.drop()
			}
		})
	}
}

// ringing answers 180, or 183 with our SDP when early media shall be heard. An offer of ours, for an INVITE that brought
// none, needs an answer that is sure to arrive (RFC 3261 §13.2.1, RFC 3262 §5): without that it is 180.
func (l *leg) ringing(early bool) {
	v := l.incomed
	if l.phase != phaseNew || !l.incoming || v.rel.waits(func() { l.ringing(early) }) {
		return
	}
	early = early && (v.offer != nil || v.rel != nil)
	var body []byte
	switch {
	case v.rel != nil && (v.rel.agreed || v.rel.offered): // it has been said
	case v.offer != nil && early:
		body = v.answer
		l.configure(v.terms)
	case v.offer == nil && v.rel != nil && (early || v.rel.must):
		body = l.local.Offer()
		v.rel.offered = true
	}
	code, phrase := 180, "Ringing"
	if early {
		code, phrase = 183, "Session Progress"
	}
	l.provisional(code, phrase, body)
}

// provisional sends a 1xx and another every minute, so that no proxy gives the call up (RFC 3261 §13.3.1.1).
func (l *leg) provisional(code int, phrase string, body []byte) {
	v := l.incomed
	res := v.in.Tx.Reply(code, phrase)
	res.AppendHeader(&gosip.ContactHeader{Address: *l.dlg.contact.Clone()})
	for _, h := range wire.Abilities() {
		res.AppendHeader(h)
	}
	if body != nil {
		setSDP(res, body)
	}
	if v.rel != nil {
		l.assured(res, body != nil)
		body = nil
	} else if err := v.in.Tx.Respond(res); err != nil {
		l.log.Debug("sip: provisional response not sent", "error", err)
	}
	if l.ring != nil {
		l.ring.Stop()
	}
	v.last = res
	l.ring = l.after(l.sw.cfg.remind(), func() {
		if l.phase == phaseNew && v.last == res {
			l.provisional(code, phrase, body)
		}
	})
}

// pickUp answers 200 with our SDP: the answer, or the offer where the INVITE had none. What a provisional answer surely
// said is not said again (RFC 6337 §3.1.1).
func (l *leg) pickUp() {
	v := l.incomed
	if l.phase != phaseNew || !l.incoming || v.rel != nil && v.rel.sdp && v.rel.waits(l.pickUp) {
		return
	}
	l.notNew()
	l.phase = phaseAnswered
	switch {
	case v.rel != nil && v.rel.agreed:
		l.accept(v.in, nil, false)
	case v.offer == nil:
		l.accept(v.in, l.local.Offer(), true)
	default:
		l.configure(v.terms)
		l.accept(v.in, v.answer, false)
	}
}

// refuse gives the INVITE its final refusal.
func (l *leg) refuse(cause hotline.Cause) {
	v := l.incomed
	l.notNew()
	r := refusalFor(cause)
	headers := []gosip.Header{gosip.NewHeader("Reason", reasonValue(cause))}
	if r.status == 503 {
		headers = append(headers, gosip.NewHeader("Retry-After", "5"))
	}
	l.sw.answer(v.in.Tx, r.status, r.phrase, headers...)
	l.finish(cause, r.status)
}

// notNew stops the timers of an INVITE that gets its final answer.
func (l *leg) notNew() {
	if l.incomed.rel != nil && l.incomed.rel.tick != nil {
		l.incomed.rel.tick.Stop() // it may still be acknowledged (RFC 3262 §3)
	}
	if l.ring != nil {
		l.ring.Stop()
	}
	if l.incomed.expire != nil {
		l.incomed.expire.Stop()
	}
}

// cancelled ends a leg whose INVITE was cancelled (RFC 3261 §9.2). One that was answered in the meantime goes on: the
// caller that gave up has to send BYE.
func (l *leg) cancelled(tx *wire.ServerTx) {
	if l.phase != phaseNew || l.incomed == nil || l.incomed.in.Tx != tx {
		l.sw.answer(tx, 487, "Request Terminated") // a re-INVITE's; ErrOver where it has its answer
		return
	}
	l.notNew()
	l.sw.answer(tx, 487, "Request Terminated")
	cause := hotline.CauseCancelled
	if reasonCause(tx.Why(), cause) == hotline.CauseElsewhere { // the caller has somebody else on the line (RFC 3326 §3.1)
		cause = hotline.CauseElsewhere
	}
	l.finish(cause, 487)
	l.drop()
}

// readBody finds the session description of a message. code is the refusal if the body is none (0: fine); lines are nil
// where there is no body.
func readBody(msg gosip.Message) (lines []sdp.Media, code int) {
	body, code := sdpBody(msg)
	if code != 0 || body == nil {
		return nil, code
	}
	lines, err := sdp.Parse(body)
	if err != nil {
		return nil, 488
	}
	return lines, 0
}

// sdpBody is the SDP a message carries, nil without a body, 415 for anything else. A body without a type is taken for what
// it looks like.
func sdpBody(msg gosip.Message) ([]byte, int) {
	body := msg.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, 0
	}
	kind, _, _ := strings.Cut(syntax.HeaderValue(msg, "content-type", "c"), ";")
	optional := syntax.OptionalBody(syntax.HeaderValue(msg, "content-disposition", ""))
	encoding := syntax.HeaderValue(msg, "content-encoding", "e")
	switch kind = strings.TrimSpace(kind); {
	case optional && encoding != "" && !strings.EqualFold(encoding, "identity"):
		return nil, 0
	case strings.EqualFold(kind, "application/sdp"), kind == "" && bytes.HasPrefix(body, []byte("v=0")):
		return body, 0
	case siprec.IsMultipart(kind): // RFC 5621 §3.1: the description among other things
		parts, err := siprec.Split(syntax.HeaderValue(msg, "content-type", "c"), body)
		if err != nil {
			return nil, 400
		}
		return parts.SDP, 0
	case optional: // RFC 3261 §8.2.3
		return nil, 0
	}
	return nil, 415
}

// bodyHeaders tells the peer what would have been understood (RFC 3261 §21.4.13).
func bodyHeaders(code int) []gosip.Header {
	if code != 415 {
		return nil
	}
	return []gosip.Header{gosip.NewHeader("Accept", "application/sdp"), gosip.NewHeader("Accept-Encoding", "identity")}
}

func phraseOf(code int) string {
	switch code {
	case 400:
		return "Bad Request: the body cannot be read"
	case 415:
		return "Unsupported Media Type"
	}
	return "Not Acceptable Here"
}

// warning says why a session description was refused (RFC 3261 §20.43).
func warning(err error) gosip.Header {
	code, text := "305", "Incompatible media format"
	switch {
	case errors.Is(err, sdp.ErrTarget):
		code, text = "302", "Incompatible network address formats"
	case errors.Is(err, sdp.ErrSecurity):
		code, text = "399", "The protection of the media cannot be agreed on"
	case errors.Is(err, sdp.ErrSyntax):
		code, text = "399", "Session description cannot be used"
	}
	return gosip.NewHeader("Warning", code+` hotline "`+text+`"`)
}

// expiresOf is how long the caller lets it ring (RFC 3261 §13.2.1), if it says so.
func expiresOf(req *gosip.Request) (time.Duration, bool) {
	n, err := strconv.ParseUint(syntax.HeaderValue(req, "expires", ""), 10, 32)
	if err != nil || n == 0 {
		return 0, false
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour), true
}

// parties are who calls whom, as the centre shall see them: by a trunk's rules where the call came in by one. A carrier that
// we register with asks for our account; the number that was dialled is in To then.
func (s *Switch) parties(in wire.Inbound) (from hotline.Party, to string) {
	from, to = partyOf(in.Req.From()), syntax.NumberOf(in.Req.Recipient)
	t := s.wire.TrunkNamed(in.Trunk)
	if t == nil {
		return from, to
	}
	if user := t.Account(); user != "" && to == user {
		if h := in.Req.To(); h != nil && h.Address.User != "" {
			to = syntax.NumberOf(h.Address)
		}
	}
	from.Number, _ = t.In.Apply(from.Number, rewrite.Caller)
	to, _ = t.In.Apply(to, rewrite.Called)
	return from, to
}
