package media

import (
	"errors"
	"sync/atomic"
	"time"
)

// playing is one Play. It is owned by the player's goroutine once it has been handed over, except over.
type playing struct {
	name  string
	clips []*Clip
	loop  bool
	err   error // why it cannot be played
	clip  int   // where it is: in which clip
	at    int   // and at which sample of it
}

// errNothing is why a Play without sound fails.
var errNothing = errors.New("media: nothing to play")

// voice is what the engine itself says to a leg: keys first, then what plays. Its fields are owned by the player's
// goroutine; news and turn's place in the sender are how the leg's methods reach it.
type voice struct {
	leg  *Leg
	turn turn
	news atomic.Bool // the leg's ctl fields have changed

	play    *playing
	keys    keyVoice
	dialled bool       // keys were taken on, and their end is not yet told to the leg
	due     int64      // when the next packet is to be sent
	on      bool       // due is set
	wide    *wideVoice // for G.722 and Opus; nil: not needed so far
}

// Play plays clips one after another, in place of what the leg hears from Mix and of the Play before, which ends. With
// loop it starts again after the last, until stopped. play names it in PlayEnded.
func (l *Leg) Play(play string, clips []*Clip, loop bool) {
	p := &playing{name: play, clips: clips, loop: loop}
	total := 0
	for _, c := range clips {
		if c == nil {
			p.err = errNothing
			break
		}
		total += c.samples
		if s := l.settings.Load(); s != nil && !s.Codec.Wide() {
			c.encoded(s.Codec) // here, so that the player need not
		}
	}
	if len(clips) == 0 || loop && total == 0 {
		p.err = errNothing
	}
	l.ctl.Lock()
	defer l.ctl.Unlock()
	l.endPlay()
	if l.closed.Load() {
		p.err = ErrClosed
	}
	if p.err != nil {
		l.over = append(l.over, p)
	} else {
		l.play = p
	}
	l.giveTurn()
	l.speak()
}

// Stop ends the Play of that name, or with "" whatever plays. No further packet of it is begun once Stop has returned. A
// Play that is over already is left alone.
func (l *Leg) Stop(play string) {
	l.ctl.Lock()
	defer l.ctl.Unlock()
	if l.play == nil || play != "" && l.play.name != play {
		return
	}
	l.endPlay()
	l.giveTurn()
}

// endPlay puts what plays among what is over. ctl is held.
func (l *Leg) endPlay() {
	if l.play == nil {
		return
	}
	l.over = append(l.over, l.play)
	l.play = nil
	l.speak()
}

// speak tells the player that there is something new. ctl is held.
func (l *Leg) speak() {
	l.voice.news.Store(true)
	if !l.speaking {
		l.speaking = true
		l.engine.player.join(&l.voice)
	}
}

// SendDigits sends keys ('0'–'9', '*', '#', 'A'–'D'; others are left out) one after another as telephone events (RFC
// 4733 §2.5), 100 ms each with 60 ms between. While they are sent the leg hears nothing else. Keys sent before go
// first. A leg without a DTMFType sends none: false.
func (l *Leg) SendDigits(keys string) bool {
	keys = cleanKeys(keys)
	s := l.settings.Load()
	l.ctl.Lock()
	defer l.ctl.Unlock()
	if s == nil || s.DTMFType == 0 {
		return false
	}
	if keys != "" && !l.closed.Load() && len(l.keys)+len(keys) <= maxKeys {
		l.keys += keys
		l.dialling = true
		l.giveTurn()
		l.speak()
	}
	return true
}

// tick sends what is due. It returns false when the voice has nothing left to say and the player must drop it.
func (v *voice) tick(now int64) bool {
	if v.news.Load() {
		v.read()
	}
	if !v.on {
		if v.idle() {
			return v.stay()
		}
		v.on, v.due, v.turn.anew = true, now, true
	}
	for v.due <= now {
		if now-v.due > maxOwed {
			v.due, v.turn.anew = now, true
		}
		if v.finish(); v.idle() {
			v.on = false
			return v.stay()
		}
		v.due += v.say(now)
	}
	return true
}

func (v *voice) idle() bool { return v.play == nil && v.keys.keys == "" }

