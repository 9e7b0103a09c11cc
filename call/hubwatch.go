package call

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline"
)

// watches finds the supervisors' lines. The hub's lock guards it.
type watches struct {
	by     map[string]*worker               // the line of each login
	follow map[hotline.AgentID][]*worker    // the lines that follow an agent
	at     map[hotline.CallID][]*worker     // the lines at a call, or on their way there
	state  map[*worker]*hotline.Supervision // of each line, as of its last step
}

func newWatches() watches {
	return watches{
		by: map[string]*worker{}, follow: map[hotline.AgentID][]*worker{}, at: map[hotline.CallID][]*worker{},
		state: map[*worker]*hotline.Supervision{},
	}
}

// watched is what is wanted of a supervisor's line and who waits for what comes of it.
type watched struct {
	Watch
	reply chan<- watchAnswer // with room for one
}

type watchAnswer struct {
	state hotline.Supervision
	err   error
}

// Supervise opens a supervisor's line or changes what it does, and returns it as it stands then; of a new one, whether its phone
// rings. Errors are those of Command.
func (h *Hub) Supervise(ctx context.Context, q hotline.Supervise) (hotline.Supervision, error) {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Ask)
	defer cancel()
	reply := make(chan watchAnswer, 1)
	if err := h.supervise(q, reply); err != nil {
		return hotline.Supervision{}, err
	}
	select {
	case a := <-reply:
		return a.state, a.err
	case <-ctx.Done():
		return hotline.Supervision{}, fmt.Errorf("supervision by %s: %w", q.By, ctx.Err())
	case <-h.ctx.Done():
		return hotline.Supervision{}, noSupervision(q.By)
	}
}

func noSupervision(by string) error {
	return &hotline.Refusal{Kind: hotline.ErrUnknown, Format: "supervision by %s", Args: []any{by}}
}

func (h *Hub) supervise(q hotline.Supervise, reply chan<- watchAnswer) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	in := watched{Watch{Ask: q}, reply}
	if q.Follow != "" {
		if w := h.routes.talks[q.Follow]; w != nil {
			in.Target = w.id
		}
	} else if in.Target = h.callOf(q.Contact); in.Target == "" {
		return &hotline.Refusal{Kind: hotline.ErrUnknown, Format: "call of contact %q", Args: []any{string(q.Contact)}}
	}
	if w := h.watches.by[q.By]; w != nil {
		if !w.box.offer(in) {
			return fmt.Errorf("supervision by %s: %w", q.By, hotline.ErrOverload)
		}
		return nil
	}
	switch {
	case q.Phone == "":
		return refuse("the supervisor has no phone: which one shall be rung?")
	case h.draining || h.ctx.Err() != nil || len(h.open) >= h.cfg.MaxCalls:
		return fmt.Errorf("supervision by %s: %w", q.By, hotline.ErrOverload)
	}
	in.Line = hotline.NewCallID(time.Now())
	w := newWorker(h, in.Line, in.Line.Contact(), in.Line.Sub(1), in.Watch)
	w.wants = append(w.wants, reply)
	h.watches.by[q.By] = w
	h.watches.state[w] = &hotline.Supervision{Line: in.Line, By: q.By}
	h.start(w)
	return nil
}

// callOf is the open call of a contact, that in which somebody speaks with the customer if there are several; empty: there is none.
// h.mu is held.
func (h *Hub) callOf(contact hotline.ContactID) (found hotline.CallID) {
	if w := h.open[hotline.CallID(contact)]; w != nil && w.info.Load().Contact == contact { // as nearly all are
		return w.id
	}
	for id, w := range h.open { // any order: but for a moment there is one
		if i := w.info.Load(); i.Contact == contact && (found == "" || i.Phase == phaseTalk.String()) {
			found = id
		}
	}
	return found
}

// Unsupervise ends the supervision of the contact by the login, whose line waits on if it follows an agent; without a contact it
// ends the line.
func (h *Hub) Unsupervise(by string, contact hotline.ContactID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.watches.by[by]
	if w == nil || contact != "" && h.callOf(contact) != h.watches.state[w].Call {
		return noSupervision(by)
	}
	w.box.put(Unwatch{All: contact == ""})
	return nil
}

