// Package forecast says how many customers will come, from those who came: a weighted mean of the last same weekdays, with a trend
// where there is one, bands from its own errors, a correction by the day so far, and a back-test that says how good all that was.
// It is pure: days of slots in, slots out. Long horizons have no better simple way (Taylor 2008); the measures are WAPE and bias,
// never a mean of percentages.
package forecast

import (
	"math"
	"slices"
	"time"
)

// Slot is one interval of a day that was. Handle is the handling time of the Handled.
type Slot struct {
	Demand  float64 // customers, who called again in vain counted once; NaN: the day did not have the slot
	Handled int
	Handle  time.Duration
}

// Day is one local day in normal slots: a day of 23 or 25 hours has as many as every other one.
type Day struct {
	Date  time.Time // at any hour of it, in the zone
	Slots []Slot
	Skip  bool // a holiday or an outage: no day to learn from
}

// total is what came in all slots.
func (d *Day) total() float64 {
	sum := 0.0
	for _, s := range d.Slots {
		if !math.IsNaN(s.Demand) {
			sum += s.Demand
		}
	}
	return sum
}

// Point is the forecast of one slot. Nine of ten times demand is below High, and one of ten below Low.
type Point struct {
	Demand, Low, High float64
	AHT               time.Duration // 0: nobody was ever handled
}

// Curve is the forecast of one day.
type Curve struct {
	Points []Point
	Days   int     // same weekdays it was learnt from; 0: there is none, and no forecast
	Trend  float64 // demand of the day ÷ that without a trend; 1: none was found

	slot float64 // variance of a slot beyond Poisson's, relative: squared coefficient of variation
	day  float64 // that of a whole day's level
}

const (
	weeks    = 8    // same weekdays that are learnt from
	fade     = 0.93 // weight of a week against the one after it
	wide     = 4.0  // spreads from the median beyond which a slot is an outlier
	outage   = 0.4  // of the median: a day with less is none to learn from
	z10      = 1.2815515655446004
	fewCalls = 20 // handled calls that weigh as much as the whole day's AHT
)

// same are the days to learn from for the date: the latest first, of its weekday, before it.
func same(past []Day, date time.Time) []Day {
	var out []Day
	for i := len(past) - 1; i >= 0 && len(out) < weeks; i-- {
		if d := past[i]; !d.Skip && d.Date.Weekday() == date.Weekday() && before(d.Date, date) {
			out = append(out, d)
		}
	}
	if len(out) < 3 {
		return out
	}
	totals := make([]float64, len(out))
	for i := range out {
		totals[i] = out[i].total()
	}
	least := outage * median(totals)
	return slices.DeleteFunc(out, func(d Day) bool { return d.total() < least })
}

func before(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return time.Date(ay, am, ad, 0, 0, 0, 0, time.UTC).Before(time.Date(by, bm, bd, 0, 0, 0, 0, time.UTC))
}

// Predict is the forecast of the date from the days before it, which are in the order of their dates. slots is how many a normal
// day has.
func Predict(past []Day, date time.Time, slots int) Curve {
	c := plain(past, date, slots)
	if c.Days == 0 {
		return c
	}
	spread := errorsOf(past, date, slots)
	c.slot, c.day = spread.slot, spread.day
	for i := range c.Points {
		c.Points[i].band(c.slot)
	}
	return c
}

// plain is the forecast without its bands.
func plain(past []Day, date time.Time, slots int) Curve {
	days := same(past, date)
	c := Curve{Points: make([]Point, slots), Days: len(days), Trend: 1}
	if len(days) == 0 {
		return c
	}
	c.Trend = trend(past, days, date)
	var all Slot
	for _, d := range days {
		for _, s := range d.Slots {
			all.Handled, all.Handle = all.Handled+s.Handled, all.Handle+s.Handle
		}
	}
	for i := range c.Points {
		c.Points[i] = Point{Demand: mean(days, i) * c.Trend, AHT: aht(days, i, all)}
	}
	return c
}

// mean is the weighted mean of the slot over the days, outliers cut to what is plausible.
func mean(days []Day, slot int) float64 {
	var values, weights []float64
	w := 1.0
	for _, d := range days {
		if slot < len(d.Slots) && !math.IsNaN(d.Slots[slot].Demand) {
			values, weights = append(values, d.Slots[slot].Demand), append(weights, w)
		}
		w *= fade
	}
	if len(values) == 0 {
		return 0
	}
	limit := math.Inf(1)
	if len(values) >= 4 {
		mid := median(values)
		off := make([]float64, len(values))
		for i, v := range values {
			off[i] = math.Abs(v - mid)
		}
		limit = mid + wide*max(1.4826*median(off), math.Sqrt(mid), 1)
	}
	sum, of := 0.0, 0.0
	for i, v := range values {
		sum, of = sum+weights[i]*min(v, limit), of+weights[i]
	}
	return sum / of
}

// aht is the mean handling time of the slot's calls, leaning on the whole days' where they are few.
func aht(days []Day, slot int, all Slot) time.Duration {
	if all.Handled == 0 {
		return 0
	}
	whole := float64(all.Handle) / float64(all.Handled)
	sum, n := whole*fewCalls, float64(fewCalls)
	for _, d := range days {
		if slot < len(d.Slots) {
			sum, n = sum+float64(d.Slots[slot].Handle), n+float64(d.Slots[slot].Handled)
		}
	}
	return time.Duration(sum / n).Round(time.Millisecond)
}

// band sets Low and High: demand varies as a Poisson number whose rate varies too.
func (p *Point) band(cv2 float64) {
	sd := math.Sqrt(p.Demand + cv2*p.Demand*p.Demand)
	p.Low, p.High = max(0, p.Demand-z10*sd), p.Demand+z10*sd
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	n := len(s)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}
