package call

import (
	"slices"
	"strings"

	"hotline"
)

// routes finds the call that a call of an agent's own belongs to: the one in which the agent is speaking with a customer, which
// it wants to consult somebody about, or the one whose leg it is to replace. The hub's lock guards it.
type routes struct {
	lines map[hotline.CallID]*worker    // calls that came in and belong to another
	talks map[hotline.AgentID]*worker   // with whom the agent speaks
	desks map[hotline.AgentID][]*worker // every call that the agent takes part in
}

func newRoutes() routes {
	return routes{lines: map[hotline.CallID]*worker{}, talks: map[hotline.AgentID]*worker{}, desks: map[hotline.AgentID][]*worker{}}
}

// maxLines is how many calls of agents' own one call takes in its life: a phone that redials by itself must not fill it.
const maxLines = 100

// at is the call that the id belongs to; nil if there is none. h.mu is held.
func (h *Hub) at(call hotline.CallID) *worker {
	if w := h.open[call]; w != nil {
		return w
	}
	return h.routes.lines[call]
}

// owner is the open call that the incoming one belongs to; nil: it is one of its own. A code is never about the customer, and
// an emergency waits for nobody. h.mu is held.
func (h *Hub) owner(in hotline.Incoming) *worker {
	switch {
	case in.Agent == "":
		return nil
	case in.Replaces != "":
		i := strings.LastIndexByte(string(in.Replaces), '-')
		return h.at(hotline.CallID(in.Replaces[:max(i, 0)]))
	case strings.HasPrefix(in.To, "*") || slices.Contains(h.cfg.Plan().Emergency, in.To):
		return nil
	}
	return h.routes.talks[in.Agent]
}

// hand gives the incoming call to the one it belongs to and says whether there is one. h.mu is held.
func (h *Hub) hand(in hotline.Incoming) bool {
	w := h.owner(in)
	if w == nil || h.stopping || h.ctx.Err() != nil {
		return false
	}
	if len(w.lines) >= maxLines {
		h.refused.Add(1)
		h.running.Go(func() { h.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy}) })
		return true
	}
	h.routes.lines[in.Call] = w
	w.lines = append(w.lines, in.Call)
	if !w.box.put(Heard{in}) {
		h.running.Go(func() { h.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseOverload}) })
	}
	return true
}

// speaks notes with whom the call's customer speaks now; empty: with nobody.
func (h *Hub) speaks(w *worker, agent hotline.AgentID) {
	if w.serving == agent {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.routes.talks[w.serving] == w {
		delete(h.routes.talks, w.serving)
	}
	if w.serving = agent; agent != "" {
		h.routes.talks[agent] = w
		h.turn(agent, w)
	}
}

// unroute forgets a call that is over. Who came to it too late to be heard is told so. h.mu is held.
func (h *Hub) unroute(w *worker) {
	if h.routes.talks[w.serving] == w {
		delete(h.routes.talks, w.serving)
	}
	for _, c := range w.lines {
		delete(h.routes.lines, c)
	}
	h.leaveDesks(w)
	late, _ := w.box.take()
	for _, l := range late {
		if a, ok := l.(asked); ok {
			a.reply <- answer{err: noCall(w.id)}
		}
		if a, ok := l.(watched); ok {
			a.reply <- watchAnswer{err: noSupervision(a.Ask.By)}
		}
		if a, ok := l.(Attend); ok {
			if line := h.open[a.Line]; line != nil {
				line.box.put(Dismissed{w.id, noCall(w.id)})
			}
		}
		if s, ok := l.(Heard); ok {
			if in, ok := s.Signal.(hotline.Incoming); ok {
				h.running.Go(func() { h.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy}) })
			}
		}
	}
}
