//go:build e2e

package e2e

import (
	"testing"
	"time"
)

// TestWebPhonesWithOpus: a browser calls in with Opus and presses a key; what it says reaches a phone with A-law, and another phone
// in a browser as it is, and it hears both. It is recorded at 16 kHz.
func TestWebPhonesWithOpus(t *testing.T) {
	origin := servePage(t)
	e := startSecureEngineOf(t, opusBuild(t), ", codecs: [OPUS, PCMA, PCMU]", origin)
	b := webBrowser(t, e.dir, origin, callerTone)
	desk := startPhone(t, e, "desk", phoneOptions{ip: "127.0.0.66", user: "8001", password: "pw-8001", tone: agentTone, codecs: "PCMA"})
	desk.code(e, "*1")
	e.agentIs("8001", "ready")

	customer := b.webPhone(e, "customer", "13900139000", "")
	customer.run("call('95500')")
	customer.wait("confirmed", 1, 10*time.Second)
	time.Sleep(time.Second)
	customer.run("session.sendDTMF('1', {transportType: 'RFC2833'})")
	desk.wait("CALL_INCOMING", 1, 10*time.Second)
	desk.do("accept", "")
	e.agentIs("8001", "talking")
	customer.hears(agentTone)
	time.Sleep(8 * time.Second)
	eventuallyHears(t, "the browser hears the phone", customer.hears, agentTone, 5)
	desk.do("hangup", "")
	customer.wait("ended", 1, 5*time.Second)
	desk.code(e, "*2")
	desk.close()
	hears(t, desk, callerTone)
	c := e.spoke(t, "OPUS", "PCMA")
	e.protectedAs(c, "dtls")

	agent := b.webPhone(e, "agent", "8002", "pw-8002")
	agent.run("call('*1')")
	agent.wait("ended", 1, 10*time.Second)
	e.agentIs("8002", "ready")
	again := b.webPhone(e, "again", "13900139001", "")
	again.run("call('95500')")
	again.wait("confirmed", 1, 10*time.Second)
	time.Sleep(time.Second)
	again.run("session.sendDTMF('1', {transportType: 'RFC2833'})")
	agent.wait("incoming", 1, 10*time.Second)
	agent.run("answer()")
	agent.wait("confirmed", 2, 10*time.Second)
	again.hears(callerTone)
	agent.hears(callerTone)
	time.Sleep(6 * time.Second)
	for name, p := range map[string]*webPhone{"customer": again, "agent": agent} {
		eventuallyHears(t, name+" in the browser hears the other", p.hears, callerTone, 2) // of the one that called before half is the silence of that call
	}
	again.run("session.terminate()")
	agent.wait("ended", 2, 5*time.Second)
	e.spoke(t, "OPUS", "OPUS")
}

// spoke checks the codecs of the last contact and its recording, in which the customer's tone stands on the left, and returns its
// id.
func (e *engine) spoke(t *testing.T, customer, agent string) string {
	t.Helper()
	var record struct {
		contact
		Legs []struct {
			Role, Codec string
			Stats       struct {
				Received, Lost, Malformed uint64
				MOS                       float64 `json:"mos"`
			}
		}
	}
	id := e.contacts()[0].ID
	e.eventually(10*time.Second, "the recording is stored", func() bool {
		e.json("/api/v1/contacts/"+id, &record)
		return record.Recording != nil
	})
	want := map[string]string{"customer": customer, "agent": agent}
	for _, l := range record.Legs {
		t.Logf("%s %s: %+v", l.Role, l.Codec, l.Stats)
		if l.Codec != want[l.Role] || l.Stats.Malformed > 0 || l.Stats.MOS < 3.5 {
			t.Errorf("%s: %s, %+v", l.Role, l.Codec, l.Stats)
		}
	}
	b, res := e.get("/api/v1/contacts/" + id + "/recording?format=wav")
	if res.StatusCode != 200 {
		t.Fatalf("recording: %s %s", res.Status, b)
	}
	sides, rate := narrowed(t, b)
	if r := listen(sides[0], callerTone); rate != 16000 || r.Seconds < 5 {
		t.Errorf("%d Hz, left %+v", rate, r)
	}
	return id
}
