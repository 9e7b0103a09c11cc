package media

import (
	"math/rand/v2"
	"sync/atomic"
)

// sender numbers the packets of the one RTP stream that a leg is sent, whoever speaks: a relay, a Play, keys. The stream
// keeps its SSRC; sequence numbers go on without a step when the speaker changes; timestamps follow the engine's clock,
// so that a pause is as long in the stream as it was.
//
// Several goroutines may send to a leg, one at a time: the one whose turn it is. They share one word that is only ever
// swapped whole: no lock, and a speaker whose turn is over while it works loses the swap and drops its packet.
type sender struct {
	ssrc  uint32
	start uint32        // timestamp at 0 of the engine's clock, random (RFC 3550 §5.1)
	state atomic.Uint64 // generation (16 bits), last sequence number (16), next timestamp (32)
	lead  atomic.Int32  // samples that the stream is before the clock: a relayed phone's clock may be fast

	turn     atomic.Pointer[turn] // who may speak; nil: nobody. Set under Leg.ctl.
	handover atomic.Bool          // the next speaker goes on from the one before although it may be a little late

	packets atomic.Uint64
	bytes   atomic.Uint64
	fails   atomic.Uint64
}

// turn is one who may speak to a leg. Its fields are owned by the goroutine that speaks.
type turn struct {
	generation uint16 // 0, or what the sender's was when this speaker began
	seqShift   uint16 // outgoing less incoming
	tsShift    uint32
	first      uint16 // incoming sequence number it began with
	young      int    // packets since
	anew       bool   // the next packet begins a talk spurt: numbers are anchored again
}

// spare leaves a packet of the stream out: those after it move up, so that it looks neither lost nor like a pause.
func (t *turn) spare(late bool) {
	if !late {
		t.seqShift--
	}
}

// youth is how many packets after a beginning late ones from before it are known as such and dropped: their shifted
// numbers would be those that the former speaker has used.
const youth = 2 * maxMisorder

// handoverMost is how late, in samples, a speaker who takes over from another may be and still go on without a gap.
const handoverMost = 60 * SampleRate / 1000

func (s *sender) init() {
	s.ssrc = rand.Uint32()
	s.start = rand.Uint32()
	s.state.Store(pack(1, uint16(rand.Uint32N(1<<15)), s.start)) // below 2^15: kind to SRTP (RFC 3711 §3.3.1)
}

func pack(generation, seq uint16, ts uint32) uint64 {
	return uint64(generation)<<48 | uint64(seq)<<32 | uint64(ts)
}

func unpack(state uint64) (generation, seq uint16, ts uint32) {
	return uint16(state >> 48), uint16(state >> 32), uint32(state)
}

// clock is the stream's timestamp now.
func (s *sender) clock(now int64) uint32 {
	return s.start + uint32(samplesAt(now)) + uint32(s.lead.Load())
}

// ahead is how much of what was sent is still to be heard, in samples: 0 if the stream pauses.
func (s *sender) ahead(now int64) uint32 {
	_, _, next := unpack(s.state.Load())
	return uint32(max(int32(next-s.clock(now)), 0))
}

// relay gives a packet of another leg its place in this stream. It goes on from the packets before it at the distances
// they had, or begins a talk spurt, marked. samples is how long it lasts; late: it came behind a later one. false: it is
// not t's turn, or the packet is from before its beginning.
func (s *sender) relay(t *turn, now int64, h *header, samples uint32, late bool) bool {
	for {
		state := s.state.Load() // before the turn: once another has begun, the swap below fails
		if s.turn.Load() != t {
			t.anew = true // its numbers have been others' meanwhile
			return false
		}
		generation, last, next := unpack(state)
		if t.anew || t.generation != generation {
			if late {
				return false
			}
			seq, ts, ok := s.begin(t, now, state, samples)
			if !ok {
				continue
			}
			t.first, t.young = h.seq, 0
			t.seqShift, t.tsShift = seq-h.seq, ts-h.ts
			h.seq, h.ts, h.ssrc, h.marker = seq, ts, s.ssrc, true
			return true
		}
		if t.young < youth && int16(h.seq-t.first) < 0 {
			return false
		}
		seq, ts := h.seq+t.seqShift, h.ts+t.tsShift
		if int16(seq-last) > 0 {
			last = seq
		}
		if int32(ts+samples-next) > 0 {
			next = ts + samples
		}
		if s.state.CompareAndSwap(state, pack(generation, last, next)) {
			t.young = min(t.young+1, youth)
			h.seq, h.ts, h.ssrc = seq, ts, s.ssrc
			return true
		}
	}
}

// speak gives the next packet of sound made here its place. false: it is not t's turn.
func (s *sender) speak(t *turn, now int64, h *header, samples uint32) bool {
	for {
		state := s.state.Load()
		if s.turn.Load() != t {
			t.anew = true // its numbers have been others' meanwhile
			return false
		}
		generation, last, next := unpack(state)
		if t.anew || t.generation != generation {
			seq, ts, ok := s.begin(t, now, state, samples)
			if !ok {
				continue
			}
			h.seq, h.ts, h.ssrc, h.marker = seq, ts, s.ssrc, true
			return true
		}
		if s.state.CompareAndSwap(state, pack(generation, last+1, next+samples)) {
			h.seq, h.ts, h.ssrc, h.marker = last+1, next, s.ssrc, false
			return true
		}
	}
}

// begin starts a talk spurt of t: the next sequence number, and the timestamp of the clock, or if the stream is before
// it already, of the stream. false: another was quicker.
func (s *sender) begin(t *turn, now int64, state uint64, samples uint32) (seq uint16, ts uint32, ok bool) {
	generation, last, next := unpack(state)
	if generation++; generation == 0 {
		generation = 1
	}
	seq, ts = last+1, s.clock(now)
	ahead := int32(next - ts)
	joins := ahead > 0 || ahead > -handoverMost && s.handover.Load()
	if joins {
		ts = next
	}
	if !s.state.CompareAndSwap(state, pack(generation, seq, ts+samples)) {
		return 0, 0, false
	}
	if joins {
		s.lead.Add(ahead)
	}
	s.handover.Store(false)
	t.generation, t.anew = generation, false
	return seq, ts, true
}

// passed takes note of a packet of the stream that has gone without us.
func (s *sender) passed(seq uint16, ts, samples uint32) {
	for {
		state := s.state.Load()
		generation, last, next := unpack(state)
		if int16(seq-last) > 0 {
			last = seq
		}
		if int32(ts+samples-next) > 0 {
			next = ts + samples
		}
		if s.state.CompareAndSwap(state, pack(generation, last, next)) {
			return
		}
	}
}

// afresh makes whoever speaks next begin a talk spurt.
func (s *sender) afresh() {
	for {
		state := s.state.Load()
		generation, last, next := unpack(state)
		if generation++; generation == 0 {
			generation = 1
		}
		if s.state.CompareAndSwap(state, pack(generation, last, next)) {
			return
		}
	}
}

// sent counts a packet that was handed to the kernel, or refused by it.
func (s *sender) sent(payload int, err error) {
	if err != nil {
		s.fails.Add(1)
		return
	}
	s.packets.Add(1)
	s.bytes.Add(uint64(payload))
}
