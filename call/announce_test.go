package call

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestSaidWaitDoesNotFlee holds what a waiting caller is told to kpi 1.5: rounded up to a step, and the moment that it
// promises never moves away by more than what is left out in rounding down again.
func TestSaidWaitDoesNotFlee(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var s saying
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		before, at := time.Duration(-1), now
		for range 50 {
			now = now.Add(time.Duration(1+r.IntN(90)) * time.Second)
			wait := time.Duration(r.Int64N(int64(2 * time.Hour)))
			said := s.next(now, wait)
			if before >= 0 && max(said, time.Minute) > max(before, time.Minute)+now.Sub(at) {
				t.Fatalf("seed %d: said %v %v after %v", seed, said, now.Sub(at), before)
			}
			if said >= time.Minute && said != roundUp(said) {
				t.Fatalf("seed %d: said %v, which is no step", seed, said)
			}
			before, at = said, now
		}
	}
}

func TestRoundUp(t *testing.T) {
	for _, c := range []struct{ wait, said time.Duration }{
		{0, time.Minute},
		{time.Minute, time.Minute},
		{61 * time.Second, 2 * time.Minute},
		{3*time.Minute + 1, 5 * time.Minute},
		{6 * time.Minute, 10 * time.Minute},
		{11 * time.Minute, 15 * time.Minute},
		{61 * time.Minute, 90 * time.Minute},
		{3 * time.Hour, 3 * time.Hour},
	} {
		if got := roundUp(c.wait); got != c.said {
			t.Errorf("%v is said as %v, want %v", c.wait, got, c.said)
		}
	}
}
