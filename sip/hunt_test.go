package sip

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/resolve"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// carriers is a switch with trunks, and a scripted server for each server of them.
func carriers(t *testing.T, n int, trunks func(at []wire.Server) []wire.Trunk, change func(*Config)) (*rig, []*phone) {
	ps, at := make([]*phone, n), make([]wire.Server, n)
	for i := range ps {
		ps[i] = newPhone(t, netip.AddrPort{})
		at[i] = wire.ServerAt(netip.MustParseAddrPort(ps[i].addr()))
	}
	r := newRig(t, func(c *Config) {
		c.Trunks = trunks(at)
		if change != nil {
			change(c)
		}
	})
	for _, p := range ps {
		p.engine = r.addr
	}
	return r, ps
}

func oneTrunk(at []wire.Server) []wire.Trunk { return []wire.Trunk{{Name: "out", Servers: at}} }

// TestSilentServer: who gives no answer at all loses the call to the next server within 2 s (here 4·T1 = 0.2 s), and the next
// calls with it; whatever it still does ends with it.
func TestSilentServer(t *testing.T) {
	r, ps := carriers(t, 2, oneTrunk, nil)
	a, b := ps[0], ps[1]
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := a.want("INVITE")
	second := b.want("INVITE")
	if gap := second.at.Sub(inv.at); gap < 150*time.Millisecond || gap > 600*time.Millisecond {
		t.Errorf("after %s", gap)
	}
	if second.get("call-id") != inv.get("call-id") || second.seq() <= inv.seq() || second.get("via") == inv.get("via") {
		t.Errorf("%+v", second)
	}
	b.reply(second, 180, "b", "")
	want[hotline.Ringing](r, nil)
	a.reply(inv, 180, "late", "") // it lives after all: too late
	cancel := a.want("CANCEL")
	a.reply(cancel, 200, "late", "")
	a.reply(inv, 487, "late", "")
	a.want("ACK")
	b.reply(second, 200, "b", b.sdp(1))
	want[hotline.PickedUp](r, nil)
	b.want("ACK")

	r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "2"})
	third := b.want("INVITE") // the silent one rests
	b.reply(third, 486, "x", "")
	b.want("ACK")
	want[hotline.Failed](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	b.reply(b.want("BYE"), 200, "", "")
	if n := r.sw.cfg.Metrics.TrunkFailovers.Load(); n != 1 {
		t.Errorf("%d failovers", n)
	}
	r.idle(2 * time.Second)
}

// TestSilentServerAnswersLate: its 200 comes when another already rings: acknowledged and ended, and the other goes on.
func TestSilentServerAnswersLate(t *testing.T) {
	r, ps := carriers(t, 2, oneTrunk, nil)
	a, b := ps[0], ps[1]
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := a.want("INVITE")
	second := b.want("INVITE")
	a.reply(inv, 200, "late", a.sdp(1))
	a.want("ACK")
	bye := a.want("BYE")
	if tagIn(bye.get("to")) != "late" {
		t.Errorf("%+v", bye)
	}
	a.reply(bye, 200, "", "")
	b.reply(second, 200, "b", b.sdp(1))
	want[hotline.PickedUp](r, nil)
	b.want("ACK")
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	b.reply(b.want("BYE"), 200, "", "")
	r.idle(2 * time.Second)
}

