package storm

import (
	"testing"
	"time"
)

// TestPlateau: what is measured begins two seconds after the last call came and ends with the last look before the first one left.
func TestPlateau(t *testing.T) {
	var p plateau
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	step := func(ms int, all bool, cpu time.Duration, on bool) {
		t.Helper()
		if p.look(at(ms), all, spent{cpu, cpu / 2}); p.on.Load() != on {
			t.Errorf("%d ms: audio counts: %v", ms, !on)
		}
	}
	var none Result
	step(0, false, time.Second, false)
	step(500, true, 2*time.Second, false)
	p.put(&none, 10, Latency{})
	if none.TalkPerMin != nil {
		t.Error("measured before there was anything")
	}
	step(2500, true, 3*time.Second, true)
	step(3000, true, 4*time.Second, true)
	step(5500, true, 9*time.Second, true)
	step(6000, false, 20*time.Second, false)
	var r Result
	p.put(&r, 10, Latency{N: 7})
	if r.TalkSeconds != 3 || *r.TalkCPU != 6 || *r.TalkPerMin != 12 || *r.TalkOwn != 6 || r.TalkOneWay.N != 7 {
		t.Errorf("%v s, %v s of CPU, %v a minute", r.TalkSeconds, *r.TalkCPU, *r.TalkPerMin)
	}
}
