//go:build linux && (amd64 || arm64)

package bypass

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"
)

// rig is a stream from a phone to us, and one from us to an agent.
type rig struct {
	t                     *testing.T
	bypass                *Bypass
	phone, at, out, agent *net.UDPConn
	lane                  *Lane
	way                   Way
	copies                [][]byte
	times                 []int64
	seq                   uint16
	ts                    uint32
}

// opened is a bypass. Where the system has none, because of its age or our rights, the test is left out.
func opened(t testing.TB, rings int) *Bypass {
	t.Helper()
	b, err := Open(rings)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func bound(t testing.TB, at string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addr(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func newRig(t *testing.T, b *Bypass) *rig {
	r := &rig{t: t, bypass: b, seq: 65000, ts: 1<<32 - 800}
	r.phone, r.at, r.out, r.agent = bound(t, "127.0.0.1:0"), bound(t, "127.0.0.1:0"), bound(t, "127.0.0.1:0"), bound(t, "127.0.0.2:0")
	r.begin()
	return r
}

// begin makes the lane and opens it.
func (r *rig) begin() {
	r.t.Helper()
	r.lane = r.bypass.Lane(0, nil, func(at int64, p []byte) {
		r.copies, r.times = append(r.copies, bytes.Clone(p)), append(r.times, at)
	})
	if r.lane == nil {
		r.t.Fatal("no lane")
	}
	r.t.Cleanup(r.lane.Close)
	r.open()
}

func (r *rig) open() {
	r.t.Helper()
	r.way = Way{
		From: addr(r.phone), At: addr(r.at), Out: addr(r.out), To: addr(r.agent),
		SSRC: 0x01020304, OutSSRC: 0xA0B0C0D0, Type: 8, OutType: 97, SeqShift: 1000, TSShift: 77, Seq: r.seq, TS: r.ts,
	}
	road, ok := r.bypass.Reach(r.way)
	if !ok {
		r.t.Fatal("no road")
	}
	if err := r.lane.Open(r.way, road); err != nil {
		r.t.Fatal(err)
	}
}

// packet is the next one of the stream.
func (r *rig) packet(size int) []byte {
	r.seq++
	r.ts += 160
	b := make([]byte, rtpHeader+size)
	b[0], b[1] = 0x80, 8
	binary.BigEndian.PutUint16(b[2:], r.seq)
	binary.BigEndian.PutUint32(b[4:], r.ts)
	binary.BigEndian.PutUint32(b[8:], r.way.SSRC)
	for i := range size {
		b[rtpHeader+i] = byte(i) ^ byte(r.seq)
	}
	return b
}

// rewritten is what becomes of it.
func (r *rig) rewritten(b []byte) []byte {
	b = bytes.Clone(b)
	b[1] = b[1]&0x80 | r.way.OutType
	binary.BigEndian.PutUint16(b[2:], binary.BigEndian.Uint16(b[2:])+r.way.SeqShift)
	binary.BigEndian.PutUint32(b[4:], binary.BigEndian.Uint32(b[4:])+r.way.TSShift)
	binary.BigEndian.PutUint32(b[8:], r.way.OutSSRC)
	return b
}

func (r *rig) send(b []byte) {
	r.t.Helper()
	if _, err := r.phone.WriteToUDPAddrPort(b, r.way.At); err != nil {
		r.t.Fatal(err)
	}
}

// gets is the next datagram at a socket, and from whom.
func gets(t testing.TB, c *net.UDPConn) ([]byte, netip.AddrPort) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 2048)
	n, from, err := c.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n], from
}

// passes wants a packet to go to the agent by the kernel alone.
func (r *rig) passes(b []byte) {
	r.t.Helper()
	r.send(b)
	got, from := gets(r.t, r.agent)
	if want := r.rewritten(b); !bytes.Equal(got, want) || from != r.way.Out {
		r.t.Errorf("the agent gets % x from %v; want % x from %v", got[:min(len(got), 20)], from, want[:min(len(want), 20)], r.way.Out)
	}
	had := len(r.copies)
	if n := r.bypass.Ring(0).Read(); n != 1 || len(r.copies) != had+1 || !bytes.Equal(r.copies[had], b) {
		r.t.Errorf("%d copies", n)
	}
}

// comes wants a packet to come to our socket.
func (r *rig) comes(b []byte) {
	r.t.Helper()
	r.send(b)
	if got, from := gets(r.t, r.at); !bytes.Equal(got, b) || from != r.way.From {
		r.t.Errorf("% x from %v", got, from)
	}
	if r.bypass.Ring(0).Waits() {
		r.t.Error("there is a copy")
	}
}

