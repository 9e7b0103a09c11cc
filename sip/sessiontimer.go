package sip

import (
	"math"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// leastSE is the shortest session interval there is, in seconds (RFC 4028 §4).
const leastSE = 90

// timing is the session timer of a leg as the last refresh left it (RFC 4028). The zero value: the session does not expire.
type timing struct {
	seconds uint32 // the session interval; 0: none
	ours    bool   // we refresh
	least   uint32 // the highest Min-SE the peer has named
	known   bool   // the peer knows session timers
	update  bool   // the peer allows UPDATE: a refresh needs no session description

	ends            time.Time // when expire fires
	refresh, expire *timer
}

// longest is the session interval that we ask for; 0: none. A trunk may have one of its own.
func (l *leg) longest() uint32 {
	var t *wire.Trunk
	switch {
	case l.dialled != nil:
		t = l.dialled.hunt.trunk()
	case l.incomed != nil:
		t = l.sw.wire.TrunkNamed(l.incomed.in.Trunk)
	}
	if t != nil && t.SessionTimer != 0 {
		return wholeSeconds(t.SessionTimer)
	}
	return wholeSeconds(l.sw.cfg.SessionExpires)
}

// least is the shortest session interval that we take.
func (c *Config) least() uint32 { return max(leastSE, wholeSeconds(c.MinSE)) }

func wholeSeconds(d time.Duration) uint32 {
	return uint32(min(max(d, 0)/time.Second, math.MaxUint32))
}

// sessionExpires reads the header field: the interval in seconds and who refreshes, "uac", "uas" or "" (RFC 4028 §4).
func sessionExpires(msg gosip.Message) (seconds uint32, refresher string, ok bool) {
	value, params, _ := strings.Cut(syntax.HeaderValue(msg, "session-expires", "x"), ";")
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
	if err != nil {
		return 0, "", false
	}
	for p := range strings.SplitSeq(params, ";") {
		key, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(key), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(v))
		}
	}
	return uint32(n), refresher, true
}

// minSE is what the message's Min-SE says; 90 where it says nothing (RFC 4028 §5).
func minSE(msg gosip.Message) uint32 {
	value, _, _ := strings.Cut(syntax.HeaderValue(msg, "min-se", ""), ";")
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
	if err != nil {
		return leastSE
	}
	return max(leastSE, uint32(n))
}

// tooShort says whether a request must be refused with 422 (RFC 4028 §9): its interval is below ours and its sender could ask
// again. A short one that a proxy put in for somebody else is passed over.
func (c *Config) tooShort(req *gosip.Request) bool {
	n, _, ok := sessionExpires(req)
	return ok && n < c.least() && hasOption(req, "supported", "timer")
}

// shortFault is the 422 with what would do.
func (c *Config) shortFault() (int, string, gosip.Header) {
	return 422, "Session Interval Too Small", gosip.NewHeader("Min-SE", strconv.FormatUint(uint64(c.least()), 10))
}

// granted is the session timer that our 2xx to an INVITE or UPDATE sets (RFC 4028 §9, table 2).
func (l *leg) granted(req *gosip.Request) timing {
	c := &l.sw.cfg
	known := hasOption(req, "supported", "timer") || hasOption(req, "require", "timer")
	t := timing{least: max(l.timing.least, minSE(req)), known: known, update: allows(req, gosip.UPDATE)}
	n, refresher, asked := sessionExpires(req)
	switch asked = asked && n >= c.least(); {
	case asked && l.longest() > 0:
		t.seconds = max(min(n, l.longest()), minSE(req)) // it may be made shorter, not below what the peer can do
	case asked:
		t.seconds = n
	case l.longest() > 0:
		t.seconds = max(l.longest(), minSE(req))
	}
	switch {
	case !known || refresher == "uas":
		t.ours = true
	case refresher == "" && l.timing.seconds > 0:
		t.ours = l.timing.ours
	}
	if l.received != nil && t.ours && known && !t.update {
		t.seconds = 0 // it waits for a refresh that we have no way to send
	}
	return t
}

// sayTimer writes what was granted into our 2xx.
func (t timing) sayTimer(res *gosip.Response) {
	if t.seconds == 0 {
		return
	}
	who := "uac"
	if t.ours {
		who = "uas"
	} else {
		res.AppendHeader(gosip.NewHeader("Require", "timer")) // the peer has to do something (RFC 4028 §9)
	}
	res.AppendHeader(gosip.NewHeader("Session-Expires", strconv.FormatUint(uint64(t.seconds), 10)+";refresher="+who))
}

// askTimer writes the interval that we ask for into a request of ours. In a refresh we say who goes on refreshing.
func (c *Config) askTimer(req *gosip.Request, seconds, least uint32, refresher string) {
	for _, name := range [...]string{"Session-Expires", "Min-SE"} {
		for req.RemoveHeader(name) {
		}
	}
	if seconds == 0 {
		return
	}
	value := strconv.FormatUint(uint64(max(seconds, least)), 10)
	if refresher != "" {
		value += ";refresher=" + refresher
	}
	req.AppendHeader(gosip.NewHeader("Session-Expires", value))
	if least = max(least, c.least()); least > leastSE {
		req.AppendHeader(gosip.NewHeader("Min-SE", strconv.FormatUint(uint64(least), 10)))
	}
}

