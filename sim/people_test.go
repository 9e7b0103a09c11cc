package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"hotline"
	"hotline/call/calltest"
)

// caller is a customer with a phone.
type caller struct {
	w    *world
	r    *rand.Rand
	line *calltest.Line
	has  chan struct{} // closed when it has its line

	// Guarded by world.mu.
	heard  []heard     // the agents that it heard, or their numbers
	early  bool        // its call is not answered before an agent is there
	met    time.Time   // when the latest agent came to it
	taken  time.Time   // when the first pick-up of the phones that ring for it is known
	asks   bool        // hears what it may choose
	vowed  []time.Time // when it was promised a call
	spoke  []time.Time // when the beep came to speak its message after
	ruled  []time.Time // when it heard that it is sent on
	lost   []time.Time // when an agent's phone failed it
	chose  []time.Time // when it chose to leave its queue
	busy   bool        // heard a busy tone
	sorry  bool        // heard that all are busy
	left   bool        // put the phone down itself
	gone   time.Time   // when the line was over
	quit   time.Time   // when it put down, exactly
	queued bool        // its patience runs
	talks  bool        // it has been joined with an agent
	served bool        // an agent has it: what it hears is the agent, or hold

	will     *rand.Rand    // what it chooses
	talk     time.Duration // how long it wants to talk
	hangs    bool          // the customer puts down first, not the agent
	patience time.Duration
}

// call lets a new customer call.
func (w *world) call(n int) {
	r := w.rng("caller", n)
	c := &caller{w: w, r: r, has: make(chan struct{}), will: w.rng("will", n), talk: time.Second + exp(r, 150*time.Second), hangs: r.IntN(2) == 0, patience: time.Second + exp(r, 3*time.Minute)}
	in := hotline.Incoming{
		Call: hotline.CallID(fmt.Sprintf("c%05d", n)), To: "95500", Trunk: "carrier",
		From: hotline.Party{Number: fmt.Sprintf("138%08d", n)},
	}
	switch r.IntN(40) {
	case 0, 1, 2:
		in.To = "95511"
	case 3:
		in.To = "110" // nobody's number
	case 4:
		in.To, c.early = "95512", true
	}
	w.mu.Lock()
	w.callers[in.Call] = c
	w.mu.Unlock()
	// The line may ring, be heard and be over before Call returns.
	c.line = w.fake.Call(in, func(_ *calltest.Line, h calltest.Hearing) { <-c.has; c.hears(h) }, func(*calltest.Line) {
		w.mu.Lock()
		defer w.mu.Unlock()
		c.gone = hotline.Millis(time.Now())
	})
	close(c.has)
	c.press()
	if r.IntN(25) == 0 { // puts down at any moment, whatever goes on
		time.AfterFunc(between(r, 0, time.Minute), c.hangup)
	}
}

// press plans the keys.
func (c *caller) press() {
	var keys string
	switch n := c.r.IntN(100); {
	case n < 40:
		keys = "1"
	case n < 46:
		keys = "6"
	case n < 49:
		keys = "9"
	case n < 52:
		keys = "#"
	case n < 55:
		keys = "*"
	case n < 62:
		keys = "21"
	case n < 74:
		keys = "3"
	case n < 80:
		keys = "4"
	case n < 86:
		keys = "5"
	case n < 89:
		keys = "01"
	case n < 91:
		keys = "8"
	case n < 93:
		keys = "7777"
	}
	at := between(c.r, 0, 6*time.Second)
	for _, k := range []byte(keys) {
		time.AfterFunc(at, func() { c.line.Press(k) })
		at += between(c.r, 50*time.Millisecond, 4*time.Second)
	}
}

// hears is what comes out of the phone.
func (c *caller) hears(h calltest.Hearing) {
	w := c.w
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case slices.Contains(h.Prompts, "tone:busy"):
		c.busy = true
	case slices.Contains(h.Prompts, "all-busy"):
		c.sorry = true
	case slices.Contains(h.Prompts, "wait-choice"):
		c.asks = true
		c.choose()
		return
	case slices.Contains(h.Prompts, "callback-press-1"):
		time.AfterFunc(between(c.will, 100*time.Millisecond, 4*time.Second), func() { c.line.Press('1') })
	case slices.Contains(h.Prompts, "callback-promised"):
		c.vowed = append(c.vowed, hotline.Millis(time.Now()))
	case slices.Contains(h.Prompts, "tone:beep"):
		c.spoke = append(c.spoke, hotline.Millis(time.Now()))
		time.AfterFunc(between(c.will, 1100*time.Millisecond, 30*time.Second), func() { c.line.Press('#') })
	case slices.Contains(h.Prompts, "sorry"):
		c.ruled = append(c.ruled, hotline.Millis(time.Now()))
	case slices.Contains(h.Prompts, "please-wait") || slices.Contains(h.Prompts, "music"):
		if !c.queued {
			c.queued = true
			time.AfterFunc(c.patience, c.impatient)
		}
	case slices.Contains(h.Prompts, "agent-number-prefix"), len(h.With) > 0:
		c.meets(h)
	}
	if len(h.Prompts) > 0 || len(h.With) > 0 { // the silence after it still belongs to the question
		c.asks = false
	}
}

