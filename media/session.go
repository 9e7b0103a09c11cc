package media

import (
	"net/netip"
	"time"
)

// Session is what a leg's media needs to be gone on with by another process, with Params beside it.
type Session struct {
	Port       int            // of our RTP
	Latched    netip.AddrPort // where the other side's packets really come from; invalid: not known yet
	SSRC       uint32         // of the stream sent
	Seq        uint16         // last sequence number sent
	Timestamp  uint32         // that the next packet would have
	RemoteSSRC uint32         // of the stream received; 0: none yet
	At         time.Time      // when Seq and Timestamp were so
}

// Session is cheap: some atomic reads.
func (l *Leg) Session() Session {
	_, seq, ts := unpack(l.out.state.Load())
	p := l.settings.Load()
	if p != nil {
		ts *= p.perTick
	}
	s := Session{
		Port: l.LocalPort(), SSRC: l.out.ssrc, Seq: seq, Timestamp: ts, RemoteSSRC: l.in.reception.ssrc.Load(),
		At: l.engine.Wall(l.engine.Now()),
	}
	if d := l.learnt.Load(); p != nil && d != nil && d.epoch == p.epoch {
		s.Latched = d.to
	}
	return s
}
