package media

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hotline/media/opus"
)

// Handler hears what happens on a leg. Its methods are called from the goroutines of the engine, never from within a
// method of Leg, and must return at once: they must not block. They may call methods of Leg, but not Engine.Close. After
// Leg.Close only PlayEnded may still come, and what was under way at that instant. A panic in a method is logged and costs
// no more than that call of it.
type Handler interface {
	// MediaUp: the first packet from the leg's accepted source came. Once per leg, and again where a leg with ICE that had gone
	// away is back.
	MediaUp(at time.Time)
	// Digit: a key was pressed (RFC 4733 §2.5): '0'–'9', '*', '#', 'A'–'D'. Once per press.
	Digit(key byte)
	// PlayEnded: a Play is over; exactly once for each Play. complete: it ran to its end. Otherwise it was stopped or
	// replaced (err nil) or could not be played (err says why).
	PlayEnded(play string, complete bool, err error)
	// MediaLost: nothing came from the leg for silence although it should have. For a leg that was never heard after 10 s
	// and again after 30 s, for one that fell silent after 60 s (Config), for one with ICE from which nothing at all comes after
	// 7 s and without consent after 30 s. Not again until it was heard in between.
	MediaLost(silence time.Duration)
}

// Params is all that signalling knows about a leg's media. It is a value: Configure swaps it whole.
type Params struct {
	Remote     netip.AddrPort // where the SDP says the other side receives RTP; invalid or port 0: nothing is sent until a source is accepted
	RemoteRTCP netip.AddrPort // where it receives RTCP (RFC 3605); invalid: the port after Remote's
	Source     netip.Addr     // where the leg's SIP really came from: RTP from there is believed after probation; invalid: none

	Codec       Codec // what is sent
	PayloadType uint8 // its RTP payload type (0–127): usually uint8(Codec)
	DTMFType    uint8 // payload type of telephone-event (RFC 4733); 0: not agreed
	DTMFClock   int   // in which that counts, Hz: 8000, or 48000 beside Opus; 0: 8000
	// ComfortNoise: the other side takes comfort noise (RFC 3389, payload type 13). It may send some in any case.
	ComfortNoise bool
	// By which the other side sends them, where its description and ours call them otherwise (RFC 3264 §5.1); 0: the same.
	HeardType, HeardDTMF uint8
	PTime                time.Duration // length of the packets that a Play or a mix sends, 10–60 ms, of Opus 10, 20, 40 or 60; 0: 20 ms
	// What the other side wants of Opus that is encoded here (RFC 7587 §6.1); what is relayed from another leg with Opus goes as it comes.
	BitRate      int  // bit/s on average, at most; 0: as much as speech needs
	ConstantRate bool // every packet is as long as the others

	Mux      bool      // RTCP goes and comes on the RTP port (RFC 5761)
	Security *Security // how the packets are protected; nil: not at all. With ICE, Remote is not looked at

	Send    bool // false: nothing is sent (the other side holds us or is held); a Play goes on unheard
	Receive bool // false: what comes is dropped and no silence is reported
}

// settings is Params as the packet path reads them: checked, with what follows from them.
type settings struct {
	Params
	epoch    uint32 // counts changes of Remote: each opens the learning of the source again
	oneHost  bool
	dueSince int64  // since when packets should come, ns; 0: none should
	step     int64  // PTime in ns
	samples  uint32 // PTime in ticks
	shield   *shield

	perTick      uint32 // steps of the RTP clock in a tick: all that is sent has that of Codec
	eventPerTick uint32 // steps in which the length of events is told
}

// destination is where a learnt source is sent to, as long as the epoch of its learning lasts.
type destination struct {
	to    netip.AddrPort
	epoch uint32
	final bool // it stays so until signalling says otherwise
}

// Leg is one party's media: a pair of ports, one stream in, one stream out. Its methods may be called from any
// goroutine; they never wait for media.
type Leg struct {
	engine  *Engine
	handler Handler
	bind    netip.Addr
	pair    *pair

	// Read on the packet path; swapped whole by the methods below.
	settings  atomic.Pointer[settings]
	tap       atomic.Pointer[Tap]
	listeners atomic.Pointer[[]*route]    // who hears this leg; swapped under Engine.mixing
	feed      atomic.Pointer[packetQueue] // to the mixer; nil: nobody hears the leg mixed. Swapped under Engine.mixing
	closed    atomic.Bool
	faults    atomic.Uint64 // panics caught
	slow      atomic.Bool   // a handler was found to hold up media, and that was logged

	learnt atomic.Pointer[destination] // swapped by the reader
	in     inbound                     // the reader's
	out    sender
	rtcp   rtcpState
	watch  watchState // the watcher's
	away   bool       // the watcher's: it has told that the leg has gone away

	express express

	voice voice // the player's

	mixing mixing // guarded by Engine.mixing

	ctl       sync.Mutex // guards what follows; never held on the packet path or in a call of the handler
	hears     *route     // the relay into this leg; nil: none
	mix       *mixVoice  // what it hears of several; nil: nothing
	play      *playing   // what plays; nil: nothing
	over      []*playing // ended by Stop, a later Play or Close, and PlayEnded not yet called
	keys      string     // keys to be sent that the player has not taken yet
	dialling  bool       // keys are being sent or will be
	speaking  bool       // the player has the voice on its list
	served    bool       // the sockets are read
	closeOnce sync.Once
}

