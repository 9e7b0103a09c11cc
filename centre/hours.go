package centre

import "time"

// Weekdays is a set of days, one bit each: 1<<time.Sunday … 1<<time.Saturday.
type Weekdays uint8

// Hours is a calendar of opening times in the centre's time zone.
type Hours struct {
	ID     string
	Open   []Span    // of the week
	Closed []DateRun // holidays: closed all day
	Also   []DateRun // days that are open although the week or a holiday says otherwise (调休), From–To
	Line   int
}

// Span is an opening time of the week: From–To in minutes of the local day, To at most 24·60, on Days.
type Span struct {
	Days     Weekdays
	From, To int
}

// DateRun is a run of local dates, both included, "2026-10-01". From and To as in Span, where they apply.
type DateRun struct {
	First, Last string
	From, To    int
	Name        string
}

// Table is a list of callers who are treated in a way of their own. The longest match wins; the first table with one.
type Table struct {
	ID      string
	Entries []TableEntry
	Line    int
}

// TableEntry is one caller number, or all that begin with it when it ends in *.
type TableEntry struct {
	Number   string
	Name     string            // shown to agents
	Priority int               // added, -10 to 10
	Agent    string            // asked first
	Attrs    map[string]string // set on the contact
	Then     string            // "" served, "reject" (603), or as Steps say
	Steps    []Step            // Then "steps": instead of the flow
	Until    time.Time         // the entry's end; zero: none
	Reason   string
}
