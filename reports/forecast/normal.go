package forecast

import (
	"math"
	"time"
)

// Came is what came in an interval that began at Start.
type Came struct {
	Start time.Time
	Slot
}

// Days joins what came in intervals of step, in the order of time, to local days of normal slots of width: an hour that the clock
// repeats is the mean of both, one that it leaves out is unknown. Every offset from UTC must be a multiple of step.
func Days(came []Came, loc *time.Location, step, width time.Duration) []Day {
	slots, each := int(24*time.Hour/width), int(width/step)
	var out []Day
	var counts []int
	finish := func() {
		for i, n := range counts {
			s := &out[len(out)-1].Slots[i]
			switch {
			case n == 0:
				s.Demand = math.NaN()
			case n > each:
				s.Demand *= float64(each) / float64(n)
				s.Handled, s.Handle = s.Handled*each/n, s.Handle*time.Duration(each)/time.Duration(n)
			}
		}
	}
	for _, c := range came {
		at := c.Start.In(loc)
		if len(out) == 0 || before(out[len(out)-1].Date, at) {
			finish()
			out = append(out, Day{Date: at, Slots: make([]Slot, slots)})
			counts = make([]int, slots)
		}
		i := int((time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute) / width)
		s := &out[len(out)-1].Slots[i]
		s.Demand, s.Handled, s.Handle = s.Demand+c.Demand, s.Handled+c.Handled, s.Handle+c.Handle
		counts[i]++
	}
	finish()
	return out
}
