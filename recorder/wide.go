package recorder

import (
	"encoding/binary"

	"hotline/media"
)

// sound is what a track needs to be heard in a file that is not of its own codec, where one of the two is G.722: the
// decoder remembers what came before, and so does the change of the rate.
type sound struct {
	decode media.Decoder
	rate   media.Resampler
	pcm    [2 * soundMost]int16
	other  [2 * soundMost]int16
}

// soundMost is the longest packet that is turned, in ticks of 1/8000 s: what is longer is cut.
const soundMost = 240 * rate / 1000

func (t *track) turn() *sound {
	if t.sound == nil {
		t.sound = new(sound)
	}
	return t.sound
}

// wide is a frame's samples at 16 kHz, two for each byte.
func (t *track) wide(f media.Frame) []int16 {
	s := t.turn()
	payload := f.Payload[:min(len(f.Payload), soundMost)]
	n := s.decode.Decode(s.pcm[:], f.Codec, payload)
	if f.Codec == media.G722 {
		return s.pcm[:n]
	}
	s.rate.Up(s.other[:2*n], s.pcm[:n])
	return s.other[:2*n]
}

// narrow is a frame's codes of G.711: its own, or those of codec if it is G.722.
func (t *track) narrow(f media.Frame, codec media.Codec) []byte {
	if f.Codec != media.G722 {
		return f.Payload
	}
	s := t.turn()
	payload := f.Payload[:min(len(f.Payload), soundMost)]
	n := s.decode.Decode(s.pcm[:], f.Codec, payload)
	s.rate.Down(s.other[:n/2], s.pcm[:n])
	codes := f.Payload // the writer's own copy; what is longer stays silence
	for i := range codes {
		codes[i] = codec.Silence()
	}
	codec.Encode(codes, s.other[:n/2])
	return codes
}

// placeWide puts the ticks from to to of a frame into the window of a wide-band recording, at place at.
func (s *Session) placeWide(t *track, f media.Frame, at, from, to int64, late bool) {
	pcm := t.wide(f)
	from, to = min(2*from, int64(len(pcm))), min(2*to, int64(len(pcm)))
	shared := t.right && s.shared(t)
	side := int64(0)
	if t.right {
		side = 2
	}
	for i, v := range pcm[from:to] {
		place := at + int64(i)/2
		out := s.window[at*s.tick+int64(i)*2*channels+side:]
		if shared {
			voice := &s.voices[place]
			switch {
			case *voice == voiceNone || *voice == t.id:
				*voice = t.id
			case *voice == voiceSum && late:
				continue
			default:
				sum := int32(int16(binary.LittleEndian.Uint16(out))) + int32(v)
				v = int16(min(max(sum, -1<<15), 1<<15-1))
				if i%2 == 1 { // both samples of the tick
					*voice = voiceSum
				}
			}
		}
		binary.LittleEndian.PutUint16(out, uint16(v))
	}
}
