// Package timetable decides which report is to be sent when, and of which span of time it is. It is a decider: time comes in as an
// argument, and what it says can be repeated. Days are those of a zone, with all that zones do to them.
package timetable

import (
	"errors"
	"fmt"
	"time"
)

// ErrWhen is the answer to a rhythm that is none.
var ErrWhen = errors.New("timetable: every is daily, weekly or monthly, at a time of day such as 07:30")

// The rhythms.
const (
	Daily   = "daily"
	Weekly  = "weekly"
	Monthly = "monthly"
)

// When is a rhythm: once on each of its days, at a time of day in the centre's zone.
type When struct {
	Every   string `json:"every" enum:"daily,weekly,monthly"`
	Weekday int    `json:"weekday,omitempty" minimum:"0" maximum:"7" doc:"Of weekly: 1 is Monday, 7 Sunday."`
	Day     int    `json:"day,omitempty" minimum:"0" maximum:"31" doc:"Of monthly; a shorter month has it on its last day."`
	At      string `json:"at" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" example:"07:30"`
}

// Check says what is wrong with the rhythm: an error that is ErrWhen.
func (w When) Check() error {
	if _, _, err := w.clock(); err != nil {
		return err
	}
	switch {
	case w.Every == Daily:
	case w.Every == Weekly && w.Weekday >= 1 && w.Weekday <= 7:
	case w.Every == Monthly && w.Day >= 1 && w.Day <= 31:
	default:
		return fmt.Errorf("%w; weekly on a weekday from 1 to 7, monthly on a day from 1 to 31", ErrWhen)
	}
	return nil
}

func (w When) clock() (hour, minute int, err error) {
	t, err := time.Parse("15:04", w.At)
	if err != nil || len(w.At) != 5 {
		return 0, 0, fmt.Errorf("%w, not %q", ErrWhen, w.At)
	}
	return t.Hour(), t.Minute(), nil
}

// date is a day of the calendar, whatever the zone.
type date struct {
	y int
	m time.Month
	d int
}

func dateOf(t time.Time) date { y, m, d := t.Date(); return date{y, m, d} }

// plus is the date so many days on.
func (d date) plus(days int) date {
	return dateOf(time.Date(d.y, d.m, d.d+days, 12, 0, 0, 0, time.UTC))
}

func (d date) weekday() int {
	return (int(time.Date(d.y, d.m, d.d, 12, 0, 0, 0, time.UTC).Weekday())+6)%7 + 1
}

// on says whether the rhythm has the day.
func (w When) on(d date) bool {
	switch w.Every {
	case Weekly:
		return d.weekday() == w.Weekday
	case Monthly:
		last := date{d.y, d.m + 1, 0}.plus(0).d
		return d.d == min(w.Day, last)
	}
	return true
}

// due is the one moment of the day at which the rhythm is due.
func (w When) due(d date, loc *time.Location) time.Time {
	h, m, err := w.clock()
	if err != nil {
		return time.Time{}
	}
	return wall(d, h, m, loc)
}

// wall is the first moment at which the clocks of the zone show that time or a later one of the day: when they show it twice the
// first, when they skip it the moment at which they skip.
func wall(d date, h, m int, loc *time.Location) time.Time {
	as := time.Date(d.y, d.m, d.d, h, m, 0, 0, time.UTC) // the reading, as if it were UTC
	offset := func(at time.Time) time.Duration { _, s := at.In(loc).Zone(); return time.Duration(s) * time.Second }
	before, after := as.Add(-offset(as.Add(-36*time.Hour))), as.Add(-offset(as.Add(36*time.Hour)))
	if after.Before(before) {
		before, after = after, before
	}
	for _, at := range []time.Time{before, after} {
		if at.Add(offset(at)).Equal(as) {
			return at
		}
	}
	if start, _ := after.In(loc).ZoneBounds(); !start.IsZero() {
		return start.UTC() // the reading lies in what the clocks skip
	}
	return after
}

// scan is how many days are looked through for the next due one: more than a month has.
const scan = 64

// Next is the first moment after that one at which the rhythm is due.
func (w When) Next(after time.Time, loc *time.Location) time.Time {
	d := dateOf(after.In(loc)).plus(-1) // a day that begins twice
	for range scan {
		if w.on(d) {
			if at := w.due(d, loc); at.After(after) {
				return at
			}
		}
		d = d.plus(1)
	}
	return time.Time{}
}

// Last is the last moment up to that one, itself included, at which the rhythm was due.
func (w When) Last(at time.Time, loc *time.Location) time.Time {
	d := dateOf(at.In(loc)).plus(1)
	for range scan {
		if w.on(d) {
			if due := w.due(d, loc); !due.After(at) {
				return due
			}
		}
		d = d.plus(-1)
	}
	return time.Time{}
}

// between is how often the rhythm was due after the one moment and before the other: up to 1000.
func (w When) between(after, before time.Time, loc *time.Location) (n int) {
	for at := w.Next(after, loc); n < 1000 && !at.IsZero() && at.Before(before); at = w.Next(at, loc) {
		n++
	}
	return n
}