// meets is an agent coming to the caller. w.mu is held.
func (c *caller) meets(h calltest.Hearing) {
	w, joined := c.w, len(h.With) > 0
	if !c.served {
		c.served, c.met = true, hotline.Millis(time.Now())
		var who *agent
		for _, a := range w.agents { // several may have picked up: the one that is heard, or whose number is said
			if a.talking == c.line.Call() && (joined && a.last.Leg() == h.With[0] || !joined && said(h.Prompts) == string(a.id)) {
				who = a
			}
		}
		if who == nil {
			w.t.Errorf("%s hears an agent who is in no call", c.line.Call())
			return
		}
		if joined && who.mute { // nothing is heard of the agent
			return
		}
		c.heard = append(c.heard, heard{at: c.met, agent: who.id, queue: who.queue})
	}
	if joined && !c.talks {
		c.talks = true
		if c.hangs {
			time.AfterFunc(c.talk, c.hangup)
		}
	}
}

// said is the number that the prompts say.
func said(prompts []string) (number string) {
	for _, p := range prompts {
		switch {
		case p == "digit-yao":
			number += "1"
		case len(p) == 2 && p[0] == 'n':
			number += p[1:]
		}
	}
	return number
}

// heard is an agent that a caller heard.
type heard struct {
	at    time.Time
	agent hotline.AgentID
	queue hotline.QueueID // on the agent's screen
}

// choose presses a key while the choice is heard, or a moment after it. w.mu is held.
func (c *caller) choose() {
	key := "1233348"[c.will.IntN(7)]
	if c.will.IntN(3) == 0 {
		return // waits on without a word
	}
	time.AfterFunc(between(c.will, 100*time.Millisecond, 3*time.Second), func() {
		c.w.mu.Lock()
		asks := c.asks && c.gone.IsZero()
		c.asks = false
		if asks && key > '3' {
			c.chose = append(c.chose, hotline.Millis(time.Now()))
		}
		c.w.mu.Unlock()
		if asks {
			c.line.Press(key)
		}
	})
}

func (c *caller) impatient() {
	c.w.mu.Lock()
	served := c.served
	c.w.mu.Unlock()
	if !served {
		c.hangup()
	}
}

func (c *caller) hangup() {
	<-c.has
	at := time.Now()
	if c.line.Hangup() {
		c.w.mu.Lock()
		c.left, c.gone, c.quit = true, hotline.Millis(at), at
		c.w.mu.Unlock()
	}
}

// ringTime is the queues' ring_timeout, lineDelay the Fake's.
const (
	ringTime  = 15 * time.Second
	lineDelay = 10 * time.Millisecond
)

// agent is a person with a phone and a list of habits.
type agent struct {
	w  *world
	id hotline.AgentID
	r  *rand.Rand
	mu sync.Mutex // of r

	// Guarded by world.mu.
	talking hotline.CallID         // the call it has picked up
	queue   hotline.QueueID        // of it
	mute    bool                   // its phone is dead: nothing is heard of it
	last    *calltest.Line         // the line of it
	begun   map[hotline.LegID]bool // talks that have begun
	given   int                    // customers handed to it by a colleague
	dark    time.Time              // when its phone lost its registration
	out     bool                   // signed out for the day
}

func (a *agent) chance(percent float64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.r.Float64()*100 < percent
}

func (a *agent) between(from, to time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return between(a.r, from, to)
}

// after does something later, unless the day is over by then.
func (a *agent) after(d time.Duration, do func()) {
	time.AfterFunc(d, func() {
		a.w.mu.Lock()
		out := a.out
		a.w.mu.Unlock()
		if !out {
			do()
		}
	})
}

// begin is the start of the shift.
func (a *agent) begin() {
	a.device(true)
	a.after(a.between(0, 5*time.Minute), func() { a.dial("*1") })
	for range 2 {
		a.after(a.between(30*time.Minute, 6*time.Hour), func() {
			a.dial([]string{"*21", "*22"}[a.between(0, 2)])
			a.after(a.between(3*time.Minute, 15*time.Minute), func() { a.dial("*1") })
		})
	}
	if a.chance(20) { // the phone loses its registration for a while
		a.after(a.between(30*time.Minute, 6*time.Hour), func() {
			a.device(false)
			a.after(a.between(time.Second, 2*time.Minute), func() {
				a.device(true)
				a.after(a.between(0, time.Minute), func() { a.dial("*1") })
			})
		})
	}
}

