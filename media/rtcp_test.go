package media

import (
	"encoding/hex"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
)

// reports returns the RTCP compounds that were sent to an address.
func reports(t *testing.T, b *bench, to string) [][]rtcp.Packet {
	t.Helper()
	var out [][]rtcp.Packet
	for _, raw := range b.wire.raw(netip.MustParseAddrPort(to)) {
		p, err := rtcp.Unmarshal(raw)
		if err != nil {
			t.Fatalf("%x: %v", raw, err)
		}
		out = append(out, p)
	}
	return out
}

func (p *phone) sendRTCP(packets ...rtcp.Packet) {
	b, err := rtcp.Marshal(packets)
	if err != nil {
		p.b.t.Fatal(err)
	}
	p.b.wire.deliver(netip.AddrPortFrom(p.at.Addr(), p.at.Port()+1), p.leg.pair.rtcp.local(), b)
}

func TestReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		time.Sleep(time.Minute)
		got := reports(t, b, "127.0.0.1:6001")
		if len(got) < 9 || len(got) > 16 {
			t.Errorf("%d reports in a minute", len(got))
		}
		if rr, ok := got[0][0].(*rtcp.ReceiverReport); !ok || len(rr.Reports) != 0 || len(got[0]) != 2 {
			t.Errorf("before any RTP: %v", got[0])
		}
		// a loss of every fifth packet, and a Play
		x.leg.Play("p", []*Clip{Silence(time.Hour)}, false)
		for range 500 {
			x.talk(4)
			x.next.seq++
			x.next.ts += 160
			time.Sleep(20 * time.Millisecond)
		}
		got = reports(t, b, "127.0.0.1:6001")
		last := got[len(got)-1]
		sr, ok := last[0].(*rtcp.SenderReport)
		if !ok || len(sr.Reports) != 1 {
			t.Fatalf("%v", last)
		}
		r := sr.Reports[0]
		if r.SSRC != x.next.ssrc || r.FractionLost < 45 || r.FractionLost > 58 || r.TotalLost < 420 || r.TotalLost > 500 || r.Jitter != 0 {
			t.Errorf("%+v", r)
		}
		if sr.SSRC != x.leg.out.ssrc || sr.PacketCount < 2000 || sr.OctetCount != sr.PacketCount*160 {
			t.Errorf("%+v", sr)
		}
		if at := sr.NTPTime >> 32; at < uint64(time.Now().Unix()+2208988800-9) || at > uint64(time.Now().Unix()+2208988800) {
			t.Errorf("NTP %d", at)
		}
		if s := x.leg.Stats(); s.Lost < 499 || s.Lost > 500 {
			t.Errorf("%+v", s)
		}
	})
}

func TestRoundTripAndRemoteLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		x.leg.Play("p", []*Clip{Silence(time.Hour)}, false)
		x.talk(50)
		x.sendRTCP(&rtcp.SenderReport{SSRC: x.next.ssrc, NTPTime: 0x1234_5678_9ABC_DEF0})
		x.sendRTCP(&rtcp.SenderReport{SSRC: 77, NTPTime: 1}) // of a stream that we do not hear
		reported := time.Now()
		var sr *rtcp.SenderReport
		for sr == nil {
			time.Sleep(100 * time.Millisecond)
			for _, p := range reports(t, b, "127.0.0.1:6001") {
				sr, _ = p[0].(*rtcp.SenderReport)
			}
		}
		r := sr.Reports[0]
		if r.LastSenderReport != 0x5678_9ABC {
			t.Errorf("%+v", r)
		}
		if d := time.Duration(r.Delay) * time.Second >> 16; d < time.Since(reported)-110*time.Millisecond || d > time.Since(reported) {
			t.Errorf("delay %v", d)
		}
		time.Sleep(30 * time.Millisecond)
		block := rtcp.ReceptionReport{SSRC: x.leg.out.ssrc, TotalLost: 0xFFFFFE, Jitter: 80, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: 655}
		x.sendRTCP(&rtcp.ReceiverReport{SSRC: x.next.ssrc, Reports: []rtcp.ReceptionReport{block, {SSRC: 1, TotalLost: 999}}})
		s := x.leg.Stats()
		if s.RemoteLost != -2 || s.RemoteJitter != 10*time.Millisecond {
			t.Errorf("%+v", s)
		}
		if s.RoundTrip < 20*time.Millisecond || s.RoundTrip > 130*time.Millisecond {
			t.Errorf("round trip %v", s.RoundTrip)
		}
		was := s.RoundTrip
		block.LastSenderReport += 1 << 24 // nonsense
		x.sendRTCP(&rtcp.ReceiverReport{SSRC: x.next.ssrc, Reports: []rtcp.ReceptionReport{block}})
		if got := x.leg.Stats().RoundTrip; got != was {
			t.Errorf("round trip of nonsense: %v", got)
		}
	})
}

