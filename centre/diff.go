package centre

import (
	"cmp"
	"reflect"
	"slices"

	"hotline"
)

// Change is one difference between two centre files.
type Change struct {
	Kind string // agent, desk, team, shift, reason, queue, flow, number, hours, switch, table, setting
	ID   string
	How  string // added, removed, changed
}

// Diff returns what differs from old to new, by kind and id; either may be nil. Where in the file something stands makes no
// difference, but for the order of agents, of not-ready reasons and of tables, which is a setting: linear strategies, star codes
// and look-ups go by it.
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
	compare("desk", index(old.Desks, deskEntry), index(new.Desks, deskEntry))
	compare("queue", index(old.Queues, queueEntry), index(new.Queues, queueEntry))
	compare("reason", index(old.Reasons, reasonEntry), index(new.Reasons, reasonEntry))
	compare("team", index(old.Teams, teamEntry), index(new.Teams, teamEntry))
	compare("hours", index(old.Hours, hoursEntry), index(new.Hours, hoursEntry))
	compare("switch", index(old.Switches, switchEntry), index(new.Switches, switchEntry))
	compare("table", index(old.Tables, tableEntry), index(new.Tables, tableEntry))
	compare("shift", shiftEntries(old), shiftEntries(new))
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

func deskEntry(d Desk) (string, any) {
	d.Line = 0
	return string(d.ID), d
}

func reasonEntry(r Reason) (string, any) { return r.ID, r }
func teamEntry(t Team) (string, any)     { return t.ID, t }
func switchEntry(s Switch) (string, any) { return s.ID, s }

func hoursEntry(h Hours) (string, any) {
	h.Line = 0
	return h.ID, h
}

// tableEntry compares entries by their numbers: their order makes no difference.
func tableEntry(t Table) (string, any) {
	return t.ID, index(t.Entries, func(e TableEntry) (string, any) {
		e.Steps = unplaced(e.Steps)
		return e.Number, e
	})
}

// shiftEntries are the shifts of each agent.
func shiftEntries(c *Centre) map[string]any {
	shifts := map[hotline.AgentID][]Shift{}
	for _, s := range c.Shifts {
		shifts[s.Agent] = append(shifts[s.Agent], s)
	}
	m := make(map[string]any, len(shifts))
	for agent, list := range shifts {
		m[string(agent)] = list
	}
	return m
}

// queueEntry compares expressions by what they mean, not by how they are written.
func queueEntry(q Queue) (string, any) {
	q.Line = 0
	q.Needs = canonical(q.Needs)
	q.Relax = slices.Clone(q.Relax)
	for i := range q.Relax {
		q.Relax[i].Needs = canonical(q.Relax[i].Needs)
	}
	for _, r := range q.rules() {
		*r.actions = unplaced(*r.actions)
	}
	q.Choice = q.Choice.unplaced()
	return string(q.ID), q
}

func canonical(e Expr) Expr { return Expr{Text: e.String()} }

func flowEntries(c *Centre) map[string]any {
	m := make(map[string]any, len(c.Flows))
	for id, f := range c.Flows {
		m[id] = unplaced(f.Steps)
	}
	return m
}

// unplaced is the steps without their lines, and without how expressions are written.
func unplaced(steps []Step) []Step {
	var all []Step
	for _, s := range steps {
		s.Line = 0
		s.When = Cond{Text: s.When.String()}
		if e, err := ParseExpr(s.Needs); err == nil {
			s.Needs = e.String()
		}
		s.Then, s.Else = unplaced(s.Then), unplaced(s.Else)
		s.Menu = s.Menu.unplaced()
		if s.Collect != nil {
			collect := *s.Collect
			collect.Otherwise = unplaced(collect.Otherwise)
			s.Collect = &collect
		}
		all = append(all, s)
	}
	return all
}

func (m *Menu) unplaced() *Menu {
	if m == nil {
		return nil
	}
	menu := *m
	menu.Keys = make(map[string][]Step, len(m.Keys))
	for k, steps := range m.Keys {
		menu.Keys[k] = unplaced(steps)
	}
	menu.Otherwise, menu.Silent = unplaced(m.Otherwise), unplaced(m.Silent)
	return &menu
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
	return map[string]any{
		"name": c.Name, "time_zone": zone, "language": c.Language, "order": c.Order, "missed_offers": c.Misses,
		"hand_over": c.Handover, "wrap_up_codes": c.WrapCodes, "numbers_shown": !c.NumbersHidden, "supervision": c.SupervisionShown, "consent": c.Consent, "dial_out": c.DialOut,
		"emergency_numbers":          slices.Clone(c.Emergency),
		"order of agents":            shared(c.Agents, other.Agents, agentEntry),
		"order of not_ready_reasons": shared(c.Reasons, other.Reasons, reasonEntry),
		"order of tables":            shared(c.Tables, other.Tables, tableEntry),
	}
}

// shared returns the ids of the list that other has too, in order.
func shared[T any](list, other []T, entry func(T) (string, any)) []string {
	both := index(other, entry)
	var ids []string
	for _, x := range list {
		if id, _ := entry(x); both[id] != nil {
			ids = append(ids, id)
		}
	}
	return ids
}
