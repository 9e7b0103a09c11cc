// Package bypass has the kernel pass packets of RTP on by itself.
//
// Most packets of a contact centre only pass through: what one party says goes to the other with the stream's own numbers and
// addresses, byte for byte. For such a stream a lane is opened: a program in the kernel, before the IP stack, gives each
// packet the other side's header and sends it on, and puts a copy into a ring in memory that the engine reads some time later, many at once,
// to count, record and listen. What is decided stays with the engine: whom it believes, who hears whom, when a lane is open. The
// program takes a packet only if it is the next ordinary one of the stream: known source, SSRC, payload type, a step of numbers and time that is
// no jump. The first that is not shuts the lane and comes to the socket like all others.
//
// It takes Linux 6.6 and CAP_BPF with CAP_NET_ADMIN. Without them everything is as it is with all lanes shut.
package bypass
