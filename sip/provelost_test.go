package sip

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// cutRig is a trunk behind a connection that wants a password, with further servers, and its first server's line, connected.
func cutRig(t *testing.T, network string, more ...wire.Server) (*rig, *streamCarrier) {
	c := newStreamCarrier(t, network, "127.0.0.1:0")
	r := quick(t, func(cfg *Config) {
		cfg.second, cfg.SessionExpires = 40*time.Millisecond, 90*time.Second
		cfg.Trunks = []wire.Trunk{{Name: "out", Servers: append([]wire.Server{c.server(network)}, more...), CA: caFile(t), User: "95500", Password: `p"w`}}
	})
	c.engine = r.addr
	c.connected()
	c.isUp(r)
	return r, c
}

func (c *streamCarrier) isUp(r *rig) {
	c.t.Helper()
	wiretest.Eventually(c.t, "the connection is up", func() bool { return r.sw.Trunks()[0].Servers[0].Up })
}

// TestConnectionLostAfterChallenge: a trunk asks who we are and closes the connection at once. A call goes on by the next server; what refreshes one
// and what ends it come by the next connection, proved.
func TestConnectionLostAfterChallenge(t *testing.T) {
	wiretest.Over(t, func(t *testing.T, network string) {
		for try := range wiretest.Tries(t, 2) {
			cut := func(c *streamCarrier) {
				time.Sleep(time.Duration(try%3) * 100 * time.Microsecond)
				c.stream.Close()
			}
			next := func(c *streamCarrier, what string) (m *sipMsg) { // that comes by the next connection
				for m = c.want(what); m.on != c.stream; {
					m = c.want(what)
				}
				return m
			}
			other := newPhone(t, netip.AddrPort{})
			r, c := cutRig(t, network, wire.ServerAt(netip.MustParseAddrPort(other.addr())))
			other.engine = r.addr
			r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
			c.reply(c.want("INVITE"), 401, "a", "", fmt.Sprintf(asksServer, "n1"))
			cut(c)
			other.reply(other.want("INVITE"), 486, "b", "")
			other.want("ACK")
			if f := want(r, func(f hotline.Failed) bool { return f.Leg == testLeg }); f.Code != 486 {
				t.Errorf("%+v", f)
			}
			r.idle(2 * time.Second)

			r, c = cutRig(t, network)
			r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "2"})
			c.reply(c.want("INVITE"), 200, "x", c.sdp(1), "Session-Expires: 90;refresher=uac", "Allow: UPDATE", "Supported: timer")
			c.want("ACK")
			want(r, func(s hotline.PickedUp) bool { return s.Leg == testLeg })
			up := c.want("UPDATE")
			c.reply(up, 407, "", "", fmt.Sprintf(asksProxy, "n2"))
			cut(c)
			c.connected()
			again := next(c, "UPDATE")
			again.provesOr(t, "proxy-authorization", "n2")
			if again.seq() <= up.seq() {
				t.Errorf("UPDATE %d after %d", again.seq(), up.seq())
			}
			c.reply(again, 200, "", "", "Session-Expires: 9000;refresher=uac", "Supported: timer")
			c.isUp(r)

			r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
			bye := c.want("BYE")
			c.reply(bye, 407, "", "", fmt.Sprintf(asksProxy, "n3")+", stale=true")
			cut(c)
			c.connected()
			last := next(c, "BYE")
			last.provesOr(t, "proxy-authorization", "n3")
			if last.seq() <= bye.seq() {
				t.Errorf("BYE %d after %d", last.seq(), bye.seq())
			}
			c.reply(last, 200, "", "")
			r.idle(2 * time.Second)
		}
	}, "tcp", "tls")
}

// provesOr checks the credentials of a request, if it has those: whether the challenge was read before the connection was lost is chance, and so is how
// often its nonce was used.
func (m *sipMsg) provesOr(t *testing.T, field, nonce string) {
	t.Helper()
	got, ok := digest.ReadCredentials(m.get(field))
	if !ok || got.Nonce != nonce {
		return
	}
	n := 0
	if _, err := fmt.Sscanf(got.NC, "%x", &n); err != nil {
		t.Fatal(err)
	}
	m.proves(t, field, nonce, n)
}
