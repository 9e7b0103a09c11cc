package centre

import (
	"cmp"
	"slices"
	"time"
)

// dayMinutes is the length of a day of 24 hours; local days with a change of the clock are measured by the clock on the wall.
const dayMinutes = 24 * 60

// OpenAt says whether the hours of that id are open at t, by the clock on the wall in the centre's time zone. Hours that do not
// exist are always open.
//
// A day under "also" has those times and no others. Else a day under "closed" has none, and any other has those of its weekday.
func (c *Centre) OpenAt(hours string, t time.Time) bool {
	h, ok := c.hours(hours)
	return !ok || h.openAt(t.In(c.zone()))
}

// NextChange returns the first instant after t at which OpenAt changes; false if it never does.
func (c *Centre) NextChange(hours string, t time.Time) (time.Time, bool) {
	h, ok := c.hours(hours)
	if !ok {
		return time.Time{}, false
	}
	t = t.In(c.zone())
	open := h.openAt(t)
	for day, last := date(t), h.horizon(t); !day.After(last); day = day.AddDate(0, 0, 1) {
		for _, at := range h.edges(day, c.zone()) {
			if at.After(t) && h.openAt(at) != open {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

func (c *Centre) hours(id string) (Hours, bool) {
	i := slices.IndexFunc(c.Hours, func(h Hours) bool { return h.ID == id })
	if i < 0 {
		return Hours{}, false
	}
	return c.Hours[i], true
}

func (c *Centre) zone() *time.Location { return cmp.Or(c.TimeZone, time.UTC) }

// date is the local date of t as midnight UTC, so that counting days is not disturbed by changes of the clock.
func date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// openAt takes a local time.
func (h Hours) openAt(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	return slices.ContainsFunc(h.spans(date(t)), func(s Span) bool { return s.From <= minute && minute < s.To })
}

// spans returns the times of one date.
func (h Hours) spans(day time.Time) []Span {
	var all []Span
	text := day.Format(time.DateOnly)
	for _, r := range h.Also {
		if r.holds(text) {
			all = append(all, Span{From: r.From, To: r.To})
		}
	}
	if len(all) > 0 || slices.ContainsFunc(h.Closed, func(r DateRun) bool { return r.holds(text) }) {
		return all
	}
	for _, s := range h.Open {
		if s.Days.has(day.Weekday()) {
			all = append(all, s)
		}
	}
	return all
}

func (w Weekdays) has(d time.Weekday) bool { return w&(1<<d) != 0 }

func (r DateRun) holds(day string) bool { return r.First <= day && day <= max(r.First, r.Last) }

// horizon is the last date that can bring a change: a fortnight after the last date that the hours name, or after t. From then on
// one week is like the other.
func (h Hours) horizon(t time.Time) time.Time {
	last := date(t)
	for _, r := range slices.Concat(h.Closed, h.Also) {
		if d, err := time.Parse(time.DateOnly, max(r.First, r.Last)); err == nil && d.After(last) {
			last = d
		}
	}
	return last.AddDate(0, 0, 14)
}

// edges returns the instants of a date at which something may change, in order: its beginning, where a span begins or ends, and
// where the clock is put forward or back. A time that the clock shows twice is there twice, one that it leaves out not at all.
func (h Hours) edges(day time.Time, zone *time.Location) []time.Time {
	minutes := []int{0}
	for _, s := range h.spans(day) {
		minutes = append(minutes, s.From, s.To)
	}
	var all []time.Time
	// No zone is more than a day away from UTC: the date lies within these three days.
	for at, end := day.Add(-24*time.Hour).In(zone), day.Add(48*time.Hour); at.Before(end); {
		_, seconds := at.Zone()
		from, to := at.ZoneBounds()
		if !from.IsZero() && date(from.In(zone)).Equal(day) {
			all = append(all, from)
		}
		for _, m := range minutes {
			edge := day.Add(time.Duration(m)*time.Minute - time.Duration(seconds)*time.Second).In(zone)
			if !edge.Before(from) && (to.IsZero() || edge.Before(to)) {
				all = append(all, edge)
			}
		}
		if to.IsZero() {
			break
		}
		at = to
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}
