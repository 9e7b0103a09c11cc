package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"hotline/reports"
)

// login is one login of the demo, for its welcome.
type login struct{ user, password, what string }

// kpiNames are the rows of the sheet as people say them.
func kpiName(id string) string {
	switch id {
	case reports.KPIConnect:
		return "转人工接通率  Agent connect rate"
	case reports.KPICN20:
		return "人工20秒应答率  Answered within 20 s"
	case reports.KPIAbandon:
		return "放弃率  Abandonment"
	case reports.KPIASA:
		return "平均应答速度  Speed of answer"
	case reports.KPIPerAgent:
		return "人均接听量  Answered per agent"
	case reports.KPITalk:
		return "平均通话时长  Talk time"
	case reports.KPIACW:
		return "平均话后时长  After-call work"
	case reports.KPIAHT:
		return "平均处理时长  Handling time"
	case reports.KPIOccupancy:
		return "占用率  Occupancy"
	}
	return ""
}

// printKPI prints the month's KPI sheet and the queues' totals.
func (e *engine) printKPI(out io.Writer) error {
	loc := e.centre.now().TimeZone
	now := time.Now().In(loc)
	sheet, err := e.fold.KPI(now.Year(), now.Month())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nKPI %s (%s)\n\n", sheet.Month, loc)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range sheet.Rows {
		if name := kpiName(r.ID); name != "" {
			fmt.Fprintf(tw, "  %s\t%s\t(%g of %g)\n", name, figure(r.Unit, r.This), r.Count, r.Of)
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	return e.printQueues(out)
}

// printQueues prints today's row of each queue.
func (e *engine) printQueues(out io.Writer) error {
	now := time.Now()
	rep, err := e.fold.Queues(reports.QueueQuery{From: now.Add(-24 * time.Hour), To: now, Interval: reports.Whole})
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "\n  队列 Queue\toffered\tanswered\tabandoned\tshort\twithin target\tASA\tAHT\t\n")
	for _, r := range rep.Rows {
		fmt.Fprintf(tw, "  %s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t\n", r.Name, r.Offered, r.Answered, r.Abandoned, r.Short,
			figure("ratio", r.Levels.V1.Ratio), figure("ms", r.ASAMS), figure("ms", r.AHTMS))
	}
	return tw.Flush()
}

// figure shows a value; a missing one is a dash. Ratios are cut, never rounded up to a target they missed.
func figure(unit string, v *float64) string {
	switch {
	case v == nil:
		return "—"
	case unit == "ratio":
		return strconv.FormatFloat(float64(int(*v*1000))/10, 'f', 1, 64) + " %"
	case unit == "ms":
		return (time.Duration(*v) * time.Millisecond).Round(100 * time.Millisecond).String()
	}
	return strconv.FormatFloat(*v, 'f', 1, 64)
}
