package storm

import (
	"sync/atomic"
	"time"
)

// settleTime is how long all calls of a storm have been up before what they cost is measured.
const settleTime = 2 * time.Second

// plateau is the time in which all calls of a storm of so many calls are up: what talking alone costs, and how soon audio gets through,
// without the calls that come and go before and after. Its fields are guarded by the tally's lock, but for on.
type plateau struct {
	on atomic.Bool // audio counts

	since    time.Time // all are up; zero: they are not, or no more
	from, to time.Time
	cpuFrom  spent
	cpuTo    spent
}

// spent is processor time: the engine's, and the load's own, in which the kernel also does what a packet sent to the engine brings about.
type spent struct{ engine, own time.Duration }

// look is called now and then: all says whether all calls are up.
func (t *plateau) look(now time.Time, all bool, cpu spent) {
	switch {
	case !all:
		t.since = time.Time{}
		t.on.Store(false)
	case t.since.IsZero():
		t.since = now
	case now.Sub(t.since) < settleTime:
	case t.from.IsZero():
		t.from, t.cpuFrom = now, cpu
		t.on.Store(true)
	default:
		t.to, t.cpuTo = now, cpu
	}
}

// put adds what was measured to r: nothing where the calls were never up together for long enough.
func (t *plateau) put(r *Result, calls int, oneWay Latency) {
	took := t.to.Sub(t.from)
	if t.from.IsZero() || t.to.IsZero() || calls == 0 {
		return
	}
	cpu := (t.cpuTo.engine - t.cpuFrom.engine).Seconds()
	minutes := took.Minutes() * float64(calls)
	perMin, own := cpu/minutes, (t.cpuTo.own-t.cpuFrom.own).Seconds()/minutes
	r.TalkSeconds, r.TalkCPU, r.TalkPerMin, r.TalkOwn, r.TalkOneWay = took.Seconds(), &cpu, &perMin, &own, &oneWay
}
