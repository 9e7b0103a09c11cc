package wire

import (
	"slices"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
)

// newAlive is the prober of the wire's phones and trunks; nil where the config wants none.
func (w *Wire) newAlive() *prober {
	b := newProber(askEvery(w.cfg.KeepAlive, w.cfg.Patience), w.cfg.Patience, w.cfg.Metrics)
	if b == nil {
		return nil
	}
	b.ask = w.askAlive
	b.quiet = func(p *pulse) time.Time { // what came over a connection shows that it holds: only an idle one is asked over
		if p.path.flow == nil {
			return time.Time{}
		}
		return p.path.flow.lastHeard().Add(b.every)
	}
	b.changed = func(p *pulse) {
		if p.gate != nil {
			w.judgeGateway(p)
			return
		}
		w.reg.judge(p)
		w.log.Info("sip: phone stopped or began to answer", "agent", p.agent, "phone", p.path, "answers", !b.isDead(p))
	}
	return b
}

// askEvery is how often a place must be asked so that its death is known within the period: it takes two questions without an
// answer.
func askEvery(period, patience time.Duration) time.Duration {
	if every := period - 2*patience; every > 0 {
		return every
	}
	return period
}

// askAlive sends OPTIONS outside a dialog (RFC 3261 §11.1).
func (w *Wire) askAlive(p *pulse, done func(bool)) (giveUp func()) {
	id := NewDialogID()
	tx, err := w.Request(w.ctx, Outbound{
		Req: w.question(p, id), Path: p.path,
		Answer: func(res *gosip.Response) {
			if res.StatusCode >= 200 {
				done(ProvesLife(res.StatusCode))
			}
		},
		Failed: func(error) { done(false) },
	})
	if err != nil {
		if w.ctx.Err() == nil {
			done(false)
		}
		return nil
	}
	return func() { w.Post(id, func() { tx.giveUp(ErrTimeout) }) }
}

// ProvesLife says whether whoever gave this final answer lives and takes requests. A phone that does not know OPTIONS (405,
// 501) or is busy does. 503 is taken for a transport that failed and 408 for no answer (§8.1.3.1), and 430 is a proxy that
// has lost the phone's connection (RFC 5626 §11.5).
func ProvesLife(code int) bool { return code != 503 && code != 408 && code != 430 }

// question builds it (RFC 3261 §11.1).
func (w *Wire) question(p *pulse, callID string) *gosip.Request {
	req := gosip.NewRequest(gosip.OPTIONS, *p.uri.Clone())
	for i := range p.routes {
		req.AppendHeader(&gosip.RouteHeader{Address: *p.routes[i].Clone()})
	}
	to := gosip.Uri{Scheme: "sip", User: syntax.SafeUser(string(p.agent)), Host: w.cfg.Domain}
	if p.gate != nil {
		to = *p.uri.Clone()
	}
	id := gosip.CallIDHeader(callID)
	req.AppendHeader(&gosip.FromHeader{Address: gosip.Uri{Scheme: "sip", User: OurUser, Host: w.cfg.Domain}, Params: syntax.TagParam(NewDialogID())})
	req.AppendHeader(&gosip.ToHeader{Address: to})
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.OPTIONS})
	req.AppendHeader(&gosip.ContactHeader{Address: p.path.Contact(OurUser, SIPSTo(p.uri, p.routes))})
	req.AppendHeader(gosip.NewHeader("Accept", "application/sdp"))
	return req
}

// reachable says whether one of the contacts can be called.
func reachable(cs []Contact) bool {
	return slices.ContainsFunc(cs, func(c Contact) bool { return c.pulse == nil || !c.pulse.down })
}

// ask has each of the agent's contacts asked that is not asked yet, for the first time within the given time. r.mu is held.
func (r *registrar) ask(agent hotline.AgentID, cs []Contact, within time.Duration) {
	if r.alive == nil {
		return
	}
	for i := range cs {
		if c := &cs[i]; c.pulse == nil {
			c.pulse = &pulse{agent: agent, uri: c.URI, routes: c.Route, path: c.Path}
			r.alive.watch(c.pulse, within)
		}
	}
}

// forgo stops asking those of old that are not among next. r.mu is held.
func (r *registrar) forgo(old, next []Contact) {
	for _, c := range old {
		if c.pulse == nil || slices.ContainsFunc(next, func(n Contact) bool { return n.pulse == c.pulse }) {
			continue
		}
		r.alive.forget(c.pulse)
		r.mark(c.pulse, false)
	}
}

// refreshed keeps asking the phone that has registered again under the same address. r.mu is held.
func (r *registrar) refreshed(old []Contact, c *Contact) {
	i := slices.IndexFunc(old, func(o Contact) bool { return o.Key == c.Key })
	if i < 0 || old[i].pulse == nil || old[i].Path != c.Path || old[i].text != c.text || len(old[i].Route)+len(c.Route) > 0 {
		return
	}
	c.pulse = old[i].pulse
	r.alive.heard(c.pulse)
	r.mark(c.pulse, false)
}

// mark notes whether the phone is taken for dead. r.mu is held.
func (r *registrar) mark(p *pulse, down bool) {
	switch {
	case down && !p.down:
		r.metrics.Unreachable.Add(1)
	case !down && p.down:
		r.metrics.Unreachable.Add(-1)
	}
	p.down = down
}

// judge takes a phone that died out of calling, or one that came back into it. Its registration stays.
func (r *registrar) judge(p *pulse) {
	r.order.Lock()
	defer r.order.Unlock()
	r.mu.Lock()
	cs := r.aors[p.agent]
	i := slices.IndexFunc(cs, func(c Contact) bool { return c.pulse == p })
	down := r.alive.isDead(p) // asked now: it may have registered since it was found dead
	if i < 0 || p.down == down {
		r.mu.Unlock()
		return
	}
	was := reachable(cs)
	r.mark(p, down)
	is := reachable(cs)
	r.mu.Unlock()
	r.tell(p.agent, was, is, false)
}
