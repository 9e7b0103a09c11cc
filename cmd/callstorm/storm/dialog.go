package storm

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
)

// phase is where a dialog stands.
type phase int

const (
	calling   phase = iota // INVITE sent, nothing final yet
	alerting               // INVITE received, nothing final sent yet
	accepted               // our 200 sent, its ACK not seen yet
	talking                // confirmed
	cancelled              // CANCEL sent
	leaving                // BYE sent
	over
)

// account is what a phone answers a challenge with.
type account struct{ user, password string }

// dialog is one call of a phone, made or taken. Its callbacks run on the socket's reader or on a timer and must not block.
type dialog struct {
	ua       *ua
	callID   string
	outbound bool
	account  account

	ringing  func()
	answered func(sdp []byte)          // both sides have agreed
	ended    func(code int, late bool) // once: 0 the peer hung up or we did; else the final status; late: nobody answered in time

	onRegister func(m *message) // set for a registration only: all answers go there

	mu        sync.Mutex // guards all below
	phase     phase
	localURI  string
	remoteURI string
	localTag  string
	remoteTag string
	target    string
	routes    []string
	cseq      int
	offer     []byte
	invite    *message // received
	viaBranch string
	provision bool // a provisional answer came: CANCEL may be sent
	wantEnd   bool // hang up as soon as that is possible
	tried     bool // credentials were given
	stop      func()
}

// dial makes a call from user to a URI of the server.
func (u *ua) dial(from, to string, acc account, sdp []byte) *dialog {
	d := &dialog{
		ua: u, callID: tag() + tag() + "@" + u.local.Addr().String(), outbound: true, account: acc,
		localURI: fmt.Sprintf("sip:%s@%s", from, u.domain), remoteURI: fmt.Sprintf("sip:%s@%s", to, u.server),
		localTag: tag(), offer: sdp, stop: func() {},
		ringing: func() {}, answered: func([]byte) {}, ended: func(int, bool) {},
	}
	d.target = d.remoteURI
	return d
}

// start sends the INVITE.
func (d *dialog) start() {
	d.ua.add(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sendInvite("")
}

// sendInvite is called with mu held.
func (d *dialog) sendInvite(auth string) {
	d.cseq++
	d.viaBranch = branch()
	extra := fmt.Sprintf("Contact: <sip:%s@%s>\r\nUser-Agent: %s\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n", user(d.localURI), d.ua.local, userName)
	req := d.request("INVITE", d.cseq, d.viaBranch, extra+auth, d.offer)
	d.stop()
	d.stop = d.ua.repeat(req, giveUp, func() { d.finish(408, true) })
}

// request builds a request of the dialog; mu is held.
func (d *dialog) request(method string, cseq int, branch, extra string, body []byte) []byte {
	var b bytes.Buffer
	to := "<" + d.remoteURI + ">"
	if d.remoteTag != "" {
		to += ";tag=" + d.remoteTag
	}
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", method, d.target, d.ua.local, branch)
	for _, r := range d.routes {
		fmt.Fprintf(&b, "Route: %s\r\n", r)
	}
	fmt.Fprintf(&b, "From: <%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%s", d.localURI, d.localTag, to, d.callID, cseq, method, extra)
	return finish(&b, body)
}

// incoming is the dialog of a received INVITE.
func incoming(u *ua, m *message) *dialog {
	d := &dialog{
		ua: u, callID: m.get("call-id"), phase: alerting, invite: m, localTag: tag(), cseq: 100, stop: func() {},
		localURI: address(m.get("to")), remoteURI: address(m.get("from")), remoteTag: param(m.get("from"), "tag"),
		target: address(m.get("contact")), routes: m.all("record-route"),
		ringing: func() {}, answered: func([]byte) {}, ended: func(int, bool) {},
	}
	return d
}

func (d *dialog) contact() string {
	return fmt.Sprintf("Contact: <sip:%s@%s>\r\n", user(d.localURI), d.ua.local)
}

// alert sends 180.
func (d *dialog) alert() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == alerting {
		d.ua.send(response(d.invite, 180, "Ringing", d.localTag, d.contact(), nil))
	}
}

// accept sends 200 until it is acknowledged (RFC 3261 §13.3.1.4).
func (d *dialog) accept(sdp []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != alerting {
		return
	}
	d.phase, d.offer = accepted, sdp
	d.stop = d.ua.repeat(response(d.invite, 200, "OK", d.localTag, d.contact(), sdp), t2, func() { d.hangup() })
}

// refuse answers with a final status.
func (d *dialog) refuse(code int, reason string) {
	d.mu.Lock()
	if d.phase != alerting {
		d.mu.Unlock()
		return
	}
	d.phase = over
	d.stop = d.ua.repeat(response(d.invite, code, reason, d.localTag, "", nil), t2, func() { d.ua.remove(d) })
	d.mu.Unlock()
	d.ended(code, false)
}

// hangup ends the call in whatever phase it is.
func (d *dialog) hangup() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wantEnd = true
	switch d.phase {
	case calling:
		if d.provision { // RFC 3261 §9.1: not before a provisional answer
			d.sendCancel()
		}
	case talking, accepted:
		d.sendBye()
	}
}

// sendCancel is called with mu held.
func (d *dialog) sendCancel() {
	d.phase = cancelled
	d.stop()
	d.stop = d.ua.repeat(d.request("CANCEL", d.cseq, d.viaBranch, "", nil), t2, func() { d.finish(487, true) })
}

