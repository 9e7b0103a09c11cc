package sip

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// newPhone6 is a phone that speaks IPv6 alone.
func newPhone6(t *testing.T, engine netip.AddrPort) *phone {
	t.Helper()
	p := newPhone(t, engine)
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
		if err != nil {
			t.Skipf("no IPv6 here: %v", err)
		}
		return c
	}
	p.conn.Close()
	p.rtp.Close()
	p.done.Wait()
	p.conn, p.rtp = listen(), listen()
	p.done.Go(p.read)
	p.done.Go(p.listenRTP)
	return p
}

func (p *phone) sdp6(version int) string {
	return strings.ReplaceAll(p.sdp(version), "IN IP4 127.0.0.1", "IN IP6 ::1")
}

// speak6 sends n packets of audio by IPv6.
func (p *phone) speak6(t *testing.T, sdp string, b byte, n int) {
	m := regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(sdp)
	port, _ := strconv.Atoi(m[1])
	pkt := append([]byte{0x80, 8, 0, 0, 0, 0, 0, 0, 's', 's', 'r', 'c'}, make([]byte, 160)...)
	for i := range 160 {
		pkt[12+i] = b
	}
	for i := range n {
		ts := i * 160
		pkt[2], pkt[3], pkt[5], pkt[6], pkt[7] = byte(i>>8), byte(i), byte(ts>>16), byte(ts>>8), byte(ts)
		if _, err := p.rtp.WriteToUDPAddrPort(pkt, netip.AddrPortFrom(netip.IPv6Loopback(), uint16(port))); err != nil {
			t.Error(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestDualStack: one socket for both families; a caller by IPv6 talks with an agent by IPv4, and each is told addresses of its own
// family alone.
func TestDualStack(t *testing.T) {
	if c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback}); err != nil {
		t.Skipf("no IPv6 here: %v", err)
	} else {
		c.Close()
	}
	r := newRig(t, func(c *Config) {
		c.Listen = []wire.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("[::]:0")}, {Network: "tcp", Addr: netip.MustParseAddrPort("[::]:0")}}
		c.Trunks = []wire.Trunk{{Name: "six", Peers: []netip.Prefix{netip.MustParsePrefix("::1/128")}}}
	})
	port := r.addr.Port()
	six, four := netip.AddrPortFrom(netip.IPv6Loopback(), port), netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	r.addr = four
	caller := newPhone6(t, six)
	l := caller.dialler("95500")
	l.ask("INVITE", caller.sdp6(1))
	in := want[hotline.Incoming](r, nil)
	if in.Trunk != "six" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Answer{Leg: in.Leg})
	res := l.establish()
	own := "[::1]:" + strconv.Itoa(int(port))
	if !strings.Contains(res.body, "c=IN IP6 ::1\r\n") || strings.Contains(res.body, "IP4") || uriIn(res.get("contact")) != "sip:hotline@"+own || strings.Contains(res.get("via"), "received=[") {
		t.Errorf("%s %s\n%s", res.get("contact"), res.get("via"), res.body)
	}
	agent := newPhone(t, four)
	agent.register("8001")
	r.do(hotline.Dial{Call: in.Call, Leg: in.Call.Sub(1), Agent: "8001", From: in.From, Timeout: 10 * time.Second})
	inv := agent.want("INVITE")
	if !strings.Contains(inv.body, "c=IN IP4 127.0.0.1\r\n") || strings.Contains(inv.body, "IP6") || !strings.HasPrefix(inv.get("via"), "SIP/2.0/UDP 127.0.0.1:"+strconv.Itoa(int(port))+";") ||
		!strings.HasPrefix(uriIn(inv.get("contact")), "sip:hotline@127.0.0.1:") {
		t.Errorf("%s %s\n%s", inv.get("via"), inv.get("contact"), inv.body)
	}
	agent.reply(inv, 200, "a", agent.sdp(1))
	agent.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Call.Sub(1) })
	r.do(hotline.Mix{Call: in.Call, Members: []hotline.Member{{Leg: in.Leg, Hears: []hotline.LegID{in.Call.Sub(1)}}, {Leg: in.Call.Sub(1), Hears: []hotline.LegID{in.Leg}}}})
	caller.speak6(t, res.body, 0x55, 12)
	agent.speak(inv.body, 0x66, 12)
	if !agent.hears(160) || !caller.hears(160) {
		t.Error("they do not hear each other")
	}
	l.ask("BYE", "")
	caller.want("200 BYE")
	r.do(hotline.Hangup{Leg: in.Call.Sub(1), Cause: hotline.CauseHangup})
	agent.reply(agent.want("BYE"), 200, "", "")
	r.idle(time.Second)
}

// TestTrunksOfBothFamilies: a call fails over from an IPv6 server to an IPv4 one, with media that both can reach.
func TestTrunksOfBothFamilies(t *testing.T) {
	six := newPhone6(t, netip.AddrPort{})
	four := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Listen = []wire.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("[::]:0")}}
		c.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(six.addr())), wire.ServerAt(netip.MustParseAddrPort(four.addr()))}}}
	})
	six.engine, four.engine = netip.AddrPortFrom(netip.IPv6Loopback(), r.addr.Port()), netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), r.addr.Port())
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := six.want("INVITE")
	if !strings.HasPrefix(inv.start, "INVITE sip:1@"+six.addr()+" ") || !strings.Contains(inv.body, "c=IN IP6 ::1\r\n") {
		t.Errorf("%s\n%s", inv.start, inv.body)
	}
	six.reply(inv, 503, "a", "")
	six.want("ACK")
	inv = four.want("INVITE")
	if !strings.Contains(inv.body, "c=IN IP4 127.0.0.1\r\n") {
		t.Errorf("%s", inv.body)
	}
	four.reply(inv, 200, "b", four.sdp(1))
	four.want("ACK")
	want[hotline.PickedUp](r, nil)
	four.speak(inv.body, 0x55, 5)
	want[hotline.MediaUp](r, nil)
	r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
	four.reply(four.want("BYE"), 200, "", "")
	r.idle(time.Second)
}
