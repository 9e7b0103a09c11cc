package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"hotline"
)

// Alarms of the machine.
const (
	alarmClock       = "clock"
	alarmCertificate = "certificate:" // behind it: sip or web

	machinePace    = time.Second
	certificateDue = 14 * 24 * time.Hour // so long before its end somebody should know
)

// machineAlarms remembers what it has said is wrong.
type machineAlarms struct{ raised map[string]bool }

func newMachineAlarms() *machineAlarms { return &machineAlarms{raised: map[string]bool{}} }

// step returns what is to be said of what is wrong now, by alarm with its detail. said is told what of it is in the log.
func (a *machineAlarms) step(wrong map[string]string) (facts []hotline.Fact) {
	for _, alarm := range slices.Sorted(maps.Keys(wrong)) {
		if !a.raised[alarm] {
			facts = append(facts, hotline.AlarmRaised{Alarm: alarm, Detail: wrong[alarm]})
		}
	}
	for _, alarm := range slices.Sorted(maps.Keys(a.raised)) {
		if _, still := wrong[alarm]; !still {
			facts = append(facts, hotline.AlarmCleared{Alarm: alarm})
		}
	}
	return facts
}

// said takes note of what has been written down.
func (a *machineAlarms) said(facts []hotline.Fact) {
	for _, f := range facts {
		switch f := f.(type) {
		case hotline.AlarmRaised:
			a.raised[f.Alarm] = true
		case hotline.AlarmCleared:
			delete(a.raised, f.Alarm)
		}
	}
}

// certificateTrouble adds the certificates that end soon, or have ended; ends is in seconds since 1970 by their names, 0: there is none.
func certificateTrouble(wrong map[string]string, now time.Time, ends map[string]int64) {
	for name, at := range ends {
		if end := time.Unix(at, 0); at > 0 && end.Sub(now) < certificateDue {
			wrong[alarmCertificate+name] = end.UTC().Format(time.DateOnly)
		}
	}
}

// watchMachine follows the machine's clock where that harms no call, and raises an alarm while it does not, and while a certificate is about
// to end.
func (e *engine) watchMachine(ctx context.Context) error {
	tick := time.NewTicker(machinePace)
	defer tick.Stop()
	a := newMachineAlarms()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		wrong := map[string]string{}
		now := time.Now()
		certificateTrouble(wrong, now, map[string]int64{"sip": e.wire.CertExpires.Load(), "web": e.webCert.ends(now)})
		off := e.clock.off()
		followed := e.clock.catchUp(off, func() bool { return len(e.hub.Open()) > 0 || e.fold.View(e.clock.Now()).States.WrapUp > 0 })
		switch {
		case !followed:
			wrong[alarmClock] = off.Round(time.Second).String()
		case off.Abs() >= clockSlack:
			e.log.Warn("the machine's clock was put elsewhere; the engine goes by it from now on", "by", off)
		}
		facts := a.step(wrong)
		if len(facts) == 0 {
			continue
		}
		evs := make([]hotline.Event, 0, len(facts))
		for _, f := range facts {
			evs = append(evs, hotline.Event{At: e.clock.Now(), Fact: f})
		}
		if _, err := e.store.Append(evs); err == nil { // else it is tried again
			a.said(facts)
		}
	}
}
