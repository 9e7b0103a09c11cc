//go:build linux && (amd64 || arm64)

package bypass

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/cilium/ebpf"
)

// Lane is one stream's way through the kernel. Packets takes what went through it.
type Lane struct {
	bypass  *Bypass
	spot    *spot
	slot    uint16
	ring    int
	tag     uint32
	touch   func() uint64
	deliver func(at int64, packet []byte)

	mu   sync.Mutex
	name [nameLen]byte // under which the program finds it
	has  bool
	over bool
}

// Lane makes a lane, shut, whose copies go into the n-th ring. deliver is called by the Read of that for each packet that went
// through, with its arrival by Clock; the packet is valid during the call. touch, unless nil, is called some time before that, to look
// at memory that deliver will need; its result means nothing. nil: all lanes are in use.
func (b *Bypass) Lane(n int, touch func() uint64, deliver func(at int64, packet []byte)) *Lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over || len(b.free) == 0 || n >= len(b.rings) {
		return nil
	}
	l := &Lane{bypass: b, slot: b.free[0], ring: n, touch: touch, deliver: deliver}
	b.rings[n].lanes.Add(1)
	b.free = b.free[1:]
	b.tag++
	l.tag = b.tag
	l.spot = b.spot(l.slot)
	atomic.StoreUint32(&l.spot.tag, l.tag)
	b.lanes[l.slot].Store(l)
	return l
}

// Open lets the very next packet after the last of a stream go through the kernel, and those after it, until the first that is not
// ordinary. r is what Reach said of w. The lane must be shut.
func (l *Lane) Open(w Way, r Road) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return ErrNoLane
	}
	name, out := nameOf(w.From, w.At), nameOf(w.Out, w.To)
	s := l.spot
	s.ssrc, s.outSSRC = wire(w.SSRC), wire(w.OutSSRC)
	s.ts, s.seq, s.tsShift, s.seqShift = w.TS, uint32(w.Seq), w.TSShift, uint32(w.SeqShift)
	s.kind, s.outKind, s.size = w.Type, w.OutType, rtpHeader
	s.in, s.out, s.ring = uint32(r.in), uint32(r.out), uint32(l.ring)
	s.name, s.most = out, 1
	if !l.has || l.name != name {
		l.forget()
		if err := l.bypass.names.Update(name[:], uint32(l.slot), ebpf.UpdateNoExist); err != nil {
			return fmt.Errorf("%w: %w", ErrNoLane, err)
		}
		l.name, l.has = name, true
	}
	atomic.StoreUint32(&s.open, 1)
	return nil
}

// IsOpen tells whether packets go through.
func (l *Lane) IsOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over && atomic.LoadUint32(&l.spot.open) == 1
}

// Shut lets packets come to the socket again, and returns the last that went through as it went on, with the length of its
// payload. At the instant of Shut one more may be under way. false: the lane was given back.
func (l *Lane) Shut() (seq uint16, ts uint32, size int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return 0, 0, 0, false
	}
	s := l.spot
	atomic.StoreUint32(&s.open, 0)
	return uint16(atomic.LoadUint32(&s.seq) + s.seqShift), atomic.LoadUint32(&s.ts) + s.tsShift, int(s.size) - rtpHeader, true
}

// Close gives the lane back. Copies that nobody has read are dropped.
func (l *Lane) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	atomic.StoreUint32(&l.spot.open, 0)
	l.forget()
	b := l.bypass
	l.spot = nil // it may be unmapped next
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lanes[l.slot].Store(nil)
	b.rings[l.ring].lanes.Add(-1)
	b.free = append(b.free, l.slot)
}

// forget takes the lane's name from the program. mu is held.
func (l *Lane) forget() {
	if l.has {
		l.has = false
		l.bypass.names.Delete(l.name[:]) // fails only where it is not there
	}
}

// nameOf is the addresses and ports of a stream as they stand in a datagram.
func nameOf(from, to netip.AddrPort) (n [nameLen]byte) {
	a, b := from.Addr().As4(), to.Addr().As4()
	copy(n[0:], a[:])
	copy(n[4:], b[:])
	binary.BigEndian.PutUint16(n[8:], from.Port())
	binary.BigEndian.PutUint16(n[10:], to.Port())
	return n
}

// wire is a number as it stands in a datagram.
func wire(n uint32) uint32 {
	return n>>24 | n>>8&0xFF00 | n<<8&0xFF0000 | n<<24
}
