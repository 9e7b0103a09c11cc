package reports

import (
	"fmt"
	"sort"
	"time"
)

// quarter is the width of a cell. Every zone's offset has been a multiple of it since long before 2020, so local bins
// are always whole cells (kpi trap 5).
const quarter = 15 * time.Minute

// maxBins and maxRows bound what one report may be asked to show: three months of quarters, or a year of hours.
const (
	maxBins = 10_000
	maxRows = 200_000
)

// bin is one interval of a report: [start, end) in Unix milliseconds.
type bin struct{ start, end int64 }

// dayStart is the first instant whose date in loc is that of y, m, d or, where the calendar skips the day, the next
// one. Midnight may not exist, so it is looked for and not computed (kpi trap 6).
func dayStart(y int, m time.Month, d int, loc *time.Location) time.Time {
	want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	for t := want.Add(-15 * time.Hour); ; t = t.Add(quarter) {
		if ly, lm, ld := t.In(loc).Date(); !time.Date(ly, lm, ld, 0, 0, 0, 0, time.UTC).Before(want) {
			return t
		}
	}
}

// today is the start of the local day that t is in, and of the next one.
func today(t time.Time, loc *time.Location) (start, next time.Time) {
	y, m, d := t.In(loc).Date()
	return dayStart(y, m, d, loc), dayStart(y, m, d+1, loc)
}

// bins cuts [from, to) into the local intervals it touches, clipped to it.
func bins(from, to time.Time, iv Interval, loc *time.Location) ([]bin, error) {
	if !from.Before(to) {
		return nil, fmt.Errorf("%w: from %s is not before to %s", ErrQuery, from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	switch iv {
	case Whole:
		return []bin{{from.UnixMilli(), to.UnixMilli()}}, nil
	case Quarter, Half, Hour:
		return clockBins(from, to, iv, loc)
	case Day, Week, Month, Year:
		return dateBins(from, to, iv, loc)
	}
	return nil, fmt.Errorf("%w: interval %q: want 15m, 30m, 1h, 1d, 1w, 1M or 1y", ErrQuery, iv)
}

// clockBins joins cells as long as the wall clock, cut to the width, reads the same date, time and offset. So a repeated
// hour has two rows, and a clock put forward by half an hour makes one short row.
func clockBins(from, to time.Time, iv Interval, loc *time.Location) ([]bin, error) {
	width := map[Interval]int{Quarter: 15, Half: 30, Hour: 60}[iv]
	type key struct{ yday, year, minute, offset int }
	var out []bin
	var last key
	for t := from; t.Before(to); t = t.Truncate(quarter).Add(quarter) {
		l := t.In(loc)
		_, offset := l.Zone()
		k := key{l.YearDay(), l.Year(), (l.Hour()*60 + l.Minute()) / width * width, offset}
		end := min(t.Truncate(quarter).Add(quarter).UnixMilli(), to.UnixMilli())
		if len(out) > 0 && k == last {
			out[len(out)-1].end = end
			continue
		}
		if len(out) == maxBins {
			return nil, fmt.Errorf("%w: more than %d intervals", ErrQuery, maxBins)
		}
		out, last = append(out, bin{t.UnixMilli(), end}), k
	}
	return out, nil
}

func dateBins(from, to time.Time, iv Interval, loc *time.Location) ([]bin, error) {
	y, m, d := from.In(loc).Date()
	dy, dm := 0, 0
	switch iv {
	case Day:
		dy = 1
	case Week:
		dy = 7
		d -= (int(from.In(loc).Weekday()) + 6) % 7 // back to Monday
	case Month:
		dm = 1
		d = 1
	case Year:
		dm = 12
		m, d = time.January, 1
	}
	var out []bin
	for start := dayStart(y, m, d, loc); start.Before(to); {
		m, d = m+time.Month(dm), d+dy
		next := dayStart(y, m, d, loc)
		if next.After(start) && next.After(from) { // a day that the calendar skips is no row
			out = append(out, bin{max(start.UnixMilli(), from.UnixMilli()), min(next.UnixMilli(), to.UnixMilli())})
		}
		if len(out) > maxBins {
			return nil, fmt.Errorf("%w: more than %d intervals", ErrQuery, maxBins)
		}
		start = next
	}
	return out, nil
}

// find is the index of the bin that holds ms, or -1. The bins are in order and without gaps.
func find(bs []bin, ms int64) int {
	i := sort.Search(len(bs), func(i int) bool { return bs[i].end > ms })
	if i == len(bs) || bs[i].start > ms {
		return -1
	}
	return i
}

// label names a bin by its start on the wall clock, with the offset: the repeated hour has two labels.
func label(ms int64, loc *time.Location) string {
	return time.UnixMilli(ms).In(loc).Format("2006-01-02T15:04-07:00")
}
