package reports

import (
	"slices"

	"hotline"
)

// serving is who may serve which queue now: as the centre has it, but for agents to whom skills are lent.
type serving struct {
	book *book
	lent map[hotline.AgentID][]hotline.QueueID
}

// serving is that of the agents as they are.
func (f *Fold) serving(book *book, agents []AgentView) serving {
	s := serving{book: book}
	for _, a := range agents {
		if a.Lent == nil || f.cfg.Serves == nil {
			continue
		}
		if s.lent == nil {
			s.lent = map[hotline.AgentID][]hotline.QueueID{}
		}
		s.lent[a.ID] = f.cfg.Serves(a.ID, a.Lent.Skills)
	}
	return s
}

// queues are those that the agent may serve.
func (s serving) queues(id hotline.AgentID) []hotline.QueueID {
	if own, is := s.lent[id]; is {
		return own
	}
	return s.book.serves[id]
}

// agents are those who may serve the queue.
func (s serving) agents(id hotline.QueueID) []hotline.AgentID {
	all := s.book.queue(id).Agents
	if len(s.lent) == 0 {
		return all
	}
	all = slices.DeleteFunc(slices.Clone(all), func(a hotline.AgentID) bool { _, is := s.lent[a]; return is })
	for a, own := range s.lent {
		if slices.Contains(own, id) {
			all = append(all, a)
		}
	}
	slices.Sort(all)
	return all
}