// sendBye is called with mu held.
func (d *dialog) sendBye() {
	d.phase = leaving
	d.stop()
	d.cseq++
	d.stop = d.ua.repeat(d.request("BYE", d.cseq, branch(), "", nil), t2, func() { d.finish(0, true) })
}

// finish ends the dialog once.
func (d *dialog) finish(code int, late bool) {
	d.mu.Lock()
	if d.phase == over {
		d.mu.Unlock()
		return
	}
	d.phase = over
	d.stop()
	d.mu.Unlock()
	d.ua.remove(d)
	d.ended(code, late)
}

func (d *dialog) receive(m *message) {
	if m.method == "" {
		d.response(m)
		return
	}
	switch m.method {
	case "ACK":
		d.acked()
	case "BYE":
		d.ua.send(response(m, 200, "OK", d.localTag, "", nil))
		d.finish(0, false)
	case "CANCEL":
		d.ua.send(response(m, 200, "OK", d.localTag, "", nil))
		d.mu.Lock()
		pending := d.phase == alerting
		d.mu.Unlock()
		if pending {
			d.refuse(487, "Request Terminated")
		}
	case "INVITE":
		d.reinvite(m)
	default:
		d.ua.send(response(m, 200, "OK", d.localTag, "", nil))
	}
}

// acked stops whatever final answer was being repeated.
func (d *dialog) acked() {
	d.mu.Lock()
	d.stop()
	was := d.phase
	if was == accepted {
		d.phase = talking
	}
	body := d.inviteBody()
	d.mu.Unlock()
	switch was {
	case accepted:
		d.answered(body)
	case over:
		d.ua.remove(d)
	}
}

// inviteBody is the peer's offer; mu is held.
func (d *dialog) inviteBody() []byte {
	if d.invite == nil {
		return nil
	}
	return d.invite.body
}

// reinvite answers a change of the session with what was agreed, and a retransmitted INVITE not at all.
func (d *dialog) reinvite(m *message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.invite != nil && m.get("cseq") == d.invite.get("cseq") || d.phase == over {
		return
	}
	if d.phase != talking {
		d.ua.send(response(m, 491, "Request Pending", d.localTag, "", nil))
		return
	}
	d.ua.send(response(m, 200, "OK", d.localTag, d.contact(), d.offer))
}

func (d *dialog) response(m *message) {
	n, method := m.cseq()
	switch {
	case d.onRegister != nil:
		d.onRegister(m)
	case method == "INVITE":
		d.inviteResponse(m, n)
	case method == "BYE" && m.code >= 200:
		d.finish(0, false)
	case method == "CANCEL" && m.code >= 200:
		d.mu.Lock()
		if d.phase == cancelled {
			d.stop()
			d.stop = d.ua.wait(func() { d.finish(487, true) }) // the INVITE's own answer follows
		}
		d.mu.Unlock()
	}
}

func (d *dialog) inviteResponse(m *message, n int) {
	d.mu.Lock()
	if n != d.cseq && d.phase != leaving || d.phase == over && m.code < 200 {
		d.mu.Unlock()
		return
	}
	switch {
	case m.code < 200:
		d.provisional(m)
	case m.code < 300:
		d.success(m, n)
	default:
		d.failure(m, n)
	}
}

// provisional is called with mu held and gives it back.
func (d *dialog) provisional(m *message) {
	if d.phase == calling {
		d.stop()
		if d.wantEnd {
			d.sendCancel()
		}
	}
	d.provision = true
	d.mu.Unlock()
	if m.code >= 180 {
		d.ringing()
	}
}

// success is called with mu held and gives it back. Every 2xx, repeated or not, is acknowledged (§13.2.2.4).
func (d *dialog) success(m *message, n int) {
	d.remoteTag = param(m.get("to"), "tag")
	if c := m.get("contact"); c != "" {
		d.target = address(c)
	}
	d.routes = m.all("record-route")
	slices.Reverse(d.routes)
	first := d.phase == calling || d.phase == cancelled
	d.ua.send(d.request("ACK", n, branch(), "", nil))
	if first {
		d.stop()
		d.phase = talking
	}
	if first && d.wantEnd { // CANCEL was too late
		d.sendBye()
		first = false
	}
	d.mu.Unlock()
	if first {
		d.answered(m.body)
	}
}

// failure is called with mu held and gives it back.
func (d *dialog) failure(m *message, n int) {
	d.stop()
	tagged := d.remoteTag
	d.remoteTag = param(m.get("to"), "tag")
	d.ua.send(d.request("ACK", n, d.viaBranch, "", nil)) // same branch: §17.1.1.3
	d.remoteTag = tagged
	challenge, name := m.get("www-authenticate"), "Authorization"
	if m.code == 407 {
		challenge, name = m.get("proxy-authenticate"), "Proxy-Authorization"
	}
	if (m.code == 401 || m.code == 407) && !d.tried && d.account.user != "" && challenge != "" && !d.wantEnd {
		d.tried = true
		a := authorization(challenge, "INVITE", d.target, d.account.user, d.account.password, tag())
		d.sendInvite(name + ": " + a + "\r\n")
		d.mu.Unlock()
		return
	}
	done := d.phase == over
	d.mu.Unlock()
	if !done {
		d.finish(m.code, false)
	}
}
