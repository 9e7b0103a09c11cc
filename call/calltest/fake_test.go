package calltest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/call"
	"hotline/call/calltest"
)

// harness puts a Fake before the suite.
type harness struct {
	fake *calltest.Fake
	out  chan heard

	mu    sync.Mutex
	does  map[hotline.AgentID]calltest.Behaviour
	lines map[hotline.AgentID]*calltest.Line
}

type heard struct {
	call   hotline.CallID
	signal hotline.Signal
}

func newHarness(t *testing.T) *harness {
	h := &harness{
		out:  make(chan heard, 1000),
		does: map[hotline.AgentID]calltest.Behaviour{}, lines: map[hotline.AgentID]*calltest.Line{},
	}
	h.fake = calltest.NewFake(calltest.FakeConfig{
		Signal: func(c hotline.CallID, s hotline.Signal) { h.out <- heard{c, s} },
		Phone:  h.phone,
	})
	t.Cleanup(h.fake.Close)
	return h
}

func (h *harness) phone(d hotline.Dial, l *calltest.Line) {
	h.mu.Lock()
	b := h.does[d.Agent]
	h.lines[d.Agent] = l
	h.mu.Unlock()
	if d.Trunk != "" && d.Trunk != "out" {
		b = calltest.IsGone
	}
	after := func(d time.Duration, fn func()) { time.AfterFunc(d, fn) }
	switch b {
	case calltest.PicksUp:
		after(10*time.Millisecond, l.Ring)
		after(500*time.Millisecond, func() { l.PickUp(false) })
	case calltest.Instant:
		l.PickUp(false)
	case calltest.RingsOn:
		after(10*time.Millisecond, l.Ring)
	case calltest.Rejects:
		after(10*time.Millisecond, func() { l.Refuse(hotline.CauseRejected) })
	case calltest.IsBusy:
		after(10*time.Millisecond, func() { l.Refuse(hotline.CauseBusy) })
	case calltest.IsGone:
		l.Refuse(hotline.CauseUnreachable)
	}
}

func (h *harness) Switch() call.Switch { return h.fake }

func (h *harness) Next(d time.Duration) (hotline.CallID, hotline.Signal, bool) {
	select {
	case s := <-h.out:
		return s.call, s.signal, true
	case <-time.After(d):
		return "", nil, false
	}
}

func (h *harness) Call(_ *testing.T, to string) calltest.Phone {
	return caller{h.fake.Call(hotline.Incoming{To: to, Trunk: "t", From: hotline.Party{Number: "13800000000"}}, nil, nil)}
}

// Outside implements calltest.Carrier: outside phones are called without an agent.
func (h *harness) Outside(t *testing.T, b calltest.Behaviour) (calltest.Phone, string) {
	return h.Agent(t, "", b), "out"
}

type caller struct{ *calltest.Line }

func (c caller) Hangup() { c.Line.Hangup() }

// agent is the phone of an agent: its latest line.
type agent struct {
	h  *harness
	id hotline.AgentID
}

func (h *harness) Agent(_ *testing.T, id hotline.AgentID, b calltest.Behaviour) calltest.Phone {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.does[id] = b
	return agent{h, id}
}

func (a agent) line() *calltest.Line {
	a.h.mu.Lock()
	defer a.h.mu.Unlock()
	return a.h.lines[a.id]
}

func (a agent) Press(key byte) { a.line().Press(key) }
func (a agent) Hold(on bool)   { a.line().Hold(on) }
func (a agent) Hangup()        { a.line().Hangup() }

func (h *harness) Prompts() (short, missing string) { return "beep", "no-such-prompt" }

func TestFakePassesTheSuite(t *testing.T) {
	calltest.RunIn(t, synctest.Test, func(t *testing.T) calltest.Harness { return newHarness(t) })
}
