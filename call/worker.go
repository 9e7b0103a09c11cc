package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"hotline"
)

// maxPending bounds the facts of one call that wait for a log that cannot be written.
const maxPending = 1000

// worker is the goroutine of one call. Its fields but box and info belong to that goroutine.
type worker struct {
	hub  *Hub
	id   hotline.CallID
	box  *inbox
	info atomic.Pointer[Info]

	lines   []hotline.CallID  // further calls that belong to this one; the hub's lock guards it
	serving hotline.AgentID   // with whom the customer speaks, as the hub knows it
	seats   []hotline.AgentID // who takes part, as the hub knows it; the hub's lock guards it
	seen    []hotline.AgentID // the same as of the last step

	pressing []pressing // who asked for keys and has no answer yet

	wants []chan<- watchAnswer // who wants something of the supervisor's line that it is

	first   Input         // that the call begins with
	reply   chan<- answer // who asked for the call, with room for one; nil: nobody, or it has been answered
	leg     hotline.LegID // its first
	machine *Machine
	step    func(time.Time, Input) Output // the machine's
	panics  int
	offered map[hotline.OfferID]hotline.AgentID // whose phone was asked
	joined  []hotline.AgentID                   // whose Accept was ordered and who was not released: what a fault must not forget
	held    held                                // what the shard may hold for the call
	pending []hotline.Event                     // facts that are not in the log yet
	seq     uint64                              // the newest event that the call rests on
	wake    time.Time                           // when the machine wants a Tick
	done    bool
}

func newWorker(h *Hub, id hotline.CallID, contact hotline.ContactID, leg hotline.LegID, first Input) *worker {
	w := &worker{
		hub: h, id: id, leg: leg, first: first, box: newInbox(h.cfg.Inbox), offered: map[hotline.OfferID]hotline.AgentID{},
	}
	w.info.Store(&Info{Call: id, Contact: contact, Phase: phaseNew.String(), Since: hotline.Millis(h.cfg.Now())})
	return w
}

