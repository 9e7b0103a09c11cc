//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// leadTone is the supervisor's: no harmonic of the others.
const leadTone = 1710.0

// mostGaps is how many tenths of a second a phone may lose by itself: that the engine loses none, and does not click, is held in
// package media (TestFlipsAreNotHeard).
const mostGaps = 1

// superviseCentre is the centre with a desk for whoever leads the shift, and no number said before the talk.
func superviseCentre() string {
	return strings.Replace(centreFile, "say_agent_number: true", "say_agent_number: false", 1) + "\ndesks: [{id: d01, name: 班长台, password: pw-d01}]\n"
}

// ask asks the API for something and returns the answer's status and body.
func (e *engine) ask(method, path, body string) (int, []byte) {
	e.t.Helper()
	req, err := http.NewRequest(method, "http://"+e.web+path, bytes.NewReader([]byte(body)))
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+e.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return res.StatusCode, b
}

// supervise asks for a mode and fails unless it is had.
func (e *engine) supervise(path, body string) {
	e.t.Helper()
	if code, b := e.ask(http.MethodPost, path, body); code != http.StatusOK {
		e.t.Fatalf("%s %s: %d %s", path, body, code, b)
	}
}

// lineIs waits until the login's line is in the state and mode.
func (e *engine) lineIs(state, mode string) {
	e.t.Helper()
	var got struct{ Supervision *struct{ State, Mode string } }
	e.eventually(5*time.Second, "the supervisor's line is "+state+" "+mode, func() bool {
		got.Supervision = nil
		e.json("/api/v1/supervision", &got)
		if got.Supervision == nil {
			return state == ""
		}
		return got.Supervision.State == state && got.Supervision.Mode == mode
	})
}

// contactOf is the contact that the agent speaks in.
func (e *engine) contactOf(agent string) string {
	e.t.Helper()
	var live struct {
		Agents []struct{ ID, State, Contact string }
	}
	e.json("/api/v1/live", &live)
	for _, a := range live.Agents {
		if a.ID == agent {
			return a.Contact
		}
	}
	return ""
}

// sounding is how a tone sounds in what may hold others too, in windows of 100 ms.
type sounding struct {
	on    []bool
	first float64 // s
	last  float64
	total float64
	gaps  int // windows between first and last without it
}

func sound(x []float64, hz float64) (s sounding) {
	const long = 800
	for at := 0; at+long <= len(x); at += long {
		var re, im float64
		for i := range long {
			w := 2 * math.Pi * hz * float64(at+i) / 8000
			re += x[at+i] * math.Cos(w)
			im -= x[at+i] * math.Sin(w)
		}
		on := 2*math.Hypot(re, im)/long > 2000
		s.on = append(s.on, on)
		if on {
			now := float64(at) / 8000
			if s.total == 0 {
				s.first = now
			}
			s.total += 0.1
			s.last = now
		}
	}
	for _, on := range s.on[int(math.Round(s.first*10)):int(math.Round(s.last*10))] {
		if !on {
			s.gaps++
		}
	}
	return s
}

// longest is the longest WAV of what the phone heard.
func longest(t *testing.T, p *phone) []float64 {
	t.Helper()
	var best []float64
	for _, f := range p.heard() {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if x := readWAV(t, b)[0]; len(x) > len(best) {
			best = x
		}
	}
	return best
}

