package wire

import (
	"net/netip"
	"testing"
)

// TestMoves: a phone at another address is the same phone by its instance or its Call-ID; a second phone, a second contact and a
// change between connection and datagrams are not.
func TestMoves(t *testing.T) {
	at := func(key, addr, callID string, f *flow) Contact {
		return Contact{Key: key, Path: Path{Peer: netip.MustParseAddrPort(addr), flow: f}, callID: callID}
	}
	conn, next := new(flow), new(flow)
	old := []Contact{at("a", "10.0.0.1:5060", "one", nil), at("instance|7|", "10.0.0.2:5060", "two", nil), at("c", "10.0.0.3:5060", "three", conn), at("instance|9|1", "10.0.0.4:5060", "five", conn)}
	for _, c := range []struct {
		name, callID string
		adds         []binding
		from         string // empty: none has moved
	}{
		{"the same again", "one", []binding{{at("a", "10.0.0.1:5060", "one", nil), 60}}, ""},
		{"by its Call-ID", "one", []binding{{at("b", "10.0.1.1:5060", "one", nil), 60}}, "10.0.0.1:5060"},
		{"by its Call-ID, the old one taken away", "one", []binding{{at("a", "10.0.0.1:5060", "one", nil), 0}, {at("b", "10.0.1.1:5060", "one", nil), 60}}, "10.0.0.1:5060"},
		{"another port of its NAT", "one", []binding{{at("a", "10.0.0.1:1024", "one", nil), 60}}, "10.0.0.1:5060"},
		{"two contacts", "one", []binding{{at("a", "10.0.0.1:5060", "one", nil), 60}, {at("b", "10.0.1.1:5060", "one", nil), 60}}, ""},
		{"another phone", "four", []binding{{at("b", "10.0.1.1:5060", "four", nil), 60}}, ""},
		{"by its instance", "new", []binding{{at("instance|7|", "10.0.1.2:5060", "new", nil), 60}}, "10.0.0.2:5060"},
		{"another instance", "two", []binding{{at("instance|8|", "10.0.1.2:5060", "two", nil), 60}}, ""},
		{"taken away", "one", []binding{{at("b", "10.0.1.1:5060", "one", nil), 0}}, ""},
		{"from a connection", "three", []binding{{at("d", "10.0.1.3:5060", "three", nil), 60}}, ""},
		{"by another connection", "new", []binding{{at("instance|9|1", "10.0.1.4:5060", "new", next), 60}}, "10.0.0.4:5060"},
		{"by another flow of it", "new", []binding{{at("instance|9|2", "10.0.1.4:5060", "new", next), 60}}, ""},
		{"by another connection, by its Call-ID", "three", []binding{{at("d", "10.0.1.3:5060", "three", next), 60}}, "10.0.0.3:5060"},
		{"the same connection", "three", []binding{{at("c", "10.0.0.3:5060", "three", conn), 60}}, ""},
		{"to a connection", "one", []binding{{at("b", "10.0.1.1:5060", "one", conn), 60}}, ""},
	} {
		ms := moves(old, c.adds, c.callID)
		if got := len(ms) == 1; got != (c.from != "") || got && (ms[0].from.Peer.String() != c.from || ms[0].to.Path.Peer == ms[0].from.Peer) {
			t.Errorf("%s: %+v", c.name, ms)
		}
	}
}
