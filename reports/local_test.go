package reports

import (
	"errors"
	"testing"
	"time"
)

func TestDayStart(t *testing.T) {
	for _, tc := range []struct{ zone, day, want string }{
		{"Asia/Shanghai", "2026-03-10", "2026-03-09T16:00:00Z"},
		{"Asia/Kathmandu", "2026-03-10", "2026-03-09T18:15:00Z"},
		{"America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"}, // midnight does not exist: 01:00 is the first instant
		{"Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"},     // the same
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"}, // the day was skipped: the next one
		{"Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z"},
		{"Etc/GMT+12", "2026-01-01", "2026-01-01T12:00:00Z"},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"},
	} {
		d, err := time.Parse("2006-01-02", tc.day)
		if err != nil {
			t.Fatal(err)
		}
		loc := zone(t, tc.zone)
		if got := dayStart(d.Year(), d.Month(), d.Day(), loc).UTC().Format(time.RFC3339); got != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.zone, tc.day, got, tc.want)
		}
	}
}

// TestDaysOfHalfHours: a local day has 46 to 50 half hours, and whatever it has, they cover it without gap or overlap.
func TestDaysOfHalfHours(t *testing.T) {
	for _, tc := range []struct {
		zone, day string
		halves    int
	}{
		{"Asia/Shanghai", "2026-03-10", 48},
		{"Asia/Kathmandu", "2026-03-10", 48},
		{"Europe/Berlin", "2026-03-29", 46},
		{"Europe/Berlin", "2026-10-25", 50},
		{"Australia/Lord_Howe", "2026-10-04", 47}, // forward by 30 min
		{"Australia/Lord_Howe", "2026-04-05", 49}, // back by 30 min
		{"America/Santiago", "2026-09-06", 46},
		{"Pacific/Chatham", "2026-04-05", 50}, // +13:45 → +12:45 at 03:45
	} {
		loc := zone(t, tc.zone)
		d, err := time.Parse("2006-01-02", tc.day)
		if err != nil {
			t.Fatal(err)
		}
		from := dayStart(d.Year(), d.Month(), d.Day(), loc)
		to := dayStart(d.Year(), d.Month(), d.Day()+1, loc)
		bs, err := bins(from, to, Half, loc)
		if err != nil {
			t.Fatal(err)
		}
		contiguous(t, bs, from, to)
		whole := 0
		labels := map[string]bool{}
		for _, b := range bs {
			if labels[label(b.start, loc)] {
				t.Errorf("%s %s: two rows are labelled %s", tc.zone, tc.day, label(b.start, loc))
			}
			labels[label(b.start, loc)] = true
			whole += int(b.end-b.start) / 60_000
		}
		if whole != tc.halves*30 {
			t.Errorf("%s %s: %d minutes, want %d", tc.zone, tc.day, whole, tc.halves*30)
		}
		if tc.zone != "Pacific/Chatham" && len(bs) != tc.halves {
			t.Errorf("%s %s: %d half hours, want %d", tc.zone, tc.day, len(bs), tc.halves)
		}
	}
}

func contiguous(t *testing.T, bs []bin, from, to time.Time) {
	t.Helper()
	if bs[0].start != from.UnixMilli() || bs[len(bs)-1].end != to.UnixMilli() {
		t.Errorf("bins run from %d to %d, want %d to %d", bs[0].start, bs[len(bs)-1].end, from.UnixMilli(), to.UnixMilli())
	}
	for i := 1; i < len(bs); i++ {
		if bs[i].start != bs[i-1].end {
			t.Errorf("gap between bins %d and %d", i-1, i)
		}
	}
}

// TestBinsEverywhere: in every zone and interval, over a year, bins are contiguous and begin on the local grid.
func TestBinsEverywhere(t *testing.T) {
	for _, name := range []string{
		"Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago", "America/St_Johns", "Pacific/Chatham",
		"Africa/Cairo", "Australia/Eucla", "UTC",
	} {
		for _, iv := range []Interval{Quarter, Half, Hour, Day, Week, Month} {
			for from := instant(t, "2026-01-01T12:07:00Z"); from.Year() == 2026; from = from.AddDate(0, 0, 97) {
				gridBins(t, zone(t, name), iv, from, from.AddDate(0, 0, 100))
			}
		}
	}
}

func gridBins(t *testing.T, loc *time.Location, iv Interval, from, to time.Time) {
	t.Helper()
	bs, err := bins(from, to, iv, loc)
	if err != nil {
		t.Fatal(err)
	}
	contiguous(t, bs, from, to)
	for _, b := range bs[1:] {
		l, before := time.UnixMilli(b.start).In(loc), time.UnixMilli(b.start-1).In(loc)
		_, o1 := l.Zone()
		_, o2 := before.Zone()
		switch iv {
		case Quarter, Half, Hour:
			width := map[Interval]int{Quarter: 15, Half: 30, Hour: 60}[iv]
			if (l.Minute()%width != 0 || l.Second() != 0) && o1 == o2 {
				t.Errorf("%s %s: a row begins at %s", loc, iv, l)
			}
			if b.end-b.start > int64(width)*60_000 {
				t.Errorf("%s %s: the row at %s is %d ms long", loc, iv, l, b.end-b.start)
			}
		case Day:
			if l.Day() == before.Day() {
				t.Errorf("%s: a day begins at %s, which is no new date", loc, l)
			}
		case Week:
			if l.Weekday() != time.Monday || before.Weekday() != time.Sunday {
				t.Errorf("%s: a week begins at %s", loc, l)
			}
		case Month:
			if l.Day() != 1 || before.Month() == l.Month() {
				t.Errorf("%s: a month begins at %s", loc, l)
			}
		}
	}
	for _, at := range []int64{from.UnixMilli(), to.UnixMilli() - 1} {
		if i := find(bs, at); i < 0 || at < bs[i].start || at >= bs[i].end {
			t.Errorf("%s %s: %d found in bin %d", loc, iv, at, i)
		}
	}
	if find(bs, from.UnixMilli()-1) != -1 || find(bs, to.UnixMilli()) != -1 {
		t.Errorf("%s %s: a time outside was found", loc, iv)
	}
}

func TestKathmanduHalfHours(t *testing.T) {
	loc := zone(t, "Asia/Kathmandu")
	from := instant(t, "2026-03-10T03:25:00Z") // 09:10 local
	bs, err := bins(from, from.Add(time.Hour), Half, loc)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2026-03-10T09:10+05:45", "2026-03-10T09:30+05:45", "2026-03-10T10:00+05:45"}
	for i, b := range bs {
		if got := label(b.start, loc); got != want[i] {
			t.Errorf("bin %d: %s, want %s", i, got, want[i])
		}
	}
}

func TestBinsRefuse(t *testing.T) {
	now := instant(t, "2026-03-10T00:00:00Z")
	for _, tc := range []struct {
		from, to time.Time
		iv       Interval
	}{
		{now, now, Hour},
		{now.Add(time.Hour), now, Whole},
		{now, now.Add(time.Hour), "5m"},
		{now, now.AddDate(100, 0, 0), Quarter},
		{now.AddDate(-200, 0, 0), now, Day},
	} {
		if _, err := bins(tc.from, tc.to, tc.iv, time.UTC); !errors.Is(err, ErrQuery) {
			t.Errorf("%v: %v, want ErrQuery", tc, err)
		}
	}
}
