package sip

import (
	"slices"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
)

// maxRedirects is how many places one call may be sent on to, all its 3xx together.
const maxRedirects = 5

// redirected calls where a 3xx says (RFC 3261 §8.1.3.4), as far as that costs nobody money: an agent's phone may send its call on
// to agents, a trunk to places of the same trunk, and a trusted one there to another number. A phone that anybody may set to forward to a number outside is the oldest
// way to have calls paid by others. What is not followed is a refusal (cause.go).
func (l *leg) redirected(b *branch, res *gosip.Response) bool {
	d := l.dialled
	if l.phase != phaseNew || b.left || res.StatusCode != 301 && res.StatusCode != 302 && res.StatusCode != 300 {
		return false
	}
	var next []target
	for _, c := range contactsByQ(res) {
		for _, t := range l.sentOnTo(b, c) {
			where := t.uri.String() + "|" + t.path.String()
			if len(d.sentTo) == maxRedirects || slices.Contains(d.sentTo, where) {
				continue
			}
			d.sentTo = append(d.sentTo, where)
			t.through = append(slices.Clone(b.through), hotline.Diversion{Number: sentFrom(b), Reason: l.sentWhy(res), Count: 1})
			next = append(next, t)
		}
	}
	if len(next) == 0 {
		l.log.Info("sip: a redirection is not followed", "code", res.StatusCode, "from", b.uri.Host)
		return false
	}
	b.over = true
	d.hunt.seq = max(d.hunt.seq, b.req.CSeq().SeqNo) + 1 // another request than the one that was refused (RFC 3261 §8.1.3.4)
	l.tryAll(next)
	return true
}

// contactsByQ are the contacts of a 3xx that can be called, the preferred first (RFC 3261 §20.10).
func contactsByQ(res *gosip.Response) []gosip.Uri {
	type contact struct {
		uri gosip.Uri
		q   float64
	}
	var all []contact
	for _, h := range res.GetHeaders("contact") {
		c, ok := h.(*gosip.ContactHeader)
		if !ok {
			continue
		}
		uri, ok := contactOf(c)
		if !ok || len(all) == maxIdentities {
			continue
		}
		q := 1.0
		if v, there := c.Params.Get("q"); there {
			q, _ = strconv.ParseFloat(v, 64)
		}
		all = append(all, contact{uri, q})
	}
	slices.SortStableFunc(all, func(a, b contact) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	uris := make([]gosip.Uri, len(all))
	for i := range all {
		uris[i] = all[i].uri
	}
	return uris
}

// sentOnTo is where the contact leads, as far as policy lets us go there.
func (l *leg) sentOnTo(b *branch, uri gosip.Uri) []target {
	w := l.sw.wire
	if b.gate == nil {
		user := syntax.UnescapeUser(uri.User)
		if !w.IsOurs(uri.Host) || user == string(l.agent) || !w.HasAccount(user) {
			return nil
		}
		if may := l.sw.cfg.Forward; may != nil && !may(l.agent, hotline.AgentID(user)) {
			l.log.Info("sip: a phone sends its call on to an agent who takes none just now: it is refused", "agent", l.agent, "to", user)
			return nil
		}
		groups := l.phones(hotline.AgentID(user))
		if len(groups) == 0 {
			return nil
		}
		return groups[0]
	}
	t := target{uri: uri, to: b.to, gate: b.gate}
	host := strings.Trim(uri.Host, "[]")
	switch a := syntax.HostAddr(host); {
	case strings.EqualFold(host, b.gate.Server().Host) && (uri.Port == 0 || uri.Port == int(b.path.Peer.Port())), a.IsValid() && a == b.path.Peer.Addr() && uri.Port == int(b.path.Peer.Port()):
		t.path, t.routes = b.path, b.routes
	case a.IsValid() && w.TrunkOf(a, b.gate.Trunk().Name):
		p, err := w.PathTo(uri, b.path.Bare())
		if err != nil {
			return nil
		}
		t.path = p
	default:
		return nil
	}
	if uri.User != b.uri.User && !b.gate.Trunk().Trusted {
		return nil // another number is another price
	}
	return []target{t}
}

// sentFrom is the number that sent its call on.
func sentFrom(b *branch) string { return syntax.NumberOf(b.to) }

// sentWhy is why, as the 3xx says itself (RFC 5806 §7), else by whether it rang.
func (l *leg) sentWhy(res *gosip.Response) string {
	if _, params, ok := strings.Cut(syntax.HeaderValue(res, "diversion", ""), ">"); ok {
		for p := range strings.SplitSeq(params, ";") {
			if key, v, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(key), "reason") {
				return reasonWord(strings.TrimSpace(v))
			}
		}
	}
	if l.dialled.rang {
		return "deflection"
	}
	return "unconditional"
}
