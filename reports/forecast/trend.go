package forecast

import (
	"math"
	"time"
)

// Bounds of a trend: nothing learnt from eight weeks may say that half of the customers are gone tomorrow.
const (
	trendLow, trendHigh = 0.7, 1.4
	sure                = 1.96 // standard deviations from "no trend" that make one (Mann and Kendall)
)

// trend is how much more or less is to come than the mean of the days says, by the median slope of the days' levels (Theil 1950, Sen
// 1968). A slope that may be chance is none: it would cost more than it gains.
func trend(past, days []Day, date time.Time) float64 {
	oldest := days[len(days)-1].Date.AddDate(0, 0, -6)
	var sums [7]float64
	var counts [7]int
	var used []*Day
	for i := range past {
		if d := &past[i]; !d.Skip && before(d.Date, date) && !before(d.Date, oldest) {
			wd := d.Date.Weekday()
			sums[wd], counts[wd] = sums[wd]+d.total(), counts[wd]+1
			used = append(used, d)
		}
	}
	var x, level []float64
	for _, d := range used {
		if wd := d.Date.Weekday(); sums[wd] > 0 {
			x, level = append(x, dayNumber(d.Date)), append(level, d.total()*float64(counts[wd])/sums[wd])
		}
	}
	slope, z := theilSen(x, level)
	if math.Abs(z) < sure || len(x) < 14 {
		return 1
	}
	centre, of, w := 0.0, 0.0, 1.0
	for _, d := range days { // where the weighted mean of the days stands
		centre, of = centre+w*dayNumber(d.Date), of+w
		w *= fade
	}
	return min(max(1+slope*(dayNumber(date)-centre/of), trendLow), trendHigh)
}

// dayNumber counts days of the calendar.
func dayNumber(t time.Time) float64 {
	y, m, d := t.Date()
	return float64(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// theilSen is the median slope, and by how many standard deviations rising and falling pairs are out of balance.
func theilSen(x, y []float64) (slope, z float64) {
	var slopes []float64
	s := 0
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			if x[j] == x[i] {
				continue
			}
			slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
			switch {
			case y[j] > y[i]:
				s++
			case y[j] < y[i]:
				s--
			}
		}
	}
	n := float64(len(x))
	if n < 3 {
		return 0, 0
	}
	return median(slopes), float64(s) / math.Sqrt(n*(n-1)*(2*n+5)/18)
}