func (a *agent) device(up bool) {
	if !up {
		a.w.mu.Lock()
		a.dark = hotline.Millis(time.Now())
		a.w.mu.Unlock()
	}
	if err := a.w.shard.Submit(a.w.t.Context(), hotline.SetDevice{Agent: a.id, Up: up}); err != nil {
		a.w.t.Errorf("SetDevice: %v", err)
	}
}

// dial dials a code and listens to the tone.
func (a *agent) dial(code string) {
	tones := 0
	a.w.fake.Call(hotline.Incoming{To: code, Agent: a.id, From: hotline.Party{Number: string(a.id)}},
		func(l *calltest.Line, h calltest.Hearing) {
			if slices.Contains(h.Prompts, "tone:beep") || slices.Contains(h.Prompts, "tone:error") {
				tones++
			}
		},
		func(*calltest.Line) {
			if tones != 1 {
				a.w.t.Errorf("%s dialled %s and heard %d tones", a.id, code, tones)
			}
		})
}

// again is an agent who was taken off the queue noticing it.
func (a *agent) again() {
	a.after(a.between(5*time.Second, 2*time.Minute), func() { a.dial("*1") })
}

// rung is the phone ringing for a call.
func (a *agent) rung(d hotline.Dial, l *calltest.Line) {
	if d.Headers["X-Hotline-From"] != "" {
		a.calledIn(d, l)
		return
	}
	queue := hotline.QueueID(d.Headers["X-Hotline-Queue"])
	begun := hotline.Millis(time.Now())
	settled, intent := false, hotline.OfferResult("") // guarded by world.mu
	var picked time.Time                              // when its pick-up is known
	refuse := func(cause hotline.Cause, r hotline.OfferResult) {
		a.w.mu.Lock()
		intent = r
		a.w.mu.Unlock()
		if l.Refuse(cause) {
			a.again()
			return
		}
		a.w.mu.Lock()
		intent = ""
		a.w.mu.Unlock()
	}
	l.Hears = func(h calltest.Hearing) {
		a.w.mu.Lock()
		if !settled && (len(h.With) > 0 || slices.Contains(h.Prompts, "tone:beep")) { // it is through
			settled = true
			a.w.ring(queue, hotline.OfferAnswered)
		}
		a.w.mu.Unlock()
		a.hears(l, h)
	}
	l.Gone = func() {
		a.w.mu.Lock()
		defer a.w.mu.Unlock()
		if a.last == l {
			a.last, a.talking, a.queue, a.mute = nil, "", "", false
		}
		if settled {
			return
		}
		settled = true
		switch {
		case intent != "":
			a.w.ring(queue, intent)
		case hotline.Millis(time.Now()).Sub(begun) >= ringTime+lineDelay-time.Millisecond && !a.w.callers[d.Call].metWhile(begun):
			a.w.ring(queue, hotline.OfferNoAnswer) // the engine let it ring out
			a.again()
		default: // the engine stopped the ringing: because another agent has the caller, which may take a moment to hear of it
			time.AfterFunc(2*lineDelay, func() {
				a.w.mu.Lock()
				defer a.w.mu.Unlock()
				r := hotline.OfferCallerGone
				switch c := a.w.callers[d.Call]; {
				case !a.dark.Before(begun): // its own registration ended: it cannot be reached
					r = hotline.OfferUnreachable
				case c.metSince(begun):
					r = hotline.OfferElsewhere
				case c.early && !c.taken.Before(begun) && c.quit.After(c.taken): // it gave up as it was answered
					r = hotline.OfferElsewhere
					if c.taken.Equal(picked) {
						r = hotline.OfferAnswered
					}
				}
				a.w.ring(queue, r)
			})
		}
	}
	mute := a.chance(1.5)
	pickUp := func() {
		if !l.PickUp(mute) { // it rings no more
			return
		}
		a.w.mu.Lock()
		defer a.w.mu.Unlock()
		if a.last != nil {
			a.w.t.Errorf("%s picks up %s and has %s", a.id, d.Call, a.talking)
		}
		a.last, a.talking, a.queue, a.mute = l, d.Call, queue, mute
		picked = time.Now().Add(lineDelay)
		if c := a.w.callers[d.Call]; c.taken.Before(begun) && picked.Before(begun.Add(ringTime)) { // not too late
			c.taken = picked
		}
	}
	time.AfterFunc(a.between(50*time.Millisecond, 300*time.Millisecond), l.Ring)
	switch {
	case a.chance(0.3):
		refuse(hotline.CauseUnreachable, hotline.OfferUnreachable)
	case a.chance(0.4):
		refuse(hotline.CauseBusy, hotline.OfferBusy)
	case a.chance(0.4): // rings and then says 486: the reject button of a softphone
		time.AfterFunc(a.between(500*time.Millisecond, 3*time.Second), func() { refuse(hotline.CauseBusy, hotline.OfferRejected) })
	case a.chance(1.5):
		time.AfterFunc(a.between(time.Second, 8*time.Second), func() { refuse(hotline.CauseRejected, hotline.OfferRejected) })
	case a.chance(2): // does not hear it
	case a.chance(1): // just before the ringing is over, or just too late
		time.AfterFunc(a.between(14950*time.Millisecond, 15005*time.Millisecond), pickUp)
	default:
		at := a.between(time.Second, 9*time.Second)
		time.AfterFunc(at, pickUp)
		if a.chance(2) { // the caller gives up at that very moment
			c := a.w.caller(d.Call)
			time.AfterFunc(at+a.between(0, 20*time.Millisecond), c.hangup)
		}
	}
}

