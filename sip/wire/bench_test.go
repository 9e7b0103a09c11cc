package wire

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// inviteText is an INVITE as a common phone sends it.
func inviteText() []byte {
	body := "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
	return []byte(strings.Replace(string(wiretest.Plain(map[string][]string{
		"From": {`"Zhang San" <sip:13800001111@carrier.example>;tag=as5d6f7`}, "more": {
			"Content-Type: application/sdp", "Allow: " + Allow,
			"User-Agent: bench/1.0", "Supported: timer, replaces, outbound", "Session-Expires: 1800",
		}, "body": {body},
	})), "Content-Length: 0", fmt.Sprint("Content-Length: ", len(body)), 1))
}

// BenchmarkRead is reading and checking an INVITE; BenchmarkParse is that and handing it to sipgo.
func BenchmarkRead(b *testing.B) {
	data := inviteText()
	b.ReportAllocs()
	begun := wiretest.CPUTime()
	n := 0
	for b.Loop() {
		n++
		h, err := syntax.ReadHead(data)
		if err != nil {
			b.Fatal(err)
		}
		m := &message{Head: h}
		if f := m.checkRequest(); f != nil {
			b.Fatal(f)
		}
	}
	reportCPU(b, begun, n)
}

func BenchmarkParse(b *testing.B) {
	data := inviteText()
	p := newParser(wiretest.Domain)
	sock := &socket{w: &Wire{}, network: "udp"}
	b.ReportAllocs()
	begun := wiretest.CPUTime()
	n := 0
	for b.Loop() {
		n++
		h, err := syntax.ReadHead(data)
		if err != nil {
			b.Fatal(err)
		}
		m := &message{Head: h, path: Path{sock: sock}}
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
	b.ReportMetric(float64((wiretest.CPUTime()-begun).Nanoseconds())/1000/float64(n), "cpu-µs/op")
}

// BenchmarkDispatch is an INVITE of a trunk from the datagram to the handler and its refusal: mailbox, transaction, 100,
// 486 and ACK.
func BenchmarkDispatch(b *testing.B) {
	done := make(chan struct{}, 1)
	var tag string
	h := &quietCalls{func(in Inbound) {
		tag = in.Tx.Tag()
		_ = in.Tx.Respond(in.Tx.Reply(486, "Busy Here"))
		in.Release()
		done <- struct{}{}
	}}
	w := openWire(b, h, func(c *Config) {
		c.Logger = wiretest.NoLog()
		c.Trunks = []Trunk{{Name: "t", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	defer w.Close()
	sink := wiretest.ListenUDP(b)
	from := Path{sock: w.socks[0], Peer: sink.LocalAddr().(*net.UDPAddr).AddrPort()}
	text := strings.Replace(string(inviteText()), "branch=", "rport;branch=", 1)
	b.ReportAllocs()
	n, begun := 0, wiretest.CPUTime()
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
type quietCalls struct{ onRequest func(Inbound) }

func (q *quietCalls) Request(in Inbound)     { q.onRequest(in) }
func (q *quietCalls) Cancelled(tx *ServerTx) {}
func (q *quietCalls) Device(hotline.Signal)  {}

// BenchmarkChallenge is a REGISTER without credentials, answered with 401.
func BenchmarkChallenge(b *testing.B) {
	w := openWire(b, &quietCalls{}, func(c *Config) { c.Logger = wiretest.NoLog() })
	defer w.Close()
	from := pathOf(w, wiretest.ListenUDP(b))
	b.ReportAllocs()
	n, begun := 0, wiretest.CPUTime()
	for b.Loop() {
		n++
		w.datagram(from, []byte(registerText(n, "")))
		for w.cfg.Metrics.Challenged.Load() < uint64(n) {
			runtime.Gosched()
		}
		w.guard.useful(from.Peer.Addr(), time.Now()) // or the source is throttled
	}
	reportCPU(b, begun, n)
}

// BenchmarkRegister is a REGISTER with good credentials that refreshes a binding. The client's digest is in it too.
func BenchmarkRegister(b *testing.B) {
	w := openWire(b, &quietCalls{}, func(c *Config) { c.Logger = wiretest.NoLog() })
	defer w.Close()
	from := pathOf(w, wiretest.ListenUDP(b))
	ha1, _ := wiretest.Users{"8001": "secret"}.HA1("8001")
	b.ReportAllocs()
	n, begun := 0, wiretest.CPUTime()
	for b.Loop() {
		n++
		c := digest.Credentials{Nonce: w.auth.nonces.make(from.Peer.Addr(), time.Now()), URI: "sip:" + wiretest.Domain, QOP: "auth", NC: "00000001", CNonce: "c"}
		w.datagram(from, []byte(registerText(n, fmt.Sprintf("Authorization: Digest username=\"8001\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", qop=auth, nc=%s, cnonce=\"c\"\r\n",
			wiretest.Domain, c.Nonce, c.URI, wiretest.DigestResponse(ha1, "REGISTER", c), c.NC))))
		for w.cfg.Metrics.Registers.Load() < uint64(n) {
			runtime.Gosched()
		}
	}
	reportCPU(b, begun, n)
}

func registerText(n int, auth string) string {
	return fmt.Sprintf("REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5099;rport;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\nFrom: <sip:8001@%s>;tag=1\r\nTo: <sip:8001@%s>\r\nCall-ID: bench%d\r\nCSeq: %d REGISTER\r\nContact: <sip:8001@127.0.0.1:5099>\r\nUser-Agent: bench\r\n%sContent-Length: 0\r\n\r\n",
		wiretest.Domain, n, wiretest.Domain, wiretest.Domain, n, n, auth)
}

// BenchmarkGarbage is a datagram that is no SIP, from a source that is throttled and from one that is not.
func BenchmarkGarbage(b *testing.B) {
	w := openWire(b, &quietCalls{}, func(c *Config) { c.Logger = wiretest.NoLog() })
	defer w.Close()
	data := []byte(strings.Repeat("garbage ", 40))
	b.ReportAllocs()
	n, begun := 0, wiretest.CPUTime()
	for b.Loop() {
		n++
		a := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
		w.datagram(Path{sock: w.socks[0], Peer: netip.AddrPortFrom(a, 5060)}, data)
	}
	reportCPU(b, begun, n)
}
