package centre

import (
	"slices"
	"strings"

	"hotline/centre/strict"
)

// kind is what a reference may name: the word for one of it.
type kind string

const (
	kindTeam   kind = "team"
	kindAgent  kind = "agent"
	kindDesk   kind = "desk"
	kindReason kind = "not-ready reason"
	kindCode   kind = "wrap-up code"
	kindHours  kind = "hours"
	kindSwitch kind = "switch"
	kindTable  kind = "table"
	kindQueue  kind = "queue"
	kindFlow   kind = "flow"
)

// plural is the word for several.
func (k kind) plural() string {
	switch k {
	case kindHours:
		return "hours"
	case kindSwitch:
		return "switches"
	}
	return string(k) + "s"
}

// names is what the file calls its things of one kind.
type names struct {
	order []string
	has   map[string]bool
}

func (p *parser) know(k kind, id string) {
	n := p.names[k]
	if n == nil {
		n = &names{has: map[string]bool{}}
		p.names[k] = n
	}
	if !n.has[id] {
		n.has[id] = true
		n.order = append(n.order, id)
	}
}

func (p *parser) knows(k kind, id string) bool {
	n := p.names[k]
	return n != nil && n.has[id]
}

// ref reads a value that names something of that kind. Whether it exists is checked when everything has been read.
func (p *parser) ref(v strict.Value, k kind) string {
	id := v.Text("")
	p.need(v, k, id)
	return id
}

func (p *parser) need(v strict.Value, k kind, id string) {
	if id == "" {
		return
	}
	p.later = append(p.later, func() {
		if p.knows(k, id) {
			return
		}
		var known []string
		if n := p.names[k]; n != nil {
			known = n.order
		}
		v.Fault("unknown "+string(k)+" "+strict.Quote(id), oneOf(k.plural(), known))
	})
}

// refs reads a list of names, each once.
func (p *parser) refs(v strict.Value, k kind) []string {
	var all []string
	for _, one := range v.List() {
		id := p.ref(one, k)
		if slices.Contains(all, id) {
			one.Fault(strict.Quote(id)+" stands twice", "keep one")
		}
		all = append(all, id)
	}
	if v.Present() && len(all) == 0 {
		v.Fault("is an empty list", "name one, or remove the key")
	}
	return all
}

// oneOf says what may stand in a reference: the first few of the names that the file has.
func oneOf(what string, names []string) string {
	const shown = 8
	switch {
	case len(names) == 0:
		return "the file has no " + what
	case len(names) > shown:
		names = append(slices.Clone(names[:shown]), "…")
	}
	return "one of " + strings.Join(names, ", ")
}
