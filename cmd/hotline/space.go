package main

import (
	"context"
	"fmt"
	"time"

	"hotline"
)

const (
	alarmStorage = "storage"
	spacePace    = 30 * time.Second // nobody tells that a disk fills: it has to be looked at
	spaceLeast   = 1 << 30          // bytes; fewer free ones are too few
	spaceShare   = 0.05             // and so is a smaller share of all
)

// tight says whether too few of the bytes are free. Once it was so, a fifth more must be free before it is no longer.
func tight(free, all uint64, was bool) bool {
	limit := max(spaceLeast, spaceShare*float64(all))
	if was {
		limit *= 1.2
	}
	return float64(free) < limit
}

// watchSpace raises an alarm while the data folder's file system is nearly full, and takes it back.
func (e *engine) watchSpace(ctx context.Context) error {
	tick := time.NewTicker(spacePace)
	defer tick.Stop()
	for was := false; ; {
		if free, all, ok := spaceOf(e.cfg.Data); ok && tight(free, all, was) != was {
			var fact hotline.Fact = hotline.AlarmRaised{Alarm: alarmStorage, Detail: fmt.Sprintf("%d / %d MiB", free>>20, all>>20)}
			if was {
				fact = hotline.AlarmCleared{Alarm: alarmStorage}
			}
			if _, err := e.store.Append([]hotline.Event{{At: time.Now(), Fact: fact}}); err == nil { // else it is tried again
				was = !was
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
