package media

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v3"

	"hotline/media/secure"
)

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// TestRelayBetweenSecureAndPlain: what a protected leg says reaches a plain one byte for byte, and back.
func TestRelayBetweenSecureAndPlain(t *testing.T) {
	for _, suite := range secure.Suites() {
		t.Run(string(suite), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{})
				x, y := b.secured("127.0.0.1:6000", sdes(suite, 1)), b.phone("127.0.0.1:7000")
				b.pairUp(x.phone, y)
				x.next.seq = 65533 // the roll-over counter goes up
				x.talk(5)
				y.talk(5)
				got, back := y.hears(), x.hears()
				if len(got) != 5 || len(back) != 5 {
					t.Fatalf("%d and %d packets", len(got), len(back))
				}
				for i, p := range got {
					if !bytes.Equal(p.payload, fill(byte(65533+i), 160)) {
						t.Errorf("packet %d: %x", i, p.payload[:4])
					}
				}
				oneStream(t, back)
				if !bytes.Equal(back[0].payload, fill(100, 160)) {
					t.Errorf("%x", back[0].payload[:4])
				}
				if s := x.leg.Stats(); s.Secure != "sdes" || s.Received != 5 || s.Unauthentic != 0 {
					t.Errorf("%+v", s)
				}
				if len(x.unopened()) != 0 || y.leg.Stats().Secure != "" {
					t.Error("something went out in the clear, or the plain leg is called secure")
				}
			})
		})
	}
}

// TestSRTPGarbageFlood_CVE_2021_41105: 100,000 packets that are none of the phone's, from its very address, and the call
// goes on as if there had been none.
func TestSRTPGarbageFlood_CVE_2021_41105(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.secured("127.0.0.1:6000", sdes(secure.CM128, 1)), b.phone("127.0.0.1:7000")
		b.pairUp(x.phone, y)
		x.talk(1)
		old := x.protect(fill(1, 160))
		b.wire.deliver(x.at, x.legAt(), slices.Clone(old))
		rnd := rand.New(rand.NewPCG(1, 1))
		for i := range 100_000 {
			junk := rtp(x.next, make([]byte, 8*(i%30)))
			switch i % 4 {
			case 0: // another's key
				binary.BigEndian.PutUint32(junk[8:], rnd.Uint32())
			case 1: // heard before
				junk = slices.Clone(old)
			case 2: // in the clear
			case 3:
				junk[i%len(junk)] ^= byte(i)
			}
			b.wire.deliver(x.at, x.legAt(), junk)
		}
		x.talk(3)
		if got := y.hears(); len(got) != 5 {
			t.Errorf("%d packets came through", len(got))
		}
		s := x.leg.Stats()
		if s.Received != 5 || s.Unauthentic+s.Malformed+s.Foreign < 99_000 || s.Faults != 0 {
			t.Errorf("%+v", s)
		}
		if got := x.ear.take(); !slices.Equal(got, []string{"up"}) {
			t.Error(got)
		}
	})
}

// TestNothingIsLearntFromTheUnauthentic: who has no key is not believed, even from the host of the phone.
func TestNothingIsLearntFromTheUnauthentic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.secured("127.0.0.1:6000", sdes(secure.GCM128, 1)), b.phone("127.0.0.1:7000")
		b.pairUp(x.phone, y)
		thief := at("127.0.0.1:6666")
		for i := range 100 {
			b.wire.deliver(thief, x.legAt(), rtp(header{payload: 8, seq: uint16(i), ssrc: 1}, fill(1, 160)))
			y.talk(1)
		}
		if got := b.wire.raw(thief); len(got) != 0 || x.leg.Stats().Received != 0 {
			t.Errorf("%d packets to the thief", len(got))
		}
		if got := x.hears(); len(got) != 100 {
			t.Errorf("%d packets to the phone", len(got))
		}
		real := at("127.0.0.1:6002") // the phone sends from another port than it says
		for range 20 {
			b.wire.deliver(real, x.legAt(), x.protect(fill(1, 160)))
			time.Sleep(20 * time.Millisecond)
		}
		if x.leg.Stats().Received == 0 {
			t.Error("the phone itself is not believed")
		}
	})
}

