package media

import (
	"slices"
	"sync/atomic"
)

// room is the legs that hear several others, and those they hear: what must be mixed together. Who hears whom is a plan,
// swapped whole; everything else is owned by the player's goroutine.
type room struct {
	engine *Engine
	plan   atomic.Pointer[plan] // nil: the room is over

	open   *plan // the plan whose listeners are all in
	due    int64
	on     bool // due is set
	total  [mixMost]int32
	mine   [mixMost]int32
	wide   int // samples for each tick of the RTP clock: 2 where a listener has G.722 or Opus
	pcm    [mixMost]int16
	whole  [2][20 * 8]byte // the total, in PCMU and PCMA
	ready  [2]bool         // it stands there
	loaded bool            // total is filled
}

// plan is who hears whom in a room. It does not change.
type plan struct {
	sources   []*mixSource
	listeners []listening
}

// listening is one row of a plan.
type listening struct {
	voice  *mixVoice
	hears  []*mixSource
	except []*mixSource // the sources of the plan that are not in hears
}

// tick mixes what is due. false: the room is over.
func (r *room) tick(now int64, scratch *mixScratch) bool {
	p := r.plan.Load()
	if p == nil {
		return false
	}
	if !r.on {
		r.on, r.due = true, now
	}
	for r.due <= now {
		if now-r.due > maxOwed {
			r.due = now
			for i := range p.listeners {
				p.listeners[i].voice.turn.anew = true
			}
		}
		r.due += r.mix(now, p, scratch)
	}
	return true
}

// mix makes one frame for every listener and returns how long it lasts, ns.
func (r *room) mix(now int64, p *plan, scratch *mixScratch) int64 {
	step := mixWhole
	r.wide = 1
	for i := range p.listeners {
		v := p.listeners[i].voice
		v.settings = v.leg.settings.Load()
		if v.settings == nil {
			continue
		}
		if v.settings.step%mixWhole != 0 {
			step = mixStep
		}
		r.wide = max(r.wide, v.settings.Codec.wide())
	}
	n := int(samplesAt(step))
	at := r.due // each frame is made once, also when several are owed
	for _, s := range p.sources {
		s.fill(scratch)
	}
	for i := range p.listeners {
		p.listeners[i].prepare(n)
	}
	for _, s := range p.sources {
		s.read(at, n, r.wide, scratch)
	}
	if r.open != p {
		r.admit(now, at, p, step)
	}
	r.loaded, r.ready = false, [2]bool{}
	for i := range p.listeners {
		l := &p.listeners[i]
		if v := l.voice; v.on && v.speaks {
			r.say(now, at, n, p, l, scratch)
			v.leave()
		}
		l.voice.speaks = l.voice.on
	}
	return step
}

// admit lets the listeners of a new plan in, and opens the sources that nobody waits for.
func (r *room) admit(now, at int64, p *plan, step int64) {
	all := true
	for i := range p.listeners {
		l := &p.listeners[i]
		if s := l.waitsFor(); s != nil {
			s.claimed = at
		}
	}
	for i := range p.listeners {
		if l := &p.listeners[i]; !l.voice.on && !l.voice.enter(now, p, l, step) {
			all = false
		}
	}
	for _, s := range p.sources {
		if s.jitter.follow && s.claimed != at {
			s.jitter.begin()
		}
		all = all && !s.jitter.follow
	}
	if all {
		r.open = p
	}
}

// say makes one listener's frame.
func (r *room) say(now, at int64, n int, p *plan, l *listening, scratch *mixScratch) {
	v, s := l.voice, l.voice.settings
	if s == nil || !s.Send {
		v.turn.anew, v.filled, v.whole = true, 0, nil
		v.plan, v.was = p, l.hears
		return
	}
	if s.Codec != Opus {
		v.ready(now, s, n)
	}
	out := r.mine[:n*r.wide]
	if v.plan != p && !slices.Equal(v.was, l.hears) {
		r.change(at, n, out, v.was, l.hears, scratch)
	} else if !r.sum(p, l, out) && r.wide == 1 {
		v.add(now, s, r.encoded(n, s.Codec))
		v.plan, v.was = p, l.hears
		return
	}
	v.plan, v.was = p, l.hears
	for i, sample := range out {
		r.pcm[i] = saturate(sample)
	}
	if v.cover != nil && v.cover.wide == r.wide {
		v.cover.into(r.pcm[:len(out)])
	}
	v.cover = nil
	if s.Codec == Opus {
		v.gather(now, s, r.pcm[:len(out)], scratch) // where one has Opus all is mixed at 16 kHz
		return
	}
	b := v.space(n)
	v.encode.encode(b, s.Codec, r.pcm[:len(out)], r.wide, scratch.pcm[:])
	v.add(now, s, b)
}

// sum adds what a listener hears to out, by the shorter way: the sum of those it hears, or that of all without those it
// does not. false: it is the sum of all.
func (r *room) sum(p *plan, l *listening, out []int32) bool {
	if len(l.hears) <= len(l.except) {
		clear(out)
		for _, s := range l.hears {
			add(out, s)
		}
		return true
	}
	total := r.total[:len(out)]
	if !r.loaded {
		r.loaded = true
		clear(total)
		for _, s := range p.sources {
			add(total, s)
		}
	}
	copy(out, total)
	same := true
	for _, s := range l.except {
		if !s.heard {
			continue
		}
		same = false
		for i, v := range s.pcm[:len(out)] {
			out[i] -= int32(v)
		}
	}
	return !same
}

func add(out []int32, s *mixSource) {
	if !s.heard {
		return
	}
	for i, v := range s.pcm[:len(out)] {
		out[i] += int32(v)
	}
}

// encoded is the total in a codec, made once for all who hear it.
func (r *room) encoded(n int, codec Codec) []byte {
	k := 0
	if codec == PCMA {
		k = 1
	}
	b := r.whole[k][:n]
	if r.ready[k] {
		return b
	}
	r.ready[k] = true
	for i, sample := range r.total[:n] {
		r.pcm[i] = saturate(sample)
	}
	codec.Encode(b, r.pcm[:n])
	return b
}

// change is the one frame in which a listener comes to hear others than before: who is new comes up, who is gone fades,
// so that nothing clicks.
func (r *room) change(at int64, n int, out []int32, was, hears []*mixSource, scratch *mixScratch) {
	clear(out)
	for _, s := range was {
		s.read(at, n, r.wide, scratch) // it may be in no plan any more
		stays := slices.Contains(hears, s)
		for i, v := range s.pcm[:len(out)] {
			if stays {
				out[i] += int32(v)
			} else {
				out[i] += int32(v) * int32(len(out)-i) / int32(len(out))
			}
		}
	}
	for _, s := range hears {
		if slices.Contains(was, s) {
			continue
		}
		for i, v := range s.pcm[:len(out)] {
			out[i] += int32(v) * int32(i) / int32(len(out))
		}
	}
}
