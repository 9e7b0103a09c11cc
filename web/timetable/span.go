package timetable

import (
	"fmt"
	"time"
)

// The spans that move with the day on which they are asked for.
const (
	Today       = "today" // up to now
	Yesterday   = "yesterday"
	ThisWeek    = "this_week" // since Monday, up to now
	LastWeek    = "last_week"
	MonthToDate = "month_to_date" // up to now
	LastMonth   = "last_month"
)

// Spans are all of them.
func Spans() []string {
	return []string{Today, Yesterday, ThisWeek, LastWeek, MonthToDate, LastMonth}
}

// Span is the span's time [from, to) at a moment.
func Span(name string, at time.Time, loc *time.Location) (from, to time.Time, err error) {
	d := dateOf(at.In(loc))
	start := func(d date) time.Time { return wall(d, 0, 0, loc) }
	monday := d.plus(1 - d.weekday())
	first := date{d.y, d.m, 1}
	switch name {
	case Today:
		return start(d), at, nil
	case Yesterday:
		return start(d.plus(-1)), start(d), nil
	case ThisWeek:
		return start(monday), at, nil
	case LastWeek:
		return start(monday.plus(-7)), start(monday), nil
	case MonthToDate:
		return start(first), at, nil
	case LastMonth:
		last := first.plus(-1)
		return start(date{last.y, last.m, 1}), start(first), nil
	}
	return from, to, fmt.Errorf("timetable: no span is called %q; there are %v", name, Spans())
}

// Ongoing says whether the span goes up to the moment at which it is asked for: its figures are never final.
func Ongoing(name string) bool { return name == Today || name == ThisWeek || name == MonthToDate }
