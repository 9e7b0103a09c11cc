package storm

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"
)

const (
	frameLen  = 160 // 20 ms of G.711
	frameTime = 20 * time.Millisecond
	slots     = 4 // a socket's streams are sent in so many groups, 5 ms apart, so that they do not come in one burst
	eventType = 101
	// probeMagic marks a payload that carries its own sending time: in place of the first samples, where the codec is not
	// changed on the way it arrives as it was sent.
	probeMagic = 0x48544C4E
)

// audio is one RTP socket shared by many calls. The engine gives every leg a port of its own, so the source of a packet
// tells whose it is.
type audio struct {
	conn  *net.UDPConn
	batch *ipv4.PacketConn
	local netip.AddrPort
	epoch time.Time
	stop  chan struct{}
	done  sync.WaitGroup

	mu      sync.Mutex // guards streams and groups
	streams map[netip.AddrPort]*stream
	groups  [slots][]*stream
	next    int
}

// stream is one call's audio at one phone.
type stream struct {
	remote netip.AddrPort
	to     net.Addr // remote, as the batch call wants it
	pt     uint8
	voice  []byte // encoded; nil: silence. Looped.
	probe  bool
	tally  *tally
	heard  func() // once, when the first packet of the other phone's probe (or any, without probe) comes

	// Owned by the sender.
	ssrc, ts uint32
	seq      uint16
	at       int
	count    uint64
	keys     chan byte
	key      byte
	keyStep  int
	keyTS    uint32

	// Owned by the reader.
	first, last, got uint64
	any              bool

	packets atomic.Uint64
}

func newAudio(local netip.Addr, epoch time.Time) (*audio, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return nil, fmt.Errorf("storm: RTP socket: %w", err)
	}
	conn.SetReadBuffer(8 << 20)
	conn.SetWriteBuffer(4 << 20)
	a := &audio{
		conn: conn, batch: ipv4.NewPacketConn(conn), local: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
		epoch: epoch, stop: make(chan struct{}), streams: map[netip.AddrPort]*stream{},
	}
	a.done.Add(2)
	go a.read()
	go a.write()
	return a, nil
}

func (a *audio) close() {
	close(a.stop)
	a.conn.Close()
	a.done.Wait()
}

// add starts a stream.
func (a *audio) add(s *stream) {
	s.to = net.UDPAddrFromAddrPort(s.remote)
	s.ssrc, s.seq, s.ts = rand.Uint32(), uint16(rand.Uint32()), rand.Uint32()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.streams[s.remote] = s
	g := &a.groups[a.next%slots]
	a.next++
	*g = append(*g, s)
}

// remove ends a stream; what it heard is in its tally from now on.
func (a *audio) remove(s *stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.streams[s.remote] != s {
		return
	}
	delete(a.streams, s.remote)
	for i, g := range a.groups {
		for j, x := range g {
			if x == s {
				g[j] = g[len(g)-1]
				g[len(g)-1] = nil
				a.groups[i] = g[:len(g)-1]
			}
		}
	}
	if s.got > 0 {
		s.tally.heard(s.last-s.first+1, s.got)
	}
}

// write sends every group's packets when they are due, on a schedule that does not drift.
func (a *audio) write() {
	defer a.done.Done()
	var msgs []ipv4.Message
	due := time.Now()
	for turn := 0; ; turn++ {
		due = due.Add(frameTime / slots)
		select {
		case <-a.stop:
			return
		case <-time.After(time.Until(due)):
		}
		a.mu.Lock()
		group := a.groups[turn%slots]
		for len(msgs) < len(group) {
			msgs = append(msgs, ipv4.Message{Buffers: [][]byte{make([]byte, 12+frameLen)}})
		}
		now := int64(time.Since(a.epoch))
		for i, s := range group {
			b := msgs[i].Buffers[0][:12+frameLen]
			msgs[i].Buffers[0] = b[:s.packet(b, now)]
			msgs[i].Addr = s.to
		}
		n := len(group)
		a.mu.Unlock()
		for sent := 0; sent < n; {
			k, err := a.batch.WriteBatch(msgs[sent:n], 0)
			if err != nil || k == 0 {
				k = 1 // that one is lost, as on any network; the tally sees it
			}
			sent += k
		}
	}
}

