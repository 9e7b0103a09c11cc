package media

import (
	"slices"
	"sync"
	"time"
)

// The player's figures: it looks at its voices every playerTick; a voice that is late sends what it owes at once, but
// when it owes more than maxOwed it goes on from now, as if it had paused.
const (
	playerTick = 5 * time.Millisecond
	maxOwed    = int64(100 * time.Millisecond)
)

// player is the goroutine that sends what is played and dialled to all legs of an engine, on absolute deadlines.
type player struct {
	engine *Engine
	voices []*voice // the goroutine's own
	rooms  []*room  // the goroutine's own
	work   mixScratch
	packet [rtpHeader + 60*SampleRate/1000]byte // the one that a voice is about to send

	mu     sync.Mutex
	joined []*voice      // waiting to be taken on
	opened []*room       // waiting to be taken on
	wake   chan struct{} // holds one: something has joined
	stop   chan struct{}
	done   chan struct{}
}

func newPlayer(e *Engine) *player {
	return &player{
		engine: e, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// join takes a voice on; it is dropped again when it has nothing left to say.
func (p *player) join(v *voice) {
	p.mu.Lock()
	p.joined = append(p.joined, v)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// open takes a room on; it is dropped again when nobody is in it.
func (p *player) open(r *room) {
	p.mu.Lock()
	p.opened = append(p.opened, r)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// close stops the player. Whatever still plays is over: its PlayEnded is called before close returns.
func (p *player) close() {
	close(p.stop)
	<-p.done
}

// run is the player's goroutine. It sleeps without a timer while nothing plays.
func (p *player) run() {
	defer close(p.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	next := p.engine.Now()
	for {
		p.admit()
		if len(p.voices) == 0 && len(p.rooms) == 0 {
			select {
			case <-p.wake:
				next = p.engine.Now()
				continue
			case <-p.stop:
				p.admit()
				p.tick(p.engine.Now())
				return
			}
		}
		now := p.engine.Now()
		if now >= next {
			p.tick(now)
			next += int64(playerTick)
			if now = p.engine.Now(); next < now-maxOwed {
				next = now
			}
			continue
		}
		timer.Reset(time.Duration(next - now))
		select {
		case <-timer.C:
		case <-p.stop:
			p.admit()
			p.tick(p.engine.Now())
			return
		}
	}
}

func (p *player) admit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.voices = append(p.voices, p.joined...)
	clear(p.joined)
	p.joined = p.joined[:0]
	p.rooms = append(p.rooms, p.opened...)
	clear(p.opened)
	p.opened = p.opened[:0]
}

// tick lets every voice say what is due and drops those that have finished.
func (p *player) tick(now int64) {
	kept := p.voices[:0]
	for _, v := range p.voices {
		if v.tick(now) {
			kept = append(kept, v)
		}
	}
	clear(p.voices[len(kept):])
	p.voices = kept
	if len(p.rooms) > 0 {
		p.rooms = slices.DeleteFunc(p.rooms, func(r *room) bool { return !p.mix(r, now) })
	}
}

// mix ticks a room. A fault costs the room's listeners the frame, and nobody else anything.
func (p *player) mix(r *room, now int64) (goesOn bool) {
	defer func() {
		if v := recover(); v != nil {
			goesOn = true
			r.fault(v)
		}
	}()
	return r.tick(now, &p.work)
}
