package recorder

import "hotline/media"

// Whose sound stands at a place of the right side: nobody's, one track's by its id, or several tracks' sum.
const (
	voiceNone = 0
	voiceSum  = 255
)

// voiceOf is the id of a session's n-th track. After 254 they come round again: that many never talk at once.
func voiceOf(n int) uint8 { return uint8(n%254) + 1 }

// shared says whether others than t have been on the right side. From then on it is known who is heard at each place.
func (s *Session) shared(t *track) bool {
	if s.voices != nil {
		return true
	}
	if s.first == nil {
		s.first = t
	}
	if s.first == t {
		return false
	}
	s.voices = new([windowLen]uint8)
	for i := range s.voices { // silence among it is not told apart: a sum with silence is what it was
		s.voices[i] = s.first.id
	}
	return true
}

// blend adds a track's codes, from place at of the window on, to what others say there. late: the frame is behind a later
// one of its track; it may be doubled, and is not added to a sum it may be part of.
func (s *Session) blend(t *track, at int64, codes []byte, late bool) {
	for i, c := range codes {
		place := at + int64(i)
		out, voice := &s.window[place*channels+1], &s.voices[place]
		switch {
		case *voice == voiceNone || *voice == t.id:
			*out, *voice = c, t.id
		case *voice == voiceSum && late:
		default:
			*out, *voice = sum(s.codec, *out, c), voiceSum
		}
	}
}

// pass moves the window on by n places.
func (s *Session) pass(n int64) {
	if s.voices != nil {
		copy(s.voices[:], s.voices[n:])
		clear(s.voices[windowLen-n:])
	}
}

// sum is the code of two sounds at once.
func sum(codec media.Codec, a, b byte) byte {
	in, pcm := [2]byte{a, b}, [2]int16{}
	codec.Decode(pcm[:], in[:])
	v := min(max(int32(pcm[0])+int32(pcm[1]), -1<<15), 1<<15-1)
	codec.Encode(in[:1], []int16{int16(v)})
	return in[0]
}
