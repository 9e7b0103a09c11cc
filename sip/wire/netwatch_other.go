//go:build !linux

package wire

import (
	"context"
	"time"
)

// netwatch is for systems where nobody tells: a change is noticed when a registration is refreshed.
func netwatch(ctx context.Context, _ time.Duration, _ func()) error {
	<-ctx.Done()
	return nil
}
