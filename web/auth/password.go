package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost is what argon2id takes: passes over memory in KiB, and lanes.
type cost struct {
	passes, memory uint32
	lanes          uint8
}

// strong is the cost of RFC 9106 §4, second recommendation.
func strong() cost { return cost{passes: 3, memory: 64 << 10, lanes: 4} }

const argonKey = 32 // bytes

// errHash is returned for a stored hash that cannot be read.
var errHash = errors.New("auth: not an argon2id hash")

// hashPassword returns the PHC string of a password with a salt of its own.
func hashPassword(password string, c cost) string {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails (crypto/rand)
	key := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// checkPassword says whether the password makes the hash.
func checkPassword(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	var version, memory, passes, lanes int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("%w: version", errHash)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil ||
		memory < 8 || memory > 1<<20 || passes < 1 || passes > 100 || lanes < 1 || lanes > 255 {
		return false, fmt.Errorf("%w: parameters", errHash)
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err1, err2); err != nil || len(key) == 0 {
		return false, fmt.Errorf("%w: %w", errHash, err)
	}
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
