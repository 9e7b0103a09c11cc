package timetable

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func when(t testing.TB, s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestDaysOfTheClockChange(t *testing.T) {
	for _, c := range []struct {
		name, zone, after string
		when              When
		want              string // three
	}{
		{"the clocks skip it: once, when they skip", "Europe/Berlin", "2026-03-27T12:00:00Z", When{Every: Daily, At: "02:30"}, "2026-03-28T02:30+01:00 2026-03-29T03:00+02:00 2026-03-30T02:30+02:00"},
		{"they show it twice: the first", "Europe/Berlin", "2026-10-24T12:00:00Z", When{Every: Daily, At: "02:30"}, "2026-10-25T02:30+02:00 2026-10-26T02:30+01:00 2026-10-27T02:30+01:00"},
		{"the day begins at one", "America/Havana", "2026-03-07T18:00:00Z", When{Every: Daily, At: "00:00"}, "2026-03-08T01:00-04:00 2026-03-09T00:00-04:00 2026-03-10T00:00-04:00"},
		{"half an hour of summer", "Australia/Lord_Howe", "2026-10-02T20:00:00Z", When{Every: Daily, At: "02:15"}, "2026-10-04T02:30+11:00 2026-10-05T02:15+11:00 2026-10-06T02:15+11:00"},
		{"no clock changes", "Asia/Shanghai", "2026-11-22T00:00:00Z", When{Every: Daily, At: "08:00"}, "2026-11-23T08:00+08:00 2026-11-24T08:00+08:00 2026-11-25T08:00+08:00"},
		{"quarters of an hour off", "Asia/Kathmandu", "2026-11-22T00:00:00Z", When{Every: Weekly, Weekday: 1, At: "07:30"}, "2026-11-23T07:30+05:45 2026-11-30T07:30+05:45 2026-12-07T07:30+05:45"},
		{"Sundays", "Asia/Shanghai", "2026-11-22T00:00:00Z", When{Every: Weekly, Weekday: 7, At: "09:00"}, "2026-11-22T09:00+08:00 2026-11-29T09:00+08:00 2026-12-06T09:00+08:00"},
		{"short months", "Asia/Shanghai", "2028-01-30T17:00:00Z", When{Every: Monthly, Day: 31, At: "06:00"}, "2028-01-31T06:00+08:00 2028-02-29T06:00+08:00 2028-03-31T06:00+08:00"},
		{"firsts", "Asia/Shanghai", "2026-11-30T22:00:00Z", When{Every: Monthly, Day: 1, At: "06:00"}, "2027-01-01T06:00+08:00 2027-02-01T06:00+08:00 2027-03-01T06:00+08:00"},
	} {
		loc, at := zone(t, c.zone), when(t, c.after)
		var got []string
		for range 3 {
			at = c.when.Next(at, loc)
			got = append(got, at.In(loc).Format("2006-01-02T15:04-07:00"))
			if last := c.when.Last(at, loc); !last.Equal(at) {
				t.Errorf("%s: the last one at %s is %s", c.name, at, last)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, s, c.want)
		}
	}
}

// Whatever the zone, a daily rhythm is due once on every day of the calendar that the zone has.
func TestOnceEveryDay(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "America/Havana", "Asia/Beirut", "Asia/Shanghai", "Africa/Casablanca", "America/Sao_Paulo"}
	rapid.Check(t, func(r *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		w := When{Every: Daily, At: fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(r, "h"), rapid.IntRange(0, 59).Draw(r, "m"))}
		at := time.Unix(rapid.Int64Range(1_200_000_000, 1_900_000_000).Draw(r, "from"), 0)
		var days []string
		for range 400 {
			next := w.Next(at, loc)
			if !next.After(at) || next.Sub(at) > 50*time.Hour {
				r.Fatalf("after %s comes %s", at.In(loc), next.In(loc))
			}
			at = next
			days = append(days, at.In(loc).Format(time.DateOnly))
		}
		for i := 1; i < len(days); i++ {
			a, _ := time.Parse(time.DateOnly, days[i-1])
			if want := a.AddDate(0, 0, 1).Format(time.DateOnly); days[i] != want {
				r.Fatalf("%s is followed by %s", days[i-1], days[i])
			}
		}
	})
}

// play runs a timetable through virtual time and returns when what was sent. Restarts lose everything but the place.
func play(w When, loc *time.Location, from, to time.Time, down func(time.Time) bool, ok func(due time.Time, try int) bool) (sent, passed []time.Time) {
	p := Place{Done: from}
	for now := from; now.Before(to); {
		if down(now) {
			now = now.Add(time.Minute)
			continue
		}
		s := w.Decide(p, now, loc)
		p = s.Place
		if !s.Passed.IsZero() {
			passed = append(passed, s.Passed)
		}
		if !s.Run {
			step := time.Hour // the loop looks at the clock at least that often
			if d := s.Next.Sub(now); d < step {
				step = d
			}
			now = now.Add(max(step, time.Second))
			continue
		}
		if ok(p.Due, p.Tries) {
			sent, p = append(sent, p.Due), p.Settled()
		} else if next, again := p.Failed(now); again {
			p = next
		} else {
			passed, p = append(passed, p.Due), next
		}
		now = now.Add(time.Second)
	}
	return sent, passed
}

func always(time.Time, int) bool { return true }
func never(time.Time) bool       { return false }

func TestEveryDueIsSentOnce(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	from, to := when(t, "2026-03-01T00:00:00Z"), when(t, "2026-11-30T00:00:00Z")
	w := When{Every: Daily, At: "02:30"}
	sent, _ := play(w, loc, from, to, never, always)
	if len(sent) != 274 || len(slices.Compact(slices.Clone(sent))) != len(sent) {
		t.Errorf("%d sent on 274 nights", len(sent))
	}
}

