package reports

import (
	"slices"
	"strings"

	"hotline"
)

// seenBy says whether who has the scope sees the contact: the lead of a team sees those that an agent of it had, and those that nobody
// had and that asked for one of the queues. The caller holds the fold's lock, if the record is the fold's.
func (r *record) seenBy(of Scope, b *book) bool {
	if of.Team == "" {
		return true
	}
	nobody := true
	for _, g := range r.segments {
		if g.Answered == 0 {
			continue
		}
		nobody = false
		if b.agent(g.Agent).Team == of.Team {
			return true
		}
	}
	return nobody && slices.ContainsFunc(r.visits, func(v *visit) bool { return slices.Contains(of.Queues, v.queue) })
}

// whose is a scope as chapters are looked through for it.
type whose struct {
	agents map[string]bool // postings of the team's agents
	queues map[string]bool // and of its queues
}

// whose is nil for who sees all.
func (b *book) whose(of Scope) *whose {
	if of.Team == "" {
		return nil
	}
	w := &whose{map[string]bool{}, map[string]bool{}}
	for id, a := range b.agents {
		if a.Team == of.Team {
			w.agents[byAgent+string(id)] = true
		}
	}
	for _, q := range of.Queues {
		w.queues[byQueue+string(q)] = true
	}
	return w
}

// may says whether a chapter may hold a contact that is seen.
func (w *whose) may(c *chapter) bool {
	for _, set := range []map[string]bool{w.agents, w.queues} {
		for v := range set {
			if c.has(v) {
				return true
			}
		}
	}
	return false
}

// rows says which contacts of a chapter may be seen: those that an agent of the team was joined to, and those of its queues but for the
// ones that somebody answered. More than are seen, never fewer.
func (w *whose) rows(postings []byte, n int) []bool {
	const (
		mine = 1 << iota
		asked
		answered
		joined
	)
	flags, out := make([]byte, n), make([]bool, n)
	d := bytesReader{b: postings}
	for range d.uvarint() {
		name, list := string(d.bytes()), bytesReader{b: d.bytes()}
		if d.bad {
			break
		}
		var flag byte
		switch {
		case w.agents[name]:
			flag = mine | joined
		case strings.HasPrefix(name, byAgent):
			flag = joined
		case w.queues[name]:
			flag = asked
		case name == byOutcome+string(hotline.OutcomeAnswered):
			flag = answered
		default:
			continue
		}
		for last := 0; len(list.b) > 0; {
			if last += int(list.uvarint()); list.bad || last < 0 || last >= n {
				break
			}
			flags[last] |= flag
		}
	}
	for i, f := range flags {
		out[i] = f&mine != 0 || f&asked != 0 && f&(answered|joined) != answered|joined
	}
	return out
}

// fits says whether a contact with these numbers is looked for; to is that of a call out.
func (s *Search) fits(from, to string) bool {
	if s.Masked {
		return numberFits(s.Number, shown(from), shown(to))
	}
	return numberFits(s.Number, from, to)
}

// shown is a number as it is shown to who may not see it.
func shown(number string) string {
	if number == "" {
		return ""
	}
	return hotline.Party{Number: number}.Masked().Number
}
