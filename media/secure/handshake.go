package secure

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/transport/v4/packetio"
)

// Link is the way between a DTLS handshake and the socket of a leg, for the datagrams of one peer: what comes is put in,
// what goes is handed to Send. It is the net.PacketConn that the DTLS library works on.
type Link struct {
	peer net.Addr
	send func(b []byte) error
	in   *packetio.Buffer
}

// linkDepth is how many datagrams of a handshake may wait to be read: more than its longest flight has.
const linkDepth = 64

// NewLink makes a link to a peer. send must not block and must not keep its argument.
func NewLink(peer netip.AddrPort, send func(b []byte) error) *Link {
	in := packetio.NewBuffer()
	in.SetLimitCount(linkDepth)
	return &Link{peer: net.UDPAddrFromAddrPort(peer), send: send, in: in}
}

// Put hands over a datagram of the peer. It copies b and never blocks: what there is no room for is lost, as on any path.
func (l *Link) Put(b []byte) { _, _ = l.in.Write(b) }

// ReadFrom is net.PacketConn's.
func (l *Link) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := l.in.Read(b)
	return n, l.peer, err
}

// WriteTo is net.PacketConn's. There is one peer, whatever the address.
func (l *Link) WriteTo(b []byte, _ net.Addr) (int, error) { return len(b), l.send(b) }

// Close is net.PacketConn's: reading ends.
func (l *Link) Close() error { return l.in.Close() }

// LocalAddr is net.PacketConn's.
func (l *Link) LocalAddr() net.Addr { return l.peer }

// SetDeadline is net.PacketConn's.
func (l *Link) SetDeadline(t time.Time) error { return l.in.SetReadDeadline(t) }

// SetReadDeadline is net.PacketConn's.
func (l *Link) SetReadDeadline(t time.Time) error { return l.in.SetReadDeadline(t) }

// SetWriteDeadline is net.PacketConn's. Writing never waits.
func (l *Link) SetWriteDeadline(time.Time) error { return nil }

var _ net.PacketConn = (*Link)(nil)

// Hello is what a ClientHello says of itself before anything is proven.
type Hello struct {
	First  bool     // it begins a handshake: it has no cookie yet (RFC 6347 §4.2.1)
	Random [32]byte // the client's: the same in each hello of one handshake
}

// ReadHello reads the ClientHello that a datagram begins with, if it does: a record of a handshake (RFC 6347 §4.1) with the
// header of a handshake message (§4.2.2), the version and the random.
func ReadHello(b []byte) (h Hello, ok bool) {
	const record, message, version = 13, 12, 2
	if len(b) < record+message+version+32 || b[0] != 22 || b[record] != 1 ||
		b[record+6]|b[record+7]|b[record+8] != 0 { // fragment_offset: not its beginning. Browsers' hellos are longer than a datagram
		return h, false
	}
	h.First = b[record+4] == 0 && b[record+5] == 0 // message_seq
	copy(h.Random[:], b[record+message+version:])
	return h, true
}

// Handshake is what has to be agreed with a peer.
type Handshake struct {
	Certificate *Certificate
	Peer        []Fingerprint // of the peer's certificate: one of them must be right
	Client      bool          // we begin: a=setup:active (RFC 5763 §5)
}

// Association is a DTLS connection that has served its purpose: the keys are known. It stays for a while, because the
// peer may have missed the last flight.
type Association struct {
	In, Out Keys
	conn    io.Closer
}

// Close ends the connection. The peer is told by a close_notify unless the link sends no more.
func (a *Association) Close() { _ = a.conn.Close() }

// firstResend is how long an answer may take before a flight is sent again; it doubles (RFC 6347 §4.2.4.1 allows less than
// a second where the path is known to be short, as media paths are).
const firstResend = 400 * time.Millisecond

// ErrProfile: the peer has no way to protect packets that we have too.
var ErrProfile = errors.New("secure: no SRTP profile in common")

// Do makes the handshake over a link (RFC 5764). It blocks until that has succeeded or failed, or ctx is done.
func (h Handshake) Do(ctx context.Context, l *Link) (*Association, error) {
	conn, err := h.begin(l)
	if err != nil {
		return nil, fmt.Errorf("secure: handshake: %w", err)
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("secure: handshake: %w", err)
	}
	a, err := h.keys(conn)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return a, nil
}

// begin makes the connection, on which nothing is said yet.
func (h Handshake) begin(l *Link) (*dtls.Conn, error) {
	options := []dtls.Option{
		dtls.WithCertificates(h.Certificate.tls),
		dtls.WithInsecureSkipVerify(true), // the fingerprint is what is verified (RFC 5763 §5)
		dtls.WithVerifyPeerCertificate(h.verify),
		dtls.WithFlightInterval(firstResend),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}),
		dtls.WithSRTPProtectionProfiles(
			dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_256_GCM),
	}
	if h.Client {
		client := make([]dtls.ClientOption, len(options))
		for i, o := range options {
			client[i] = o
		}
		return dtls.ClientWithOptions(l, l.peer, client...)
	}
	server := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
	for _, o := range options {
		server = append(server, o)
	}
	return dtls.ServerWithOptions(l, l.peer, server...)
}

// verify holds the peer's certificate to what signalling said (RFC 8122 §6).
func (h Handshake) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) > 0 {
		for _, f := range h.Peer {
			if f.Of(raw[0]) {
				return nil
			}
		}
	}
	return ErrFingerprint
}

// keys takes the keys out of a connection (RFC 5764 §4.2): those of the client, those of the server, and their salts.
func (h Handshake) keys(conn *dtls.Conn) (*Association, error) {
	var suite Suite
	profile, ok := conn.SelectedSRTPProtectionProfile()
	switch profile {
	case dtls.SRTP_AEAD_AES_128_GCM:
		suite = GCM128
	case dtls.SRTP_AEAD_AES_256_GCM:
		suite = GCM256
	case dtls.SRTP_AES128_CM_HMAC_SHA1_80:
		suite = CM128
	default:
		ok = false
	}
	if !ok {
		return nil, ErrProfile
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return nil, ErrProfile
	}
	key, salt := suite.sizes()
	b, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 2*(key+salt))
	if err != nil {
		return nil, fmt.Errorf("secure: keys of the handshake: %w", err)
	}
	join := func(a, b []byte) []byte { return append(append(make([]byte, 0, key+salt), a...), b...) }
	client := Keys{Suite: suite, Key: join(b[:key], b[2*key:2*key+salt])}
	server := Keys{Suite: suite, Key: join(b[key:2*key], b[2*key+salt:])}
	if h.Client {
		return &Association{In: server, Out: client, conn: conn}, nil
	}
	return &Association{In: client, Out: server, conn: conn}, nil
}
