package sip

import (
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

// receive takes one message from a socket's reader: what cannot be ordered is answered at once, everything else goes to
// the mailbox of its Call-ID.
func (w *wire) receive(h *head, p path) {
	m := &message{head: h, at: time.Now(), path: p}
	w.cfg.Metrics.heard(h)
	id := h.callID()
	if h.code != 0 {
		if !w.boxes.offerOpen(id, func(b *mailbox) { w.response(b, m) }) {
			w.stray(m)
		}
		return
	}
	if id == "" || h.broken != "" {
		f := m.checkRequest()
		if h.count[kindVia]+h.count[kindCallID]+h.count[kindFrom]+h.count[kindTo] == 0 {
			f = nil // words, but not SIP's
		}
		w.malformed(m, f)
		return
	}
	if w.later(m) {
		return
	}
	if !w.boxes.offer(id, func(b *mailbox) { w.asked(b, m) }) {
		w.cfg.Metrics.Overload.Add(1) // over udp it comes again, when there may be room
	}
}

// malformed answers a request that is not well formed, once.
func (w *wire) malformed(m *message, f *fault) {
	w.cfg.Metrics.Malformed.Add(1)
	w.guard.waste(m.path.peer.Addr(), m.at, 1)
	if f != nil {
		w.refuse(m, f)
	}
}

// stray counts a response or an ACK that belongs to nothing. It is dropped (RFC 3261 §18.1.2 for an endpoint).
func (w *wire) stray(m *message) {
	w.cfg.Metrics.Stray.Add(1)
	w.guard.waste(m.path.peer.Addr(), m.at, 1)
}

// response gives a response to its transaction. It runs on the mailbox.
func (w *wire) response(b *mailbox, m *message) {
	if !m.checkResponse() {
		w.malformed(m, nil)
		return
	}
	_, method, _ := readCSeq(m.get(kindCSeq))
	tx := b.clientOf(m.via.branch, method)
	if tx == nil {
		w.stray(m)
		return
	}
	res, err := w.parse.response(m)
	if err != nil {
		w.malformed(m, nil)
		return
	}
	tx.receive(res)
}

// asked works on one request. It runs on the mailbox.
func (w *wire) asked(b *mailbox, m *message) {
	if f := m.checkRequest(); f != nil {
		w.malformed(m, f)
		return
	}
	switch m.method {
	case "ACK":
		w.ack(b, m)
		return
	case "CANCEL":
		w.cancelled(b, m)
		return
	}
	if tx := b.serverOf(m.txKey(m.method)); tx != nil {
		w.cfg.Metrics.Retransmits.Add(1)
		tx.again()
		return
	}
	if m.toTag() == "" && b.merged(m) {
		w.cfg.Metrics.Merged.Add(1)
		w.refuse(m, &fault{code: 482, reason: "Loop Detected"}) // RFC 3261 §8.2.2.2
		return
	}
	switch {
	case m.method == "REGISTER":
		w.register(b, m)
	case m.toTag() != "":
		w.deliver(b, m, inbound{})
	case m.method == "OPTIONS":
		w.options(b, m)
	case m.method == "INVITE":
		w.invite(b, m)
	default:
		w.wasted(m, &fault{code: 481, reason: "Call/Transaction Does Not Exist"}) // only inside a dialog
	}
}

// wasted refuses a request that was well formed but of no use.
func (w *wire) wasted(m *message, f *fault) {
	w.guard.waste(m.path.peer.Addr(), m.at, 1)
	w.refuse(m, f)
}

// ack takes an ACK. That of a 3xx–6xx belongs to the INVITE's transaction (RFC 3261 §17.2.1), that of a 2xx to the dialog.
func (w *wire) ack(b *mailbox, m *message) {
	if tx := b.serverOf(m.txKey("INVITE")); tx != nil && tx.acked() {
		return
	}
	switch tag := m.toTag(); {
	case strings.HasPrefix(tag, plainTag): // of an answer that was given and forgotten
	case tag == "":
		w.stray(m)
	default:
		req, err := w.parse.request(m)
		if err != nil {
			w.malformed(m, nil)
			return
		}
		w.h.request(inbound{req: req, path: m.path, at: m.at})
	}
}

// cancelled takes a CANCEL (RFC 3261 §9.2).
func (w *wire) cancelled(b *mailbox, m *message) {
	tx := b.serverOf(m.txKey("INVITE"))
	if tx == nil {
		w.wasted(m, &fault{code: 481, reason: "Call/Transaction Does Not Exist"})
		return
	}
	w.sendRaw(m, m.appendReply(nil, &fault{code: 200, reason: "OK"}, tx.tag()))
	if tx.cancel(m.named("Reason")) {
		w.h.cancelled(tx)
	}
}

// options answers OPTIONS outside a dialog.
func (w *wire) options(b *mailbox, m *message) {
	if w.fromAgent(m) {
		if _, ok := w.login(m); !ok {
			return
		}
		w.answerKept(b, m, w.optionsAnswer())
		return
	}
	w.guard.waste(m.path.peer.Addr(), m.at, 1)
	w.refuse(m, w.optionsAnswer())
}

// fromAgent says whether the From is an agent's address. Whoever claims to be an agent must prove it, wherever he is.
func (w *wire) fromAgent(m *message) bool {
	user, ok := w.ourUser(m.from)
	return m.ofPage() != "" || ok && w.auth.exists(user)
}

// ourUser is the user of an address of ours: sip:user@ the domain, or any address of the engine.
func (w *wire) ourUser(a address) (string, bool) {
	u, err := readURI(a.uri)
	if err != nil || u.user == "" || !w.isOurs(u.host) {
		return "", false
	}
	user, _, _ := strings.Cut(u.user, ";")
	return unescapeUser(user), true
}

// login checks the request's credentials. Without good ones the request is answered, always in the same way, and ok is
// false.
func (w *wire) login(m *message) (user string, ok bool) {
	v, user := w.auth.check(m, m.at)
	from := m.path.peer.Addr()
	switch v {
	case authGood:
		w.guard.useful(from, m.at)
		return user, true
	case authIgnored:
		w.cfg.Metrics.Dropped.Add(1)
		return "", false
	case authWrong, authEnough:
		w.cfg.Metrics.AuthFailed.Add(1)
		w.log.Warn("wrong credentials", "method", m.method, "user", hostile(user), "from", m.path)
		if v == authEnough { // for a user there is not as well: the answers stay the same
			w.wasted(m, &fault{code: 403, reason: "Forbidden"})
			return "", false
		}
	default:
		w.cfg.Metrics.Challenged.Add(1)
	}
	claims, _ := w.ourUser(m.from)
	w.wasted(m, w.auth.challenge(claims, m, v == authStale))
	return "", false
}

// invite takes an INVITE outside a dialog: an agent's, a trunk's, or nobody's.
func (w *wire) invite(b *mailbox, m *message) {
	in := inbound{release: func() {}}
	t := w.trunks.called(m)
	if t == nil || w.fromAgent(m) {
		user, ok := w.login(m)
		if !ok {
			return
		}
		if from, ours := w.ourUser(m.from); ours && from != user && (w.auth.exists(from) || m.ofPage() != "") {
			w.answerKept(b, m, &fault{code: 403, reason: "Forbidden"}) // one agent in another's name
			return
		}
		in.agent, t = agentOf(user), nil
	}
	if m.get(kindMaxForwards) != "" && strings.Trim(m.get(kindMaxForwards), "0") == "" {
		w.refuse(m, &fault{code: 483, reason: "Too Many Hops"}) // the call would go on in a leg of our own
		return
	}
	if err := w.refusing(); err != nil && !w.urgent(m, in.agent) && !w.goesOn(in.agent) {
		w.turnAway(m, t, hotline.TurnedByEngine, &fault{503, "Service Unavailable", []string{"Retry-After: 5"}})
		return
	}
	if t != nil {
		release, why, f := t.admit(m.at)
		if f != nil {
			w.turnAway(m, t, why, f)
			return
		}
		in.trunk, in.release = t.Name, release
	}
	w.deliver(b, m, in)
}

// turnAway refuses a call that there is no room for. It has no transaction, so its repetition would be another one.
func (w *wire) turnAway(m *message, t *trunk, why string, f *fault) {
	w.cfg.Metrics.Overload.Add(1)
	w.refuse(m, f)
	if t != nil && w.cfg.TurnedAway != nil {
		w.cfg.TurnedAway(t.Name, why)
	}
}

// goesOn says whether an agent may call although the engine is draining: a consultation before a transfer, a star code that
// ends his work.
func (w *wire) goesOn(agent hotline.AgentID) bool {
	return agent != "" && w.draining.Load() && (w.cfg.Admit == nil || w.cfg.Admit() == nil)
}

// urgent says whether an agent calls an emergency number.
func (w *wire) urgent(m *message, agent hotline.AgentID) bool {
	if agent == "" || w.cfg.Urgent == nil {
		return false
	}
	to, err := readURI(m.uri)
	return err == nil && w.cfg.Urgent(to.user)
}

// deliver makes the request's transaction and hands both to the calls.
func (w *wire) deliver(b *mailbox, m *message, in inbound) {
	req, err := w.parse.request(m)
	if err != nil {
		if in.release != nil {
			in.release()
		}
		w.malformed(m, badRequest("Malformed message"))
		return
	}
	known := in.agent != "" || in.trunk != "" || w.trusted(m.path.peer.Addr())
	tx := w.newServerTx(b, m, req, known)
	if known && m.path.flow != nil {
		m.path.flow.known.Store(true)
	}
	if m.method == "INVITE" {
		_ = tx.respond(tx.reply(gosip.StatusTrying, "Trying")) // the INVITE is repeated if this is lost
	}
	in.req, in.tx, in.path, in.at = req, tx, m.path, m.at
	w.h.request(in)
}

// register takes a REGISTER (RFC 3261 §10.3).
func (w *wire) register(b *mailbox, m *message) {
	if u, err := readURI(m.to.uri); err != nil || u.user == "" {
		w.wasted(m, badRequest("To is no address of record"))
		return
	}
	user, ok := w.login(m)
	if !ok {
		return
	}
	if !w.isOurs(m.target.host) {
		w.answerKept(b, m, &fault{code: 404, reason: "Not Found"}) // another domain's registrar
		return
	}
	aor, ours := w.ourUser(m.to)
	if !ours || aor != user { // only one's own phones
		w.answerKept(b, m, &fault{code: 403, reason: "Forbidden"})
		return
	}
	if m.path.flow != nil {
		m.path.flow.known.Store(true)
	}
	outbound, f := m.outboundFields()
	if f != nil {
		w.answerKept(b, m, f)
		return
	}
	fields, f := w.reg.update(hotline.AgentID(aor), m, w.isOwnSocket, m.at)
	if f == nil {
		w.cfg.Metrics.Registers.Add(1)
		f = &fault{200, "OK", append(append(fields, m.pathFields()...), outbound...)}
	}
	w.answerKept(b, m, f)
}

// pathFields repeats the Path that a REGISTER came with (RFC 3327 §5.3).
func (m *message) pathFields() []string {
	var fields []string
	m.list(kindPath, func(s string) bool {
		fields = append(fields, "Path: "+scrub(s))
		return true
	})
	return fields
}
