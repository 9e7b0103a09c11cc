package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"hotline/reports"
	"hotline/web/table"
)

// mostBars is how many bars a chart has at most: more say nothing on paper.
const mostBars = 50

func words(en, zh string) table.Words { return table.Words{EN: en, ZH: zh} }

// chartsOf are the charts of a report whose rows are known by their fields; some reports have none.
func chartsOf(report string, rows []figureRow) []table.Chart {
	switch report {
	case "teams":
		return teamCharts(rows)
	case "survey":
		return surveyCharts(rows)
	}
	return nil
}

// number is a field as a number; NaN: it is null, or not there.
func number(r figureRow, path string) float64 {
	v := at(r, path)
	if m, ok := v.(map[string]any); ok {
		v = m["ratio"]
	}
	if n, ok := v.(float64); ok {
		return n
	}
	return math.NaN()
}

// teamCharts are where the time of each team went, and its occupancy.
func teamCharts(rows []figureRow) []table.Chart {
	kinds := []struct {
		name   table.Words
		states []string
	}{
		{words("With customers", "通话"), []string{"talking_ms", "held_ms", "consulting_ms", "conference_ms"}},
		{words("Wrap-up", "话后"), []string{"wrap_up_ms"}},
		{words("Outbound", "外呼"), []string{"outbound_ms"}},
		{words("Ringing", "振铃"), []string{"ringing_ms", "reserved_ms"}},
		{words("Ready", "空闲"), []string{"ready_ms"}},
		{words("Not ready", "未就绪"), []string{"not_ready_ms"}},
	}
	sums, order := map[string][]float64{}, []string{}
	for _, r := range rows {
		team := label(r, "team")
		if sums[team] == nil {
			sums[team], order = make([]float64, len(kinds)), append(order, team)
		}
		for i, k := range kinds {
			for _, state := range k.states {
				if ms := number(r, "states."+state); !math.IsNaN(ms) {
					sums[team][i] += ms
				}
			}
		}
	}
	if len(order) == 0 {
		return nil
	}
	order = order[:min(len(order), mostBars)]
	times := table.Chart{Title: words("Teams' states", "班组时间去向"), Kind: table.Stacked, Labels: order}
	for i, k := range kinds {
		s := table.Series{Name: k.name}
		for _, team := range order {
			s.Values = append(s.Values, sums[team][i])
		}
		times.Series = append(times.Series, s)
	}
	share := table.Series{Name: words("Occupancy", "占用率")}
	for _, team := range order {
		t := sums[team]
		busy := t[0] + t[1] + t[2] + t[3]
		share.Values = append(share.Values, busy/(busy+t[4])) // nobody was there: 0 ÷ 0, a gap
	}
	return []table.Chart{times, {Title: words("Occupancy", "占用率"), Kind: table.Shares, Labels: order, Series: []table.Series{share}}}
}

// label is what a row is called beside a chart.
func label(r figureRow, id string) string {
	name, _ := r["name"].(string)
	of, _ := r[id].(string)
	return cmp.Or(name, of, "–")
}

// surveyCharts are how satisfied customers were, and how many answered.
func surveyCharts(rows []figureRow) []table.Chart {
	c := table.Chart{Title: words("Satisfaction", "满意度"), Kind: table.Shares, Series: []table.Series{
		{Name: words("Satisfaction", "满意率")}, {Name: words("Participation", "参评率")},
	}}
	for _, r := range rows[:min(len(rows), mostBars)] {
		name := label(r, "id")
		if at, _ := r["label"].(string); at != "" && len(rows) > 1 {
			name += " " + at[:min(len(at), 16)]
		}
		c.Labels = append(c.Labels, name)
		c.Series[0].Values = append(c.Series[0].Values, number(r, "satisfaction"))
		c.Series[1].Values = append(c.Series[1].Values, number(r, "survey.participation"))
	}
	if len(c.Labels) == 0 {
		return nil
	}
	return []table.Chart{c}
}

