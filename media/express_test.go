package media

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline/media/bypass"
)

// kernelEngine is an engine whose packets the kernel passes on. Where it does not, because of its age or our rights, the test is left out.
func kernelEngine(t testing.TB) *Engine {
	t.Helper()
	b, err := bypass.Open(1)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if n := b.Ring(0).Lanes(); n != 0 {
			t.Errorf("%d lanes were not given back", n)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	e, err := New(Config{Report: time.Hour, Loops: 1, Bypass: b})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// arrived is a packet as a phone gets it: what must be the same whichever way it came.
type arrived struct {
	ID     uint32 // that its sender gave it
	Type   uint8
	Step   uint16 // of the sequence number, from the packet before
	Ticks  uint32 // of the timestamp likewise; 0 where a talk spurt begins, which is the clock's business
	Marker bool
	SSRC   bool // that of the packet before
}

// teller is a phone that numbers what it says and keeps what it hears.
type teller struct {
	*socket
	mu    sync.Mutex
	heard []arrived
	shown []uint32 // by the tap
	last  header
	id    uint32
}

func (p *teller) Frame(f Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(f.Payload) >= 4 {
		p.shown = append(p.shown, binary.BigEndian.Uint32(f.Payload))
	} else {
		p.shown = append(p.shown, 0)
	}
}

// listen is the phone's goroutine: it ends when the socket is closed.
func (p *teller) listen() {
	buf := make([]byte, maxDatagram)
	for {
		n, _, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		h, payload, ok := parseRTP(buf[:n])
		if !ok || classify(buf[:n]) != kindRTP {
			continue
		}
		a := arrived{Type: h.payload, Step: h.seq - p.last.seq, Marker: h.marker, SSRC: h.ssrc == p.last.ssrc}
		if !h.marker {
			a.Ticks = h.ts - p.last.ts
		}
		if h.payload < 96 {
			a.ID = binary.BigEndian.Uint32(payload)
		}
		p.last = h
		p.mu.Lock()
		p.heard = append(p.heard, a)
		p.mu.Unlock()
	}
}

func (p *teller) packet(h header, size int) []byte {
	b := make([]byte, rtpHeader+size)
	putRTP(b, h)
	p.id++
	binary.BigEndian.PutUint32(b[rtpHeader:], p.id)
	return b
}

func (p *teller) put(b []byte) {
	if _, err := p.conn.WriteToUDPAddrPort(b, p.to); err != nil {
		p.t.Error(err)
	}
}

// say sends a packet of sound of so many ticks.
func (p *teller) say(size int) {
	p.put(p.packet(p.next, size))
	p.next.seq++
	p.next.ts += uint32(size)
}

// taken waits until the engine has dealt with all that was sent: the last was sound.
func (p *teller) taken(by *teller, deaf bool) {
	p.t.Helper()
	if !deaf {
		p.crossed(by)
	}
	await(p.t, "the engine has seen it", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.shown) > 0 && p.shown[len(p.shown)-1] == p.id
	})
}

// crossed waits until the other side has what was said last.
func (p *teller) crossed(to *teller) {
	p.t.Helper()
	await(p.t, "it has come", func() bool {
		to.mu.Lock()
		defer to.mu.Unlock()
		return len(to.heard) > 0 && to.heard[len(to.heard)-1].ID == p.id
	})
}

