package call

import (
	"slices"
	"time"

	"hotline"
)

// maxPressing is how often a request that must not be lost is submitted again: with the pause growing to 10 s, about ten
// minutes. After it the shard learns the truth at the next start.
const maxPressing = 60

// pressAgain keeps a request that the shard could not take, to be submitted again later.
func (m *Machine) pressAgain(now time.Time, q hotline.Request) {
	i := slices.IndexFunc(m.pressing, func(a again) bool { return a.request == q })
	if i < 0 {
		m.pressing = append(m.pressing, again{request: q})
		i = len(m.pressing) - 1
	}
	a := &m.pressing[i]
	a.tries++
	if a.tries > maxPressing {
		m.pressing = slices.Delete(m.pressing, i, i+1)
		return
	}
	a.at = now.Add(time.Duration(min(a.tries, 10)) * time.Second)
}

func (m *Machine) unpress(q hotline.Request) {
	switch q.(type) {
	case hotline.Leave, hotline.Release, hotline.CallbackFailed, hotline.Join: // the only ones kept, and comparable
		m.pressing = slices.DeleteFunc(m.pressing, func(a again) bool { return a.request == q })
	}
}

// press submits again what is due.
func (m *Machine) press(now time.Time) {
	for i := range m.pressing {
		if a := &m.pressing[i]; passed(now, a.at) {
			a.at = time.Time{}
			m.ask(a.request)
		}
	}
}
