package centre

import (
	"time"

	"hotline"
)

// Turn is a stretch of time in which the roster has an agent work.
type Turn struct {
	Agent    hotline.AgentID
	From, To time.Time
}

// Turns are the turns of the weekly roster that begin on the date of day, in the order of the file. A turn with two reliefs stands
// there twice.
func (c *Centre) Turns(day time.Time) []Turn {
	var out []Turn
	for _, s := range c.Shifts {
		if !s.Days.has(day.Weekday()) {
			continue
		}
		to := s.To
		if to <= s.From {
			to += dayMinutes
		}
		out = append(out, Turn{s.Agent, onWall(day, s.From, c.zone()), onWall(day, to, c.zone())})
	}
	return out
}
