// Package digest reads what Authorization and WWW-Authenticate fields of scheme Digest say, and proves us to who asks (RFC 7616,
// RFC 8760; of old RFC 2617). Whether somebody else's proof is good is decided by sip/wire, which knows passwords and nonces.
package digest
