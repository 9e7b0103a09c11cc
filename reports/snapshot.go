package reports

import (
	"cmp"
	"slices"

	"hotline"
)

// snapshot is what a query needs, copied under the fold's lock: open visits by value, everything older by reference,
// because it never changes again.
type snapshot struct {
	seq    uint64
	book   *book
	closed history[*visit]
	open   []visit // by since, then id

	promises []Callback // open, by place
	kept     history[*Callback]
	surveys  history[surveyStep]
	codes    history[codeStep]

	transfers history[transferStep]
}

func (f *Fold) snapshot() snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snap()
}

// snap is snapshot for who holds the lock.
func (f *Fold) snap() snapshot {
	s := snapshot{
		seq: f.seq, book: f.book, closed: f.closed, open: make([]visit, 0, len(f.open)),
		promises: f.openPromises(), kept: f.promises.over, surveys: f.surveys, codes: f.codes,
		transfers: f.transfers,
	}
	for _, v := range f.open {
		if !v.test {
			s.open = append(s.open, *v)
		}
	}
	slices.SortFunc(s.open, func(a, b visit) int { return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.id, b.id)) })
	return s
}

// visits calls f with every visit that any attribution may place in [from, to), and with some more.
func (s *snapshot) visits(from, to int64, f func(*visit)) {
	for v := range s.closed.span(from, to) {
		f(v)
	}
	for i := range s.open {
		f(&s.open[i])
	}
}

// queueOrder is the centre's queues, then those that only the log knows.
func (b *book) queueOrder(seen map[hotline.QueueID]bool) []hotline.QueueID {
	var ids, others []hotline.QueueID
	for _, q := range b.centre.Queues {
		ids = append(ids, q.ID)
	}
	for id := range seen {
		if _, ok := b.queues[id]; !ok {
			others = append(others, id)
		}
	}
	slices.Sort(others)
	return append(ids, others...)
}

// agentOrder is the centre's agents, then those that only the log knows.
func (b *book) agentOrder(seen []hotline.AgentID) []hotline.AgentID {
	var ids, others []hotline.AgentID
	for _, a := range b.centre.Agents {
		ids = append(ids, a.ID)
	}
	for _, id := range seen {
		if _, ok := b.agents[id]; !ok {
			others = append(others, id)
		}
	}
	slices.Sort(others)
	return append(ids, others...)
}
