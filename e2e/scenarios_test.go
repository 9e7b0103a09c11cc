//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
	"time"
)

// Tones are no multiples of 50 Hz: a lost packet of 20 ms shifts their phase.
const (
	callerTone = 440.0
	agentTone  = 880.0
)

// TestCall: a caller presses 1, hears music, is joined with an agent; both hear each other; the recording holds both in
// their channels; record, report and metrics agree.
func TestCall(t *testing.T) {
	e := startEngine(t, "127.0.0.9", centreFile)
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.21", user: "8001", password: "pw-8001", tone: agentTone})
	e.agentIs("8001", "not_ready") // the first registration signs in, not ready
	agent.code(e, "*1")
	e.agentIs("8001", "ready")

	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.22", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	time.Sleep(500 * time.Millisecond) // a person listens before pressing
	caller.press("1")
	agent.wait("CALL_INCOMING", 1, 5*time.Second)
	e.agentIs("8001", "ringing")
	agent.do("accept", "")
	agent.wait("CALL_ESTABLISHED", 2, 5*time.Second) // the first was *1
	e.agentIs("8001", "talking")
	time.Sleep(8 * time.Second) // the agent's number is said, then they talk
	caller.do("hangup", "")
	agent.wait("CALL_CLOSED", 2, 5*time.Second)
	e.agentIs("8001", "wrap_up")
	e.agentIs("8001", "ready")

	all := e.contacts()
	if len(all) != 1 {
		t.Fatalf("%d contacts, want 1: %+v", len(all), all)
	}
	c := all[0]
	if c.From.Number != "13800138000" || len(c.Visits) != 1 || c.Visits[0].Queue != "claims" || c.Visits[0].Outcome != "answered" {
		t.Errorf("contact %+v", c)
	}
	if len(c.Segments) != 1 || c.Segments[0].Agent != "8001" || c.Segments[0].TalkMS < 7500 || c.Segments[0].WrapMS < 1900 || c.Segments[0].WrapMS > 2600 {
		t.Errorf("segments %+v", c.Segments)
	}
	e.agree(t, map[string]int{"offered": 1, "answered": 1, "abandoned": 0})
	checkRecording(t, e, c)
	checkHeard(t, caller, agentTone, 4.0)
	checkHeard(t, agent, callerTone, 4.0)
}

// checkRecording wants both tones in their own channels without slips.
func checkRecording(t *testing.T, e *engine, c contact) {
	t.Helper()
	ch := recorded(t, e, c)
	left, right := listen(ch[0], callerTone), listen(ch[1], agentTone)
	if left.Seconds < 4 || left.Slips > 0 {
		t.Errorf("left: %+v, want the caller's tone without slips", left)
	}
	if right.Seconds < 4 || right.Slips > 0 {
		t.Errorf("right: %+v, want the agent's tone without slips", right)
	}
	if leak := listen(ch[0], agentTone); leak.Seconds > 0.1 {
		t.Errorf("the agent is in the left channel: %+v", leak)
	}
	if leak := listen(ch[1], callerTone); leak.Seconds > 0.1 {
		t.Errorf("the caller is in the right channel: %+v", leak)
	}
}

// recorded waits for the recording and returns its two channels.
func recorded(t *testing.T, e *engine, c contact) [][]float64 {
	t.Helper()
	e.eventually(10*time.Second, "the recording is stored", func() bool {
		var got contact
		e.json("/api/v1/contacts/"+c.ID, &got)
		c = got
		return got.Recording != nil
	})
	b, res := e.get("/api/v1/contacts/" + c.ID + "/recording?format=wav")
	if res.StatusCode != 200 {
		t.Fatalf("recording: %s %s", res.Status, b)
	}
	ch := readWAV(t, b)
	if len(ch) != 2 {
		t.Fatalf("%d channels", len(ch))
	}
	return ch
}

// checkHeard wants the other's tone in what a phone heard.
func checkHeard(t *testing.T, p *phone, hz, least float64) {
	t.Helper()
	best := toneReport{}
	files := p.heard()
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if r := listen(readWAV(t, b)[0], hz); r.Seconds > best.Seconds {
			best = r
		}
	}
	if best.Seconds < least || best.Slips > 1 {
		t.Errorf("%s heard %g Hz: %+v in %d files, want %g s", p.name, hz, best, len(files), least)
	}
}

