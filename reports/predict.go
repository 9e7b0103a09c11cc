package reports

import (
	"fmt"
	"slices"
	"time"

	"hotline"
	"hotline/reports/forecast"
	"hotline/reports/staffing"
)

const (
	historyDays   = 13 * 7 // eight weeks to learn from, four of errors, one in hand
	backtestDays  = 28
	leastAbandons = 20 // below that nothing is known of the callers' patience
	forecastSlot  = 30 * time.Minute
	maxAhead      = 92 // days
)

// ForecastQuery asks for the demand of one local day and the people it needs.
type ForecastQuery struct {
	Queue hotline.QueueID
	Date  string // 2026-11-23; empty: today
	// Target of the plan. Zero: the queue's own, no bound, none.
	Within       time.Duration
	Ratio        float64
	MaxOccupancy float64
	Shrinkage    float64
	Planned      []int // people on the roster in each of the 48 slots; nil: there is none
}

// Forecast is the answer.
type Forecast struct {
	Queue        hotline.QueueID   `json:"queue"`
	Name         string            `json:"name"`
	Date         string            `json:"date"`
	AsOf         Moment            `json:"as_of"`
	Holiday      bool              `json:"holiday,omitempty"` // of the centre's calendar: the forecast is that of a common day
	Days         int               `json:"days"`              // same weekdays learnt from; 0: there is no forecast
	Trend        float64           `json:"trend"`
	WithinMS     int64             `json:"within_ms"`
	Ratio        float64           `json:"ratio"`
	MaxOccupancy float64           `json:"max_occupancy"`
	Shrinkage    float64           `json:"shrinkage"`
	PatienceMS   *int64            `json:"patience_ms"` // mean, of the callers of the same days: Σ wait of all ÷ abandoned; null: too few gave up
	Slots        []ForecastPoint   `json:"slots"`
	Total        ForecastTotal     `json:"total"`
	Backtest     forecast.Backtest `json:"backtest"` // of the four weeks before
}

// ForecastPoint is one half hour of the normal day. Demand counts a customer who calls again in vain once.
type ForecastPoint struct {
	Time      string   `json:"time"`  // of the wall clock, 09:30
	Start     Moment   `json:"start"` // never: the day does not have it
	Demand    float64  `json:"demand"`
	Low       float64  `json:"low"`
	High      float64  `json:"high"`
	Now       *float64 `json:"now"` // corrected by the day so far; null: over, or no day of today
	NowLow    *float64 `json:"now_low"`
	NowHigh   *float64 `json:"now_high"`
	AHTMS     int64    `json:"aht_ms"`
	Came      *int     `json:"came"` // so far; null: not begun
	Redials   *int     `json:"redials"`
	Last      *int     `json:"last_week"`    // that came in the same slot a week before
	Required  int      `json:"required"`     // agents, for Now where there is one, else for Demand
	Scheduled int      `json:"scheduled"`    // people to roster for them
	Planned   *int     `json:"planned"`      // people on the roster
	Staffed   *float64 `json:"staffed"`      // agents who were there on average, for this queue and others; null: not begun
	Level     *float64 `json:"level"`        // to be expected with the planned, less the shrinkage; without a roster: with the required
	Actual    *float64 `json:"actual_level"` // answered in time ÷ offered
}

// ForecastTotal is the day.
type ForecastTotal struct {
	Demand float64  `json:"demand"`
	Now    *float64 `json:"now"` // came so far and the corrected rest
	Came   *int     `json:"came"`
	Hours  float64  `json:"hours"` // of the required agents
}

// Forecast says what is to come to a queue on a day, how many people that needs, and how good such forecasts were. It returns ErrQuery
// for a queue that there is not, a date that is none and a target that makes no sense.
func (f *Fold) Forecast(q ForecastQuery) (*Forecast, error) {
	now := f.cfg.Now()
	s := f.snapshot()
	def, ok := s.book.queues[q.Queue]
	if !ok {
		return nil, fmt.Errorf("%w: queue %q is not in the centre", ErrQuery, q.Queue)
	}
	date, err := forecastDay(q.Date, now, s.book.loc)
	if err != nil {
		return nil, err
	}
	target := staffing.Target{Within: def.Within, Ratio: def.Ratio, MaxOccupancy: q.MaxOccupancy, Shrinkage: q.Shrinkage}
	if q.Within > 0 {
		target.Within = q.Within
	}
	if q.Ratio > 0 {
		target.Ratio = q.Ratio
	}
	p := prophecy{f: f, s: &s, q: q, date: date, now: now, target: target}
	p.learn()
	out := &Forecast{
		Queue: q.Queue, Name: def.Name, Date: date.In(s.book.loc).Format(time.DateOnly), AsOf: At(now), Holiday: s.book.holiday(date),
		Days: p.curve.Days, Trend: p.curve.Trend, WithinMS: target.Within.Milliseconds(), Ratio: target.Ratio,
		MaxOccupancy: target.MaxOccupancy, Shrinkage: target.Shrinkage, Backtest: p.backtest,
	}
	if p.patience > 0 {
		ms := p.patience.Milliseconds()
		out.PatienceMS = &ms
	}
	if err := p.points(out); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	return out, nil
}

