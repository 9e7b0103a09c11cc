package wire

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

// TestDeadServerComesBack: OPTIONS finds a server dead, calls go elsewhere, and it is called again after three good answers.
func TestDeadServerComesBack(t *testing.T) {
	a, b := newAnswerer(t, 200), newAnswerer(t, 200)
	bed := newAliveBed(t, func(c *Config) {
		c.Trunks = []Trunk{{Name: "out", Servers: []Server{ServerAt(a.addr()), ServerAt(b.addr())}}}
	})
	up := func() [2]bool {
		s := bed.w.trunks.all()[0].state().Servers
		return [2]bool{s[0].Up, s[1].Up}
	}
	first := func() netip.AddrPort {
		s := bed.w.Search("out")
		defer s.End()
		g, _, err := s.Next(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return g.addr
	}
	bed.another(a, 1)
	bed.another(b, 1)
	if first() != a.addr() {
		t.Error("not the first")
	}
	a.code.Store(0)
	wiretest.Eventually(t, "a is dead", func() bool { return up() == [2]bool{false, true} })
	if first() != b.addr() {
		t.Error("a dead server is called")
	}
	was := a.asked.Load()
	a.code.Store(200)
	wiretest.Eventually(t, "a lives", func() bool { return up() == [2]bool{true, true} })
	if n := a.asked.Load() - was; n < 3 {
		t.Errorf("believed after %d answers", n)
	}
	g := bed.w.trunks.all()[0].servers()[0]
	bed.w.Silent(g, time.Now()) // a call met silence
	if up() != [2]bool{false, true} {
		t.Error("still called")
	}
	wiretest.Eventually(t, "OPTIONS says that it lives", func() bool { return up() == [2]bool{true, true} })
}

func TestOrderOfGateways(t *testing.T) {
	gate := func(name string, rank, priority int, weight uint16) *Gateway {
		return &Gateway{gatewayKey: gatewayKey{server: Server{Host: name}}, rank: rank, priority: priority, weight: weight}
	}
	all := []*Gateway{gate("dead", 0, 0, 0), gate("second", 1, 0, 0), gate("rests", 0, 0, 0), gate("b", 0, 2, 10), gate("a", 0, 1, 90), gate("a", 0, 1, 10)}
	state := func(g *Gateway) int { return map[string]int{"dead": 2, "rests": 1}[g.server.Host] }
	for n := range uint64(50) {
		var names []string
		for _, g := range inOrder(all, state, func(below uint64) uint64 { return n * 7919 % below }) {
			names = append(names, g.server.Host)
		}
		if !slices.Equal(names, []string{"a", "a", "b", "second", "rests", "dead"}) {
			t.Fatalf("%q", names)
		}
	}
	// RFC 2782: by weight, and those of weight 0 hardly ever.
	count := make(map[string]int)
	three := []*Gateway{gate("big", 0, 0, 60), gate("small", 0, 0, 20), gate("none", 0, 0, 0)}
	seed := uint64(1)
	for range 8000 {
		first := inOrder(three, state, func(below uint64) uint64 { seed = seed*6364136223846793005 + 1; return (seed >> 33) % below })[0]
		count[first.server.Host]++
	}
	if b, s := count["big"], count["small"]; b < 5700 || b > 6300 || s < 1700 || s > 2300 || count["none"] > 20 {
		t.Errorf("%v", count)
	}
}
