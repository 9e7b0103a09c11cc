package sip

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
)

// TestMonkey lets callers, an agent's phone and the engine do anything in any order, sense or not, and lose messages.
// Whatever happens: every leg has one last signal, every playing one end, nothing panics, no port is kept. The rig checks
// the signals. MONKEY_SEED=n repeats one.
func TestMonkey(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("MONKEY_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("MONKEY_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	r := newRig(t, func(c *Config) {
		c.t1 = 10 * time.Millisecond
		c.Recorder = &tape{}
	})
	agent := newPhone(t, r.addr)
	agent.register("8001")
	m := &monkey{r: r, rnd: rnd, agent: agent}
	for range 40 {
		m.caller()
	}
	m.agentWorks(100 * time.Millisecond)
	for _, leg := range m.legs() {
		r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseShutdown})
	}
	for range 400 {
		if r.sw.Count() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := r.sw.Count(); n != 0 {
		t.Errorf("%d legs will not end", n)
	}
	if n := r.sw.cfg.Metrics.Panics.Load(); n != 0 {
		t.Errorf("%d panics", n)
	}
	for range 100 { // a port that drains is not free yet
		if _, draining, _ := r.media.Ports(); draining == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
}

type monkey struct {
	r     *rig
	rnd   *rand.Rand
	agent *phone
	n     int
}

func (m *monkey) legs() []hotline.LegID {
	m.r.sw.mu.Lock()
	defer m.r.sw.mu.Unlock()
	var ids []hotline.LegID
	for id := range m.r.sw.legs {
		ids = append(ids, id)
	}
	return ids
}

// caller is one phone that calls and then does eight things.
func (m *monkey) caller() {
	p := newPhone(m.r.t, m.r.addr)
	defer func() {
		p.drop(func(*sipMsg) bool { return true })
	}()
	lossy := m.rnd.IntN(3) == 0
	if lossy {
		n := 0
		p.drop(func(*sipMsg) bool { n++; return n%3 == 0 })
	}
	l := p.dialler("95500")
	body := p.sdp(1)
	if m.rnd.IntN(5) == 0 {
		body = ""
	}
	invite := l.ask("INVITE", body)
	if m.rnd.IntN(4) == 0 {
		p.send(invite)
	}
	inviteBranch, inviteSeq := l.branch, l.seq
	for range 8 {
		switch m.rnd.IntN(11) {
		case 0:
			seq, branch := l.seq, l.branch
			l.seq, l.branch = inviteSeq, inviteBranch
			l.cancel()
			l.seq, l.branch = seq, branch
		case 1:
			l.ask("BYE", "")
		case 2:
			l.ask("INVITE", p.sdp(m.rnd.IntN(9), []string{"a=sendonly", "a=inactive", "a=sendrecv"}[m.rnd.IntN(3)]))
		case 3:
			l.ask([]string{"OPTIONS", "UPDATE", "INFO", "REFER", "PRACK", "NOTIFY"}[m.rnd.IntN(6)], "")
		case 4:
			l.ask("INVITE", "v=0\r\nm=audio x")
		case 5:
			l.seq -= 3
		default:
			m.engine()
		}
		m.answers(l)
		m.agentWorks(time.Millisecond)
	}
}

// answers takes what came to the caller: mostly an ACK for a 200, mostly a 200 for a request.
func (m *monkey) answers(l *line) {
	for {
		select {
		case msg := <-l.p.in:
			switch {
			case msg.code() > 100 && msg.code() < 300 && msg.method() == "INVITE":
				l.made(msg)
				if msg.code() >= 200 && m.rnd.IntN(4) != 0 {
					seq := l.seq
					l.seq = msg.seq()
					l.ack([]string{"", "", l.p.sdp(2)}[m.rnd.IntN(3)])
					l.seq = seq
				}
			case msg.isRequest() && m.rnd.IntN(4) != 0:
				l.p.reply(msg, 200, "x", []string{"", l.p.sdp(3)}[m.rnd.IntN(2)])
			}
		case <-time.After(2 * time.Millisecond):
			return
		}
	}
}

// engine does something with some leg.
func (m *monkey) engine() {
	legs := m.legs()
	if len(legs) == 0 {
		return
	}
	leg := legs[m.rnd.IntN(len(legs))]
	call := hotline.CallID(strings.Split(string(leg), "-")[0])
	m.n++
	play := hotline.PlayID("p" + strconv.Itoa(m.n))
	actions := []hotline.Action{
		hotline.Ring{Leg: leg},
		hotline.Ring{Leg: leg, Early: true},
		hotline.Answer{Leg: leg},
		hotline.Answer{Leg: leg},
		hotline.Answer{Leg: leg},
		hotline.Play{Leg: leg, Play: play, Prompts: []string{"silence:20"}},
		hotline.Play{Leg: leg, Play: play, Prompts: []string{"tone:busy"}, Loop: true},
		hotline.Stop{Leg: leg},
		hotline.Hangup{Leg: leg, Cause: allCauses()[m.rnd.IntN(len(allCauses()))]},
		hotline.Dial{Call: call, Leg: call.Sub(m.n), Agent: "8001", Timeout: time.Duration(m.rnd.IntN(100)+1) * time.Millisecond},
		hotline.Pair(call, leg, legs[m.rnd.IntN(len(legs))], 0),
		hotline.Mix{Call: call},
		hotline.Record{Call: call, Contact: "c", Customer: leg},
		hotline.StopRecord{Call: call},
	}
	m.r.do(actions[m.rnd.IntN(len(actions))])
	if m.rnd.IntN(4) == 0 {
		if l := m.r.sw.leg(leg); l != nil {
			m.r.sw.post(l, l.reoffer)
		}
	}
}

// agentWorks lets the agent's phone answer what came, in some way.
func (m *monkey) agentWorks(d time.Duration) {
	for {
		select {
		case msg := <-m.agent.in:
			if !msg.isRequest() || msg.is("ACK") {
				continue
			}
			code := []int{100, 180, 183, 200, 200, 200, 302, 408, 486, 487, 500, 603, 491, 481}[m.rnd.IntN(14)]
			m.agent.reply(msg, code, []string{"a", "b"}[m.rnd.IntN(2)], []string{"", m.agent.sdp(1), "bad"}[m.rnd.IntN(3)])
		case <-time.After(d):
			return
		}
	}
}
