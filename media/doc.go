// Package media is RTP and audio: sockets from a port range, strict learning of who may be heard, relay between legs and
// mixing of several, G.711, G.722 and with the build tag opus Opus, keys (RFC 4733 and in the sound), players, tones, taps for the recorder, and jitter,
// loss and a score of the sound per leg.
//
// It owns the sockets, the streams on them and the clock that stamps their packets. It knows nothing of calls, of SIP
// or of files of recordings: whoever owns a call makes a Leg for each party, configures it from the SDP and says with
// Mix who hears whom. Only package sip (and tools that make load) may create legs; package recorder taps them.
//
// The way of a packet is straight and never waits: the loop that reads a leg's socket, one of a few that read all
// sockets, checks the source, counts, shows the packet to the tap and writes it to the sockets of the legs that listen. It
// takes no lock and allocates nothing; what it needs to know it reads from values that are swapped whole behind atomic
// pointers. Everything that is sent to a leg goes through its sender, one RTP stream with one SSRC for the life of the leg,
// whoever speaks. What is played or mixed is sent by one goroutine of the engine, on absolute deadlines.
package media
