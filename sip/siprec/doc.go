// Package siprec is what a recording session says (RFC 7866): the bodies that carry a session description beside the
// metadata of who speaks in which stream (RFC 7865), and the descriptions themselves. It is pure: no socket, clock or log.
package siprec
