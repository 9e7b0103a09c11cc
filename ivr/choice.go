package ivr

import (
	"time"

	"hotline"
	"hotline/centre"
)

// Choosing is the time between two askings of the queue's choice; 0: who waits in it is not asked.
func (q Queue) Choosing() time.Duration {
	switch {
	case q.Choice == nil:
		return 0
	case q.Choice.Every <= 0:
		return 30 * time.Second
	}
	return q.Choice.Every
}

// Choose begins the dialogue in which a caller who waits in the queue is asked what it wants. Its tries being over, the
// caller waits on, unless the centre file says otherwise.
func (p *Plan) Choose(queue hotline.QueueID, attrs map[string]string) *Session {
	stay := centre.Step{Kind: centre.StepStay}
	menu := centre.Menu{}
	if c := p.Queues[queue].Choice; c != nil {
		menu = *c
	}
	if len(menu.Otherwise) == 0 {
		menu.Otherwise = []centre.Step{stay}
	}
	return p.Resume(string(queue)+".choice", []centre.Step{{Kind: centre.StepMenu, Menu: &menu}, stay}, attrs, true)
}
