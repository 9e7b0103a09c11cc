package storm

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"hotline/media"
)

// packets are the next n packets of a stream, as they would be sent.
func packets(s *stream, n int) (out [][]byte) {
	for range n {
		b := make([]byte, slotLen)
		out = append(out, b[:s.packet(b, 0)])
	}
	return out
}

func TestStream(t *testing.T) {
	voice := make([]byte, 250)
	for i := range voice {
		voice[i] = byte(i)
	}
	s := &stream{pt: 8, voice: voice}
	s.start()
	all := packets(s, 10)
	var said []byte
	for i, b := range all {
		if len(b) != 172 || b[0] != 0x80 || b[1] != 8 {
			t.Fatalf("packet %d: % x", i, b[:12])
		}
		if i > 0 {
			was := all[i-1]
			if binary.BigEndian.Uint16(b[2:])-binary.BigEndian.Uint16(was[2:]) != 1 || binary.BigEndian.Uint32(b[4:])-binary.BigEndian.Uint32(was[4:]) != 160 ||
				!bytes.Equal(b[8:12], was[8:12]) {
				t.Fatalf("packet %d after %d: % x after % x", i, i-1, b[:12], was[:12])
			}
		}
		said = append(said, b[12:]...)
	}
	for i, b := range said {
		if b != byte(i%250) {
			t.Fatalf("sample %d is %d: the voice does not loop", i, b)
		}
	}
	for pt, want := range map[codec]byte{0: media.PCMU.Silence(), 8: media.PCMA.Silence()} {
		b := packets(&stream{pt: pt}, 1)[0]
		if b[12] != want || b[171] != want {
			t.Errorf("%s is silent with %x, want %x", pt, b[12], want)
		}
	}
}

// TestKeys holds RFC 4733 §2.5: one time stamp for all packets of a key, the marker on the first, rising duration, the end
// three times; then the audio goes on where its clock is.
func TestKeys(t *testing.T) {
	s := &stream{pt: 0, keys: make(chan byte, 3)}
	s.start()
	before := packets(s, 1)[0]
	s.keys <- '1'
	s.keys <- '#'
	all := packets(s, 17)
	ts := func(b []byte) uint32 { return binary.BigEndian.Uint32(b[4:]) }
	for k, code := range []byte{1, 11} {
		for i := range 8 {
			b := all[k*8+i]
			want := []byte{code, 10, 0, 0}
			if i >= 5 {
				want[1] |= 0x80
			}
			binary.BigEndian.PutUint16(want[2:], uint16(160*min(i+1, 5)))
			if !bytes.Equal(b[12:], want) {
				t.Errorf("key %d packet %d: % x, want % x", k, i, b[12:], want)
			}
			if marker := b[1] >= 0x80; marker != (i == 0) || b[1]&0x7F != eventType {
				t.Errorf("key %d packet %d: type %x", k, i, b[1])
			}
			if got := ts(b) - ts(before); got != uint32(160*(1+8*k)) {
				t.Errorf("key %d packet %d: time stamp %d", k, i, got)
			}
		}
	}
	if b := all[16]; b[1] != 0 || ts(b)-ts(before) != 17*160 || len(b) != 172 {
		t.Errorf("after the keys: % x", b[:12])
	}
}

func TestEventCode(t *testing.T) {
	for i, k := range []byte("0123456789*#ABCD") {
		if eventCode(k) != byte(i) {
			t.Errorf("%c is %d, want %d", k, eventCode(k), i)
		}
	}
}

// TestProbe: what one stream sends the other measures: delay, loss, doubles, and whether it is the other at all.
func TestProbe(t *testing.T) {
	calls := 0
	out := &stream{pt: 8, probe: true}
	in := &stream{pt: 8, probe: true, heard: func(time.Time) { calls++ }}
	out.start()
	a := &audio{streams: map[endpoint]*stream{}, delay: newHistogram()}
	a.add(in)
	hear := func(b []byte, at int64) time.Duration {
		d, tell := in.receive(b, at)
		if tell != nil {
			tell(time.Unix(0, at))
		}
		return d
	}
	if d := hear(packets(&stream{pt: 8}, 1)[0], 5); d >= 0 || calls != 0 {
		t.Errorf("music is taken for the other phone: %s, %d", d, calls)
	}
	for _, bad := range [][]byte{nil, make([]byte, 12), make([]byte, 31), bytes.Repeat([]byte{0xFF}, 200)} {
		if d := hear(bad, 5); d >= 0 {
			t.Errorf("% x is heard", bad)
		}
	}
	var late []byte
	for i := range 100 {
		b := make([]byte, slotLen)
		b = b[:out.packet(b, int64(1000+i))]
		switch {
		case i < 10, i >= 95: // before the call was joined, and after it ended: not lost
			continue
		case i == 20 || i == 21: // lost
			continue
		case i == 30:
			late = slices.Clone(b)
			continue
		case i == 40:
			hear(b, int64(1000+i)) // twice
		case i == 31:
			hear(late, int64(1000+i))
		}
		if d := hear(b, int64(1000+i+77)); d != 77 {
			t.Fatalf("packet %d: %s under way, want 77ns", i, d)
		}
	}
	if calls != 1 {
		t.Errorf("told %d times", calls)
	}
	a.remove(in)
	a.remove(in) // harmless
	if a.expected != 85 || a.received != 84 {
		t.Errorf("%d of %d received; want 84 of 85: two lost, one double that hides one of them", a.received, a.expected)
	}
	if n := len(a.streams); n != 0 {
		t.Errorf("%d streams are left", n)
	}
	any := &stream{heard: func(time.Time) { calls++ }} // without probes everything counts
	if _, tell := any.receive(packets(&stream{pt: 8}, 1)[0], 0); tell == nil {
		t.Error("the first packet is not told")
	}
}

