package media

import "time"

// watchEvery is how often the watcher looks at each leg: silence and reports are that late at most.
const watchEvery = 500 * time.Millisecond

// watcher is the goroutine that finds silence and sends RTCP reports, for all legs of an engine.
type watcher struct {
	legs []*Leg
	room [reportRoom]byte // for the report under way
	stop chan struct{}
	done chan struct{}
}

func (w *watcher) run(e *Engine) {
	defer close(w.done)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
		}
		w.legs = e.list(w.legs)
		now := e.Now()
		for _, l := range w.legs {
			l.watchSilence(now)
			l.watchRoad(now)
			l.report(now)
		}
		clear(w.legs)
	}
}

func (w *watcher) close() {
	close(w.stop)
	<-w.done
}

// watchState is what the watcher knows of a leg's silence; its own.
type watchState struct {
	since int64 // when the silence began, ns
	told  int   // how often MediaLost was called for it
}

// watchSilence calls MediaLost when nothing has come from the leg for too long.
func (l *Leg) watchSilence(now int64) {
	s := l.settings.Load()
	if s == nil || s.dueSince == 0 || l.closed.Load() {
		l.watch = watchState{}
		return
	}
	l.watchConsent(now, s)
	cfg := &l.engine.cfg
	last := l.in.reception.lastAt.Load()
	since := max(s.dueSince, last)
	if since != l.watch.since {
		l.watch = watchState{since: since}
	}
	limits := [2]time.Duration{cfg.SilenceStart, cfg.SilenceStartEnd}
	if last >= s.dueSince {
		limits = [2]time.Duration{cfg.SilenceMid, 0}
	}
	silence := time.Duration(now - since)
	if told := l.watch.told; told < len(limits) && limits[told] > 0 && silence >= limits[told] {
		l.watch.told++
		l.tellLost(silence)
	}
}
