package reports

import (
	"cmp"
	"slices"
	"strings"

	"hotline"
)

// Supervising is a supervisor at work: at a call, or waiting for the next one of the agent it follows.
type Supervising struct {
	Line    hotline.CallID    `json:"line"` // the call that its line is
	By      string            `json:"by"`
	Mode    hotline.Mode      `json:"mode"` // ModeFollow: between calls
	Since   Moment            `json:"since"`
	Agent   hotline.AgentID   `json:"agent,omitempty"` // who is supervised
	Call    hotline.CallID    `json:"call,omitempty"`
	Contact hotline.ContactID `json:"contact,omitempty"`
	Follow  hotline.AgentID   `json:"follow,omitempty"` // whose calls are, one after another
}

// lineOf is the call of a supervisor's leg, which its line is.
func lineOf(l hotline.LegID) hotline.CallID {
	i := strings.LastIndexByte(string(l), '-')
	return hotline.CallID(l[:max(i, 0)])
}

// applySupervision follows who is supervised by whom.
func (f *Fold) applySupervision(ev hotline.Event, at int64) {
	switch fact := ev.Fact.(type) {
	case hotline.LegStarted:
		if c := f.calls[ev.Call]; c != nil && c.rec == nil && fact.Role == hotline.RoleSupervisor {
			c.watches = true
		}
	case hotline.Supervised:
		f.supervised(ev, fact, at)
	case hotline.CallEnded:
		delete(f.supervisions, ev.Call)
		for line, s := range f.supervisions {
			if s.Call == ev.Call { // its end was lost
				s.leave(at)
				f.keep(line, s)
			}
		}
	}
}

func (f *Fold) supervised(ev hotline.Event, x hotline.Supervised, at int64) {
	line := lineOf(ev.Leg)
	s, known := f.supervisions[line]
	if !known {
		s = Supervising{Line: line, By: x.By, Since: Moment(at)}
	}
	switch {
	case x.Mode == hotline.ModeFollow && x.On:
		s.Follow = ev.Agent
		if s.Call == "" {
			s.leave(at)
		}
	case x.Mode == hotline.ModeFollow:
		s.Follow = ""
	case x.On:
		if s.Mode != x.Mode || s.Call != ev.Call {
			s.Since = Moment(at)
		}
		s.Mode, s.Agent, s.Call, s.Contact = x.Mode, ev.Agent, ev.Call, ev.Contact
	case s.Call == ev.Call:
		s.leave(at)
	}
	f.keep(line, s)
}

// leave is the supervisor's leaving the call it was at.
func (s *Supervising) leave(at int64) {
	s.Mode, s.Agent, s.Call, s.Contact, s.Since = hotline.ModeFollow, s.Follow, "", "", Moment(at)
}

// keep notes what a line does; one that is at no call and follows nobody does nothing.
func (f *Fold) keep(line hotline.CallID, s Supervising) {
	if s.Call == "" && s.Follow == "" {
		delete(f.supervisions, line)
		return
	}
	f.supervisions[line] = s
}

// supervisionViews is who is supervised by whom, the first first. The caller holds the lock.
func (f *Fold) supervisionViews() []Supervising {
	out := make([]Supervising, 0, len(f.supervisions))
	for _, s := range f.supervisions {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Supervising) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Line, b.Line))
	})
	return out
}

// Unwatched returns a copy without a word of supervision.
func (v *View) Unwatched() *View {
	c := *v
	c.Supervisions = []Supervising{}
	return &c
}