// TestNewKeys: keys that change take effect at once, those that stay go on without a new beginning.
func TestNewKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.secured("127.0.0.1:6000", sdes(secure.CM128, 1)), b.phone("127.0.0.1:7000")
		b.pairUp(x.phone, y)
		x.talk(2)
		old := x.protect(fill(7, 160))
		s := &Security{}
		sdes(secure.CM128, 1)(x, s) // the very same
		in := x.leg.settings.Load().shield.in
		x.agree(s)
		if x.leg.settings.Load().shield.in != in {
			t.Error("the replay window began anew")
		}
		s = &Security{}
		sdes(secure.GCM256, 50)(x, s) // another suite
		x.agree(s)
		x.talk(2)
		y.talk(2)
		if got := y.hears(); len(got) != 4 {
			t.Errorf("%d packets", len(got))
		}
		if got := x.hears(); len(got) != 2 {
			t.Errorf("%d packets back", len(got))
		}
		b.wire.deliver(x.at, x.legAt(), old)
		if x.leg.Stats().Unauthentic != 1 {
			t.Error("a packet of the old keys was taken")
		}
		x.leg.Configure(x.params()) // plain from now on: signalling's decision
		y.talk(1)
		if got := x.unopened(); len(got) != 1 {
			t.Errorf("%d packets in the clear", len(got))
		}
	})
}

// TestBadKeysLetNothingThrough: what should be private is never sent in the clear.
func TestBadKeysLetNothingThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Report: time.Second})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		p := x.params()
		p.Security = &Security{In: secure.Keys{Suite: secure.CM128}, Out: secure.Keys{Suite: "X"}}
		x.leg.Configure(p)
		b.pairUp(x, y)
		x.talk(3)
		y.talk(200)
		if sent := b.wire.raw(x.at); len(sent) != 0 || x.leg.Stats().Received != 0 || x.leg.Stats().SendFails != 200 {
			t.Errorf("%d packets, %+v", len(sent), x.leg.Stats())
		}
	})
}

// TestSecureReports: RTCP is protected too, and read.
func TestSecureReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Report: time.Second})
		x, y := b.secured("127.0.0.1:6000", sdes(secure.GCM128, 1)), b.phone("127.0.0.1:7000")
		p := x.params()
		p.Security, p.Mux = x.leg.settings.Load().Security, true
		x.leg.Configure(p)
		b.pairUp(x.phone, y)
		for range 200 {
			x.talk(1)
			y.talk(1)
		}
		reports := x.unopened()
		if len(reports) == 0 {
			t.Fatal("no reports")
		}
		for _, r := range reports {
			plain, err := x.in.RTCP(r)
			if err != nil || plain[1] != 200 {
				t.Fatalf("%v %x", err, r)
			}
		}
		rr := make([]byte, 32)
		rr[0], rr[1], rr[3] = 0x81, 201, 7
		binary.BigEndian.PutUint32(rr[8:], x.leg.out.ssrc)
		rr[15] = 9 // lost
		protected, err := x.out.RTCP(rr)
		if err != nil {
			t.Fatal(err)
		}
		b.wire.deliver(x.at, x.legAt(), rr)
		if x.leg.Stats().RemoteLost != 0 {
			t.Error("a report in the clear was read")
		}
		b.wire.deliver(x.at, x.legAt(), slices.Clone(protected))
		if x.leg.Stats().RemoteLost != 9 {
			t.Error("a report was not read")
		}
	})
}

// TestNoReportsBesideDTLS: keys that DTLS made for one port protect nothing on another (RFC 5764 §4.1).
func TestNoReportsBesideDTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Report: time.Second})
		x, y := b.secured("127.0.0.1:6000", func(p *securePeer, s *Security) { s.Peer = []secure.Fingerprint{p.certificate.Fingerprint} }), b.phone("127.0.0.1:7000")
		if !x.shake(x.at, true, 5*time.Second) {
			t.Fatal("no handshake")
		}
		b.pairUp(x.phone, y)
		for range 200 {
			x.talk(1)
			y.talk(1)
		}
		if len(x.hears()) == 0 {
			t.Error("no sound")
		}
		if n := len(b.wire.raw(netip.MustParseAddrPort("127.0.0.1:6001"))); n != 0 {
			t.Errorf("%d packets beside the port of the keys", n)
		}
	})
}

