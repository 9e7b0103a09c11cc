package wire

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// Times of gateways.
const (
	restDefault = 5 * time.Second  // after a 503 without Retry-After
	restMost    = 5 * time.Minute  // however long a Retry-After is
	restSilent  = 30 * time.Second // after a silence, where nobody asks whether it lives
	goodAnswers = 3                // running, until a dead gateway is called again
)

// gatewayKey is what makes two gateways of a trunk the same.
type gatewayKey struct {
	network string
	addr    netip.AddrPort
	server  Server // it belongs to
}

// Gateway is one place where a trunk can be reached: an address of one of its servers. Whether calls go there is decided by
// OPTIONS, by what became of the calls, and over tcp and tls by whether the connection stands.
type Gateway struct {
	gatewayKey
	trunk    *trunk
	rank     int // of its server in the trunk's list
	priority int
	weight   uint16
	stop     func() // ends its connection; nil over udp

	// Guarded by the trunk's mu.
	pulse   *pulse // nil: nobody asks whether it lives
	dead    bool
	since   time.Time // of dead, or of its opposite; zero: from the start
	rests   time.Time // until then it is called last: it said so, or was silent
	flow    *flow     // over tcp and tls; nil: there is no connection now
	refused string    // why there is none
}

// URI is the gateway's server as a URI; user may be empty. A name stays a name (RFC 3261 §19.1.1): servers tell by it what
// domain they are asked for.
func (g *Gateway) URI(user string) gosip.Uri {
	u := gosip.Uri{Scheme: "sip", User: user, Host: syntax.Bracket(g.server.Host), Port: int(g.server.Port)}
	if g.network != "udp" {
		u.UriParams = gosip.HeaderParams{{K: "transport", V: g.network}}
	}
	return u
}

// Trunk is the trunk that the gateway is of, as it is configured. It must not be changed.
func (g *Gateway) Trunk() *Trunk { return &g.trunk.Trunk }

// Server is the configured server that the gateway is an address of.
func (g *Gateway) Server() Server { return g.server }

// String names the gateway for logs and metrics.
func (g *Gateway) String() string { return g.network + "://" + g.addr.String() }

// ways are the trunk's gateways in the order in which a call tries them: in the order of its servers, within one server by
// priority and then by lot according to weight (RFC 2782), those that rest after those that do not, and the dead last.
func (t *trunk) ways(now time.Time) []*Gateway {
	t.mu.Lock()
	defer t.mu.Unlock()
	return inOrder(t.gateways, func(g *Gateway) int {
		switch {
		case g.dead:
			return 2
		case now.Before(g.rests):
			return 1
		}
		return 0
	}, rand.Uint64N)
}

// inOrder orders gateways by state, rank and priority, and equals by lot; chance(n) is a number below n.
func inOrder(all []*Gateway, state func(*Gateway) int, chance func(uint64) uint64) []*Gateway {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b *Gateway) int {
		switch {
		case state(a) != state(b):
			return state(a) - state(b)
		case a.rank != b.rank:
			return a.rank - b.rank
		}
		return a.priority - b.priority
	})
	for i := 0; i < len(out); {
		j := i + 1
		for j < len(out) && out[j].rank == out[i].rank && out[j].priority == out[i].priority && state(out[j]) == state(out[i]) {
			j++
		}
		byWeight(out[i:j], chance)
		i = j
	}
	return out
}

// byWeight shuffles gateways so that the chance to be first is in proportion to the weight; those of weight 0 have a very
// small one (RFC 2782, "Usage rules").
func byWeight(gs []*Gateway, chance func(uint64) uint64) {
	const tiny = 1
	for i := 0; i < len(gs)-1; i++ {
		sum := uint64(0)
		for _, g := range gs[i:] {
			sum += 100*uint64(g.weight) + tiny
		}
		n := chance(sum)
		for j := i; j < len(gs); j++ {
			share := 100*uint64(gs[j].weight) + tiny
			if n < share {
				gs[i], gs[j] = gs[j], gs[i]
				break
			}
			n -= share
		}
	}
}