// NewLeg binds a pair of ports (RTP on the even one, RTCP on the next) on the address bind. Until Configure, nothing is
// accepted or sent. h must not be nil. It returns ErrNoPorts when the range has no pair left that can be bound, ErrClosed
// after Close.
func (e *Engine) NewLeg(bind netip.Addr, h Handler) (*Leg, error) {
	return e.newLeg(bind, h, false, func() (*pair, error) { return e.ports.take(bind) })
}

// newLeg makes a leg on the pair that take finds. patient: what waits in its sockets is kept until Configure.
func (e *Engine) newLeg(bind netip.Addr, h Handler, patient bool, take func() (*pair, error)) (*Leg, error) {
	e.mu.Lock() // against Close: either it closes this leg too, or there is none
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	p, err := take()
	if err != nil {
		return nil, err
	}
	l := &Leg{engine: e, handler: h, bind: bind, pair: p}
	l.out.init()
	l.rtcp.init(e.cfg.Report)
	l.voice.leg = l
	e.legs[l] = struct{}{}
	if !patient {
		l.serve()
	}
	return l, nil
}

// serve begins to read, once. ctl is held, or nobody else has the leg yet.
func (l *Leg) serve() {
	if l.served || l.closed.Load() {
		return
	}
	l.served = true
	l.pair.serve(l)
}

// LocalPort is the leg's RTP port, for its SDP.
func (l *Leg) LocalPort() int { return int(l.pair.rtp.local().Port()) }

// Configure swaps the leg's parameters. A Remote that differs from the one before opens the learning of the source
// again; nothing else does. An address that CheckRemote refuses counts as none.
func (l *Leg) Configure(p Params) {
	now := l.engine.Now()
	p.Remote, p.RemoteRTCP, p.Source = plain(p.Remote), plain(p.RemoteRTCP), p.Source.Unmap().WithZone("")
	if p.Security != nil && p.Security.ICE != nil {
		p.Remote = netip.AddrPort{}
	}
	s := &settings{Params: p, oneHost: onLoopback(l.bind, p.Source)}
	l.ctl.Lock()
	defer l.ctl.Unlock()
	if l.closed.Load() {
		return
	}
	was := l.settings.Load()
	known := was != nil && was.Remote == p.Remote
	if !known && p.Remote.IsValid() && p.Remote.Port() != 0 {
		if err := l.engine.CheckRemote(l.bind, p); err != nil {
			l.engine.logger.Warn("no media to this leg", "port", l.LocalPort(), "err", err)
			s.Remote = netip.AddrPort{}
			known = was != nil && was.Remote == s.Remote
		}
	}
	if was != nil {
		s.epoch, s.dueSince = was.epoch, was.dueSince
	}
	if !known {
		s.epoch++
	}
	due := p.Receive && (s.Remote.IsValid() && s.Remote.Port() != 0 || p.Security != nil && p.Security.ICE != nil)
	if !due {
		s.dueSince = 0
	} else if s.dueSince == 0 || !known {
		s.dueSince = max(now, 1)
	}
	s.step = int64(20 * time.Millisecond)
	if p.PTime > 0 {
		s.step = int64(min(max(p.PTime, 10*time.Millisecond), 60*time.Millisecond).Truncate(playerTick))
	}
	s.perTick, s.eventPerTick = p.Codec.perTick(), uint32(max(p.DTMFClock, SampleRate)/SampleRate)
	if p.Codec == Opus {
		s.ComfortNoise = false // it has its own (RFC 7587 §3.1.3)
		s.step = int64(opus.Fit(int(samplesAt(s.step)))) * int64(time.Second) / SampleRate
	}
	s.samples = uint32(samplesAt(s.step))
	if was != nil && was.shield != nil || p.Security != nil {
		s.shield = l.newShield(was.shielded(), p.Security)
	}
	l.settings.Store(s)
	l.halt()
	if l.hears != nil {
		l.hears.from.halt()
	}
	if was != nil && was.perTick != s.perTick {
		l.out.afresh() // another clock: who receives it must not count on from the old one (RFC 7160 §4.1)
	}
	l.serve()
	if s.shield != nil && s.shield.tunnel != nil && s.Remote.IsValid() && s.Remote.Port() != 0 {
		s.shield.tunnel.begin(s.Remote)
	}
}

