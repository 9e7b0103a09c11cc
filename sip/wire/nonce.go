package wire

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// nonceState is what is known of a nonce in a request.
type nonceState int

const (
	nonceForeign nonceState = iota // not one of ours, or given to another address
	nonceStale                     // ours, but too old or used up: the client may ask again with a new one
	nonceFresh
)

// maxNonces is how many nonces in use are remembered. Only those of successful logins are, so it is the number of phones
// that log in within one nonce's life.
const maxNonces = 1 << 17

// nonces makes nonces and knows them again without keeping them: a nonce is its time and some chance, sealed together
// with the address it was given to (RFC 7616 §3.3). What is kept is which nonce counts were used with those that
// somebody logged in with, so that nothing overheard can be sent again (§5.4). A restart makes all of them foreign; phones
// ask again. Safe for use by several goroutines.
type nonces struct {
	ttl   time.Duration
	born  time.Time // nonces count from here: what has really gone by, whatever is done to the machine's clock
	seals sync.Pool // of *sealing, each with the secret

	mu    sync.Mutex
	used  map[string]*nonceUse
	swept time.Time
}

// nonceUse is the window of nonce counts seen: bit i of seen is top-i.
type nonceUse struct {
	made time.Time
	top  uint32
	seen uint64
}

func newNonces(ttl time.Duration) *nonces {
	n := &nonces{ttl: ttl, born: time.Now(), used: make(map[string]*nonceUse)}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	n.seals.New = func() any { return &sealing{mac: hmac.New(sha256.New, secret[:])} }
	return n
}

// sealing is an HMAC that is used again and again, which spares it two of four blocks, with room for its result.
type sealing struct {
	mac hash.Hash
	in  [nonceHead + 16]byte
	sum [sha256.Size]byte
}

const (
	nonceHead = 12 // 6 octets of milliseconds, 6 of chance
	nonceSeal = 12 // octets of the HMAC: 96 bits for a minute
)

// make returns a nonce for the address.
func (n *nonces) make(to netip.Addr, now time.Time) string {
	var b [nonceHead + nonceSeal]byte
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.Sub(n.born).Milliseconds()))
	copy(b[:6], ms[2:])
	_, _ = rand.Read(b[6:nonceHead])
	n.seal(b[nonceHead:], b[:nonceHead], to)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (n *nonces) seal(dst, head []byte, to netip.Addr) {
	s := n.seals.Get().(*sealing)
	defer n.seals.Put(s)
	s.mac.Reset()
	copy(s.in[:], head)
	a := network64(to).As16()
	copy(s.in[nonceHead:], a[:])
	s.mac.Write(s.in[:])
	copy(dst, s.mac.Sum(s.sum[:0])[:nonceSeal])
}

// check says what the nonce is worth that came from the address.
func (n *nonces) check(nonce string, from netip.Addr, now time.Time) (nonceState, time.Time) {
	var b, want [nonceHead + nonceSeal]byte
	if base64.RawURLEncoding.DecodedLen(len(nonce)) != len(b) {
		return nonceForeign, time.Time{}
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(b[:], []byte(nonce)); err != nil {
		return nonceForeign, time.Time{}
	}
	n.seal(want[nonceHead:], b[:nonceHead], from)
	if subtle.ConstantTimeCompare(want[nonceHead:], b[nonceHead:]) != 1 {
		return nonceForeign, time.Time{}
	}
	var ms [8]byte
	copy(ms[:], b[:6])
	made := n.born.Add(time.Duration(int64(binary.BigEndian.Uint64(ms[:]))>>16) * time.Millisecond)
	if age := now.Sub(made); age > n.ttl || age < -time.Second {
		return nonceStale, made
	}
	return nonceFresh, made
}

// use takes the nonce count nc for a login that succeeded; false if it was used before or is too far behind. A client
// that knows no counts (RFC 2069) passes 0 and can use a nonce once.
func (n *nonces) use(nonce string, made time.Time, nc uint32, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweep(now)
	u := n.used[nonce]
	if u == nil {
		if len(n.used) >= maxNonces {
			return false
		}
		// A copy: the request that the nonce stands in goes, and is a hundred times as long.
		n.used[strings.Clone(nonce)] = &nonceUse{made: made, top: nc, seen: 1}
		return true
	}
	switch {
	case nc == 0:
		return false
	case nc > u.top:
		u.seen = u.seen<<(nc-u.top) | 1 // a shift of 64 or more gives 0
		u.top = nc
		return true
	case u.top-nc >= 64 || u.seen&(1<<(u.top-nc)) != 0:
		return false
	}
	u.seen |= 1 << (u.top - nc)
	return true
}

// sweep forgets nonces that are stale. n.mu is held.
func (n *nonces) sweep(now time.Time) {
	if now.Sub(n.swept) < n.ttl/4 {
		return
	}
	n.swept = now
	for k, u := range n.used {
		if now.Sub(u.made) > n.ttl {
			delete(n.used, k)
		}
	}
}
