package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"hotline"
)

// held is what a shard may hold for a call, seen from outside the machine: what is asked for and what the shard says. It is
// empty at the orderly end of a call. The zero value is ready.
type held struct {
	visits []hotline.VisitID
	agents []hotline.AgentID
	line   *hotline.Supervises // that a supervisor's line has its phone; nil: the call is none, or has said that it is over
}

// asked takes a request and what the shard answered: nobody knows whether it took what it did not refuse.
func (h *held) asked(q hotline.Request, err error) {
	refused := errors.Is(err, hotline.ErrRefused) || errors.Is(err, hotline.ErrUnknown)
	switch q := q.(type) {
	case hotline.Enqueue:
		if !refused {
			h.visits = append(h.visits, q.Visit)
		}
	case hotline.CallIn:
		if !refused {
			h.agents = append(h.agents, q.Agent)
		}
	case hotline.BeginOutbound:
		if !refused {
			h.agents = append(h.agents, q.Agent)
		}
	case hotline.Supervises:
		switch {
		case !q.Off && !refused:
			h.line = &q
		case q.Off && (refused || err == nil):
			h.line = nil
		}
	case hotline.Release:
		if refused || err == nil {
			h.agents = drop(h.agents, q.Agent)
		}
	}
}

// told takes what the shard decided.
func (h *held) told(ev hotline.Event) {
	switch f := ev.Fact.(type) {
	case hotline.Queued: // a further one, beside the first
		if !slices.Contains(h.visits, f.Visit) {
			h.visits = append(h.visits, f.Visit)
		}
	case hotline.Blocked:
		h.visits = drop(h.visits, f.Visit)
	case hotline.Abandoned:
		h.visits = drop(h.visits, f.Visit)
	case hotline.Left:
		h.visits = drop(h.visits, f.Visit)
	case hotline.Connected:
		h.visits = drop(h.visits, f.Visit)
		h.agents = append(h.agents, ev.Agent)
	case hotline.Released:
		h.agents = drop(h.agents, ev.Agent)
	}
}

func drop[T comparable](all []T, one T) []T {
	return slices.DeleteFunc(all, func(x T) bool { return x == one })
}

func (h *held) any() bool { return len(h.visits) > 0 || len(h.agents) > 0 || h.line != nil }

// back is what tells the shard that nothing of it is left.
func (h *held) back(c hotline.CallID) (all []hotline.Request) {
	if len(h.visits) > 0 || len(h.agents) > 0 {
		all = append(all, hotline.CallGone{Call: c})
	}
	if h.line != nil {
		off := *h.line
		off.Off = true
		all = append(all, off)
	}
	return all
}

// giveBack tells the shard that nothing is left of a call that ended without an orderly end, until it is told: while the hub
// is open.
func (h *Hub) giveBack(q hotline.Request) {
	for pause := time.Second; ; pause = min(2*pause, 10*time.Second) {
		ctx, cancel := context.WithTimeout(h.ctx, h.cfg.Ask)
		err := h.cfg.Router.Submit(ctx, q)
		cancel()
		if err == nil || errors.Is(err, hotline.ErrRefused) || errors.Is(err, hotline.ErrUnknown) {
			return
		}
		select {
		case <-h.ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
