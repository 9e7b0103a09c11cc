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

	mu       sync.Mutex // guards all below
	stream   *stream
	upSince  time.Time
	giveUp   *time.Timer
	invited  bool // an agent was rung for it
	mine     bool // the caller heard the agent
	theirs   bool // the agent heard the caller
	joined   bool // both
	left     bool // gave up waiting
	finished bool
}

// call dials once.
func (s *Storm) call() {
	c := &caller{s: s, began: time.Now(), sock: s.pick(false), number: s.number()}
	c.d = s.callers.dial(c.number, s.cfg.Number, account{}, describe(c.sock.local, s.codecs))
	c.d.answered, c.d.ended = c.answered, c.ended
	s.mu.Lock()
	s.calls[c.number] = c
	s.mu.Unlock()
	s.tally.note(func(t *tally) { t.res.Calls++ })
	s.tally.busy(1)
	if s.cfg.Patience.Mean > 0 {
		c.mu.Lock()
		c.giveUp = time.AfterFunc(s.draw(s.cfg.Patience), c.tired)
		c.mu.Unlock()
	}
	c.d.start()
}

// tired gives up if no agent came.
func (c *caller) tired() {
	c.mu.Lock()
	gone := c.joined || c.finished
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
		remote: remote, pt: uint8(pt), voice: c.s.voice(c.s.cfg.CallerVoice, pt), probe: c.s.cfg.Probe, tally: c.s.tally,
		heard: c.heardAgent, keys: make(chan byte, len(keys)),
	}
	if !c.s.cfg.Probe {
		st.heard = nil // it would be the music; the agent's joining is told by the agent's side
	}
	c.mu.Lock()
	c.stream, c.upSince = st, now
	c.mu.Unlock()
	c.sock.add(st)
	c.press(st, keys)
}

// press presses the keys one after another.
func (c *caller) press(st *stream, keys string) {
	if keys == "" {
		return
	}
	time.AfterFunc(c.s.draw(c.s.cfg.KeyDelay), func() {
		st.keys <- keys[0] // there is room for all of them
		c.press(st, keys[1:])
	})
}

// ring notes that an agent's phone rings for this caller.
func (c *caller) ring() {
	c.mu.Lock()
	first := !c.invited
	c.invited = true
	c.mu.Unlock()
	if first {
		c.s.tally.note(func(t *tally) { record(t.setup, time.Since(c.began)) })
	}
}

func (c *caller) heardAgent() { c.half(&c.mine) }

// heardBy notes that the agent hears the caller; without probes that is all there is to know.
func (c *caller) heardBy() {
	if !c.s.cfg.Probe {
		c.half(&c.mine)
	}
	c.half(&c.theirs)
}

// half notes one direction of audio; with both the two talk for as long as the storm says.
func (c *caller) half(which *bool) {
	c.mu.Lock()
	*which = true
	both := c.mine && c.theirs && !c.joined && !c.finished
	c.joined = c.joined || both
	if both && c.giveUp != nil {
		c.giveUp.Stop()
	}
	c.mu.Unlock()
	if !both {
		return
	}
	c.s.tally.note(func(t *tally) { t.res.Connected++; record(t.twoWay, time.Since(c.began)) })
	if c.s.chance() < c.s.cfg.CallerEnds {
		time.AfterFunc(c.s.draw(c.s.cfg.Hold), c.d.hangup)
	}
}

func (c *caller) ended(code int, late bool) {
	c.mu.Lock()
	c.finished = true
	st, left, up := c.stream, c.left, c.upSince
	if c.giveUp != nil {
		c.giveUp.Stop()
	}
	c.mu.Unlock()
	c.s.mu.Lock()
	delete(c.s.calls, c.number)
	c.s.mu.Unlock()
	c.s.tally.busy(-1)
	if st != nil {
		c.sock.remove(st)
		c.s.tally.note(func(t *tally) { t.res.CallMin += time.Since(up).Minutes() })
	}
	switch {
	case left:
		c.s.tally.note(func(t *tally) { t.res.Abandoned++ })
	case code != 0 || late:
		c.s.tally.failed(code, late)
	}
}
