package storm

import (
	"slices"
	"sync"
	"time"
)

// line is the callers who no agent was rung for yet, and how long each stood in it. Its methods may be called from any goroutine.
type line struct {
	mu    sync.Mutex // guards all below
	all   []*caller  // in the order in which they came
	stays []stay     // of those who are no longer in it
}

// stay is how long a caller stood in the line.
type stay struct {
	came, left time.Time
	rung       bool // an agent was rung for it; else it went away
}

// join puts a caller at the end.
func (l *line) join(c *caller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, c)
}

// leave takes a caller out. One who is not there leaves nothing.
func (l *line) leave(c *caller, at time.Time, rung bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.all, c); i >= 0 {
		l.all = slices.Delete(l.all, i, i+1)
		l.stays = append(l.stays, stay{c.began, at, rung})
	}
}

// waiting says whether there is anybody.
func (l *line) waiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all) > 0
}

// sameTime is how close two callers may come one after another and still be served in either order, and how close two phones may
// ring one after another and still have been free for either caller: INVITEs overtake each other on their ways.
const sameTime = 5 * time.Millisecond

// inversions counts the callers for whom an agent was rung while somebody who had come clearly before waited, and clearly went on
// waiting.
func (l *line) inversions() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Clone(l.stays)
	for _, c := range l.all {
		all = append(all, stay{came: c.began, left: time.Now()})
	}
	slices.SortFunc(all, func(a, b stay) int { return a.came.Compare(b.came) })
	var longest time.Time // until when somebody of those before waited
	before := 0
	for _, s := range all {
		for ; s.came.Sub(all[before].came) > sameTime; before++ {
			if all[before].left.After(longest) {
				longest = all[before].left
			}
		}
		if s.rung && longest.Sub(s.left) > sameTime {
			n++
		}
	}
	return n
}
