package forecast

import "math"

// Correct is the curve with its rest corrected by the slots of the day that are over. A day's level varies by a factor of mean 1
// and variance v; after A customers where F were forecast its expectation is (1/v + A) ÷ (1/v + F) (Gamma and Poisson): a few calls in
// the early morning move it little, half a day settles it. The slots that are over stay as they were forecast.
func (c *Curve) Correct(over []Slot) Curve {
	out := *c
	out.Points = append([]Point(nil), c.Points...)
	came, said := 0.0, 0.0
	for i := range min(len(over), len(c.Points)) {
		if y := over[i].Demand; !math.IsNaN(y) {
			came, said = came+y, said+c.Points[i].Demand
		}
	}
	if said == 0 || c.day == 0 {
		return out
	}
	k := 1 / c.day
	ratio := (k + came) / (k + said)
	left := max(c.slot-c.day, leastSlot) + (k+came)/((k+said)*(k+said)) // what the day so far has not told
	for i := len(over); i < len(out.Points); i++ {
		out.Points[i].Demand *= ratio
		out.Points[i].band(left)
	}
	return out
}
