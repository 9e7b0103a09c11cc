package secure

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// maxSources is how many SSRCs one key may speak as: each has its own state, and a peer that names a new one with each
// packet must not fill the memory.
const maxSources = 256

// Overhead is how many bytes a protected packet is longer than the plain one at most.
const Overhead = 16 + 4 // GCM's tag; for RTCP the index too (RFC 7714 §9, §10)

// ErrPacket: a packet is not authentic, was heard before, or is none. What exactly is nobody's business.
var ErrPacket = errors.New("secure: packet is not authentic")

// Inbound takes the protection off the packets of one peer. RTP is called by one goroutine at a time; RTCP may be called
// beside it.
type Inbound struct {
	rtp     *srtp.Context
	header  rtp.Header
	sources sources

	mu        sync.Mutex
	rtcp      *srtp.Context
	report    rtcp.Header
	reporters sources
}

// sources is the SSRCs of authentic packets. Each has a state in the srtp.Context, for as long as that lives: so whether there is room
// for one more is to be known before its first packet is authenticated.
type sources struct {
	all  map[uint32]struct{}
	last uint32 // of the last packet
}

// admits says whether a packet of that SSRC may be looked at.
func (s *sources) admits(ssrc uint32) bool {
	if ssrc == s.last || len(s.all) < maxSources {
		return true
	}
	_, known := s.all[ssrc]
	return known
}

// heard notes an authentic packet.
func (s *sources) heard(ssrc uint32) {
	if ssrc != s.last || len(s.all) == 0 {
		s.all[ssrc] = struct{}{}
		s.last = ssrc
	}
}

// NewInbound makes the state of the packets that come. ErrKeys when the keys do not fit their suite.
func NewInbound(k Keys) (*Inbound, error) {
	a, err := k.context()
	if err != nil {
		return nil, err
	}
	b, err := k.context()
	if err != nil {
		return nil, err
	}
	return &Inbound{
		rtp: a, rtcp: b, sources: sources{all: make(map[uint32]struct{}, 1)}, reporters: sources{all: make(map[uint32]struct{}, 1)},
	}, nil
}

// RTP authenticates and deciphers a packet in place and returns the plain one, which aliases b. An error says that it must
// be dropped as if it had never come; b is then of no more use. It does not allocate for authentic packets.
func (in *Inbound) RTP(b []byte) ([]byte, error) {
	if len(b) < 12 || !in.sources.admits(binary.BigEndian.Uint32(b[8:])) { // RFC 3550 §5.1
		return nil, ErrPacket
	}
	plain, err := in.rtp.DecryptRTP(b[:0], b, &in.header)
	if err != nil {
		return nil, ErrPacket
	}
	in.sources.heard(in.header.SSRC)
	return plain, nil
}

// RTCP does the same for a compound RTCP packet.
func (in *Inbound) RTCP(b []byte) ([]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(b) < 8 {
		return nil, ErrPacket
	}
	ssrc := binary.BigEndian.Uint32(b[4:]) // RFC 3550 §6.4.1
	if !in.reporters.admits(ssrc) {
		return nil, ErrPacket
	}
	plain, err := in.rtcp.DecryptRTCP(b[:0], b, &in.report)
	if err != nil {
		return nil, ErrPacket
	}
	in.reporters.heard(ssrc)
	return plain, nil
}

// Outbound protects the packets of one stream. It is not safe for concurrent use.
type Outbound struct {
	ctx    *srtp.Context
	header rtp.Header
	report rtcp.Header
	packet []byte
}

// NewOutbound makes the state of packets up to size bytes long that go. ErrKeys when the keys do not fit their suite.
func NewOutbound(k Keys, size int) (*Outbound, error) {
	ctx, err := k.context()
	if err != nil {
		return nil, err
	}
	return &Outbound{ctx: ctx, packet: make([]byte, 0, size+Overhead+len(k.MKI))}, nil
}

// RTP returns the protected form of a packet, valid until the next call. b stays as it is. It does not allocate. An error
// means that b is no RTP packet, or that the key has been used up (RFC 3711 §9.2).
func (o *Outbound) RTP(b []byte) ([]byte, error) { return o.ctx.EncryptRTP(o.packet, b, &o.header) }

// RTCP does the same for a compound RTCP packet.
func (o *Outbound) RTCP(b []byte) ([]byte, error) { return o.ctx.EncryptRTCP(o.packet, b, &o.report) }
