package acd

import (
	"cmp"
	"slices"

	"hotline"
)

// tournament finds the least occupied of the ready members of a pool. The shares of ready agents fall as time passes, each at a
// pace of its own, so an order by share would have to be sorted anew all the time. This is a kinetic tournament (Basch, Guibas,
// Hershberger 1997): a tree of matches that knows of each until when its winner stays the winner. A match is played again when
// somebody asks for the winner and that time is over, or who takes part has changed. Any two agents change places once at most
// while both are ready, so that a question costs O(log² n) matches over time; a change of who is ready costs O(log n); midnight,
// when all shares begin anew, costs n matches in each pool.
//
// The winner depends on the agents and the time alone, not on when it was asked for before.
type tournament struct {
	best    string   // a skill whose higher levels come first
	seats   []*agent // all members in file order
	matches []match  // 1 is the final; that of i is between 2i and 2i+1; seats are behind, from len(seats) on
}

// match is valid from one moment and up to another, Unix ms.
type match struct {
	winner      *agent // nil: nobody is ready
	from, until int64
}

func newTournament(best string, members []*agent) *tournament {
	slices.SortFunc(members, func(a, b *agent) int { return cmp.Compare(a.index, b.index) })
	t := &tournament{best: best, seats: members, matches: make([]match, 2*len(members))}
	for i, a := range members {
		seat := &t.matches[len(members)+i]
		seat.from, seat.until = -never, never
		if a.indexed {
			seat.winner = a
		}
	}
	return t
}

func (t *tournament) seat(a *agent) (int, bool) {
	i, ok := slices.BinarySearchFunc(t.seats, a.index, func(b *agent, index int) int { return cmp.Compare(b.index, index) })
	return len(t.seats) + i, ok && t.seats[i] == a
}

// enter lets the agent take part, leave ends it. What it has done may have changed in between.
func (t *tournament) enter(a *agent) { t.set(a, a) }
func (t *tournament) leave(a *agent) { t.set(a, nil) }

func (t *tournament) set(a, winner *agent) {
	i, ok := t.seat(a)
	if !ok {
		return
	}
	t.matches[i].winner = winner
	for i /= 2; i >= 1 && t.matches[i].until > t.matches[i].from; i /= 2 { // who is above an unplayed match is unplayed
		t.matches[i] = match{}
	}
}

// play returns the winner of a match at a time.
func (t *tournament) play(i int, m moment) match {
	x := &t.matches[i]
	if x.from <= m.now && m.now < x.until {
		return *x
	}
	*x = t.between(t.play(2*i, m), t.play(2*i+1, m), m)
	return *x
}

// between is the match of two winners.
func (t *tournament) between(a, b match, m moment) match {
	x := match{a.winner, m.now, min(a.until, b.until, m.day.ends)}
	if a.winner == nil || b.winner == nil {
		x.winner = cmp.Or(a.winner, b.winner)
		return x
	}
	loser := b.winner
	if t.compare(a.winner, b.winner, m) > 0 {
		x.winner, loser = b.winner, a.winner
	}
	if t.tier(x.winner) == t.tier(loser) {
		o, p := x.winner.occupancyAt(m), loser.occupancyAt(m)
		x.until = min(x.until, m.now+o.keeps(p, x.winner.index < loser.index))
	}
	return x
}

func (t *tournament) tier(a *agent) int {
	if t.best == "" {
		return 0
	}
	return 9 - min(9, a.skills[t.best])
}

// compare orders agents by tier, then share, then place in the file.
func (t *tournament) compare(a, b *agent, m moment) int {
	if c := cmp.Compare(t.tier(a), t.tier(b)); c != 0 {
		return c
	}
	return cmp.Or(a.occupancyAt(m).compare(b.occupancyAt(m)), cmp.Compare(a.index, b.index))
}

// first returns the ready agent who comes first, another one than that of the id if there is one. Somebody must be ready.
func (t *tournament) first(m moment, not hotline.AgentID) *agent {
	winner := t.play(1, m).winner
	if winner.id != not {
		return winner
	}
	var others match
	for i, _ := t.seat(winner); i > 1; i /= 2 {
		others = t.between(others, t.play(i^1, m), m)
	}
	return cmp.Or(others.winner, winner)
}

// before counts the ready agents who come before the agent. It looks at all of them.
func (t *tournament) before(a *agent, m moment) (n int) {
	for _, seat := range t.matches[len(t.seats):] {
		if seat.winner != nil && t.compare(seat.winner, a, m) < 0 {
			n++
		}
	}
	return n
}
