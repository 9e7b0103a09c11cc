package wire

import "crypto/rand"

// OurUser is the user part of our Contact: requests inside a dialog are found by their tags, not by it.
const OurUser = "hotline"

// NewDialogID is a tag or Call-ID of ours: more than the 32 bits of chance asked for (RFC 3261 §19.3).
func NewDialogID() string { return rand.Text() }
