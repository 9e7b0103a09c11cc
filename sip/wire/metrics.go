package wire

import "sync/atomic"

// Metrics are the wire's counters, read by whoever exports them. All only grow, except where a comment says so.
type Metrics struct {
	Traffic // by direction, method and code

	Received     atomic.Uint64 // messages that were looked at: datagrams, and messages of a stream
	Sent         atomic.Uint64 // messages written to a socket
	SendErrors   atomic.Uint64 // messages that could not be
	Dropped      atomic.Uint64 // datagrams of banned or too fast sources, thrown away unread
	Malformed    atomic.Uint64 // messages that are no SIP, or were answered 400 by the wire
	Stray        atomic.Uint64 // responses and ACKs that belong to no transaction
	Retransmits  atomic.Uint64 // requests that came again and were answered from their transaction
	Resent       atomic.Uint64 // requests of ours that were sent again for want of an answer
	Queued       atomic.Int64  // messages and timers that wait in mailboxes now
	Merged       atomic.Uint64 // requests that came by two ways (482)
	Overload     atomic.Uint64 // messages thrown away, or calls refused with 503, for want of room
	Panics       atomic.Uint64 // messages whose handling panicked
	Challenged   atomic.Uint64 // 401 sent to requests without credentials or with stale ones
	AuthFailed   atomic.Uint64 // 401 or 403 sent to wrong credentials
	Banned       atomic.Uint64 // bans begun
	Registers    atomic.Uint64 // REGISTER requests answered 200
	Bindings     atomic.Int64  // contacts registered now
	Unreachable  atomic.Int64  // of these: taken for dead
	Flows        atomic.Int64  // connections open now, handshakes done
	FlowsRefused atomic.Uint64 // connections closed at once: too many of one address
	ServerTx     atomic.Int64  // server transactions now
	ClientTx     atomic.Int64  // client transactions now
	Unanswered   atomic.Uint64 // questions whether a phone or trunk lives that got no answer
	Mailboxes    atomic.Int64  // Call-IDs being worked on now

	TrunkFailovers atomic.Uint64 // calls out that went on to the next server, because one was silent, had no room or could not bring them on

	HandshakesFailed atomic.Uint64 // connections that wanted no TLS, or not as it must be
	CertErrors       atomic.Uint64 // times that new certificate files could not be used
	CertExpires      atomic.Int64  // when the certificate in force ends, seconds since 1970; 0: there is none
}