// hears begins the talk, in which one of the two hangs up first; some hold the caller in between.
func (a *agent) hears(l *calltest.Line, h calltest.Hearing) {
	if len(h.With) == 0 {
		return
	}
	c := a.w.caller(l.Call())
	a.w.mu.Lock()
	again := a.begun[l.Leg()]
	a.begun[l.Leg()] = true
	a.w.mu.Unlock()
	if again { // after a hold
		return
	}
	if a.isMute() { // nothing is heard, and the agent gives up
		time.AfterFunc(a.between(200*time.Millisecond, 1900*time.Millisecond), func() { a.loses(c, l, func() { l.Hangup() }) })
		a.after(3*time.Minute, func() { a.dial("*3") })
		return
	}
	if a.chance(2) { // the phone dies, which the switch notices after a while
		time.AfterFunc(min(c.talk, a.between(5*time.Second, time.Minute))/2, func() {
			a.loses(c, l, func() { l.Lose(time.Minute) })
		})
		a.after(3*time.Minute, func() { a.dial("*3") })
		return
	}
	if a.chance(10) {
		at := a.between(5*time.Second, 30*time.Second)
		time.AfterFunc(at, func() { l.Hold(true) })
		time.AfterFunc(at+a.between(2*time.Second, 40*time.Second), func() { l.Hold(false) })
	}
	passing := func() bool { return false } // whether it is about to hand the customer on
	if a.chance(8) && c.talk > 10*time.Second {
		passing = a.passes(l)
	}
	if !c.hangs {
		time.AfterFunc(c.talk, func() { a.ends(l, passing) })
	}
	if a.chance(60) {
		a.after(c.talk+a.between(time.Second, 40*time.Second), func() { a.dial("*3") })
	}
	a.after(c.talk+3*time.Minute, func() { a.dial("*3") }) // a manual wrap-up needs it, and a talk may be longer than was meant
}

// metSince says whether an agent has come to the caller since then. w.mu is held.
func (c *caller) metSince(at time.Time) bool {
	return !c.met.Before(at)
}

// metWhile says whether an agent came to the caller while a phone rang that rang from then on; who came a moment after it had rung out
// did not stop it. w.mu is held.
func (c *caller) metWhile(rang time.Time) bool {
	return c.metSince(rang) && c.met.Before(rang.Add(ringTime))
}

func (a *agent) isMute() bool {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	return a.mute
}

// loses is the agent's end of a talk that the caller has not ended: the caller waits again.
func (a *agent) loses(c *caller, l *calltest.Line, how func()) {
	a.w.mu.Lock()
	mine := a.last == l
	if mine {
		c.served, c.talks = false, false
		c.queued = false
		c.lost = append(c.lost, hotline.Millis(time.Now()))
	}
	a.w.mu.Unlock()
	if mine {
		how()
	}
}

// ring counts one ring. w.mu is held.
func (w *world) ring(q hotline.QueueID, r hotline.OfferResult) {
	t := w.rings[q]
	switch r {
	case hotline.OfferAnswered:
		t.Answered++
	case hotline.OfferNoAnswer:
		t.NoAnswer++
	case hotline.OfferRejected:
		t.Rejected++
	case hotline.OfferUnreachable:
		t.Unreachable++
	case hotline.OfferBusy:
		t.Busy++
	case hotline.OfferCallerGone:
		t.CallerGone++
	case hotline.OfferElsewhere:
		t.Elsewhere++
	}
}
