package call_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/call"
)

// TestSupervisionEndsWithItsWorker: whatever breaks of a supervisor's line, and whenever, the shard hears that the line has its phone
// no more, once it can hear it, so that whoever sits there is offered calls again.
func TestSupervisionEndsWithItsWorker(t *testing.T) {
	for _, broken := range []string{"a step", "every step", "the shard", "the phone"} {
		t.Run(broken, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var on, deaf atomic.Bool
				var asked atomic.Int32
				f := openFloor(t, func(_ *call.Config, h *house) {
					h.desk.seen = func(q hotline.Request) error {
						s, ok := q.(hotline.Supervises)
						if !ok {
							return nil
						}
						if s.Off && deaf.Load() {
							return hotline.ErrOverload
						}
						if n := asked.Add(1); s.Off && n == 2 && broken == "the shard" {
							panic("broken")
						}
						if s.Phone != "d01" || s.Agent != "" {
							t.Errorf("%+v", s)
						}
						on.Store(!s.Off)
						return nil
					}
				})
				f.hub.WrapSteps(func(step func(time.Time, call.Input) call.Output) func(time.Time, call.Input) call.Output {
					bad := false
					return func(now time.Time, in call.Input) call.Output {
						was := bad
						if h, ok := in.(call.Heard); ok {
							if d, ok := h.Signal.(hotline.Digit); ok && d.Key == 'A' {
								bad = true
							}
						}
						if bad && (!was || broken == "every step") {
							panic("broken")
						}
						return step(now, in)
					}
				})
				l := f.customer()
				if _, err := f.supervise(t, l, hotline.ModeListen); err != nil || !on.Load() {
					t.Fatalf("on %v: %v", on.Load(), err)
				}
				deaf.Store(broken != "the shard")
				if broken == "a step" || broken == "every step" {
					f.line("d01").Press('A')
				} else {
					f.line("d01").Hangup()
				}
				time.Sleep(time.Second)
				deaf.Store(false)
				time.Sleep(time.Minute)
				if on.Load() {
					t.Error("the supervisor is kept from work for ever")
				}
				l.Hangup()
				f.empty(t)
			})
		})
	}
}
