package acd

import (
	"cmp"
	"slices"
	"time"

	"hotline"
	"hotline/agentstate"
)

// preferFor is how long an agent that a flow or a number table names is asked alone, where neither it nor the queue says.
const preferFor = 30 * time.Second

// prefers returns the agent to be asked first and alone, and until when; nil for none. One whom the request names is asked
// whatever the queue needs; the one who spoke with the caller last must fit it. Either must be at work.
func (s *step) prefers(v *visit, q hotline.Enqueue) (*agent, time.Time) {
	rule := v.queue.rules.LastAgent
	a, long := s.agents[q.Prefer], cmp.Or(q.PreferFor, rule.For, preferFor)
	if q.Prefer == "" && rule.For > 0 {
		last := s.talks.last(v.queue.id, v.from.Number)
		within := cmp.Or(rule.Within, 7*24*time.Hour)
		if a = s.agents[last.agent]; a == nil || s.now.Sub(last.at) > within || !s.could(a, v) {
			return nil, time.Time{}
		}
		long = rule.For
	}
	if a == nil || a.gone || !agentstate.Working(a.state) {
		return nil, time.Time{}
	}
	return a, s.now.Add(long)
}

// could says whether the agent fits the visit now or after relaxing.
func (s *step) could(a *agent, v *visit) bool {
	levels, specs, _ := s.levelsOf(v, 0)
	for i, p := range levels {
		if p != nil && slices.Contains(a.pools, p) || p == nil && specs[i].admits(a.skills, a.team) {
			return true
		}
	}
	return false
}

// unprefer asks everybody from now on.
func (s *step) unprefer(v *visit) {
	s.emit(s.of(v, "", hotline.PreferEnded{Visit: v.id}))
}

func (r *Router) applyPreferEnded(f hotline.PreferEnded) {
	v := r.visits[f.Visit]
	if v == nil || v.prefer == nil {
		return
	}
	r.unwait(v)
	v.prefer, v.preferUntil = nil, time.Time{}
	r.ripening(v)
	r.wait(v)
}

// forsake lets everybody be asked for those who waited for an agent that no longer works.
func (s *step) forsake(a *agent) {
	var all []*visit
	for {
		t := turn{now: s.now.UnixMilli()}
		if a.own.waiting(&t); t.visit == nil {
			break
		}
		all = append(all, t.visit)
		s.unprefer(t.visit)
	}
	if len(all) == 0 || s.all {
		return
	}
	if s.back != nil {
		all = append(all, s.back.group()...)
	}
	s.placeInTurn(all)
}

// placeInTurn places visits, the first to be served first.
func (s *step) placeInTurn(all []*visit) {
	for _, v := range all {
		all = append(all, s.spread(v)...)
	}
	now := s.now.UnixMilli()
	in := make(map[laneKey]*placing)
	var lanes []*placing
	for _, v := range all {
		key := v.lane()
		if in[key] == nil {
			in[key] = &placing{key: key}
			lanes = append(lanes, in[key])
		}
		in[key].visits = append(in[key].visits, v)
	}
	for _, l := range lanes {
		slices.SortFunc(l.visits, func(a, b *visit) int {
			switch {
			case a == b:
				return 0
			case a.before(s.now, b):
				return -1
			}
			return 1
		})
		l.measure(now)
	}
	for range all { // which queue is the longest changes with everyone who is served
		var next *placing
		for _, l := range lanes {
			if len(l.visits) > 0 && (next == nil || l.before(now, next)) {
				next = l
			}
		}
		v := next.visits[0]
		next.visits = next.visits[1:]
		s.place(v)
		next.measure(now)
	}
}

// placing is the visits of one lane that are to be placed, the first to be served first.
type placing struct {
	key    laneKey
	visits []*visit
	length float64
}

func (l *placing) measure(now int64) {
	if l.key.of != nil {
		l.length = l.key.of.length(now)
	}
}

func (l *placing) before(now int64, m *placing) bool {
	if l.length != m.length {
		return l.length > m.length
	}
	return ahead(now, l.visits[0].rank(), l.key, m.visits[0].rank(), m.key)
}

// mostTalks bounds the memory of who spoke with whom.
const mostTalks = 20_000

// talks is who spoke last with each caller in the queues that ask for it, the latest mostTalks of them.
type talks struct {
	of    map[talkKey]lastTalk
	order tree[talkKey]
	seq   uint64
}

type talkKey struct {
	queue  hotline.QueueID
	number string
}

type lastTalk struct {
	agent hotline.AgentID
	at    time.Time
	seq   uint64
}

func (t *talks) last(q hotline.QueueID, number string) lastTalk {
	if number == "" {
		return lastTalk{}
	}
	return t.of[talkKey{q, number}]
}

func (t *talks) note(at time.Time, q hotline.QueueID, number string, a hotline.AgentID) {
	if t.of == nil {
		t.of = make(map[talkKey]lastTalk)
	}
	who := talkKey{q, number}
	if was, ok := t.of[who]; ok {
		t.order.remove(rank{n: was.seq, a: int64(was.seq)})
	}
	t.seq++
	t.of[who] = lastTalk{a, at, t.seq}
	t.order.insert(rank{n: t.seq, a: int64(t.seq)}, who)
	for len(t.of) > mostTalks {
		at, oldest, _ := t.order.first()
		t.order.remove(at)
		delete(t.of, oldest)
	}
}

type talkedImage struct {
	Queue  hotline.QueueID `json:"queue"`
	Number string          `json:"number"`
	Agent  hotline.AgentID `json:"agent"`
	At     time.Time       `json:"at"`
}

func (t *talks) image() []talkedImage {
	var all []talkedImage
	for k := range t.order.len() {
		who := t.order.kth(k)
		last := t.of[who]
		all = append(all, talkedImage{who.queue, who.number, last.agent, last.at})
	}
	return all
}
