package centre

import (
	"time"

	"hotline"
)

// maxNumber is the longest number of a table, in bytes.
const maxNumber = 64

// Lookup returns the entry that a caller's number stands in at that time, and its table: in the first table that has one, the
// number itself before a beginning of it, a longer beginning before a shorter one. Entries that have ended count for nothing.
func (c *Centre) Lookup(number string, now time.Time) (table string, e TableEntry, ok bool) {
	found := c.entries
	if len(found) != len(c.Tables) {
		found = tableIndex(c.Tables) // a centre that was made, not parsed
	}
	for i, t := range c.Tables {
		for _, key := range keysOf(number) {
			n, ok := found[i][key]
			if ok && (t.Entries[n].Until.IsZero() || now.Before(t.Entries[n].Until)) {
				return t.ID, t.Entries[n], true
			}
		}
	}
	return "", TableEntry{}, false
}

// keysOf returns what a number may stand under in a table, the longest first. Of a number longer than any in a table only the
// beginning matters.
func keysOf(number string) []string {
	var all []string
	if len(number) <= maxNumber {
		all = append(all, number)
	}
	for n := min(len(number), maxNumber); n >= 0; n-- {
		all = append(all, number[:n]+"*")
	}
	return all
}

// tableIndex says for each table where in it each number stands; the first of two.
func tableIndex(tables []Table) []map[string]int {
	all := make([]map[string]int, len(tables))
	for i, t := range tables {
		all[i] = make(map[string]int, len(t.Entries))
		for n, e := range t.Entries {
			if _, twice := all[i][e.Number]; !twice {
				all[i][e.Number] = n
			}
		}
	}
	return all
}

// Relief returns who comes after the agent in the roster, and when the agent's shift ends: the shift that t lies in, or else the
// one that ended last, if no longer ago than Handover.Grace. Nobody may come after a shift.
func (c *Centre) Relief(a hotline.AgentID, t time.Time) (relief hotline.AgentID, end time.Time, ok bool) {
	t = t.In(c.zone())
	for _, s := range c.Shifts {
		if s.Agent != a {
			continue
		}
		to := s.To
		if to <= s.From {
			to += dayMinutes
		}
		// A shift that began yesterday may run past midnight, and its grace past another.
		for back := range 3 {
			day := date(t).AddDate(0, 0, -back)
			if !s.Days.has(day.Weekday()) {
				continue
			}
			from, until := onWall(day, s.From, c.zone()), onWall(day, to, c.zone())
			if !t.Before(from) && !t.After(until.Add(c.Handover.Grace)) && (!ok || until.After(end)) {
				relief, end, ok = s.Relief, until, true
			}
		}
	}
	return relief, end, relief != ""
}

// onWall is the instant at which the clock on the wall shows so many minutes after the date's midnight.
func onWall(day time.Time, minutes int, zone *time.Location) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, minutes, 0, 0, zone)
}
