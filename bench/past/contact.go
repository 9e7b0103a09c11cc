package past

import (
	"strconv"
	"time"

	"hotline"
)

// contact is one customer on the line.
type contact struct {
	id      hotline.ContactID
	call    hotline.CallID
	number  string
	queue   *queue
	since   int64 // of the visit
	visit   hotline.VisitID
	visits  int
	offers  int // of the visit
	legs    int
	waiting bool
	heard   bool // it has talked with an agent
	started int64
	agent   *agent // who rings or talks
	offer   hotline.OfferID
	offered int64
	leg     hotline.LegID // the agent's
	turn    int           // rises with each step, so that an old timer knows that it is late
	promise hotline.CallbackID
}

func (w *world) newCall() hotline.CallID {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	w.ids++
	var b [20]byte
	ms, r := uint64(w.now), w.rand.Uint64()
	for i := 9; i >= 0; i-- {
		b[i] = digits[ms&31]
		b[10+i] = digits[r&31]
		ms, r = ms>>5, r>>5
	}
	return hotline.CallID(b[:])
}

// customer is the number of one of the centre's customers; some call again and again.
func (w *world) customer() string {
	n := uint64(w.rand.IntN(w.pool))
	if w.chance(0.2) {
		n %= uint64(w.pool/20 + 1)
	}
	n = n * 2654435761 % 100_000_000
	return [...]string{"138", "139", "186", "177", "150"}[n%5] + strconv.FormatUint(100_000_000+n, 10)[1:]
}

func (c *contact) event(fact hotline.Fact) hotline.Event {
	return hotline.Event{Contact: c.id, Call: c.call, Fact: fact}
}

// customerLeg is the first leg of a call.
func (c *contact) customerLeg() hotline.LegID { return hotline.LegID(c.call) + "-0" }

func (c *contact) leg0(fact hotline.Fact) hotline.Event {
	ev := c.event(fact)
	ev.Leg = c.customerLeg()
	return ev
}

func (c *contact) queued(fact hotline.Fact) hotline.Event {
	ev := c.event(fact)
	ev.Shard, ev.Queue = Shard, c.queue.id
	return ev
}

func (c *contact) agents(fact hotline.Fact) hotline.Event {
	ev := c.queued(fact)
	ev.Agent = c.agent.id
	return ev
}

func (c *contact) agentLeg(fact hotline.Fact) hotline.Event {
	ev := c.agents(fact)
	ev.Shard, ev.Leg = "", c.leg
	return ev
}

func (c *contact) step(path, step, detail string) hotline.Event {
	return c.event(hotline.FlowStepped{Flow: "main", Path: path, Step: step, Detail: detail})
}