// TestServerWithoutRoom: 503 sends the call on at once, and for the time it names the next calls too; without another server
// it is the answer.
func TestServerWithoutRoom(t *testing.T) {
	r, ps := carriers(t, 2, oneTrunk, nil)
	a, b := ps[0], ps[1]
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := a.want("INVITE")
	a.reply(inv, 503, "a", "", "Retry-After: 60 (busy hour)")
	a.want("ACK")
	second := b.want("INVITE")
	b.reply(second, 404, "b", "") // an answer is an answer
	b.want("ACK")
	if f := want[hotline.Failed](r, nil); f.Code != 404 || f.Cause != hotline.CauseNotFound {
		t.Errorf("%+v", f)
	}
	a.none("INVITE", 50*time.Millisecond)
	if s := r.sw.Trunks()[0].Servers[0]; time.Until(s.Rests) < 55*time.Second {
		t.Errorf("%+v", s)
	}
	r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "2"})
	third := b.want("INVITE")
	b.reply(third, 503, "b", "") // both are full: the one that rests is asked all the same
	b.want("ACK")
	fourth := a.want("INVITE")
	a.reply(fourth, 503, "a", "")
	a.want("ACK")
	if f := want(r, func(f hotline.Failed) bool { return f.Leg == "c1-2" }); f.Code != 503 {
		t.Errorf("%+v", f)
	}
	r.idle(time.Second)
}

// TestRungIsNotCalledAgain: a phone that rang and was not answered (408) does not ring a second time by the other server.
func TestRungIsNotCalledAgain(t *testing.T) {
	r, ps := carriers(t, 2, oneTrunk, nil)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := ps[0].want("INVITE")
	ps[0].reply(inv, 180, "a", "")
	want[hotline.Ringing](r, nil)
	ps[0].reply(inv, 408, "a", "")
	ps[0].want("ACK")
	if f := want[hotline.Failed](r, nil); f.Code != 408 {
		t.Errorf("%+v", f)
	}
	ps[1].none("INVITE", 300*time.Millisecond)
	if s := r.sw.Trunks()[0].Servers[0]; !s.Up || !s.Rests.IsZero() {
		t.Errorf("the server is blamed: %+v", s)
	}
	r.idle(time.Second)
}

// TestSlowQuestion: a server that asks for the password lives, however long its next answer takes.
func TestSlowQuestion(t *testing.T) {
	r, ps := carriers(t, 2, func(at []wire.Server) []wire.Trunk {
		return []wire.Trunk{{Name: "out", Servers: at, User: "u", Password: "p"}}
	}, nil)
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := ps[0].want("INVITE")
	time.Sleep(100 * time.Millisecond)
	ps[0].reply(inv, 401, "a", "", `WWW-Authenticate: Digest realm="c", nonce="n", algorithm=SHA-256`)
	ps[0].want("ACK")
	second := ps[0].want("INVITE")
	ps[1].none("INVITE", 250*time.Millisecond)
	ps[0].reply(second, 486, "a", "")
	ps[0].want("ACK")
	r.idle(time.Second)
}

// TestNextTrunk: a call that names no trunk goes on to the next one, and the place on the first is given back.
func TestNextTrunk(t *testing.T) {
	r, ps := carriers(t, 2, func(at []wire.Server) []wire.Trunk {
		return []wire.Trunk{
			{Name: "a", Servers: at[:1], MaxCalls: 1, User: "a", Password: "pa", Out: rule(t, "0", "00")},
			{Name: "z", Servers: at[1:], User: "z", Password: "pz", Number: "4000"},
		}
	}, nil)
	a, z := ps[0], ps[1]
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "01"})
	inv := a.want("INVITE")
	if !strings.HasPrefix(inv.start, "INVITE sip:001@") {
		t.Errorf("%s", inv.start)
	}
	a.reply(inv, 503, "a", "", "Retry-After: 1")
	second := z.want("INVITE")
	if !strings.HasPrefix(second.start, "INVITE sip:01@") || uriIn(second.get("from")) != "sip:4000@"+testDomain {
		t.Errorf("%s %s", second.start, second.get("from"))
	}
	if n := r.sw.Trunks(); n[0].Calls != 0 || n[0].MaxCalls != 1 || n[1].Calls != 1 || n[1].MaxCalls != 0 {
		t.Errorf("%+v", n)
	}
	z.reply(second, 401, "z", "", `WWW-Authenticate: Digest realm="z", nonce="n", algorithm=MD5`)
	z.want("ACK")
	third := z.want("INVITE")
	if cr, _ := digest.ReadCredentials(third.get("authorization")); cr.Username != "z" { // to each trunk its own
		t.Errorf("%+v", cr)
	}
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseCancelled})
	z.reply(third, 180, "z", "")
	z.reply(z.want("CANCEL"), 200, "z", "")
	z.reply(third, 487, "z", "")
	z.want("ACK")
	r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "01", Trunk: "a"})
	named := a.want("INVITE") // who names a trunk wants that one
	a.reply(named, 503, "a", "")
	if f := want(r, func(f hotline.Failed) bool { return f.Leg == "c1-2" }); f.Code != 503 {
		t.Errorf("%+v", f)
	}
	z.none("INVITE", 50*time.Millisecond)
	r.idle(time.Second)
}