// shielded is the shield of the settings; nil also where there are none.
func (s *settings) shielded() *shield {
	if s == nil {
		return nil
	}
	return s.shield
}

// SetTap shows the leg's packets to t from now on; nil to no one. It replaces the former tap. A Frame call that is under
// way on the former tap may end after SetTap has returned.
func (l *Leg) SetTap(t Tap) {
	if t == nil {
		l.tap.Store(nil)
		return
	}
	l.tap.Store(&t)
}

// destination is where packets to the leg go: the source that was learnt, else where the SDP says.
func (l *Leg) destination(s *settings) (netip.AddrPort, bool) {
	if s.shield != nil && s.shield.ice != nil && s.shield.ice.lost.Load() {
		return netip.AddrPort{}, false // the peer no longer consents (RFC 7675 §5.1)
	}
	if d := l.learnt.Load(); d != nil && d.epoch == s.epoch {
		return d.to, true
	}
	return s.Remote, s.Remote.IsValid() && s.Remote.Port() != 0
}

// transmit sends a packet whose payload stands at b[rtpHeader:] to the leg.
func (l *Leg) transmit(s *settings, b []byte, h header) {
	to, ok := l.destination(s)
	if !ok {
		l.out.fails.Add(1)
		return
	}
	h.ts *= s.perTick // 2^32 ticks wrap where the clock's steps do
	putRTP(b, h)
	if s.shield != nil {
		l.out.sent(len(b)-rtpHeader, s.shield.out.send(l.pair.rtp, b, to))
		return
	}
	l.out.sent(len(b)-rtpHeader, l.pair.rtp.send(b, to))
}

// giveTurn lets speak to the leg whoever comes first: keys and a Play, then whom it hears. ctl is held.
func (l *Leg) giveTurn() {
	var next *turn
	switch {
	case l.closed.Load():
	case l.play != nil || l.dialling:
		next = &l.voice.turn
	case l.mix != nil && l.mix.holds:
		next = &l.mix.turn
	case l.hears != nil:
		next = &l.hears.turn
	}
	if l.hears != nil && next != &l.hears.turn {
		l.silence(l.hears)
	}
	l.out.turn.Store(next)
}

// silence takes a relay's turn. Before the next who speaks may begin, it is known what the kernel has passed on. ctl is held.
func (l *Leg) silence(r *route) {
	if l.out.turn.CompareAndSwap(&r.turn, nil) {
		r.from.halt()
	}
}

// Stats is cheap: some atomic reads.
func (l *Leg) Stats() Stats {
	in := &l.in.reception
	s := Stats{
		Received: in.received.Load(), Bytes: in.bytes.Load(), Lost: in.lost(), Late: in.late.Load(),
		Foreign: l.in.foreign.Load(), Malformed: l.in.malformed.Load(), Unauthentic: l.in.unauthentic.Load(), Digits: l.in.digits.Load(),
		Jitter: in.jitterTime(), MaxGap: time.Duration(in.maxGap.Load()),
		Sent: l.out.packets.Load(), SentBytes: l.out.bytes.Load(), SendFails: l.out.fails.Load(),
		RemoteLost: l.rtcp.lost.Load(), RemoteJitter: time.Duration(l.rtcp.jitter.Load()) * time.Second / SampleRate,
		RoundTrip: time.Duration(l.rtcp.roundTrip.Load()), Faults: l.faults.Load(), Bypassed: l.express.passed.Load(),
	}
	if p := l.settings.Load(); p != nil {
		s.Codec, s.Secure = p.Codec, p.shield.kind()
		if p.dueSince != 0 && !l.closed.Load() {
			s.LastGap = time.Duration(max(l.engine.Now()-max(p.dueSince, in.lastAt.Load()), 0))
		}
		l.quality(&s, p)
	}
	return s
}

// Close ends the leg and returns its last figures. It is idempotent. Its ports stay bound for Config.Drain.
func (l *Leg) Close() Stats {
	l.closeOnce.Do(func() {
		l.closed.Store(true)
		l.tap.Store(nil)
		l.engine.unmix(l)
		l.leaveKernel()
		l.ctl.Lock()
		l.endPlay()
		l.keys, l.dialling = "", false
		l.giveTurn()
		l.settings.Load().shielded().close()
		l.ctl.Unlock()
		l.goodbye()
		l.engine.remove(l)
		l.engine.ports.giveBack(l.pair, l.engine.cfg.Drain)
		l.pair.leg.Store(nil)
	})
	return l.Stats()
}

// without is a copy of a list with one element left out.
func without[T comparable](list []T, one T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(each T) bool { return each == one })
}
