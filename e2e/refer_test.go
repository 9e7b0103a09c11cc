//go:build e2e

package e2e

import (
	"os"
	"testing"
	"time"
)

// secondTone is the second agent's.
const secondTone = 1240.0

// handed is what the tests of transfers read of a contact.
type handed struct {
	contact
	Transfers []struct {
		Agent, How, Target, To, Result string
	}
}

// talkWithCaller brings a caller to the agent 8001, who is alone in the queue, and lets them talk.
func talkWithCaller(t *testing.T, e *engine, accept func()) *phone {
	t.Helper()
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.136", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	time.Sleep(500 * time.Millisecond)
	caller.press("1")
	accept()
	e.agentIs("8001", "talking")
	time.Sleep(6 * time.Second) // the agent's number is said, then they talk
	return caller
}

func (e *engine) handed(t *testing.T) handed {
	t.Helper()
	all := e.contacts()
	if len(all) != 1 {
		t.Fatalf("%d contacts, want 1: a consult is none of its own; %+v", len(all), all)
	}
	var c handed
	e.json("/api/v1/contacts/"+all[0].ID, &c)
	return c
}

// checkRight wants both agents' tones one after the other in the right channel of the recording, and the caller's in the left.
func checkRight(t *testing.T, e *engine, id string, first, second float64) {
	t.Helper()
	var c contact
	e.eventually(10*time.Second, "the recording is stored", func() bool {
		e.json("/api/v1/contacts/"+id, &c)
		return c.Recording != nil
	})
	b, res := e.get("/api/v1/contacts/" + id + "/recording?format=wav")
	if res.StatusCode != 200 {
		t.Fatalf("recording: %s %s", res.Status, b)
	}
	ch := readWAV(t, b)
	one, two, caller := listen(ch[1], agentTone), listen(ch[1], secondTone), listen(ch[0], callerTone)
	if one.Seconds < first || two.Seconds < second || one.Last > two.First || caller.Seconds < first+second {
		t.Errorf("recording: first agent %+v, second agent %+v, caller %+v", one, two, caller)
	}
}

// TestBlindTransferByBaresip: the agent's phone transfers to a colleague who rejects, and the customer is back; then to one who
// picks up: customer and colleague hear each other, the agent does its after-call work, and record and figures tell of it.
func TestBlindTransferByBaresip(t *testing.T) {
	e := startEngine(t, "127.0.0.36", centreFile)
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.137", user: "8001", password: "pw-8001", tone: agentTone})
	second := startPhone(t, e, "second", phoneOptions{ip: "127.0.0.138", user: "8002", password: "pw-8002", tone: secondTone})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := talkWithCaller(t, e, func() {
		agent.wait("CALL_INCOMING", 1, 5*time.Second)
		agent.do("accept", "")
	})

	agent.do("transfer", "sip:8002@"+domain)
	second.wait("CALL_INCOMING", 1, 5*time.Second)
	e.agentIs("8002", "consulting")
	second.do("hangup", "")
	e.agentIs("8002", "not_ready")
	// baresip hangs up by itself when it hears of that: the customer stands in its old place, and comes back after the agent's
	// after-call work.
	agent.wait("CALL_INCOMING", 2, 8*time.Second)
	agent.do("accept", "")
	e.agentIs("8001", "talking")
	time.Sleep(6 * time.Second)

	agent.do("transfer", "sip:8002@"+domain)
	second.wait("CALL_INCOMING", 2, 5*time.Second)
	second.do("accept", "")
	e.agentIs("8002", "talking")
	e.agentIs("8001", "ready") // after its after-call work
	time.Sleep(6 * time.Second)
	caller.do("hangup", "")
	e.agentIs("8002", "wrap_up")
	e.agentIs("8002", "not_ready") // as it was before

	c := e.handed(t)
	if len(c.Transfers) != 2 || c.Transfers[0].Result != "busy" && c.Transfers[0].Result != "rejected" || c.Transfers[1].Result != "done" ||
		c.Transfers[1].Agent != "8001" || c.Transfers[1].To != "8002" || c.Transfers[1].How != "blind" {
		t.Errorf("transfers %+v", c.Transfers)
	}
	if len(c.Segments) != 3 || c.Segments[1].Agent != "8001" || c.Segments[2].Agent != "8002" || c.Segments[2].TalkMS < 5500 {
		t.Errorf("segments %+v", c.Segments)
	}
	e.agree(t, map[string]int{"offered": 2, "answered": 2, "abandoned": 0, "handled": 3})
	if n := e.metric("hotline_transfers_total", `queue="claims"`, `kind="blind"`, `target="agent"`); n != 1 {
		t.Errorf("metrics: %g transfers", n)
	}
	checkRight(t, e, c.ID, 4, 5)
	checkHeard(t, caller, secondTone, 5)
	checkHeard(t, second, callerTone, 5)
}

// TestAttendedTransferByLinphone: the agent holds the customer, calls a colleague on a second line and joins the two by REFER
// with Replaces, which the engine executes.
func TestAttendedTransferByLinphone(t *testing.T) {
	e := startEngine(t, "127.0.0.36", centreFile)
	agent := startLinphone(t, e, "127.0.0.139", "8001", "pw-8001", agentTone)
	second := startPhone(t, e, "second", phoneOptions{ip: "127.0.0.138", user: "8002", password: "pw-8002", tone: secondTone})
	e.agentIs("8001", "not_ready")
	agent.do("call sip:*1@" + e.ip)
	e.agentIs("8001", "ready")
	caller := talkWithCaller(t, e, func() {
		e.agentIs("8001", "ringing")
		agent.do("answer")
	})

	agent.do("pause")
	e.agentIs("8001", "held")
	agent.do("call sip:8002@" + e.ip)
	second.wait("CALL_INCOMING", 1, 5*time.Second)
	second.do("accept", "")
	second.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	e.agentIs("8001", "consulting")
	time.Sleep(5 * time.Second)

	// linphonec numbers the calls of its life: *1 was the first.
	agent.do("calls")
	agent.do("transfer 2 --to-call 3")
	e.agentIs("8002", "talking")
	e.agentIs("8001", "ready")
	time.Sleep(6 * time.Second)
	caller.do("hangup", "")
	e.agentIs("8002", "wrap_up")
	e.agentIs("8002", "not_ready")

	c := e.handed(t)
	if len(c.Transfers) != 1 || c.Transfers[0].Result != "done" || c.Transfers[0].How != "attended" || c.Transfers[0].To != "8002" {
		t.Errorf("transfers %+v\n%s", c.Transfers, tail(agent.said(), 40))
	}
	if len(c.Segments) != 2 || c.Segments[0].HoldMS < 4000 || c.Segments[1].Agent != "8002" || c.Segments[1].TalkMS < 5500 {
		t.Errorf("segments %+v", c.Segments)
	}
	e.agree(t, map[string]int{"offered": 1, "answered": 1, "handled": 2})
	checkRight(t, e, c.ID, 2, 5)
	checkHeard(t, caller, secondTone, 5)
	checkHeard(t, second, callerTone, 5)
	checkHeard(t, second, agentTone, 3)
	agent.close()
	if b, err := os.ReadFile(agent.dir + "/heard.wav"); err != nil {
		t.Error(err)
	} else if r := listen(readWAV(t, b)[0], secondTone); r.Seconds < 3 {
		t.Errorf("the agent heard %+v of its colleague", r)
	}
}