// wayTo is the path to the gateway; false: no socket of ours reaches it, or its connection is down.
func (w *Wire) wayTo(g *Gateway) (Path, bool) {
	if g.network == "udp" {
		s := w.udpTo(g.addr.Addr(), nil)
		return Path{sock: s, Peer: g.addr}, s != nil
	}
	g.trunk.mu.Lock()
	f := g.flow
	g.trunk.mu.Unlock()
	if f == nil || f.gone() {
		return Path{}, false
	}
	return Path{sock: f.sock, flow: f, Peer: f.peer}, true
}

// Silent notes that a call got no answer at all: it and the next ones go elsewhere until OPTIONS is answered again.
func (w *Wire) Silent(g *Gateway, now time.Time) {
	t := g.trunk
	t.mu.Lock()
	p := g.pulse
	if p == nil {
		g.rests = now.Add(restSilent)
	}
	t.mu.Unlock()
	w.cfg.Metrics.TrunkFailovers.Add(1)
	if p != nil {
		w.alive.kill(p)
	}
	w.log.Warn("sip: a trunk's server gave no answer to a call", "trunk", t.Name, "server", g)
}

// RefusedBy notes that the gateway has no room (503, RFC 3261 §21.5.4): nothing goes there until it said, as long as
// there is another.
func (w *Wire) RefusedBy(g *Gateway, res *gosip.Response, now time.Time) {
	rest := restOf(res)
	g.trunk.mu.Lock()
	g.rests = now.Add(rest)
	g.trunk.mu.Unlock()
	w.cfg.Metrics.TrunkFailovers.Add(1)
	w.log.Warn("sip: a trunk's server takes no calls", "trunk", g.trunk.Name, "server", g, "for", rest)
}

// PassedOver notes that a call goes on elsewhere after an answer that speaks of this one call's way and not of the gateway, which lives:
// the next call is sent there as before.
func (w *Wire) PassedOver(g *Gateway, code int) {
	w.cfg.Metrics.TrunkFailovers.Add(1)
	w.log.Warn("sip: a trunk's server could not bring a call on", "trunk", g.trunk.Name, "server", g, "code", code)
}

// restOf is how long the response asks to be left alone (RFC 3261 §20.33), within reason.
func restOf(res *gosip.Response) time.Duration {
	text := syntax.HeaderValue(res, "retry-after", "")
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	if s, err := strconv.ParseUint(text[:n], 10, 31); err == nil {
		return min(time.Duration(s)*time.Second, restMost)
	}
	return restDefault
}

// place puts the gateways of one of the trunk's servers in place of those it had. Those that were there stay as they are.
func (w *Wire) place(t *trunk, rank int, fresh []*Gateway) {
	t.mu.Lock()
	if t.gone {
		t.mu.Unlock()
		return
	}
	var next, gone []*Gateway
	for _, g := range t.gateways {
		switch i := slices.IndexFunc(fresh, func(f *Gateway) bool { return f.gatewayKey == g.gatewayKey }); {
		case g.rank != rank:
			next = append(next, g)
		case i < 0:
			gone = append(gone, g)
		default:
			g.priority, g.weight = fresh[i].priority, fresh[i].weight
			next = append(next, g)
			fresh = slices.Delete(fresh, i, i+1)
		}
	}
	for _, g := range fresh {
		g.trunk, g.rank = t, rank
	}
	t.gateways = append(next, fresh...)
	t.mu.Unlock()
	w.trunks.relearn()
	for _, g := range gone {
		w.leave(g)
	}
	for _, g := range fresh {
		w.approach(g)
	}
	w.cfg.TrunkNews()
}

// approach begins to ask whether the gateway lives; over tcp and tls it begins with a connection.
func (w *Wire) approach(g *Gateway) {
	if g.network == "udp" {
		if p, ok := w.wayTo(g); ok {
			g.trunk.lives()
			w.ask(g, p)
		}
		return
	}
	w.connect(g)
}