// agree compares report and metrics of the claims queue with what happened.
func (e *engine) agree(t *testing.T, want map[string]int) {
	t.Helper()
	var rep struct {
		Rows []map[string]any `json:"rows"`
	}
	from := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	to := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	e.json("/api/v1/reports/queues?from="+from+"&to="+to+"&interval=1d&queue=claims", &rep)
	got := map[string]int{}
	for _, row := range rep.Rows {
		for k := range want {
			if n, ok := row[k].(float64); ok {
				got[k] += int(n)
			}
		}
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("report: %s is %d, want %d (%v)", k, got[k], n, rep.Rows)
		}
	}
	if n := e.metric("hotline_queue_visits_total", `queue="claims"`); int(n) != want["offered"] {
		t.Errorf("metrics: %g offered, want %d", n, want["offered"])
	}
	for _, outcome := range []string{"answered", "abandoned"} {
		if n := e.metric("hotline_queue_visits_ended_total", `queue="claims"`, `outcome="`+outcome+`"`); int(n) != want[outcome] {
			t.Errorf("metrics: %g %s, want %d", n, outcome, want[outcome])
		}
	}
}

// TestAbandonInQueue: nobody is ready; the caller waits, hears music and gives up.
func TestAbandonInQueue(t *testing.T) {
	e := startEngine(t, "127.0.0.9", centreFile)
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.22", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	e.eventually(10*time.Second, "one waits", func() bool { return e.metric("hotline_queue_waiting", `queue="claims"`) == 1 })
	time.Sleep(time.Second)
	caller.do("hangup", "")
	e.eventually(5*time.Second, "nobody waits", func() bool { return e.metric("hotline_queue_waiting", `queue="claims"`) == 0 })
	e.agree(t, map[string]int{"offered": 1, "answered": 0, "abandoned": 1})
	if c := e.contacts(); len(c) != 1 || c[0].Visits[0].Outcome != "abandoned" || c[0].Visits[0].WaitMS < 900 {
		t.Errorf("%+v", c)
	}
}

// TestNoAnswerAndReject: the first agent lets it ring out, the second rejects, the first is asked again and takes it: the
// caller keeps the place all along.
func TestNoAnswerAndReject(t *testing.T) {
	e := startEngine(t, "127.0.0.9", centreFile)
	one := startPhone(t, e, "one", phoneOptions{ip: "127.0.0.21", user: "8001", password: "pw-8001", tone: agentTone})
	two := startPhone(t, e, "two", phoneOptions{ip: "127.0.0.23", user: "8002", password: "pw-8002", tone: agentTone})
	one.code(e, "*1")
	e.agentIs("8001", "ready")
	time.Sleep(100 * time.Millisecond)
	two.code(e, "*1")
	e.agentIs("8002", "ready")
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.22", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	one.wait("CALL_INCOMING", 1, 5*time.Second)
	two.wait("CALL_INCOMING", 1, 8*time.Second) // after the 4 s ring timeout of one
	if s, why := e.agentState("8001"); s != "not_ready" || why != "no_answer" {
		t.Errorf("8001 is %s %s", s, why)
	}
	two.do("hangup", "")
	e.eventually(5*time.Second, "8002 is not ready: rejected", func() bool { s, why := e.agentState("8002"); return s == "not_ready" && why == "rejected" })
	one.code(e, "*1")
	one.wait("CALL_INCOMING", 2, 5*time.Second)
	one.do("accept", "")
	e.agentIs("8001", "talking")
	time.Sleep(7 * time.Second) // the agent's number is said: put down before, the customer would go to the next agent
	one.do("hangup", "")
	caller.wait("CALL_CLOSED", 1, 10*time.Second)
	c := e.contacts()
	if len(c) != 1 || len(c[0].Visits) != 1 || len(c[0].Offers) != 3 {
		t.Fatalf("%+v", c)
	}
	var results []string
	for _, o := range c[0].Offers {
		results = append(results, o.Agent+" "+o.Result)
	}
	if got := strings.Join(results, ", "); got != "8001 no_answer, 8002 rejected, 8001 answered" {
		t.Errorf("offers: %s", got)
	}
	e.agree(t, map[string]int{"offered": 1, "answered": 1, "abandoned": 0})
}

