package replay

import (
	"context"
	"fmt"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/centre"
)

// RouterAt is the router as it stood at a moment of the past, for questions about that moment. It reads the log up to there.
func RouterAt(ctx context.Context, log hotline.Log, shard hotline.ShardID, c *centre.Centre, at time.Time) (*acd.Router, error) {
	r := acd.NewRouter(shard, c)
	for ev, err := range log.Read(ctx, 0) {
		if err != nil {
			return nil, fmt.Errorf("replay: %w", err)
		}
		if ev.At.After(at) {
			break
		}
		r.Apply(ev)
	}
	return r, nil
}
