package recorder

import (
	"encoding/binary"

	"hotline/media"
)

// sound is what a track needs to be heard in a file that is not of its own codec, where one of the two is G.722 or Opus: the
// decoder remembers what came before, and so does the change of the rate.
type sound struct {
	decode media.Decoder
	rate   media.Resampler
	pcm    [2 * soundMost]int16
	other  [2 * soundMost]int16
	codes  [chunkRoom]byte // as many as a payload has bytes, at most
}

// soundMost is the longest packet that is turned, in ticks of 1/8000 s: what is longer is cut.
const soundMost = 240 * rate / 1000

func (t *track) turn() *sound {
	if t.sound == nil {
		t.sound = new(sound)
	}
	return t.sound
}

// ticksOf is how long a frame lasts, in ticks of 1/8000 s.
func ticksOf(f media.Frame) int64 {
	n, _ := f.Codec.Ticks(f.Payload)
	return int64(n)
}

// heard is a frame's samples at its codec's rate.
func (s *sound) heard(f media.Frame) []int16 {
	payload := f.Payload
	if f.Codec != media.Opus { // whose packets are short, and whole or nothing
		payload = payload[:min(len(payload), soundMost)]
	}
	return s.pcm[:s.decode.Decode(s.pcm[:], f.Codec, payload)]
}

// wide is a frame's samples at 16 kHz, two for each tick.
func (t *track) wide(f media.Frame) []int16 {
	s := t.turn()
	pcm := s.heard(f)
	if f.Codec.Wide() {
		return pcm
	}
	s.rate.Up(s.other[:2*len(pcm)], pcm)
	return s.other[:2*len(pcm)]
}

// narrow is a frame's codes of G.711: its own, or those of codec if it is of another kind.
func (t *track) narrow(f media.Frame, codec media.Codec) []byte {
	if !f.Codec.Wide() {
		return f.Payload
	}
	s := t.turn()
	pcm := s.heard(f)
	n := len(pcm) / 2
	s.rate.Down(s.other[:n], pcm)
	codes := s.codes[:ticksOf(f)] // what is longer stays silence
	for i := range codes {
		codes[i] = codec.Silence()
	}
	codec.Encode(codes, s.other[:n])
	return codes
}

// recover puts what was lost just before a frame of Opus where it belongs, as far as the frame tells it, or the sound before it does:
// at most what the frame lasts. lost is how many ticks are missing before it.
func (s *Session) recover(t *track, f media.Frame, pos, lost int64) {
	if f.Codec != media.Opus || lost <= 0 {
		return
	}
	sound := t.turn()
	n := min(lost, ticksOf(f)) / 20 * 20 // no frame of Opus is shorter
	pcm := sound.other[:sound.decode.Recover(sound.other[:], f.Codec, f.Payload, int(n))]
	offset := pos - n - s.base
	if len(pcm) == 0 || offset < 0 || offset+n > windowLen {
		return
	}
	s.extend(pos)
	if s.codec.Wide() {
		s.layWide(t, pcm, offset, true)
		return
	}
	sound.rate.Down(sound.pcm[:n], pcm)
	codes := sound.codes[:n]
	s.codec.Encode(codes, sound.pcm[:n])
	s.layNarrow(t, codes, offset, true)
}

// placeWide puts the ticks from to to of a frame into the window of a wide-band recording, at place at.
func (s *Session) placeWide(t *track, f media.Frame, at, from, to int64, late bool) {
	pcm := t.wide(f)
	from, to = min(2*from, int64(len(pcm))), min(2*to, int64(len(pcm)))
	s.layWide(t, pcm[from:to], at, late)
}

// layWide puts samples of 16 kHz into the window of a wide-band recording, at place at.
func (s *Session) layWide(t *track, pcm []int16, at int64, late bool) {
	shared := t.right && s.shared(t)
	side := int64(0)
	if t.right {
		side = 2
	}
	for i, v := range pcm {
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
