package reports

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hotline"
)

// inBoth folds a day twice: with all of it in memory, and with nearly all on disk.
func inBoth(t *testing.T, d *day) (plain, bound *Fold, now *clock) {
	t.Helper()
	now = &clock{}
	plain, bound = New(Config{Centre: simCentre(time.UTC), Now: now.now}), archiveFold(&heap{}, now.now)
	for i, ev := range d.sorted() {
		now.t = ev.At
		plain.Apply(ev)
		bound.Apply(ev)
		if i%150 == 0 {
			bound.Tidy(t.Context())
		}
	}
	bound.Tidy(t.Context())
	return plain, bound, now
}

// TestTeamsContacts: the pages of a team's lead are full, and are all contacts that an agent of the team had and those of its queues that
// nobody had: in memory and on disk, whatever else is asked for.
func TestTeamsContacts(t *testing.T) {
	d := richDay(t, 91, 250)
	plain, bound, now := inBoth(t, d)
	teams := map[hotline.AgentID]string{"a0": "a", "a1": "a", "a2": "b"}
	for _, of := range []Scope{{Team: "a", Queues: []hotline.QueueID{"claims"}}, {Team: "b", Queues: []hotline.QueueID{}}, {Team: "nobody's"}} {
		for _, s := range []Search{{}, {Queue: "claims"}, {Agent: "a1"}, {Outcome: "abandoned"}, {Number: "1380000"}, {From: At(now.t.Add(-5 * time.Hour))}} {
			var want []hotline.ContactID
			for _, c := range pages(t, plain, s) {
				seen := slices.ContainsFunc(c.Agents, func(id hotline.AgentID) bool { return teams[id] == of.Team })
				if len(c.Agents) == 0 {
					seen = slices.ContainsFunc(c.Queues, func(q hotline.QueueID) bool { return slices.Contains(of.Queues, q) })
				}
				if seen {
					want = append(want, c.ID)
				}
			}
			s.Of = of
			for name, f := range map[string]*Fold{"in memory": plain, "on disk": bound} {
				var got []hotline.ContactID
				for _, c := range pages(t, f, s) {
					got = append(got, c.ID)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, %+v: %d contacts, want %d", name, s, len(got), len(want))
				}
				s.Limit = 9
				if p, err := f.Contacts(s); err != nil || len(p.Items) != min(9, len(want)) || (p.Next != "") != (len(want) > 9) {
					t.Errorf("%s, %+v: a page of %d with more after %q, of %d: %v", name, s, len(p.Items), p.Next, len(want), err)
				}
				s.Limit = 0
			}
		}
	}
	if len(pages(t, bound, Search{Of: Scope{Team: "a"}})) == 0 {
		t.Error("team a had no contact: nothing is tested")
	}
}

// TestMaskedSearch: who sees 138****0012 finds contacts by that alone: no digit that is hidden says whether it is the right one.
func TestMaskedSearch(t *testing.T) {
	d := richDay(t, 92, 120)
	plain, bound, _ := inBoth(t, d)
	all := pages(t, plain, Search{})
	number := all[len(all)/2].From.Number
	for part, found := range map[string]bool{
		number[:3]: true, number[len(number)-4:]: true, "****": true, number[:3] + "****" + number[len(number)-4:]: true,
		number: false, number[:4]: false, number[3:7]: false, number[:8]: false, number[len(number)-5:]: false,
	} {
		if part == number[3:7] && part == number[len(number)-4:] {
			continue
		}
		for name, f := range map[string]*Fold{"in memory": plain, "on disk": bound} {
			got := false
			for _, c := range pages(t, f, Search{Number: part, Masked: true}) {
				got = got || c.From.Number == number
			}
			if got != found {
				t.Errorf("%s: %q finds %s: %v", name, part, fmt.Sprint(number), got)
			}
		}
	}
}
