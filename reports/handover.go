package reports

import (
	"cmp"
	"hash/fnv"
	"slices"

	"hotline"
)

// who is the customer's number as a figure: the same number in whichever form it was dialled has the same. 0: not known, or
// the caller did not want to be known.
func (r *record) who() uint64 {
	if r.c.Anonymous {
		return 0
	}
	key := NumberKey(r.c.Customer().Number)
	if key == "" {
		return 0
	}
	return whoIs(key)
}

// whoIs is the customer of that number key, hashed.
func whoIs(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

// cameFrom is the queue that the call was in before it asks again, or that it waits in already; empty: this is its first.
func (r *record) cameFrom() hotline.QueueID {
	for _, v := range slices.Backward(r.visits) {
		if v.blocked == "" && (v.beside == "" || v.outcome == hotline.OutcomeAnswered) {
			return v.queue
		}
	}
	return ""
}

// hop is a way between two queues.
type hop struct{ from, to hotline.QueueID }

// handOver counts what goes on from queue to queue.
type handOver struct {
	visits map[hop]int
	calls  map[hop]map[hotline.ContactID]bool
}

// handed says that the visit came from another queue: not if it never entered, or only waited beside the first one and was not
// answered.
func (v *visit) handed() bool {
	return v.came != "" && v.blocked == "" && v.counts() && (v.beside == "" || v.outcome == hotline.OutcomeAnswered)
}

// add counts the visit's coming.
func (h *handOver) add(v *visit) {
	if !v.handed() {
		return
	}
	if h.visits == nil {
		h.visits, h.calls = map[hop]int{}, map[hop]map[hotline.ContactID]bool{}
	}
	way := hop{v.came, v.queue}
	h.visits[way]++
	if h.calls[way] == nil {
		h.calls[way] = map[hotline.ContactID]bool{}
	}
	h.calls[way][v.contact] = true
}

func (h *handOver) export() []HandOver {
	out := []HandOver{}
	for way, n := range h.visits {
		out = append(out, HandOver{From: way.from, To: way.to, Visits: n, Calls: len(h.calls[way])})
	}
	slices.SortFunc(out, func(a, b HandOver) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return out
}
