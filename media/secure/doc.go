// Package secure is what a leg's media needs to be private: SRTP both ways (RFC 3711), its keys from the signalling
// (SDES, RFC 4568) or from a DTLS handshake on the media path (RFC 5764), and the answers of an ICE-lite agent (RFC 8445).
// It has no socket and no clock: bytes go in and out. Package media puts it on its packet path.
package secure
