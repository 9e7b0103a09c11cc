package acd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hotline"
	"hotline/centre"
)

// spec is whom a pool admits and in which order it asks them.
type spec struct {
	expr   centre.Expr
	family string
	best   string   // a skill: its higher levels are asked first; empty: no
	teams  []string // only agents of these; empty: all
}

// key is the same for two specs that admit and order alike.
func (x spec) key() string {
	return x.family + "/" + x.best + "/" + strings.Join(x.teams, ",") + ":" + x.expr.String()
}

func (x spec) admits(skills map[string]int, team string) bool {
	return (len(x.teams) == 0 || slices.Contains(x.teams, team)) && x.expr.Eval(skills)
}

func specOf(q centre.Queue, e centre.Expr) spec {
	return spec{expr: e, family: family(q.Strategy), best: q.BestFirst, teams: q.Teams}
}

// class is the agents of the file who have the same skills and team, and so stand in the same pools.
type class struct {
	skills map[string]int
	team   string
	agents []*agent
	pools  []*pool
	serves int
}

// most is how many pools may be made for what single callers need besides their queue's own. Whoever comes after them is
// served by his queue's.
const mostMade = 1000

// pool returns the pool of these specs, made and filled if there is none yet.
func (r *Router) pool(x spec) *pool {
	key := x.key()
	p := r.byKey[key]
	if p == nil {
		p = &pool{spec: x, key: key}
		r.byKey[key] = p
		r.pools = append(r.pools, p)
		for _, c := range r.classes {
			r.enter(c, p)
		}
		if p.family == centre.LeastOccupied {
			p.least = newTournament(p.best, r.membersOf(p))
		}
	}
	return p
}

// enter makes the agents of the class members of the pool, if it admits them.
func (r *Router) enter(c *class, p *pool) {
	if !p.admits(c.skills, c.team) {
		return
	}
	c.pools = append(c.pools, p)
	p.members += len(c.agents)
	for _, a := range c.agents {
		a.pools = c.pools
		p.recount(a.state, a.reason, +1)
		if a.indexed {
			p.ready.insert(p.rank(a), a)
		}
	}
}

func (r *Router) membersOf(p *pool) []*agent {
	all := make([]*agent, 0, p.members)
	for _, c := range r.classes {
		if slices.Contains(c.pools, p) {
			all = append(all, c.agents...)
		}
	}
	return all
}

// levelsOf returns the pools that the visit is to wait in, one for each relax step and one before them: its queue's, unless
// it needs more than these or the queue's needs name an attribute of the contact. ok is false if one of them has yet to be
// made and make does not say to; specs then holds what they would be.
func (r *Router) levelsOf(v *visit, most int) (levels []*pool, specs []spec, ok bool) {
	q := v.queue
	if q.unknown || v.needs == "" && !q.bound {
		return q.levels, nil, true
	}
	extra, err := centre.ParseExpr(v.needs)
	if err != nil {
		extra = centre.Expr{}
	}
	ok = true
	for i := range q.levels {
		e := q.rules.Needs
		if i > 0 {
			e = q.rules.Relax[i-1].Needs
		}
		x := specOf(q.rules, e.And(extra).Bind(v.attrs, func(skill string) bool { return r.skills[skill] }))
		p := r.byKey[x.key()]
		if p == nil && most > 0 {
			p = r.pool(x)
			p.made = true
			r.made++
			most--
		}
		ok = ok && p != nil
		levels, specs = append(levels, p), append(specs, x)
	}
	return levels, specs, ok
}

// settle gives the visit its pools.
func (r *Router) settle(v *visit) {
	if r.made >= mostMade {
		r.sweep()
	}
	levels, _, ok := r.levelsOf(v, mostMade-r.made)
	if !ok {
		levels = v.queue.levels
	}
	v.levels = levels
	v.level = min(v.level, len(levels)-1)
	for _, p := range levels {
		p.users++
	}
}

// unsettle is the end of settle.
func (v *visit) unsettle() {
	for _, p := range v.levels {
		p.users--
	}
}

// sweep drops the pools made for callers who are no longer there.
func (r *Router) sweep() {
	idle := func(p *pool) bool { return p.made && p.users == 0 }
	for _, p := range r.pools {
		if idle(p) {
			delete(r.byKey, p.key)
			r.made--
		}
	}
	r.pools = slices.DeleteFunc(r.pools, idle)
	for _, c := range r.classes {
		c.pools = slices.DeleteFunc(c.pools, idle)
		for _, a := range c.agents {
			a.pools = c.pools
		}
	}
}

// reach counts the agents of the file who could ever serve the visit, and says whether one can at once. The visit need not be
// in yet.
func (r *Router) reach(v *visit) (members int, atOnce bool) {
	levels, specs, _ := r.levelsOf(v, 0)
	for i, p := range levels {
		now := i == 0 || !v.place.Add(v.queue.rules.Relax[i-1].After).After(v.entered)
		if p != nil {
			members += p.members
			atOnce = atOnce || now && p.ready.len() > 0
			continue
		}
		for _, c := range r.classes {
			if specs[i].admits(c.skills, c.team) {
				members += len(c.agents)
				atOnce = atOnce || now && slices.ContainsFunc(c.agents, func(a *agent) bool { return a.indexed })
			}
		}
	}
	return members, atOnce
}

