package wire

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"hotline/sip/wiretest"
)

// TestTrunkThatIsNoneAnyMore: its addresses are strangers' from then on, and again a trunk's when it is back.
func TestTrunkThatIsNoneAnyMore(t *testing.T) {
	w := startWire(t, &fakeCalls{onRequest: func(in Inbound) {
		if in.Tx != nil {
			_ = in.Tx.Respond(in.Tx.Reply(486, "Busy Here"))
		}
	}}, nil)
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	carrier := []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	for i, c := range []struct {
		trunks []Trunk
		code   int
	}{{nil, 401}, {carrier, 486}, {carrier, 486}, {nil, 401}} {
		w.setTrunks(t.Context(), c.trunks)
		invite := strings.Replace(u.Request("INVITE", "X", "95500", 1, fmt.Sprint("live-", i)), "<sip:X@"+wiretest.Domain+">", "<sip:13800001111@carrier.example>", 1)
		u.Send(invite)
		res := u.Final()
		u.Send(string(wiretest.AckTo([]byte(invite), []byte(res), "ACK")))
		if got := wiretest.StatusOf([]byte(res)); got != c.code {
			t.Errorf("%d: %d, want %d", i, got, c.code)
		}
	}
}

// TestRegistrationWhenATrunkChanges: one that goes on under the same account is not taken away; one of another account is, and so is
// that of a trunk that is gone.
func TestRegistrationWhenATrunkChanges(t *testing.T) {
	reg := func(user, server string, most int) *trunk {
		return &trunk{Trunk: Trunk{Name: "t", User: user, Servers: []Server{{Host: server}}, Register: &Register{}, MaxCalls: most}}
	}
	for _, c := range []struct {
		was, next *trunk
		same      bool
	}{
		{reg("u", "c.example", 1), reg("u", "c.example", 2), true},
		{reg("u", "c.example", 1), reg("v", "c.example", 1), false},
		{reg("u", "c.example", 1), reg("u", "d.example", 1), false},
		{reg("u", "c.example", 1), &trunk{Trunk: Trunk{Name: "t", Servers: []Server{{Host: "c.example"}}}}, false},
		{reg("u", "c.example", 1), nil, false},
	} {
		if got := sameAccount(c.was, c.next); got != c.same {
			t.Errorf("%+v → %+v: %t", c.was, c.next, got)
		}
	}
}
