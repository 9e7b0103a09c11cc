package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline"
)

// EventReport is a report that is sent at its time. A hook gets some only if its events name it.
const EventReport = "report"

// reportTimeout is how long a hook may take for a report, which is larger than an event.
const reportTimeout = 2 * time.Minute

// Reports are the hooks that reports may be sent to.
func (n *Notifier) Reports() (names []string) {
	for _, r := range n.hooks {
		if slices.Contains(r.hook.Events, EventReport) {
			names = append(names, r.hook.Name)
		}
	}
	return names
}

// Report makes one try to hand a report to a hook, signed like everything it is told. An error that is hotline.ErrRefused is final.
func (n *Notifier) Report(ctx context.Context, hook, id string, body []byte) error {
	for _, r := range n.hooks {
		if r.hook.Name != hook || !slices.Contains(r.hook.Events, EventReport) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, max(r.hook.Timeout, reportTimeout))
		defer cancel()
		got := r.try(ctx, &delivery{id: id, event: EventReport, body: body})
		if got.never {
			return fmt.Errorf("webhook %s: %w: %w", hook, hotline.ErrRefused, got.err)
		}
		if got.err != nil {
			return fmt.Errorf("webhook %s: %w", hook, got.err)
		}
		return nil
	}
	return fmt.Errorf("webhook %s takes no reports: %w", hook, hotline.ErrRefused)
}
