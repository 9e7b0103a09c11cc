package wire

import (
	"crypto/rand"
	"fmt"
	"runtime"
	"testing"

	"hotline/sip/wiretest"
)

// 19. A flood of REGISTERs ate the memory: what each leaves behind is bounded, and who floods is no longer read.
func TestCVE_2021_41145_RegisterFlood(t *testing.T) {
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.Logger = wiretest.NoLog() })
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	n := wiretest.Tries(t, 20_000)
	for i := range n {
		u.Send(u.Request("REGISTER", "8001", "8001", 1, fmt.Sprintf("flood-%d", i), "Contact: <sip:8001@192.0.2.1>"))
	}
	wiretest.Eventually(t, "the flood is shut out", func() bool {
		u.Send(u.Request("REGISTER", "8001", "8001", 1, "more-"+rand.Text()))
		return w.cfg.Metrics.Dropped.Load() > 0
	})
	if after := heap(); after > before+8<<20 && !wiretest.RaceDetector {
		t.Errorf("the heap grew by %d KiB over %d REGISTERs", (after-before)>>10, n)
	}
	if n := w.cfg.Metrics.ServerTx.Load(); n > 100 {
		t.Errorf("%d transactions kept for strangers", n)
	}
}
