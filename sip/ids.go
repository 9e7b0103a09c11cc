package sip

import (
	"crypto/rand"
	"time"

	"hotline"
)

// ourUser is the user part of our Contact: requests inside a dialog are found by their tags, not by it.
const ourUser = "hotline"

// newCallID mints the id of a call: 48 bits of milliseconds and 50 of chance in lower-case Crockford base 32, so that ids
// sort by time, fit into a URL and cannot be guessed.
func newCallID(now time.Time) hotline.CallID {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	var b [20]byte
	ms := uint64(now.UnixMilli())
	for i := 9; i >= 0; i-- {
		b[i] = digits[ms&31]
		ms >>= 5
	}
	var chance [10]byte
	rand.Read(chance[:]) // never fails (crypto/rand)
	for i, c := range chance {
		b[10+i] = digits[c&31]
	}
	return hotline.CallID(b[:])
}

// newDialogID is a tag or Call-ID of ours: more than the 32 bits of chance asked for (RFC 3261 §19.3).
func newDialogID() string { return rand.Text() }
