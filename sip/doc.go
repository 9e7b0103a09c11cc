// Package sip is a call.Switch over SIP: it keeps dialogs, negotiates SDP and drives the media engine. It decides nothing
// about calls: what it hears becomes a hotline.Signal, what it must do is a hotline.Action.
//
// What lies below dialogs is another package: sip/wire listens, knows the agents' phones and the trunks, and lets through what
// may come in. They meet in wire.Handler and wire.Wire: the wire calls a handler, the handler answers through wire.ServerTx
// and asks through Wire.Request. sip/syntax reads and writes the words of messages for both, sip/sdp offers and answers.
//
// A leg is worked on by the mailbox of its Call-ID alone, which is the wire's; what concerns a whole call by the call's lane,
// a goroutine of the wire's crew while it has something to do.
//
// Only cmd may import it.
package sip
