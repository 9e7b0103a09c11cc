package bypass

import (
	"errors"
	"net/netip"
)

// Way is what becomes of the packets of a stream.
type Way struct {
	From, At      netip.AddrPort // whence they come, and where to
	Out, To       netip.AddrPort // whence they go on, and where to
	SSRC, OutSSRC uint32
	Type, OutType uint8  // RTP payload types (0–127)
	SeqShift      uint16 // outgoing less incoming
	TSShift       uint32
	Seq           uint16 // of the last packet that came
	TS            uint32
}

// Errors of the package. Compare with errors.Is.
var (
	ErrNoLane = errors.New("bypass: no lane")            // the packets of such a stream cannot go through the kernel
	ErrSystem = errors.New("bypass: not on this system") // there is no such program for it
)
