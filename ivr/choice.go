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

// Choose begins the dialogue in which a caller who waits in the queue is asked what it wants. At its end and after its last
// try the caller waits on.
func (p *Plan) Choose(queue hotline.QueueID, attrs map[string]string) *Session {
	return p.Resume(string(queue)+choiceSuffix, []centre.Step{{Kind: centre.StepMenu, Menu: p.Queues[queue].Choice}}, attrs, true)
}
