//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// routingCentre is a centre with one queue, to be filled in, and flows for what follows a talk.
const routingCentre = `
time_zone: UTC
language: zh-CN
teams: [{id: a, name: 一组}]
agents:
  - {id: "8001", name: 王芳, password: pw-8001, team: a}
  - {id: "8002", name: 李雷, password: pw-8002, team: a}
  - {id: "8003", name: 赵敏, password: pw-8003, team: a}
switches: [{id: emergency, name: 紧急}]
%s
queues:
  - {id: claims, name: 报案, ring_timeout: 10s, wrap_up: {mode: none}%s}
flows:
  main: [{answer: {}}, {queue: claims}]
  survey:
    - rate: {question: overall, prompt: survey-question, keys: {"1": 5, "2": 3, "3": 1}, tries: 2, timeout: 5s}
    - play: survey-thanks
numbers: {"95500": main}
`

// post sends a command to the API.
func (e *engine) send(method, path string, body any) *http.Response {
	e.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		e.t.Fatal(err)
	}
	req, _ := http.NewRequest(method, "http://"+e.web+path, bytes.NewReader(b))
	req.Header.Set("Authorization", "Bearer "+e.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// readyPhone is an agent's phone, registered and ready.
func readyPhone(t *testing.T, e *engine, id, ip string, auto bool) *phone {
	t.Helper()
	p := askingPhone(t, e, id, ip, auto)
	e.agentIs(id, "ready")
	return p
}

// askingPhone is an agent's phone that has asked to be ready: a caller who waits may be offered at once.
func askingPhone(t *testing.T, e *engine, id, ip string, auto bool) *phone {
	t.Helper()
	p := startPhone(t, e, "agent-"+id, phoneOptions{ip: ip, user: id, password: "pw-" + id, tone: agentTone, auto: auto})
	p.code(e, "*1")
	return p
}

// customer dials the hotline and waits until it is answered.
func customer(t *testing.T, e *engine, number, ip string) *phone {
	t.Helper()
	p := startPhone(t, e, "caller-"+number, phoneOptions{ip: ip, user: number, tone: callerTone})
	p.dial(e, "95500")
	p.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	return p
}

// TestRingAll: three phones ring, one wins, the others stop ringing and are as ready as before: they missed nothing.
func TestRingAll(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "127.0.0.61", fmt.Sprintf(routingCentre, "", ", strategy: ring_all"))
	one := readyPhone(t, e, "8001", "127.0.0.101", false)
	two := readyPhone(t, e, "8002", "127.0.0.102", false)
	three := readyPhone(t, e, "8003", "127.0.0.103", false)
	caller := customer(t, e, "13800138000", "127.0.0.104")
	for _, p := range []*phone{one, two, three} {
		p.wait("CALL_INCOMING", 1, 5*time.Second)
	}
	two.do("accept", "")
	e.agentIs("8002", "talking")
	one.wait("CALL_CLOSED", 2, 5*time.Second) // the first was *1
	three.wait("CALL_CLOSED", 2, 5*time.Second)
	e.agentIs("8001", "ready")
	e.agentIs("8003", "ready")
	time.Sleep(time.Second)
	caller.do("hangup", "")
	e.agentIs("8002", "ready")
	c := e.contacts()
	if len(c) != 1 || len(c[0].Visits) != 1 || c[0].Visits[0].Outcome != "answered" || len(c[0].Segments) != 1 {
		t.Fatalf("%+v", c)
	}
	got := map[string]string{}
	for _, o := range c[0].Offers {
		got[o.Agent] = o.Result
	}
	if len(got) != 3 || got["8001"] != "elsewhere" || got["8002"] != "answered" || got["8003"] != "elsewhere" {
		t.Errorf("offers: %v", got)
	}
	if n := e.metric("hotline_ring_attempts_total", `result="no_answer"`) + e.metric("hotline_ring_attempts_total", `result="rejected"`); n != 0 {
		t.Errorf("%g rings count as missed", n)
	}
}

const choice = `, choice: {prompt: wait-choice, keys: {"1": [{stay: {}}], "2": [{voicemail: {owner: a, due: 4h}}], "3": [{callback: {}}]}, every: 5s, timeout: 4s}`

// TestChoiceStayThenAgent: a caller who waits on keeps the place, and an agent's answer stops the question at once.
func TestChoiceStayThenAgent(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "127.0.0.62", fmt.Sprintf(routingCentre, "", choice))
	caller := customer(t, e, "13800138000", "127.0.0.114")
	time.Sleep(6 * time.Second) // the question has begun
	caller.press("1")
	time.Sleep(time.Second)
	agent := askingPhone(t, e, "8001", "127.0.0.111", true) // while the caller waits, or is asked again
	e.agentIs("8001", "talking")
	time.Sleep(2 * time.Second)
	agent.do("hangup", "")
	caller.wait("CALL_CLOSED", 1, 15*time.Second)
	c := e.contacts()
	if len(c) != 1 || len(c[0].Visits) != 1 || c[0].Visits[0].Outcome != "answered" || c[0].Visits[0].WaitMS < 6500 {
		t.Errorf("%+v", c)
	}
	checkHeard(t, caller, agentTone, 1.5)
}

