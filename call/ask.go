package call

import (
	"context"
	"errors"

	"hotline/ivr"
)

// maxLooks is how many questions to web services may be under way in all calls together: a service that hangs must not
// fill the memory.
const maxLooks = 500

// ErrNoLookup is why a flow's question to a web service has no answer when there is nobody to put it.
var ErrNoLookup = errors.New("call: no web services can be asked")

// errLooks: too many questions are under way.
var errLooks = errors.New("call: too many web services are being asked")

// look puts a question to a web service, in a goroutine of its own that ends at the question's limit.
func (w *worker) look(l Lookup) {
	h := w.hub
	h.lookups.Add(1)
	answer := func(attrs map[string]string, err error) {
		in := Looked{Number: l.Number, Attrs: attrs}
		if err != nil {
			h.lookupFailures.Add(1)
			h.cfg.Logger.Warn("call: a web service did not answer", "call", w.id, "method", l.Method, "err", err)
			in.Attrs, in.Err = nil, err.Error()
		}
		h.put(w, in)
	}
	if h.cfg.Look == nil {
		answer(nil, ErrNoLookup)
		return
	}
	select {
	case h.looks <- struct{}{}:
	default:
		answer(nil, errLooks)
		return
	}
	h.running.Go(func() {
		defer func() { <-h.looks }()
		ctx, cancel := context.WithTimeout(h.ctx, l.Timeout)
		defer cancel()
		answer(h.cfg.Look(ctx, l.Lookup))
	})
}

// Look asks a web service and returns the attributes that the question wants saved. It ends when ctx is done.
type Look func(ctx context.Context, q ivr.Lookup) (map[string]string, error)
