package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hotline"
)

const (
	alarmStorage = "storage"
	spacePace    = 10 * time.Second // nobody tells that a disk fills: it has to be looked at
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

// storageTrouble says what is wrong with where everything is kept, empty: nothing. It looks at the space of the data folder's file system, and at
// whether recordings can be written, which a full quota or a dying disk prevents while there is space. full is what it has said of the
// space the last time.
func storageTrouble(data string, full bool, recordings func() error) (trouble string, isFull bool) {
	free, all, ok := spaceOf(data)
	if isFull = ok && tight(free, all, full); isFull {
		trouble = fmt.Sprintf("%d / %d MiB", free>>20, all>>20)
	}
	if err := recordings(); err != nil {
		trouble = strings.TrimPrefix(trouble+" · "+err.Error(), " · ")
	}
	return trouble, isFull
}

// watchSpace raises an alarm while the data folder's file system is nearly full or recordings cannot be written, and takes it back.
func (e *engine) watchSpace(ctx context.Context) error {
	tick := time.NewTicker(spacePace)
	defer tick.Stop()
	full := false
	for was := false; ; {
		var trouble string
		if trouble, full = storageTrouble(e.cfg.Data, full, e.recorder.Healthy); (trouble != "") != was {
			var fact hotline.Fact = hotline.AlarmRaised{Alarm: alarmStorage, Detail: cutDetail(trouble)}
			if was {
				fact = hotline.AlarmCleared{Alarm: alarmStorage}
			}
			if _, err := e.store.Append([]hotline.Event{{At: e.clock.Now(), Fact: fact}}); err == nil { // else it is tried again
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
