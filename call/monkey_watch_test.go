package call_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"hotline"
	"hotline/call"
)

// watch is what a supervisor's line may say at any time.
func (k *monkey) watch() {
	line := hotline.CallID(fmt.Sprintf("W%d", k.r.IntN(3)+1))
	if k.r.IntN(5) == 0 {
		k.step(call.Depart{Line: line})
		return
	}
	if k.r.IntN(6) == 0 { // its page was loaded anew
		leg := line.Sub(9)
		k.legs = append(k.legs, leg)
		k.step(call.Reseat{Line: line, Leg: leg, Phone: "d01"})
		return
	}
	k.asking++
	k.legs = append(k.legs, line.Sub(1)) // it is the call's if it takes the customer over
	k.step(call.Attend{
		Line: line, Leg: line.Sub(1), By: "lead", Phone: "d01",
		Own: pick(k.r, []hotline.AgentID{"", "", "8001", "8002"}), Follow: pick(k.r, []hotline.AgentID{"", "", "8001"}),
		Mode: pick(k.r, []hotline.Mode{hotline.ModeListen, hotline.ModeWhisper, hotline.ModeBarge, hotline.ModeTakeOver}),
	})
}

// posted counts the words that supervisors wait for. A word more, about another agent or the end, may always come.
func (k *monkey) posted(p call.Post) {
	switch p.In.(type) {
	case call.Attended, call.Dismissed, call.Lent:
		k.asking--
	default:
		k.fail("posts %T", p.In)
	}
}

// supervised holds that who comes is there once, and who leaves was there.
func (k *monkey) supervised(leg hotline.LegID, f hotline.Supervised) {
	if k.watching == nil {
		k.watching = map[hotline.LegID]bool{}
	}
	if f.On && f.Was != "" != k.watching[leg] && f.Was != "" || !f.On && !k.watching[leg] || f.MS < 0 {
		k.fail("%s: %+v, there %v", leg, f, k.watching[leg])
	}
	if f.On {
		k.watching[leg] = true
	} else {
		delete(k.watching, leg)
	}
}

// TestMonkeyWatches plays supervisors' lines to whom anything happens at any time: whatever came, a line ends by itself when its
// phone is gone, tells who asked once for each time, and leaves every call it was at.
func TestMonkeyWatches(t *testing.T) {
	seed := monkeySeed(t)
	t.Logf("SIM_SEED=%d", seed)
	lines := 3000
	if testing.Short() {
		lines = 300
	}
	for i := range lines {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		w := &lineMonkey{t: t, r: r, m: call.NewMachine(testPlan(false), call.Limits{}), now: start(), seat: "C-1"}
		w.run()
	}
}

type lineMonkey struct {
	t     *testing.T
	r     *rand.Rand
	m     *call.Machine
	now   time.Time
	wake  time.Time
	done  bool
	steps []string

	asked  int            // times that somebody waits for a word
	at     hotline.CallID // the call that was asked for a place last and not left
	leg    bool           // it is open
	seat   hotline.LegID  // by which it speaks
	hung   bool
	follow int
	ended  int
}

func (w *lineMonkey) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s\n%v", fmt.Sprintf(format, args...), w.steps[max(0, len(w.steps)-30):])
}

func (w *lineMonkey) step(in call.Input) {
	w.steps = append(w.steps, fmt.Sprintf("\n%v %T%+v", w.now.Sub(start()), in, in))
	out := w.m.Step(w.now, in)
	w.wake, w.done = out.Wake, out.Done
	if out.Settled {
		if w.asked--; w.asked < 0 {
			w.fail("an answer too many")
		}
	}
	for _, p := range out.Posts {
		switch in := p.In.(type) {
		case call.Attend:
			if w.hung || !w.leg {
				w.fail("asks for a place without a phone")
			}
			if w.at != "" && w.at != p.To {
				w.fail("is at %s and asks %s", w.at, p.To)
			}
			w.at = p.To
		case call.Depart:
			if in.Line != "C" {
				w.fail("%+v", p)
			}
			w.at = ""
		}
	}
	for _, ev := range out.Events {
		switch f := ev.Fact.(type) {
		case hotline.Supervised:
			if w.follow += count(f.On) - count(!f.On); w.follow < 0 || w.follow > 1 {
				w.fail("follows %d", w.follow)
			}
		case hotline.CallEnded:
			w.ended++
		}
	}
	for _, a := range out.Actions {
		switch h, ok := a.(hotline.Hangup); {
		case !ok:
		case h.Leg == "C-1" && h.Cause == hotline.CauseElsewhere:
			w.seat = "D-0"
		case h.Leg == w.seat:
			w.hung = true
		}
	}
}

