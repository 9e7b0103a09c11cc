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

// slowHandler is how long a method of a handler may take before the log says so: packets of other legs wait for it.
const slowHandler = 20 * time.Millisecond

// timed is deferred round a call of the handler on the packet path. The first slow one of a leg is logged.
func (l *Leg) timed(what string, began time.Time) {
	took := time.Since(began)
	if took < slowHandler {
		return
	}
	if l.slow.CompareAndSwap(false, true) {
		l.engine.logger.Warn("a handler holds up media", "where", what, "port", l.LocalPort(), "for", took)
	}
}

// What follows calls the handler. Its panics end there.

func (l *Leg) tellUp(at time.Time) {
	defer l.timed("MediaUp", time.Now())
	defer l.rescue("MediaUp")
	l.handler.MediaUp(at)
}

func (l *Leg) tellDigit(key byte) {
	defer l.timed("Digit", time.Now())
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
