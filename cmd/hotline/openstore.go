package main

import (
	"errors"
	"time"

	"hotline/store/local"
)

// openStore waits a little for a former engine that is just ending: a supervisor starts the next one at once.
func (e *engine) openStore() (err error) {
	for end := time.Now().Add(lockPatience); ; {
		e.store, err = local.Open(e.cfg.Data, local.Config{Logger: e.log, Committed: e.self.committed, Synced: e.self.synced, Slowly: e.cfg.Slowly})
		if !errors.Is(err, local.ErrLocked) || time.Now().After(end) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	for _, damage := range e.store.Damage() {
		e.log.Error("the log is damaged; what is sound in it is read", "damage", damage)
	}
	return nil
}
