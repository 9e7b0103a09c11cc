// Package wire is SIP below dialogs: sockets and connections, the order of messages, transactions, who may ask for what, where
// the agents' phones are and by which servers the trunks are reached. It knows nothing of calls and media: a Handler does.
//
// A message goes upwards through: a socket (udp.go, tcp.go, tls.go, ws.go), the guard, which throws away what comes from those who
// only do harm (ban.go), its reading (sip/syntax), the mailbox of its Call-ID, which keeps the order (mailbox.go), what it must be
// (validate.go), its transaction or a new one (dispatch.go, server.go, client.go), and, outside a dialog, who sends it: an
// agent by digest (authenticator.go) or a trunk by its address (trunk.go). REGISTER ends in the registrar, all else in the Handler.
// Downwards a request is given a Path: a socket of ours, an address of theirs and, over anything but udp, a connection.
//
// Of sipgo, which is used nowhere else but beside it in sip, it takes the parser, the message types and the state machines of
// transactions (RFC 3261 §17, RFC 6026). Sockets and the order of messages are our own: sipgo's transports handle each message on a
// goroutine of its own, which loses the order that CANCEL, ACK and BYE depend on, keep every source address for ever and
// refuse to send more than 1300 bytes over UDP.
//
// The goroutines: one reads each udp socket; one accepts on each other listener; one shakes hands over and reads each connection,
// one more watches it if it is a WebSocket, and one writes to it while there is something to write; one works off each
// Call-ID that has something to do; one expires registrations; one asks phones and trunks whether they live; one keeps each
// registration with a trunk, each look-up of a name and each connection to a trunk's server. All end before Run returns. sipgo's
// state machines have timers, and a goroutine each while a response passes through.
package wire
