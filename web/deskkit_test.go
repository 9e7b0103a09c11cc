package web

import (
	"sync"
	"testing"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/web/auth"
)

const deskCentre = `
time_zone: Asia/Shanghai
teams: [{id: a, name: 一组}, {id: b, name: 二组}]
agents:
  - {id: "8001", name: 王芳, password: x, team: a, skills: {claims: 5}}
  - {id: "8002", name: 李雷, password: x, team: b, skills: {claims: 3}}
wrap_up_codes:
  - {id: claim, name: 报案, codes: [{id: claim.car, name: 车险}, {id: claim.home, name: 家财险}]}
  - {id: nuisance, name: 骚扰}
queues:
  - {id: claims, name: 报案, needs: claims, wrap_up: {mode: timed, after: 20s, codes: required, only: [claim], extend: 30s}}
  - {id: other, name: 其他, needs: other}
`

// hall is a centre at work: the router decides, the log keeps, the pages ask. Its clock goes on by hand.
type hall struct {
	*bench
	t      *testing.T
	mu     sync.Mutex // guards router and clock
	router *acd.Router
	clock  time.Time
}

func newHall(t *testing.T, text string) *hall {
	t.Helper()
	h := &hall{t: t, clock: moment(t, testNow)}
	b, err := benchOf(text, nil, h.now)
	if err != nil {
		t.Fatal(err)
	}
	h.bench, h.router = b, acd.NewRouter("main", b.Centre())
	b.decide = h.step
	b.run(t)
	return h
}

func (h *hall) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

// step lets the router decide and writes down what it finds.
func (h *hall) step(q hotline.Request) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	evs, err := h.router.Step(h.clock, q)
	if err == nil && len(evs) > 0 {
		_, err = h.log.Append(evs)
	}
	return err
}

// do asks the router for several things that it must not refuse.
func (h *hall) ask(all ...hotline.Request) {
	h.t.Helper()
	for _, q := range all {
		if err := h.step(q); err != nil {
			h.t.Fatalf("%T: %v", q, err)
		}
	}
	h.settle()
}

// say writes facts of calls.
func (h *hall) say(call string, facts ...hotline.Fact) {
	h.t.Helper()
	for _, f := range facts {
		ev := hotline.Event{At: h.now(), Contact: hotline.ContactID(call), Call: hotline.CallID(call), Fact: f}
		if _, err := h.log.Append([]hotline.Event{ev}); err != nil {
			h.t.Fatal(err)
		}
	}
	h.settle()
}

// settle waits until the figures hold what was written.
func (h *hall) settle() {
	seq, _ := h.log.Append(nil)
	h.await(h.t.Context(), seq)
}

// pass lets time pass, and the router do what becomes due.
func (h *hall) pass(d time.Duration) {
	h.t.Helper()
	h.mu.Lock()
	h.clock = h.clock.Add(d)
	h.mu.Unlock()
	h.ask(hotline.Tick{})
}

// staff signs agents in.
func (h *hall) staff(ids ...hotline.AgentID) {
	h.t.Helper()
	for _, id := range ids {
		h.ask(hotline.SetDevice{Agent: id, Up: true}, hotline.SetAgent{Agent: id, State: hotline.AgentReady, Source: hotline.SourceAgent})
	}
}

// rings lets a customer call until a phone rings.
func (h *hall) rings(call string, from hotline.Party, attrs map[string]string) {
	h.t.Helper()
	h.say(call, hotline.CallStarted{Direction: hotline.Inbound, From: from, To: "95500"},
		hotline.FlowStepped{Flow: "main", Path: "main.1", Step: "menu"})
	h.ask(hotline.Enqueue{
		Contact: hotline.ContactID(call), Call: hotline.CallID(call), Visit: hotline.ContactID(call).Visit(1), Queue: "claims",
		Entry: hotline.EntryIVR, Since: h.now().Add(-7 * time.Second), From: from, Attrs: attrs,
	})
}

// talks lets the offered agent answer.
func (h *hall) talks(call string) {
	h.t.Helper()
	visit := hotline.ContactID(call).Visit(1)
	h.ask(hotline.Accept{Offer: visit.Offer(1), Leg: hotline.LegID(call + "-1")})
	h.say(call, hotline.Answered{Visit: visit, WaitMS: 7000})
}

// ends lets the customer hang up.
func (h *hall) ends(call string, agent hotline.AgentID) {
	h.t.Helper()
	h.say(call, hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
	h.ask(hotline.Release{Agent: agent, Call: hotline.CallID(call), Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
}

func (h *hall) agent(id hotline.AgentID) string {
	return h.token(h.t, auth.User{Name: string(id), Role: auth.Agent, Agent: id})
}

func callerOf(number, name string) hotline.Party { return hotline.Party{Number: number, Name: name} }
