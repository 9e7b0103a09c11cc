package web

import (
	"hotline/centre"
	"hotline/centre/edit"
)

// changes are what differs from the centre in force, and who is just now concerned.
func (s *server) changes(next *centre.Centre, base, source []byte) ([]changeView, error) {
	now := s.Centre()
	old, err := maskedTree(base)
	if err != nil {
		return nil, err
	}
	tree, err := maskedTree(source)
	if err != nil {
		return nil, err
	}
	before, after := edit.NewIndex(old), edit.NewIndex(tree)
	were, are := namesOf(now), namesOf(next)
	talking, waiting := s.concerned()
	all := []changeView{}
	for _, c := range centre.Diff(now, next) {
		key := [2]string{c.Kind, c.ID}
		v := changeView{Kind: c.Kind, ID: c.ID, How: c.How, Name: are.names[key], Talking: talking[key], Waiting: waiting[key]}
		if v.Name == "" {
			v.Name = were.names[key]
		}
		if c.How == "changed" {
			v.Fields = edit.Fields(before, after, c)
			if were.secrets[key] != are.secrets[key] {
				v.Fields = append(v.Fields, edit.Field{Key: "password", Old: edit.Kept, New: edit.Kept})
			}
		}
		all = append(all, v)
	}
	return all, nil
}

// maskedTree is a file as values, without secrets. One that cannot be shown has none: nothing is told of its fields.
func maskedTree(source []byte) (map[string]any, error) {
	masked, err := edit.Mask(source)
	if err != nil {
		return map[string]any{}, nil
	}
	return edit.Tree(masked)
}

// nameBook is the names and passwords of a centre, by kind of change and id.
type nameBook struct{ names, secrets map[[2]string]string }

func namesOf(c *centre.Centre) nameBook {
	p := nameBook{map[[2]string]string{}, map[[2]string]string{}}
	for _, a := range c.Agents {
		p.names[[2]string{"agent", string(a.ID)}], p.names[[2]string{"shift", string(a.ID)}] = a.Name, a.Name
		p.secrets[[2]string{"agent", string(a.ID)}] = a.Password
	}
	for _, d := range c.Desks {
		p.names[[2]string{"desk", string(d.ID)}], p.secrets[[2]string{"desk", string(d.ID)}] = d.Name, d.Password
	}
	for _, q := range c.Queues {
		p.names[[2]string{"queue", string(q.ID)}] = q.Name
	}
	for _, t := range c.Teams {
		p.names[[2]string{"team", t.ID}] = t.Name
	}
	for _, r := range c.Reasons {
		p.names[[2]string{"reason", r.ID}] = r.Name
	}
	return p
}

// concerned counts who talks and who waits just now, by kind of change and id.
func (s *server) concerned() (talking, waiting map[[2]string]int) {
	talking, waiting = map[[2]string]int{}, map[[2]string]int{}
	view := s.Fold.View(s.Now())
	for _, q := range view.Queues {
		key := [2]string{"queue", string(q.ID)}
		waiting[key] = q.Waiting.Waiting
		for _, a := range view.Agents {
			if a.Queue == q.ID && a.Call != "" {
				talking[key]++
			}
		}
	}
	for _, a := range view.Agents {
		if a.Call != "" {
			talking[[2]string{"agent", string(a.ID)}] = 1
		}
	}
	return talking, waiting
}
