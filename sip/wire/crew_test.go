package wire

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestCrew: everything is run, work never waits for other work, few are kept, and none after dismiss.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		var ran atomic.Int32
		var busy sync.WaitGroup
		hold := make(chan struct{})
		for range 3 * crewWaits {
			busy.Add(1)
			c.do(func() {
				defer busy.Done()
				<-hold // all of them at the same time
				ran.Add(1)
			})
		}
		close(hold)
		busy.Wait()
		synctest.Wait()
		if n := ran.Load(); n != 3*crewWaits {
			t.Errorf("%d ran", n)
		}
		if n := c.waiting.Load(); n != crewWaits {
			t.Errorf("%d wait for work", n)
		}
		for range 12 {
			c.thin()
			synctest.Wait()
		}
		if n := c.waiting.Load(); n != 0 {
			t.Errorf("%d wait for work for ever", n)
		}
		for range 100 {
			busy.Add(1)
			c.do(busy.Done)
		}
		busy.Wait()
		c.dismiss()
		synctest.Wait() // the bubble ends only if nobody is left
	})
}