func TestLane(t *testing.T) {
	r := newRig(t, opened(t, 2))
	before := Clock()
	for i, size := range []int{1, 80, 160, 161, 240, 480, 160} { // and its numbers wrap on the way
		b := r.packet(size)
		if i == 3 {
			b[1] |= 0x80
		}
		r.passes(b)
	}
	r.seq, r.ts = r.seq+stepMost-1, r.ts+tickMost-160 // many are lost
	r.passes(r.packet(160))
	for range 1000 {
		r.passes(r.packet(160))
	}
	if at := r.times[0]; at < before || at > Clock() {
		t.Errorf("it came at %d, and it is %d", at, Clock())
	}
	seq, ts, size, ok := r.lane.Shut()
	if !ok || seq != r.seq+r.way.SeqShift || ts != r.ts+r.way.TSShift || size != 160 {
		t.Errorf("last %d, %d, %d bytes", seq, ts, size)
	}
	r.comes(r.packet(160))
	r.open()
	r.passes(r.packet(160))
}

// What is no ordinary packet of the stream comes to the socket as it is; what is of the stream shuts the lane.
func TestExtraordinary(t *testing.T) {
	b := opened(t, 1)
	put := func(at int, value ...byte) func(r *rig, b []byte) []byte {
		return func(r *rig, b []byte) []byte { copy(b[at:], value); return b }
	}
	for name, c := range map[string]struct {
		change func(r *rig, b []byte) []byte
		stays  bool
	}{
		"another type":     {change: put(1, 0)},
		"a key":            {change: put(1, 0x80|101)},
		"another SSRC":     {change: put(8, 9)},
		"padding":          {change: put(0, 0xA0)},
		"an extension":     {change: put(0, 0x90)},
		"a source":         {change: put(0, 0x81)},
		"doubled":          {change: func(r *rig, b []byte) []byte { r.seq--; binary.BigEndian.PutUint16(b[2:], r.seq); return b }},
		"a step back":      {change: func(r *rig, b []byte) []byte { binary.BigEndian.PutUint16(b[2:], r.seq-2); return b }},
		"a long step":      {change: func(r *rig, b []byte) []byte { binary.BigEndian.PutUint16(b[2:], r.seq+stepMost); return b }},
		"no time":          {change: func(r *rig, b []byte) []byte { binary.BigEndian.PutUint32(b[4:], r.ts-160); return b }},
		"time back":        {change: func(r *rig, b []byte) []byte { binary.BigEndian.PutUint32(b[4:], r.ts-161); return b }},
		"a pause":          {change: func(r *rig, b []byte) []byte { binary.BigEndian.PutUint32(b[4:], r.ts+tickMost); return b }},
		"without sound":    {change: func(r *rig, b []byte) []byte { return b[:rtpHeader] }},
		"longer than ever": {change: func(r *rig, b []byte) []byte { return append(b, make([]byte, 400)...) }},
		"RTCP":             {change: put(1, 200), stays: true},
		"STUN":             {change: put(0, 0), stays: true},
		"DTLS":             {change: put(0, 22), stays: true},
		"torn":             {change: func(r *rig, b []byte) []byte { return b[:11] }, stays: true},
		"one byte":         {change: func(r *rig, b []byte) []byte { return b[:1] }, stays: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, b)
			r.passes(r.packet(160))
			r.passes(r.packet(160))
			seq, ts := r.seq, r.ts
			r.comes(c.change(r, r.packet(160)))
			if r.lane.IsOpen() != c.stays {
				t.Errorf("open: %v", r.lane.IsOpen())
			}
			if r.seq, r.ts = seq, ts; c.stays {
				r.passes(r.packet(160))
			} else {
				r.comes(r.packet(160))
			}
		})
	}
	t.Run("before the first", func(t *testing.T) { // what waits in the socket must not be overtaken
		r := newRig(t, b)
		r.seq++
		r.comes(r.packet(160))
		r.comes(r.packet(160))
	})
}

// Nobody else's packets go through or shut anything.
func TestStrangers(t *testing.T) {
	r := newRig(t, opened(t, 1))
	for _, host := range []string{"127.0.0.1:0", "127.0.0.3:0"} {
		stranger := bound(t, host)
		b := r.packet(160)
		r.seq--
		r.ts -= 160
		if _, err := stranger.WriteToUDPAddrPort(b, r.way.At); err != nil {
			t.Fatal(err)
		}
		if got, from := gets(t, r.at); !bytes.Equal(got, b) || from != addr(stranger) {
			t.Errorf("% x from %v", got, from)
		}
	}
	r.passes(r.packet(160))
	if _, err := r.phone.WriteToUDPAddrPort(r.packet(160), addr(r.out)); err != nil { // to another port of ours
		t.Fatal(err)
	}
	if _, from := gets(t, r.out); from != r.way.From {
		t.Error(from)
	}
}