// TestVoicemail: key 2 while waiting, a message of five seconds, ended by a key: it is a task of its owner and can be heard.
func TestVoicemail(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "127.0.0.63", fmt.Sprintf(routingCentre, "", choice))
	caller := customer(t, e, "13800138001", "127.0.0.124")
	time.Sleep(6 * time.Second)
	caller.press("2")
	e.eventually(10*time.Second, "the visit ended as voicemail", func() bool {
		c := e.contacts()
		return len(c) == 1 && len(c[0].Visits) == 1 && c[0].Visits[0].Outcome == "voicemail"
	})
	time.Sleep(12 * time.Second) // the announcement, the beep and then the message
	caller.press("#")
	caller.wait("CALL_CLOSED", 1, 15*time.Second)
	var page struct {
		Items []struct {
			ID, Kind, Owner, Contact string
			MS                       int64
			Due, Left                time.Time
		}
	}
	e.eventually(10*time.Second, "a task is open", func() bool {
		e.json("/api/v1/tasks", &page)
		return len(page.Items) == 1
	})
	task := page.Items[0]
	if task.Kind != "voicemail" || task.Owner != "a" || task.MS < 3000 || task.Due.Sub(task.Left).Round(time.Minute) != 4*time.Hour {
		t.Errorf("%+v", task)
	}
	e.eventually(10*time.Second, "the recording is stored", func() bool { return e.contacts()[0].Recording != nil })
	b, res := e.get("/api/v1/contacts/" + task.Contact + "/recording?format=wav")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("recording: %s", res.Status)
	}
	if left := listen(readWAV(t, b)[0], callerTone); left.Seconds < 3 {
		t.Errorf("the message: %+v", left)
	}
	if res := e.send(http.MethodPost, "/api/v1/tasks/"+task.ID+"/done", struct{}{}); res.StatusCode/100 != 2 {
		t.Errorf("closing the task: %s", res.Status)
	}
	e.eventually(5*time.Second, "no task is open", func() bool {
		page.Items = nil
		e.json("/api/v1/tasks", &page)
		return len(page.Items) == 0
	})
}

// TestCallback: key 3 while waiting; when an agent is ready the engine dials the customer, then joins them.
func TestCallback(t *testing.T) {
	t.Parallel()
	rules := `, callback: {retries: 1, every: 1m, ring: 15s, from: "95500"}`
	e := startEngineWith(t, "127.0.0.64", fmt.Sprintf(routingCentre, "", choice+rules), "server: 127.0.0.134")
	caller := customer(t, e, "13800138002", "127.0.0.134")
	time.Sleep(6 * time.Second)
	caller.press("3")
	e.eventually(25*time.Second, "the visit ended as callback", func() bool {
		caller.press("1") // yes, this number
		c := e.contacts()
		return len(c) == 1 && len(c[0].Visits) == 1 && c[0].Visits[0].Outcome == "callback"
	})
	caller.wait("CALL_CLOSED", 1, 20*time.Second)
	agent := askingPhone(t, e, "8001", "127.0.0.131", true)
	caller.wait("CALL_INCOMING", 1, 10*time.Second)
	if s, _ := e.agentState("8001"); s != "reserved" {
		t.Errorf("8001 is %s while the customer's phone rings", s)
	}
	caller.do("accept", "")
	e.agentIs("8001", "talking")
	time.Sleep(3 * time.Second)
	agent.do("hangup", "")
	caller.wait("CALL_CLOSED", 2, 15*time.Second)
	c := e.contacts() // the newest first
	if len(c) != 2 || len(c[0].Visits) != 1 || c[0].Visits[0].Outcome != "answered" || c[1].Visits[0].Outcome != "callback" {
		t.Fatalf("%+v", c)
	}
	if n := e.metric("hotline_queue_visits_total", `entry="callback"`); n != 1 {
		t.Errorf("%g visits by callback", n)
	}
	checkHeard(t, caller, agentTone, 2)
}