// adoptPools makes the pools of all queues, and those of the visits, and fills them with their members. What they know of the
// past is kept.
func (r *Router) adoptPools(visits []*visit) {
	old := r.byKey
	r.byKey, r.pools, r.made = make(map[string]*pool), nil, 0
	r.classify()
	for _, q := range r.lines {
		if q.unknown {
			q.levels, q.bound = []*pool{{key: nobody}}, false
			continue
		}
		q.levels = []*pool{r.pool(specOf(q.rules, q.rules.Needs))}
		q.bound = len(q.rules.Needs.Vars()) > 0
		for _, step := range q.rules.Relax {
			q.levels = append(q.levels, r.pool(specOf(q.rules, step.Needs)))
			q.bound = q.bound || len(step.Needs.Vars()) > 0
		}
	}
	for _, c := range r.classes {
		for _, q := range r.lines {
			if q.atOnce(c) {
				c.serves++
			}
		}
		for _, a := range c.agents {
			a.serves = c.serves
		}
	}
	for _, v := range visits {
		r.settle(v)
	}
	for key, p := range r.byKey {
		if was := old[key]; was != nil {
			p.own, p.all = was.own, was.all
		}
	}
}

// atOnce says whether the class can serve the queue without waiting for a relax step.
func (q *queue) atOnce(c *class) bool {
	for i, p := range q.levels {
		if i > 0 && q.rules.Relax[i-1].After > 0 {
			break
		}
		if slices.Contains(c.pools, p) {
			return true
		}
	}
	return false
}

// classify sorts the agents of the file into classes, in the order of the first of each.
func (r *Router) classify() {
	r.classes, r.skills = nil, make(map[string]bool)
	seen := make(map[string]*class)
	for _, a := range r.roster {
		a.pools, a.serves, a.own, a.indexed = nil, 0, line{}, false
		if a.gone {
			continue
		}
		sig := a.signature()
		c := seen[sig]
		if c == nil {
			c = &class{skills: a.skills, team: a.team}
			seen[sig] = c
			r.classes = append(r.classes, c)
			for skill := range a.skills {
				r.skills[skill] = true
			}
		}
		c.agents = append(c.agents, a)
	}
}

// signature is the same for two agents of one class. It is worked out once for the skills that the file gives.
func (a *agent) signature() string {
	if a.sig != "" {
		return a.sig
	}
	b := make([]byte, 0, 64)
	for _, k := range slices.Sorted(maps.Keys(a.skills)) {
		b = strconv.AppendInt(append(append(b, k...), '='), int64(a.skills[k]), 10)
		b = append(b, ';')
	}
	a.sig = string(append(append(b, '@'), a.team...))
	return a.sig
}

// nobody is the key of a pool without members, in which what cannot be served waits to be ended.
const nobody = "nobody"

// poolImage is a pool's past, and what a pool was made for if no queue has it.
type poolImage struct {
	Key string   `json:"key"`
	Own decayed  `json:"own"`
	All decayed  `json:"all"`
	For *madeFor `json:"for,omitempty"`
}

type madeFor struct {
	Needs  string   `json:"needs"`
	Family string   `json:"family"`
	Best   string   `json:"best,omitempty"`
	Teams  []string `json:"teams,omitempty"`
}

func (p *pool) image() poolImage {
	m := poolImage{Key: p.key, Own: p.own, All: p.all}
	if p.made {
		m.For = &madeFor{p.expr.String(), p.family, p.best, p.teams}
	}
	return m
}

// poolImages are those of the queues in their order, then those made for callers by key.
func (r *Router) poolImages() []poolImage {
	var all []poolImage
	for _, p := range r.pools {
		all = append(all, p.image())
	}
	slices.SortStableFunc(all, func(a, b poolImage) int {
		if a.For == nil || b.For == nil {
			return cmp.Compare(btoi(a.For != nil), btoi(b.For != nil))
		}
		return cmp.Compare(a.Key, b.Key)
	})
	return all
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *Router) restorePool(m poolImage) error {
	p := r.byKey[m.Key]
	if f := m.For; f != nil && p == nil && r.made < mostMade {
		e, err := centre.ParseExpr(f.Needs)
		if err != nil {
			return fmt.Errorf("acd: snapshot: pool %s: %w", m.Key, err)
		}
		p = r.pool(spec{e, f.Family, f.Best, f.Teams})
		p.made = true
		r.made++
	}
	if p != nil {
		p.own, p.all = m.Own, m.All
	}
	return nil
}

// widest bounds what a caller may need besides the queue's own needs, in bytes.
const widest = 1000

// asked returns the needs of a request as they go into the record: none if they cannot be read, because a caller is never
// refused for them.
func askedNeeds(q hotline.Enqueue) string {
	if e, err := centre.ParseExpr(q.Needs); err == nil && len(q.Needs) <= widest {
		return cmp.Or(e.Text, q.Needs)
	}
	return ""
}
