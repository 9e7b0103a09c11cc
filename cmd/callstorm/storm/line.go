package storm

import (
	"sync"
	"time"
)

// line is the callers who no agent was rung for yet, in the order in which they came. Its methods may be called from any
// goroutine.
type line struct {
	mu  sync.Mutex // guards all
	all []*caller
}

// join puts a caller at the end.
func (l *line) join(c *caller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, c)
}

// sameTime is how close two callers may come one after another and still be served in either order: their INVITEs may
// overtake each other on the way.
const sameTime = 5 * time.Millisecond

// leave takes a caller out; passed: somebody who came clearly before it is still there. One who is not there leaves nothing.
func (l *line) leave(c *caller) (passed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, o := range l.all {
		if o == c {
			l.all = append(l.all[:i], l.all[i+1:]...)
			return passed
		}
		passed = passed || c.began.Sub(o.began) > sameTime
	}
	return false
}

// waiting says whether there is anybody.
func (l *line) waiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all) > 0
}
