package sip

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// referred is the implicit subscription of a REFER (RFC 3515 §2.4.4): the phone is told by NOTIFY what comes of it, until a
// final answer ends it. It belongs to the leg's mailbox.
type referred struct {
	id    string // of its Event: the REFER's CSeq from the second in the dialog on (§2.4.6)
	quiet bool   // nothing is told: the phone does not want it (RFC 4488), or no longer knows of it
	limit *timer // nobody says what came of it
}

// referLimit is how long a phone is told of a transfer at most: longer than any of its steps lasts.
const referLimit = 3 * time.Minute

// referHeard takes a REFER in the dialog (RFC 3515 §2.4.2). Only an agent's own phone has a say in where a customer goes, and
// only from where it called: whoever else asks is refused without a word of why. What is asked for is the call's to decide,
// and to do: the phone need not.
func (l *leg) referHeard(in wire.Inbound) {
	to := in.Req.GetHeaders("refer-to")
	switch {
	case l.agent == "", in.Path.Peer.Addr() != l.dlg.path.Peer.Addr():
		l.log.Warn("sip: a transfer is refused", "from", in.Path)
		l.reply(in, 403, "Forbidden")
		return
	case l.phase != phaseAnswered && l.phase != phaseUp:
		l.reply(in, 403, "Forbidden")
		return
	case len(to) != 1: // §2.4.2
		l.reply(in, 400, "Bad Request: one Refer-To is wanted")
		return
	case l.refer != nil:
		l.reply(in, 491, "Request Pending")
		return
	}
	sig, code, phrase := l.referTo(to[0])
	if code != 0 {
		l.reply(in, code, phrase)
		sig.Leg, sig.Refused = l.id, code
		l.handle.emit(sig)
		return
	}
	r := &referred{quiet: strings.EqualFold(syntax.HeaderValue(in.Req, "refer-sub", ""), "false")}
	if l.refers++; l.refers > 1 {
		r.id = ";id=" + strconv.FormatUint(uint64(in.Req.CSeq().SeqNo), 10)
	}
	headers := []gosip.Header{&gosip.ContactHeader{Address: *l.dlg.contact.Clone()}}
	if r.quiet {
		headers = append(headers, gosip.NewHeader("Refer-Sub", "false")) // RFC 4488 §4
	}
	l.isUp() // the peer has our 200: its ACK was lost or is behind
	l.reply(in, 202, "Accepted", headers...)
	l.refer = r
	r.limit = l.after(referLimit, func() {
		if l.refer == r {
			l.tellReferrer(408, "")
		}
	})
	l.tellReferrer(100, "")
	l.handle.emit(sig)
}

// referTo reads where the phone wants its peer to go. A status says why not.
func (l *leg) referTo(h gosip.Header) (sig hotline.Referred, code int, phrase string) {
	a, err := syntax.ReadAddress(h.Value())
	if err != nil {
		return sig, 400, "Bad Request: malformed Refer-To"
	}
	u, err := syntax.ReadURI(a.URI)
	if err != nil {
		return sig, 416, "Unsupported URI Scheme"
	}
	if m, ok := u.Params.Get("method"); ok && m != string(gosip.INVITE) {
		return sig, 403, "Forbidden" // nobody is sent a BYE on another's behalf
	}
	sig.Leg = l.id
	user, _, _ := strings.Cut(u.User, ";")
	sig.To = syntax.SafeText(syntax.UnescapeUser(user))
	text, ok := headerOf(u.Header, "replaces")
	if !ok {
		if !l.sw.wire.IsOurs(u.Host) {
			return sig, 403, "Forbidden" // we call nobody by another domain
		}
		if len(u.User) > maxReferTo || sig.To == "" {
			return sig, 404, "Not Found"
		}
		return sig, 0, ""
	}
	r, ok := readReplaces(text)
	if !ok {
		return sig, 400, "Bad Request: malformed Replaces"
	}
	if other, _ := l.sw.replaced(r); other != nil && other.agent == l.agent {
		sig.Replaces = other.id
	} else {
		sig.Replaces = noLeg
	}
	return sig, 0, ""
}

// noLeg is the leg of a dialog that nobody knows (any more): the call says so to the phone, as a far end would.
const noLeg hotline.LegID = "?"

// maxReferTo is how long what a customer is transferred to may be.
const maxReferTo = 128

// headerOf finds a header that a URI brings along (RFC 3261 §19.1.1).
func headerOf(headers, name string) (string, bool) {
	for h := range strings.SplitSeq(headers, "&") {
		key, value, ok := strings.Cut(h, "=")
		if ok && strings.EqualFold(syntax.UnescapeUser(key), name) {
			return syntax.UnescapeUser(value), true
		}
	}
	return "", false
}

// tellReferrer tells the phone what has come of its REFER (RFC 3515 §2.4.5). That it cannot be told harms nobody.
func (l *leg) tellReferrer(code int, why string) {
	r := l.refer
	if r == nil || l.phase == phaseOver {
		return
	}
	state := "active;expires=" + strconv.Itoa(int(referLimit.Seconds()))
	if code >= 200 {
		state = "terminated;reason=noresource"
		l.unrefer()
	}
	if r.quiet {
		return
	}
	req := l.dlg.request(gosip.NOTIFY, 0)
	req.AppendHeader(&gosip.ContactHeader{Address: *l.dlg.contact.Clone()})
	req.AppendHeader(gosip.NewHeader("Event", "refer"+r.id))
	req.AppendHeader(gosip.NewHeader("Subscription-State", state))
	req.AppendHeader(gosip.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
	req.SetBody(l.frag(code, why))
	l.within(l.dlg, req, func(res *gosip.Response, err error) {
		if extentBy(res, err) != endsTransaction { // the phone no longer knows of it (RFC 6665 §4.2.2); the call is another usage (RFC 5057 §3.2)
			r.quiet = true
		}
	})
}

// frag is that as a part of a message (RFC 3420 §2). Why something was refused stands in its phrase, which phones show, and as a warning
// for who reads traces (RFC 3261 §20.43: 399).
func (l *leg) frag(code int, why string) []byte {
	if why == "" {
		return fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", code, fragPhrase(code))
	}
	return fmt.Appendf(nil, "SIP/2.0 %d %s\r\nWarning: 399 %s \"%s\"\r\n", code, why, l.dlg.contact.HostPort(), why)
}

// unrefer ends the subscription.
func (l *leg) unrefer() {
	if l.refer != nil {
		l.refer.limit.Stop()
		l.refer = nil
	}
}

func fragPhrase(code int) string {
	switch code {
	case 100:
		return "Trying"
	case 180:
		return "Ringing"
	case 200:
		return "OK"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 408:
		return "Request Timeout"
	case 481:
		return "Call/Transaction Does Not Exist"
	case 486:
		return "Busy Here"
	case 491:
		return "Request Pending"
	case 503:
		return "Service Unavailable"
	case 603:
		return "Decline"
	}
	return "Temporarily Unavailable"
}
