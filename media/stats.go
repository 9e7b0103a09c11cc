package media

import "time"

// Stats is what a leg has heard and sent since it was made (terms of RFC 3550 §6.4.1).
type Stats struct {
	Received    uint64        // packets accepted
	Bytes       uint64        // payload bytes of those
	Lost        uint64        // expected less received, never negative (RFC 3550 A.3)
	Late        uint64        // accepted packets that came behind a later one, doubled ones included
	Foreign     uint64        // packets dropped: not from the learnt source, or not yet learnt
	Malformed   uint64        // packets dropped: no RTP of an agreed payload type, or torn
	Unauthentic uint64        // packets dropped: protected, and not by the keys agreed on, or heard before
	Jitter      time.Duration // interarrival jitter now (RFC 3550 A.8)
	MaxGap      time.Duration // longest time without a packet while one was due
	LastGap     time.Duration // time since the last packet, or since the first was due; 0 if none is due
	Digits      uint64        // keys heard
	Bypassed    uint64        // of those received, what the kernel passed on by itself (Config.Bypass)

	Sent      uint64 // packets sent, whoever spoke
	SentBytes uint64 // payload bytes of those
	SendFails uint64 // packets the kernel refused, and those for which there was no address yet

	RemoteLost   int64         // packets of ours lost on the way, as the other side says by RTCP; 0 if it says nothing
	RemoteJitter time.Duration // jitter of our packets, as the other side says by RTCP
	RoundTrip    time.Duration // by RTCP (RFC 3550 §6.4.1); 0 if unknown
	MOS          float64       // how good what came from the leg was, 1–4.5 by the E-model (ITU-T G.107); 0: not known
	RemoteMOS    float64       // how good what it was sent was, by its own reports; 0: not known
	Codec        Codec         // as configured last
	Secure       string        // how the packets are protected: "sdes", "dtls" or not at all, ""
	Faults       uint64        // panics caught in what this leg called or did: a fault of ours
}