// TestBrowser: checks, nomination, handshake, audio both ways, byte for byte.
func TestBrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.secured("127.0.0.1:6000", browser), b.phone("127.0.0.1:7000")
		b.pairUp(x.phone, y)
		y.talk(3)
		if len(x.unopened()) != 0 || b.wire.raw(x.at) != nil {
			t.Fatal("sent before there was anyone to send to")
		}
		x.check(x.at, false)
		if got := x.answers(); len(got) != 1 || got[0].Type != stun.BindingSuccess {
			t.Fatal(got)
		}
		x.check(x.at, true)
		if !x.shake(x.at, true, 5*time.Second) {
			t.Fatal("no handshake")
		}
		x.talk(5)
		y.talk(5)
		got, back := y.hears(), x.hears()
		if len(got) != 5 || len(back) != 5 || !bytes.Equal(got[0].payload, fill(100, 160)) || !bytes.Equal(back[0].payload, fill(103, 160)) {
			t.Fatalf("%d and %d packets", len(got), len(back))
		}
		if s := x.leg.Stats(); s.Secure != "dtls" || s.Received != 5 {
			t.Errorf("%+v", s)
		}
		other := at("127.0.0.1:6100") // the browser goes to another network: no packet from there before its check
		b.wire.deliver(other, x.legAt(), x.protect(fill(1, 160)))
		if x.leg.Stats().Received != 5 {
			t.Error("taken from an address that was not proven")
		}
		b.wire.taps[other] = x.hear
		x.check(other, true)
		b.wire.deliver(other, x.legAt(), x.protect(fill(2, 160)))
		y.talk(1)
		if x.leg.Stats().Received != 6 || len(x.hears()) != 1 {
			t.Errorf("%+v", x.leg.Stats())
		}
	})
}

// TestEitherSideMayBegin: the browser may want us to be the client (a=setup:passive).
func TestEitherSideMayBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.secured("127.0.0.1:6000", func(p *securePeer, s *Security) {
			browser(p, s)
			s.Client = true
		})
		done := make(chan bool)
		go func() { done <- x.shake(x.at, false, 5*time.Second) }()
		synctest.Wait()
		x.check(x.at, true)
		if !<-done {
			t.Fatal("no handshake")
		}
		synctest.Wait()
		x.talk(1)
		if x.leg.Stats().Received != 1 {
			t.Errorf("%+v", x.leg.Stats())
		}
	})
}

// TestDTLSHelloRace_CVE_2023_49786: a ClientHello from anywhere but the peer neither begins nor ends a handshake, not even
// one without a cipher, however many come before the peer's own.
func TestDTLSHelloRace_CVE_2023_49786(t *testing.T) {
	hello := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 0xfe, 0xfd},
		append(make([]byte, 34), 0, 2, 0, 0, 1, 0)...) // TLS_NULL_WITH_NULL_NULL
	for name, configure := range map[string]func(*securePeer, *Security){
		"ICE": browser,
		"SDP": func(p *securePeer, s *Security) { s.Peer = []secure.Fingerprint{p.certificate.Fingerprint} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{})
				x := b.secured("127.0.0.1:6000", configure)
				spray := func() {
					for port := range 500 {
						for _, host := range []string{"203.0.113.9", "192.0.2.1"} {
							b.wire.deliver(netip.AddrPortFrom(netip.MustParseAddr(host), uint16(1000+port)), x.legAt(), slices.Clone(hello))
						}
					}
				}
				spray()
				if sent := b.wire.takeAll(); len(sent) != 0 {
					t.Fatalf("%d datagrams to strangers", len(sent))
				}
				if x.agent != nil {
					x.check(x.at, true)
				} else {
					// Even the phone's own host cannot hold the place against the phone itself.
					b.wire.deliver(at("127.0.0.1:6666"), x.legAt(), slices.Clone(hello))
				}
				spray()
				if !x.shake(x.at, true, 8*time.Second) {
					t.Fatal("the peer itself does not get through")
				}
				spray()
				x.talk(2)
				if s := x.leg.Stats(); s.Received != 2 || s.Foreign < 3000 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestForgedHellos: hellos in the very name of the peer, and wrong certificates from its host, take nothing from the peer.
func TestForgedHellos(t *testing.T) {
	hello := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 0xfe, 0xfd},
		append(make([]byte, 34), 0, 2, 0, 0, 1, 0)...)
	for name, configure := range map[string]func(*securePeer, *Security){
		"ICE": browser,
		"SDP": func(p *securePeer, s *Security) { s.Peer = []secure.Fingerprint{p.certificate.Fingerprint} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{})
				x := b.secured("127.0.0.1:6000", configure)
				if x.agent != nil {
					x.check(x.at, true)
				}
				own := x.certificate
				x.certificate, _ = secure.NewCertificate(time.Now())
				for i := range 20 { // fail as fast as they can, from another port of its host
					x.shake(netip.AddrPortFrom(x.at.Addr(), uint16(6100+2*i)), true, 100*time.Millisecond)
				}
				x.certificate = own
				for i := range 20 {
					hello[27] = byte(i)
					b.wire.deliver(x.at, x.legAt(), slices.Clone(hello))
				}
				if !x.shake(x.at, true, 3*time.Second) {
					t.Error("the peer itself does not get through")
				}
			})
		})
	}
}

