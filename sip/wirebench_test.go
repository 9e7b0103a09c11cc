package sip

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"hotline"
)

// inviteText is an INVITE as a common phone sends it.
func inviteText() []byte {
	body := "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
	return []byte(strings.Replace(string(plain(map[string][]string{
		"From": {`"Zhang San" <sip:13800001111@carrier.example>;tag=as5d6f7`}, "more": {
			"Content-Type: application/sdp", "Allow: " + allow,
			"User-Agent: bench/1.0", "Supported: timer, replaces, outbound", "Session-Expires: 1800",
		}, "body": {body},
	})), "Content-Length: 0", fmt.Sprint("Content-Length: ", len(body)), 1))
}

// BenchmarkRead is reading and checking an INVITE; BenchmarkParse is that and handing it to sipgo.
func BenchmarkRead(b *testing.B) {
	data := inviteText()
	b.ReportAllocs()
	begun := cpuTime()
	n := 0
	for b.Loop() {
		n++
		h, err := readHead(data)
		if err != nil {
			b.Fatal(err)
		}
		m := &message{head: h}
		if f := m.checkRequest(); f != nil {
			b.Fatal(f)
		}
	}
	reportCPU(b, begun, n)
}

func BenchmarkParse(b *testing.B) {
	data := inviteText()
	p := newParser(wireDomain)
	sock := &socket{w: &wire{}, network: "udp"}
	b.ReportAllocs()
	begun := cpuTime()
	n := 0
	for b.Loop() {
		n++
		h, err := readHead(data)
		if err != nil {
			b.Fatal(err)
		}
		m := &message{head: h, path: path{sock: sock}}
		if f := m.checkRequest(); f != nil {
			b.Fatal(f)
		}
		if _, err := p.request(m); err != nil {
			b.Fatal(err)
		}
	}
	reportCPU(b, begun, n)
}

// reportCPU says what n operations cost in processor time, which other work on the machine does not change much.
func reportCPU(b *testing.B, begun time.Duration, n int) {
	b.ReportMetric(float64((cpuTime()-begun).Nanoseconds())/1000/float64(n), "cpu-µs/op")
}

// BenchmarkDispatch is an INVITE of a trunk from the datagram to the handler and its refusal: mailbox, transaction, 100,
// 486 and ACK.
func BenchmarkDispatch(b *testing.B) {
	done := make(chan struct{}, 1)
	var tag string
	h := &quietCalls{func(in inbound) {
		tag = in.tx.tag()
		_ = in.tx.respond(in.tx.reply(486, "Busy Here"))
		in.release()
		done <- struct{}{}
	}}
	w := openWire(b, h, func(c *wireConfig) {
		c.Logger = noLog()
		c.Trunks = []Trunk{{Name: "t", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	defer w.close()
	sink := listenUDP(b)
	from := path{sock: w.socks[0], peer: sink.LocalAddr().(*net.UDPAddr).AddrPort()}
	text := strings.Replace(string(inviteText()), "branch=", "rport;branch=", 1)
	b.ReportAllocs()
	n, begun := 0, cpuTime()
	for b.Loop() {
		n++
		one := strings.NewReplacer("z9hG4bK1", fmt.Sprint("z9hG4bK", n), "x@y", fmt.Sprint(n, "@y")).Replace(text)
		w.datagram(from, []byte(one))
		<-done
		ack := strings.NewReplacer("INVITE", "ACK", "To: <sip:c@d>", "To: <sip:c@d>;tag="+tag).Replace(one)
		w.datagram(from, []byte(ack))
	}
	reportCPU(b, begun, n)
}

// quietCalls is a handler that keeps nothing.
type quietCalls struct{ onRequest func(inbound) }

func (q *quietCalls) request(in inbound)     { q.onRequest(in) }
func (q *quietCalls) cancelled(tx *serverTx) {}
func (q *quietCalls) device(hotline.Signal)  {}

// BenchmarkChallenge is a REGISTER without credentials, answered with 401.
func BenchmarkChallenge(b *testing.B) {
	w := openWire(b, &quietCalls{}, func(c *wireConfig) { c.Logger = noLog() })
	defer w.close()
	from := pathOf(w, listenUDP(b))
	b.ReportAllocs()
	n, begun := 0, cpuTime()
	for b.Loop() {
		n++
		w.datagram(from, []byte(registerText(n, "")))
		for w.cfg.Metrics.Challenged.Load() < uint64(n) {
			runtime.Gosched()
		}
		w.guard.useful(from.peer.Addr(), time.Now()) // or the source is throttled
	}
	reportCPU(b, begun, n)
}

// BenchmarkRegister is a REGISTER with good credentials that refreshes a binding. The client's digest is in it too.
func BenchmarkRegister(b *testing.B) {
	w := openWire(b, &quietCalls{}, func(c *wireConfig) { c.Logger = noLog() })
	defer w.close()
	from := pathOf(w, listenUDP(b))
	ha1, _ := wireUsers{"8001": "secret"}.HA1("8001")
	b.ReportAllocs()
	n, begun := 0, cpuTime()
	for b.Loop() {
		n++
		c := credentials{nonce: w.auth.nonces.make(from.peer.Addr(), time.Now()), uri: "sip:" + wireDomain, qop: "auth", nc: "00000001", cnonce: "c"}
		w.datagram(from, []byte(registerText(n, fmt.Sprintf("Authorization: Digest username=\"8001\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", qop=auth, nc=%s, cnonce=\"c\"\r\n",
			wireDomain, c.nonce, c.uri, digestResponse(ha1, "REGISTER", c), c.nc))))
		for w.cfg.Metrics.Registers.Load() < uint64(n) {
			runtime.Gosched()
		}
	}
	reportCPU(b, begun, n)
}

func registerText(n int, auth string) string {
	return fmt.Sprintf("REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5099;rport;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\nFrom: <sip:8001@%s>;tag=1\r\nTo: <sip:8001@%s>\r\nCall-ID: bench%d\r\nCSeq: %d REGISTER\r\nContact: <sip:8001@127.0.0.1:5099>\r\nUser-Agent: bench\r\n%sContent-Length: 0\r\n\r\n",
		wireDomain, n, wireDomain, wireDomain, n, n, auth)
}

// BenchmarkGarbage is a datagram that is no SIP, from a source that is throttled and from one that is not.
func BenchmarkGarbage(b *testing.B) {
	w := openWire(b, &quietCalls{}, func(c *wireConfig) { c.Logger = noLog() })
	defer w.close()
	data := []byte(strings.Repeat("garbage ", 40))
	b.ReportAllocs()
	n, begun := 0, cpuTime()
	for b.Loop() {
		n++
		a := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
		w.datagram(path{sock: w.socks[0], peer: netip.AddrPortFrom(a, 5060)}, data)
	}
	reportCPU(b, begun, n)
}
