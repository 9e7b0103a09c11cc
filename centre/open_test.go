package centre

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

const (
	workdays Weekdays = 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday
	everyDay Weekdays = 1<<7 - 1
)

// calendars are the hours of the golden file, with the zone and the first day of the fortnight that it shows.
func calendars() []struct {
	name, zone, from string
	h                Hours
} {
	night := []Span{{everyDay, 0, 90}, {everyDay, 22 * 60, 24 * 60}}
	return []struct {
		name, zone, from string
		h                Hours
	}{
		{"the golden week and a Sunday worked for it", "Asia/Shanghai", "2026-09-26", Hours{
			Open:   []Span{{workdays, 9 * 60, 12 * 60}, {workdays, 13 * 60, 18 * 60}, {1 << time.Saturday, 9 * 60, 12 * 60}},
			Closed: []DateRun{{First: "2026-10-01", Last: "2026-10-07", Name: "国庆"}},
			Also:   []DateRun{{First: "2026-09-27", Last: "2026-09-27", From: 9 * 60, To: 18 * 60}, {First: "2026-10-02", From: 10 * 60, To: 11 * 60}},
		}},
		{"office hours as the clocks go forward", "Europe/London", "2026-03-27", Hours{Open: []Span{{workdays, 9 * 60, 18 * 60}}}},
		{"a night line as 01:00 to 02:00 is left out", "Europe/London", "2026-03-27", Hours{Open: night}},
		{"a night line as 01:00 to 02:00 comes twice", "Europe/London", "2026-10-23", Hours{Open: night}},
		{"a night line where the day begins at 01:00", "America/Santiago", "2026-09-04", Hours{Open: []Span{{everyDay, 30, 90}, {everyDay, 23 * 60, 24 * 60}}}},
		{"a night line where 23:00 to 24:00 comes twice", "America/Santiago", "2026-04-03", Hours{Open: []Span{{everyDay, 30, 90}, {everyDay, 23*60 + 30, 24 * 60}}}},
		{"always open as the clocks go back", "America/Santiago", "2026-04-03", Hours{Open: []Span{{everyDay, 0, 24 * 60}}}},
		{"never open", "Asia/Shanghai", "2026-04-03", Hours{Open: []Span{{everyDay, 0, 24 * 60}}, Closed: []DateRun{{First: "2000-01-01", Last: "2099-12-31"}}}},
	}
}

func TestHoursOverDST(t *testing.T) {
	var b strings.Builder
	for _, cal := range calendars() {
		h := cal.h
		h.ID = "h"
		c := &Centre{TimeZone: zone(t, cal.zone), Hours: []Hours{h}}
		at, err := time.ParseInLocation(time.DateOnly, cal.from, c.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		word := map[bool]string{true: "open", false: "closed"}
		fmt.Fprintf(&b, "# %s, %s\n%s %s\n", cal.name, cal.zone, at.Format("Mon 2006-01-02 15:04 -0700"), word[c.OpenAt("h", at)])
		for end := at.AddDate(0, 0, 14); ; {
			next, ok := c.NextChange("h", at)
			if !ok {
				b.WriteString("for ever\n")
				break
			}
			if next.After(end) {
				break
			}
			at = next
			fmt.Fprintf(&b, "%s %s\n", at.Format("Mon 2006-01-02 15:04 -0700"), word[c.OpenAt("h", at)])
		}
		b.WriteByte('\n')
	}
	const golden = "testdata/hours.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(read(t, golden)), b.String()); d != "" {
		t.Errorf("(-want +got) %s", d)
	}
}

// TestNextChangeMissesNone compares NextChange with a look at every minute, for random hours round the changes of the clocks.
func TestNextChangeMissesNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	zones := []string{"Asia/Shanghai", "Europe/London", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}
	starts := []string{"2026-03-28", "2026-10-24", "2026-04-03", "2026-09-05", "2011-12-29"}
	for range 150 {
		c := &Centre{TimeZone: zone(t, zones[rng.IntN(len(zones))]), Hours: []Hours{{ID: "h"}}}
		for range rng.IntN(4) {
			from := rng.IntN(96) * 15
			c.Hours[0].Open = append(c.Hours[0].Open, Span{Weekdays(rng.IntN(128)), from, from + 15 + rng.IntN((24*60-from)/15)*15})
		}
		start, _ := time.Parse(time.DateOnly, starts[rng.IntN(len(starts))])
		if rng.IntN(2) == 0 {
			c.Hours[0].Closed = []DateRun{{First: start.AddDate(0, 0, 1).Format(time.DateOnly), Last: start.AddDate(0, 0, 2).Format(time.DateOnly)}}
			c.Hours[0].Also = []DateRun{{First: start.AddDate(0, 0, 2).Format(time.DateOnly), From: 60, To: 120}}
		}
		at := start.Add(time.Duration(rng.IntN(24*60)) * time.Minute)
		got, ok := c.NextChange("h", at)
		open, want, found := c.OpenAt("h", at), at, false
		for want.Before(start.AddDate(0, 0, 4)) && !found {
			want = want.Add(time.Minute)
			found = c.OpenAt("h", want) != open
		}
		if found && (!ok || !got.Equal(want)) || !found && ok && got.Before(want) {
			t.Fatalf("%s %+v after %s: %s %v, want %s %v", c.TimeZone, c.Hours[0], at, got, ok, want, found)
		}
	}
}