// TestWrongPassword: such a phone never becomes an agent.
func TestWrongPassword(t *testing.T) {
	e := startEngine(t, "127.0.0.9", centreFile)
	p := startPhone(t, e, "thief", phoneOptions{ip: "127.0.0.21", user: "8001", tone: agentTone})
	p.do("uanew", `<sip:8001@`+domain+`>;auth_user=8001;auth_pass=wrong;regint=60;outbound="sip:`+e.ip+`:5060"`)
	p.wait("REGISTER_FAIL", 1, 10*time.Second)
	if s, _ := e.agentState("8001"); s != "signed_out" {
		t.Errorf("8001 is %s after a wrong password", s)
	}
	p.dial(e, "*1") // its From is an agent's: challenged, and it has no password for that
	p.wait("CALL_CLOSED", 1, 10*time.Second)
	if s, _ := e.agentState("8001"); s != "signed_out" {
		t.Errorf("8001 is %s after a call without credentials", s)
	}
}

// TestHoldAndResume: while held the caller hears music, then the agent again.
func TestHoldAndResume(t *testing.T) {
	e := startEngine(t, "127.0.0.9", centreFile)
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.21", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.22", user: "13800138000", tone: callerTone, codecs: "PCMU"})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	e.agentIs("8001", "talking")
	time.Sleep(6 * time.Second)
	agent.do("hold", "")
	e.agentIs("8001", "held")
	time.Sleep(2 * time.Second)
	agent.do("resume", "")
	e.agentIs("8001", "talking")
	time.Sleep(2 * time.Second)
	caller.do("hangup", "")
	e.agentIs("8001", "wrap_up")
	c := e.contacts()
	if len(c) != 1 || len(c[0].Segments) != 1 || c[0].Segments[0].HoldMS < 1800 || c[0].Segments[0].HoldMS > 3500 {
		t.Errorf("%+v", c)
	}
	var heard toneReport
	for _, f := range caller.heard() {
		b, _ := os.ReadFile(f)
		if r := listen(readWAV(t, b)[0], agentTone); r.Seconds > heard.Seconds {
			heard = r
		}
	}
	if heard.Seconds < 3 || heard.Gap < 1.8 || heard.Gap > 3.5 {
		t.Errorf("the caller heard the agent: %+v; want a gap of the hold's two seconds", heard)
	}
}

// TestCrash: kill -9 in the middle of a talk. The recording is repaired with at most a second missing, the call is closed
// in the log, nobody is counted twice and the engine works on.
func TestCrash(t *testing.T) {
	e := startEngine(t, "127.0.0.9", centreFile)
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.21", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	agent.code(e, "*1")
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.22", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	began := time.Now()
	caller.press("1")
	e.agentIs("8001", "talking")
	time.Sleep(4 * time.Second)
	talked := time.Since(began)
	e.kill()
	e.start()
	c := e.contacts()
	if len(c) != 1 || len(c[0].Visits) != 1 || c[0].Visits[0].Outcome != "answered" {
		t.Fatalf("%+v", c)
	}
	if r := c[0].Recording; r == nil || time.Duration(r.MS)*time.Millisecond < talked-1200*time.Millisecond {
		t.Errorf("recording %+v of a call that lasted %s", r, talked)
	}
	if n := e.metric("hotline_calls"); n != 0 {
		t.Errorf("%g calls are open after the restart", n)
	}
	caller.do("hangup", "")
	agent.do("hangup", "")
	e.eventually(30*time.Second, "8001 can be made ready again", func() bool {
		agent.code(e, "*1")
		s, _ := e.agentState("8001")
		return s == "ready"
	})
	other := startPhone(t, e, "other", phoneOptions{ip: "127.0.0.24", user: "13900139000", tone: callerTone})
	other.dial(e, "95500")
	other.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	other.press("1")
	e.agentIs("8001", "talking")
	other.do("hangup", "")
}
