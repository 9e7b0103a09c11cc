package media

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// socket is a phone's end on a real UDP port.
type socket struct {
	t    testing.TB
	conn *net.UDPConn
	leg  *Leg
	ear  *heard
	to   netip.AddrPort
	next header
	buf  [maxDatagram]byte
}

func realEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Config{Report: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func listenOn(t testing.TB, addr string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func realPhone(t testing.TB, e *Engine, codec Codec) *socket {
	t.Helper()
	s := &socket{t: t, conn: listenOn(t, "127.0.0.1:0"), ear: &heard{}}
	l, err := e.NewLeg(local(), s.ear)
	if err != nil {
		t.Fatal(err)
	}
	s.leg, s.to = l, netip.AddrPortFrom(local(), uint16(l.LocalPort()))
	s.next = header{payload: uint8(codec), seq: uint16(rand.Uint32()), ts: rand.Uint32(), ssrc: rand.Uint32()}
	l.Configure(Params{
		Remote: s.conn.LocalAddr().(*net.UDPAddr).AddrPort(), Source: local(), Codec: codec, PayloadType: uint8(codec),
		DTMFType: 101, Send: true, Receive: true,
	})
	return s
}

// send sends one packet of 20 ms; it does not allocate.
func (s *socket) send() {
	b := s.buf[:rtpHeader+160]
	putRTP(b, s.next)
	s.next.seq++
	s.next.ts += 160
	if _, err := s.conn.WriteToUDPAddrPort(b, s.to); err != nil {
		s.t.Error(err)
	}
}

// read reads one packet; it does not allocate.
func (s *socket) read() (header, []byte) {
	if err := s.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	n, _, err := s.conn.ReadFromUDPAddrPort(s.buf[:])
	if err != nil {
		s.t.Fatal(err)
	}
	h, payload, _ := parseRTP(s.buf[:n])
	return h, payload
}

// countingTap counts frames without keeping them.
type countingTap struct{ frames, bytes int }

func (c *countingTap) Frame(f Frame) {
	c.frames++
	c.bytes += len(f.Payload)
}

// Packets go through real sockets: source check, counting, tap, relay, translation. Nothing on their way may allocate.
func TestPacketPathDoesNotAllocate(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to Codec
	}{{"relay", PCMA, PCMA}, {"transcode", PCMA, PCMU}} {
		e := realEngine(t)
		x, y := realPhone(t, e, c.from), realPhone(t, e, c.to)
		tap := &countingTap{}
		x.leg.SetTap(tap)
		if err := e.Mix([]Row{{x.leg, []*Leg{y.leg}}, {y.leg, []*Leg{x.leg}}}); err != nil {
			t.Fatal(err)
		}
		const runs = 2000
		got := testing.AllocsPerRun(runs, func() {
			x.send()
			y.read()
		})
		if got != 0 {
			t.Errorf("%s: %v allocations a packet", c.name, got)
		}
		if s, want := y.leg.Stats(), uint64(runs+1); s.Sent != want || x.leg.Stats().Received != want {
			t.Errorf("%s: %d sent, %d received", c.name, s.Sent, x.leg.Stats().Received)
		}
		x.leg.Close()
		if tap.frames != runs+1 || tap.bytes != 160*(runs+1) {
			t.Errorf("%s: %d frames tapped", c.name, tap.frames)
		}
	}
}

func TestForeignPacketsAndKeysDoNotAllocate(t *testing.T) {
	b := newBench(t, Config{})
	x := b.phone("127.0.0.1:6000")
	x.send(x.next, fill(1, 160))
	stranger := netip.MustParseAddrPort("203.0.113.1:6000")
	packet := rtp(x.next, fill(2, 160))
	torn := []byte{0x9F, 8, 0, 0}
	late := rtp(header{payload: 101, ts: 5, seq: x.next.seq, ssrc: x.next.ssrc}, []byte{1, 10, 0, 160})
	x.send(header{payload: 101, ts: 5, seq: x.next.seq, ssrc: x.next.ssrc}, []byte{1, 10, 0, 160})
	for name, f := range map[string]func(){
		"foreign": func() { x.leg.receive(packet, stranger) },
		"torn":    func() { x.leg.receive(torn, x.at) },
		"key":     func() { x.leg.receive(late, x.at) },
		"stats":   func() { x.leg.Stats() },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestPlayerDoesNotAllocate(t *testing.T) {
	e := realEngine(t)
	x := realPhone(t, e, PCMA)
	x.leg.Play("p", []*Clip{numbered(0, 20), Silence(time.Second)}, true)
	x.read()
	if n := testing.AllocsPerRun(50, func() { x.read() }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// The whole of it on real sockets: a Play, a call both ways, a stranger on both ports all the while, and nothing left
// behind.
func TestCallOnSockets(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	e, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	x, y := realPhone(t, e, PCMA), realPhone(t, e, PCMU)
	stranger := listenOn(t, "127.0.0.1:0")
	other := listenOn(t, "127.0.0.2:0")
	beep, err := Tone("beep")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan string, 1)
	x.ear.onEnd = func(play string) { ended <- play }
	x.leg.Play("beep", []*Clip{beep}, false)
	for range 10 {
		if h, payload := x.read(); h.payload != 8 || len(payload) != 160 {
			t.Fatalf("%+v", h)
		}
	}
	<-ended // the last packet sounds for 20 ms more
	if err := e.Mix([]Row{{x.leg, []*Leg{y.leg}}, {y.leg, []*Leg{x.leg}}}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() { // sprays both legs, as fast as 1000 packets a second
		b := rtp(header{payload: 8, seq: 1, ssrc: 1}, []byte("injected"))
		for i := range 1 << 16 {
			select {
			case <-done:
				return
			default:
			}
			for _, c := range []*net.UDPConn{stranger, other} {
				b[3] = byte(i)
				c.WriteToUDPAddrPort(b, x.to)
				c.WriteToUDPAddrPort(b, y.to)
			}
			time.Sleep(time.Millisecond)
		}
	})
	for i := range 100 {
		x.send()
		y.send()
		for _, s := range []*socket{x, y} {
			_, payload := s.read()
			if slices.Equal(payload, []byte("injected")) {
				t.Errorf("round %d: a stranger is heard", i)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	close(done)
	wg.Wait()
	for _, c := range []*net.UDPConn{stranger, other} {
		c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if n, _, err := c.ReadFromUDPAddrPort(make([]byte, maxDatagram)); err == nil {
			t.Errorf("a stranger was sent %d bytes", n)
		}
	}
	for _, s := range []*socket{x, y} {
		if got := s.leg.Close(); got.Received != 100 || got.Lost != 0 || got.Foreign < 50 {
			t.Errorf("%+v", got)
		}
	}
	if got := x.ear.take(); !slices.Contains(got, "up") || !slices.Contains(got, "ended beep true <nil>") {
		t.Error(got)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// On a real clock the stream does not drift: the least late packets of its first and its second half are equally late,
// however busy the machine is. One that is so busy that no packet of a second is in time gets another try: who drifts does so always.
func TestPlayOnTheRealClock(t *testing.T) {
	e := realEngine(t)
	x := realPhone(t, e, PCMA)
	x.leg.Play("p", []*Clip{Silence(time.Minute)}, false)
	first, _ := x.read()
	var drift time.Duration
	for try := range 5 {
		start := time.Now()
		var late []time.Duration
		for i := range 100 {
			h, _ := x.read()
			if n := try*100 + i + 1; h.seq != first.seq+uint16(n) {
				t.Fatalf("packet %d: %+v", n, h)
			}
			late = append(late, time.Since(start)-time.Duration(i+1)*20*time.Millisecond)
		}
		drift = slices.Min(late[50:]) - slices.Min(late[:50])
		t.Logf("drift %v in a second; from %v to %v late", drift, slices.Min(late), slices.Max(late))
		if drift.Abs() <= 10*time.Millisecond {
			return
		}
	}
	t.Errorf("the stream drifts by %v a second", drift)
}