// forecastDay is noon of the date: every zone has one.
func forecastDay(text string, now time.Time, loc *time.Location) (time.Time, error) {
	y, m, d := now.In(loc).Date()
	today := time.Date(y, m, d, 12, 0, 0, 0, loc)
	if text == "" {
		return today, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%w: date %q: want one such as 2026-11-23", ErrQuery, text)
	}
	t = time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, loc)
	if t.After(today.AddDate(0, 0, maxAhead)) {
		return t, fmt.Errorf("%w: date %s: want one of the next %d days", ErrQuery, text, maxAhead)
	}
	return t, nil
}

func (b *book) holiday(t time.Time) bool {
	return slices.Contains(b.centre.Holidays, t.In(b.loc).Format(time.DateOnly))
}

// prophecy is one forecast in the making.
type prophecy struct {
	f      *Fold
	s      *snapshot
	q      ForecastQuery
	date   time.Time
	now    time.Time
	target staffing.Target

	past     []forecast.Day
	week     []demand // the same weekday a week before, in normal slots
	day      *dayDemand
	curve    forecast.Curve
	backtest forecast.Backtest
	patience time.Duration
}

// learn reads the past of the queue and makes the curve from it. What is learnt from ends yesterday, also for a day weeks ahead.
func (p *prophecy) learn() {
	loc := p.s.book.loc
	last := p.date.AddDate(0, 0, -1)
	if yesterday := p.now.AddDate(0, 0, -1); last.After(yesterday) {
		last = yesterday
	}
	days := p.f.days(p.s, last, historyDays, p.now)
	days = slices.DeleteFunc(days, func(d *dayDemand) bool { return d.next.UnixMilli() <= p.s.first() })
	var came []forecast.Came
	var patient demand
	for _, d := range days {
		for i, x := range d.of(p.q.Queue) {
			came = append(came, forecast.Came{Start: d.start.Add(time.Duration(i) * quarter), Slot: x.slot()})
			patient.merge(x)
		}
		if sameDate(d.start.In(loc), p.date.AddDate(0, 0, -7).In(loc)) {
			p.week = normal(d, p.q.Queue, loc)
		}
	}
	p.past = forecast.Days(came, loc, quarter, forecastSlot)
	for i := range p.past {
		p.past[i].Skip = p.s.book.holiday(p.past[i].Date)
	}
	slots := int(24 * time.Hour / forecastSlot)
	p.curve = forecast.Predict(p.past, p.date.In(loc), slots)
	if n := len(p.past); n > 0 {
		p.backtest = forecast.Test(p.past, p.past[max(0, n-backtestDays)].Date, p.past[n-1].Date.AddDate(0, 0, 1), slots)
	}
	if patient.abandoned >= leastAbandons { // the Erlang A identity: θ = P(ab) ÷ E[W]
		p.patience = time.Duration(patient.waited/int64(patient.abandoned)) * time.Millisecond
	}
	if !p.date.After(p.now.AddDate(0, 0, 1)) {
		p.day = p.f.days(p.s, p.date, 1, p.now)[0]
	}
}

