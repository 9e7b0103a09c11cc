package sip

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// streamPhoneAt is a phone at an address that speaks SIP over a connection of its own.
func streamPhoneAt(t *testing.T, r *rig, network string, at netip.Addr) *phone {
	t.Helper()
	p := newPhoneAt(t, net.IP(at.AsSlice()), port(r.sw, network))
	p.stream, p.over = wiretest.DialStream(t, network, p.engine, at), network
	p.done.Go(p.readStream)
	return p
}

// TestConnectedPhoneMovesInACall: an agent's phone in a call loses its connection, as with its network, and registers by another. From
// another address it is re-INVITEd there within two seconds, whether the lost connection was seen to end or not, and heard there; from
// the same it is not, for its sound comes from where it came (reliability.md §4, 63).
func TestConnectedPhoneMovesInACall(t *testing.T) {
	here, there := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	for _, c := range []struct {
		name  string
		to    netip.Addr
		ended bool // the lost connection ended, and we know
		asked bool // a re-INVITE comes
	}{
		{"another network, known to be gone", there, true, true},
		{"another network, not known to be gone", there, false, true},
		{"the same address", here, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			wiretest.Over(t, func(t *testing.T, network string) {
				r := newRig(t, nil)
				p := streamPhoneAt(t, r, network, here)
				p.instance = `;+sip.instance="<urn:uuid:7>"`
				p.register("8001")
				r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001", From: hotline.Party{Number: "1"}, Timeout: 10 * time.Second})
				inv := p.want("INVITE")
				p.reply(inv, 200, "a", p.sdp(1))
				p.want("ACK")
				want(r, func(s hotline.PickedUp) bool { return s.Leg == testLeg })
				p.speak(inv.body, 0x55, 5)
				if c.ended {
					p.stream.Close()
					wiretest.Eventually(t, "it is known to be gone", func() bool { return len(r.sw.wire.Contacts("8001")) == 0 })
				}

				q := streamPhoneAt(t, r, network, c.to)
				q.instance = p.instance
				began := time.Now()
				q.register("8001")
				if c.asked {
					re := q.want("INVITE")
					if d := re.at.Sub(began); d > 2*time.Second || tagIn(re.get("to")) == "" {
						t.Errorf("after %v: %+v", d, re.heads)
					}
					q.reply(re, 200, "", strings.ReplaceAll(q.sdp(2), "127.0.0.1", c.to.String()))
					q.want("ACK")
					before := r.sw.leg(testLeg).handle.media.Load().Stats()
					q.speak(re.body, 0x55, 10)
					wiretest.Eventually(t, "it is heard", func() bool {
						return r.sw.leg(testLeg).handle.media.Load().Stats().Received >= before.Received+8
					})
				}
				q.none("INVITE", 50*time.Millisecond)
				r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
				q.reply(q.want("BYE"), 200, "", "")
				r.idle(2 * time.Second)
			}, "tcp", "ws")
		})
	}
}