// A ring that nobody reads fills up; from then on the packets come to the socket, and none is lost or overtakes another.
func TestFullRing(t *testing.T) {
	r := newRig(t, opened(t, 1))
	const all = ringMost/(headLen+usualRoom) + 1000
	passed := 0
	for range all {
		r.send(r.packet(160))
		if !r.lane.IsOpen() {
			break
		}
		gets(t, r.agent)
		passed++
	}
	if got, _ := gets(t, r.at); binary.BigEndian.Uint16(got[2:]) != r.seq {
		t.Error("another packet came to the socket than the first for which there was no room")
	}
	if n := r.bypass.Ring(0).Read(); n != passed || n < ringMost/(headLen+usualRoom)-1000 || n > ringMost/(headLen+usualRoom) {
		t.Errorf("%d copies of %d packets", n, passed)
	}
	r.open()
	for range 100 {
		r.passes(r.packet(160))
	}
}

// Of a lane that was given back nobody gets copies, whoever has its place now.
func TestLanesAreLentAgain(t *testing.T) {
	b := opened(t, 1)
	r := newRig(t, b)
	first := r.lane
	for range 3 * lanesMost {
		l := b.Lane(0, nil, func(int64, []byte) { t.Error("a packet") })
		if l == nil {
			t.Fatal("no lane")
		}
		l.Close()
		l.Close()
	}
	r.send(r.packet(160))
	gets(t, r.agent)
	first.Close()
	if n := b.Ring(0).Read(); n != 1 || len(r.copies) != 0 {
		t.Errorf("%d copies, %d delivered", n, len(r.copies))
	}
	if first.Open(r.way, Road{}) == nil {
		t.Error("a lane that was given back opens")
	}
	r.comes(r.packet(160))
	r.begin()
	r.passes(r.packet(160))
	var lanes []*Lane
	for range lanesMost {
		if l := b.Lane(0, nil, nil); l != nil {
			lanes = append(lanes, l)
		}
	}
	if len(lanes) != lanesMost-1 {
		t.Errorf("%d lanes", len(lanes))
	}
	for _, l := range lanes {
		l.Close()
	}
	if n := b.Ring(0).Lanes(); n != 1 {
		t.Errorf("%d lanes are lent", n)
	}
}

func TestClose(t *testing.T) {
	b, err := Open(1)
	if err != nil {
		t.Skip(err)
	}
	r := newRig(t, b)
	r.passes(r.packet(160))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Lane(0, nil, nil) != nil {
		t.Error("a lane")
	}
	p := r.packet(160)
	r.send(p)
	if got, _ := gets(t, r.at); !bytes.Equal(got, p) {
		t.Error("not what was sent")
	}
}

func TestSizes(t *testing.T) {
	for rings, want := range map[int]int{1: 4 << 20, 4: 4 << 20, 5: 2 << 20, 8: 2 << 20, 16: 1 << 20, 64: 1 << 20} {
		if got := sizeOf(rings); got != want {
			t.Errorf("%d rings of %d bytes", rings, got)
		}
	}
}

func TestReach(t *testing.T) {
	b := opened(t, 1)
	ap := netip.MustParseAddrPort
	own := Way{From: ap("127.0.0.1:1"), At: ap("127.0.0.1:2"), Out: ap("127.0.0.1:3"), To: ap("127.9.9.9:4")}
	if r, ok := b.Reach(own); !ok || r.out != 0 || r.in == 0 {
		t.Errorf("%+v %v", r, ok)
	}
	for name, change := range map[string]func(w *Way){
		"IPv6":        func(w *Way) { w.To = ap("[::1]:4") },
		"any address": func(w *Way) { w.At = ap("0.0.0.0:2") },
		"many":        func(w *Way) { w.To = ap("224.0.0.1:4") },
		"no port":     func(w *Way) { w.To = ap("127.0.0.1:0") },
		"far":         func(w *Way) { w.To = ap("192.0.2.1:4") },
		"none":        func(w *Way) { w.From = netip.AddrPort{} },
	} {
		w := own
		if change(&w); true {
			if r, ok := b.Reach(w); ok {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}
