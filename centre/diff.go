package centre

import (
	"cmp"
	"reflect"
	"slices"
)

// Change is one difference between two centre files.
type Change struct {
	Kind string // agent, queue, flow, number, reason, team, setting
	ID   string
	How  string // added, removed, changed
}

// Diff returns what differs from old to new, by kind and id; either may be nil. Where in the file something stands makes no
// difference, but for the order of agents and of not-ready reasons, which is a setting: linear strategies and star codes
// count by it.
func Diff(old, new *Centre) []Change {
	if old == nil {
		old = &Centre{}
	}
	if new == nil {
		new = &Centre{}
	}
	var all []Change
	compare := func(kind string, before, after map[string]any) {
		for id, a := range after {
			switch b, had := before[id]; {
			case !had:
				all = append(all, Change{kind, id, "added"})
			case !reflect.DeepEqual(a, b):
				all = append(all, Change{kind, id, "changed"})
			}
		}
		for id := range before {
			if _, has := after[id]; !has {
				all = append(all, Change{kind, id, "removed"})
			}
		}
	}
	compare("agent", index(old.Agents, agentEntry), index(new.Agents, agentEntry))
	compare("queue", index(old.Queues, queueEntry), index(new.Queues, queueEntry))
	compare("reason", index(old.Reasons, func(r Reason) (string, any) { return r.ID, r }),
		index(new.Reasons, func(r Reason) (string, any) { return r.ID, r }))
	compare("team", index(old.Teams, func(t Team) (string, any) { return t.ID, t }),
		index(new.Teams, func(t Team) (string, any) { return t.ID, t }))
	compare("flow", flowEntries(old), flowEntries(new))
	compare("number", numberEntries(old), numberEntries(new))
	compare("setting", settings(old, new), settings(new, old))
	slices.SortFunc(all, func(a, b Change) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return all
}

func index[T any](list []T, entry func(T) (string, any)) map[string]any {
	m := make(map[string]any, len(list))
	for _, x := range list {
		id, v := entry(x)
		m[id] = v
	}
	return m
}

func agentEntry(a Agent) (string, any) {
	a.Line = 0
	return string(a.ID), a
}

// queueEntry compares expressions by what they mean, not by how they are written.
func queueEntry(q Queue) (string, any) {
	q.Line = 0
	q.Needs = canonical(q.Needs)
	q.Relax = slices.Clone(q.Relax)
	for i := range q.Relax {
		q.Relax[i].Needs = canonical(q.Relax[i].Needs)
	}
	return string(q.ID), q
}

func canonical(e Expr) Expr { return Expr{Text: e.String()} }

func flowEntries(c *Centre) map[string]any {
	m := make(map[string]any, len(c.Flows))
	for id, f := range c.Flows {
		steps := make([]Step, len(f.Steps))
		for i, s := range f.Steps {
			steps[i] = s.unplaced()
		}
		m[id] = steps
	}
	return m
}

// unplaced is the step without its lines.
func (s Step) unplaced() Step {
	s.Line = 0
	if s.Menu != nil {
		menu := *s.Menu
		menu.Keys = make(map[string][]Step, len(s.Menu.Keys))
		for k, steps := range s.Menu.Keys {
			menu.Keys[k] = unplaced(steps)
		}
		menu.Otherwise = unplaced(s.Menu.Otherwise)
		s.Menu = &menu
	}
	return s
}

func unplaced(steps []Step) []Step {
	out := make([]Step, len(steps))
	for i, s := range steps {
		out[i] = s.unplaced()
	}
	return out
}

func numberEntries(c *Centre) map[string]any {
	m := make(map[string]any, len(c.Numbers))
	for n, flow := range c.Numbers {
		m[n] = flow
	}
	return m
}

// settings of c; an order is that of what both files have, so that one agent more is not two changes.
func settings(c, other *Centre) map[string]any {
	zone := ""
	if c.TimeZone != nil {
		zone = c.TimeZone.String()
	}
	both := index(other.Agents, agentEntry)
	agents, reasons := "", ""
	for _, a := range c.Agents {
		if _, ok := both[string(a.ID)]; ok {
			agents += string(a.ID) + " "
		}
	}
	both = index(other.Reasons, func(r Reason) (string, any) { return r.ID, r })
	for _, r := range c.Reasons {
		if _, ok := both[r.ID]; ok {
			reasons += r.ID + " "
		}
	}
	return map[string]any{
		"time_zone": zone, "language": c.Language, "order of agents": agents, "order of not_ready_reasons": reasons,
	}
}
