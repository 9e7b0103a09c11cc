package reports

import (
	"fmt"
	"time"

	"hotline"
)

// Rows of the KPI sheet, in its order (requirements R8).
const (
	KPIConnect   = "connect"    // 转人工接通率: answered ÷ requested
	KPICN20      = "cn20"       // 人工20秒应答率: answered in 20 s ÷ requested
	KPIAbandon   = "abandon"    // abandoned ÷ offered
	KPIASA       = "asa"        // mean wait of the answered
	KPIPerAgent  = "per_agent"  // answered ÷ agents who were signed in
	KPITalk      = "talk"       // mean talk, hold not included
	KPIACW       = "acw"        // mean after-call work
	KPIAHT       = "aht"        // talk + hold + after-call work
	KPIOccupancy = "occupancy"  // busy ÷ (busy + ready)
	KPIScript    = "script_use" // (sampled − without script) ÷ sampled: from QA, null until there is some
	KPIAccuracy  = "accuracy"   // (sampled − wrong) ÷ sampled
	KPIErrors    = "error_rate" // (without script + wrong) ÷ sampled
)

// figure is one value of the sheet as what it is made of.
type figure struct{ count, of float64 }

func (x figure) value() *float64 {
	if x.of == 0 {
		return nil
	}
	v := x.count / x.of
	return &v
}

// Scope is whose figures are asked for: the agents of a team, and some queues. Empty and nil: all.
type Scope struct {
	Team   string
	Queues []hotline.QueueID
}

// KPI makes the sheet of a month in the centre's time zone: each figure with its target, last month and this month.
// Visits belong to the month of their arrival.
func (f *Fold) KPI(year int, month time.Month) (*KPIReport, error) {
	return f.KPIOf(Scope{}, year, month)
}

// KPIOf is the sheet of some queues and agents alone.
func (f *Fold) KPIOf(of Scope, year int, month time.Month) (*KPIReport, error) {
	loc := f.snapshot().book.loc
	start := dayStart(year, month, 1, loc)
	r, err := f.sheet(of, dayStart(year, month-1, 1, loc), start, dayStart(year, month+1, 1, loc))
	if err != nil {
		return nil, err
	}
	r.Month = start.In(loc).Format("2006-01")
	return r, nil
}

// sheet has the figures of [from, to) as this month's and those of [before, from) as last month's.
func (f *Fold) sheet(of Scope, before, from, to time.Time) (*KPIReport, error) {
	now := f.cfg.Now()
	this, open, err := f.monthFigures(of, from, to)
	if err != nil {
		return nil, err
	}
	last, _, err := f.monthFigures(of, before, from)
	if err != nil {
		return nil, err
	}
	r := &KPIReport{Final: !open, AsOf: At(now)}
	targets := f.snapshot().book.centre.KPI
	for _, row := range kpiRows() {
		for _, t := range targets {
			if t.ID == row.ID {
				row.Min, row.Max = t.Min, t.Max
			}
		}
		row.fill(last[row.ID], this[row.ID])
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

// kpiRows is the sheet with the targets that hold unless the centre names others: those of R8 and GB/T 33358.
func kpiRows() []KPIRow {
	at := func(v float64) *float64 { return &v }
	return []KPIRow{
		{ID: KPIConnect, Unit: "ratio", Min: at(0.95)},
		{ID: KPICN20, Unit: "ratio", Min: at(0.80)},
		{ID: KPIAbandon, Unit: "ratio"},
		{ID: KPIASA, Unit: "ms"},
		{ID: KPIPerAgent, Unit: "count"},
		{ID: KPITalk, Unit: "ms", Min: at(160_000), Max: at(180_000)},
		{ID: KPIACW, Unit: "ms"},
		{ID: KPIAHT, Unit: "ms"},
		{ID: KPIOccupancy, Unit: "ratio"},
		{ID: KPIScript, Unit: "ratio"},
		{ID: KPIAccuracy, Unit: "ratio"},
		{ID: KPIErrors, Unit: "ratio"},
	}
}

// monthFigures computes every figure that the log has. open: the time is not over, or a visit of it is not.
func (f *Fold) monthFigures(of Scope, from, to time.Time) (map[string]figure, bool, error) {
	qs, err := f.Queues(QueueQuery{From: from, To: to, Among: of.Queues})
	if err != nil {
		return nil, false, fmt.Errorf("reports: kpi sheet: %w", err)
	}
	as, err := f.Agents(AgentQuery{From: from, To: to, Team: of.Team})
	if err != nil {
		return nil, false, fmt.Errorf("reports: kpi sheet: %w", err)
	}
	figures := map[string]figure{}
	agents := 0
	var t StateTimes
	for _, a := range as.Rows {
		agents += count(a.SignedInMS > 0)
		t.add(a.States)
	}
	figures[KPIOccupancy] = figure{float64(t.busy()), float64(t.busy() + t.ReadyMS)}
	if len(qs.Totals) == 0 {
		return figures, true, nil
	}
	row := qs.Totals[0]
	share := func(l Level) figure { return figure{float64(l.Count), float64(l.Of)} }
	per := func(sum int64, n int) figure { return figure{float64(sum), float64(n)} }
	figures[KPIConnect], figures[KPICN20], figures[KPIAbandon] = share(row.Levels.Connect), share(row.Levels.CN20), share(row.Levels.Abandon)
	if row.ASAMS != nil {
		figures[KPIASA] = figure{*row.ASAMS * float64(row.Answered), float64(row.Answered)}
	}
	figures[KPIPerAgent] = per(int64(row.Answered), agents)
	figures[KPITalk], figures[KPIACW] = per(row.TalkTotalMS, row.Handled), per(row.ACWTotalMS, row.Handled)
	figures[KPIAHT] = per(row.TalkTotalMS+row.HoldTotalMS+row.ACWTotalMS, row.Handled)
	return figures, row.Open, nil
}

func (r *KPIRow) fill(last, this figure) {
	r.Last, r.This, r.Count, r.Of = last.value(), this.value(), this.count, this.of
	if r.Last != nil && r.This != nil {
		change := *r.This - *r.Last
		r.Change = &change
		if *r.Last != 0 {
			rel := change / *r.Last
			r.Rel = &rel
		}
	}
	if r.This != nil && (r.Min != nil || r.Max != nil) {
		met := (r.Min == nil || *r.This >= *r.Min) && (r.Max == nil || *r.This <= *r.Max)
		r.Met = &met
	}
}
