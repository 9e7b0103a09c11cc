package sip

import "crypto/rand"

// ourUser is the user part of our Contact: requests inside a dialog are found by their tags, not by it.
const ourUser = "hotline"

// newDialogID is a tag or Call-ID of ours: more than the 32 bits of chance asked for (RFC 3261 §19.3).
func newDialogID() string { return rand.Text() }
