package wire

import (
	"sync"
	"sync/atomic"
)

// crew runs pieces of work, each on a goroutine of its own, which it keeps for the next piece: a goroutine that has handled
// one SIP message has the stack for another, and a new one would have to grow it again, which cost a tenth of all time.
type crew struct {
	work    chan func()
	quit    chan struct{} // closed: nobody waits for work any more
	ended   sync.Once     // closes quit
	waiting atomic.Int32
}

// crewWaits is how many goroutines are kept waiting for work: as many as there were messages at once, up to a few megabytes
// of stacks.
const crewWaits = 512

func newCrew() *crew { return &crew{work: make(chan func()), quit: make(chan struct{})} }

// do runs f now, on another goroutine. It never blocks.
func (c *crew) do(f func()) {
	select {
	case c.work <- f:
	default:
		go c.hand(f)
	}
}

// hand is one goroutine of the crew.
func (c *crew) hand(f func()) {
	for {
		f()
		if c.waiting.Add(1) > crewWaits {
			c.waiting.Add(-1)
			return
		}
		select {
		case f = <-c.work:
			c.waiting.Add(-1)
			if f == nil {
				return
			}
		case <-c.quit:
			c.waiting.Add(-1)
			return
		}
	}
}

// thin lets half of those go who wait for work: who was needed in a flood is not kept for long after it.
func (c *crew) thin() {
	for range (c.waiting.Load() + 1) / 2 {
		select {
		case c.work <- nil:
		default:
			return
		}
	}
}

// dismiss lets those go who wait for work.
func (c *crew) dismiss() { c.ended.Do(func() { close(c.quit) }) }
