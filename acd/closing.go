package acd

import (
	"slices"
	"time"

	"hotline"
	"hotline/centre"
)

// toggle is a switch of the centre as it was last turned.
type toggle struct {
	On bool      `json:"on"`
	At time.Time `json:"at"`
}

// setSwitch turns a switch. Who waits in a queue that it closes leaves as the queue says.
func (s *step) setSwitch(q hotline.SetSwitch) error {
	if !slices.ContainsFunc(s.centre.Switches, func(w centre.Switch) bool { return w.ID == q.Switch }) {
		return unknown("switch %q", q.Switch)
	}
	if s.switches[q.Switch].On == q.On {
		return nil
	}
	s.emit(hotline.Event{Fact: hotline.SwitchSet(q)})
	for _, line := range slices.Clone(s.lines) {
		if line.rules.Closing.Switch == q.Switch {
			s.clear(line)
		}
	}
	return nil
}

// closed says whether the queue is closed now.
func (s *step) closed(q *queue) bool {
	c := q.rules.Closing
	return c.Switch != "" && s.switches[c.Switch].On || !s.centre.OpenAt(c.Hours, s.now)
}

// shut says whether the visit's queue was closed while the visit was in it. One that came in although the queue was closed
// is served.
func (s *step) shut(v *visit) bool {
	c := v.queue.rules.Closing
	if len(c.Waiting) == 0 || v.first != nil {
		return false
	}
	if w := s.switches[c.Switch]; c.Switch != "" && w.On && !w.At.Before(v.entered) {
		return true
	}
	return !s.centre.OpenAt(c.Hours, s.now) && s.centre.OpenAt(c.Hours, v.entered)
}

// clear ends the waits in a queue that may just have closed.
func (s *step) clear(q *queue) {
	if len(q.rules.Closing.Waiting) == 0 || !s.closed(q) {
		return
	}
	var out []*visit
	for k := range q.waiting.len() {
		out = append(out, q.waiting.kth(k))
	}
	for _, v := range out {
		if v.waiting && s.shut(v) {
			s.leaveBy(v, hotline.OutcomeClosed, hotline.RuleClosed, q.rules.Closing.Waiting)
		}
	}
}

// wake sets the clock for the next opening or closing time of every calendar that a queue goes by. Steps do it, not facts: the
// clock is not part of the state and is set anew after every change of the file and every start.
func (s *step) wake() {
	if s.awake {
		return
	}
	s.awake = true
	for _, q := range s.lines {
		for _, hours := range []string{q.rules.Closing.Hours, q.rules.Callback.Hours} {
			if hours != "" && s.alarms[hours].IsZero() {
				s.setAlarm(hours)
			}
		}
	}
	s.lineUp()
}

func (s *step) setAlarm(hours string) {
	delete(s.alarms, hours)
	if due, ok := s.centre.NextChange(hours, s.now); ok && due.After(s.now) {
		s.alarms[hours] = due
		i := slices.IndexFunc(s.centre.Hours, func(h centre.Hours) bool { return h.ID == hours })
		s.arm(due, timerHours, uint64(i+1), timer{hours: hours})
	}
}

// turn does what an opening or closing time asks for.
func (s *step) turn(hours string) {
	i := slices.IndexFunc(s.centre.Hours, func(h centre.Hours) bool { return h.ID == hours })
	s.disarm(s.alarms[hours], timerHours, uint64(i+1))
	s.setAlarm(hours)
	for _, q := range slices.Clone(s.lines) {
		if q.rules.Closing.Hours == hours {
			s.clear(q)
		}
	}
	s.lineUp()
}
