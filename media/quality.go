package media

import "time"

// How good what a leg heard or said must have sounded: the E-model (ITU-T G.107) with its default values, which leaves
// R = 93.2 − Id − Ie,eff, and the mean opinion score that goes with R (annex B). It knows delay, codec and loss; it does
// not know whether there was an echo or somebody spoke.

// mosLeast is the fewest packets that a score is made of: a second.
const mosLeast = 50

// link is one direction of a call as the E-model sees it.
type link struct {
	codec    Codec
	expected uint64  // packets
	lost     uint64  // of those
	bursts   uint64  // runs of packets in a row that those were lost in; 0: not known
	jitter   float64 // ms
	trip     float64 // ms there and back
}

// mos is the score, 1 to 4.5; 0: too little is known.
func (k link) mos() float64 {
	if k.expected < mosLeast {
		return 0
	}
	return mosOf(93.2 - k.delayed() - k.impaired())
}

// delayed is Id in the form of Cole and Rosenbluth for one-way delay alone: half of the round trip, a packet of 20 ms and
// its look-ahead, and a jitter buffer as long as twice the jitter.
func (k link) delayed() float64 {
	d := k.trip/2 + 25 + min(max(2*k.jitter, 20), 200)
	return 0.024*d + 0.11*max(d-177.3, 0)
}

// impaired is Ie,eff (G.107 §7.5): what the codec costs, and what loss costs it, more where the losses stand together.
func (k link) impaired() float64 {
	ie, robust := k.codec.impairment()
	share := min(float64(k.lost)/float64(k.expected), 1)
	burst := 1.0
	if k.bursts > 0 { // BurstR: length of the runs against that of losses drawn by lot
		burst = min(max(float64(k.lost)/float64(k.bursts)*(1-share), 1), 8)
	}
	percent := 100 * share
	return ie + (95-ie)*percent/(percent/burst+robust)
}

// impairment is Ie and Bpl of a codec with concealment (ITU-T G.113 appendix I; of G.722 the loss robustness of appendix
// IV, on the scale of narrow-band calls, where it has no impairment of its own). ITU has no figures of Opus: it is held to be no
// sturdier than G.722, which scores it low where its packets repeat each other.
func (c Codec) impairment() (ie, bpl float64) {
	if c == G722 || c == Opus {
		return 0, 9
	}
	return 0, 25.1
}

// mosOf is the mean opinion score of R (G.107 annex B).
func mosOf(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1+0.035*r+7e-6*r*(r-60)*(100-r), 1)
}

// quality puts the scores of both directions into the figures. A leg that should have been heard for five seconds, was
// sent sound, and was never heard scores 1: sound goes one way only.
func (l *Leg) quality(s *Stats, p *settings) {
	in, trip := &l.in.reception, float64(s.RoundTrip)/float64(time.Millisecond)
	s.MOS = link{
		codec: s.Codec, expected: in.expected.Load(), lost: s.Lost, bursts: in.bursts.Load(),
		jitter: float64(s.Jitter) / float64(time.Millisecond), trip: trip,
	}.mos()
	if s.Received == 0 && s.Sent > 0 && p.dueSince != 0 && l.engine.Now()-p.dueSince >= oneWay {
		s.MOS = 1
	}
	s.RemoteMOS = link{
		codec: s.Codec, expected: l.rtcp.told.Load(), lost: uint64(max(s.RemoteLost, 0)),
		jitter: float64(s.RemoteJitter) / float64(time.Millisecond), trip: trip,
	}.mos()
}

// oneWay is how long nothing at all must have come before sound is said to go one way, ns.
const oneWay = int64(5 * time.Second)