// book is a Locator that says what it is told.
type book struct {
	mu      sync.Mutex
	targets []resolve.Target
	err     error
	asked   []string
}

// Locate implements Locator.
func (b *book) Locate(_ context.Context, host string, port uint16, network string) ([]resolve.Target, time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, fmt.Sprint(host, " ", port, " ", network))
	return b.targets, 20 * time.Millisecond, b.err
}

func (b *book) set(targets ...resolve.Target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.targets, b.err = targets, nil
	if len(targets) == 0 {
		b.err = resolve.ErrNone
	}
}

// TestServerByName: calls go where the name leads, in the order of its records; a change is followed without a gap, and dead
// name servers change nothing.
func TestServerByName(t *testing.T) {
	bk := &book{}
	bk.set()
	r, ps := carriers(t, 2, func([]wire.Server) []wire.Trunk {
		return []wire.Trunk{{Name: "out", Servers: []wire.Server{{Host: "sip.carrier.example"}}}}
	}, func(c *Config) { c.Locator = bk })
	a, b := ps[0], ps[1]
	target := func(p *phone, priority int) resolve.Target {
		return resolve.Target{Addr: netip.MustParseAddrPort(p.addr()), Network: "udp", Priority: priority, Weight: 1}
	}
	r.do(hotline.Dial{Call: testCall, Leg: "c1-0", To: "0"})
	if f := want[hotline.Failed](r, nil); f.Cause != hotline.CauseUnreachable || r.sw.Trunks()[0].Up {
		t.Errorf("%+v, %+v", f, r.sw.Trunks())
	}
	servers := func() string {
		var all []string
		for _, s := range r.sw.Trunks()[0].Servers {
			all = append(all, s.Addr.String())
		}
		return strings.Join(all, " ")
	}
	bk.set(target(a, 2), target(b, 1), resolve.Target{Addr: netip.MustParseAddrPort("[2001:db8::1]:5060"), Network: "udp"}, resolve.Target{Addr: r.addr, Network: "udp"})
	wiretest.Eventually(t, "both are known", func() bool { return servers() == a.addr()+" "+b.addr() })
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := b.want("INVITE")
	if !strings.HasPrefix(inv.start, "INVITE sip:1@sip.carrier.example SIP/2.0") {
		t.Errorf("%s", inv.start)
	}
	b.reply(inv, 200, "b", b.sdp(1))
	want[hotline.PickedUp](r, nil)
	b.want("ACK")
	bk.set()
	time.Sleep(60 * time.Millisecond)
	if servers() != a.addr()+" "+b.addr() {
		t.Errorf("the name servers' death was felt: %s", servers())
	}
	bk.set(target(a, 1))
	wiretest.Eventually(t, "the change is known", func() bool { return servers() == a.addr() })
	r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "2"})
	inv = a.want("INVITE")
	a.reply(inv, 486, "a", "")
	a.want("ACK")
	want[hotline.Failed](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup}) // the call by the old place goes on to its end
	b.reply(b.want("BYE"), 200, "", "")
	r.idle(time.Second)
	bk.mu.Lock()
	defer bk.mu.Unlock()
	if slices.ContainsFunc(bk.asked, func(s string) bool { return s != "sip.carrier.example 0 " }) {
		t.Errorf("%q", bk.asked)
	}
}
