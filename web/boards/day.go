package boards

import (
	"encoding/hex"
	"hash/fnv"
	"sync"
	"time"

	"hotline"
	"hotline/reports"
)

// Slot is what is expected of a quarter of an hour: calls, and the band that they will be in as a rule.
type Slot struct{ Calls, Low, High float64 }

// Forecast is what is expected of a queue on the local day that the time is in, a Slot for each quarter of an hour from its
// midnight; nil: nothing is.
type Forecast func(queue hotline.QueueID, day time.Time) []Slot

// dayLine is the arrivals of a day, per quarter of an hour: today's, those a week ago, and those expected.
type dayLine struct {
	day      reports.Moment
	expected *forecasts
	today    []int
	before   []int
	slots    []Slot
}

func newDayLine(day reports.Moment, expected *forecasts) *dayLine {
	return &dayLine{day: day, expected: expected, today: []int{}, before: []int{}}
}

func (l *dayLine) add(q *reports.QueueView) {
	l.today, l.before = addUp(l.today, q.Today.Arrivals), addUp(l.before, q.Today.LastWeek)
	for i, s := range l.expected.of(q.ID, l.day) {
		if i == len(l.slots) {
			l.slots = append(l.slots, Slot{})
		}
		have := &l.slots[i]
		have.Calls, have.Low, have.High = have.Calls+s.Calls, have.Low+s.Low, have.High+s.High
	}
}

func addUp(sum, more []int) []int {
	for i, n := range more {
		if i == len(sum) {
			sum = append(sum, 0)
		}
		sum[i] += n
	}
	return sum
}

// put adds its parts: what changes all day apart from what does not.
func (l *dayLine) put(out parts, prefix, name string) error {
	if err := out.put(prefix+"day"+name, l.today); err != nil {
		return err
	}
	if err := out.put(prefix+"before"+name, l.before); err != nil {
		return err
	}
	if l.slots == nil {
		return nil
	}
	calls, low, high := make([]float64, len(l.slots)), make([]float64, len(l.slots)), make([]float64, len(l.slots))
	for i, s := range l.slots {
		calls[i], low[i], high[i] = tenth(s.Calls), tenth(s.Low), tenth(s.High)
	}
	return out.put(prefix+"forecast"+name, map[string][]float64{"calls": calls, "low": low, "high": high})
}

func tenth(f float64) float64 { return float64(int64(f*10+0.5)) / 10 }

// forecastAge is how long a forecast is shown until it is asked for again: what happens in the day corrects it.
const forecastAge = 5 * time.Minute

// forecasts keeps what is expected of the queues, so that no viewer and no view ever waits for it.
type forecasts struct {
	ask Forecast // nil: nothing is expected
	now func() time.Time

	gate chan struct{} // has room for one: they read weeks, one at a time is enough

	mu   sync.Mutex // guards kept
	kept map[hotline.QueueID]*forecast
}

type forecast struct {
	day   reports.Moment
	at    time.Time // when it was asked for
	busy  bool
	slots []Slot
}

// of is what is known just now; what is too old is asked for beside.
func (f *forecasts) of(id hotline.QueueID, day reports.Moment) []Slot {
	if f == nil || f.ask == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.kept[id]
	if k == nil {
		k = &forecast{}
		f.kept[id] = k
	}
	if now := f.now(); !k.busy && (k.day != day || now.Sub(k.at) > forecastAge) {
		k.busy, k.at = true, now
		go f.learn(id, day)
	}
	if k.day != day {
		return nil
	}
	return k.slots
}

func (f *forecasts) learn(id hotline.QueueID, day reports.Moment) {
	f.gate <- struct{}{}
	slots := f.ask(id, day.Time())
	<-f.gate
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.kept[id]
	k.day, k.slots, k.busy = day, slots, false
}

// shortKey tells an alarm from another without saying whom it is about.
func shortKey(key string) string {
	h := fnv.New64a()
	h.Write([]byte(key)) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}
