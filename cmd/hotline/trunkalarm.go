package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// Alarms of trunks; behind the colon stands the trunk's name.
const (
	alarmTrunkDown         = "trunk_down:"
	alarmTrunkUnregistered = "trunk_unregistered:"
	alarmRecorderDown      = "recorder_down:" // calls of the trunk are not duplicated to its recorder (record_to)

	trunkPatience   = 10 * time.Second // a connection that is made anew, or a registrar that is slow, is no trouble
	trunkDetailMost = 200              // bytes
)

// trunkAlarms decides which trunks somebody should know of. It is told of the trunks again whenever one of them may have changed.
type trunkAlarms struct {
	trouble map[string]time.Time // by alarm: since when there is cause for it
	raised  map[string]bool
}

func newTrunkAlarms() *trunkAlarms {
	return &trunkAlarms{trouble: map[string]time.Time{}, raised: map[string]bool{}}
}

// step returns the alarms that are raised and cleared now, in the trunks' order, and when to ask again though nothing is heard; zero:
// never. A trunk of which none answers is not told of twice because it does not register us either.
func (a *trunkAlarms) step(now time.Time, trunks []wire.TrunkState, recorders []wire.RecorderState) (facts []hotline.Fact, again time.Time) {
	causes := map[string]bool{}
	sooner := func(at time.Time) {
		if again.IsZero() || at.Before(again) {
			again = at
		}
	}
	cause := func(alarm, detail string) {
		causes[alarm] = true
		since, known := a.trouble[alarm]
		if !known {
			since, a.trouble[alarm] = now, now
		}
		switch due := since.Add(trunkPatience); {
		case a.raised[alarm]:
		case now.Before(due):
			sooner(due)
		default:
			a.raised[alarm] = true
			facts = append(facts, hotline.AlarmRaised{Alarm: alarm, Detail: detail})
		}
	}
	for _, t := range trunks {
		if r := t.Registration; r != nil && r.Registered { // nobody tells when it runs out
			sooner(r.Expires)
		}
		if alarm, detail := trunkTrouble(t); alarm != "" {
			cause(alarm, detail)
		}
	}
	for _, r := range recorders {
		if r.Up {
			continue
		}
		if !r.Until.IsZero() { // nor when it is forgotten
			sooner(r.Until)
		}
		cause(alarmRecorderDown+r.Trunk, cutDetail(r.To+": "+r.Problem))
	}
	for _, alarm := range slices.Sorted(maps.Keys(a.trouble)) {
		if causes[alarm] {
			continue
		}
		delete(a.trouble, alarm)
		if a.raised[alarm] {
			delete(a.raised, alarm)
			facts = append(facts, hotline.AlarmCleared{Alarm: alarm})
		}
	}
	return facts, again
}

// trunkTrouble is the alarm that there is cause for, and why; empty: the trunk is as it should be.
func trunkTrouble(t wire.TrunkState) (alarm, detail string) {
	if r := t.Registration; t.Up && r != nil && !r.Registered {
		return alarmTrunkUnregistered + t.Name, cutDetail(r.Problem)
	}
	if t.Up {
		return "", ""
	}
	var why []string
	for _, s := range t.Servers {
		one := s.Network + "://" + s.Addr.String()
		if s.Problem != "" {
			one += ": " + s.Problem
		}
		why = append(why, one)
	}
	return alarmTrunkDown + t.Name, cutDetail(strings.Join(why, ", "))
}

func cutDetail(s string) string {
	if len(s) <= trunkDetailMost {
		return s
	}
	return strings.ToValidUTF8(s[:trunkDetailMost], "") + "…"
}

// watchTrunks raises alarms of trunks that stay down or unregistered, and of recorders that cannot be had, and takes them back.
func (e *engine) watchTrunks(ctx context.Context) error {
	a := newTrunkAlarms()
	var unsaid []hotline.Event
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.trunkNews:
		case <-timer.C:
		}
		now := time.Now()
		facts, again := a.step(now, e.sip.Trunks(), e.sip.Recorders())
		for _, f := range facts {
			unsaid = append(unsaid, hotline.Event{At: e.clock.Now(), Fact: f})
		}
		if len(unsaid) > 0 {
			if err := e.append(unsaid); err != nil { // what was not written is written later: the log has to agree with us
				again = now.Add(trunkPatience)
			} else {
				unsaid = nil
			}
		}
		if again.IsZero() {
			timer.Stop()
			continue
		}
		timer.Reset(max(time.Until(again), 10*time.Millisecond))
	}
}

// trunkTold notes that a trunk may be another than it was. It never blocks.
func (e *engine) trunkTold() {
	select {
	case e.trunkNews <- struct{}{}:
	default:
	}
}
