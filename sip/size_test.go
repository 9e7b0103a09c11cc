package sip

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestLongAnswer: the 200 to an INVITE that came through twenty proxies, with a long description, is longer than any packet may be whole
// and is sent over udp all the same; the ACK by all of them makes the call (reliability.md §4, 42).
func TestLongAnswer(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	for i := range 20 {
		l.extra += fmt.Sprintf("Record-Route: <sip:proxy-%02d.of.a-carrier-with-a-long-name.example:5060;lr;transport=udp;x=%s>\r\n", i, word())
	}
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("a=rtpmap:%d telephone-event/8000", 40+i), "a=x-what-nobody-knows:"+word())
	}
	l.ask("INVITE", p.sdp(1, lines...))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	t.Logf("%d octets", res.size)
	if rr := res.all("record-route"); res.size <= 1300 || len(rr) != 20 || !strings.Contains(rr[0], "proxy-00") {
		t.Errorf("%d octets, %d routes", res.size, len(rr))
	}
	l.extra = ""
	l.made(res).ack("")
	want[hotline.PickedUp](r, nil)
	l.ask("BYE", "")
	p.want("200 BYE")
	r.finishes(in.Leg, hotline.CauseHangup)
}

// TestHugeInvite: 50 Via, 100 Route and 60 kB are served or refused over tcp, and whoever comes next by the same connection is served;
// 70 kB are too many (reliability.md §4, 43). How long it takes is told, not judged.
func TestHugeInvite(t *testing.T) {
	for _, c := range []struct {
		name   string
		extra  string
		octets int
		want   []string
	}{
		{"50 Via", strings.Repeat("Via: SIP/2.0/TCP proxy.example:5060;branch=z9hG4bKx\r\n", 50), 0, []string{"180 INVITE"}},
		{"100 Route", strings.Repeat("Route: <sip:proxy.example;lr>\r\n", 100), 0, []string{"180 INVITE", "400 INVITE"}},
		{"60 kB", "", 60_000, []string{"180 INVITE", "413 INVITE"}},
		{"all of them", strings.Repeat("Via: SIP/2.0/TCP proxy.example:5060;branch=z9hG4bKx\r\n", 50) + strings.Repeat("Route: <sip:proxy.example;lr>\r\n", 100), 50_000, []string{"180 INVITE", "413 INVITE", "400 INVITE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			p := newStreamPhone(t, r, "tcp")
			var took []time.Duration
			for range 20 {
				l := p.dialler("95500")
				l.extra = c.extra
				if c.octets > 0 {
					l.extra += "X-Long: " + strings.Repeat("z", c.octets) + "\r\n"
				}
				began := time.Now()
				l.ask("INVITE", p.sdp(1))
				var res *sipMsg
				var in hotline.Incoming
				for res == nil {
					select {
					case m := <-p.in:
						if m.is("100 INVITE") {
							took = append(took, m.at.Sub(began))
							in = want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
							r.do(hotline.Ring{Leg: in.Leg})
						} else {
							res = m
						}
					case <-time.After(5 * time.Second):
						t.Fatal("no answer")
					}
				}
				if !slices.ContainsFunc(c.want, res.is) {
					t.Fatalf("%s", res.start)
				}
				if res.code() == 180 {
					if n := strings.Count(c.extra, "Via:") + 1; len(res.all("via")) != n {
						t.Errorf("%d Via in the answer", len(res.all("via")))
					}
					l.extra = strings.Repeat("Route: <sip:proxy.example;lr>\r\n", strings.Count(c.extra, "Route:")) // RFC 3261 §9.1
					l.cancel()
					p.want("200 CANCEL")
					l.ackRefusal(p.want("487 INVITE"))
					want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg }) // else the next could be taken for this one
				} else {
					took = append(took, res.at.Sub(began))
					l.ackRefusal(res)
				}
			}
			slices.Sort(took)
			t.Logf("first answer after %v, half of them; %v at most", took[len(took)/2], took[len(took)-1])
			r.idle(5 * time.Second)
		})
	}
}
