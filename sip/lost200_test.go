package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestEachLost200 loses the first one to nine of the eleven copies of a 200 that RFC 3261 §13.3.1.4 has, of an INVITE's and of a
// re-INVITE's: the call is up all the same, once, and no copy follows the ACK (reliability.md §4, 36).
func TestEachLost200(t *testing.T) {
	for _, within := range []bool{false, true} {
		for n := 1; n <= 9; n++ {
			t.Run(fmt.Sprintf("%v %d", within, n), func(t *testing.T) {
				t.Parallel()
				lose200(t, within, n)
			})
		}
	}
}

func lose200(t *testing.T, within bool, n int) {
	r := newRig(t, func(c *Config) { c.t1 = 40 * time.Millisecond })
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	missed := 0
	lose := func() {
		p.drop(func(m *sipMsg) bool {
			if m.is("200 INVITE") && missed < n {
				missed++
				return true
			}
			return false
		})
	}
	if !within {
		lose()
	}
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	l.establish()
	want[hotline.PickedUp](r, nil)
	if within {
		lose()
		l.ask("INVITE", p.sdp(2, "a=sendonly"))
		l.establish()
		want(r, func(s hotline.HoldAsked) bool { return s.On })
	}
	p.none("200 INVITE", 200*time.Millisecond)
	if missed != n {
		t.Errorf("%d copies were lost, not %d", missed, n)
	}
	if !r.sw.Alive(in.Leg) {
		t.Error("the call is over")
	}
	l.ask("BYE", "")
	p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

// TestSilentPeer: a peer that dies without a word in the middle of a call gets its BYE when RFC 4028 §10 says and no later, whoever
// should have refreshed, called or calling (reliability.md §4, 40). A second lasts 20 ms, or one where the interval is long.
func TestSilentPeer(t *testing.T) {
	for _, c := range []struct {
		name    string
		second  time.Duration
		expires int
		who     string // refreshes
		dialled bool
		due     int // seconds
	}{
		{"it should refresh", 20 * time.Millisecond, 90, "peer", false, 60},
		{"we refresh", 20 * time.Millisecond, 90, "we", false, 60},               // at 45
		{"it should refresh, long", time.Millisecond, 1800, "peer", false, 1768}, // 1800 − 32
		{"dialled, it should refresh", 20 * time.Millisecond, 90, "peer", true, 60},
		{"dialled, we refresh", 20 * time.Millisecond, 90, "we", true, 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(cfg *Config) { cfg.second = c.second })
			var p *phone
			var began time.Time
			if c.dialled {
				var inv *sipMsg
				p, inv = r.dialAgent(testCall, testLeg, nil)
				began = time.Now()
				p.reply(inv, 200, "a", p.sdp(1), "Supported: timer", "Require: timer", "Allow: INVITE, UPDATE", fmt.Sprintf("Session-Expires: %d;refresher=%s", c.expires, map[string]string{"we": "uac", "peer": "uas"}[c.who]))
				p.want("ACK")
				want[hotline.PickedUp](r, nil)
			} else {
				began = time.Now()
				l, _, _ := r.timedCall(fmt.Sprintf("Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: %d;refresher=%s\r\n", c.expires, map[string]string{"we": "uas", "peer": "uac"}[c.who]))
				p = l.p
			}
			var asked *sipMsg
			p.drop(func(m *sipMsg) bool {
				if m.is("UPDATE") {
					asked = m
				}
				return m.is("UPDATE")
			})
			bye := p.want("BYE")
			d, due := bye.at.Sub(began), time.Duration(c.due)*c.second
			if d < due-c.second || d >= min(due+due/3, time.Duration(c.expires)*c.second) { // never when the session is over already
				t.Errorf("BYE after %v, due after %v", d, due)
			}
			t.Logf("BYE after %.1f s of %d", float64(d)/float64(c.second), c.expires)
			p.mu.Lock()
			refresh := asked
			p.mu.Unlock()
			if (refresh != nil) != (c.who == "we") {
				t.Errorf("asked %+v", refresh)
			}
			if !strings.Contains(bye.get("reason"), "cause=") {
				t.Errorf("Reason %q", bye.get("reason"))
			}
			if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseUnreachable {
				t.Errorf("%+v", end)
			}
			p.reply(bye, 200, "", "")
			if refresh != nil {
				p.reply(refresh, 481, "", "") // else it is asked for half a minute
			}
			r.idle(5 * time.Second)
		})
	}
}
