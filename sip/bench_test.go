package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/media"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// BenchmarkInboundLeg is a whole incoming leg: INVITE with SDP, 100, 200 with SDP and a pair of RTP ports, ACK, BYE, 200;
// four calls at a time. cpu-µs/leg holds the caller's side too.
func BenchmarkInboundLeg(b *testing.B) {
	m, err := media.New(media.Config{Drain: time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	var sw *Switch
	cfg := Config{
		Listen: []wire.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}, Domain: testDomain, Media: m, Logger: slog.New(slog.DiscardHandler),
		Trunks: []wire.Trunk{{Name: "t", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}},
		Signal: func(_ hotline.CallID, sig hotline.Signal) {
			if in, ok := sig.(hotline.Incoming); ok {
				_ = sw.Do(context.Background(), hotline.Answer{Leg: in.Leg})
			}
		},
	}
	if sw, err = New(cfg); err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = sw.Run(context.Background()) }()
	defer func() { sw.Close(); <-done }()
	b.ReportAllocs()
	begun := wiretest.CPUTime()
	b.SetParallelism(2)
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(sw.wire.Listening()[0].Addr))
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		buf := make([]byte, 8192)
		for pb.Next() {
			if err := oneCall(c, buf); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((wiretest.CPUTime()-begun).Microseconds())/float64(b.N), "cpu-µs/leg")
}

func oneCall(c *net.UDPConn, buf []byte) error {
	me, id := c.LocalAddr().String(), word()
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	send := func(method, to, body string, seq int) error {
		_, err := fmt.Fprintf(c, "%s sip:95500@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d%s\r\nFrom: <sip:1@%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\nContact: <sip:1@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			method, me, id, seq, method, me, id, to, id, seq, method, me, len(body), body)
		return err
	}
	wait := func(what string) (string, error) {
		for {
			if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				return "", err
			}
			n, err := c.Read(buf)
			if err != nil {
				return "", fmt.Errorf("%s: %w", what, err)
			}
			if s := string(buf[:n]); strings.HasPrefix(s, "SIP/2.0 200") && strings.Contains(s, what) && strings.Contains(s, id) {
				return s, nil
			}
		}
	}
	if err := send("INVITE", "<sip:95500@127.0.0.1>", sdp, 1); err != nil {
		return err
	}
	res, err := wait("INVITE")
	if err != nil {
		return err
	}
	to := parseMsg(res).get("to")
	if err := send("ACK", to, "", 1); err != nil {
		return err
	}
	if err := send("BYE", to, "", 2); err != nil {
		return err
	}
	_, err = wait("BYE")
	return err
}
