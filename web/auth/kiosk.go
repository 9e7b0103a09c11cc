package auth

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// MaxKiosks is how many keys of screens there can be.
const MaxKiosks = 500

// Errors of screens' keys.
var (
	ErrNoKiosk    = errors.New("auth: there is no such key of a screen")
	ErrManyKiosks = fmt.Errorf("auth: there are %d keys of screens, and no more can be", MaxKiosks)
)

// Kiosk is the key of a screen: it opens one board, and nothing else. It is nobody's login and holds until it is revoked.
type Kiosk struct {
	ID    string    `json:"id"`
	Board string    `json:"board"`
	Label string    `json:"label,omitempty" doc:"Where the screen hangs."`
	Made  time.Time `json:"made"`
	By    string    `json:"by"`
	Seen  time.Time `json:"seen,omitzero" doc:"Its last use, to the minute; missing: it was never used."`
	Addr  string    `json:"addr,omitempty" doc:"Where that came from."`
}

// Kiosks are the keys of screens. As with sessions only the hash of a key is kept. Its methods may be called from any goroutine.
type Kiosks struct {
	bucket Bucket
	now    func() time.Time
	brake  brake

	mu  sync.Mutex        // guards all; held while the bucket is written
	all map[string]*Kiosk // by the hash of the key; nil: not read yet
}

// NewKiosks keeps keys in a bucket; now nil is time.Now.
func NewKiosks(b Bucket, now func() time.Time) *Kiosks {
	if now == nil {
		now = time.Now
	}
	return &Kiosks{bucket: b, now: now, brake: brake{tries: map[string]*tries{}}}
}

// load reads the keys once. The caller holds mu.
func (k *Kiosks) load() error {
	if k.all != nil {
		return nil
	}
	all := map[string]*Kiosk{}
	err := k.bucket.Each("", func(hash string, raw []byte) bool {
		one := new(Kiosk)
		if json.Unmarshal(raw, one) == nil {
			all[hash] = one
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("auth: keys of screens: %w", err)
	}
	k.all = all
	return nil
}

func (k *Kiosks) save(hash string, one *Kiosk) error {
	raw, err := json.Marshal(one)
	if err == nil {
		err = k.bucket.Put(hash, raw)
	}
	if err != nil {
		return fmt.Errorf("auth: key of a screen: %w", err)
	}
	k.all[hash] = one
	return nil
}

// Make makes a key for a board and returns it, once: only the screen keeps it.
func (k *Kiosks) Make(board, label, by string) (key string, made Kiosk, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(); err != nil {
		return "", Kiosk{}, err
	}
	if len(k.all) >= MaxKiosks {
		return "", Kiosk{}, ErrManyKiosks
	}
	b := make([]byte, 40)
	rand.Read(b) // never fails (crypto/rand)
	key = base64.RawURLEncoding.EncodeToString(b[:32])
	one := &Kiosk{ID: hex.EncodeToString(b[32:]), Board: board, Label: label, Made: k.now(), By: by}
	return key, *one, k.save(hashOf(key), one)
}

// List is all keys, the newest first.
func (k *Kiosks) List() ([]Kiosk, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(); err != nil {
		return nil, err
	}
	out := make([]Kiosk, 0, len(k.all))
	for one := range maps.Values(k.all) {
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b Kiosk) int { return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// Find returns the key with the id.
func (k *Kiosks) Find(id string) (Kiosk, error) {
	all, err := k.List()
	if err != nil {
		return Kiosk{}, err
	}
	for _, one := range all {
		if one.ID == id {
			return one, nil
		}
	}
	return Kiosk{}, ErrNoKiosk
}

// Revoke ends a key: the screen is dark within a second or two.
func (k *Kiosks) Revoke(id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(); err != nil {
		return err
	}
	for hash, one := range k.all {
		if one.ID != id {
			continue
		}
		if err := k.bucket.Delete(hash); err != nil {
			return fmt.Errorf("auth: key of a screen: %w", err)
		}
		delete(k.all, hash)
		return nil
	}
	return ErrNoKiosk
}

// Enter is a screen's first step, with a key from an address that anybody can type: ErrTooMany after too many wrong ones from
// there, ErrDenied for a wrong one.
func (k *Kiosks) Enter(key, board, from string) error {
	if !k.brake.take("kiosk", from, k.now()) {
		return ErrTooMany
	}
	if !k.Opens(key, board, from) {
		return ErrDenied
	}
	k.brake.passed("kiosk", from)
	return nil
}

// Denied counts a wrong key that came by other ways than Enter, and says whether there are too many of them from there.
func (k *Kiosks) Denied(from string) error {
	if !k.brake.take("kiosk", from, k.now()) {
		return ErrTooMany
	}
	return ErrDenied
}

// Opens says whether the key opens the board, and notes the use.
func (k *Kiosks) Opens(key, board, from string) bool {
	if key == "" {
		return false
	}
	hash, now := hashOf(key), k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.load() != nil {
		return false
	}
	one := k.all[hash]
	if one == nil || one.Board != board {
		return false
	}
	if now.Sub(one.Seen) > seenStep || one.Addr != from {
		used := *one
		used.Seen, used.Addr = now, from
		if k.save(hash, &used) != nil {
			return true // the use is not kept on the disk, the key is
		}
	}
	return true
}

// Sweep forgets wrong keys of long ago. Call it now and then.
func (k *Kiosks) Sweep() { k.brake.sweep(k.now()) }

// hashOf is what is kept of a secret.
func hashOf(secret string) string { return key(secret) }