// ask has the prober ask the gateway by the path.
func (w *Wire) ask(g *Gateway, p Path) {
	if w.alive == nil {
		return
	}
	pulse := &pulse{gate: g, path: p, uri: g.URI(""), comeback: goodAnswers}
	g.trunk.mu.Lock()
	if g.trunk.gone {
		g.trunk.mu.Unlock()
		return
	}
	g.pulse = pulse
	g.trunk.mu.Unlock()
	w.alive.watch(pulse, time.Second)
}

// leave forgets a gateway that its name no longer leads to. Calls over its connection go on.
func (w *Wire) leave(g *Gateway) {
	g.trunk.mu.Lock()
	p := g.pulse
	g.pulse = nil
	g.trunk.mu.Unlock()
	w.alive.forget(p)
	if g.stop != nil {
		g.stop()
	}
}

// openTrunks makes the gateways of servers that are written as addresses. Names are looked up in run.
func (w *Wire) openTrunks() {
	for _, t := range w.trunks.all() {
		w.openTrunk(t)
	}
}

func (w *Wire) openTrunk(t *trunk) {
	t.life, t.end = context.WithCancel(w.ctx)
	if t.Register != nil {
		t.reg = w.newRegistration(t)
	}
	t.tapes = t.newRecorder()
	for _, at := range t.places() {
		for rank, s := range at.Servers {
			if a, ok := s.addr(); ok {
				w.place(at, rank, []*Gateway{{gatewayKey: gatewayKey{orUDP(s.Network), a, s}}})
			}
		}
	}
	if len(t.Servers) > 0 {
		return
	}
	for _, p := range t.Peers { // not asked by OPTIONS: nobody said that it answers there
		if p.IsSingleIP() {
			g := &Gateway{gatewayKey: gatewayKey{"udp", netip.AddrPortFrom(p.Addr(), 5060), Server{Host: p.Addr().String()}}, trunk: t}
			t.mu.Lock()
			t.gateways = []*Gateway{g}
			t.mu.Unlock()
			break
		}
	}
}

func orUDP(network string) string {
	if network == "" {
		return "udp"
	}
	return network
}

// judgeGateway notes that a gateway has died or come back, and tells once of a trunk that has.
func (w *Wire) judgeGateway(p *pulse) {
	g, t := p.gate, p.gate.trunk
	dead := w.alive.isDead(p)
	was := t.up()
	t.mu.Lock()
	if g.pulse != p || g.dead == dead {
		t.mu.Unlock()
		return
	}
	g.dead, g.since = dead, time.Now()
	f := g.flow
	t.mu.Unlock()
	if dead && f != nil {
		f.sock.w.start(f.close) // whatever stands between us has forgotten the connection: a new one may do
	}
	w.tellTrunk(g, was)
}

// tellTrunk tells what became of a trunk by the change of one of its gateways.
func (w *Wire) tellTrunk(g *Gateway, was bool) {
	defer w.cfg.TrunkNews()
	t := g.trunk
	switch is := t.up(); {
	case t.isRecorder():
		if is {
			t.stands.taping.forgive()
		}
		w.log.Warn("sip: a trunk's recorder stopped or began to answer", "trunk", t.Name, "recorder", g, "answers", is)
	case was && !is:
		w.log.Error("sip: trunk does not answer: calls out avoid it", "trunk", t.Name, "server", g)
	case !was && is:
		w.log.Info("sip: trunk answers again", "trunk", t.Name, "server", g)
	default:
		w.log.Warn("sip: one of a trunk's servers stopped or began to answer", "trunk", t.Name, "server", g)
	}
}

// FailsOver says whether the answer is none of the one that was called (RFC 3263 §4.3, RFC 5626 §4.3): 408 and 503 stand for
// a transport that failed, 430 for a connection.
func FailsOver(code int) bool { return code == 408 || code == 430 || code == 503 }

// CouldNot says whether a trunk's answer is of the network behind it, not of the one that was called (RFC 3261 §21.5, RFC 3398 §8.2.6): another
// trunk, or another server of this one, may still bring the call there.
func CouldNot(code int) bool { return code == 500 || code == 502 || code == 504 }