func TestMuOfA(t *testing.T) {
	for i := range 256 {
		a := byte(i)
		x, y := int(media.ALawToLinear(a)), int(media.MuLawToLinear(muOfA(a)))
		if d := x - y; max(d, -d) > max(x, -x)/12+16 {
			t.Errorf("A-law %02x is %d, its µ-law %d", a, x, y)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for _, s := range []string{"127.0.0.1:1", "10.255.3.4:65535", "0.0.0.0:256"} {
		at := mustAddrPort(s)
		sock := new(socket)
		e := endpointOf(at)
		sock.outgoing(0, e)
		if got := endpointFrom(&sock.outTo[0]); got != e {
			t.Errorf("%s: %x became %x", s, e, got)
		}
		if e != endpointOf(netip.AddrPortFrom(netip.AddrFrom16(at.Addr().As16()), at.Port())) {
			t.Errorf("%s differs as a mapped address", s)
		}
	}
}

// TestPump moves real packets between two sockets for half a second.
func TestPump(t *testing.T) {
	x, y := newTestAudio(t), newTestAudio(t)
	p := newPump([]*audio{x, y})
	heard := make(chan time.Time, 2)
	began := time.Now()
	one := &stream{to: endpointOf(y.local()), pt: 8, probe: true, heard: func(at time.Time) { heard <- at }}
	two := &stream{to: endpointOf(x.local()), pt: 8, probe: true, heard: func(at time.Time) { heard <- at }}
	x.add(one)
	y.add(two)
	for range 2 {
		if at := <-heard; at.Before(began.Add(-time.Millisecond)) || at.After(time.Now()) {
			t.Errorf("heard at %s, began %s", at, began)
		}
	}
	time.Sleep(500 * time.Millisecond)
	x.remove(one)
	y.remove(two)
	p.close()
	for _, a := range []*audio{x, y} {
		if a.received != a.expected || a.received < 5 || a.received > 200 { // 25 on an idle machine
			t.Errorf("%d of %d received", a.received, a.expected)
		}
		if n := a.delay.TotalCount(); uint64(n) != a.received || a.delay.Min() < 1 || a.delay.ValueAtQuantile(50) > 100_000 {
			t.Errorf("%d delays from %d µs, half of them up to %d µs", n, a.delay.Min(), a.delay.ValueAtQuantile(50))
		}
	}
}

func newTestAudio(t testing.TB) *audio {
	t.Helper()
	a, err := newAudio(netip.AddrFrom4([4]byte{127, 0, 0, 1}), new(atomic.Bool))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestParts: whatever the number of parts, every stream of a group is sent once.
func TestParts(t *testing.T) {
	for _, parts := range []int{1, 2, 3, 4} {
		p, _ := hundred(t)
		for turn := range slots {
			for part := range parts {
				p.give(p.audio[0], turn, part, parts)
			}
		}
		sent := uint64(0)
		for _, g := range p.audio[0].groups {
			for _, s := range g {
				if s.count != 1 {
					t.Fatalf("in %d parts a stream was sent %d times", parts, s.count)
				}
				sent++
			}
		}
		if sent != 100 || p.parts() != 1 {
			t.Errorf("in %d parts %d packets were sent; %d parts of few", parts, sent, p.parts())
		}
	}
	p, _ := hundred(t)
	for i := range 1000 {
		p.audio[1].streams[endpoint(i)] = &stream{}
	}
	if n := p.parts(); n != 4 {
		t.Errorf("%d parts of a thousand", n)
	}
}

// TestPumpAllocatesNothing: 100 streams each way.
func TestPumpAllocatesNothing(t *testing.T) {
	p, _ := hundred(t)
	turn := 0
	if n := testing.AllocsPerRun(50, func() {
		for _, a := range p.audio {
			p.give(a, turn%slots, 0, 1)
			p.take(a)
		}
		turn++
	}); n > 0 {
		t.Errorf("%v allocations a turn", n)
	}
}

// hundred is a pump that does not run by itself, with 100 streams from its first socket to its second.
func hundred(t testing.TB) (p *pump, packets int) {
	x, y := newTestAudio(t), newTestAudio(t)
	t.Cleanup(func() { x.sock.close(); y.sock.close() })
	for range 100 {
		x.add(&stream{to: endpointOf(y.local()), pt: 8, probe: true})
	}
	y.streams[endpointOf(x.local())] = &stream{pt: 8, probe: true}
	return &pump{audio: []*audio{x, y}}, 25
}

// BenchmarkPump is the cost of sending one packet over loopback and receiving it.
func BenchmarkPump(b *testing.B) {
	p, n := hundred(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for _, a := range p.audio {
			p.give(a, i%slots, 0, 1)
			p.take(a)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/packet")
}
