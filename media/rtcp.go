package media

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// rtcpState is a leg's RTCP (RFC 3550 §6). The plain fields are owned by the engine's watcher.
type rtcpState struct {
	name     string // CNAME: random, says nothing about us (RFC 7022)
	due      int64  // when the next report is to be sent, ns
	every    time.Duration
	expected uint64 // as of the last report
	received uint64

	senderReport atomic.Uint64 // middle 32 bits of the last SR's NTP time, and its arrival in 1/65536 s (32 bits)
	lost         atomic.Int64
	told         atomic.Uint64 // packets we had sent when the other side last said what it lost; 0: it never did
	jitter       atomic.Uint32
	roundTrip    atomic.Int64
}

func (r *rtcpState) init(every time.Duration) {
	r.name = strconv.FormatUint(rand.Uint64(), 36)
	r.every = every
}

// report sends a report when one is due: SR if we have sent, else RR (RFC 3550 §6.4), with SDES (§6.5).
func (l *Leg) report(now int64) {
	r := &l.rtcp
	if r.due == 0 {
		r.due = now + jittered(r.every)/2 // the first report comes early (RFC 3550 §6.2)
		return
	}
	s := l.settings.Load()
	if now < r.due || s == nil || l.closed.Load() {
		return
	}
	r.due = now + jittered(r.every)
	l.sendReport(s, l.appendReport(l.engine.watcher.room[:0], now, s))
}

// goodbye ends the stream (RFC 3550 §6.6): of one that was never begun nothing is said.
func (l *Leg) goodbye() {
	s := l.settings.Load()
	sent := l.out.packets.Load()
	if s == nil || sent == 0 {
		return
	}
	b := appendSender(make([]byte, 0, reportRoom), l.senderInfo(l.engine.Now(), s), nil)
	l.sendReport(s, appendBye(appendName(b, l.out.ssrc, l.rtcp.name), l.out.ssrc))
}

// sendReport sends a compound packet where the leg's RTCP goes.
func (l *Leg) sendReport(s *settings, b []byte) {
	to, ok := l.reportTo(s)
	if !ok {
		return
	}
	var err error
	out := l.pair.rtcp
	if s.Mux {
		out = l.pair.rtp
	}
	if s.shield != nil {
		err = s.shield.out.report(out, b, to)
	} else {
		err = out.send(b, to)
	}
	if err != nil {
		l.engine.logger.Debug("RTCP report not sent", "port", l.LocalPort(), "err", err)
	}
}

// jittered is d ± 50 %, so that reports of many legs do not fall into step (RFC 3550 §6.3.1).
func jittered(d time.Duration) int64 { return int64(float64(d) * (0.5 + rand.Float64())) }

// reportTo is where RTCP goes: where the SDP says, unless the source has turned out to be another host; else to the port
// after that of RTP (RFC 3550 §11).
func (l *Leg) reportTo(s *settings) (netip.AddrPort, bool) {
	to, ok := l.destination(s)
	if s.Mux {
		return to, ok // RFC 5761 §5.1.1
	}
	if s.shield != nil && s.shield.tunnel != nil {
		return to, false // its port would want keys of its own (RFC 5764 §4.1)
	}
	if s.RemoteRTCP.IsValid() && s.RemoteRTCP.Port() != 0 && to.Addr() == s.RemoteRTCP.Addr() {
		return s.RemoteRTCP, true
	}
	return netip.AddrPortFrom(to.Addr(), to.Port()+1), ok && to.Port() < 65535
}

// appendReport writes the report that is due.
func (l *Leg) appendReport(b []byte, now int64, s *settings) []byte {
	var block *rtcp.ReceptionReport
	if l.in.reception.received.Load() > 0 {
		heard := l.receptionReport(now, s)
		block = &heard
	}
	if l.out.packets.Load() == 0 {
		b = appendReceiver(b, l.out.ssrc, block)
	} else {
		b = appendSender(b, l.senderInfo(now, s), block)
	}
	return appendName(b, l.out.ssrc, l.rtcp.name)
}

func (l *Leg) senderInfo(now int64, s *settings) senderInfo {
	return senderInfo{
		ssrc: l.out.ssrc, ntp: ntp(l.engine.Wall(now)), rtp: l.out.clock(now) * s.perTick,
		packets: uint32(l.out.packets.Load()), bytes: uint32(l.out.bytes.Load()),
	}
}

