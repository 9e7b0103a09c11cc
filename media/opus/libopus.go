//go:build opus && cgo

package opus

/*
#cgo LDFLAGS: -lopus -lm
#cgo noescape hotline_opus_decode
#cgo nocallback hotline_opus_decode
#cgo noescape hotline_opus_encode
#cgo nocallback hotline_opus_encode
#include <opus/opus.h>

static int hotline_opus_decode(void *st, const unsigned char *data, int len, opus_int16 *pcm, int samples, int fec) {
	return opus_decode((OpusDecoder *)st, len > 0 ? data : NULL, len, pcm, samples, fec);
}

static int hotline_opus_encode(void *st, const opus_int16 *pcm, int samples, unsigned char *data, int room) {
	return opus_encode((OpusEncoder *)st, pcm, samples, data, room);
}

static int hotline_opus_encoder(void *st, int rate, int bitrate, int effort, int loss) {
	OpusEncoder *e = (OpusEncoder *)st;
	int err = opus_encoder_init(e, rate, 1, OPUS_APPLICATION_VOIP);
	if (err != OPUS_OK) return err;
	opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate));
	opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(effort));
	opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
	opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(1));
	opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC(loss));
	opus_encoder_ctl(e, OPUS_SET_DTX(0));
	return OPUS_OK;
}

static void hotline_opus_limit(void *st, int bitrate, int vbr) {
	OpusEncoder *e = (OpusEncoder *)st;
	opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate));
	opus_encoder_ctl(e, OPUS_SET_VBR(vbr));
}
*/
import "C"

import "unsafe"

// Built tells whether this build has the codec.
const Built = true

// What an encoder is set to. The loss that it reckons with is what makes it put the sound of the packet before into each
// packet once more, in few bits (RFC 6716 §2.1.7), as long as the bit rate leaves room for that: 24000 does not.
const (
	bitRate     = 28000 // bit/s: 16 to 20 thousand for speech in wide band (RFC 7587 §3.1.1), and the repetition
	effort      = 1     // 0–10; 5 takes three times as long, and what is played or mixed is encoded by one goroutine
	lossPercent = 10

	leastBitRate = 6000 // bit/s that anybody may ask for (RFC 7587 §6.1)
)

// Decoder turns the packets of one stream into samples. The zero value is ready. It is owned by one goroutine and allocates at its
// first use only: what libopus remembers lies in memory of Go, so that nothing has to be given back.
type Decoder struct{ state []uint64 }

// ready makes the state at the first use. false: there is no decoder.
func (d *Decoder) ready() bool {
	if d.state != nil {
		return true
	}
	state := make([]uint64, (int(C.opus_decoder_get_size(1))+7)/8)
	if C.opus_decoder_init((*C.OpusDecoder)(unsafe.Pointer(&state[0])), SampleRate, 1) != C.OPUS_OK {
		return false
	}
	d.state = state
	return true
}

// Decode writes a packet's samples to dst, which must have room for all, and returns their number. ok is false where the packet
// is none or cannot be decoded; then as many are written as it says it has, made from what came before.
func (d *Decoder) Decode(dst []int16, packet []byte) (n int, ok bool) {
	ticks, ok := Ticks(packet)
	n = perTick * ticks
	if !ok || n > len(dst) || !d.ready() {
		return 0, false
	}
	if d.decode(dst[:n], packet, 0) == n {
		return n, true
	}
	if d.decode(dst[:n], nil, 0) != n {
		clear(dst[:n])
	}
	return n, false
}

// Recover writes to dst what stood just before a packet and was lost, from what the packet says of it once more, and where it
// says nothing, from what came before. len(dst) is a multiple of 40, 1920 at most. It is called before Decode of the packet. It
// returns the number of samples: all or none.
func (d *Decoder) Recover(dst []int16, packet []byte) int {
	_, ok := Ticks(packet)
	if !ok || len(dst) == 0 || len(dst)%(20*perTick) != 0 || len(dst) > MostTicks*perTick || d.state == nil {
		return 0
	}
	if d.decode(dst, packet, 1) != len(dst) {
		return 0
	}
	return len(dst)
}

// decode calls libopus, which writes no more than len(pcm) samples; an empty packet is a lost one.
func (d *Decoder) decode(pcm []int16, packet []byte, fec int) int {
	var data *byte
	if len(packet) > 0 {
		data = &packet[0]
	}
	return int(C.hotline_opus_decode(unsafe.Pointer(&d.state[0]), (*C.uchar)(data), C.int(len(packet)),
		(*C.opus_int16)(&pcm[0]), C.int(len(pcm)), C.int(fec)))
}

// Encoder turns samples into packets of one stream. The zero value is ready. It is owned by one goroutine and allocates at its
// first use only.
type Encoder struct {
	state []uint64
	limit Limit // what is asked for
	set   Limit // what state is set to
}

// Limit sets what the packets must keep to from the next on.
func (e *Encoder) Limit(l Limit) { e.limit = l }

// obey sets the state to what is asked for.
func (e *Encoder) obey() {
	if e.set == e.limit {
		return
	}
	e.set = e.limit
	rate, vary := bitRate, 1
	if e.limit.BitRate > 0 {
		rate = min(rate, max(e.limit.BitRate, leastBitRate))
	}
	if e.limit.Constant {
		vary = 0
	} else if rate < bitRate {
		rate -= rate / 16 // what varies may be a little above what it is set to
	}
	C.hotline_opus_limit(unsafe.Pointer(&e.state[0]), C.int(rate), C.int(vary))
}

// Encode writes the packet of pcm to dst and returns its length: about 60 bytes for 20 ms, len(dst) at most. pcm is as long as Fit
// says. 0: there is no packet.
func (e *Encoder) Encode(dst []byte, pcm []int16) int {
	if len(dst) == 0 || len(pcm) == 0 || len(pcm)%perTick != 0 || Fit(len(pcm)/perTick)*perTick != len(pcm) {
		return 0
	}
	if e.state == nil {
		state := make([]uint64, (int(C.opus_encoder_get_size(1))+7)/8)
		if C.hotline_opus_encoder(unsafe.Pointer(&state[0]), SampleRate, bitRate, effort, lossPercent) != C.OPUS_OK {
			return 0
		}
		e.state = state
	}
	e.obey()
	n := C.hotline_opus_encode(unsafe.Pointer(&e.state[0]), (*C.opus_int16)(&pcm[0]), C.int(len(pcm)),
		(*C.uchar)(&dst[0]), C.int(len(dst)))
	return max(int(n), 0)
}
