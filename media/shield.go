package media

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"hotline/media/secure"
)

// Security is how a leg's packets are protected (RFC 3711) and, with ICE, where they come from. It is not changed after
// it was given to Configure. What is the same as before goes on as it was: an unchanged key keeps its roll-over counter
// and its replay window, an unchanged fingerprint its DTLS association.
type Security struct {
	In, Out secure.Keys // of SDES (RFC 4568): for what comes and for what goes; unset where DTLS makes them

	Peer   []secure.Fingerprint // of the other side's certificate (RFC 5763): keys come by DTLS; empty: SDES
	Client bool                 // we begin the DTLS handshake; else the other side does

	ICE *secure.Agent // our side of ICE: who proves that it knows the password is the other side; nil: no ICE
}

// errNoKeys: a packet was not sent, because there are no keys to protect it with yet. None goes out without.
var errNoKeys = errors.New("media: no keys yet")

// shield is Security at work. It is part of the settings and swapped with them.
type shield struct {
	security *Security
	in       *inlet
	out      *outlet
	tunnel   *tunnel // nil: SDES
	ice      *ice    // nil: no ICE
}

// inlet holds the state of what comes; empty until there are keys. The state belongs to the leg's reader.
type inlet struct{ atomic.Pointer[secure.Inbound] }

// outlet holds the state of what goes. Several goroutines may send to a leg.
type outlet struct {
	mu  sync.Mutex
	out *secure.Outbound // nil: no keys yet
}

// send protects and sends an RTP packet.
func (o *outlet) send(p port, b []byte, to netip.AddrPort) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.out == nil {
		return errNoKeys
	}
	b, err := o.out.RTP(b)
	if err != nil {
		return err
	}
	return p.send(b, to)
}

// report protects and sends an RTCP packet.
func (o *outlet) report(p port, b []byte, to netip.AddrPort) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.out == nil {
		return errNoKeys
	}
	b, err := o.out.RTCP(b)
	if err != nil {
		return err
	}
	return p.send(b, to)
}

func (o *outlet) set(out *secure.Outbound) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.out = out
}

// newShield makes the shield of new parameters; was is that of the former ones. Keys that do not fit let nothing through,
// neither in nor out: a leg that should be private never talks in the clear. ctl is held.
func (l *Leg) newShield(was *shield, s *Security) *shield {
	if s == nil {
		was.close()
		return nil
	}
	n := &shield{security: s}
	if s.ICE != nil {
		n.ice = newICE(*s.ICE, was)
	}
	if len(s.Peer) > 0 {
		if was != nil && was.tunnel != nil && was.tunnel.handshake.Client == s.Client && slices.Equal(was.tunnel.handshake.Peer, s.Peer) {
			n.tunnel = was.tunnel
		} else {
			was.close()
			n.tunnel = &tunnel{leg: l, handshake: secure.Handshake{Certificate: l.engine.certificate, Peer: s.Peer, Client: s.Client}}
		}
		n.in, n.out = &n.tunnel.in, &n.tunnel.out
		return n
	}
	if was != nil && was.tunnel == nil {
		if was.security.In.Equal(s.In) {
			n.in = was.in
		}
		if was.security.Out.Equal(s.Out) {
			n.out = was.out
		}
	}
	was.close()
	if n.in == nil {
		n.in = &inlet{}
		in, err := secure.NewInbound(s.In)
		if err != nil {
			l.engine.logger.Warn("nothing is taken from this leg", "port", l.LocalPort(), "err", err)
		}
		n.in.Store(in)
	}
	if n.out == nil {
		n.out = &outlet{}
		out, err := secure.NewOutbound(s.Out, maxDatagram)
		if err != nil {
			l.engine.logger.Warn("nothing is sent to this leg", "port", l.LocalPort(), "err", err)
		}
		n.out.set(out)
	}
	return n
}

// close ends what a shield has under way.
func (sh *shield) close() {
	if sh != nil && sh.tunnel != nil {
		sh.tunnel.close()
	}
}

