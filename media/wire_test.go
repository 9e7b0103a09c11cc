package media

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// wire is a network without sockets: what the engine sends is kept, what it should hear is handed to it. Nothing happens
// by itself, so tests on it run in virtual time.
type wire struct {
	mu    sync.Mutex
	ports map[netip.AddrPort]*wirePort
	taken map[uint16]bool // ports that another program holds
	next  uint16
	sent  []datagram
	fail  error                           // what send returns
	taps  map[netip.AddrPort]func([]byte) // who hears at once what is sent there, instead of keeping it
}

type datagram struct {
	at       time.Time
	from, to netip.AddrPort
	b        []byte
}

func newWire() *wire {
	return &wire{ports: map[netip.AddrPort]*wirePort{}, taken: map[uint16]bool{}, taps: map[netip.AddrPort]func([]byte){}, next: 40000}
}

func (w *wire) listen(at netip.AddrPort) (port, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.Port() == 0 {
		at = netip.AddrPortFrom(at.Addr(), w.next)
		w.next += 2
	}
	if w.ports[at] != nil || w.taken[at.Port()] {
		return nil, &net.OpError{Op: "listen", Err: syscall.EADDRINUSE}
	}
	p := &wirePort{wire: w, at: at}
	w.ports[at] = p
	return p, nil
}

func (w *wire) wait() {}

// deliver hands a datagram to the port at to. It returns once the engine has dealt with it.
func (w *wire) deliver(from, to netip.AddrPort, b []byte) {
	w.mu.Lock()
	p := w.ports[to]
	w.mu.Unlock()
	if p == nil {
		return
	}
	p.reading.Lock()
	defer p.reading.Unlock()
	if p.recv != nil {
		p.recv(slices.Clone(b), from)
	}
}

// take returns what was sent to an address since the last take, as RTP.
func (w *wire) take(to netip.AddrPort) []sentRTP {
	var out []sentRTP
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = slices.DeleteFunc(w.sent, func(d datagram) bool {
		if d.to == to {
			out = append(out, readSent(d))
		}
		return d.to == to
	})
	return out
}

// raw is take without a look at what it is.
func (w *wire) raw(to netip.AddrPort) [][]byte {
	var out [][]byte
	for _, d := range w.takeAll() {
		if d.to == to {
			out = append(out, d.b)
		}
	}
	return out
}

func (w *wire) takeAll() []datagram {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.sent
	w.sent = nil
	return all
}

type wirePort struct {
	wire    *wire
	at      netip.AddrPort
	reading sync.Mutex
	recv    func([]byte, netip.AddrPort)
	scratch [maxDatagram]byte
}

func (p *wirePort) room() *[maxDatagram]byte { return &p.scratch }

func (p *wirePort) local() netip.AddrPort { return p.at }

func (p *wirePort) serve(recv func([]byte, netip.AddrPort)) { p.recv = recv }

func (p *wirePort) send(b []byte, to netip.AddrPort) error {
	p.wire.mu.Lock()
	defer p.wire.mu.Unlock()
	if p.wire.fail != nil {
		return p.wire.fail
	}
	if tap := p.wire.taps[to]; tap != nil {
		tap(slices.Clone(b))
		return nil
	}
	p.wire.sent = append(p.wire.sent, datagram{time.Now(), p.at, to, slices.Clone(b)})
	return nil
}

func (p *wirePort) close() error {
	p.wire.mu.Lock()
	defer p.wire.mu.Unlock()
	delete(p.wire.ports, p.at)
	return nil
}

// sentRTP is a packet that the engine sent.
type sentRTP struct {
	at      time.Time
	h       header
	payload []byte
}

func readSent(d datagram) sentRTP {
	h, payload, ok := parseRTP(d.b)
	if !ok || classify(d.b) != kindRTP {
		panic(fmt.Sprintf("the engine sent what is no RTP: %x", d.b))
	}
	return sentRTP{d.at, h, payload}
}