// TestAStrangersCertificate: the handshake fails, and the true peer still gets its own.
func TestAStrangersCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.secured("127.0.0.1:6000", browser)
		x.check(x.at, true)
		own := x.certificate
		x.certificate, _ = secure.NewCertificate(time.Now())
		x.shake(x.at, true, 3*time.Second)
		if x.leg.settings.Load().shield.in.Load() != nil {
			t.Fatal("a stranger has the keys")
		}
		x.certificate = own
		time.Sleep(handshakeTime)
		if !x.shake(x.at, true, 5*time.Second) {
			t.Error("the peer itself does not get through")
		}
	})
}

// TestConsent: nothing is sent to a peer that no longer says it wants it, and that is told; a check brings it back.
func TestConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.secured("127.0.0.1:6000", browser), b.phone("127.0.0.1:7000")
		b.pairUp(x.phone, y)
		x.check(x.at, true)
		if !x.shake(x.at, true, 5*time.Second) {
			t.Fatal("no handshake")
		}
		for range 20 {
			x.talk(50)
			x.check(x.at, false)
		}
		x.ear.take()
		time.Sleep(consentTime + 2*watchEvery)
		if got := x.ear.take(); !slices.Equal(got, []string{"lost 7s", "lost 30s"}) {
			t.Error(got)
		}
		x.hears()
		y.talk(2)
		if got := x.hears(); len(got) != 0 {
			t.Errorf("%d packets without consent", len(got))
		}
		x.check(x.at, false)
		y.talk(2)
		if got := x.hears(); len(got) != 2 {
			t.Errorf("%d packets with consent", len(got))
		}
		time.Sleep(2 * watchEvery)
		if got := x.ear.take(); !slices.Equal(got, []string{"up"}) {
			t.Errorf("back: %q", got)
		}
	})
}

// TestICERestart: new names and passwords do not interrupt what is under way, nor does the DTLS association end.
func TestICERestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.secured("127.0.0.1:6000", browser), b.phone("127.0.0.1:7000")
		b.pairUp(x.phone, y)
		x.check(x.at, true)
		if !x.shake(x.at, true, 5*time.Second) {
			t.Fatal("no handshake")
		}
		s := *x.leg.settings.Load().Security
		for _, ufrag := range []string{"leg2", "leg3"} {
			s.ICE = &secure.Agent{Ufrag: ufrag, Password: "9123456789012345678901", Peer: "peer"}
			was := s
			x.agree(&was)
			x.talk(1)
			y.talk(1)
		}
		if got, back := y.hears(), x.hears(); len(got) != 2 || len(back) != 2 {
			t.Fatalf("%d and %d packets", len(got), len(back))
		}
		x.check(x.at, true)
		x.talk(1)
		y.talk(1)
		if got, back := y.hears(), x.hears(); len(got) != 1 || len(back) != 1 {
			t.Fatalf("%d and %d packets", len(got), len(back))
		}
		if x.leg.settings.Load().shield.ice.former.Load() != nil {
			t.Error("what was before is kept")
		}
		for port := range 20 { // more addresses than are kept
			x.check(netip.AddrPortFrom(x.at.Addr(), uint16(20000+2*port)), false)
		}
		x.talk(1)
		if len(y.hears()) != 1 {
			t.Error("the nominated address was forgotten")
		}
	})
}