// Neither a BYE nor a torn packet nor a stranger's changes anything, on either port.
func TestRTCPEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		x.talk(60)
		y.hears()
		x.sendRTCP(&rtcp.ReceiverReport{SSRC: x.next.ssrc}, &rtcp.Goodbye{Sources: []uint32{x.next.ssrc}})
		bye, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.Goodbye{Sources: []uint32{x.next.ssrc}}})
		b.wire.deliver(x.at, x.legAt(), bye)
		for _, s := range []string{"", "80", "80c8", "81c8000c", "9fc90001deadbeef", "80c8ffff00000000", "80cb0001", "000100002112a442"} {
			raw, err := hex.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			b.wire.deliver(x.at, x.legAt(), raw)
			b.wire.deliver(x.at, x.leg.pair.rtcp.local(), raw)
		}
		before := x.leg.Stats()
		stranger := rtcp.ReceiverReport{SSRC: x.next.ssrc, Reports: []rtcp.ReceptionReport{{SSRC: x.leg.out.ssrc, TotalLost: 9}}}
		raw, _ := stranger.Marshal()
		b.wire.deliver(netip.MustParseAddrPort("203.0.113.1:6001"), x.leg.pair.rtcp.local(), raw)
		if s := x.leg.Stats(); s.RemoteLost != 0 || s.Foreign != before.Foreign+1 {
			t.Errorf("%+v", s)
		}
		x.talk(10)
		if got := y.hears(); len(got) != 10 {
			t.Errorf("%d packets relayed", len(got))
		}
	})
}

func TestReportsGoWhereTheyShould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		p := x.params()
		p.RemoteRTCP = netip.MustParseAddrPort("127.0.0.1:9999")
		x.leg.Configure(p)
		time.Sleep(20 * time.Second)
		if len(reports(t, b, "127.0.0.1:9999")) == 0 {
			t.Error("none where the SDP says")
		}
		p.Remote, p.Source = netip.MustParseAddrPort("192.0.2.1:6000"), x.at.Addr() // behind NAT
		p.RemoteRTCP = netip.MustParseAddrPort("192.0.2.1:9999")
		x.leg.Configure(p)
		x.talk(10)
		b.wire.takeAll()
		time.Sleep(20 * time.Second)
		if len(reports(t, b, "127.0.0.1:6001")) == 0 {
			t.Error("none beside the port that was learnt")
		}
	})
}

// FuzzReceive feeds both ports of a leg, as its own phone and as a stranger, with anything.
func FuzzReceive(f *testing.F) {
	for _, s := range []string{
		"8008006400001388deadbeefd5d5", "8065006400001388deadbeef058a0320", "80c8000c", "81c90007deadbeef" + "00000001" + "00000000000000000000000000000000000000ff",
		"b188006400001388deadbeef00000001bede000100000000cc0002", "000100002112a442",
	} {
		b, _ := hex.DecodeString(s)
		f.Add(b, false)
		f.Add(b, true)
	}
	b := newBench(f, Config{})
	x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
	b.pairUp(x, y)
	stranger := netip.MustParseAddrPort("203.0.113.1:6000")
	f.Fuzz(func(t *testing.T, raw []byte, control bool) {
		if len(raw) > maxDatagram {
			return
		}
		to := x.legAt()
		if control {
			to = x.leg.pair.rtcp.local()
		}
		before := x.leg.Stats()
		b.wire.deliver(stranger, to, raw)
		if s := x.leg.Stats(); s.Received != before.Received || len(y.hears()) != 0 {
			t.Errorf("a stranger's %x was taken", raw)
		}
		b.wire.deliver(x.at, to, raw)
		y.hears()
		x.ear.take()
	})
}
