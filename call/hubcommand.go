package call

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"hotline"
)

// asked is a command and who waits for what comes of it.
type asked struct {
	Commanded
	reply chan<- answer // with room for one
}

type answer struct {
	state hotline.CallState
	err   error
}

// Command asks something of a call in an agent's name and returns the call as the agent has it then. Errors wrap hotline.ErrUnknown
// (no such call, or the agent is not in it), hotline.ErrRefused (not now; the Refusal says why) or hotline.ErrOverload.
func (h *Hub) Command(ctx context.Context, call hotline.CallID, c hotline.Command) (hotline.CallState, error) {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Ask)
	defer cancel()
	reply := make(chan answer, 1)
	h.mu.Lock() // so that a call which ends finds what it can no more do
	w, ok := h.at(call), false
	if w != nil {
		ok = w.box.offer(asked{Commanded{c}, reply})
	}
	h.mu.Unlock()
	switch {
	case w == nil:
		return hotline.CallState{}, noCall(call)
	case !ok:
		return hotline.CallState{}, fmt.Errorf("call %s: %w", call, hotline.ErrOverload)
	}
	select {
	case a := <-reply:
		return a.state, a.err
	case <-ctx.Done():
		return hotline.CallState{}, fmt.Errorf("call %s: %w", call, ctx.Err())
	case <-h.ctx.Done():
		return hotline.CallState{}, noCall(call)
	}
}

func noCall(call hotline.CallID) error {
	return &hotline.Refusal{Kind: hotline.ErrUnknown, Format: "call %q", Args: []any{string(call)}}
}

// Calls are the calls that the agent takes part in, as it has them, the oldest first.
func (h *Hub) Calls(agent hotline.AgentID) []hotline.CallState {
	h.mu.Lock()
	ws := slices.Clone(h.routes.desks[agent])
	h.mu.Unlock()
	out := []hotline.CallState{}
	for _, w := range ws {
		if s, err := h.Command(h.ctx, w.id, hotline.Command{Agent: agent}); err == nil { // else it has just ended
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b hotline.CallState) int { return a.Since.Compare(b.Since) })
	return out
}

// command does what a person asks and says what came of it.
func (w *worker) command(a asked) {
	out := w.safely(a.Commanded)
	w.record(out.Events)
	err := cmp.Or(w.carryOn(out), out.Denied)
	if out.Press > 0 && err == nil && w.panics == 0 {
		w.pressing = append(w.pressing, pressing{out.Press, time.Now().Add(pressBy), a})
		return
	}
	w.answered(a, err)
}

// answered answers who asked with the call as it is.
func (w *worker) answered(a asked, err error) {
	if w.panics > 0 {
		a.reply <- answer{err: noCall(w.id)}
		return
	}
	a.reply <- answer{w.machine.State(a.Command.Agent), err}
}

// pressBy is how long who asked for keys waits to hear whether the phone takes them.
const pressBy = 1500 * time.Millisecond

// pressing is who asked for keys.
type pressing struct {
	press int
	by    time.Time
	asked asked
}

// keysTold answers who asked for keys when the switch has said what came of them, or has said nothing for too long.
func (w *worker) keysTold(in Input, denied error) {
	if len(w.pressing) == 0 {
		return
	}
	now := time.Now()
	var said hotline.Pressed
	if h, ok := in.(Heard); ok {
		said, _ = h.Signal.(hotline.Pressed)
	}
	w.pressing = slices.DeleteFunc(w.pressing, func(p pressing) bool {
		switch {
		case p.press == said.Press:
			w.answered(p.asked, denied)
		case w.done, !now.Before(p.by):
			w.answered(p.asked, refuse("the phone has not said whether it takes keys"))
		default:
			return false
		}
		return true
	})
}

// desks notes which agents take part in the call.
func (h *Hub) desks(w *worker) {
	w.seen = w.machine.seated(w.seen[:0])
	if slices.Equal(w.seen, w.seats) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaveDesks(w)
	w.seats = append(w.seats, w.seen...)
	for _, a := range w.seats {
		if ws := h.routes.desks[a]; !slices.Contains(ws, w) {
			h.routes.desks[a] = append(ws, w)
		}
	}
}

// leaveDesks forgets who takes part in the call. h.mu is held.
func (h *Hub) leaveDesks(w *worker) {
	for _, a := range w.seats {
		if rest := drop(h.routes.desks[a], w); len(rest) > 0 {
			h.routes.desks[a] = rest
		} else {
			delete(h.routes.desks, a)
		}
	}
	w.seats = w.seats[:0]
}
