package call

import (
	"context"
	"fmt"
	"time"

	"hotline"
)

// maxOrders is how many calls that were asked for are remembered by their names, so that who asks again gets the same call.
const maxOrders = 4096

// orders are the calls that page or program has asked for, by agent and name. The hub's lock guards it.
type orders struct {
	calls map[string]hotline.CallID
	kept  []order // the oldest first
}

// order is one of them. Its name may stand for a later call: the shard had refused this one.
type order struct {
	name string
	call hotline.CallID
}

func orderName(o hotline.OwnCall) string { return string(o.Agent) + "\x00" + o.ID }

// keep remembers the call by its name.
func (s *orders) keep(o hotline.OwnCall, id hotline.CallID) {
	if o.ID == "" {
		return
	}
	if s.calls == nil {
		s.calls = map[string]hotline.CallID{}
	}
	name := orderName(o)
	s.calls[name] = id
	if s.kept = append(s.kept, order{name, id}); len(s.kept) > maxOrders {
		if old := s.kept[0]; s.calls[old.name] == old.call {
			delete(s.calls, old.name)
		}
		s.kept = s.kept[1:]
	}
}

// Dial makes an agent's own call: its phone is rung, then the other side's. The same order again, by its ID, is answered with the
// call as it is. It returns when the agent is in the call. Errors wrap hotline.ErrUnknown, hotline.ErrRefused (the Refusal says
// why) or hotline.ErrOverload.
func (h *Hub) Dial(ctx context.Context, o hotline.OwnCall) (hotline.CallState, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*h.cfg.Ask) // the shard is asked meanwhile
	defer cancel()
	reply := make(chan answer, 1)
	h.mu.Lock()
	if id, ok := h.orders.calls[orderName(o)]; ok && o.ID != "" {
		h.mu.Unlock()
		return h.dialled(ctx, id, o.Agent)
	}
	if h.draining || h.ctx.Err() != nil || len(h.open) >= h.cfg.MaxCalls {
		h.refused.Add(1)
		h.mu.Unlock()
		return hotline.CallState{}, fmt.Errorf("call: no further calls: %w", hotline.ErrOverload)
	}
	id := hotline.NewCallID(time.Now())
	w := newWorker(h, id, id.Contact(), id.Sub(1), Begun{id, o})
	w.reply = reply
	h.orders.keep(o, id)
	h.start(w)
	h.mu.Unlock()
	select {
	case a := <-reply:
		if a.err != nil {
			h.mu.Lock()
			delete(h.orders.calls, orderName(o)) // it may succeed the next time
			h.mu.Unlock()
		}
		return a.state, a.err
	case <-ctx.Done():
		return hotline.CallState{}, fmt.Errorf("call %s: %w", id, ctx.Err())
	case <-h.ctx.Done():
		return hotline.CallState{}, noCall(id)
	}
}

// dialled is the call that was asked for before.
func (h *Hub) dialled(ctx context.Context, id hotline.CallID, agent hotline.AgentID) (hotline.CallState, error) {
	if s, err := h.Command(ctx, id, hotline.Command{Agent: agent}); err == nil {
		return s, nil
	}
	return hotline.CallState{
		Call: id, Contact: id.Contact(), Agent: agent, Direction: hotline.Outbound, State: hotline.StateOver,
		Parties: []hotline.PartyState{}, Can: []hotline.Verb{},
	}, nil
}

// answerOrder tells who asked for the call what has come of it.
func (w *worker) answerOrder() {
	b, ok := w.first.(Begun)
	if !ok || w.reply == nil {
		return
	}
	a := answer{err: w.machine.Denied()}
	switch {
	case w.panics > 0:
		a.err = noCall(w.id)
	case a.err == nil:
		a.state = w.machine.State(b.Order.Agent)
	}
	w.reply <- a
	w.reply = nil
}
