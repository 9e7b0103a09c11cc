package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline"
)

// Bounds of what is kept of alarms.
const (
	alarmsKept  = 500              // that are over, of the engine and of conditions each
	alarmsDay   = 24 * time.Hour   // how far the history goes back
	acksKept    = 2000             // acknowledgements
	againMS     = 5 * 60_000       // what is raised again so soon after a start of the engine is what its stop cut off
	alarmPace   = 10 * time.Second // conditions are looked at so often where nobody looks
	badWindowMS = 15 * 60_000
	badCalls    = 3    // within that time, of one phone
	badMOS      = 3.0  // worse than this is a bad call (ITU-T G.107)
	badLoss     = 0.03 // and so is a greater share of packets lost
	badLeast    = 250  // packets, 5 s: less says nothing
)

// Acknowledged says who looks after an alarm.
type Acknowledged struct {
	At Moment `json:"at"`
	By string `json:"by"`
}

// PastAlarm is an alarm of the last 24 hours.
type PastAlarm struct {
	Alarm
	Until Moment `json:"until,omitzero" doc:"When it was over; missing: it is not."`
}

// occasion is a condition that one alarm holds for as long as it is true without a break.
type occasion struct {
	kind  string
	queue hotline.QueueID
	agent hotline.AgentID
	alarm string
}

func occasionOf(a *Alarm) occasion { return occasion{a.Kind, a.Queue, a.Agent, a.Alarm} }

// alarmName is the alarm's key: the condition and when it came.
func alarmName(a *Alarm) string {
	return fmt.Sprintf("%s:%s:%d", cmp.Or(a.Alarm, a.Kind), cmp.Or(string(a.Agent), string(a.Queue)), int64(a.Since))
}

// occurrences are the conditions that views have seen. The board owns them. They are not facts: a snapshot alone brings them over a restart.
type occurrences struct {
	open map[occasion]PastAlarm
	past []PastAlarm // the oldest first
}

// occur gives each alarm the key of its occurrence, and notes which are over. The caller holds b.mu.
func (b *board) occur(now []Alarm, acks map[string]*Acknowledged, at Moment) {
	o := &b.alarms
	held := make(map[occasion]bool, len(now))
	for i := range now {
		a, on := &now[i], occasionOf(&now[i])
		if a.Kind != AlarmEngine {
			held[on] = true
			was, open := o.open[on]
			if a.Key = was.Key; !open {
				if a.Key = alarmName(a); !b.looked {
					b.heldOn(a, acks, at)
				}
			}
			o.open[on] = PastAlarm{Alarm: *a}
		}
		a.Acknowledged = acks[a.Key]
	}
	for on, a := range o.open {
		if !held[on] {
			a.Until = at
			o.past = append(o.past, a)
			delete(o.open, on)
		}
	}
	o.past = o.past[max(0, len(o.past)-alarmsKept):]
	b.looked = true
}

// alarmOver puts an alarm of the engine that is open into the history.
func (f *Fold) alarmOver(key alarmKey, at int64) {
	a, ok := f.alarms[key]
	if !ok {
		return
	}
	delete(f.alarms, key)
	f.wasAlarm = append(f.wasAlarm, PastAlarm{Alarm: a, Until: Moment(at)})
	f.wasAlarm = f.wasAlarm[max(0, len(f.wasAlarm)-alarmsKept):]
}

func (f *Fold) acknowledged(x hotline.AlarmAcknowledged, at int64) {
	if f.acks[x.Key] != nil {
		return
	}
	if len(f.acks) >= acksKept {
		for key, a := range f.acks {
			if at-int64(a.At) > alarmsDay.Milliseconds() || len(f.acks) >= 2*acksKept {
				delete(f.acks, key)
			}
		}
	}
	f.acks[x.Key] = &Acknowledged{Moment(at), x.By}
}

// keepAcknowledged notes who looks after the engine's alarms that its stop is about to cut off.
func (f *Fold) keepAcknowledged() {
	f.cutOff = map[alarmKey]*Acknowledged{}
	for key, a := range f.alarms {
		if ack := f.acks[a.Key]; ack != nil && !Momentary(a.Alarm) {
			f.cutOff[key] = ack
		}
	}
}

