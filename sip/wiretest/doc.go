// Package wiretest is what tests of sip and sip/wire share: a user agent made of a socket and strings, and certificates of an authority
// that only they believe in. Nothing but tests imports it.
package wiretest
