package local

import (
	"fmt"
	"log/slog"
	"sync"

	"hotline"
)

// ailment is one way in which the log can be unwell. The lower comes first in Healthy.
type ailment int

const (
	ailWrite   ailment = iota // a write failed
	ailStuck                  // a write does not come back
	ailReserve                // no more room can be reserved: what is left is for calls that are up
	ailSync                   // fdatasync failed
	ailments
)

// health is what the writer and the syncer found out about the disk. Safe for concurrent use.
type health struct {
	log *slog.Logger

	mu  sync.Mutex
	why [ailments]error
}

// set notes an ailment, or with nil its end, and tells the operator of the change once.
func (h *health) set(a ailment, err error) {
	h.mu.Lock()
	was := h.why[a]
	h.why[a] = err
	h.mu.Unlock()
	switch {
	case was == nil && err != nil:
		h.log.Error("the log cannot be written as it should be", "err", err)
	case was != nil && err == nil:
		h.log.Info("the log can be written again", "was", was)
	}
}

func (h *health) is(a ailment) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.why[a] != nil
}

// err returns the first ailment as an error that wraps hotline.ErrLogFull, or nil.
func (h *health) err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, err := range h.why {
		if err != nil {
			return fmt.Errorf("%w: %w", hotline.ErrLogFull, err)
		}
	}
	return nil
}

// sync returns why the last fdatasync failed, or nil.
func (h *health) sync() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.why[ailSync]
}
