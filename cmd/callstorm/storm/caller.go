package storm

import (
	"sync"
	"time"
)

// caller is one customer's call.
type caller struct {
	s      *Storm
	d      *dialog
	began  time.Time
	sock   *audio
	number string
	stay   func() // takes the patience's end back; owner: whoever holds mu, after call

	mu       sync.Mutex // guards all below
	stream   *stream
	upSince  time.Time
	bothAt   time.Time // when the later of the two first packets came
	agent    *dialog   // the agent's side, once picked up
	invited  bool      // an agent was rung for it
	mine     bool      // the caller heard the agent
	heard    bool      // and is in no hurry since
	theirs   bool      // the agent heard the caller
	joined   bool      // both
	left     bool      // gave up waiting
	finished bool
}

// call dials once.
func (s *Storm) call() {
	c := &caller{s: s, sock: s.pick(false), number: s.number(), stay: func() {}}
	c.d = s.callers.dial(c.number, s.cfg.Number, account{}, describe(c.sock.local(), s.codecs))
	c.d.answered, c.d.ended = c.answered, c.ended
	c.began = time.Now() // before anybody else knows of it
	s.line.join(c)
	s.mu.Lock()
	s.calls[c.number] = c
	s.mu.Unlock()
	s.tally.note(func(t *tally) { t.res.Calls++ })
	s.tally.busy(1)
	if s.cfg.Patience.Mean > 0 {
		c.mu.Lock()
		c.stay = s.timers.after(s.draw(s.cfg.Patience), c.tired)
		c.mu.Unlock()
	}
	c.d.start()
}

// tired gives up if no agent came.
func (c *caller) tired() {
	c.mu.Lock()
	gone := c.mine || c.finished
	c.left = !gone
	c.mu.Unlock()
	if !gone {
		c.d.hangup()
	}
}

func (c *caller) answered(sdp []byte) {
	remote, pt, ok := answerOf(sdp, c.s.codecs)
	if !ok {
		c.d.hangup()
		return
	}
	now := time.Now()
	c.s.tally.note(func(t *tally) { record(t.answer, now.Sub(c.began)) })
	keys := c.s.pickText(c.s.cfg.Keys)
	st := &stream{
		to: endpointOf(remote), pt: pt, voice: c.s.voice(c.s.cfg.CallerVoice, pt), probe: c.s.cfg.Probe,
		heard: c.heardAgent, keys: make(chan byte, len(keys)),
	}
	if !c.s.cfg.Probe {
		st.heard = nil // it would be the music; the agent's joining is told by the agent's side
	}
	c.mu.Lock()
	c.stream, c.upSince = st, now
	gone := c.finished
	c.mu.Unlock()
	if gone {
		return
	}
	c.sock.add(st)
	c.press(st, keys)
}

// press presses the keys one after another.
func (c *caller) press(st *stream, keys string) {
	if keys == "" {
		return
	}
	c.s.timers.after(c.s.draw(c.s.cfg.KeyDelay), func() {
		st.keys <- keys[0] // there is room for all of them
		c.press(st, keys[1:])
	})
}

// ring notes that an agent's phone rings for this caller.
func (c *caller) ring(at time.Time) {
	c.mu.Lock()
	first := !c.invited
	c.invited = true
	c.mu.Unlock()
	if !first {
		return
	}
	c.s.line.leave(c, at, true)
	c.s.tally.note(func(t *tally) { record(t.setup, at.Sub(c.began)) })
}

func (c *caller) heardAgent(at time.Time) { c.half(&c.mine, at) }

// heardBy notes that an agent hears the caller; without probes that is all there is to know. Of several phones that were
// picked up at once one does.
func (c *caller) heardBy(d *dialog, at time.Time) {
	c.mu.Lock()
	c.agent = d
	c.mu.Unlock()
	if !c.s.cfg.Probe {
		c.half(&c.mine, at)
	}
	c.half(&c.theirs, at)
}

// half notes one direction of audio; with both the two talk for as long as the storm says.
func (c *caller) half(which *bool, at time.Time) {
	c.mu.Lock()
	*which = true
	both := c.mine && c.theirs && !c.joined && !c.finished
	c.joined = c.joined || both
	if c.bothAt.Before(at) && !c.finished {
		c.bothAt = at
	}
	took, agent := c.bothAt.Sub(c.began), c.agent
	first := c.mine && !c.heard && !c.finished
	if c.heard = c.mine; c.heard {
		c.stay() // who hears somebody waits no longer
	}
	c.mu.Unlock()
	if first && !both {
		c.s.timers.after(deadLine, func() {
			if !c.isJoined() {
				c.giveUp()
			}
		})
	}
	if !both {
		return
	}
	c.s.tally.note(func(t *tally) { t.res.Connected++; record(t.twoWay, took) })
	hangup := c.d.hangup
	if c.s.chance() >= c.s.cfg.CallerEnds && agent != nil {
		hangup = func() { c.s.hangup(agent) }
	}
	hold := c.s.draw(c.s.cfg.Hold)
	c.s.timers.after(hold, hangup)
	c.s.timers.after(hold+deadLine, c.giveUp)
}

// deadLine is how long after the end of the talk a caller stays on a line on which nothing comes any more: the peer has died, and nobody
// told the caller.
const deadLine = 10 * time.Second

func (c *caller) giveUp() {
	c.mu.Lock()
	gone := c.finished
	c.mu.Unlock()
	if !gone {
		c.d.hangup()
	}
}

func (c *caller) isJoined() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joined
}

func (c *caller) ended(code int, late bool) {
	c.mu.Lock()
	c.finished = true
	st, left, joined, up := c.stream, c.left, c.joined, c.upSince
	c.stay()
	c.mu.Unlock()
	c.s.line.leave(c, time.Now(), false)
	c.s.mu.Lock()
	delete(c.s.calls, c.number)
	c.s.mu.Unlock()
	c.s.tally.busy(-1)
	if st != nil {
		c.sock.remove(st)
		c.s.tally.note(func(t *tally) { t.res.CallMin += time.Since(up).Minutes() })
	}
	end := "connected"
	switch {
	case joined && !late: // counted when it was
	case left:
		end = "abandoned"
		c.s.tally.note(func(t *tally) { t.res.Abandoned++ })
	case code != 0 || late:
		end = "failed"
		c.s.tally.failed(code, late)
	default:
		end = "unjoined"
		c.s.tally.note(func(t *tally) { t.res.Unjoined++ })
	}
	c.s.tally.end(c.number, end)
}