func TestAfterDowntimeOneIsSent(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	from := when(t, "2026-11-01T00:00:00+08:00")
	w := When{Every: Daily, At: "08:00"}
	down := func(at time.Time) bool {
		return at.After(when(t, "2026-11-03T09:00:00+08:00")) && at.Before(when(t, "2026-11-07T12:00:00+08:00"))
	}
	sent, _ := play(w, loc, from, when(t, "2026-11-09T00:00:00+08:00"), down, always)
	var days []string
	for _, s := range sent {
		days = append(days, s.In(loc).Format("02"))
	}
	if got := strings.Join(days, " "); got != "01 02 03 07 08" {
		t.Errorf("sent on %s", got)
	}
	s := w.Decide(Place{Done: when(t, "2026-11-03T08:00:00+08:00")}, when(t, "2026-11-07T12:00:00+08:00"), loc)
	if !s.Run || s.Place.Missed != 3 {
		t.Errorf("after the downtime: %+v", s)
	}
}

func TestFailuresAreTriedAgain(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	from, to := when(t, "2026-11-01T00:00:00+08:00"), when(t, "2026-11-05T00:00:00+08:00")
	w := When{Every: Daily, At: "08:00"}
	sent, passed := play(w, loc, from, to, never, func(due time.Time, try int) bool { return due.In(loc).Day() != 2 && try >= 5 })
	if len(sent) != 3 || len(passed) != 1 || passed[0].In(loc).Day() != 2 {
		t.Errorf("sent %v, passed %v", sent, passed)
	}
	monthly := When{Every: Monthly, Day: 1, At: "08:00"}
	tries := 0
	if sent, passed := play(monthly, loc, from, to, never, func(time.Time, int) bool { tries++; return false }); len(sent) != 0 || len(passed) != 1 || tries < 20 || tries > 40 {
		t.Errorf("sent %v, passed %v after %d tries", sent, passed, tries)
	}
}

// A clock that is set back sends nothing twice.
func TestClockSetBack(t *testing.T) {
	loc := zone(t, "Asia/Shanghai")
	w := When{Every: Daily, At: "08:00"}
	p := Place{Done: when(t, "2026-11-22T08:00:00+08:00")}
	s := w.Decide(p, when(t, "2026-11-22T07:59:00+08:00"), loc)
	if s.Run || !s.Next.Equal(when(t, "2026-11-23T08:00:00+08:00")) {
		t.Errorf("%+v", s)
	}
}

func TestUnsettledSpanIsWaitedFor(t *testing.T) {
	due := when(t, "2026-11-22T08:00:00+08:00")
	p := Place{Due: due}
	n := 0
	for now := due; ; n++ {
		next, wait := p.Unsettled(now)
		if !wait {
			break
		}
		p, now = next, next.Again
	}
	if n != 12 {
		t.Errorf("looked at %d times", n)
	}
}

func TestSpans(t *testing.T) {
	shanghai, havana := zone(t, "Asia/Shanghai"), zone(t, "America/Havana")
	for _, c := range []struct {
		loc                *time.Location
		at, name, from, to string
	}{
		{shanghai, "2026-11-22T07:30:00+08:00", Yesterday, "2026-11-21T00:00:00+08:00", "2026-11-22T00:00:00+08:00"},
		{shanghai, "2026-11-22T07:30:00+08:00", Today, "2026-11-22T00:00:00+08:00", "2026-11-22T07:30:00+08:00"},
		{shanghai, "2026-11-22T07:30:00+08:00", LastWeek, "2026-11-09T00:00:00+08:00", "2026-11-16T00:00:00+08:00"},
		{shanghai, "2026-11-22T07:30:00+08:00", ThisWeek, "2026-11-16T00:00:00+08:00", "2026-11-22T07:30:00+08:00"},
		{shanghai, "2026-11-22T07:30:00+08:00", MonthToDate, "2026-11-01T00:00:00+08:00", "2026-11-22T07:30:00+08:00"},
		{shanghai, "2026-01-31T23:59:00+08:00", LastMonth, "2025-12-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"},
		{havana, "2026-03-09T07:30:00-04:00", Yesterday, "2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00"},
	} {
		from, to, err := Span(c.name, when(t, c.at), c.loc)
		if err != nil || from.In(c.loc).Format(time.RFC3339) != c.from || to.In(c.loc).Format(time.RFC3339) != c.to {
			t.Errorf("%s at %s: %s to %s, %v", c.name, c.at, from.In(c.loc), to.In(c.loc), err)
		}
	}
	if _, _, err := Span("next_week", time.Now(), shanghai); err == nil {
		t.Error("a span that is none")
	}
}

func TestCheck(t *testing.T) {
	for _, w := range []When{{}, {Every: Daily}, {Every: Daily, At: "24:00"}, {Every: Daily, At: "7:30"}, {Every: Weekly, At: "07:30"}, {Every: Weekly, Weekday: 8, At: "07:30"}, {Every: Monthly, Day: 32, At: "07:30"}, {Every: "hourly", At: "07:30"}} {
		if err := w.Check(); !errors.Is(err, ErrWhen) {
			t.Errorf("%+v: %v", w, err)
		}
	}
	for _, w := range []When{{Every: Daily, At: "00:00"}, {Every: Weekly, Weekday: 1, At: "07:30"}, {Every: Monthly, Day: 31, At: "23:59"}} {
		if err := w.Check(); err != nil {
			t.Errorf("%+v: %v", w, err)
		}
	}
}
