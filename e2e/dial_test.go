//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// asks sends a request of the API with the token and returns its status and body.
func (e *engine) asks(t *testing.T, token, path string, body any) (int, string) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+e.web+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(got)
}

// dialContact is what the test reads of a contact that an agent called.
type dialContact struct {
	contact
	Direction, For, Outcome string
	Agents                  []string
	HoldMS                  int64 `json:"hold_ms"`
	TalkMS                  int64 `json:"talk_ms"`
}

// calledTone is the tone of whom an agent calls: far from that of ringing, which is 450 Hz.
const calledTone = 680.0

// dialling is an engine with an agent, a colleague and a customer who can be called.
func dialling(t *testing.T) (e *engine, agent, second, customer *phone) {
	e = startEngineWith(t, "127.0.0.52", centreFile+`dial_out: {allow: ["1"], deny: ["19"], from: "95500"}`+"\n", "server: 127.0.0.153")
	agent = startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.152", user: "8001", password: "pw-8001", tone: agentTone})
	second = startPhone(t, e, "second", phoneOptions{ip: "127.0.0.154", user: "8002", password: "pw-8002", tone: secondTone})
	customer = startPhone(t, e, "customer", phoneOptions{ip: "127.0.0.153", user: "13800138000", tone: calledTone})
	e.agentIs("8001", "not_ready")
	e.agentIs("8002", "not_ready")
	return e, agent, second, customer
}

// TestAgentDialsByPage: an agent calls a customer for a queue, asked for by API: its phone rings, then the customer's; it holds and
// takes back, the customer puts down, after-call work follows. Both hear each other, and the recording has the customer left.
func TestAgentDialsByPage(t *testing.T) {
	e, agent, _, customer := dialling(t)
	desk := e.login("8001", "pw-8001")
	const calls = "/api/v1/agents/8001/calls"
	order := map[string]string{"id": "one", "to": "138 0013 8000", "queue": "claims"}
	status, text := e.asks(t, desk, calls, order)
	var call struct{ Call, State, Direction string }
	if err := json.Unmarshal([]byte(text), &call); status != http.StatusCreated || err != nil || call.State != "outbound" || call.Direction != "outbound" {
		t.Fatalf("%d %s", status, text)
	}
	agent.wait("CALL_INCOMING", 1, 5*time.Second)
	if _, again := e.asks(t, desk, calls, order); !strings.Contains(again, call.Call) {
		t.Errorf("the same order again: %s, want call %s", again, call.Call)
	}
	agent.do("accept", "")
	e.agentIs("8001", "outbound")
	customer.wait("CALL_INCOMING", 1, 5*time.Second)
	time.Sleep(2 * time.Second) // the agent hears it ring
	customer.do("accept", "")
	time.Sleep(5 * time.Second)
	for _, verb := range []string{"hold", "unhold"} {
		if status, text := e.asks(t, desk, calls+"/"+call.Call+"/"+verb, map[string]string{}); status != http.StatusOK {
			t.Errorf("%s: %d %s", verb, status, text)
		}
		time.Sleep(3 * time.Second)
	}
	customer.do("hangup", "")
	e.agentIs("8001", "wrap_up")
	e.agentIs("8001", "not_ready")
	c := e.dialled(t, 1)
	if c.Outcome != "reached" || c.Direction != "outbound" || len(c.Agents) != 1 || c.HoldMS < 2000 || c.TalkMS < 6000 {
		t.Errorf("%+v", c)
	}
	ch := recorded(t, e, c.contact)
	left, right := listen(ch[0], calledTone), listen(ch[1], agentTone)
	if left.Seconds < 6 || right.Seconds < 6 || listen(ch[0], agentTone).Seconds > 0.5 || listen(ch[1], calledTone).Seconds > 0.5 {
		t.Errorf("recording: customer left %+v, agent right %+v", left, right)
	}
	if status, text := e.asks(t, desk, calls, map[string]string{"to": "1900123"}); status != http.StatusConflict || !strings.Contains(text, "1900123") {
		t.Errorf("forbidden: %d %s", status, text)
	}
	checkHeard(t, customer, agentTone, 6)
	checkHeard(t, agent, calledTone, 6)
}

// TestAgentDialsByPhone: an agent calls a customer on its phone and puts down; is told by a tone what it may not dial; speaks with a
// colleague, which is recorded nowhere and no contact.
func TestAgentDialsByPhone(t *testing.T) {
	e, agent, second, customer := dialling(t)
	agent.dial(e, "13800138000")
	customer.wait("CALL_INCOMING", 1, 5*time.Second)
	customer.do("accept", "")
	time.Sleep(5 * time.Second)
	e.agentIs("8001", "outbound")
	agent.do("hangup", "")
	customer.wait("CALL_CLOSED", 1, 5*time.Second)
	e.agentIs("8001", "not_ready")
	if c := e.dialled(t, 1); c.Outcome != "reached" || c.TalkMS < 4000 {
		t.Errorf("%+v", c)
	}

	agent.dial(e, "1900123")
	agent.wait("CALL_ESTABLISHED", 2, 5*time.Second)
	agent.wait("CALL_CLOSED", 2, 8*time.Second)
	e.dialled(t, 1)

	agent.dial(e, "8002")
	second.wait("CALL_INCOMING", 1, 5*time.Second)
	e.agentIs("8002", "consulting")
	second.do("accept", "")
	time.Sleep(5 * time.Second)
	agent.do("hangup", "")
	e.agentIs("8002", "not_ready")
	e.agentIs("8001", "not_ready")
	e.dialled(t, 1)
	var report struct {
		Rows []struct {
			Outbound struct {
				Calls, Reached int
				Internal       int64 `json:"internal_talk_ms"`
			}
		}
	}
	e.json("/api/v1/reports/agents?agent=8001&interval=1d", &report)
	if o := report.Rows[0].Outbound; o.Calls != 1 || o.Reached != 1 || o.Internal < 4000 {
		t.Errorf("figures %+v", o)
	}
	checkHeard(t, customer, agentTone, 4)
	checkHeard(t, second, agentTone, 4)
	checkHeard(t, agent, calledTone, 4)
	checkHeard(t, agent, secondTone, 4)
}

// dialled is the newest of n contacts, once it is over and its recording stored.
func (e *engine) dialled(t *testing.T, n int) (c dialContact) {
	t.Helper()
	all := e.contacts()
	if len(all) != n {
		t.Fatalf("%d contacts, want %d: %+v", len(all), n, all)
	}
	e.eventually(10*time.Second, "the recording is stored", func() bool {
		e.json("/api/v1/contacts/"+all[0].ID, &c)
		return c.Recording != nil
	})
	return c
}