// packet writes the stream's next packet to b and returns its length (RFC 3550 §5.1).
func (s *stream) packet(b []byte, now int64) int {
	s.seq++
	s.ts += frameLen
	s.packets.Add(1)
	b[0], b[1] = 0x80, s.pt
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], s.ts)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	if n := s.event(b); n > 0 {
		return n
	}
	p := b[12 : 12+frameLen]
	if len(s.voice) >= frameLen {
		n := copy(p, s.voice[s.at:])
		copy(p[n:], s.voice)
		s.at = (s.at + frameLen) % len(s.voice)
	} else {
		for i := range p {
			p[i] = quiet(s.pt)
		}
	}
	if s.probe {
		s.count++
		binary.BigEndian.PutUint32(p[0:], probeMagic)
		binary.BigEndian.PutUint64(p[4:], s.count)
		binary.BigEndian.PutUint64(p[12:], uint64(now))
	}
	return 12 + frameLen
}

// event writes a packet of the key that is being pressed (RFC 4733 §2.5.1): five updates, the end three times. 0: no key.
func (s *stream) event(b []byte) int {
	const updates, ends = 5, 3
	if s.keyStep == 0 {
		select {
		case k := <-s.keys:
			s.key, s.keyTS = k, s.ts
			b[1] |= 0x80
		default:
			return 0
		}
	}
	s.keyStep++
	b[1] = b[1]&0x80 | eventType
	binary.BigEndian.PutUint32(b[4:], s.keyTS)
	b[12], b[13] = eventCode(s.key), 10
	if s.keyStep > updates {
		b[13] |= 0x80
	}
	binary.BigEndian.PutUint16(b[14:], uint16(frameLen*min(s.keyStep, updates)))
	if s.keyStep >= updates+ends {
		s.keyStep = 0
	}
	return 16
}

func eventCode(key byte) byte {
	switch key {
	case '*':
		return 10
	case '#':
		return 11
	}
	return key - '0'
}

func quiet(pt uint8) byte {
	if pt == 8 {
		return 0xD5
	}
	return 0xFF
}

func (a *audio) read() {
	defer a.done.Done()
	const most = 32
	msgs := make([]ipv4.Message, most)
	for i := range msgs {
		msgs[i].Buffers = [][]byte{make([]byte, 2048)}
	}
	for {
		n, err := a.batch.ReadBatch(msgs, 0)
		if err != nil {
			return
		}
		now := int64(time.Since(a.epoch))
		for i := range n {
			from := msgs[i].Addr.(*net.UDPAddr).AddrPort()
			from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			a.mu.Lock()
			s := a.streams[from]
			var first func()
			if s != nil {
				first = s.receive(msgs[i].Buffers[0][:msgs[i].N], now)
			}
			a.mu.Unlock()
			if first != nil {
				first()
			}
		}
	}
}

// receive takes one packet and returns what to call for the first.
func (s *stream) receive(b []byte, now int64) func() {
	if len(b) < 12+20 || b[0]>>6 != 2 {
		return nil
	}
	p := b[12:]
	isProbe := binary.BigEndian.Uint32(p) == probeMagic
	if s.probe && !isProbe {
		return nil // a prompt or music
	}
	if isProbe {
		n := binary.BigEndian.Uint64(p[4:])
		if s.got == 0 {
			s.first = n
		}
		s.last = max(s.last, n)
		s.got++
		s.tally.delay(time.Duration(now - int64(binary.BigEndian.Uint64(p[12:]))))
	}
	if !s.any {
		s.any = true
		return s.heard
	}
	return nil
}

// muOfA maps an A-law byte to the µ-law byte of the same loudness (ITU-T G.711), for voices of phones that speak µ-law.
func muOfA(a byte) byte {
	a ^= 0x55
	v := int(a&0x0F)<<4 + 8
	if seg := a >> 4 & 7; seg > 0 {
		v = (v + 0x100) << (seg - 1)
	}
	v += 0x84
	seg := byte(bits.Len(uint(v)) - 8)
	u := seg<<4 | byte(v>>(seg+3)&0x0F)
	if a&0x80 == 0 {
		u |= 0x80
	}
	return ^u
}