func (w *lineMonkey) run() {
	target := func() hotline.CallID { return pick(w.r, []hotline.CallID{"T", "U", "V", ""}) }
	ask := func() call.Watch {
		q := call.Watch{Line: "C", Target: target(), Ask: hotline.Supervise{
			By: "lead", Phone: pick(w.r, []hotline.AgentID{"d01", "d01", "", "d02"}),
			Mode: pick(w.r, []hotline.Mode{hotline.ModeListen, hotline.ModeWhisper, hotline.ModeBarge, hotline.ModeTakeOver}),
		}}
		if w.r.IntN(2) == 0 || q.Target == "" {
			q.Ask.Follow = pick(w.r, []hotline.AgentID{"8001", "8002"})
		}
		w.asked++
		return q
	}
	w.step(ask())
	over := false
	for range w.r.IntN(40) {
		w.pass(w.now.Add(time.Duration(w.r.IntN(2000)) * time.Millisecond))
		if w.done || over {
			break
		}
		switch w.r.IntN(18) {
		case 0:
			w.step(call.Heard{Signal: hotline.Ringing{Leg: "C-1"}})
		case 1, 2:
			w.leg = true
			w.step(call.Heard{Signal: hotline.PickedUp{Leg: "C-1", Codec: "PCMA"}})
		case 3, 4, 5:
			w.step(ask())
		case 6, 7, 8:
			w.step(call.Attended{Call: target(), Agent: "8001", Mode: hotline.ModeListen})
		case 9:
			to := target()
			if to == w.at {
				w.at = ""
			}
			w.step(call.Dismissed{Call: to, Err: pick(w.r, []error{nil, hotline.ErrRefused})})
		case 10, 11:
			w.step(call.Turned{Call: pick(w.r, []hotline.CallID{"T", "U"})})
		case 12:
			w.step(call.Unwatch{All: w.r.IntN(2) == 0})
		case 13:
			if w.r.IntN(4) == 0 {
				to := target()
				w.step(call.Lent{Call: to})
				if s := w.m.Watching(); s.State == hotline.SupervisionTook && to == w.at {
					w.at = ""
				}
			}
		case 14:
			w.step(call.Heard{Signal: hotline.HoldAsked{Leg: "C-1", On: w.r.IntN(2) == 0}})
		case 15: // the page of its phone is loaded anew
			w.step(call.Heard{Signal: hotline.Incoming{
				Call: "D", Leg: "D-0", At: w.now, To: "x", Agent: pick(w.r, []hotline.AgentID{"d01", "d01", "d02"}), Replaces: "C-1",
			}})
		case 16:
			w.step(call.Heard{Signal: hotline.PickedUp{Leg: "D-0", Codec: "PCMA"}})
		default:
			if over = w.r.IntN(3) == 0; over {
				w.step(call.Heard{Signal: hotline.Ended{Leg: w.seat, Cause: hotline.CauseHangup}})
			}
		}
	}
	if !over && !w.done {
		w.step(call.Heard{Signal: hotline.Ended{Leg: w.seat, Cause: hotline.CauseHangup}})
	}
	w.pass(w.now.Add(24 * time.Hour))
	if !w.done || w.ended != 1 || w.asked != 0 || w.follow != 0 || w.at != "" {
		w.fail("done %v, ended %d, %d wait for a word, follows %d, at %q", w.done, w.ended, w.asked, w.follow, w.at)
	}
}

func (w *lineMonkey) pass(at time.Time) {
	for !w.done && !w.wake.IsZero() && !w.wake.After(at) {
		w.now = w.wake
		w.step(call.Tick{})
	}
	if at.After(w.now) {
		w.now = at
	}
}
