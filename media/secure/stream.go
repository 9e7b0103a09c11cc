package secure

import (
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
	sources map[uint32]struct{}
	last    uint32 // SSRC of the last packet

	mu     sync.Mutex
	rtcp   *srtp.Context
	report rtcp.Header
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
	return &Inbound{rtp: a, rtcp: b, sources: make(map[uint32]struct{}, 1)}, nil
}

// RTP authenticates and deciphers a packet in place and returns the plain one, which aliases b. An error says that it must
// be dropped as if it had never come; b is then of no more use. It does not allocate for authentic packets.
func (in *Inbound) RTP(b []byte) ([]byte, error) {
	plain, err := in.rtp.DecryptRTP(b[:0], b, &in.header)
	if err != nil {
		return nil, ErrPacket
	}
	if ssrc := in.header.SSRC; ssrc != in.last || len(in.sources) == 0 {
		if _, known := in.sources[ssrc]; !known {
			if len(in.sources) == maxSources {
				return nil, ErrPacket
			}
			in.sources[ssrc] = struct{}{}
		}
		in.last = ssrc
	}
	return plain, nil
}

// RTCP does the same for a compound RTCP packet.
func (in *Inbound) RTCP(b []byte) ([]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	plain, err := in.rtcp.DecryptRTCP(b[:0], b, &in.report)
	if err != nil {
		return nil, ErrPacket
	}
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
