package audit

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MostEntries bounds a page.
const MostEntries = 500

// ErrCursor is returned for a cursor that no page gave.
var ErrCursor = errors.New("audit: not a cursor of the page before")

// Query says which entries are asked for. What is empty does not matter.
type Query struct {
	From, To time.Time // [From, To)
	User     string    // exactly
	Act      string    // its beginning: "set_agent" finds all states
	Target   string    // a part of it
	Limit    int       // 1 to MostEntries; 0: 50
	Cursor   string    // Next of the page before
}

// Page is some entries, the newest first.
type Page struct {
	Items []Entry `json:"items"`
	Next  string  `json:"next,omitempty" doc:"Cursor of the next page; none: there are no more."`
}

func (q *Query) fits(e *Entry) bool {
	return (q.From.IsZero() || !e.At.Before(q.From)) && (q.To.IsZero() || e.At.Before(q.To)) &&
		(q.User == "" || e.User == q.User) && strings.HasPrefix(e.Act, q.Act) && strings.Contains(e.Target, q.Target)
}

// Search returns a page of entries. It reads the days from the newest to the oldest, as far as the page goes.
func (l *Ledger) Search(q Query) (Page, error) {
	page := Page{Items: []Entry{}}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, MostEntries)
	l.mu.Lock()
	day, first := l.day, l.first
	l.mu.Unlock()
	before := uint64(1<<63 - 1)
	if q.Cursor != "" {
		d, n, ok := strings.Cut(q.Cursor, ".")
		v, err := strconv.ParseUint(n, 10, 63)
		if _, errDay := time.Parse(time.DateOnly, d); !ok || err != nil || errDay != nil {
			return page, ErrCursor
		}
		day, before = min(day, d), v
	}
	if !q.To.IsZero() {
		day = min(day, dayOf(q.To))
	}
	if !q.From.IsZero() {
		first = max(first, dayOf(q.From))
	}
	for ; day != "" && day >= first; day = dayBefore(day) {
		found, err := l.ofDay(day, before, &q)
		if err != nil {
			return page, err
		}
		for _, e := range slices.Backward(found) {
			if len(page.Items) == q.Limit {
				page.Next = key(day, page.Items[q.Limit-1].N)
				return page, nil
			}
			page.Items = append(page.Items, e)
		}
	}
	return page, nil
}

func (l *Ledger) ofDay(day string, before uint64, q *Query) (found []Entry, err error) {
	err = l.cfg.Bucket.Each(day+".", func(_ string, val []byte) bool {
		var e Entry
		if json.Unmarshal(val, &e) == nil && e.N < before && q.fits(&e) { // a damaged one is Verify's
			found = append(found, e)
		}
		return true
	})
	return found, err
}

func dayBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return dayOf(t.AddDate(0, 0, -1))
}
