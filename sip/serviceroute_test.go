package sip

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// TestServiceRoute: calls out take the way that the registrar has named last, begin at its first proxy, and their CANCEL goes the same way.
func TestServiceRoute(t *testing.T) {
	c, next := registrarPhone(t)
	edge := newPhone(t, netip.AddrPort{})
	far := newPhoneAt(t, net.IPv4(127, 0, 0, 2), netip.AddrPort{})
	r := newRig(t, func(cfg *Config) {
		cfg.Trunks = []wire.Trunk{{Name: "t", Servers: []wire.Server{wire.ServerAt(mustPort(c.addr()))}, User: "u", Password: "p", Register: &wire.Register{}}}
	})
	c.engine, edge.engine, far.engine = r.addr, r.addr, r.addr
	for i, x := range []struct {
		said   []string // by the registrar
		routes []string
		to     *phone
	}{
		{nil, nil, c},
		{[]string{"Service-Route: <sip:" + edge.addr() + ";lr>, , <sip:home@192.0.2.9;lr;x=\"a,b\">", "Service-Route: <sip:last.example;lr>"}, nil, nil}, // quotes have no place in a URI
		{
			[]string{"Service-Route: <sip:" + edge.addr() + ";lr>, ,<sip:home@192.0.2.9;lr>;p=\"a,b\"", "Service-Route: <sip:last.example;lr>"},
			[]string{"<sip:" + edge.addr() + ";lr>", "<sip:home@192.0.2.9;lr>", "<sip:last.example;lr>"},
			edge,
		},
		{[]string{"Service-Route: <sip:" + far.addr() + ";lr>"}, []string{"<sip:" + far.addr() + ";lr>"}, c},       // no address of the trunk's
		{[]string{"Service-Route: <sip:proxy.carrier.example;lr>"}, []string{"<sip:proxy.carrier.example;lr>"}, c}, // only names of the config are looked up
		{nil, nil, c},
	} {
		state := func() wire.RegistrationState { return *r.sw.Trunks()[0].Registration }
		was := state().Next
		if i > 0 {
			r.sw.wire.NetworkChanged()
		}
		c.reply(next(), 200, "a", "", append(x.said, "Expires: 600")...)
		if x.to == nil {
			x.to = c
		}
		wiretest.Eventually(t, "registered", func() bool { return state().Registered && state().Next != was })
		leg := hotline.LegID(fmt.Sprint("c1-", i))
		r.do(hotline.Dial{Call: testCall, Leg: leg, To: "13800000000", Trunk: "t"})
		inv := x.to.want("INVITE")
		if got := inv.all("route"); !slices.Equal(got, x.routes) || !strings.HasPrefix(inv.start, "INVITE sip:13800000000@"+c.addr()) {
			t.Errorf("%d: %s, Route %q, want %q", i, inv.start, got, x.routes)
		}
		x.to.reply(inv, 180, "a", "")
		want(r, func(s hotline.Ringing) bool { return s.Leg == leg })
		r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseCancelled})
		cancel := x.to.want("CANCEL")
		if !slices.Equal(cancel.all("route"), x.routes) {
			t.Errorf("%d: CANCEL %q", i, cancel.all("route"))
		}
		x.to.reply(cancel, 200, "a", "")
		x.to.reply(inv, 487, "a", "")
		x.to.want("ACK")
	}
	far.none("INVITE", 10*time.Millisecond)
	go r.sw.Close()
	c.reply(next(), 200, "a", "")
}

// TestServiceRouteFailsOver: when the proxy that the registrar has named does not answer, the trunk's next server is called as if none had been
// named, and so are the calls after it.
func TestServiceRouteFailsOver(t *testing.T) {
	c, next := registrarPhone(t)
	spare := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(cfg *Config) {
		cfg.KeepAlive = time.Hour
		cfg.Trunks = []wire.Trunk{{
			Name: "t", Servers: []wire.Server{wire.ServerAt(mustPort(c.addr())), wire.ServerAt(mustPort(spare.addr()))}, User: "u", Password: "p", Register: &wire.Register{},
		}}
	})
	c.engine, spare.engine = r.addr, r.addr
	c.reply(next(), 200, "a", "", "Expires: 600", "Service-Route: <sip:"+c.addr()+";lr>")
	wiretest.Eventually(t, "registered", func() bool { return r.sw.Trunks()[0].Registration.Registered })
	for i := range 2 {
		leg := hotline.LegID(fmt.Sprint("c1-", i))
		r.do(hotline.Dial{Call: testCall, Leg: leg, To: "13800000000", Trunk: "t"})
		if i == 0 {
			if inv := c.want("INVITE"); inv.get("route") == "" { // it says nothing
				t.Error("no Route")
			}
		}
		inv := spare.want("INVITE")
		if inv.get("route") != "" {
			t.Errorf("Route %q", inv.get("route"))
		}
		spare.reply(inv, 486, "a", "")
		spare.want("ACK")
		want(r, func(s hotline.Failed) bool { return s.Leg == leg })
	}
	go r.sw.Close()
	c.reply(next(), 200, "a", "")
}
