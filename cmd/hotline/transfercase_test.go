package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/call"
	"hotline/reports"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// The voices of a transfer.
const (
	voiceCustomer = 0x11
	voiceAgent    = 0x22
	voiceTarget   = 0x33
)

// soon is by when a customer must be back: a second (reliability.md §4, 45), and two more for a machine that does much else.
const soon = 3 * time.Second

// transferCase is a customer who talks to its agent, who means to hand it on to a target.
type transferCase struct {
	t                       *testing.T
	e                       *engine
	phone                   bool // the agent's own phone does it, by a second line and REFER; else the engine by command
	queue                   hotline.QueueID
	number, agentID, target string
	customer, agent, other  *handPhone
	call, line, second      *handLine // the customer's, the agent's first and its own to the target
	theirs                  *handLine // the target's
	id                      hotline.CallID
	contact                 hotline.ContactID
}

// transferEngine is a whole engine with a queue, an agent and a target for each of n cases. Who is called in has 2.5 s to pick up.
func transferEngine(t *testing.T, n int) (*engine, netip.AddrPort) {
	t.Helper()
	var agents, queues, flows, numbers []string
	for i := range n {
		agents = append(agents, fmt.Sprintf(`  - {id: "%[1]d1", name: a, password: pw-%[1]d1, skills: {s%[1]d: 5}}
  - {id: "%[1]d2", name: b, password: pw-%[1]d2, skills: {other: 5}}`, 100+i))
		queues = append(queues, fmt.Sprintf(`  - {id: q%[1]d, name: q, needs: s%[1]d >= 3, ring_timeout: 8s, wrap_up: {mode: timed, after: 60s}}`, 100+i))
		flows = append(flows, fmt.Sprintf(`  f%[1]d: [{answer: {}}, {queue: q%[1]d}]`, 100+i))
		numbers = append(numbers, fmt.Sprintf(`  "95500%[1]d": f%[1]d`, 100+i))
	}
	centre := "time_zone: Asia/Shanghai\nlanguage: zh-CN\nagents:\n" + strings.Join(agents, "\n") + "\nqueues:\n" + strings.Join(queues, "\n") +
		"\n  - {id: others, name: o, needs: other >= 3}\nflows:\n" + strings.Join(flows, "\n") + "\nnumbers:\n" + strings.Join(numbers, "\n") + "\n"
	return engineOf(t, centre, func(cfg *config, _ netip.AddrPort) {
		cfg.Ports = [2]uint16{37000, 38999}
		cfg.limits = call.Limits{Ring: 2500 * time.Millisecond, Reflex: 20 * time.Second} // what follows at once does so on a busy machine, too
		cfg.SIP.Trunks = []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}}}
	})
}

func newTransferCase(t *testing.T, e *engine, at netip.AddrPort, i int, phone bool) *transferCase {
	t.Helper()
	c := &transferCase{
		t: t, e: e, phone: phone, queue: hotline.QueueID(fmt.Sprintf("q%d", 100+i)), number: fmt.Sprintf("1380000%04d", i),
		agentID: fmt.Sprintf("%d1", 100+i), target: fmt.Sprintf("%d2", 100+i),
	}
	c.customer = newHandPhone(t, "127.0.0.2", c.number, voiceCustomer, at)
	c.agent = newHandPhone(t, "127.0.0.1", c.agentID, voiceAgent, at)
	c.other = newHandPhone(t, "127.0.0.1", c.target, voiceTarget, at)
	for _, p := range []*handPhone{c.agent, c.other} {
		p.register()
		c.ready(p.user)
	}
	c.call = c.customer.dials(fmt.Sprintf("95500%d", 100+i))
	c.line = c.agent.rung()
	c.fill("talks", func() bool {
		return c.call.hears(voiceAgent) < time.Second && c.line.hears(voiceCustomer) < time.Second
	})
	s := e.hub.Calls(hotline.AgentID(c.agentID))
	if len(s) != 1 {
		t.Fatalf("%+v", s)
	}
	c.id, c.contact = s[0].Call, s[0].Contact
	return c
}