// TestSurvey: the agent hangs up, the customer is asked and answers; the agent is free meanwhile.
func TestSurvey(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "127.0.0.65", fmt.Sprintf(routingCentre, "", ", survey: {flow: survey, sample: 1.0}"))
	agent := readyPhone(t, e, "8001", "127.0.0.141", true)
	caller := customer(t, e, "13800138003", "127.0.0.144")
	e.agentIs("8001", "talking")
	time.Sleep(2 * time.Second)
	agent.do("hangup", "")
	e.agentIs("8001", "ready")
	time.Sleep(2 * time.Second)
	caller.press("1")
	caller.wait("CALL_CLOSED", 1, 25*time.Second)
	for _, stage := range []string{"invited", "accepted", "answered", "completed"} {
		if n := e.metric("hotline_survey_total", `stage="`+stage+`"`, `queue="claims"`); n != 1 {
			t.Errorf("%s: %g", stage, n)
		}
	}
}

// TestClosingTime: at the end of the hours who waits is told and sent away; who calls later hears that it is closed. The
// emergency switch does the same at once.
func TestClosingTime(t *testing.T) {
	t.Parallel()
	end := time.Now().UTC().Truncate(time.Minute).Add(time.Minute)
	if time.Until(end) < 20*time.Second {
		end = end.Add(time.Minute)
	}
	if end.Day() != time.Now().UTC().Day() {
		t.Skip("midnight is near")
	}
	hours := fmt.Sprintf("hours: [{id: office, open: [\"mon-sun 00:00-%s\"]}]", end.Format("15:04"))
	rule := ", closing: {hours: office, switch: emergency, join: [{message: closed}], waiting: [{message: closing-now}]}"
	e := startEngine(t, "127.0.0.66", fmt.Sprintf(routingCentre, hours, rule))
	first := customer(t, e, "13800138004", "127.0.0.154")
	e.eventually(5*time.Second, "one waits", func() bool { return e.metric("hotline_queue_waiting", `queue="claims"`) == 1 })
	if res := e.send(http.MethodPost, "/api/v1/switches/emergency", map[string]bool{"on": true}); res.StatusCode/100 != 2 {
		t.Fatalf("the switch: %s", res.Status)
	}
	first.wait("CALL_CLOSED", 1, 20*time.Second)
	if res := e.send(http.MethodPost, "/api/v1/switches/emergency", map[string]bool{"on": false}); res.StatusCode/100 != 2 {
		t.Fatalf("the switch: %s", res.Status)
	}
	second := customer(t, e, "13800138005", "127.0.0.155")
	e.eventually(5*time.Second, "another waits", func() bool { return e.metric("hotline_queue_waiting", `queue="claims"`) == 1 })
	second.wait("CALL_CLOSED", 1, time.Until(end)+20*time.Second)
	if now := time.Now(); now.Before(end) {
		t.Errorf("sent away %v before the hours end", end.Sub(now))
	}
	third := customer(t, e, "13800138006", "127.0.0.156")
	third.wait("CALL_CLOSED", 1, 20*time.Second)
	if n := e.metric("hotline_queue_visits_ended_total", `outcome="closed"`); n != 2 {
		t.Errorf("%g visits ended as closed, want 2", n)
	}
	if n := e.metric("hotline_queue_blocked_total", `reason="closed"`); n != 1 {
		t.Errorf("%g blocked as closed, want 1", n)
	}
}

// TestReplay: what the engine recorded, run through the router again with the same file, is the same to the last fact.
func TestReplay(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "127.0.0.67", fmt.Sprintf(routingCentre, "", ", strategy: ring_all, max_wait: {after: 8s, then: hangup}"))
	for i := range 3 {
		c := customer(t, e, fmt.Sprint("1390013800", i), fmt.Sprint("127.0.0.", 164+i))
		if i == 0 {
			c.wait("CALL_CLOSED", 1, 15*time.Second) // nobody is ready
			readyPhone(t, e, "8001", "127.0.0.161", true)
			readyPhone(t, e, "8002", "127.0.0.162", false)
			continue
		}
		e.agentIs("8001", "talking")
		time.Sleep(time.Second)
		c.do("hangup", "")
		e.agentIs("8001", "ready")
	}
	day := time.Now().UTC()
	out, err := e.command("replay", "--from", day.AddDate(0, 0, -1).Format("2006-01-02"), "--to", day.AddDate(0, 0, 1).Format("2006-01-02"))
	if err != nil || !strings.Contains(out, "Every fact is as it was recorded") {
		t.Errorf("%v\n%s", err, out)
	}
	file := filepath.Join(e.dir, "other.yaml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(routingCentre, "", ", strategy: linear, max_wait: {after: 3s, then: hangup}")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = e.command("replay", "--from", day.Format("2006-01-02"), "--to", day.AddDate(0, 0, 1).Format("2006-01-02"), "--centre", file)
	if err != nil || !strings.Contains(out, "The first difference") || !strings.Contains(out, "转人工接通率") {
		t.Errorf("%v\n%s", err, out)
	}
}
