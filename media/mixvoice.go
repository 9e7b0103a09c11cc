package media

import "time"

// joinPatience is how long a leg that comes to hear several goes on hearing the one it heard before, if from that one
// nothing comes.
const joinPatience = int64(120 * time.Millisecond)

// How long a leg waits for the right moment to change: for the end of a long packet of the relay, and, in frames, until
// little has come that was not mixed yet.
const (
	enterPatience = int64(200 * time.Millisecond)
	leaveTries    = 16
)

// mixVoice is what a leg is sent that hears several. A leg that was relayed another before is handed over without a gap:
// first the sources are only followed; at a frame's end the mixer takes the turn, and its first frame, due when the
// relay's next packet would be, goes on from the sample where the relay ended. The way back is the same: the last mixed
// frame takes all that has come from the one who stays, and the relay goes on from there. Its fields are owned by the
// player's goroutine, those below the line are guarded by Leg.ctl.
type mixVoice struct {
	leg      *Leg
	turn     turn
	settings *settings // as of this tick
	on       bool      // it has the turn
	speaks   bool      // and had it at the last frame
	last     bool      // this frame is its last
	tries    int       // frames in which it could not leave
	first    bool      // the next packet is its first, and need not be full
	waited   int64     // since it began, ns

	plan  *plan // of the last frame
	was   []*mixSource
	cover *concealer // goes on from what was relayed, where the mixer does not; nil: it does

	packet [rtpHeader + 60*SampleRate/1000]byte
	filled int // bytes of payload in packet
	codec  Codec
	encode encoder
	whole  *mixWholePacket // of Opus; nil: not needed so far

	holds   bool // it has the turn, as Leg.giveTurn sees it
	leaving bool // it is to give the turn back to the relay
	before  *Leg // who was relayed until it takes over; nil: nobody
}

// prepare readies a listener for a frame of n samples. The last frame takes all that has come from the one who stays.
func (l *listening) prepare(n int) {
	v := l.voice
	v.leg.ctl.Lock()
	v.last = v.leaving && v.speaks
	v.leg.ctl.Unlock()
	if !v.last {
		v.tries = 0
		return
	}
	if len(l.hears) != 1 {
		return
	}
	j := &l.hears[0].jitter
	need := int64(n * j.wide)
	spare := j.w - j.r - need
	if v.tries++; v.tries < leaveTries && (spare >= need || spare < 0) {
		v.last = false // too much has come to be passed over, or too little to end with what was really said
		return
	}
	j.drain(need)
}

// waitsFor is the source whose relay the listener is about to leave; nil: none.
func (l *listening) waitsFor() *mixSource {
	if l.voice.on || l.voice.before == nil {
		return nil
	}
	for _, s := range l.hears {
		if s.leg == l.voice.before {
			return s
		}
	}
	return nil
}

// enter takes the turn when it is time to; false: it is not yet. The mixer speaks from the next frame on: the relay's last
// packet lasts until then.
func (v *mixVoice) enter(now int64, p *plan, l *listening, step int64) bool {
	first := l.waitsFor()
	v.waited += step
	if first != nil && v.waited < joinPatience && !first.jitter.begun || v.waited < enterPatience && v.leg.out.ahead(now) > uint32(samplesAt(step)) {
		return false // nothing of the one before is here yet, or its last packet lasts longer than this frame
	}
	v.plan, v.was = p, l.hears
	if first != nil {
		v.plan, v.was = nil, []*mixSource{first}
		if first.jitter.follow {
			first.jitter.begin()
		} else {
			v.cover = &concealer{wide: first.jitter.wide}
			first.jitter.recall(v.cover)
		}
	}
	leg := v.leg
	leg.ctl.Lock()
	defer leg.ctl.Unlock()
	if leg.mix == v {
		v.on, v.holds, v.turn.anew, v.first = true, true, true, true
		leg.out.handover.Store(true)
		leg.giveTurn()
	}
	return true
}

// leave gives the turn back to the relay, if this frame was to be the last.
func (v *mixVoice) leave() {
	l := v.leg
	l.ctl.Lock()
	defer l.ctl.Unlock()
	if !v.last || !v.leaving || l.mix != v {
		return
	}
	l.mix = nil
	l.out.handover.Store(true)
	l.giveTurn()
	l.engine.settling.Go(func() { l.engine.settle(l) })
}

// space is where the next n bytes of the packet belong, which is ready for them.
func (v *mixVoice) space(n int) []byte {
	at := rtpHeader + v.filled
	return v.packet[at : at+n]
}

// ready makes sure that the next n bytes have room in the packet: frames grow in the middle of one when nobody asks for short ones any
// more, and then it goes as it is.
func (v *mixVoice) ready(now int64, s *settings, n int) {
	if v.codec != s.Codec {
		v.codec, v.filled = s.Codec, 0
	}
	if rtpHeader+v.filled+n > len(v.packet) {
		v.send(now, s)
	}
}

// add puts a frame, for which the packet is ready, behind those in it and sends it when it is full.
func (v *mixVoice) add(now int64, s *settings, frame []byte) {
	copy(v.space(len(frame)), frame)
	v.filled += len(frame)
	if v.filled < int(s.samples) && !v.last && !v.first {
		return
	}
	v.send(now, s)
}

func (v *mixVoice) send(now int64, s *settings) {
	v.first = false
	b := v.packet[:rtpHeader+v.filled]
	h := header{payload: s.PayloadType}
	n := uint32(v.filled)
	v.filled = 0
	if v.leg.out.speak(&v.turn, now, &h, n) {
		v.leg.transmit(s, b, h)
	}
}
