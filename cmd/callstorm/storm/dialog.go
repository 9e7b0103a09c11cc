package storm

import (
	"bytes"
	"fmt"
	"net/netip"
	"sync"
	"time"
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
	peer     netip.AddrPort // where the other side's socket is
	outbound bool
	account  account

	ringing  func()
	answered func(sdp []byte)          // both sides have agreed
	ended    func(code int, late bool) // once: 0 the peer hung up or we did; else the final status; late: nobody answered in time

	onAnswer func(m *message) // set for requests outside of calls only: all answers go there

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
		ua: u, callID: tag() + tag() + "@" + u.local.Addr().String(), peer: u.server, outbound: true, account: acc,
		localURI: fmt.Sprintf("sip:%s@%s", from, u.domain), remoteURI: fmt.Sprintf("sip:%s@%s", to, u.server),
		localTag: tag(), offer: sdp, stop: func() {},
		ringing: func() {}, answered: func([]byte) {}, ended: func(int, bool) {},
	}
	d.target = d.remoteURI
	return d
}

func (d *dialog) send(b []byte) { d.ua.send(b, d.peer) }

func (d *dialog) repeat(b []byte, most time.Duration, late func()) (stop func()) {
	return d.ua.repeat(b, d.peer, most, late)
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
	d.stop = d.repeat(req, giveUp, func() { d.finish(408, true) })
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
func incoming(u *ua, m *message, from netip.AddrPort) *dialog {
	d := &dialog{
		ua: u, callID: m.get("call-id"), peer: from, phase: alerting, invite: m, localTag: tag(), cseq: 100, stop: func() {},
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
		d.send(response(d.invite, 180, "Ringing", d.localTag, d.contact(), nil))
	}
}

// accept sends 200 until it is acknowledged (RFC 3261 §13.3.1.4). It returns false when the call is over already.
func (d *dialog) accept(sdp []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != alerting {
		return false
	}
	d.phase, d.offer = accepted, sdp
	d.stop = d.repeat(response(d.invite, 200, "OK", d.localTag, d.contact(), sdp), t2, d.unconfirmed)
	return true
}

// unconfirmed ends a call whose ACK never came (§13.3.1.4).
func (d *dialog) unconfirmed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase == accepted {
		d.sendBye()
	}
}

// refuse answers with a final status.
func (d *dialog) refuse(code int, reason string) {
	d.mu.Lock()
	if d.phase != alerting {
		d.mu.Unlock()
		return
	}
	d.phase = over
	d.stop = d.repeat(response(d.invite, code, reason, d.localTag, "", nil), t2, func() { d.ua.remove(d) })
	d.mu.Unlock()
	d.ended(code, false)
}

// hangup ends the call in whatever phase it is, as soon as that is allowed.
func (d *dialog) hangup() {
	d.mu.Lock()
	d.wantEnd = true
	switch d.phase {
	case calling:
		if d.provision { // RFC 3261 §9.1: not before a provisional answer
			d.sendCancel()
		}
	case talking:
		d.sendBye()
	case alerting:
		d.mu.Unlock()
		d.refuse(480, "Temporarily Unavailable")
		return
	}
	d.mu.Unlock() // accepted: §15, the called side hangs up after the ACK
}

// sendCancel is called with mu held.
func (d *dialog) sendCancel() {
	d.phase = cancelled
	d.stop()
	d.stop = d.repeat(d.request("CANCEL", d.cseq, d.viaBranch, "", nil), t2, func() { d.finish(487, true) })
}

// sendBye is called with mu held.
func (d *dialog) sendBye() {
	d.phase = leaving
	d.stop()
	d.cseq++
	d.stop = d.repeat(d.request("BYE", d.cseq, branch(), "", nil), t2, func() { d.finish(0, true) })
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
		d.send(response(m, 200, "OK", d.localTag, "", nil))
		d.finish(0, false)
	case "CANCEL":
		d.send(response(m, 200, "OK", d.localTag, "", nil))
		d.mu.Lock()
		pending := d.phase == alerting
		d.mu.Unlock()
		if pending {
			d.refuse(487, "Request Terminated")
		}
	case "INVITE":
		d.reinvite(m)
	default:
		d.send(response(m, 200, "OK", d.localTag, "", nil))
	}
}

// acked stops whatever final answer was being repeated.
func (d *dialog) acked() {
	d.mu.Lock()
	was := d.phase
	if was == accepted || was == over {
		d.stop()
	}
	body := d.inviteBody()
	if was == accepted {
		d.phase = talking
	}
	leave := was == accepted && d.wantEnd
	if leave {
		d.sendBye()
	}
	d.mu.Unlock()
	switch {
	case was == accepted && !leave:
		d.answered(body)
	case was == over:
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

// reinvite answers a change of the session with what was agreed.
func (d *dialog) reinvite(m *message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.invite != nil && m.get("cseq") == d.invite.get("cseq"): // the first one again: final answers repeat themselves
		if d.phase == alerting {
			d.send(response(m, 180, "Ringing", d.localTag, d.contact(), nil))
		}
	case d.phase == over:
		d.send(response(m, 481, "Call/Transaction Does Not Exist", d.localTag, "", nil))
	case d.phase != talking:
		d.send(response(m, 491, "Request Pending", d.localTag, "", nil))
	default:
		d.send(response(m, 200, "OK", d.localTag, d.contact(), d.offer))
	}
}

// again answers what comes for a dialog that is over: the other side missed our last word and repeats its own.
func (d *dialog) again(m *message) {
	if d.onAnswer != nil {
		return
	}
	n, method := m.cseq()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case method == "INVITE" && m.code >= 300:
		d.acknowledge(m, n)
	case method == "INVITE" && m.code >= 200:
		d.send(d.request("ACK", n, branch(), "", nil))
	case m.method == "BYE":
		d.send(response(m, 200, "OK", d.localTag, "", nil))
	case m.method != "" && m.method != "ACK":
		d.send(response(m, 481, "Call/Transaction Does Not Exist", d.localTag, "", nil))
	}
}

// acknowledge sends the ACK of a refusal, which belongs to the INVITE's transaction: same branch (§17.1.1.3), To as
// answered. It is called with mu held.
func (d *dialog) acknowledge(m *message, n int) {
	tagged := d.remoteTag
	d.remoteTag = param(m.get("to"), "tag")
	d.send(d.request("ACK", n, d.viaBranch, "", nil))
	d.remoteTag = tagged
}