// read takes over what the leg's methods have left, and tells of the Plays they have ended.
func (v *voice) read() {
	l := v.leg
	l.ctl.Lock()
	v.news.Store(false)
	over := l.over
	l.over = nil
	v.play = l.play
	if l.keys != "" {
		v.keys.keys, v.dialled = v.keys.keys+l.keys, true
		l.keys = ""
	}
	if l.closed.Load() {
		v.keys, v.dialled = keyVoice{}, false
	}
	l.ctl.Unlock()
	for _, p := range over {
		l.tellEnded(p, false)
	}
}

// stay tells whether the player must keep a voice that has nothing to say: something new may have come this instant.
func (v *voice) stay() bool {
	v.leg.ctl.Lock()
	defer v.leg.ctl.Unlock()
	if !v.news.Load() {
		v.leg.speaking = false
	}
	return v.leg.speaking
}

// finish ends what has been said to its end: the last packet of it is due to have been heard by now.
func (v *voice) finish() {
	l := v.leg
	if v.dialled && v.keys.keys == "" {
		v.dialled, v.turn.anew = false, true
		l.ctl.Lock()
		if l.keys == "" {
			l.dialling = false
			l.giveTurn()
		}
		l.ctl.Unlock()
	}
	if v.play == nil || !v.play.done() {
		return
	}
	p := v.play
	v.play = nil
	l.ctl.Lock()
	complete := l.play == p // else it is among those that are over
	if complete {
		l.play = nil
		l.giveTurn()
	}
	l.ctl.Unlock()
	if complete {
		l.tellEnded(p, true)
	}
	if v.news.Load() {
		v.read() // what the handler played next follows without a pause
	}
}

// say sends one packet and returns how long it lasts, ns.
func (v *voice) say(now int64) int64 {
	s := v.leg.settings.Load()
	if s == nil {
		v.turn.anew = true
		if v.play != nil {
			v.play.skip(int(samplesAt(int64(20 * time.Millisecond))))
		}
		return int64(20 * time.Millisecond)
	}
	if v.keys.keys != "" {
		v.sayKey(now, s)
		return int64(20 * time.Millisecond)
	}
	b := v.leg.engine.player.packet[:rtpHeader+s.samples]
	if s.Codec.Wide() {
		b = b[:rtpHeader+v.fillWide(b[rtpHeader:], s)]
	} else {
		v.play.fill(b[rtpHeader:], s.Codec)
	}
	h := header{payload: s.PayloadType}
	switch {
	case !s.Send:
		v.turn.anew = true
	case v.leg.out.speak(&v.turn, now, &h, s.samples):
		v.leg.transmit(s, b, h)
	}
	return s.step
}

// sayKey sends one packet of a key.
func (v *voice) sayKey(now int64, s *settings) {
	e, silent := v.keys.next()
	e = e.at(s.eventPerTick)
	if silent || !s.Send || s.DTMFType == 0 {
		v.turn.anew = true
		return
	}
	h := header{payload: s.DTMFType}
	samples := uint32(0)
	if !v.keys.told {
		v.turn.anew = true
		samples = keyDuration
	}
	if !v.leg.out.speak(&v.turn, now, &h, samples) {
		return
	}
	if !v.keys.told {
		v.keys.told, v.keys.ts = true, h.ts
	}
	h.ts = v.keys.ts // all packets of an event carry the time of its beginning (RFC 4733 §2.5.1.2)
	b := v.leg.engine.player.packet[:rtpHeader+eventSize]
	putEvent(b[rtpHeader:], e)
	v.leg.transmit(s, b, h)
}

func (p *playing) done() bool { return p.clip >= len(p.clips) }

// fill writes what is next, and silence after the end.
func (p *playing) fill(b []byte, codec Codec) {
	for len(b) > 0 && !p.done() {
		n := p.clips[p.clip].read(b, codec, p.at)
		p.advance(n)
		b = b[n:]
	}
	for i := range b {
		b[i] = codec.Silence()
	}
}

// skip passes over what is next unheard.
func (p *playing) skip(samples int) {
	for samples > 0 && !p.done() {
		n := min(samples, p.clips[p.clip].samples-p.at)
		p.advance(n)
		samples -= n
	}
}

func (p *playing) advance(n int) {
	p.at += n
	if p.at < p.clips[p.clip].samples {
		return
	}
	p.at = 0
	if p.clip++; p.done() && p.loop {
		p.clip = 0
	}
}
