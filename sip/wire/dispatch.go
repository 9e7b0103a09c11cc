package wire

import (
	"errors"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
)

// receive takes one message from a socket's reader: what cannot be ordered is answered at once, everything else goes to
// the mailbox of its Call-ID.
func (w *Wire) receive(h *syntax.Head, p Path) {
	m := &message{Head: h, at: time.Now(), path: p}
	w.cfg.Metrics.heard(h)
	id := h.CallID()
	if h.Code != 0 {
		if !w.boxes.offerOpen(id, func(b *mailbox) { w.response(b, m) }) {
			w.stray(m)
		}
		return
	}
	if id == "" || h.Broken != "" {
		f := m.checkRequest()
		if h.Count[syntax.KindVia]+h.Count[syntax.KindCallID]+h.Count[syntax.KindFrom]+h.Count[syntax.KindTo] == 0 {
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
func (w *Wire) malformed(m *message, f *fault) {
	w.cfg.Metrics.Malformed.Add(1)
	w.guard.waste(m.path.Peer.Addr(), m.at, 1)
	if f != nil {
		w.refuse(m, f)
	}
}

// stray counts a response or an ACK that belongs to nothing. It is dropped (RFC 3261 §18.1.2 for an endpoint).
func (w *Wire) stray(m *message) {
	w.cfg.Metrics.Stray.Add(1)
	w.guard.waste(m.path.Peer.Addr(), m.at, 1)
}

// response gives a response to its transaction. It runs on the mailbox.
func (w *Wire) response(b *mailbox, m *message) {
	if !m.checkResponse() {
		w.malformed(m, nil)
		return
	}
	_, method, _ := syntax.ReadCSeq(m.Get(syntax.KindCSeq))
	tx := b.clientOf(m.via.Branch, method)
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
func (w *Wire) asked(b *mailbox, m *message) {
	if f := m.checkRequest(); f != nil {
		w.malformed(m, f)
		return
	}
	switch m.Method {
	case "ACK":
		w.ack(b, m)
		return
	case "CANCEL":
		w.cancelled(b, m)
		return
	}
	if tx := b.serverOf(m.txKey(m.Method)); tx != nil {
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
	case m.Method == "REGISTER":
		w.register(b, m)
	case m.toTag() != "":
		w.deliver(b, m, Inbound{})
	case m.Method == "OPTIONS":
		w.options(b, m)
	case m.Method == "INVITE":
		w.invite(b, m)
	default:
		w.wasted(m, &fault{code: 481, reason: "Call/Transaction Does Not Exist"}) // only inside a dialog
	}
}

// wasted refuses a request that was well formed but of no use.
func (w *Wire) wasted(m *message, f *fault) {
	w.guard.waste(m.path.Peer.Addr(), m.at, 1)
	w.refuse(m, f)
}

// ack takes an ACK. That of a 3xx–6xx belongs to the INVITE's transaction (RFC 3261 §17.2.1), that of a 2xx to the dialog.
func (w *Wire) ack(b *mailbox, m *message) {
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
		w.h.Request(Inbound{Req: req, Path: m.path, At: m.at})
	}
}

// cancelled takes a CANCEL (RFC 3261 §9.2).
func (w *Wire) cancelled(b *mailbox, m *message) {
	tx := b.serverOf(m.txKey("INVITE"))
	if tx == nil {
		w.wasted(m, &fault{code: 481, reason: "Call/Transaction Does Not Exist"})
		return
	}
	w.sendRaw(m, m.appendReply(nil, &fault{code: 200, reason: "OK"}, tx.Tag()))
	if tx.cancel(m.Named("Reason")) {
		w.h.Cancelled(tx)
	}
}

// options answers OPTIONS outside a dialog.
func (w *Wire) options(b *mailbox, m *message) {
	if w.fromAgent(m) {
		if _, ok := w.login(m); !ok {
			return
		}
		w.answerKept(b, m, w.optionsAnswer())
		return
	}
	w.guard.waste(m.path.Peer.Addr(), m.at, 1)
	w.refuse(m, w.optionsAnswer())
}

// fromAgent says whether the From is an agent's address. Whoever claims to be an agent must prove it, wherever he is.
func (w *Wire) fromAgent(m *message) bool {
	user, ok := w.ourUser(m.from)
	return m.ofPage() != "" || ok && w.auth.exists(user)
}

// ourUser is the user of an address of ours: sip:user@ the domain, or any address of the engine.
func (w *Wire) ourUser(a syntax.Address) (string, bool) {
	u, err := syntax.ReadURI(a.URI)
	if err != nil || u.User == "" || !w.IsOurs(u.Host) {
		return "", false
	}
	user, _, _ := strings.Cut(u.User, ";")
	return syntax.UnescapeUser(user), true
}

// login checks the request's credentials. Without good ones the request is answered, always in the same way, and ok is
// false.
func (w *Wire) login(m *message) (user string, ok bool) {
	v, user := w.auth.check(m, m.at)
	from := m.path.Peer.Addr()
	switch v {
	case authGood:
		w.guard.useful(from, m.at)
		return user, true
	case authIgnored:
		w.cfg.Metrics.Dropped.Add(1)
		return "", false
	case authWrong, authEnough:
		w.cfg.Metrics.AuthFailed.Add(1)
		w.log.Warn("wrong credentials", "method", m.Method, "user", hostile(user), "from", m.path)
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
func (w *Wire) invite(b *mailbox, m *message) {
	in := Inbound{Release: func() {}}
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
		in.Agent, t = agentOf(user), nil
	}
	if m.Get(syntax.KindMaxForwards) != "" && strings.Trim(m.Get(syntax.KindMaxForwards), "0") == "" {
		w.refuse(m, &fault{code: 483, reason: "Too Many Hops"}) // the call would go on in a leg of our own
		return
	}
	if err := w.refusing(); err != nil && !w.urgent(m, in.Agent) && !w.goesOn(in.Agent) {
		if !errors.Is(err, ErrClosed) {
			w.log.Warn("new calls are refused", "error", err)
		}
		w.turnAway(m, t, hotline.TurnedByEngine, &fault{503, "Service Unavailable", []string{"Retry-After: 5"}})
		return
	}
	if t != nil {
		release, why, f := t.admit(m.at)
		if f != nil {
			w.turnAway(m, t, why, f)
			return
		}
		in.Trunk, in.Release = t.Name, release
	}
	w.deliver(b, m, in)
}

// turnAway refuses a call that there is no room for. It has no transaction, so its repetition would be another one.
func (w *Wire) turnAway(m *message, t *trunk, why string, f *fault) {
	w.cfg.Metrics.Overload.Add(1)
	w.refuse(m, f)
	if t != nil && w.cfg.TurnedAway != nil {
		w.cfg.TurnedAway(t.Name, why)
	}
}

// goesOn says whether an agent may call although the engine is draining: a consultation before a transfer, a star code that
// ends his work.
func (w *Wire) goesOn(agent hotline.AgentID) bool {
	return agent != "" && w.draining.Load() && (w.cfg.Admit == nil || w.cfg.Admit() == nil)
}

// urgent says whether an agent calls an emergency number.
func (w *Wire) urgent(m *message, agent hotline.AgentID) bool {
	if agent == "" || w.cfg.Urgent == nil {
		return false
	}
	to, err := syntax.ReadURI(m.URI)
	return err == nil && w.cfg.Urgent(to.User)
}

// deliver makes the request's transaction and hands both to the calls.
func (w *Wire) deliver(b *mailbox, m *message, in Inbound) {
	req, err := w.parse.request(m)
	if err != nil {
		if in.Release != nil {
			in.Release()
		}
		w.malformed(m, badRequest("Malformed message"))
		return
	}
	known := in.Agent != "" || in.Trunk != "" || w.trusted(m.path.Peer.Addr())
	tx := w.newServerTx(b, m, req, known)
	if known && m.path.flow != nil {
		m.path.flow.known.Store(true)
	}
	if m.Method == "INVITE" {
		_ = tx.Respond(tx.Reply(gosip.StatusTrying, "Trying")) // the INVITE is repeated if this is lost
	}
	in.Req, in.Tx, in.Path, in.At = req, tx, m.path, m.at
	w.h.Request(in)
}

// register takes a REGISTER (RFC 3261 §10.3).
func (w *Wire) register(b *mailbox, m *message) {
	if u, err := syntax.ReadURI(m.to.URI); err != nil || u.User == "" {
		w.wasted(m, badRequest("To is no address of record"))
		return
	}
	user, ok := w.login(m)
	if !ok {
		return
	}
	if !w.IsOurs(m.target.Host) {
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
	fields, f := w.reg.update(hotline.AgentID(aor), m, w.IsOwnSocket, m.at)
	if f == nil {
		w.cfg.Metrics.Registers.Add(1)
		f = &fault{200, "OK", append(append(fields, m.pathFields()...), outbound...)}
	}
	w.answerKept(b, m, f)
}

// pathFields repeats the Path that a REGISTER came with (RFC 3327 §5.3).
func (m *message) pathFields() []string {
	var fields []string
	m.List(syntax.KindPath, func(s string) bool {
		fields = append(fields, "Path: "+syntax.Scrub(s))
		return true
	})
	return fields
}
