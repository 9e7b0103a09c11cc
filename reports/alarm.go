package reports

import (
	"cmp"
	"slices"

	"hotline"
)

// Alarms of the engine about one agent, beside those that a condition holds up.
const (
	alarmBreakOver   = "break_over"
	alarmAgentHealed = "agent_healed"
	alarmLostCall    = "lost_call"
)

// alarmShownMS is how long an alarm that tells of an event, not of a condition, is shown.
const alarmShownMS = 15 * 60_000

// alarmKey is what an alarm is raised and cleared by: the same one may hold for several agents.
type alarmKey struct {
	alarm string
	agent hotline.AgentID
}

// Momentary says that the alarm of the engine tells of an event, not of a condition: nothing clears it but time.
func Momentary(alarm string) bool { return alarm == alarmAgentHealed || alarm == alarmLostCall }

func (f *Fold) alarmRaised(ev hotline.Event, fact hotline.AlarmRaised, at int64) {
	key := alarmKey{fact.Alarm, ev.Agent}
	if _, ok := f.alarms[key]; ok && !Momentary(fact.Alarm) {
		return
	}
	if Momentary(fact.Alarm) { // the one place where their number grows: forget what nobody is shown any more
		for k, a := range f.alarms {
			if a.gone(at) {
				f.alarmOver(k, int64(a.Since)+alarmShownMS)
			}
		}
	}
	a := Alarm{
		Kind: AlarmEngine, Severity: Crit, Since: Moment(at), Queue: ev.Queue, Agent: ev.Agent, Alarm: fact.Alarm, Detail: fact.Detail,
	}
	if Momentary(fact.Alarm) || fact.Alarm == alarmBreakOver {
		a.Severity = Warn
	}
	a.Key = alarmName(&a)
	f.alarmOver(key, at) // of a moment: come again
	f.alarms[key] = a
	f.raisedAgain(key, a.Key, at)
}

func (a *Alarm) gone(now int64) bool {
	return Momentary(a.Alarm) && now-int64(a.Since) > alarmShownMS
}

// sortAlarms puts the engine's alarms in a fixed order, and beside the agents they are about.
func (s *liveSnapshot) sortAlarms() {
	slices.SortFunc(s.alarms, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(a.Alarm, b.Alarm), cmp.Compare(a.Agent, b.Agent))
	})
	for _, a := range s.alarms {
		if l, ok := s.agents[a.Agent]; ok && a.Alarm != "" && a.Agent != "" {
			l.view.Alarms = append(l.view.Alarms, a.Alarm)
			s.agents[a.Agent] = l
		}
	}
}

// raise lists what somebody should know of. The caller holds b.mu.
func (b *board) raise(v *View, s *liveSnapshot) []Alarm {
	over := map[hotline.AgentID]bool{}
	out := []Alarm{}
	for _, a := range v.Agents {
		if a.Over {
			over[a.ID] = true
			out = append(out, Alarm{
				Kind: AlarmOverTime, Severity: Warn, Agent: a.ID, Since: a.Since + Moment(a.AllowanceMS),
				Reason: cmp.Or(a.Reason, string(a.State)), ValueMS: int64(v.At - a.Since), LimitMS: a.AllowanceMS,
			})
		}
	}
	for _, a := range s.alarms {
		if !(a.Alarm == alarmBreakOver && over[a.Agent]) { // said already, with its figures
			out = append(out, a)
		}
	}
	for _, q := range v.Queues {
		out = b.raiseQueue(out, &q, v.At)
	}
	b.occur(out, s.acks, v.At)
	slices.SortStableFunc(out, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(count(a.Acknowledged != nil), count(b.Acknowledged != nil)), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Since, b.Since), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Alarm, b.Alarm))
	})
	return out
}

func (b *board) raiseQueue(out []Alarm, q *QueueView, at Moment) []Alarm {
	limit := crisis * q.Target.WithinMS
	if q.LongestMS != nil && *q.LongestMS > limit {
		out = append(out, Alarm{
			Kind: AlarmLongestWait, Severity: Crit, Queue: q.ID, Since: q.LongestFrom + Moment(limit),
			ValueMS: *q.LongestMS, LimitMS: limit,
		})
	}
	if q.Level30m.Ratio == nil || *q.Level30m.Ratio >= q.Target.Ratio {
		delete(b.below, q.ID)
		return out
	}
	if b.below[q.ID] == 0 {
		b.below[q.ID] = at
	}
	a := Alarm{Kind: AlarmServiceLevel, Severity: Crit, Queue: q.ID, Since: b.below[q.ID], Value: q.Level30m.Ratio, Limit: &q.Target.Ratio}
	if *q.Level30m.Ratio >= q.Target.Ratio-nearLevel {
		a.Severity = Warn
	}
	return append(out, a)
}
