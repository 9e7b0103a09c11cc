package acd

import (
	"maps"
	"slices"
	"testing"
	"time"

	"hotline"
)

// playLend lends an agent a few skills, or ends that; some of it is refused.
func (g *game) playLend(id hotline.AgentID) {
	q := hotline.Lend{Agent: id, By: "lead", Until: g.now.Add(time.Duration(g.rng.IntN(40)) * time.Minute)}
	known := slices.Sorted(maps.Keys(g.router.skills))
	if n := g.rng.IntN(3); n > 0 && len(known) > 0 {
		q.Skills = map[string]int{}
		for range n {
			q.Skills[pickOne(g.rng, known...)] = g.rng.IntN(10)
		}
	}
	g.step(q)
}

// TestLentPools: after any lending the pools are those that a router made anew from the snapshot has.
func TestLentPools(t *testing.T) {
	c := mustParse(t, `
agents:
  - {id: "1", password: x, skills: {a: 1, b: 2}}
  - {id: "2", password: x, skills: {a: 3}}
  - {id: "3", password: x, skills: {c: 3}}
queues:
  - {id: a, needs: a, strategy: least_occupied, wrap_up: {mode: none}}
  - {id: b, needs: b >= 2 or c, strategy: least_flexible, wrap_up: {mode: none}}
  - {id: v, needs: $lang, wrap_up: {mode: none}}
`)
	r := NewRouter("main", c)
	now := time.Unix(1e9, 0).UTC()
	for _, q := range []hotline.Lend{
		{Agent: "2", Skills: map[string]int{"b": 2}},
		{Agent: "1", Skills: map[string]int{"a": 0, "b": 0}},
		{Agent: "3", Skills: map[string]int{"c": 0, "a": 9}}, // nobody has c any more
		{Agent: "2"},
		{Agent: "3"},
	} {
		if q.Skills != nil {
			q.Until = now.Add(time.Hour)
		}
		if _, err := r.Step(now, q); err != nil {
			t.Fatal(err)
		}
		image, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := Restore("main", c, image)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(r.skills, fresh.skills) || len(r.classes) != len(fresh.classes) {
			t.Errorf("%v: skills %v in %d classes, made anew %v in %d", q, r.skills, len(r.classes), fresh.skills, len(fresh.classes))
		}
		for _, p := range r.pools {
			if f := fresh.byKey[p.key]; f == nil || f.members != p.members || f.staff != p.staff {
				t.Errorf("%v: pool %s has %d members, %d at work, made anew %+v", q, p.key, p.members, p.staff, f)
			}
		}
		for _, a := range r.roster {
			if f := fresh.agents[a.id]; f.serves != a.serves || len(f.pools) != len(a.pools) {
				t.Errorf("%v: agent %s serves %d queues in %d pools, made anew %d in %d", q, a.id, a.serves, len(a.pools), f.serves, len(f.pools))
			}
		}
	}
}