// run is the call's life.
func (w *worker) run() {
	defer w.hub.gone(w)
	defer func() {
		if p := recover(); p != nil { // not in a step: the log, the switch or the shard broke in our hands
			w.hub.panics.Add(1)
			w.hub.cfg.Logger.Error("call: panic outside a step", "call", w.id, "panic", p, "stack", string(debug.Stack()))
			w.salvage()
		}
	}()
	w.machine = NewMachine(w.hub.cfg.Plan(), w.hub.cfg.Limits)
	w.step = w.machine.Step
	if w.hub.wrap != nil {
		w.step = w.hub.wrap(w.step)
	}
	if !w.begin() {
		return
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !w.done || len(w.pending) > 0 {
		timer.Reset(w.pause())
		select {
		case <-w.hub.ctx.Done():
			return
		case <-w.box.ready:
		case <-timer.C:
		}
		ins, over := w.box.take()
		if over {
			w.hub.overloads.Add(1)
			out := w.releaseAll(w.safely(Abort{hotline.CauseOverload})) // its Connected may be among what was lost
			w.record(out.Events)
			w.carryOn(out)
		}
		for _, in := range ins {
			w.handle(in)
		}
		if now := w.hub.cfg.Now(); len(ins) == 0 || passed(now, w.wake) {
			w.handle(Tick{})
		}
	}
}

// salvage gives back what the call holds after a panic in another package's hands.
func (w *worker) salvage() {
	defer func() { _ = recover() }() // it was logged; nothing more can be done for this call
	if w.machine != nil {
		out := w.releaseAll(w.machine.wreck(w.hub.cfg.Now()))
		w.record(out.Events)
		w.carryOut(out)
	}
}

// pause is how long to wait when nothing comes.
func (w *worker) pause() time.Duration {
	d := time.Hour
	if !w.wake.IsZero() {
		d = max(0, w.wake.Sub(w.hub.cfg.Now()))
	}
	if len(w.pending) > 0 {
		d = min(d, time.Second)
	}
	if len(w.pressing) > 0 {
		d = min(d, max(0, time.Until(w.pressing[0].by)))
	}
	return d
}

// begin takes the first signal. A call whose beginning cannot be recorded is refused.
func (w *worker) begin() bool {
	out := w.safely(w.first)
	if w.panics > 0 { // the machine may not even know its leg
		w.hub.do(hotline.Hangup{Leg: w.leg, Cause: hotline.CausePanic})
	}
	if err := w.record(out.Events); err != nil && !w.machine.urgentCall() {
		w.hub.refused.Add(1)
		w.hub.do(hotline.Hangup{Leg: w.leg, Cause: hotline.CauseOverload})
		return false
	}
	w.carryOn(out)
	w.answerOrder()
	return true
}

// handle takes one input and everything that follows from it at once.
func (w *worker) handle(in Input) {
	if a, ok := in.(asked); ok {
		w.command(a)
		return
	}
	if a, ok := in.(watched); ok {
		w.wanted(a)
		return
	}
	if t, ok := in.(Told); ok {
		w.seq = max(w.seq, t.Event.Seq)
		w.held.told(t.Event)
		if f, ok := t.Event.Fact.(hotline.Offered); ok {
			w.offered[f.Offer] = t.Event.Agent
		}
	}
	out := w.safely(in)
	w.record(out.Events)
	w.carryOn(out)
	w.keysTold(in, out.Denied)
}

// carryOn does what a step wants, its facts being recorded, and hands the answers back to the machine. It returns why what was
// commanded is not done after all.
func (w *worker) carryOn(out Output) (denied error) {
	answers := w.carryOut(out)
	for len(answers) > 0 {
		in := answers[0]
		out := w.safely(in)
		w.record(out.Events)
		if !out.Settled {
			denied = cmp.Or(denied, out.Denied)
		}
		answers = append(answers[1:], w.carryOut(out)...)
	}
	i := w.machine.Info()
	w.tell(i)
	with := i.Agent
	if i.Phase != phaseTalk.String() {
		with = ""
	}
	w.hub.speaks(w, with)
	w.hub.desks(w)
	w.hub.watching(w)
	return denied
}

// tell has others see the call as it is now.
func (w *worker) tell(i Info) {
	if *w.info.Load() != i {
		now := i
		w.info.Store(&now)
	}
}

// carryOut acts and then asks. It returns what the machine must hear of it.
func (w *worker) carryOut(out Output) []Input {
	var answers []Input
	for _, a := range out.Actions {
		switch b := a.(type) {
		case hotline.Answer:
			b.After = w.seq
			a = b
		case hotline.Mix:
			b.After = w.seq
			a = b
		}
		if err := w.hub.do(a); err != nil {
			answers = append(answers, failed(a, err)...)
		}
	}
	for _, q := range out.Requests {
		err := w.submit(q)
		w.held.asked(q, err)
		if err != nil {
			answers = append(answers, Refused{q, err})
			continue
		}
		answers = append(answers, Ordered{q})
		switch q := q.(type) {
		case hotline.Accept:
			w.joined = append(w.joined, w.offered[q.Offer])
		case hotline.CallIn:
			w.joined = append(w.joined, q.Agent)
		case hotline.BeginOutbound:
			w.joined = append(w.joined, q.Agent)
		case hotline.Release:
			w.joined = slices.DeleteFunc(w.joined, func(a hotline.AgentID) bool { return a == q.Agent })
		}
	}
	if out.Place != "" && w.hub.cfg.Places != nil {
		ctx, cancel := context.WithTimeout(w.hub.ctx, w.hub.cfg.Ask)
		n, wait, err := w.hub.cfg.Places.Place(ctx, out.Place)
		cancel()
		answers = append(answers, Placed{out.Place, n, wait, err})
	}
	if out.Lookup.Number > 0 {
		w.look(out.Lookup)
	}
	w.hub.post(w, out.Posts)
	w.settle(out)
	w.wake, w.done = out.Wake, out.Done
	return answers
}

func (w *worker) submit(q hotline.Request) error {
	ctx, cancel := context.WithTimeout(w.hub.ctx, w.hub.cfg.Ask)
	defer cancel()
	err := w.hub.cfg.Router.Submit(ctx, q)
	if err != nil && !errors.Is(err, hotline.ErrRefused) && !errors.Is(err, hotline.ErrUnknown) && w.hub.ctx.Err() == nil {
		w.hub.cfg.Logger.Warn("call: shard did not take a request", "call", w.id, "request", fmt.Sprintf("%T", q), "err", err)
	}
	return err
}

// failed is what it means for the call that the switch did not take an action.
func failed(a hotline.Action, err error) []Input {
	switch a := a.(type) {
	case hotline.Dial:
		return []Input{Heard{hotline.Failed{Leg: a.Leg, Cause: hotline.CauseUnreachable}}}
	case hotline.Play:
		return []Input{Heard{hotline.PlayEnded{Leg: a.Leg, Play: a.Play, Err: err.Error()}}}
	case hotline.Answer, hotline.Mix:
		return []Input{Abort{hotline.CauseError}}
	}
	return nil // a leg that does not end has its limit, a recording its alarm
}

// record appends the call's facts. Those that the log does not take wait, in their order, and go with the next ones.
func (w *worker) record(evs []hotline.Event) error {
	if room := max(0, maxPending-len(w.pending)); len(evs) > room {
		w.hub.lostFacts.Add(uint64(len(evs) - room))
		evs = evs[:room]
	}
	if len(w.pending) == 0 {
		w.pending = evs // the step's output, nobody else's
	} else {
		w.pending = append(w.pending, evs...)
	}
	if len(w.pending) == 0 {
		return nil
	}
	seq, err := w.hub.cfg.Log.Append(w.pending)
	if err != nil {
		if w.hub.appendErrors.Add(1) == 1 { // the log raises its own alarm; one line says that calls feel it
			w.hub.cfg.Logger.Error("call: facts wait for the log", "call", w.id, "err", err)
		}
		return fmt.Errorf("call: append: %w", err)
	}
	w.pending = nil
	w.seq = max(w.seq, seq)
	return nil
}

// safely steps the machine. A panic ends the call: the machine is told to end it, and if it cannot, its legs are hung
// up and the call is closed as it stands.
func (w *worker) safely(in Input) Output {
	out, ok := w.try(in)
	if ok {
		return out
	}
	if w.panics == 1 {
		if out, ok = w.try(Abort{hotline.CausePanic}); ok {
			return w.releaseAll(out)
		}
	}
	w.step = func(time.Time, Input) Output { return Output{Done: true} }
	return w.releaseAll(w.machine.wreck(w.hub.cfg.Now()))
}

// releaseAll adds a Release of every agent that the shard may have joined to the call: the step that should have known
// of it has panicked, or the Connected was lost. The shard refuses those it never joined.
func (w *worker) releaseAll(out Output) Output {
	for _, a := range w.joined {
		asked := slices.ContainsFunc(out.Requests, func(q hotline.Request) bool {
			r, ok := q.(hotline.Release)
			return ok && r.Agent == a
		})
		if !asked {
			out.Requests = append(out.Requests, hotline.Release{Agent: a, Call: w.id, Cause: hotline.CausePanic})
		}
	}
	return out
}

func (w *worker) try(in Input) (out Output, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			w.hub.panics.Add(1)
			if w.panics++; w.panics == 1 {
				w.hub.cfg.Logger.Error("call: panic", "call", w.id, "input", name(in), "panic", p, "stack", string(debug.Stack()))
			}
		}
	}()
	return w.step(w.hub.cfg.Now(), in), true
}

// name is an input without its content, which may hold a key.
func name(in Input) string {
	switch in := in.(type) {
	case Heard:
		return fmt.Sprintf("%T", in.Signal)
	case Told:
		return fmt.Sprintf("%T", in.Event.Fact)
	case Ordered:
		return fmt.Sprintf("ordered %T", in.Request)
	case Refused:
		return fmt.Sprintf("refused %T", in.Request)
	}
	return fmt.Sprintf("%T", in)
}