func TestHoursUnknown(t *testing.T) {
	c := &Centre{}
	for _, id := range []string{"", "nothing"} {
		if _, ok := c.NextChange(id, time.Now()); ok || !c.OpenAt(id, time.Now()) {
			t.Errorf("hours %q", id)
		}
	}
}

func TestLookup(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	c := &Centre{Tables: []Table{
		{ID: "black", Entries: []TableEntry{{Number: "13800138000", Name: "ended", Until: now}, {Number: "1381*", Name: "black"}}},
		{ID: "vip", Entries: []TableEntry{
			{Number: "138*", Name: "short"},
			{Number: "13800*", Name: "long"},
			{Number: "138001380001", Name: "exact", Until: now.Add(time.Second)},
			{Number: "13900139000*", Name: "itself and longer"},
		}},
		{ID: "rest", Entries: []TableEntry{{Number: "138*", Name: "later table"}, {Number: "*", Name: "everybody"}}},
	}}
	for number, want := range map[string]string{
		"13800138000": "vip long", "138001380001": "vip exact", "13812345678": "black black", "1382": "vip short", "13900139000": "vip itself and longer",
		"139001390007": "vip itself and longer", "": "rest everybody", "anonymous": "rest everybody", "138*": "vip short", "*": "rest everybody",
		strings.Repeat("1380013", 1000): "vip long", "\x00\xff": "rest everybody",
	} {
		table, e, ok := c.Lookup(number, now)
		if got := table + " " + e.Name; !ok || got != want {
			t.Errorf("%.20q: %s, want %s", number, got, want)
		}
	}
	if table, e, ok := (&Centre{Tables: c.Tables[:2]}).Lookup("95500", now); ok {
		t.Errorf("%s %v", table, e)
	}
}

func TestRelief(t *testing.T) {
	c := &Centre{TimeZone: zone(t, "Europe/London"), Handover: Handover{Rule: "refuse", Grace: 30 * time.Minute}, Shifts: []Shift{
		{"early", "late", workdays, 8 * 60, 16 * 60},
		{"late", "night", everyDay, 16 * 60, 24 * 60},
		{"night", "early", everyDay, 22 * 60, 30 * 60},
		{"late", "other", everyDay, 8 * 60, 12 * 60},
		{"last", "", everyDay, 16 * 60, 20 * 60},
	}}
	for _, tt := range []struct{ agent, at, relief, end string }{
		{"early", "2026-03-27 08:00", "late", "2026-03-27 16:00"}, // a Friday
		{"early", "2026-03-27 07:59", "", ""},
		{"early", "2026-03-27 16:30", "late", "2026-03-27 16:00"},
		{"early", "2026-03-27 16:31", "", ""},
		{"early", "2026-03-28 09:00", "", ""},
		{"late", "2026-03-27 12:10", "other", "2026-03-27 12:00"},
		{"late", "2026-03-27 16:00", "night", "2026-03-28 00:00"},
		{"late", "2026-03-28 00:10", "night", "2026-03-28 00:00"},
		{"night", "2026-03-28 23:00", "early", "2026-03-29 06:00"}, // the clocks go forward in this night
		{"night", "2026-03-29 05:59", "early", "2026-03-29 06:00"},
		{"night", "2026-03-29 06:29", "early", "2026-03-29 06:00"},
		{"night", "2026-03-29 12:00", "", ""},
		{"last", "2026-03-27 17:00", "", ""}, // nobody comes after it
		{"nobody", "2026-03-27 08:00", "", ""},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", tt.at, c.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		relief, end, ok := c.Relief(hotline.AgentID(tt.agent), at)
		got := ""
		if ok {
			got = end.In(c.TimeZone).Format("2006-01-02 15:04")
		}
		if string(relief) != tt.relief || got != tt.end {
			t.Errorf("%s at %s: %s until %s, want %s until %s", tt.agent, tt.at, relief, got, tt.relief, tt.end)
		}
	}
}
