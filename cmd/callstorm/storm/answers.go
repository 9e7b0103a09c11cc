package storm

import "slices"

// response takes an answer to one of the dialog's requests.
func (d *dialog) response(m *message) {
	n, method := m.cseq()
	switch {
	case d.onAnswer != nil:
		d.onAnswer(m)
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
	d.send(d.request("ACK", n, branch(), "", nil))
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
	if d.phase != leaving { // there it is the BYE that is repeated
		d.stop()
	}
	d.acknowledge(m, n)
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
