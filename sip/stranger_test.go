package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// TestAmplification: whatever a stranger's datagram is, what comes back for it, all together and without an ACK, is at most
// one and a half times as long: nobody can be flooded through us by who sends in his name.
func TestAmplification(t *testing.T) {
	v := newVictim(t, false, nil)
	short := func(method string, lines ...string) string {
		return fmt.Sprintf("%s sip:x SIP/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bK%[2]s\r\nf:<sip:a@b>;tag=1\r\nt:<sip:a@b>\r\ni:%[2]s\r\nCSeq:1 %[1]s\r\n%[3]s\r\n", method, word(), strings.Join(lines, ""))
	}
	texts := []string{"x", "INVITE", "INVITE sip:x SIP/2.0\r\n\r\n", "INVITE sip:x SIP/2.0\r\ni:1\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n", "\r\n\r\n\r\n", "\r\n\r\n", "\x00\x01\x00\x00\x21\x12\xa4\x42transactiont"}
	for _, method := range []string{"REGISTER", "INVITE", "OPTIONS", "BYE", "CANCEL", "ACK", "MESSAGE", "SUBSCRIBE", "REFER", "NOTIFY", "UPDATE", "PRACK", "INFO", "FOO"} {
		texts = append(
			texts, short(method), short(method, "Require:a\r\n"), short(method, "m:<sip:a@b>\r\n"), short(method, "l:9\r\n"),
			short(method, "Max-Forwards:0\r\n"), short(method, "c:text/plain\r\nl:1\r\n"),
			strings.ReplaceAll(cveText(method, ""), "$NET", "UDP"), strings.ReplaceAll(cveText(method, cveSDP(goodMedia)), "$NET", "UDP"),
			strings.ReplaceAll(cveText(method, "", "+Via: SIP/2.0/UDP a", "+Via: SIP/2.0/UDP b"), "$NET", "UDP"),
		)
	}
	worst := 0.0
	for i, text := range texts {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 68, byte(i>>8), byte(1+i)), Port: 5060})
		if err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "$ME", c.LocalAddr().String())
		if _, err := c.WriteToUDPAddrPort([]byte(text), v.addr); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		texts[i] = text
		defer func() {
			buf := make([]byte, 1<<16)
			got := 0
			for {
				_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
				n, err := c.Read(buf)
				if err != nil {
					break
				}
				got += n
			}
			worst = max(worst, float64(got)/float64(len(text)))
			if float64(got) > 1.5*float64(len(text)) {
				t.Errorf("%d octets for %d: %q", got, len(text), text)
			}
		}()
	}
	time.Sleep(1200 * time.Millisecond) // a retransmission would come after 500 ms
}

// TestNothingHappensForStrangers: what a stranger sends causes no call, no request, no connection and no look-up; where an
// answer goes is where the message came from, whatever it says of itself.
func TestNothingHappensForStrangers(t *testing.T) {
	asked := swapResolver(t)
	v := newVictim(t, false, nil)
	bait, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer bait.Close()
	trap := wiretest.ListenUDP(t)
	go func() {
		for {
			c, err := bait.Accept()
			if err != nil {
				return
			}
			t.Error("a connection was made in answer to a stranger's message")
			c.Close()
		}
	}()
	for _, network := range []string{"udp", "tcp", "ws"} {
		for _, at := range []string{bait.Addr().String() + ";transport=tcp", trap.LocalAddr().String(), "looked.up.example.net", "_sip._udp.example.net"} {
			host, _, _ := strings.Cut(at, ";")
			for _, method := range []string{"INVITE", "REGISTER", "OPTIONS", "REFER", "SUBSCRIBE", "NOTIFY", "BYE"} {
				text := cveText(
					method, strings.Replace(cveSDP(goodMedia), "127.0.0.1\r\nt=", "looked.up.example.net\r\nt=", 1), "Contact: <sip:me@"+at+">", "+Record-Route: <sip:"+at+";lr>", "+Route: <sip:"+at+";lr>",
					"+Refer-To: <sip:1900@"+at+">", "+Path: <sip:"+at+">", "+Identity-Info: <https://looked.up.example.net>", "+Alert-Info: <http://"+host+"/x>", "Via: SIP/2.0/TCP "+host+";branch=z9hG4bK"+word(),
				)
				v.say(t, network, strings.ReplaceAll(text, "$NET", strings.ToUpper(network)))
			}
		}
	}
	_ = trap.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := trap.ReadFromUDPAddrPort(make([]byte, 1500)); err == nil {
		t.Errorf("%d octets were sent where a stranger's message said", n)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d names were looked up", n)
	}
	if v.calls.Load() != 0 || v.sw.cfg.Metrics.ClientTx.Load() != 0 {
		t.Errorf("%d calls, %d requests of ours", v.calls.Load(), v.sw.cfg.Metrics.ClientTx.Load())
	}
	v.lives(t)
}

// TestNoPremiumCalls: nothing a stranger sends makes a leg out (toll fraud), and neither does an agent's phone by a
// redirection to a place outside.
func TestNoPremiumCalls(t *testing.T) {
	r, carrier := outRig(t)
	stranger := newPhone(t, r.addr)
	for _, method := range []string{"INVITE", "REFER", "MESSAGE", "SUBSCRIBE", "PUBLISH"} {
		l := stranger.dialler("1900123456")
		l.extra = "Refer-To: <sip:1900123456@premium.example>\r\n"
		l.ask(method, "")
	}
	phone, invite := r.dialAgent("01AGENT", "01AGENT-1", nil)
	phone.reply(invite, 302, "b", "", fmt.Sprintf("Contact: <sip:1900123456@%s>", carrier.addr()), "Diversion: <sip:8001@x>;reason=unconditional")
	carrier.none("INVITE", 300*time.Millisecond)
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.Incoming); return ok }); n != 0 {
		t.Errorf("%d calls of strangers", n)
	}
	if netip.MustParseAddrPort(carrier.addr()).Port() == 0 {
		t.Error("no trunk")
	}
}
