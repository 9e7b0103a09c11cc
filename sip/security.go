package sip

import (
	"crypto/rand"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/media"
	srtp "hotline/media/secure"
	"hotline/sip/digest"
	"hotline/sip/sdp"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// srtpOf is what holds with a trunk, or with the agents' phones where t is nil.
func (s *Switch) srtpOf(t *wire.Trunk) wire.SRTP {
	if t != nil && t.SRTP != "" {
		return t.SRTP
	}
	return s.cfg.SRTP
}

// policy says how the media of a leg that is reached by the path may be protected. Keys stand in a session description
// only where nobody reads it on the way (RFC 4568 §8.1), unless the config says that this does not matter.
func (s *Switch) policy(p wire.Path, want wire.SRTP) sdp.Policy {
	web := web(p)
	if want == wire.SRTPOff && !web {
		return sdp.Policy{}
	}
	f := s.cfg.Media.Fingerprint()
	seed := make(sdp.Secret, 32)
	_, _ = rand.Read(seed) // never fails (crypto/rand)
	return sdp.Policy{
		Require: want == wire.SRTPRequired, SDES: want != wire.SRTPOff && s.sdes(p), Seed: seed,
		Fingerprint: sdp.Fingerprint{Hash: f.Hash, Value: f.Value},
	}
}

func (s *Switch) sdes(p wire.Path) bool { return syntax.Secure(p.Network()) || s.cfg.SDESInClear }

// web tells whether the peer is (most likely) a browser.
func web(p wire.Path) bool { return p.Network() == "ws" || p.Network() == "wss" }

// askedFor are the kinds of protection that calls by the path ask for, one after another as long as the answer is that it
// cannot be: from the best that the phone probably has down to what is still allowed.
func (s *Switch) askedFor(p wire.Path, want wire.SRTP) []sdp.Kind {
	var kinds []sdp.Kind
	switch {
	case web(p):
		kinds = append(kinds, sdp.WebRTC)
	case want == wire.SRTPOff:
	case s.sdes(p):
		kinds = append(kinds, sdp.SDES, sdp.DTLS)
	case want == wire.SRTPRequired:
		kinds = append(kinds, sdp.DTLS)
	}
	if want != wire.SRTPRequired {
		kinds = append(kinds, sdp.Plain)
	}
	return kinds
}

// answering is the policy of a leg that calls us. Where the offer is ours to make, in the 200, there is no second try: the
// other side is given the opportunity to protect the media (RFC 8643).
func (s *Switch) answering(in wire.Inbound) sdp.Policy {
	want := s.srtpOf(s.wire.TrunkNamed(in.Trunk))
	p := s.policy(in.Path, want)
	p.Offer, p.Opportunity = s.askedFor(in.Path, want)[0], want != wire.SRTPRequired
	return p
}

// secured sets how the branch's media is asked to be protected.
func (b *branch) secured(s *Switch) {
	var t *wire.Trunk
	if b.gate != nil {
		t = b.gate.Trunk()
	}
	want := s.srtpOf(t)
	b.local.Policy, b.kinds = s.policy(b.path, want), s.askedFor(b.path, want)
	b.local.Policy.Offer = b.kinds[0]
}

// unprotected calls again with the next kind of protection, or without, when the phone can do nothing with that asked for
// (RFC 3261 §21.4.26; some say 415 or 606 to it).
func (l *leg) unprotected(b *branch, res *gosip.Response) bool {
	if code := res.StatusCode; code != 488 && code != 415 && code != 606 || l.phase != phaseNew || b.left || len(b.kinds) < 2 {
		return false
	}
	b.kinds = b.kinds[1:]
	l.log.Debug("sip: calling with another protection", "kind", b.kinds[0].String())
	b.local.Again(b.kinds[0])
	b.tried = digest.Tries{}
	l.inviteAgain(b, func(req *gosip.Request) {
		req.RemoveHeader("Content-Type")
		setSDP(req, b.local.Offer())
	})
	return true
}

// protection is what was agreed, as the media engine takes it; nil: nothing.
func protection(s sdp.Shield) *media.Security {
	var out media.Security
	switch s.Kind {
	case sdp.SDES:
		out.In, out.Out = keys(s.In), keys(s.Out)
	case sdp.DTLS:
		for _, f := range s.Peer {
			out.Peer = append(out.Peer, srtp.Fingerprint(f))
		}
		out.Client = s.Client
	default:
		return nil
	}
	if s.ICE.Ufrag != "" {
		out.ICE = &srtp.Agent{Ufrag: s.ICE.Ufrag, Password: string(s.ICE.Pwd), Peer: s.ICE.Peer}
	}
	return &out
}

func keys(c sdp.Crypto) srtp.Keys {
	return srtp.Keys{Suite: srtp.Suite(c.Suite), Key: c.Key, MKI: c.MKI}
}