// rtp writes a packet.
func rtp(h header, payload []byte) []byte {
	b := make([]byte, rtpHeader+len(payload))
	putRTP(b, h)
	copy(b[rtpHeader:], payload)
	return b
}

// heard notes what a leg's handler was told.
type heard struct {
	mu     sync.Mutex
	events []string
	onEnd  func(play string) // called in PlayEnded
}

func (h *heard) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, fmt.Sprintf(format, args...))
}

// take returns what was noted since the last take.
func (h *heard) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.events
	h.events = nil
	return e
}

func (h *heard) MediaUp(time.Time) { h.note("up") }
func (h *heard) Digit(key byte)    { h.note("key %c", key) }

func (h *heard) PlayEnded(play string, complete bool, err error) {
	h.note("ended %s %v %v", play, complete, err)
	if h.onEnd != nil {
		h.onEnd(play)
	}
}

func (h *heard) MediaLost(silence time.Duration) { h.note("lost %v", silence.Round(time.Second)) }

// bench is an engine on a wire, for tests in virtual time.
type bench struct {
	t      testing.TB
	wire   *wire
	engine *Engine
}

func newBench(t testing.TB, cfg Config) *bench {
	t.Helper()
	if err := cfg.defaults(); err != nil {
		t.Fatal(err)
	}
	w := newWire()
	e, err := newEngine(cfg, w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return &bench{t, w, e}
}

func local() netip.Addr { return netip.MustParseAddr("127.0.0.1") }

// phone is the far end of a leg: what it sends is on time and in order unless told otherwise.
type phone struct {
	b    *bench
	at   netip.AddrPort // where it sends from and hears
	leg  *Leg
	ear  *heard
	next header // of its next packet
}

// phone makes a leg with a phone that uses PCMA and events of type 101.
func (b *bench) phone(addr string) *phone {
	b.t.Helper()
	ear := &heard{}
	l, err := b.engine.NewLeg(local(), ear)
	if err != nil {
		b.t.Fatal(err)
	}
	p := &phone{
		b: b, at: netip.MustParseAddrPort(addr), leg: l, ear: ear,
		next: header{payload: 8, seq: 100, ts: 5000, ssrc: uint32(netip.MustParseAddrPort(addr).Port())},
	}
	l.Configure(p.params())
	return p
}

func (p *phone) params() Params {
	return Params{
		Remote: p.at, Source: p.at.Addr(), Codec: PCMA, PayloadType: 8, DTMFType: 101, Send: true, Receive: true,
	}
}

func (p *phone) legAt() netip.AddrPort { return p.leg.pair.rtp.local() }

// send sends one packet of 20 ms as it is.
func (p *phone) send(h header, payload []byte) {
	p.b.wire.deliver(p.at, p.legAt(), rtp(h, payload))
}

// talk sends n packets, 20 ms apart, each filled with its sequence number's low byte.
func (p *phone) talk(n int) {
	for range n {
		p.send(p.next, fill(byte(p.next.seq), 160))
		p.next.seq++
		p.next.ts += 160
		time.Sleep(20 * time.Millisecond)
	}
}

// hears returns what the phone was sent since last asked.
func (p *phone) hears() []sentRTP { return p.b.wire.take(p.at) }

func fill(b byte, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

// pairUp lets two phones hear each other.
func (b *bench) pairUp(x, y *phone) {
	b.t.Helper()
	if err := b.engine.Mix([]Row{{x.leg, []*Leg{y.leg}}, {y.leg, []*Leg{x.leg}}}); err != nil {
		b.t.Fatal(err)
	}
}

// oneStream checks that packets are one RTP stream: one SSRC, numbers without a step, timestamps that never go back.
func oneStream(t testing.TB, packets []sentRTP) {
	t.Helper()
	for i := 1; i < len(packets); i++ {
		a, b := packets[i-1].h, packets[i].h
		if b.ssrc != a.ssrc || b.seq != a.seq+1 || int32(b.ts-a.ts) < 0 {
			t.Errorf("packet %d: %+v after %+v", i, b, a)
		}
	}
}