// rings is a customer who calls.
func (w *world) rings() {
	call := w.newCall()
	c := &contact{id: call.Contact(), call: call, number: w.customer(), started: w.now}
	c.queue = w.queues[w.byShare(w.rand.Float64())]
	w.put(c.event(hotline.CallStarted{
		Direction: hotline.Inbound, From: hotline.Party{Number: c.number}, To: "95500", Trunk: "carrier", Flow: "main",
	}))
	w.put(c.leg0(hotline.LegStarted{Role: hotline.RoleCustomer, To: "95500"}))
	w.put(c.step("main.1", "answer", ""))
	w.put(c.leg0(hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"}))
	w.put(c.step("main.2", "play", "welcome"))
	if w.chance(0.03) {
		w.after(w.between(300, 4*second), func() { w.ends(c, hotline.CauseHangup, hotline.RoleCustomer) })
		return
	}
	w.after(w.between(4*second, 6*second), func() {
		w.put(c.step("main.3", "menu", "main-menu"))
		w.after(w.between(2*second, 15*second), func() { w.chosen(c) })
	})
}

// chosen is what the customer does in the menu.
func (w *world) chosen(c *contact) {
	switch {
	case w.chance(0.09):
		w.put(c.step("main.3.4", "play", "address"))
		w.after(w.between(6*second, 25*second), func() { w.ends(c, hotline.CauseFlow, "") })
	case w.chance(0.05):
		w.ends(c, hotline.CauseHangup, hotline.RoleCustomer)
	default:
		w.put(c.step("main.3.choice", "queue", string(c.queue.id)))
		w.asks(c, hotline.EntryIVR)
	}
}

// asks brings the customer to its queue, or not.
func (w *world) asks(c *contact, entry string) {
	c.visits++
	c.visit, c.offers, c.since = c.id.Visit(c.visits), 0, w.now
	c.turn++
	if reason := w.blocks(c, entry); reason != "" {
		rule, then := hotline.RuleClosed, "hangup"
		if reason == hotline.BlockFull {
			rule, then = hotline.RuleMaxWaiting, "busy"
		}
		w.put(c.queued(hotline.Blocked{Visit: c.visit, Entry: entry, Reason: reason, Rule: rule, Then: then}))
		w.after(3*second, func() { w.ends(c, hotline.CauseFlow, "") })
		return
	}
	w.queues1(c, entry)
	turn := c.turn
	w.after(w.patience(), func() {
		if c.turn == turn && (c.waiting || c.agent != nil) {
			w.givesUp(c)
		}
	})
	if w.chance(0.12) {
		w.after(w.between(20*second, 60*second), func() {
			if c.turn == turn && c.waiting && c.promise == "" {
				w.promised(c)
			}
		})
	}
	w.after(3*minute, func() {
		if c.turn == turn && c.waiting {
			w.tooLong(c)
		}
	})
	if a := c.queue.idlest(); a != nil {
		w.offer(c, a)
		return
	}
	c.queue.waiting = append(c.queue.waiting, c)
}

// queues1 writes the visit's beginning down.
func (w *world) queues1(c *contact, entry string) {
	c.waiting = true
	c.queue.n++
	q := hotline.Queued{
		Visit: c.visit, Entry: entry, Priority: 5, Since: w.time(w.now), Position: c.queue.n, From: hotline.Party{Number: c.number},
		Attrs: map[string]string{"called": "95500", "caller": c.number, "language": "zh-CN", "trunk": "carrier"},
	}
	q.Callback = c.promise
	w.put(c.queued(q))
}

func (w *world) blocks(c *contact, entry string) hotline.BlockReason {
	switch {
	case entry != hotline.EntryIVR:
		return ""
	case !w.open:
		return hotline.BlockClosed
	case c.queue.n > 10+len(w.agents)/4:
		return hotline.BlockFull
	}
	return ""
}

// patience: some hang up at once, the others have minutes.
func (w *world) patience() int64 {
	if w.chance(0.02) {
		return w.between(500, 5*second)
	}
	return 5*second + w.expo(float64(4*minute))
}

// stops takes the customer out of its queue.
func (c *contact) stops() {
	if c.waiting {
		c.queue.n--
	}
	c.waiting = false
	c.turn++
}

// givesUp is a customer who hangs up before it was answered, perhaps while a phone rings for it.
func (w *world) givesUp(c *contact) {
	a := c.agent
	ringing := a != nil
	w.put(c.leg0(hotline.LegEnded{Role: hotline.RoleCustomer, Cause: hotline.CauseHangup, Stats: w.stats(c)}))
	if ringing {
		w.put(c.agents(hotline.OfferLost{Visit: c.visit, Offer: c.offer, Result: hotline.OfferCallerGone, RingMS: w.now - c.offered}))
		w.put(c.agentLeg(hotline.LegEnded{Role: hotline.RoleAgent, Cause: hotline.CauseCancelled}))
	}
	w.put(c.queued(hotline.Abandoned{Visit: c.visit, WaitMS: w.now - c.since, Ringing: ringing}))
	c.stops()
	c.agent = nil
	w.put(c.event(hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer}))
	w.recorded(c)
	if ringing {
		w.idle(a, hotline.SourceSystem)
	}
}

// tooLong is the queue's max_wait.
func (w *world) tooLong(c *contact) {
	c.turn++
	switch {
	case len(w.queues) > 1 && c.visits < 3 && w.chance(0.4):
		to := w.queues[(c.queue.index+1)%len(w.queues)]
		w.leaves(c, hotline.Left{Outcome: hotline.OutcomeOverflow, Rule: hotline.RuleMaxWait, Then: "queue", To: string(to.id)})
		c.queue = to
		w.asks(c, hotline.EntryOverflow)
	case w.chance(0.3):
		w.leaves(c, hotline.Left{Outcome: hotline.OutcomeVoicemail, Rule: hotline.RuleMaxWait, Then: "voicemail"})
		w.after(w.between(10*second, 50*second), func() { w.message(c) })
	default:
		w.leaves(c, hotline.Left{Outcome: hotline.OutcomeTimeout, Rule: hotline.RuleMaxWait, Then: "hangup"})
		w.ends(c, hotline.CauseTimeout, "")
	}
}

// leaves ends the wait by a rule.
func (w *world) leaves(c *contact, l hotline.Left) {
	l.Visit, l.WaitMS = c.visit, w.now-c.since
	w.put(c.queued(l))
	c.stops()
}

// message is left after a long wait; somebody deals with it later.
func (w *world) message(c *contact) {
	task := hotline.TaskID(c.id) + "-m"
	ev := c.event(hotline.VoicemailLeft{
		Task: task, Due: w.time(w.now + 24*hour), OffsetMS: c.since - c.started, MS: 12_000, From: hotline.Party{Number: c.number},
	})
	ev.Queue = c.queue.id
	w.put(ev)
	w.ends(c, hotline.CauseHangup, hotline.RoleCustomer)
	w.after(w.between(hour, 20*hour), func() {
		w.put(hotline.Event{Contact: c.id, Fact: hotline.TaskClosed{Task: task, By: "lead", Note: "called"}})
	})
}

// ends ends the call.
func (w *world) ends(c *contact, cause hotline.Cause, by hotline.Role) {
	c.turn++
	w.put(c.leg0(hotline.LegEnded{Role: hotline.RoleCustomer, Cause: cause, Stats: w.stats(c)}))
	w.put(c.event(hotline.CallEnded{Cause: cause, By: by}))
	w.recorded(c)
}

// recorded is the recording, where there was a talk, a moment after the end.
func (w *world) recorded(c *contact) {
	if !c.heard {
		return
	}
	at, ms, call := w.time(w.now), w.now-c.started, c.call
	w.after(700, func() {
		w.put(hotline.Event{Contact: c.id, Call: call, Fact: hotline.RecordingStored{
			File: at.Format("2006/01/02/") + string(call) + ".wav", SHA256: sum(w.rand.Uint64(), w.rand.Uint64()), MS: ms, Bytes: 58 + 16*ms,
		}})
	})
}

// sum looks like a SHA-256: such texts make up much of a log's size and cannot be packed.
func sum(a, b uint64) string {
	const digits = "0123456789abcdef"
	var out [64]byte
	for i := range out {
		if i%16 == 0 {
			a, b = a*6364136223846793005+1442695040888963407, b^a
		}
		out[i] = digits[(a^b)>>(4*(i%16))&15]
	}
	return string(out[:])
}

func (w *world) stats(c *contact) hotline.MediaStats {
	n := uint64(max(w.now-c.started, 0)) / 20
	s := hotline.MediaStats{
		Received: n, JitterMS: float64(w.rand.IntN(6400)) / 640, MaxGapMS: 21 + int64(w.rand.IntN(20)), Codec: "PCMA",
		MOS: 4.39,
	}
	if w.chance(0.1) {
		s.Lost = n / 200
		s.MOS = 4.39 - float64(w.rand.IntN(90))/100
	}
	return s
}

// promised lets the customer hang up and be called back.
func (w *world) promised(c *contact) {
	id := hotline.CallbackID(c.visit)
	w.put(c.queued(hotline.CallbackAsked{
		Callback: id, Visit: c.visit, Number: c.number, From: hotline.Party{Number: c.number}, Since: w.time(c.since), Place: w.time(c.since),
		Expires: w.time(w.now + 4*hour), Priority: 5,
	}))
	w.leaves(c, hotline.Left{Outcome: hotline.OutcomeCallback, Rule: hotline.RuleLongWait, Then: "callback"})
	w.ends(c, hotline.CauseFlow, "")
	q := c.queue
	expires := w.now + 4*hour
	w.after(w.between(4*minute, 15*minute), func() { w.keep(id, c.number, q, 1, expires) })
}

// keep calls a customer who was promised it, as soon as an agent is free.
func (w *world) keep(id hotline.CallbackID, number string, q *queue, try int, expires int64) {
	if w.now > expires {
		w.put(hotline.Event{Shard: Shard, Queue: q.id, Fact: hotline.CallbackEnded{Callback: id, Result: "expired"}})
		return
	}
	a := q.idlest()
	if a == nil {
		w.after(minute, func() { w.keep(id, number, q, try, expires) })
		return
	}
	call := w.newCall()
	c := &contact{id: call.Contact(), call: call, number: number, queue: q, started: w.now, promise: id}
	until := time.UnixMilli(w.now + 45*second).UTC()
	w.put(hotline.Event{Shard: Shard, Contact: c.id, Call: call, Agent: a.id, Queue: q.id, Fact: hotline.CallbackDue{
		Callback: id, Number: number, Try: try, Until: until,
	}})
	w.set(a, hotline.AgentReserved, "", hotline.SourceSystem)
	w.put(c.event(hotline.CallStarted{Direction: hotline.Outbound, From: hotline.Party{Number: "95500"}, To: number, Trunk: "carrier", Callback: id}))
	w.put(c.leg0(hotline.LegStarted{Role: hotline.RoleCustomer, To: number}))
	if w.chance(0.25) {
		w.after(30*second, func() { w.inVain(c, a, try, expires) })
		return
	}
	w.after(w.between(4*second, 15*second), func() {
		w.put(c.leg0(hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"}))
		c.visits, c.since = 1, w.now
		c.visit = c.id.Visit(1)
		w.queues1(c, hotline.EntryCallback)
		w.put(hotline.Event{Shard: Shard, Contact: c.id, Call: call, Queue: q.id, Fact: hotline.CallbackEnded{Callback: id, Result: "connected"}})
		w.offer(c, a)
	})
}

// inVain is a try that nobody answered.
func (w *world) inVain(c *contact, a *agent, try int, expires int64) {
	w.put(c.leg0(hotline.LegEnded{Role: hotline.RoleCustomer, Cause: hotline.CauseNoAnswer}))
	w.put(c.event(hotline.CallEnded{Cause: hotline.CauseNoAnswer}))
	tried := hotline.CallbackTried{Callback: c.promise, Try: try, Cause: hotline.CauseNoAnswer}
	if try < 3 {
		tried.Next = w.time(w.now + 15*minute)
	}
	w.put(hotline.Event{Shard: Shard, Call: c.call, Agent: a.id, Queue: c.queue.id, Fact: tried})
	if try < 3 {
		id, number, q := c.promise, c.number, c.queue
		w.after(15*minute, func() { w.keep(id, number, q, try+1, expires) })
	} else {
		w.put(hotline.Event{Shard: Shard, Queue: c.queue.id, Fact: hotline.CallbackEnded{Callback: c.promise, Result: "failed"}})
	}
	w.idle(a, hotline.SourceSystem)
}
