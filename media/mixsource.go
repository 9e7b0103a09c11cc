package media

import "time"

// The mixer works in frames of 10 ms, one or two at a time.
const (
	mixStep  = int64(10 * time.Millisecond)
	mixWhole = 2 * mixStep
	mixMost  = 20 * 16 // samples of the longest frame at the highest rate
)

// mixSource is a leg as the mixer hears it. Its fields are owned by the player's goroutine, except the queue's head.
type mixSource struct {
	leg    *Leg
	queue  packetQueue
	jitter jitter
	decode Decoder
	rate   rateTurn // from the jitter buffer's to the room's
	faults uint64   // of decode, told so far
	next   uint32   // of Opus: where the packet after the last belongs
	begun  bool     // there was one

	claimed int64 // last frame at which one to whom it is relayed was about to hear it mixed

	at    int64 // when it was last read
	pcm   [mixMost]int16
	heard bool // pcm is not silence
}

func newMixSource(l *Leg) *mixSource {
	s := &mixSource{leg: l, at: -1, claimed: -1}
	s.jitter.reset(1)
	s.jitter.follow = true
	return s
}

// fill takes in what has come.
func (s *mixSource) fill(scratch *mixScratch) {
	for {
		p, ok := s.queue.take(&scratch.packet)
		if !ok {
			return
		}
		if p.codec == comfort {
			s.jitter.cover.noise.set(p.payload)
			continue
		}
		wide := p.codec.wide()
		if wide != s.jitter.wide {
			follow := s.jitter.follow
			s.jitter.reset(wide)
			s.jitter.follow = follow
		}
		s.take(p, scratch.pcm[:])
		if f := s.decode.Faults(); f != s.faults {
			s.leg.in.malformed.Add(f - s.faults)
			s.faults = f
		}
	}
}

// take puts a packet's sound into the jitter buffer, and of Opus before it what the packet says of one that was lost before. What
// comes behind a later one was made good by then.
func (s *mixSource) take(p queued, pcm []int16) {
	if p.codec != Opus {
		s.jitter.put(p.ts, pcm[:s.decode.Decode(pcm, p.codec, p.payload)], p.anew)
		return
	}
	ticks, _ := p.codec.Ticks(p.payload)
	if gap := int32(p.ts - s.next); s.begun && !p.anew {
		if gap < 0 && gap > -jumpTime {
			return
		}
		if lost := min(int32(ticks), gap/20*20); lost > 0 && gap <= crossMost { // a longer one is a pause that was not sent (DTX)
			s.put(p.ts-uint32(lost), pcm[:s.decode.Recover(pcm, p.codec, p.payload, int(lost))], false)
		}
	}
	s.begun, s.next = true, p.ts+uint32(ticks)
	s.put(p.ts, pcm[:s.decode.Decode(pcm, p.codec, p.payload)], p.anew)
}

// put puts sound into the jitter buffer in pieces that it takes, 60 ms at most.
func (s *mixSource) put(ts uint32, pcm []int16, anew bool) {
	const most = 60 * SampleRate / 1000
	wide := s.jitter.wide
	for len(pcm) > 0 {
		n := min(len(pcm), most*wide)
		s.jitter.put(ts, pcm[:n], anew)
		ts, pcm, anew = ts+most, pcm[n:], false
	}
}

// read makes the frame of the tick at now: n samples of 8 kHz, wide times as many in pcm. Several who ask at the same
// tick get the same.
func (s *mixSource) read(now int64, n, wide int, scratch *mixScratch) {
	if s.at == now {
		return
	}
	s.at = now
	s.fill(scratch)
	own := s.jitter.wide
	if own == wide {
		s.heard = s.jitter.read(s.pcm[:n*wide])
		return
	}
	in := scratch.pcm[:n*own]
	s.heard = s.jitter.read(in)
	s.rate.turn(s.pcm[:n*wide], in, own, wide)
}

// comfort stands in a queue for a packet of comfort noise: its RTP payload type.
const comfort Codec = typeCN

// mixScratch is working space of the player's goroutine.
type mixScratch struct {
	packet [maxDatagram]byte
	pcm    [jitterLen]int16
}
