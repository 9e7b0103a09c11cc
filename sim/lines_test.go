package sim

import (
	"fmt"
	"time"

	"hotline"
)

// queueLines holds the order in the queues whose need does not widen: first come, first served.
type queueLines struct {
	waits map[hotline.QueueID]map[hotline.VisitID]time.Time
	since map[hotline.VisitID]time.Time
	of    map[hotline.VisitID]hotline.ContactID
	rings map[hotline.ContactID]int           // phones that ring for a contact
	agent map[hotline.AgentID]hotline.VisitID // in a talk
}

func newLines() *queueLines {
	return &queueLines{
		waits: map[hotline.QueueID]map[hotline.VisitID]time.Time{}, since: map[hotline.VisitID]time.Time{}, rings: map[hotline.ContactID]int{}, of: map[hotline.VisitID]hotline.ContactID{},
		agent: map[hotline.AgentID]hotline.VisitID{},
	}
}

func (l *queueLines) see(ev hotline.Event) string {
	line := l.waits[ev.Queue]
	if line == nil {
		line = map[hotline.VisitID]time.Time{}
		l.waits[ev.Queue] = line
	}
	switch f := ev.Fact.(type) {
	case hotline.Queued:
		place := f.Place // of an earlier wait
		if place.IsZero() {
			place = f.Since
		}
		line[f.Visit], l.since[f.Visit], l.of[f.Visit] = place, place, ev.Contact
	case hotline.Offered: // the agent of a promise was kept for it when nobody stood before it
		for v, since := range line {
			rings := l.rings[l.of[v]] > 0 || l.of[v] == ev.Contact // behind all for whom no phone rings
			if since.Before(l.since[f.Visit]) && ev.Queue != "rescue" && !rings && f.Pick.Rule != "callback" {
				return fmt.Sprintf("%s is offered while %s stands before it in %s", f.Visit, v, ev.Queue)
			}
		}
		l.rings[ev.Contact]++
		if v, ok := l.agent[ev.Agent]; ok {
			return fmt.Sprintf("%s is offered %s and has %s", ev.Agent, f.Visit, v)
		}
	case hotline.OfferLost:
		l.rings[ev.Contact]--
	case hotline.Connected:
		delete(line, f.Visit)
		l.rings[ev.Contact]--
		l.agent[ev.Agent] = f.Visit
	case hotline.CalledIn:
		if v, ok := l.agent[ev.Agent]; ok {
			return fmt.Sprintf("%s is called in for %s and has %s", ev.Agent, f.Visit, v)
		}
		l.agent[ev.Agent] = f.Visit
	case hotline.Released:
		delete(l.agent, ev.Agent)
	case hotline.Abandoned:
		delete(line, f.Visit)
	case hotline.Left:
		delete(line, f.Visit)
	}
	return ""
}