func (c *transferCase) fill(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("never: %s; the agent has %+v, the target %+v, the line %+v", what, c.view(c.agentID), c.view(c.target), c.waiting())
		}
	}
}

func (c *transferCase) ready(agent string) {
	c.t.Helper()
	c.fill("ready", func() bool {
		return c.e.shard.Submit(context.Background(), hotline.SetAgent{Agent: hotline.AgentID(agent), State: hotline.AgentReady}) == nil
	})
}

func (c *transferCase) view(agent string) reports.AgentView {
	for _, a := range c.e.fold.View(c.e.clock.Now()).Agents {
		if string(a.ID) == agent {
			return a
		}
	}
	return reports.AgentView{}
}

func (c *transferCase) waiting() []reports.Caller {
	for _, q := range c.e.fold.View(c.e.clock.Now()).Queues {
		if q.ID == c.queue {
			return q.Callers
		}
	}
	return nil
}

// command asks for something by API's way in.
func (c *transferCase) command(v hotline.Verb, to string) error {
	_, err := c.e.hub.Command(context.Background(), c.id, hotline.Command{Verb: v, Agent: hotline.AgentID(c.agentID), To: to})
	return err
}

// consults begins to ask the target.
func (c *transferCase) consults(to string) {
	c.t.Helper()
	if !c.phone {
		if err := c.command(hotline.VerbConsult, to); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	c.line.hold(true)
	c.second = c.agent.dials(to)
	c.second.authorized()
}

// rung waits until the target's phone rings, and the agent knows.
func (c *transferCase) rung() {
	c.t.Helper()
	c.theirs = c.other.rung()
	if c.phone {
		c.agent.saw("SIP/2.0 180", c.second.callID)
	}
}

// spoken waits until agent and target hear each other.
func (c *transferCase) spoken() {
	c.t.Helper()
	with := c.line
	if c.phone {
		c.agent.saw("SIP/2.0 200", c.second.callID, " INVITE")
		with = c.second
	}
	c.fill("they speak", func() bool {
		return with.hears(voiceTarget) < soon && c.theirs.hears(voiceAgent) < soon
	})
}

// completes hands the customer on. It does not wait for what comes of it.
func (c *transferCase) completes() error {
	if !c.phone {
		return c.command(hotline.VerbComplete, "")
	}
	c.refers(c.second)
	return nil
}

func (c *transferCase) refers(other *handLine) {
	var to string
	c.agent.set(func() {
		escape := strings.NewReplacer(";", "%3B", "=", "%3D", "@", "%40")
		to = "Refer-To: <sip:" + c.target + "@" + wiretest.Domain + "?Replaces=" + escape.Replace(other.callID+";to-tag="+tagOf(other.them)+";from-tag="+tagOf(other.me)) + ">"
	})
	c.line.ask("REFER", "", to)
}

// told waits until the agent's phone is told the end of its REFER: that status (RFC 3515 §2.4.5).
func (c *transferCase) told(code int) {
	c.t.Helper()
	if !c.phone {
		if code >= 300 {
			c.givenUp()
		}
		return
	}
	c.agent.saw("SIP/2.0 202", "REFER")
	m := c.agent.saw("NOTIFY ", "terminated")
	if !strings.Contains(m, fmt.Sprintf("\r\n\r\nSIP/2.0 %d ", code)) {
		c.t.Errorf("told %q, want %d", m[strings.Index(m, "\r\n\r\n"):], code)
	}
}

// failed waits for the refusal of the agent's own call to the target.
func (c *transferCase) failed(code int) {
	c.t.Helper()
	if c.phone {
		c.agent.saw(fmt.Sprintf("SIP/2.0 %d", code), c.second.callID)
		return
	}
	c.givenUp()
}

// givenUp waits until the engine has given the target up.
func (c *transferCase) givenUp() {
	c.t.Helper()
	c.fill("given up", func() bool { return c.view(c.agentID).State == hotline.AgentTalking && c.view(c.target).Call == "" })
}

// withAgent: the customer is its agent's again, soon.
func (c *transferCase) withAgent() {
	c.t.Helper()
	from := time.Now()
	if c.phone { // it took the call off hold as soon as it heard
		c.line.hold(false)
	}
	there, back := c.call.hears(voiceAgent), c.line.hears(voiceCustomer)
	if took := time.Since(from); took > soon || there > soon || back > soon {
		c.t.Errorf("back after %v (%v, %v)", took, there, back)
	}
	c.fill("the agent talks, the target is free", func() bool {
		return c.view(c.agentID).State == hotline.AgentTalking && c.free(c.target)
	})
}

func (c *transferCase) free(agent string) bool {
	a := c.view(agent)
	return a.State == hotline.AgentReady || a.State == hotline.AgentWrapUp || a.State == hotline.AgentNotReady || a.State == hotline.AgentSignedOut
}

// withTarget: the customer speaks with the target, and the agent is done.
func (c *transferCase) withTarget() {
	c.t.Helper()
	if there, back := c.call.hears(voiceTarget), c.theirs.hears(voiceCustomer); there > soon || back > soon {
		c.t.Errorf("%v, %v", there, back)
	}
	c.fill("the target talks, the agent wraps up", func() bool {
		return c.view(c.target).State == hotline.AgentTalking && c.view(c.agentID).State == hotline.AgentWrapUp
	})
}

// inLine: soon the customer is the first in its queue; both agents are free, and the next ready agent has it.
func (c *transferCase) inLine() {
	c.t.Helper()
	from := time.Now()
	c.fill("the customer stands in line", func() bool {
		w := c.waiting()
		return len(w) == 1 && w[0].Contact == c.contact && w[0].Entry == hotline.EntryRequeue
	})
	if took := time.Since(from); took > soon {
		c.t.Errorf("in line after %v", took)
	}
	c.fill("both agents are free", func() bool { return c.free(c.agentID) && c.free(c.target) })
	if err := c.e.shard.Submit(context.Background(), hotline.EndWrap{Agent: hotline.AgentID(c.agentID), Source: hotline.SourceAgent}); err != nil {
		c.t.Error(err)
	}
	c.line = c.agent.rung()
	if there, back := c.call.hears(voiceAgent), c.line.hears(voiceCustomer); there > soon || back > soon {
		c.t.Errorf("the next agent: %v, %v", there, back)
	}
}

// ends lets the customer hang up, unless it has, and looks at what is left: nothing but one contact whose parts are whole. parts are the agents that it had,
// one after another; none: that depends.
func (c *transferCase) ends(outcome string, parts ...string) {
	c.t.Helper()
	if !c.call.ended() {
		c.call.bye()
	}
	c.fill("the call is over", func() bool { return !c.e.hub.Alive(c.id) && c.free(c.agentID) && c.free(c.target) })
	var r reports.Contact
	c.fill("the record is closed", func() bool {
		r, _ = c.e.fold.Contact(c.contact)
		return r.Ended != 0
	})
	page, err := c.e.fold.Contacts(reports.Search{Number: c.number})
	if err != nil || len(page.Items) != 1 {
		c.t.Errorf("%d contacts, %v", len(page.Items), err)
	}
	var had []string
	for _, s := range r.Segments {
		had = append(had, string(s.Agent))
		if s.Released == 0 || s.TalkMS < 0 || s.HoldMS < 0 || s.TalkMS+s.HoldMS > r.MS+50 {
			c.t.Errorf("a part: %+v in %d ms", s, r.MS)
		}
	}
	if r.Outcome != outcome || parts != nil && fmt.Sprint(had) != fmt.Sprint(parts) {
		c.t.Errorf("%s with %v, want %s with %v", r.Outcome, had, outcome, parts)
	}
	for _, l := range r.Legs {
		if l.Ended == 0 {
			c.t.Errorf("a leg has no end: %+v", l)
		}
	}
}