// talkWith brings a caller to the agent, whose phone answers by itself.
func talkWith(t *testing.T, e *engine, ip string) *phone {
	t.Helper()
	caller := startPhone(t, e, "caller"+ip[len(ip)-3:], phoneOptions{ip: ip, user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	time.Sleep(500 * time.Millisecond)
	caller.press("1")
	e.agentIs("8001", "talking")
	time.Sleep(2 * time.Second)
	return caller
}

// within says whether a figure is what it should be, give or take.
func within(got, want, by float64) bool { return math.Abs(got-want) <= by }

// TestSuperviseByBaresip: the lead listens, whispers, barges in and listens again by one call to its desk. The whisper is heard by
// the agent, and neither by the customer nor in the recording; the customer hears its agent all the time, without a gap, and the
// lead while it barges in and not a moment longer.
func TestSuperviseByBaresip(t *testing.T) {
	e := startEngine(t, "127.0.0.53", superviseCentre())
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.153", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	lead := startPhone(t, e, "lead", phoneOptions{ip: "127.0.0.154", user: "d01", password: "pw-d01", tone: leadTone, auto: true})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := talkWith(t, e, "127.0.0.155")
	id := e.contactOf("8001")
	path := "/api/v1/contacts/" + id + "/supervise"

	if code, b := e.ask(http.MethodPost, path, `{"mode":"listen","phone":"8001"}`); code != http.StatusForbidden {
		t.Errorf("the agent's phone as the lead's: %d %s", code, b)
	}
	e.supervise(path, `{"mode":"listen","phone":"d01"}`)
	e.lineIs("up", "listen")
	lead.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	time.Sleep(3 * time.Second)
	for _, mode := range []string{"whisper", "barge", "listen"} {
		e.supervise(path, `{"mode":"`+mode+`"}`)
		e.lineIs("up", mode)
		var live struct {
			Supervisions []struct{ By, Mode, Agent, Contact string }
			Calls        []struct{ ID string }
		}
		e.json("/api/v1/live", &live)
		if s := live.Supervisions; len(s) != 1 || s[0].By != "admin" || s[0].Mode != mode || s[0].Agent != "8001" || s[0].Contact != id || len(live.Calls) != 1 {
			t.Errorf("live: %+v", live)
		}
		time.Sleep(3 * time.Second)
	}
	if code, b := e.ask(http.MethodDelete, path, ""); code != http.StatusNoContent {
		t.Errorf("end: %d %s", code, b)
	}
	lead.wait("CALL_CLOSED", 1, 5*time.Second)
	time.Sleep(2 * time.Second)
	caller.do("hangup", "")
	e.agentIs("8001", "wrap_up")

	checkSupervised(t, e, id)
	if s := sound(longest(t, caller), agentTone); s.gaps > mostGaps || s.total < 14 {
		t.Errorf("the customer hears its agent %.1f s with %d gaps", s.total, s.gaps)
	}
	if s := sound(longest(t, caller), leadTone); !within(s.total, 3, 0.7) || s.gaps > mostGaps {
		t.Errorf("the customer hears the lead %.1f s with %d gaps: only while it barged in, 3 s", s.total, s.gaps)
	}
	if s := sound(longest(t, agent), leadTone); !within(s.total, 6, 1) || s.gaps > mostGaps {
		t.Errorf("the agent hears the lead %.1f s with %d gaps: while it whispered and barged in, 6 s", s.total, s.gaps)
	}
	if s := sound(longest(t, agent), callerTone); s.gaps > mostGaps || s.total < 14 {
		t.Errorf("the agent hears the customer %.1f s with %d gaps", s.total, s.gaps)
	}
	for name, hz := range map[string]float64{"customer": callerTone, "agent": agentTone} {
		if s := sound(longest(t, lead), hz); s.gaps > mostGaps || !within(s.total, 12, 1.5) {
			t.Errorf("the lead hears the %s %.1f s with %d gaps, not all the time", name, s.total, s.gaps)
		}
	}
}

// checkSupervised holds recording, spans and audit of the contact to what the lead did.
func checkSupervised(t *testing.T, e *engine, id string) {
	t.Helper()
	var c contact
	e.eventually(10*time.Second, "the recording is stored", func() bool {
		e.json("/api/v1/contacts/"+id, &c)
		return c.Recording != nil
	})
	b, res := e.get("/api/v1/contacts/" + id + "/recording?format=wav")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("recording: %s %s", res.Status, b)
	}
	ch := readWAV(t, b)
	if s := sound(ch[0], leadTone); s.total > 0 {
		t.Errorf("the lead is in the customer's channel for %.1f s", s.total)
	}
	if s := sound(ch[1], leadTone); !within(s.total, 3, 0.7) {
		t.Errorf("the lead is in the agents' channel for %.1f s: 3 s, while it barged in", s.total)
	}
	if s := sound(ch[1], agentTone); s.gaps > mostGaps || s.total < 14 {
		t.Errorf("the agent is in its channel for %.1f s with %d gaps", s.total, s.gaps)
	}
	var side struct {
		Spans []struct {
			Kind, By, Mode, Agent string
			From                  int64 `json:"from_ms"`
			To                    int64 `json:"to_ms"`
		}
	}
	e.json("/api/v1/contacts/"+id+"/spans", &side)
	var modes []string
	for _, s := range side.Spans {
		if s.Kind == "supervised" {
			modes = append(modes, s.Mode)
			if s.By != "admin" || s.Agent != "8001" || !within(float64(s.To-s.From), 3100, 700) {
				t.Errorf("span %+v", s)
			}
		}
	}
	if got := strings.Join(modes, " "); got != "listen whisper barge listen" {
		t.Errorf("spans of supervision: %s", got)
	}
	code, events := e.firstEvents()
	if code != http.StatusOK || strings.Count(events, `"act":"supervise_`) != 4 || !strings.Contains(events, `"act":"end_supervise"`) {
		t.Errorf("audit: %d, %d acts of supervision", code, strings.Count(events, `"act":"supervise_`))
	}
}

// firstEvents is what the event stream sends within a second.
func (e *engine) firstEvents() (int, string) {
	e.t.Helper()
	req, _ := http.NewRequest(http.MethodGet, "http://"+e.web+"/api/v1/events?after=0", nil)
	req.Header.Set("Authorization", "Bearer "+e.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	time.AfterFunc(time.Second, func() { res.Body.Close() })
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// TestFollowAndTakeOverByBaresip: the lead follows the agent and hears the next call from its start; it takes the customer over
// without a gap, the agent goes to its after-call work, and the lead's hanging up ends the call. A lead's force release says
// goodbye to the customer and frees the agent.
func TestFollowAndTakeOverByBaresip(t *testing.T) {
	e := startEngine(t, "127.0.0.53", superviseCentre())
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.153", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	lead := startPhone(t, e, "lead", phoneOptions{ip: "127.0.0.154", user: "d01", password: "pw-d01", tone: leadTone, auto: true})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	e.supervise("/api/v1/agents/8001/follow", `{"phone":"d01"}`)
	e.lineIs("waiting", "listen")

	caller := talkWith(t, e, "127.0.0.155")
	e.lineIs("up", "listen")
	caller.do("hangup", "")
	e.lineIs("waiting", "listen")
	e.agentIs("8001", "ready") // after its after-call work

	second := talkWith(t, e, "127.0.0.156")
	e.lineIs("up", "listen")
	e.supervise("/api/v1/contacts/"+e.contactOf("8001")+"/supervise", `{"mode":"take_over"}`)
	e.lineIs("", "")
	e.agentIs("8001", "wrap_up")
	time.Sleep(3 * time.Second)
	lead.do("hangup", "")
	second.wait("CALL_CLOSED", 1, 5*time.Second)
	e.agentIs("8001", "ready")

	third := talkWith(t, e, "127.0.0.157")
	var calls struct {
		Items []struct{ Call string }
	}
	e.json("/api/v1/agents/8001/calls", &calls)
	if len(calls.Items) != 1 {
		t.Fatalf("calls %+v", calls)
	}
	if code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/calls/"+calls.Items[0].Call+"/hangup", `{}`); code != http.StatusOK {
		t.Errorf("force release: %d %s", code, b)
	}
	e.agentIs("8001", "wrap_up")
	third.wait("CALL_CLOSED", 1, 15*time.Second)
	if _, events := e.firstEvents(); !strings.Contains(events, `"act":"control_hangup 8001"`) || !strings.Contains(events, `"act":"supervise_take_over"`) {
		t.Error("a force release or a take-over is not in the audit")
	}

	heard := longest(t, second)
	if a, l := sound(heard, agentTone), sound(heard, leadTone); a.gaps+l.gaps > mostGaps || l.total < 2.5 || l.first-a.last > 0.3 || l.first < a.last-0.3 {
		t.Errorf("the customer that is taken over hears the agent %.1f–%.1f s, the lead %.1f–%.1f s, %d and %d gaps", a.first, a.last, l.first, l.last, a.gaps, l.gaps)
	}
	if c := sound(longest(t, lead), callerTone); c.total < 6 {
		t.Errorf("the lead hears its customers %.1f s", c.total)
	}
	if s := sound(longest(t, third), agentTone); s.total < 1.5 {
		t.Errorf("the third customer hears the agent %.1f s", s.total)
	}
}
