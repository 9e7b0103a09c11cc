package media

import (
	"runtime/debug"
	"time"
)

// rescue is deferred wherever hostile input is read or code of others is called: one leg's fault must not end the calls
// of all. The first of a leg is logged whole, and all are counted.
func (l *Leg) rescue(where string) {
	r := recover()
	if r == nil {
		return
	}
	if l.faults.Add(1) == 1 {
		l.engine.logger.Error("panic", "where", where, "port", l.LocalPort(), "panic", r, "stack", string(debug.Stack()))
	}
}

// What follows calls the handler. Its panics end there.

func (l *Leg) tellUp(at time.Time) {
	defer l.rescue("MediaUp")
	l.handler.MediaUp(at)
}

func (l *Leg) tellDigit(key byte) {
	defer l.rescue("Digit")
	l.handler.Digit(key)
}

func (l *Leg) tellEnded(p *playing, complete bool) {
	defer l.rescue("PlayEnded")
	l.handler.PlayEnded(p.name, complete, p.err)
}

func (l *Leg) tellLost(silence time.Duration) {
	defer l.rescue("MediaLost")
	l.handler.MediaLost(silence)
}

func (l *Leg) show(t Tap, f Frame) {
	defer l.rescue("tap")
	t.Frame(f)
}
