// Package sip is a call.Switch over SIP: it listens, knows the agents' phones and the trunks, keeps dialogs, negotiates
// SDP and drives the media engine. It decides nothing about calls: what it hears becomes a hotline.Signal, what it must
// do is a hotline.Action.
//
// It has two halves. The wire (wire*.go, transport*.go, mailbox.go, validate.go, digest.go, registrar.go, trunk.go) owns
// sockets, connections, the order of messages, transactions, who may ask for what, and registrations. The calls
// (switch*.go, dialog*.go, sdp*.go, leg*.go) own dialogs, offers and answers, and media legs. They meet in wire.go:
// the wire calls a handler, the handler answers through serverTx and asks through wire.request.
//
// Of sipgo, which is used nowhere else, it takes the parser, the message types and the state machines of transactions
// (RFC 3261 §17, RFC 6026). Sockets and the order of messages are our own: sipgo's transports handle each message on a
// goroutine of its own, which loses the order that CANCEL, ACK and BYE depend on, keep every source address for ever and
// refuse to send more than 1300 bytes over UDP.
//
// The wire's goroutines: one reads each udp socket; one accepts on each other listener; one shakes hands over and reads each connection,
// one more watches it if it is a WebSocket, and one writes to it while there is something to write; one works off each
// Call-ID that has something to do; one expires registrations. All end before run returns. sipgo's state machines have
// timers, and a goroutine each while a response passes through.
//
// Only cmd may import it.
package sip
