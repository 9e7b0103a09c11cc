package replay

import (
	"hash/fnv"
	"io"
	"math"
	"slices"
	"time"

	"hotline"
)

// patience is the survival curve of the callers' patience in one queue, by Kaplan and Meier: the share who would still wait
// after a time, where those who were served, or sent on, are known to have waited at least so long.
type patience struct {
	at    []time.Duration // of the steps, rising
	share []float64       // who still waits after the step
	rate  float64         // of giving up beyond the last step, per nanosecond
}

// wait is how long a caller waited, and whether it gave up then.
type wait struct {
	d    time.Duration
	gave bool
}

func newPatience(waits []wait) patience {
	slices.SortFunc(waits, func(a, b wait) int {
		switch {
		case a.d != b.d:
			return int(max(-1, min(1, a.d-b.d)))
		case a.gave == b.gave:
			return 0
		case a.gave: // who gives up at the very moment at which another is served was there until then
			return -1
		}
		return 1
	})
	var p patience
	var total time.Duration
	share, gave := 1.0, 0
	for i, w := range waits {
		total += w.d
		if !w.gave {
			continue
		}
		gave++
		share *= 1 - 1/float64(len(waits)-i)
		p.at, p.share = append(p.at, w.d), append(p.share, share)
	}
	if total > 0 {
		p.rate = float64(gave) / float64(total)
	}
	return p
}

// left is the share who still wait after d.
func (p patience) left(d time.Duration) float64 {
	i, _ := slices.BinarySearchFunc(p.at, d, func(at, d time.Duration) int {
		if at <= d {
			return -1
		}
		return 1
	})
	if i == 0 {
		return 1
	}
	return p.share[i-1]
}

// draw is the patience of a caller who is known to have waited for after, by the lot u in (0, 1). ok is false for one who
// never gives up.
func (p patience) draw(u float64, after time.Duration) (d time.Duration, ok bool) {
	target := u * p.left(after)
	for i, at := range p.at {
		if at > after && p.share[i] <= target {
			return at, true
		}
	}
	if p.rate <= 0 {
		return 0, false
	}
	base, last := 1.0, after
	if n := len(p.at); n > 0 && p.at[n-1] > after {
		base, last = p.share[n-1]/p.left(after), p.at[n-1]
	}
	if base <= 0 || u >= base {
		u, base = 0.5, 1
	}
	more := -math.Log(u/base) / p.rate
	return last + time.Duration(min(more, float64(24*time.Hour))), true
}

// lot draws a number in (0, 1) for a contact: always the same for the same purpose.
func lot(c hotline.ContactID, purpose string) float64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, purpose)
	_, _ = io.WriteString(h, "\x00")
	_, _ = io.WriteString(h, string(c))
	x := h.Sum64()
	x ^= x >> 31
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	return (float64(x>>11) + 0.5) / (1 << 53)
}