// heatGrids are the map as one sees it: a field of weekdays and slots for each queue.
func heatGrids(r *reports.HeatReport) (out []table.Grid) {
	if r.SlotMin <= 0 {
		return nil
	}
	days := []table.Words{
		words("Monday", "周一"), words("Tuesday", "周二"), words("Wednesday", "周三"), words("Thursday", "周四"),
		words("Friday", "周五"), words("Saturday", "周六"), words("Sunday", "周日"),
	}
	slots := 24 * 60 / r.SlotMin
	grid := func(title table.Words, good bool, kind table.Kind, of string, get func(reports.HeatRow) float64) table.Grid {
		g := table.Grid{Title: title, Rows: days, Kind: kind, Good: good, Values: make([][]float64, len(days))}
		for i := range slots {
			g.Columns = append(g.Columns, fmt.Sprintf("%02d:%02d", i*r.SlotMin/60, i*r.SlotMin%60))
		}
		for d := range days {
			g.Values[d] = slices.Repeat([]float64{math.NaN()}, slots)
		}
		for _, row := range r.Rows {
			if i := row.Minute / r.SlotMin; string(row.Queue) == of && row.Weekday >= 1 && row.Weekday <= len(days) && i < slots {
				g.Values[row.Weekday-1][i] = get(row)
			}
		}
		return g
	}
	seen := map[string]bool{}
	for _, row := range r.Rows {
		id := string(row.Queue)
		if seen[id] || len(seen) >= mostBars {
			continue
		}
		seen[id] = true
		name := cmp.Or(row.Name, id)
		out = append(out,
			grid(words(name+" · offered", name+" · 进入量"), false, table.Number, id, func(h reports.HeatRow) float64 { return float64(h.Offered) }),
			grid(words(name+" · service level", name+" · 服务水平"), true, table.Ratio, id, func(h reports.HeatRow) float64 { return share(h.Level.Ratio) }),
		)
	}
	return out
}

// share is a ratio; NaN: it is null.
func share(r *float64) float64 {
	if r == nil {
		return math.NaN()
	}
	return *r
}

// kpiCharts are the sheet's ratios beside their standards.
func kpiCharts(r *reports.KPIReport) []table.Chart {
	c := table.Chart{Title: words("Rates and their standards", "比率类指标与标准"), Kind: table.Shares, Series: []table.Series{
		{Name: words("Last month", "上月")}, {Name: words("This month", "本月")}, {Name: words("Standard", "标准")},
	}}
	names := kpiNames()
	for _, row := range r.Rows {
		if row.Unit != "ratio" || row.Last == nil && row.This == nil {
			continue
		}
		c.Labels = append(c.Labels, names[row.ID][0].ZH+" "+names[row.ID][0].EN)
		standard := share(row.Min)
		if row.Min == nil {
			standard = share(row.Max)
		}
		for i, v := range []float64{share(row.Last), share(row.This), standard} {
			c.Series[i].Values = append(c.Series[i].Values, v)
		}
	}
	if len(c.Labels) == 0 {
		return nil
	}
	return []table.Chart{c}
}

// gaveUpCharts are how many hung up in each hour of the day, and what became of them.
func gaveUpCharts(items []reports.GaveUp, zone *time.Location) []table.Chart {
	if len(items) == 0 {
		return nil
	}
	states := []string{reports.GaveUpOpen, reports.GaveUpPromise, reports.GaveUpAgain, reports.GaveUpCalled, reports.GaveUpReached}
	c := table.Chart{Title: words("Hung up, by hour of the day", "各时段放弃"), Kind: table.Bars}
	for h := range 24 {
		c.Labels = append(c.Labels, fmt.Sprintf("%02d:00", h))
	}
	for _, state := range states {
		c.Series = append(c.Series, table.Series{Name: gaveUpWords(state), Values: make([]float64, 24)})
	}
	for _, g := range items {
		if i := slices.Index(states, g.State); i >= 0 {
			c.Series[i].Values[g.At.Time().In(zone).Hour()]++
		}
	}
	return []table.Chart{c}
}

// curveChart is how many were answered, and had given up, by each second of the wait.
func curveChart(totals []reports.QueueRow) []table.Chart {
	if len(totals) == 0 || totals[0].Curve == nil {
		return nil
	}
	c := table.Chart{Title: words("Answered and abandoned by second of the wait", "接起与放弃随等待秒数累计"), Kind: table.Counts, Series: []table.Series{
		{Name: words("Answered", "接起")}, {Name: words("Abandoned", "放弃")},
	}}
	for i := range totals[0].Curve.Answered {
		c.Labels = append(c.Labels, fmt.Sprint(i))
		answered, abandoned := 0, 0
		for _, r := range totals { // of each interval
			if r.Curve != nil && i < len(r.Curve.Answered) && i < len(r.Curve.Abandoned) {
				answered, abandoned = answered+r.Curve.Answered[i], abandoned+r.Curve.Abandoned[i]
			}
		}
		c.Series[0].Values, c.Series[1].Values = append(c.Series[0].Values, float64(answered)), append(c.Series[1].Values, float64(abandoned))
	}
	return []table.Chart{c}
}
