package call

import "time"

// Depth is what waits in a hub's calls now.
type Depth struct {
	Inputs  int           // in all inboxes
	Deepest int           // in one
	Longest time.Duration // how long the oldest has waited
}

// Depth looks at every call's inbox: for a scrape, not for a path of calls.
func (h *Hub) Depth() Depth {
	h.mu.Lock()
	all := make([]*worker, 0, len(h.open))
	for _, w := range h.open {
		all = append(all, w)
	}
	h.mu.Unlock()
	var d Depth
	now := time.Now()
	for _, w := range all {
		n, since := w.box.depth()
		if n == 0 {
			continue
		}
		d.Inputs += n
		d.Deepest = max(d.Deepest, n)
		d.Longest = max(d.Longest, now.Sub(since))
	}
	return d
}

// Routed is the number of the last event that was handed to the calls.
func (h *Hub) Routed() uint64 { return h.after.Load() }
