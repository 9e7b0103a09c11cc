package secure

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pion/srtp/v3"
)

// Suite is a way to protect packets, by its name in SDP (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2).
type Suite string

// The suites there are.
const (
	GCM128  Suite = "AEAD_AES_128_GCM"
	GCM256  Suite = "AEAD_AES_256_GCM"
	CM128   Suite = "AES_CM_128_HMAC_SHA1_80"
	CM128x4 Suite = "AES_CM_128_HMAC_SHA1_32"
	CM256   Suite = "AES_256_CM_HMAC_SHA1_80"
)

// Suites are the suites, the preferred first: the cheap and strong ones, then what every phone has.
func Suites() []Suite { return []Suite{GCM128, CM128, GCM256, CM256, CM128x4} }

// ErrKeys: a key does not fit its suite, or the suite is not known.
var ErrKeys = errors.New("secure: not a key of that suite")

// profile is the suite as the SRTP library knows it; false: unknown.
func (s Suite) profile() (srtp.ProtectionProfile, bool) {
	switch s {
	case GCM128:
		return srtp.ProtectionProfileAeadAes128Gcm, true
	case GCM256:
		return srtp.ProtectionProfileAeadAes256Gcm, true
	case CM128:
		return srtp.ProtectionProfileAes128CmHmacSha1_80, true
	case CM128x4:
		return srtp.ProtectionProfileAes128CmHmacSha1_32, true
	case CM256:
		return srtp.ProtectionProfileAes256CmHmacSha1_80, true
	}
	return 0, false
}

// sizes are the lengths of the suite's master key and master salt in bytes.
func (s Suite) sizes() (key, salt int) {
	switch s {
	case GCM128:
		return 16, 12
	case GCM256:
		return 32, 12
	case CM256:
		return 32, 14
	}
	return 16, 14
}

// KeySize is how many bytes Keys.Key has in the suite: the master key and behind it the master salt.
func (s Suite) KeySize() int {
	key, salt := s.sizes()
	return key + salt
}

// Keys protect the packets of one direction. They show themselves to nobody: neither in a log nor in a %v.
type Keys struct {
	Suite Suite
	Key   []byte // master key and behind it the master salt, Suite.KeySize bytes
	MKI   []byte // master key identifier that stands in each packet (RFC 3711 §3.1); empty: none
}

// Equal reports whether both are the same keys.
func (k Keys) Equal(other Keys) bool {
	return k.Suite == other.Suite && subtle.ConstantTimeCompare(k.Key, other.Key) == 1 && string(k.MKI) == string(other.MKI)
}

func (k Keys) String() string   { return string(k.Suite) + " key" }
func (k Keys) GoString() string { return k.String() }

// LogValue keeps the key out of the log.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// replayWindow is how many packets back one that was late is still told from one that was heard before (RFC 3711 §3.3.2).
const replayWindow = 128

// context makes the library's state of one direction.
func (k Keys) context() (*srtp.Context, error) {
	profile, ok := k.Suite.profile()
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrKeys, k.Suite)
	}
	key, salt := k.Suite.sizes()
	if len(k.Key) != key+salt {
		return nil, fmt.Errorf("%w: %s has %d bytes, not %d", ErrKeys, k.Suite, key+salt, len(k.Key))
	}
	options := []srtp.ContextOption{srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow)}
	if len(k.MKI) > 0 {
		options = append(options, srtp.MasterKeyIndicator(k.MKI))
	}
	return srtp.CreateContext(k.Key[:key], k.Key[key:], profile, options...)
}
