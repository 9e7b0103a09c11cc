package media

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"hotline/media/secure"
)

const (
	handshakeTime = 10 * time.Second // for one handshake, from its first datagram
	handshakeWait = 30 * time.Second // how long the peer may still ask for the last flight again (RFC 6347 §4.2.4)
	handshakeMax  = 8                // how many may be tried with others than the very address; one that fails may have been anybody's
	handshakeMost = 64               // and with that, whose hellos may be forged
)

// tunnel is the DTLS association of a leg: it makes the keys, and carries nothing. Its handshake has a goroutine of its
// own, since DTLS takes its time.
type tunnel struct {
	leg       *Leg
	handshake secure.Handshake
	in        inlet
	out       outlet

	mu    sync.Mutex
	at    *attempt     // under way, or waiting to be asked again; nil: none
	tries map[bool]int // by exact
	keyed bool
	over  bool
}

// attempt is one handshake.
type attempt struct {
	link   *secure.Link
	peer   netip.AddrPort
	exact  bool // with the very address that SDP or ICE names
	random [32]byte
	cookie atomic.Bool // the peer has shown that it hears us: it sent a hello with a cookie
	cancel context.CancelFunc
	quiet  atomic.Bool // nothing is sent any more
}

// datagram takes what the peer says. A handshake begins with its ClientHello; while one is under way another peer is
// listened to only if it comes from the very address that SDP names and the one under way does not. Until the peer has
// shown that it hears us, a hello of its own takes the place of one that was forged in its name.
func (t *tunnel) datagram(b []byte, from netip.AddrPort, exact bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	hello, is := secure.ReadHello(b)
	if a := t.at; a != nil && a.peer == from {
		if is && !hello.First {
			a.cookie.Store(true)
		}
		if !is || !hello.First || a.cookie.Load() || hello.Random == a.random || t.handshake.Client {
			a.link.Put(b)
			return
		}
		// Another first hello from there: the one before may have been forged, and who forges does not hear our cookie.
	} else if a != nil && (a.exact || !exact) {
		return
	}
	if t.keyed || t.handshake.Client || !is || !t.start(from, exact) {
		return
	}
	t.at.random = hello.Random
	t.at.link.Put(b)
}

// begin makes the handshake from our side, if it is ours to make.
func (t *tunnel) begin(peer netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.handshake.Client && !t.keyed && t.at == nil {
		t.start(peer, true)
	}
}

// start begins an attempt in place of the one before. mu is held.
func (t *tunnel) start(peer netip.AddrPort, exact bool) bool {
	most := handshakeMax
	if exact {
		most = handshakeMost
	}
	if t.over || t.tries[exact] == most || t.leg.closed.Load() {
		return false
	}
	if t.tries == nil {
		t.tries = make(map[bool]int, 1)
	}
	t.tries[exact]++
	if t.at != nil {
		t.at.quiet.Store(true) // its cookies would only confuse the peer
		t.at.cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &attempt{peer: peer, exact: exact, cancel: cancel}
	a.link = secure.NewLink(peer, func(b []byte) error {
		if a.quiet.Load() || b[0] == 21 && !a.cookie.Load() && !t.handshake.Client { // no alert for a hello that anybody may have sent
			return nil
		}
		return t.leg.pair.rtp.send(b, peer)
	})
	t.at = a
	t.leg.engine.handshakes.Go(func() {
		defer cancel()
		defer t.leg.rescue("DTLS")
		t.run(ctx, a)
	})
	return true
}

// run is the goroutine of an attempt.
func (t *tunnel) run(ctx context.Context, a *attempt) {
	timed, cancel := context.WithTimeout(ctx, handshakeTime)
	association, err := t.handshake.Do(timed, a.link)
	cancel()
	if err == nil {
		err = t.take(a, association)
	}
	if err != nil && ctx.Err() == nil {
		t.leg.engine.logger.Info("DTLS handshake failed", "port", t.leg.LocalPort(), "peer", a.peer, "err", err)
	}
	if err == nil {
		wait := time.NewTimer(handshakeWait)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
	a.quiet.Store(true) // no close_notify: the leg ends by SIP
	if association != nil {
		association.Close()
	}
	_ = a.link.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == a {
		t.at = nil
	}
}

// take puts the keys of an association to use, unless its attempt was replaced.
func (t *tunnel) take(a *attempt, association *secure.Association) error {
	in, err := secure.NewInbound(association.In)
	if err != nil {
		return err
	}
	out, err := secure.NewOutbound(association.Out, maxDatagram)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at != a || t.over {
		return context.Canceled
	}
	t.keyed = true
	t.in.Store(in)
	t.out.set(out)
	return nil
}

// close ends what is under way. The keys stay in use until the shield is swapped.
func (t *tunnel) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if t.at != nil {
		t.at.quiet.Store(true)
		t.at.cancel()
	}
}
