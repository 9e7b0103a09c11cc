package sip

import (
	"fmt"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// TestPhoneInACallIsNotAsked: while its leg is up, whoever called.
func TestPhoneInACallIsNotAsked(t *testing.T) {
	r := newRig(t, func(c *Config) { c.KeepAlive = time.Hour })
	talking := func(want int) {
		t.Helper()
		cs := r.sw.wire.Contacts("8001")
		if len(cs) != 1 {
			t.Fatalf("%d contacts", len(cs))
		}
		wiretest.Eventually(t, fmt.Sprint(want, " legs by the contact's way"), func() bool { return r.sw.wire.Talking(cs[0].Path) == want })
	}
	p, inv := r.dialAgent(testCall, testLeg, nil)
	p.reply(inv, 180, "a", "")
	want[hotline.Ringing](r, nil)
	talking(0)
	p.reply(inv, 200, "a", p.sdp(1))
	p.want("ACK")
	talking(1)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	p.reply(p.want("BYE"), 200, "", "")
	talking(0)
}
