package call

import (
	"slices"

	"hotline"
)

// overheard adds the supervisors to who hears whom. What they hear is the customer's talk: the customer and whom it hears. Of the
// agent's consults they hear nothing, but for the agent's own voice if it is the agent who is followed. Who whispers is heard by
// the agent; who barges in by all who take part in the customer's talk, and while that rests by the agent.
func (m *Machine) overheard(mix hotline.Mix) hotline.Mix {
	watchers := slices.DeleteFunc(slices.Clone(m.watchers), func(w *watcher) bool { return !m.stays(w) }) // they go after this step
	if len(watchers) == 0 {
		return mix
	}
	rows := slices.Clone(mix.Members)
	talk := m.talkIn(rows)
	ear := m.ear()
	if ear != "" && !slices.ContainsFunc(rows, func(r hotline.Member) bool { return r.Leg == ear }) {
		rows = append(rows, hotline.Member{Leg: ear, Aside: true}) // it holds the customer, and can be spoken to
	}
	for i := range rows {
		r := &rows[i]
		for _, w := range watchers {
			if w.mode == hotline.ModeBarge && slices.Contains(talk, r.Leg) || w.mode != hotline.ModeListen && r.Leg == ear {
				r.Hears = append(slices.Clone(r.Hears), w.leg)
			}
		}
	}
	rows = slices.DeleteFunc(rows, func(r hotline.Member) bool { return r.Leg == ear && r.Aside && len(r.Hears) == 0 })
	hears := m.audible(mix.Members)
	for _, w := range watchers {
		row := hotline.Member{Leg: w.leg, Hears: slices.Clone(hears), Aside: w.mode != hotline.ModeBarge || len(talk) == 0}
		for _, o := range watchers {
			if o != w && o.mode == hotline.ModeBarge && len(talk) > 0 {
				row.Hears = append(row.Hears, o.leg)
			}
		}
		if w.follow != "" && ear != "" && !slices.Contains(talk, ear) && m.speaks(mix.Members, ear) {
			row.Hears = append(row.Hears, ear)
		}
		rows = append(rows, row)
	}
	mix.Members = rows
	return mix
}

// talkIn is who takes part in the customer's talk: the customer, whom it hears, and who hears it but is mute.
func (m *Machine) talkIn(rows []hotline.Member) (legs []hotline.LegID) {
	i := slices.IndexFunc(rows, func(r hotline.Member) bool { return r.Leg == m.first.id })
	if i < 0 {
		return nil
	}
	for _, r := range rows {
		if r.Leg == m.first.id || slices.Contains(rows[i].Hears, r.Leg) || slices.Contains(r.Hears, m.first.id) {
			legs = append(legs, r.Leg)
		}
	}
	return legs
}

// audible is what a supervisor hears: the customer and whom it hears. What a customer types or says to a dialogue is not for it.
func (m *Machine) audible(rows []hotline.Member) []hotline.LegID {
	there := m.phase == phaseTalk || m.phase == phaseOutside || m.phase == phaseQueue && m.session == nil
	if !there || m.first.state != legUp {
		return nil
	}
	hears := []hotline.LegID{m.first.id}
	for _, r := range rows {
		if r.Leg == m.first.id {
			hears = append(hears, r.Hears...)
		}
	}
	return hears
}

// speaks says whether somebody hears the leg.
func (m *Machine) speaks(rows []hotline.Member, leg hotline.LegID) bool {
	return slices.ContainsFunc(rows, func(r hotline.Member) bool { return slices.Contains(r.Hears, leg) })
}

// ear is the leg by which the agent listens; empty: none.
func (m *Machine) ear() hotline.LegID {
	if m.served() == "" {
		return ""
	}
	l := m.talk.leg
	if asked := m.aside(); asked != nil {
		l = asked[0]
	}
	if l == nil || l.state != legUp {
		return ""
	}
	return l.id
}
