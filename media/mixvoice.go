package media

import "time"

// joinPatience is how long a leg that comes to hear several goes on hearing the one it heard before, if from that one
// nothing comes.
const joinPatience = int64(60 * time.Millisecond)

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
	waited   int64     // since it began, ns

	plan  *plan // of the last frame
	was   []*mixSource
	cover *concealer // goes on from what was relayed, where the mixer does not; nil: it does

	packet [rtpHeader + 60*SampleRate/1000]byte
	filled int // bytes of payload in packet
	codec  Codec
	encode encoder

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
	if v.last && len(l.hears) == 1 {
		l.hears[0].jitter.drain(int64(n * l.hears[0].jitter.wide))
	}
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
func (v *mixVoice) enter(p *plan, l *listening, step int64) bool {
	first := l.waitsFor()
	v.waited += step
	if first != nil && !first.jitter.begun && v.waited < joinPatience {
		return false
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
		v.on, v.holds, v.turn.anew = true, true, true
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

// space is where the next n bytes of the packet belong.
func (v *mixVoice) space(n int) []byte {
	at := rtpHeader + min(v.filled, len(v.packet)-rtpHeader-n)
	return v.packet[at : at+n]
}

// add puts a frame behind those in the packet and sends it when it is full.
func (v *mixVoice) add(now int64, s *settings, frame []byte) {
	if v.codec != s.Codec {
		v.codec, v.filled = s.Codec, 0
	}
	copy(v.space(len(frame)), frame)
	v.filled += len(frame)
	if v.filled < int(s.samples) && !v.last {
		return
	}
	b := v.packet[:rtpHeader+v.filled]
	h := header{payload: s.PayloadType}
	n := uint32(v.filled)
	v.filled = 0
	if v.leg.out.speak(&v.turn, now, &h, n) {
		v.leg.transmit(s, b, h)
	}
}