// Supervision is the login's line as it stands; false: it has none.
func (h *Hub) Supervision(by string) (hotline.Supervision, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.watches.by[by]; w != nil {
		return *h.watches.state[w], true
	}
	return hotline.Supervision{}, false
}

// watching notes where a supervisor's line stands.
func (h *Hub) watching(w *worker) {
	s := w.machine.Watching()
	if s == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.watches.state[w]
	if was == nil || *was == *s {
		return
	}
	h.watches.state[w] = s
	if was.Call != s.Call {
		leaveList(h.watches.at, was.Call, w)
		if s.Call != "" {
			h.watches.at[s.Call] = append(h.watches.at[s.Call], w)
		}
	}
	if was.Follow != s.Follow {
		leaveList(h.watches.follow, was.Follow, w)
		if s.Follow != "" {
			h.watches.follow[s.Follow] = append(h.watches.follow[s.Follow], w)
			if t := h.routes.talks[s.Follow]; t != nil && t.id != s.Call { // it began to speak meanwhile
				w.box.put(Turned{t.id})
			}
		}
	}
	if s.Call != "" && was.Call != s.Call && h.open[s.Call] == nil { // and this ended
		w.box.put(Dismissed{s.Call, noCall(s.Call)})
	}
	if s.State == hotline.SupervisionOver || s.State == hotline.SupervisionTook {
		if h.watches.by[s.By] == w {
			delete(h.watches.by, s.By)
		}
	}
}

func leaveList[K comparable](lists map[K][]*worker, k K, w *worker) {
	if rest := slices.DeleteFunc(slices.Clone(lists[k]), func(x *worker) bool { return x == w }); len(rest) > 0 {
		lists[k] = rest
	} else {
		delete(lists, k)
	}
}

// turn tells the lines that follow the agent where it speaks now. h.mu is held.
func (h *Hub) turn(agent hotline.AgentID, at *worker) {
	for _, w := range h.watches.follow[agent] {
		w.box.put(Turned{at.id})
	}
}

// post brings a call's messages to the others. A place that cannot be asked for is none.
func (h *Hub) post(from *worker, posts []Post) {
	if len(posts) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range posts {
		to := h.open[p.To]
		_, asks := p.In.(Attend)
		switch {
		case to == nil && asks:
			from.box.put(Dismissed{p.To, noCall(p.To)})
		case to == nil:
		case !asks:
			to.box.put(p.In)
		case !to.box.offer(p.In):
			from.box.put(Dismissed{p.To, hotline.ErrOverload})
		}
	}
}

// unwatch tells the others that a call is over: those who supervise it, or whom its line supervised. h.mu is held.
func (h *Hub) unwatch(w *worker) {
	for _, line := range h.watches.at[w.id] {
		line.box.put(Dismissed{w.id, nil})
	}
	s := h.watches.state[w]
	if s == nil {
		return
	}
	delete(h.watches.state, w)
	leaveList(h.watches.at, s.Call, w)
	leaveList(h.watches.follow, s.Follow, w)
	if h.watches.by[s.By] == w {
		delete(h.watches.by, s.By)
	}
	if t := h.open[s.Call]; t != nil {
		t.box.put(Depart{w.id}) // it may have heard so from the line itself
	}
	for _, reply := range w.wants {
		reply <- watchAnswer{err: noSupervision(s.By)}
	}
	w.wants = nil
}

// endWatches ends the lines of supervisors when there is nothing else. h.mu is held.
func (h *Hub) endWatches() {
	if len(h.watches.state) == 0 || len(h.open) > len(h.watches.state) {
		return
	}
	for w := range h.watches.state { // any order: all of them
		w.box.must(Abort{hotline.CauseShutdown})
	}
}

// wanted does what is wanted of a supervisor's line.
func (w *worker) wanted(in watched) {
	w.wants = append(w.wants, in.reply)
	w.handle(in.Watch)
}

// settle answers who wanted something of the line first.
func (w *worker) settle(out Output) {
	if !out.Settled || len(w.wants) == 0 {
		return
	}
	a := watchAnswer{err: out.Denied}
	if s := w.machine.Watching(); s != nil {
		a.state = *s
	}
	w.wants[0] <- a
	w.wants = w.wants[1:]
}
