package strict

import (
	"cmp"
	"fmt"
	"slices"
)

// Fault is one thing that is wrong in a file.
type Fault struct {
	File    string
	Line    int    // from 1
	Key     string // path of the value, for example "queues[0].strategy"; "file" for the file as a whole
	Problem string // what is wrong
	Want    string // what would be right
}

// String is the line that an operator reads: FILE:LINE: key: what is wrong; what would be right.
func (f Fault) String() string {
	s := fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Key, f.Problem)
	if f.Want != "" {
		s += "; " + f.Want
	}
	return s
}

// Error makes a Fault an error, for those who meet only one.
func (f Fault) Error() string { return f.String() }

// sorted returns the faults in the order of the file, each once.
func sorted(faults []Fault) []Fault {
	faults = slices.Clone(faults)
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
	return slices.Compact(faults)
}

// Quote shows hostile text in a fault: quoted, with control characters escaped, cut after 60 characters.
func Quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
