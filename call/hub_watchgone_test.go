package call_test

import (
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
				on, asked, deaf := false, 0, false
				f := openFloor(t, func(_ *call.Config, h *house) {
					h.desk.seen = func(q hotline.Request) error {
						s, ok := q.(hotline.Supervises)
						if !ok {
							return nil
						}
						if s.Off && deaf {
							return hotline.ErrOverload
						}
						if asked++; s.Off && asked == 2 && broken == "the shard" {
							panic("broken")
						}
						if s.Phone != "d01" || s.Agent != "" {
							t.Errorf("%+v", s)
						}
						on = !s.Off
						return nil
					}
				})
				line, bad := false, false
				f.hub.WrapSteps(func(step func(time.Time, call.Input) call.Output) func(time.Time, call.Input) call.Output {
					return func(now time.Time, in call.Input) call.Output {
						if h, ok := in.(call.Heard); ok {
							if d, ok := h.Signal.(hotline.Digit); ok && d.Key == 'A' {
								line, bad = true, true
							}
						}
						if line && (bad || broken == "every step") {
							bad = false
							panic("broken")
						}
						return step(now, in)
					}
				})
				l := f.customer()
				if _, err := f.supervise(t, l, hotline.ModeListen); err != nil || !on {
					t.Fatalf("on %v: %v", on, err)
				}
				deaf = broken != "the shard"
				if broken == "a step" || broken == "every step" {
					f.line("d01").Press('A')
				} else {
					f.line("d01").Hangup()
				}
				time.Sleep(time.Second)
				line, deaf = false, false
				time.Sleep(time.Minute)
				if on {
					t.Error("the supervisor is kept from work for ever")
				}
				l.Hangup()
				f.empty(t)
			})
		})
	}
}
