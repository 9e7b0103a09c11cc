package timetable

import "time"

// Of the tries.
const (
	firstWait = time.Minute // after a failure; doubled each time
	mostWait  = time.Hour
	giveUp    = 24 * time.Hour  // after it was due
	unsettled = time.Hour       // how long after it was due an open span is waited for
	settling  = 5 * time.Minute // between two looks at it
)

// Place is how far a timetable has come. It is kept: what it says was begun is never begun a second time.
type Place struct {
	Done   time.Time `json:"done"`            // everything due up to here is dealt with
	Due    time.Time `json:"due,omitzero"`    // what is being dealt with; zero: nothing
	Missed int       `json:"missed,omitzero"` // how many were due before it while nothing ran: they are not made up for
	Tries  int       `json:"tries,omitzero"`
	Again  time.Time `json:"again,omitzero"` // not before then
}

// Step is what is to be done.
type Step struct {
	Run    bool      // Place.Due is to be made and sent now
	Passed time.Time // that one was not sent and will not be any more: a later one is due; zero: none
	Next   time.Time // otherwise: when to ask again
	Place  Place
}

// Decide says what is due. However long nothing ran, it is one: the last.
func (w When) Decide(p Place, now time.Time, loc *time.Location) Step {
	last := w.Last(now, loc)
	s := Step{Place: p}
	switch {
	case !p.Due.IsZero() && last.After(p.Due):
		s.Run, s.Passed = true, p.Due
		s.Place = Place{Done: p.Due, Due: last, Missed: w.between(p.Due, last, loc)}
	case !p.Due.IsZero():
		if s.Run = !now.Before(p.Again); !s.Run {
			s.Next = p.Again
		}
	case last.After(p.Done):
		s.Run = true
		s.Place = Place{Done: p.Done, Due: last, Missed: w.between(p.Done, last, loc)}
	default:
		from := now
		if p.Done.After(from) {
			from = p.Done // the clock was set back
		}
		s.Next = w.Next(from, loc)
	}
	return s
}

// Settled is the place after what was due was dealt with, whatever came of it.
func (p Place) Settled() Place { return Place{Done: p.Due} }

// Failed is the place after a try came to nothing; false: it was the last one.
func (p Place) Failed(now time.Time) (Place, bool) {
	p.Tries++
	wait := mostWait
	if p.Tries < 7 {
		wait = min(mostWait, firstWait<<(p.Tries-1))
	}
	p.Again = now.Add(wait)
	if p.Again.Sub(p.Due) > giveUp && p.Tries > 1 {
		return p.Settled(), false
	}
	return p, true
}

// Unsettled is the place while figures of the span may still change; false: it was waited for long enough.
func (p Place) Unsettled(now time.Time) (Place, bool) {
	if now.Sub(p.Due) >= unsettled {
		return p, false
	}
	p.Again = now.Add(settling)
	return p, true
}
