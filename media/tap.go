package media

// Frame is one audio packet as a leg sent it, after its source was accepted.
type Frame struct {
	At        int64  // arrival, ns on the engine's monotonic clock (Engine.Now)
	Seq       uint16 // RTP sequence number; a step of more than one is loss, a step back a late packet
	Timestamp uint32 // RTP timestamp, in ticks of 1/8000 s: of Opus, whose clock is another, turned into those
	SSRC      uint32 // a change means a new stream: Seq and Timestamp have nothing to do with those before
	Marker    bool   // first packet after a silence (RFC 3551 §4.1)
	Codec     Codec  // of this packet: a phone may change between those agreed
	Payload   []byte // as long as Codec.Ticks says, of all but Opus one byte for each tick; valid only during the call of Frame. Empty: no sound, see Tap
}

// Tap is shown every accepted audio packet of a leg, before it is relayed, in order of arrival: lost ones are missing,
// late and doubled ones come as they come. Of key events (RFC 4733)
// and comfort noise (RFC 3389) only a frame without payload is shown, so that their numbers are not taken for loss: no key
// can stand in a recording.
//
// Frame is called on the packet path: it must not block, allocate or keep f.Payload. A leg calls its tap from one
// goroutine at a time; a tap that is set on several legs is called from several.
type Tap interface{ Frame(f Frame) }

// Toucher is a Tap that is told a moment before Frame that it will be called, on the same goroutine, so that it may have its
// memory fetched from far while the packets of other legs are dealt with. What Touch returns means nothing: it is there so
// that looking at memory has a use. Not every Frame has its Touch, nor every Touch its Frame.
type Toucher interface{ Touch() uint64 }
