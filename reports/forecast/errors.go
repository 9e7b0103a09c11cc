package forecast

import (
	"math"
	"time"
)

// spread is how far demand goes beyond Poisson's chance, as squared coefficients of variation.
type spread struct{ slot, day float64 }

const (
	learn     = 4    // weeks of errors that the bands are learnt from
	leastDay  = 1e-4 // 1 %: no day's level is known better
	leastSlot = 1e-4
)

// errorsOf learns from the errors of the forecasts that would have been made for the four weeks before the date. Each of those knew
// only what came before its day.
func errorsOf(past []Day, date time.Time, slots int) spread {
	var over, square, dayOver, days float64
	for i := len(past) - 1; i >= 0; i-- {
		d := past[i]
		if !before(d.Date, date) || d.Skip {
			continue
		}
		if before(d.Date, date.AddDate(0, 0, -7*learn)) {
			break
		}
		c := plain(past[:i], d.Date, slots)
		if c.Days < 3 {
			continue
		}
		said, came := 0.0, 0.0
		for k, p := range c.Points {
			if k >= len(d.Slots) || math.IsNaN(d.Slots[k].Demand) {
				continue
			}
			e := d.Slots[k].Demand - p.Demand
			over, square = over+e*e-p.Demand, square+p.Demand*p.Demand
			said, came = said+p.Demand, came+d.Slots[k].Demand
		}
		if said > 0 {
			dayOver += (came/said-1)*(came/said-1) - 1/said
			days++
		}
	}
	s := spread{slot: 0.01, day: 0.0064} // a tenth and 8 %, until there are errors to learn from
	if square > 0 {
		s.slot = max(over/square, leastSlot)
	}
	if days >= 5 {
		s.day = max(dayOver/days, leastDay)
	}
	return s
}

// Backtest is how good the forecasts of a time would have been, each made the evening before. The WAPE is the sum of the errors'
// sizes ÷ the sum of what came; the bias that of the errors themselves: above 0, too much was forecast.
type Backtest struct {
	Days          int      `json:"days"`
	SlotWAPE      *float64 `json:"slot_wape"`
	DayWAPE       *float64 `json:"day_wape"`
	Bias          *float64 `json:"bias"`
	LastWeekWAPE  *float64 `json:"last_week_wape"` // of who takes last week's day as it was
	FloorWAPE     *float64 `json:"floor_wape"`     // of who knows the true rate: nobody gets below it
	InBand        *float64 `json:"in_band"`        // share of the slots between Low and High: 0.8 are to be
	MorningWAPE   *float64 `json:"morning_wape"`   // of the afternoons (the second halves of what comes), as forecast the evening before
	CorrectedWAPE *float64 `json:"corrected_wape"` // the same, corrected by the first halves
}

// sums are what a back-test adds up.
type sums struct {
	came, slot, day, bias, week, weekCame, floor, in, slots float64
	late, lateOff, lateCorrected                            float64
}

// Test makes the forecasts of the given days of the past again, each from what came before it, and adds up their errors.
func Test(past []Day, from, to time.Time, slots int) Backtest {
	var b Backtest
	var s sums
	for i := range past {
		d := past[i]
		if d.Skip || before(d.Date, from) || !before(d.Date, to) {
			continue
		}
		c := Predict(past[:i], d.Date, slots)
		if c.Days < 3 {
			continue
		}
		b.Days++
		s.add(&c, &d)
		if i >= 7 && past[i-7].Date.Weekday() == d.Date.Weekday() {
			s.lastWeek(&past[i-7], &d)
		}
	}
	b.SlotWAPE, b.DayWAPE, b.Bias = share(s.slot, s.came), share(s.day, s.came), share(s.bias, s.came)
	b.LastWeekWAPE, b.FloorWAPE, b.InBand = share(s.week, s.weekCame), share(s.floor, s.came), share(s.in, s.slots)
	b.MorningWAPE, b.CorrectedWAPE = share(s.lateOff, s.late), share(s.lateCorrected, s.late)
	return b
}

func share(a, of float64) *float64 {
	if of <= 0 {
		return nil
	}
	v := a / of
	return &v
}

func (s *sums) add(c *Curve, d *Day) {
	said, came := 0.0, 0.0
	for i, p := range c.Points {
		if i >= len(d.Slots) || math.IsNaN(d.Slots[i].Demand) {
			continue
		}
		y := d.Slots[i].Demand
		said, came = said+p.Demand, came+y
		s.slot += math.Abs(y - p.Demand)
		s.floor += math.Sqrt(2 * p.Demand / math.Pi)
		s.slots++
		if y >= p.Low && y <= p.High {
			s.in++
		}
	}
	s.came, s.day, s.bias = s.came+came, s.day+math.Abs(said-came), s.bias+said-came
	half, sum := 0, 0.0
	for ; half < len(c.Points) && sum < said/2; half++ {
		sum += c.Points[half].Demand
	}
	known := *d
	known.Slots = d.Slots[:min(half, len(d.Slots))]
	corrected := c.Correct(known.Slots)
	for i := half; i < len(c.Points) && i < len(d.Slots); i++ {
		if y := d.Slots[i].Demand; !math.IsNaN(y) {
			s.late, s.lateOff = s.late+y, s.lateOff+math.Abs(y-c.Points[i].Demand)
			s.lateCorrected += math.Abs(y - corrected.Points[i].Demand)
		}
	}
}

func (s *sums) lastWeek(last, d *Day) {
	for i := range min(len(last.Slots), len(d.Slots)) {
		if a, b := last.Slots[i].Demand, d.Slots[i].Demand; !math.IsNaN(a) && !math.IsNaN(b) {
			s.week, s.weekCame = s.week+math.Abs(a-b), s.weekCame+b
		}
	}
}
