package calltest

import (
	"slices"
	"time"

	"hotline"
)

// Leg is the line's leg.
func (l *Line) Leg() hotline.LegID { return l.id }

// Call is the line's call.
func (l *Line) Call() hotline.CallID { return l.call }

// act does something with the line if it is in one of the states, and says whether it was.
func (l *Line) act(fn func(), states ...lineState) bool {
	l.fake.mu.Lock()
	defer l.fake.mu.Unlock()
	if l.fake.closed || !slices.Contains(states, l.state) {
		return false
	}
	fn()
	return true
}

func (l *Line) signal(s hotline.Signal) { l.fake.cfg.Signal(l.call, s) }

// Ring lets a dialled phone ring.
func (l *Line) Ring() {
	l.act(func() { l.signal(hotline.Ringing{Leg: l.id}) }, lineNew)
}

// PickUp answers a dialled phone, if it still rings. With mute it sends no RTP.
func (l *Line) PickUp(mute bool) bool {
	return l.act(func() {
		l.mute = mute
		l.state = lineAnswers
		l.fake.after(l, l.fake.cfg.Delay, (*Line).up)
	}, lineNew)
}

// Refuse ends a dialled phone that was not picked up, if it still rings.
func (l *Line) Refuse(cause hotline.Cause) bool {
	return l.act(func() { l.over(cause) }, lineNew)
}

// Press presses a key.
func (l *Line) Press(key byte) {
	l.act(func() { l.signal(hotline.Digit{Leg: l.id, Key: key}) }, lineUp)
}

// Hold presses the hold key.
func (l *Line) Hold(on bool) {
	l.act(func() { l.signal(hotline.HoldAsked{Leg: l.id, On: on}) }, lineUp)
}

// Refer presses the transfer key: to a number, or with other to whom that line of the same phone speaks with. It says whether
// the phone could ask.
func (l *Line) Refer(to string, other *Line) bool {
	s := hotline.Referred{Leg: l.id, To: to}
	if other != nil {
		s.Replaces = other.id
	}
	return l.act(func() { l.signal(s) }, lineUp)
}

// Told is what the phone was told of its transfers, the first said first; from 200 on a status is the last word of one.
func (l *Line) Told() []int {
	l.fake.mu.Lock()
	defer l.fake.mu.Unlock()
	return slices.Clone(l.told)
}

// Keyless makes it a phone that takes no keys.
func (l *Line) Keyless() {
	l.fake.mu.Lock()
	defer l.fake.mu.Unlock()
	l.keyless = true
}

// Mumbles makes it a phone of which nobody hears whether it takes keys.
func (l *Line) Mumbles() {
	l.fake.mu.Lock()
	defer l.fake.mu.Unlock()
	l.mumbles = true
}

// Pressed are the keys that were pressed towards the phone.
func (l *Line) Pressed() string {
	l.fake.mu.Lock()
	defer l.fake.mu.Unlock()
	return l.pressed
}

// Lose stops the line's RTP; the switch has heard nothing for the given time.
func (l *Line) Lose(silence time.Duration) {
	l.act(func() { l.signal(hotline.MediaLost{Leg: l.id, Silence: silence}) }, lineUp)
}

// Hangup puts the phone down, or gives up a call that is not answered, unless the line is over.
func (l *Line) Hangup() bool {
	return l.act(func() {
		if l.dialed && l.state != lineUp { // it rings, or has just been picked up: refuse it
			l.over(hotline.CauseRejected)
			return
		}
		cause := hotline.CauseHangup
		if l.state == lineNew {
			cause = hotline.CauseCancelled
		}
		l.over(cause)
	}, lineNew, lineAnswers, lineUp)
}

// up makes the answer known. The fake's lock is held.
func (l *Line) up() {
	if l.state != lineAnswers {
		return
	}
	l.state = lineUp
	stop(l.rings)
	l.signal(hotline.PickedUp{Leg: l.id, Codec: "PCMA"})
	if !l.mute {
		l.media = true
		l.signal(hotline.MediaUp{Leg: l.id, At: time.Now()})
	}
}

// ending hangs the line up from the engine's side. The fake's lock is held.
func (l *Line) ending(cause hotline.Cause) {
	failed := l.dialed && l.state != lineUp
	if !failed && l.state == lineAnswers { // an answered caller is told so before it is hung up
		l.up()
	}
	l.state = lineEnds
	l.endPlay(false, "")
	l.fake.after(l, l.fake.cfg.Delay, func(l *Line) {
		if failed {
			l.last(hotline.Failed{Leg: l.id, Cause: hotline.CauseCancelled})
			return
		}
		l.last(hotline.Ended{Leg: l.id, Cause: cause, Stats: hotline.MediaStats{Codec: "PCMA"}})
	})
}

// over ends the line from its own side. The fake's lock is held.
func (l *Line) over(cause hotline.Cause) {
	l.endPlay(false, "")
	if l.dialed && l.state != lineUp {
		l.last(hotline.Failed{Leg: l.id, Cause: cause})
		return
	}
	l.last(hotline.Ended{Leg: l.id, Cause: cause, Stats: hotline.MediaStats{Codec: "PCMA"}})
}

func (l *Line) last(s hotline.Signal) {
	if l.state == lineOver {
		return
	}
	l.state = lineOver
	stop(l.ends)
	stop(l.rings)
	delete(l.fake.lines, l.id)
	l.signal(s)
	if l.Gone != nil {
		go l.Gone() // it may move other lines, which takes the lock
	}
}

// endPlay ends what plays. The fake's lock is held.
func (l *Line) endPlay(complete bool, err string) {
	if l.play == "" {
		return
	}
	id := l.play
	l.play = ""
	stop(l.ends)
	l.signal(hotline.PlayEnded{Leg: l.id, Play: id, Complete: complete, Err: err})
}

// playOver ends a play that has run to its end.
func (l *Line) playOver(id hotline.PlayID) {
	l.fake.mu.Lock()
	var hooks []func()
	if l.play == id && l.state != lineOver && !l.fake.closed {
		l.endPlay(true, "")
		hooks = l.heard(Hearing{With: l.with})
	}
	l.fake.mu.Unlock()
	for _, h := range hooks {
		h()
	}
}

// heard returns the call of Hears, to be made without the lock. While somebody is at it already, that one tells it, too: a prompt that
// ends in the same instant in which its call joins the line to another is heard before, whoever of the two comes to tell first.
func (l *Line) heard(h Hearing) []func() {
	if l.Hears == nil || l.state >= lineEnds {
		return nil
	}
	if l.news = append(l.news, h); l.telling {
		return nil
	}
	l.telling = true
	return []func(){l.tell}
}

// tell calls Hears for everything there is to tell, in its order.
func (l *Line) tell() {
	for {
		l.fake.mu.Lock()
		if len(l.news) == 0 {
			l.telling = false
			l.fake.mu.Unlock()
			return
		}
		h := l.news[0]
		l.news = l.news[1:]
		l.fake.mu.Unlock()
		l.Hears(h)
	}
}