// receptionReport is the report block about what came from the leg (RFC 3550 §6.4.1).
func (l *Leg) receptionReport(now int64, s *settings) rtcp.ReceptionReport {
	in, r := &l.in.reception, &l.rtcp
	received, expected := in.received.Load(), in.expected.Load()
	missing := int64(expected-r.expected) - int64(received-r.received)
	fraction := uint8(0)
	if interval := int64(expected - r.expected); interval > 0 && missing > 0 {
		fraction = uint8(min(missing<<8/interval, 255))
	}
	r.expected, r.received = expected, received
	report := rtcp.ReceptionReport{
		SSRC: in.ssrc.Load(), FractionLost: fraction, TotalLost: uint32(min(in.lost(), 1<<23-1)),
		LastSequenceNumber: in.extended.Load(), Jitter: in.jitter.Load() * s.perTick >> 4,
	}
	if sr := r.senderReport.Load(); sr != 0 {
		report.LastSenderReport, report.Delay = uint32(sr>>32), ntpShort(now)-uint32(sr)
	}
	return report
}

// receiveBeside takes a datagram on the RTCP port. Where keys come by DTLS or addresses by ICE, RTCP is agreed on for the
// RTP port alone.
func (l *Leg) receiveBeside(b []byte, from netip.AddrPort) {
	if sh := l.settings.Load().shielded(); sh != nil && (sh.ice != nil || sh.tunnel != nil) {
		return
	}
	l.receiveRTCP(b, from)
}

// receiveRTCP reads a datagram of RTCP. What it says goes into the figures and nowhere else: neither a BYE nor
// anything else from the wire ends or moves a call (RFC 3550 §6.6 leaves that to signalling here).
func (l *Leg) receiveRTCP(b []byte, from netip.AddrPort) {
	defer l.rescue("RTCP")
	s := l.settings.Load()
	if s == nil || l.closed.Load() || classify(b) != kindRTCP {
		return
	}
	peer, ok := l.destination(s)
	hosts := learner{oneHost: s.oneHost}
	if !ok || !hosts.sameHost(plain(from).Addr(), peer.Addr()) && plain(from) != s.RemoteRTCP {
		l.in.foreign.Add(1)
		return
	}
	if s.shield != nil {
		open := s.shield.in.Load()
		if open == nil {
			l.in.unauthentic.Add(1)
			return
		}
		var err error
		if b, err = open.RTCP(b); err != nil {
			l.in.unauthentic.Add(1)
			return
		}
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		l.in.malformed.Add(1)
		return
	}
	now := l.engine.Now()
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if p.SSRC == l.in.reception.ssrc.Load() {
				l.rtcp.senderReport.Store(p.NTPTime>>16<<32 | uint64(ntpShort(now)))
			}
			l.readBlocks(now, s, p.Reports)
		case *rtcp.ReceiverReport:
			l.readBlocks(now, s, p.Reports)
		}
	}
}

// readBlocks takes what the other side says about our stream.
func (l *Leg) readBlocks(now int64, s *settings, blocks []rtcp.ReceptionReport) {
	for _, b := range blocks {
		if b.SSRC != l.out.ssrc {
			continue
		}
		l.rtcp.lost.Store(int64(int32(b.TotalLost<<8) >> 8)) // 24 bits with sign
		l.rtcp.jitter.Store(b.Jitter / s.perTick)
		l.rtcp.told.Store(l.out.packets.Load())
		if b.LastSenderReport == 0 {
			continue
		}
		trip := uint32(ntp(l.engine.Wall(now))>>16) - b.LastSenderReport - b.Delay
		if trip < 1<<20 { // 16 s: more is nonsense or a clock that was set
			l.rtcp.roundTrip.Store(int64(trip) * int64(time.Second) >> 16)
		}
	}
}

// ntp is a time as NTP has it: seconds since 1900 and a fraction (RFC 3550 §4).
func ntp(t time.Time) uint64 {
	const from1900 = 2208988800
	return uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// ntpShort is the engine's clock in 1/65536 s, as delays are told.
func ntpShort(ns int64) uint32 {
	return uint32(uint64(ns/int64(time.Second))<<16 | uint64(ns%int64(time.Second))<<16/uint64(time.Second))
}