// TestSTUNOfNoUse: what proves nothing is not answered, and a leg without ICE answers nothing at all.
func TestSTUNOfNoUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.secured("127.0.0.1:6000", browser), b.phone("127.0.0.1:7000")
		wrong := checkRequest(t, "leg1:peer", "wrongwrongwrongwrongwrong", true)
		right := checkRequest(t, "leg1:peer", x.agent.Password, true)
		for range 1000 {
			b.wire.deliver(x.at, x.legAt(), slices.Clone(wrong))
			b.wire.deliver(at("203.0.113.9:5"), x.legAt(), wrong[:len(wrong)/2])
			b.wire.deliver(y.at, y.legAt(), slices.Clone(right))
		}
		// Our own address as the source of a check: we shall not talk to ourselves.
		b.wire.deliver(y.legAt(), x.legAt(), slices.Clone(right))
		if sent := b.wire.takeAll(); len(sent) != 0 || len(x.answers()) != 0 {
			t.Errorf("%d answers", len(sent))
		}
		if x.leg.Stats().Faults != 0 {
			t.Errorf("%+v", x.leg.Stats())
		}
	})
}

// TestSecureLegsEndClean: legs closed in every moment of a handshake leave no goroutine (synctest waits for all).
func TestSecureLegsEndClean(t *testing.T) {
	for wait := range 12 {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			x := b.secured("127.0.0.1:6000", browser)
			x.check(x.at, true)
			done := make(chan bool)
			go func() { done <- x.shake(x.at, true, 2*time.Second) }()
			time.Sleep(time.Duration(wait) * 50 * time.Microsecond)
			x.leg.Close()
			x.leg.Configure(x.params())
			<-done
		})
	}
}

// TestSecurePacketsDoNotAllocate: protected to plain and back.
func TestSecurePacketsDoNotAllocate(t *testing.T) {
	for _, suite := range []secure.Suite{secure.GCM128, secure.CM128} {
		x, y, packets := secureBench(t, suite, 4000)
		i := 0
		if n := testing.AllocsPerRun(1500, func() {
			x.leg.receive(packets[i], x.at)
			i++
		}); n != 0 {
			t.Errorf("%s in: %v a packet", suite, n)
		}
		plain := rtp(y.next, fill(0x55, 160))
		if n := testing.AllocsPerRun(1500, func() {
			putRTP(plain, y.next)
			y.next.seq++
			y.next.ts += 160
			y.leg.receive(plain, y.at)
		}); n != 0 {
			t.Errorf("%s out: %v a packet", suite, n)
		}
	}
}

// secureBench is a protected and a plain leg that hear each other on a network that costs nothing, and packets for the
// first.
func secureBench(t testing.TB, suite secure.Suite, n int) (x *securePeer, y *phone, packets [][]byte) {
	cfg := Config{Report: time.Hour}
	if err := cfg.defaults(); err != nil {
		t.Fatal(err)
	}
	w := newWire()
	e, err := newEngine(cfg, nowhere{w})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	bed := &bench{t, w, e}
	x, y = bed.secured("127.0.0.1:6000", sdes(suite, 1)), bed.phone("127.0.0.1:7000")
	bed.pairUp(x.phone, y)
	for range n {
		packets = append(packets, x.protect(fill(0x55, 160)))
	}
	return x, y, packets
}

// BenchmarkSecurePacket is the engine's own work for one packet from a protected leg to a plain one, and the other way.
func BenchmarkSecurePacket(b *testing.B) {
	for _, suite := range []secure.Suite{secure.GCM128, secure.CM128} {
		b.Run("in/"+string(suite), func(b *testing.B) {
			x, y, packets := secureBench(b, suite, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			defer cpu(b)()
			for i := range b.N {
				x.leg.receive(packets[i], x.at)
			}
			if y.leg.Stats().Sent != uint64(b.N) {
				b.Errorf("%d of %d relayed", y.leg.Stats().Sent, b.N)
			}
		})
		b.Run("out/"+string(suite), func(b *testing.B) {
			_, y, _ := secureBench(b, suite, 0)
			plain := rtp(y.next, fill(0x55, 160))
			b.ReportAllocs()
			defer cpu(b)()
			for b.Loop() {
				putRTP(plain, y.next)
				y.next.seq++
				y.next.ts += 160
				y.leg.receive(plain, y.at)
			}
		})
	}
}