// raisedAgain lets an alarm that is raised again right after a start be in the hands that it was in.
func (f *Fold) raisedAgain(key alarmKey, name string, at int64) {
	ack := f.cutOff[key]
	delete(f.cutOff, key)
	if ack != nil && at-f.started <= againMS {
		f.acks[name] = ack
	}
}

// heldOn gives a condition that the first view of this run finds the key under which somebody looked after it before a crash: no
// view has seen it end. The caller holds b.mu.
func (b *board) heldOn(a *Alarm, acks map[string]*Acknowledged, at Moment) {
	of, found := strings.TrimSuffix(alarmName(a), fmt.Sprint(int64(a.Since))), Moment(0)
	for key, ack := range acks {
		since, err := strconv.ParseInt(strings.TrimPrefix(key, of), 10, 64)
		if err != nil || !strings.HasPrefix(key, of) || at-ack.At > windowMS || b.wasOver(key) {
			continue
		}
		if found = max(found, Moment(since)); found == Moment(since) {
			a.Key = key
		}
	}
	if found != 0 && found < a.Since {
		a.Since = found
		if a.Kind == AlarmServiceLevel {
			b.below[a.Queue] = found
		}
	}
}

func (b *board) wasOver(key string) bool {
	return slices.ContainsFunc(b.alarms.past, func(a PastAlarm) bool { return a.Key == key })
}

// Alarms is what is open at now, the worst first, and what was within the 24 hours before, the newest first; at most 500.
func (f *Fold) Alarms(now time.Time) (open []Alarm, past []PastAlarm) {
	open = f.View(now).Alarms
	b := f.board
	b.mu.Lock()
	past = append([]PastAlarm{}, b.alarms.past...)
	b.mu.Unlock()
	f.mu.Lock()
	past = append(past, f.wasAlarm...)
	for _, a := range f.alarms {
		if a.gone(now.UnixMilli()) {
			past = append(past, PastAlarm{a, a.Since + alarmShownMS})
		}
	}
	for i := range past {
		past[i].Acknowledged = f.acks[past[i].Key]
	}
	f.mu.Unlock()
	from := At(now.Add(-alarmsDay))
	past = slices.DeleteFunc(past, func(a PastAlarm) bool { return a.Until < from })
	slices.SortFunc(past, func(a, b PastAlarm) int {
		return cmp.Or(cmp.Compare(b.Until, a.Until), cmp.Compare(a.Key, b.Key))
	})
	return open, past[:min(len(past), alarmsKept)]
}

// badCall is a call that did not sound well at an agent's phone.
type badCall struct {
	at   int64
	mos  float64 // 0: not known
	loss float64
}

// heardBad notes that the line of an agent's phone was bad: what came from it, or by its own report what it was sent.
func (f *Fold) heardBad(ev hotline.Event, x hotline.LegEnded, at int64) {
	s := x.Stats
	packets := float64(s.Received + s.Lost)
	if ev.Agent == "" || x.Role != hotline.RoleAgent || packets < badLeast {
		return
	}
	bad := badCall{at: at, mos: s.MOS, loss: max(float64(s.Lost), float64(s.RemoteLost)) / packets}
	if s.RemoteMOS > 0 && (bad.mos == 0 || s.RemoteMOS < bad.mos) {
		bad.mos = s.RemoteMOS
	}
	if !(bad.mos > 0 && bad.mos < badMOS || bad.loss > badLoss) {
		return
	}
	a := f.agent(ev.Agent)
	a.bad = append(a.bad, bad)
	a.bad = slices.Clone(a.bad[max(0, len(a.bad)-2*badCalls):])
}

// badAlarms adds an alarm for each agent whose phone had too many bad calls of late.
func (f *Fold) badAlarms(out []Alarm, now int64) []Alarm {
	for _, a := range f.agents {
		late := a.bad
		for len(late) > 0 && now-late[0].at > badWindowMS {
			late = late[1:]
		}
		if len(late) < badCalls {
			continue
		}
		n, last := float64(len(late)), late[len(late)-1]
		detail := fmt.Sprintf("%.1f %%", 100*last.loss)
		if last.mos > 0 {
			detail = fmt.Sprintf("MOS %.1f · %s", last.mos, detail)
		}
		out = append(out, Alarm{
			Kind: AlarmQuality, Severity: Warn, Agent: a.id, Since: Moment(late[badCalls-1].at), Value: &n, Detail: detail,
		})
	}
	return out
}
