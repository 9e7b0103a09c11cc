// Package opus is the Opus codec (RFC 6716), mono at 16 kHz: what a packet says of itself, in Go, and a decoder and an encoder
// that are libopus, in a build with the tag opus and cgo. Without them Built is false and neither does anything. Bytes in,
// samples out: it knows nothing of RTP. Only package media may use it.
package opus

// The figures of the sound. A tick is 1/8000 s, in which package media counts time: every length of a frame is a whole number
// of them (RFC 6716 §2.1.4).
const (
	SampleRate = 16000            // samples a second, in and out
	perTick    = 2                // samples of a tick
	MostTicks  = 960              // of a packet: 120 ms (RFC 6716 §3.2.5)
	mostFrame  = 1275             // bytes of a frame (RFC 6716 §3.4 R2)
	mostPacket = 48*mostFrame + 2 // bytes that are looked at: 48 frames of 2.5 ms
)

// Limit is what a receiver wants of the packets that it is sent (RFC 7587 §6.1). The zero value: nothing.
type Limit struct {
	BitRate  int  // bit/s on average, at most (maxaveragebitrate); 0: none is named
	Constant bool // all packets of one length in time are of one length (cbr=1)
}

// Ticks is how long a packet lasts, in ticks of 1/8000 s, 20 to MostTicks. false: it is no packet of Opus (RFC 6716 §3.4), and
// must not be given to a decoder.
func Ticks(packet []byte) (ticks int, ok bool) {
	if len(packet) == 0 || len(packet) > mostPacket { // R1
		return 0, false
	}
	count, rest := 1, packet[1:]
	switch packet[0] & 3 {
	case 0:
		ok = len(rest) <= mostFrame
	case 1: // two of one length
		count = 2
		ok = len(rest)%2 == 0 && len(rest)/2 <= mostFrame // R3
	case 2: // two, the first with its length
		count = 2
		var first int
		first, rest, ok = frameLength(rest)
		ok = ok && first <= len(rest) && len(rest)-first <= mostFrame // R4
	case 3:
		count, ok = framesOf(rest)
	}
	ticks = count * frameTicks(packet[0])
	return ticks, ok && ticks <= MostTicks // R5
}

// frameTicks is the length of each frame by the first byte (RFC 6716 §3.1 table 2).
func frameTicks(toc byte) int {
	config := toc >> 3
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		return [...]int{80, 160, 320, 480}[config&3]
	case config < 16: // hybrid: 10, 20 ms
		return 80 << (config & 1)
	}
	return 20 << (config & 3) // CELT: 2.5, 5, 10, 20 ms
}

// frameLength reads the length of a frame (RFC 6716 §3.2.1), and returns what stands behind it.
func frameLength(b []byte) (n int, rest []byte, ok bool) {
	switch {
	case len(b) == 0:
		return 0, nil, false
	case b[0] < 252:
		return int(b[0]), b[1:], true
	case len(b) < 2:
		return 0, nil, false
	}
	return int(b[0]) + 4*int(b[1]), b[2:], true
}

// framesOf reads the head of a packet of any number of frames, behind its first byte (RFC 6716 §3.2.5).
func framesOf(b []byte) (count int, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	head := b[0]
	count, b = int(head&0x3F), b[1:]
	if count == 0 || count > MostTicks/20 {
		return 0, false
	}
	padding := 0
	for more := head&0x40 != 0; more; {
		if len(b) == 0 {
			return 0, false
		}
		more = b[0] == 255
		padding += min(int(b[0]), 254)
		b = b[1:]
	}
	if padding > len(b) {
		return 0, false
	}
	b = b[:len(b)-padding]
	if head&0x80 == 0 { // of one length: R6
		return count, len(b)%count == 0 && len(b)/count <= mostFrame
	}
	all := 0
	for range count - 1 { // R7
		n, rest, ok := frameLength(b)
		if !ok || n > mostFrame {
			return 0, false
		}
		all, b = all+n, rest
	}
	return count, all <= len(b) && len(b)-all <= mostFrame
}

// Fit is the longest packet that an Encoder makes of so many ticks: 10, 20, 40, 60, 80, 100 or 120 ms. 0: of fewer than 80 none
// is made; packets of 2.5 and 5 ms are only heard.
func Fit(ticks int) int {
	switch {
	case ticks >= MostTicks:
		return MostTicks
	case ticks >= 160:
		return ticks / 160 * 160
	case ticks >= 80:
		return 80
	}
	return 0
}