// kind is how the leg is protected, as Stats says it.
func (sh *shield) kind() string {
	switch {
	case sh == nil:
		return ""
	case sh.tunnel != nil:
		return "dtls"
	}
	return "sdes"
}

// unshield takes what belongs to the protection itself and proves the rest, before anything is learnt from it. It returns
// the plain packet. false: there is none, or it is to be dropped.
func (l *Leg) unshield(s *settings, b []byte, from netip.AddrPort) ([]byte, bool) {
	sh, in := s.shield, &l.in
	if in.settings != s {
		in.reconfigured(s)
	}
	from = plain(from)
	switch classify(b) {
	case kindTorn:
		in.malformed.Add(1)
		return nil, false
	case kindOther: // RFC 7983 §7 parts them
		switch {
		case b[0] < 4 && sh.ice != nil:
			l.check(s, b, from)
		case b[0] >= 20 && b[0] < 64 && sh.tunnel != nil:
			l.flight(s, b, from)
		default:
			in.malformed.Add(1)
		}
		return nil, false
	}
	if sh.ice != nil && !sh.ice.knows(from) || sh.ice == nil && !in.learner.considers(from) {
		in.foreign.Add(1) // not even worth the arithmetic
		return nil, false
	}
	if classify(b) == kindRTCP {
		return b, true // proven where it is read
	}
	open := sh.in.Load()
	if open == nil {
		in.unauthentic.Add(1)
		return nil, false
	}
	b, err := open.RTP(b)
	if err != nil {
		in.unauthentic.Add(1) // and nothing else comes of it (CVE-2021-41105)
		return nil, false
	}
	return b, true
}

// trusts tells whether a packet comes from where the leg's packets come from. With ICE its source has been proven.
func (l *Leg) trusts(now int64, s *settings, from netip.AddrPort, h header) bool {
	if s.shield != nil && s.shield.ice != nil {
		return true
	}
	from = plain(from)
	ok, changed := l.in.learner.believe(now, from, h)
	if changed {
		l.learnt.Store(&destination{to: from, epoch: s.epoch})
	}
	if l.in.learner.locked && !l.in.final {
		l.in.final = true
		l.learnt.Store(&destination{to: l.in.learner.accepted, epoch: s.epoch, final: true})
	}
	return ok
}

// flight takes a DTLS datagram. Only the other side may make a handshake with us: who is proven by ICE, or else who sends
// from the address that SDP names, or, behind a NAT, from another port of its host. Anyone else's ClientHello does
// nothing (CVE-2023-49786).
func (l *Leg) flight(s *settings, b []byte, from netip.AddrPort) {
	exact := from == s.Remote || s.shield.ice != nil
	if ice := s.shield.ice; ice != nil && !ice.knows(from) || ice == nil && !exact && !l.in.learner.considers(from) {
		l.in.foreign.Add(1)
		return
	}
	s.shield.tunnel.datagram(b, from, exact)
}

// check takes a STUN message: a connectivity check, or nothing (RFC 8445 §7.3).
func (l *Leg) check(s *settings, b []byte, from netip.AddrPort) {
	ice := s.shield.ice
	var room [128]byte
	check, ok := ice.agent.Answer(b, from, room[:])
	if !ok {
		l.in.foreign.Add(1)
		return
	}
	if !ice.knows(from) && l.engine.CheckRemote(l.bind, Params{Remote: from, Source: s.Source}) != nil {
		l.in.foreign.Add(1) // whoever knows the password still cannot make us talk to ourselves
		return
	}
	if err := l.pair.rtp.send(check.Reply, from); err != nil {
		l.engine.logger.Debug("ICE answer not sent", "port", l.LocalPort(), "err", err)
	}
	if !check.Valid {
		return
	}
	ice.proven(l.engine.Now(), from)
	if check.Nominated && ice.nominated != from {
		ice.nominated = from
		ice.former.Store(nil)
		l.learnt.Store(&destination{to: from, epoch: s.epoch})
	}
	if t := s.shield.tunnel; t != nil && check.Nominated {
		t.begin(from)
	}
}