// agreedTimer is the session timer that the peer's 2xx to a request of ours sets (RFC 4028 §7.2). One without the field ends it.
func (l *leg) agreedTimer(res *gosip.Response) timing {
	n, refresher, ok := sessionExpires(res)
	t := timing{least: l.timing.least, known: ok || hasOption(res, "supported", "timer"), update: allows(res, gosip.UPDATE)}
	if ok {
		t.seconds, t.ours = max(n, leastSE), refresher != "uas"
	}
	if syntax.HeaderValue(res, "allow", "") == "" {
		t.update = l.timing.update // as it was said before
	}
	return t
}

// allows says whether the sender of a message serves the method.
func allows(msg gosip.Message, method gosip.RequestMethod) bool {
	return hasOption(msg, "allow", string(method))
}

// timed starts the session timer anew. The end is a little before the interval's, so that the BYE is sooner than whatever the
// other side and proxies in between do (RFC 4028 §10).
func (l *leg) timed(t timing) {
	l.untimed()
	l.timing = t
	if t.seconds == 0 {
		return
	}
	second := l.sw.cfg.second
	whole := time.Duration(t.seconds) * second
	last := whole - min(32*second, whole/3)
	l.timing.ends, l.timing.expire = time.Now().Add(last), l.after(last, l.expired)
	if t.ours {
		l.timing.refresh = l.after(whole/2, l.refreshSession)
	}
}

// untimed stops the session timer.
func (l *leg) untimed() {
	for _, t := range [...]*timer{l.timing.refresh, l.timing.expire} {
		if t != nil {
			t.Stop()
		}
	}
}

func (l *leg) expired() {
	if l.phase == phaseUp {
		l.log.Info("sip: the session was not refreshed", "after", l.timing.seconds, "ours", l.timing.ours)
		l.hangup(hotline.CauseUnreachable)
	}
}

// refreshSession sends the refresh: UPDATE where the peer allows it, else a re-INVITE that says the same as before (RFC 4028
// §7.4). What is under way already refreshes just as well.
func (l *leg) refreshSession() {
	switch {
	case l.phase != phaseUp || l.timing.seconds == 0 || !l.timing.ours:
	case l.offering != nil:
	case l.received != nil && !l.timing.update:
		l.proveLife()
	case l.received == nil && (!l.timing.update || l.accepted != nil):
		l.reoffer()
	default:
		req := l.dlg.request(gosip.UPDATE, 0)
		for _, h := range wire.Abilities() {
			req.AppendHeader(h)
		}
		l.askAgain(req)
		l.within(l.dlg, req, l.updateDone)
	}
}

// proveLife asks whether the other side of a recording session still knows it: an offer of several lines we make nowhere, and who
// allows no UPDATE is asked by OPTIONS, which anybody answers (RFC 3261 §11).
func (l *leg) proveLife() {
	l.within(l.dlg, l.dlg.request(gosip.OPTIONS, 0), func(res *gosip.Response, err error) {
		switch {
		case l.phase != phaseUp:
		case err == nil && res.StatusCode != 481 && wire.ProvesLife(res.StatusCode):
			l.timed(l.timing)
		default:
			l.notRefreshed(res, err)
		}
	})
}

// askAgain writes the interval into a request inside the dialog: as before, refreshed by us from now on if it was.
func (l *leg) askAgain(req *gosip.Request) {
	c, t := &l.sw.cfg, l.timing
	switch {
	case t.seconds > 0 && t.ours:
		c.askTimer(req, t.seconds, t.least, "uac")
	case t.seconds > 0:
		c.askTimer(req, t.seconds, t.least, "uas")
	default:
		c.askTimer(req, l.longest(), t.least, "")
	}
}

// updateDone takes the answer to our UPDATE.
func (l *leg) updateDone(res *gosip.Response, err error) {
	switch {
	case l.phase != phaseUp:
	case err == nil && res.IsSuccess():
		l.dlg.refresh(res.Contact(), wire.Path{})
		l.timed(l.agreedTimer(res))
	case err == nil && (res.StatusCode == 405 || res.StatusCode == 501):
		l.timing.update = false
		l.refreshSession()
	default:
		l.notRefreshed(res, err)
	}
}

// notRefreshed deals with a refresh of ours that failed (RFC 4028 §7.4, §10): a peer that is not there any more is hung up on, one
// that wants a longer interval gets it, and any other is asked again before the session ends. A peer that knows nothing of session
// timers has shown with its refusal that it lives.
func (l *leg) notRefreshed(res *gosip.Response, err error) {
	t := &l.timing
	switch {
	case extentBy(res, err) != endsTransaction: // RFC 3261 §14.1
		l.log.Info("sip: the peer no longer knows the dialog", "error", err)
		l.hangup(hotline.CauseUnreachable)
	case t.seconds == 0 || !t.ours:
	case err == nil && res.StatusCode == 422 && minSE(res) > t.seconds:
		t.least = minSE(res)
		t.seconds = t.least
		l.refreshSession()
	case err == nil && res.StatusCode == 491:
		t.refresh = l.after(l.glare(), l.refreshSession)
	case err == nil && !t.known:
		l.timed(*t)
	default:
		t.refresh = l.after(max(time.Until(t.ends)/2, l.sw.cfg.second), l.refreshSession)
	}
}

// longer calls again with the session interval that a 422 asks for (RFC 4028 §7.3), twice at most.
func (l *leg) longer(b *branch, res *gosip.Response) bool {
	least := minSE(res)
	if res.StatusCode != 422 || l.phase != phaseNew || b.longer == 2 || least <= leastSE {
		return false
	}
	b.longer++
	l.timing.least, b.tried = max(l.timing.least, least), digest.Tries{}
	l.inviteAgain(b, func(req *gosip.Request) { l.sw.cfg.askTimer(req, max(l.longest(), least), least, "") })
	return true
}
