package call

import (
	"slices"

	"hotline"
)

// mixed says anew who hears whom.
func (m *Machine) mixed() {
	mix := m.mix()
	m.act(mix)
	m.comfort(mix)
}

// comfort plays music to who is alone in a conference because all others hold it, or are away, and silence to who hears nobody because
// they are mute: a phone that is sent nothing at all may take its call for dead.
func (m *Machine) comfort(mix hotline.Mix) {
	circle := m.circle()
	for _, l := range m.hearers(circle) {
		if l.state != legUp || l.holds && l != m.first {
			continue
		}
		want := ""
		switch {
		case slices.ContainsFunc(mix.Members, func(r hotline.Member) bool { return r.Leg == l.id && len(r.Hears) > 0 }):
		case slices.ContainsFunc(circle, func(o *leg) bool { return o != l && o.state == legUp && !o.holds }):
			want = "silence:1000"
		case l.out() && l != m.first:
			want = "silence:1000"
		case m.confers():
			want = "hold"
		}
		switch {
		case want == l.soothed:
		case want == "":
			m.hush(l)
		case l.play == "" || l.soothed != "":
			m.startPlay(l, forMusic, true, []string{want})
			l.soothed = want
		}
	}
}

// mix is who hears whom: the circle of the customer, that of the one who is consulted, and who hears along.
func (m *Machine) mix() hotline.Mix {
	mix := hotline.Mix{Call: m.call}
	for _, circle := range [][]*leg{m.circle(), m.aside()} {
		mix.Members = append(mix.Members, m.together(circle)...)
	}
	return m.overheard(mix)
}

// circle is who speaks with the customer, the customer first, or, once it is gone, who is left.
func (m *Machine) circle() []*leg {
	t, c := m.talk, m.consult
	var legs []*leg
	conference := m.confers()
	switch {
	case m.phase == phaseOutside && m.outside.joined:
		legs = append(legs, m.first, m.outside.leg)
	case m.phase == phaseTalk && t != nil && t.mixed && (conference || m.transfer == nil && !t.held):
		legs = append(legs, m.first)
		if !conference || !t.leg.out() && (c == nil || c.line != t.leg || c.away) {
			legs = append(legs, t.leg)
		}
	case m.phase == phaseAfter && !t.leg.out():
		legs = append(legs, t.leg)
	case m.phase == phaseAfter:
	default:
		return nil
	}
	for _, g := range m.members {
		if g.leg != nil && !g.leg.out() {
			legs = append(legs, g.leg)
		}
	}
	return legs
}

// aside is the agent with whom it consults.
func (m *Machine) aside() []*leg {
	if c := m.consult; c != nil && c.up && !c.away && !c.line.holds {
		return []*leg{c.line, c.leg}
	}
	return nil
}

// hearers are the circle, and who has left a conference for a while: it hears nothing, which is sent.
func (m *Machine) hearers(circle []*leg) []*leg {
	for _, l := range m.legs {
		if l.stepped && m.conferee(l) {
			circle = append(slices.Clip(circle), l)
		}
	}
	return circle
}

// unheard says whether nobody hears the leg: it is mute, or its phone may play something of its own into the conference that it holds.
func (m *Machine) unheard(l *leg) bool { return l.muted || l.holds && m.confers() }

// together are the rows of legs that hear each other, but for those who are not heard. One alone is not named.
func (m *Machine) together(legs []*leg) []hotline.Member {
	var up []*leg
	for _, l := range legs {
		if l.state == legUp {
			up = append(up, l)
		}
	}
	if len(up) < 2 {
		return nil
	}
	rows := make([]hotline.Member, 0, len(up))
	for _, l := range up {
		row := hotline.Member{Leg: l.id, Aside: l.muted && l.role != hotline.RoleCustomer}
		for _, o := range up {
			if o != l && !m.unheard(o) {
				row.Hears = append(row.Hears, o.id)
			}
		}
		rows = append(rows, row)
	}
	return rows
}
