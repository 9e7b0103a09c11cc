package media

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v3"

	"hotline/media/secure"
)

// securePeer is the far end of a leg whose packets are protected: by keys told beforehand, or as a browser does it, with
// ICE checks and a DTLS handshake of its own.
type securePeer struct {
	*phone
	t           testing.TB
	certificate *secure.Certificate
	agent       *secure.Agent // the leg's; nil: no ICE
	ufrag       string

	mu    sync.Mutex
	out   *secure.Outbound
	in    *secure.Inbound
	link  *secure.Link
	plain []sentRTP
	stun  []*stun.Message
	other [][]byte // what could not be opened
}

// secured makes a phone talk as a securePeer. configure completes what the leg is configured with.
func (b *bench) secured(addr string, configure func(p *securePeer, s *Security)) *securePeer {
	b.t.Helper()
	c, err := secure.NewCertificate(time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	p := &securePeer{phone: b.phone(addr), t: b.t, certificate: c, ufrag: "peer"}
	b.wire.mu.Lock()
	b.wire.taps[p.at] = p.hear
	b.wire.mu.Unlock()
	s := &Security{}
	configure(p, s)
	p.agree(s)
	return p
}

func (p *securePeer) agree(s *Security) {
	params := p.params()
	params.Security, params.Mux = s, s.ICE != nil
	p.agent = s.ICE
	p.leg.Configure(params)
}

// sdes is keys of a suite, each side its own.
func sdes(suite secure.Suite, seed byte) func(p *securePeer, s *Security) {
	return func(p *securePeer, s *Security) {
		s.In = secure.Keys{Suite: suite, Key: fill(seed, suite.KeySize())}
		s.Out = secure.Keys{Suite: suite, Key: fill(seed+1, suite.KeySize())}
		p.use(s.Out, s.In)
	}
}

// browser is ICE and DTLS with the browser as client.
func browser(p *securePeer, s *Security) {
	s.Peer = []secure.Fingerprint{p.certificate.Fingerprint}
	s.ICE = &secure.Agent{Ufrag: "leg1", Password: "0123456789012345678901", Peer: p.ufrag}
}

func (p *securePeer) use(in, out secure.Keys) {
	p.t.Helper()
	i, err := secure.NewInbound(in)
	if err != nil {
		p.t.Fatal(err)
	}
	o, err := secure.NewOutbound(out, 1500)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.in, p.out = i, o
}

// hear takes what the leg sends.
func (p *securePeer) hear(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case b[0] < 4:
		m := &stun.Message{Raw: b}
		if err := m.Decode(); err != nil {
			p.t.Errorf("the leg sent bad STUN: %v", err)
		}
		p.stun = append(p.stun, m)
	case b[0] >= 20 && b[0] < 64:
		if p.link != nil {
			p.link.Put(b)
		}
	case p.in == nil, classify(b) == kindRTCP:
		p.other = append(p.other, b)
	default:
		raw := slices.Clone(b)
		plain, err := p.in.RTP(b)
		if err != nil {
			p.other = append(p.other, raw)
			return
		}
		p.plain = append(p.plain, readSent(datagram{at: time.Now(), b: plain}))
	}
}

// heard is what came and could be opened, since last asked.
func (p *securePeer) hears() []sentRTP {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.plain
	p.plain = nil
	return got
}

// unopened is what could not be opened, RTCP included, since last asked.
func (p *securePeer) unopened() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.other
	p.other = nil
	return got
}

// answers are the STUN messages that came, since last asked.
func (p *securePeer) answers() []*stun.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.stun
	p.stun = nil
	return got
}

// talk sends n protected packets, 20 ms apart.
func (p *securePeer) talk(n int) {
	p.t.Helper()
	for range n {
		p.b.wire.deliver(p.at, p.legAt(), p.protect(fill(byte(p.next.seq), 160)))
		time.Sleep(20 * time.Millisecond)
	}
}

// protect is the next packet as it goes over the wire.
func (p *securePeer) protect(payload []byte) []byte {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	b, err := p.out.RTP(rtp(p.next, payload))
	if err != nil {
		p.t.Fatal(err)
	}
	p.next.seq++
	p.next.ts += 160
	return slices.Clone(b)
}

// check makes a connectivity check from an address.
func (p *securePeer) check(from netip.AddrPort, nominate bool) {
	p.t.Helper()
	p.b.wire.deliver(from, p.legAt(), checkRequest(p.t, p.agent.Ufrag+":"+p.ufrag, p.agent.Password, nominate))
}

func checkRequest(t testing.TB, user, password string, nominate bool) []byte {
	t.Helper()
	m := &stun.Message{}
	if err := m.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(user)); err != nil {
		t.Fatal(err)
	}
	m.Add(stun.AttrPriority, []byte{0x6e, 0, 1, 0xff})
	m.Add(stun.AttrICEControlling, make([]byte, 8))
	if nominate {
		m.Add(stun.AttrUseCandidate, nil)
	}
	for _, s := range []stun.Setter{stun.NewShortTermIntegrity(password), stun.Fingerprint} {
		if err := s.AddTo(m); err != nil {
			t.Fatal(err)
		}
	}
	return m.Raw
}

// shake makes the DTLS handshake from an address; false: it failed in the time.
func (p *securePeer) shake(from netip.AddrPort, client bool, limit time.Duration) bool {
	p.t.Helper()
	link := secure.NewLink(from, func(b []byte) error {
		p.b.wire.deliver(from, p.legAt(), slices.Clone(b))
		return nil
	})
	p.mu.Lock()
	p.link = link
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	defer cancel()
	h := secure.Handshake{Certificate: p.certificate, Peer: []secure.Fingerprint{p.b.engine.Fingerprint()}, Client: client}
	a, err := h.Do(ctx, link)
	if err != nil {
		return false
	}
	p.use(a.In, a.Out)
	p.mu.Lock()
	p.link = nil
	p.mu.Unlock()
	synctest.Wait() // the leg has its keys, too
	a.Close()
	return true
}
