package replay

import "time"

// Wait and Patience are wait and patience, for the tests.
type (
	Wait struct {
		D    time.Duration
		Gave bool
	}
	Patience struct{ p patience }
)

// NewPatience makes a curve.
func NewPatience(waits []Wait) Patience {
	var all []wait
	for _, w := range waits {
		all = append(all, wait{w.D, w.Gave})
	}
	return Patience{newPatience(all)}
}

// Left is the share who still wait.
func (p Patience) Left(d time.Duration) float64 { return p.p.left(d) }

// Draw draws.
func (p Patience) Draw(u float64, after time.Duration) (time.Duration, bool) {
	return p.p.draw(u, after)
}
