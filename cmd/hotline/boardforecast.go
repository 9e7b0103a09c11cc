package main

import (
	"math"
	"time"

	"hotline"
	"hotline/reports"
	"hotline/web/boards"
)

const boardQuarter = 15 * time.Minute

// z80 is how many standard deviations a band of eight out of ten reaches to either side (reports/forecast).
const z80 = 1.2815515655446004

// boardForecast is what the boards expect of a queue's day: each half hour of the forecast as two quarters.
func (e *engine) boardForecast(queue hotline.QueueID, day time.Time) []boards.Slot {
	loc := e.centre.now().TimeZone
	f, err := e.fold.Forecast(reports.ForecastQuery{Queue: queue, Date: day.In(loc).Format(time.DateOnly)})
	if err != nil || f.Days == 0 {
		return nil
	}
	return quarters(f.Slots)
}

// quarters cuts half hours in two. The day begins with the first slot that it has; an hour that the clock leaves out has no quarters, one
// that it repeats has them once.
func quarters(points []reports.ForecastPoint) []boards.Slot {
	var first reports.Moment
	var out []boards.Slot
	for _, p := range points {
		if p.Start == 0 {
			continue
		}
		if first == 0 {
			first = p.Start
		}
		at := int(time.Duration(p.Start-first) * time.Millisecond / boardQuarter)
		for len(out) < at+2 {
			out = append(out, boards.Slot{})
		}
		out[at], out[at+1] = halved(p), halved(p)
	}
	return out
}

// halved is half of a slot's demand with its band: chance weighs more in half the time, the rate's own variance as much.
func halved(p reports.ForecastPoint) boards.Slot {
	sd := (p.High - p.Demand) / z80
	half := z80 * math.Sqrt(max(0, sd*sd+p.Demand)) / 2
	return boards.Slot{Calls: p.Demand / 2, Low: max(0, p.Demand/2-half), High: p.Demand/2 + half}
}