func sameDate(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

// normal is a day's demand in the slots of the wall clock.
func normal(d *dayDemand, q hotline.QueueID, loc *time.Location) []demand {
	out := make([]demand, int(24*time.Hour/forecastSlot))
	for i, x := range d.of(q) {
		out[slotOf(d.start.Add(time.Duration(i)*quarter), loc)].merge(x)
	}
	return out
}

func slotOf(t time.Time, loc *time.Location) int {
	l := t.In(loc)
	return (l.Hour()*60 + l.Minute()) / int(forecastSlot/time.Minute)
}

// first is the start of what the fold knows, Unix ms.
func (s *snapshot) first() int64 {
	for v := range s.closed.span(0, 1<<62) {
		return v.since
	}
	if len(s.open) > 0 {
		return s.open[0].since
	}
	return 1 << 62
}

// points fills the slots of the answer.
func (p *prophecy) points(out *Forecast) error {
	loc := p.s.book.loc
	starts := slotStarts(p.date, loc)
	nowSlot := -1 // slots before it are over
	var today []demand
	corrected := p.curve
	if p.day != nil {
		today = normal(p.day, p.q.Queue, loc)
		if nowSlot = slotOf(p.now, loc); !p.now.Before(p.day.next) {
			nowSlot = len(starts)
		}
		if p.now.Before(p.day.start) {
			nowSlot, today = -1, nil
		}
		var over []forecast.Slot
		for i := range max(nowSlot, 0) {
			over = append(over, today[i].slot())
		}
		corrected = p.curve.Correct(over)
	}
	staffed := p.s.staffed(p.f, p.q.Queue, starts, p.now)
	for i := range starts {
		pt := ForecastPoint{Time: fmt.Sprintf("%02d:%02d", i/2, i%2*30), Start: starts[i], Staffed: staffed[i]}
		c, r := p.curve.Points[i], p.curve.Points[i]
		pt.Demand, pt.Low, pt.High, pt.AHTMS = c.Demand, c.Low, c.High, c.AHT.Milliseconds()
		if p.week != nil {
			n := int(p.week[i].offered)
			pt.Last = &n
		}
		if today != nil && i <= nowSlot {
			pt.came(&today[i])
		}
		if today != nil && i >= nowSlot && nowSlot < len(starts) {
			r = corrected.Points[i]
			pt.Now, pt.NowLow, pt.NowHigh = &r.Demand, &r.Low, &r.High
		}
		if err := p.people(&pt, r, i); err != nil {
			return err
		}
		out.Slots = append(out.Slots, pt)
	}
	out.total(nowSlot)
	return nil
}

func (pt *ForecastPoint) came(d *demand) {
	n, again := int(d.offered), int(d.redials)
	pt.Came, pt.Redials, pt.Actual = &n, &again, ratio(int(d.within), int(d.offered))
}

// people fills what the slot needs and what is to be expected of who is planned.
func (p *prophecy) people(pt *ForecastPoint, r forecast.Point, i int) error {
	if i < len(p.q.Planned) {
		pt.Planned = &p.q.Planned[i]
	}
	if r.AHT == 0 {
		return nil
	}
	load := staffing.Load{Calls: r.Demand, Interval: forecastSlot, AHT: r.AHT, Patience: p.patience}
	plan, err := staffing.Staff(load, p.target)
	if err != nil {
		return err
	}
	pt.Required, pt.Scheduled = plan.Agents, plan.Scheduled
	level := plan.Result.SL
	if pt.Planned != nil {
		level = staffing.At(load, int(float64(*pt.Planned)*(1-p.target.Shrinkage)+1e-9), p.target.Within).SL
	}
	if r.Demand > 0 {
		pt.Level = &level
	}
	return nil
}

func (out *Forecast) total(nowSlot int) {
	t := &out.Total
	sum, came := 0.0, 0
	for i, pt := range out.Slots {
		t.Demand += pt.Demand
		t.Hours += float64(pt.Required) * forecastSlot.Hours()
		if pt.Came != nil {
			came += *pt.Came
		}
		switch {
		case i < nowSlot && pt.Came != nil:
			sum += float64(*pt.Came)
		case pt.Now != nil && pt.Came != nil: // the half hour that runs
			sum += max(*pt.Now, float64(*pt.Came))
		case pt.Now != nil:
			sum += *pt.Now
		}
	}
	if nowSlot >= 0 {
		t.Came, t.Now = &came, &sum
	}
}

// slotStarts are the slots' first instants on the date; 0 where the clock leaves one out.
func slotStarts(date time.Time, loc *time.Location) []Moment {
	y, m, d := date.In(loc).Date()
	start, next := dayStart(y, m, d, loc), dayStart(y, m, d+1, loc)
	out := make([]Moment, int(24*time.Hour/forecastSlot))
	for t := start; t.Before(next); t = t.Add(quarter) {
		if i := slotOf(t, loc); out[i] == 0 {
			out[i] = At(t)
		}
	}
	return out
}

// staffed is how many of the queue's agents were there on average in each slot: signed in and neither away nor unknown. Who serves
// several queues is there for each of them.
func (s *snapshot) staffed(f *Fold, q hotline.QueueID, starts []Moment, now time.Time) []*float64 {
	out := make([]*float64, len(starts))
	end := func(i int) int64 { return min(int64(starts[i])+forecastSlot.Milliseconds(), now.UnixMilli()) }
	sums := make([]int64, len(starts))
	all, b, _ := f.agentSnapshots(now.UnixMilli())
	for _, id := range b.queues[q].Agents {
		one := all[id]
		add := func(sp span) {
			if sp.state == hotline.AgentNotReady || sp.state == stateUnknown {
				return
			}
			for i := range starts {
				if starts[i] != 0 {
					sums[i] += max(0, min(sp.end, end(i))-max(sp.start, int64(starts[i])))
				}
			}
		}
		for sp := range one.spans.span(int64(slices.Max(starts))-26*3600_000, now.UnixMilli()+1) {
			add(sp)
		}
		if one.isOpen {
			add(one.open)
		}
	}
	for i := range starts {
		if starts[i] != 0 && end(i) > int64(starts[i]) {
			out[i] = ratio(sums[i], end(i)-int64(starts[i]))
		}
	}
	return out
}
