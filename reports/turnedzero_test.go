package reports

import (
	"testing"

	"hotline"
)

// TestTurnedAwayBeginsAtZero: the machine's trunks have their counters from the start, whatever a snapshot puts back.
func TestTurnedAwayBeginsAtZero(t *testing.T) {
	old := New(Config{Trunks: []string{"carrier"}})
	old.metrics.turnedAway.add(3, "carrier", hotline.TurnedByMaxCalls)
	f := New(Config{Trunks: []string{"carrier", "new"}})
	f.metrics.restore(old.metrics.still())
	f.KnowTrunks([]string{"carrier", "reloaded"})
	got := f.metrics.turnedAway.values()
	for _, trunk := range []string{"carrier", "new", "reloaded"} {
		for _, reason := range []string{hotline.TurnedByMaxCalls, hotline.TurnedByMaxCPS, hotline.TurnedByEngine} {
			want := 0.0
			if trunk == "carrier" && reason == hotline.TurnedByMaxCalls {
				want = 3
			}
			if n, ok := got[keyOf([]string{trunk, reason})]; !ok || n != want {
				t.Errorf("%s, %s: %v %v", trunk, reason, n, ok)
			}
		}
	}
}