// do is one thing that may happen to a stream. What it does depends on rng alone.
func (p *teller) do(rng *rand.Rand, e *Engine, to, third *teller) {
	what := rng.IntN(28)
	switch what {
	default:
		for i := range 1 + rng.IntN(160) {
			if p.say(160); p.next.payload == 8 && i%8 != 0 { // or else two come at once
				p.crossed(to)
			}
		}
	case 1:
		p.next.seq, p.next.ts = p.next.seq+3, p.next.ts+480 // lost
	case 2:
		p.next.ts += 4000 // silent
		p.next.marker = true
		p.say(160)
		p.next.marker = false
	case 3:
		p.next.ts += 1 << 20
	case 4:
		p.next.ssrc++
	case 5:
		p.next.seq += 5000 // the first of those is dropped, the second believed
		p.say(160)
	case 6: // two change places
		late := p.packet(p.next, 160)
		p.next.seq, p.next.ts = p.next.seq+1, p.next.ts+160
		p.say(160)
		p.put(late)
	case 7: // doubled
		b := p.packet(p.next, 160)
		p.next.seq, p.next.ts = p.next.seq+1, p.next.ts+160
		p.put(b)
		p.put(b)
	case 8: // a key
		for i := range 5 {
			end := byte(10)
			if i >= 3 {
				end |= 0x80
			}
			h := header{payload: 101, ts: p.next.ts, seq: p.next.seq, ssrc: p.next.ssrc, marker: i == 0}
			b := make([]byte, rtpHeader+4)
			putRTP(b, h)
			copy(b[rtpHeader:], []byte{5, end, byte((i + 1) * 160 >> 8), byte((i + 1) * 160 & 255)})
			p.put(b)
			p.next.seq++
		}
		p.next.ts += 800
	case 9: // other lengths
		p.say(80)
		p.say(240)
		p.say(480)
	case 10: // torn, of no agreed type, with padding, RTCP that is none, nothing at all
		for _, b := range [][]byte{{0x80, 8, 0}, rtp(header{payload: 77, seq: p.next.seq, ssrc: p.next.ssrc}, []byte("abcdef")), {0x81, 200, 0, 9}, {1, 2, 3}, {0x9F, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
			p.put(b)
		}
		b := p.packet(p.next, 164)
		b[0] |= 0x20
		b[len(b)-1] = 4
		p.next.seq, p.next.ts = p.next.seq+1, p.next.ts+160
		p.put(b)
	case 11: // the other side is held
		s := to.leg.settings.Load().Params
		s.Send = false
		to.leg.Configure(s)
		for range 1 + rng.IntN(60) {
			p.say(160)
		}
		p.taken(to, true)
		s.Send = true
		to.leg.Configure(s)
	case 12: // both laws of G.711 are understood
		p.next.payload ^= 8
	case 13: // a third hears it too
		if err := e.Mix([]Row{{third.leg, []*Leg{p.leg}}}); err != nil {
			p.t.Error(err)
		}
		for range 1 + rng.IntN(60) {
			p.say(160)
		}
		p.taken(to, p.next.payload != 8)
		if err := e.Mix([]Row{{third.leg, nil}}); err != nil {
			p.t.Error(err)
		}
	case 14: // both hear nobody, then each other again
		if err := e.Mix([]Row{{p.leg, nil}, {to.leg, nil}}); err != nil {
			p.t.Error(err)
		}
		p.say(160)
		p.taken(to, true)
		if err := e.Mix([]Row{{p.leg, []*Leg{to.leg}}, {to.leg, []*Leg{p.leg}}}); err != nil {
			p.t.Error(err)
		}
	}
	p.say(160)
	p.say(160)
	p.taken(to, p.next.payload != 8) // what is translated has another number
}

// told is how a story ended.
type told struct {
	Heard, Shown   [2]any
	Stats          [2]Stats
	Events         [2][]string
	SeqAtEnd, Lead [2]uint16
}

// story is a call in which things happen. The same seed does the same.
func story(t *testing.T, e *Engine, seed uint64) (end told, bypassed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	var p [3]*teller
	for i := range p {
		p[i] = &teller{socket: realPhone(t, e, PCMA)}
		p[i].next = header{payload: 8, seq: uint16(rng.Uint32()), ts: rng.Uint32(), ssrc: rng.Uint32()}
		p[i].leg.SetTap(p[i])
		go p[i].listen()
	}
	if err := e.Mix([]Row{{p[0].leg, []*Leg{p[1].leg}}, {p[1].leg, []*Leg{p[0].leg}}}); err != nil {
		t.Fatal(err)
	}
	for range 60 { // both are believed for good
		p[0].say(160)
		p[1].say(160)
	}
	p[0].taken(p[1], false)
	p[1].taken(p[0], false)
	for range 60 {
		i := rng.IntN(2)
		p[i].do(rng, e, p[1-i], p[2])
		if t.Failed() {
			return end, 0
		}
	}
	for i := range 2 {
		p[i].next.payload = 8
		p[i].say(160)
		p[i].taken(p[1-i], false)
	}
	for i, each := range p[:2] {
		await(t, "what was sent is counted", func() bool { // which comes after it was sent
			each.mu.Lock()
			defer each.mu.Unlock()
			return each.leg.Stats().Sent == uint64(len(each.heard))
		})
		s := each.leg.Close()
		bypassed += s.Bypassed
		s.Bypassed, s.Jitter, s.MaxGap, s.LastGap, s.MOS = 0, 0, 0, 0, 0
		each.mu.Lock()
		end.Heard[i], end.Shown[i], end.Stats[i], end.Events[i] = slices.Clone(each.heard[1:]), slices.Clone(each.shown), s, each.ear.take()
		each.mu.Unlock()
	}
	p[2].leg.Close()
	return end, bypassed
}

// TestBypassedAsWithout tells the same stories with and without the kernel's help: each phone must get the same packets, and
// the engine must have seen the same.
func TestBypassedAsWithout(t *testing.T) {
	with, without := kernelEngine(t), realEngine(t)
	var all, stories uint64
	for seed := range uint64(tries(4)) {
		want, none := story(t, without, seed)
		got, n := story(t, with, seed)
		if none != 0 {
			t.Errorf("%d packets bypassed an engine without a bypass", none)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("seed %d, with the kernel:\n%s", seed, d)
		}
		all += n
		stories++
	}
	if all < 500*stories {
		t.Errorf("the kernel passed on only %d packets", all)
	}
	t.Logf("%d packets in %d stories", all, stories)
}

// await waits for something that takes the engine some milliseconds.
func await(t testing.TB, what string, f func() bool) {
	t.Helper()
	for range 200_000 {
		if f() {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
	t.Fatalf("not after many seconds: %s", what)
}
