//go:build e2e

package e2e

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

// asked asks something of the agent's call and fails unless the call is in the state then.
func (e *engine) asked(t *testing.T, call, verb, body, state string) {
	t.Helper()
	if body == "" {
		body = "{}"
	}
	code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/calls/"+call+"/"+verb, body)
	if code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", verb, body, code, b)
	}
	e.callIs(call, state)
}

func (e *engine) callIs(call, state string) {
	e.t.Helper()
	var got struct {
		Items []struct{ Call, State string }
	}
	e.eventually(5*time.Second, "the call is "+state, func() bool {
		e.json("/api/v1/agents/8001/calls", &got)
		return len(got.Items) == 1 && got.Items[0].Call == call && got.Items[0].State == state
	})
}

// drawn is the tone in tenths of a second, a line for each five.
func (s sounding) drawn() string {
	var b strings.Builder
	for i, on := range s.on {
		if i%50 == 0 {
			b.WriteByte('\n')
		}
		b.WriteByte(map[bool]byte{true: '#', false: '.'}[on])
	}
	return b.String()
}

// rms is the loudness between two seconds of a recording.
func rms(x []float64, from, to float64) float64 {
	a, b := min(int(from*8000), len(x)), min(int(to*8000), len(x))
	sum := 0.0
	for _, v := range x[a:b] {
		sum += v * v
	}
	return math.Sqrt(sum / math.Max(1, float64(b-a)))
}

// pauseOf is how long each state of TestControl… lasts.
const pauseOf = 3 * time.Second

// controlled asks everything of the call by API: 3 s each held, talking, mute, talking, consulting, in conference, talking, and after
// keys. It returns when it was held, in seconds after the first word was asked.
func controlled(t *testing.T, e *engine, id string, colleagueIn, colleagueGone func()) (held float64) {
	t.Helper()
	begun := time.Now()
	held = time.Since(begun).Seconds()
	e.asked(t, id, "hold", `{"id":"h"}`, "held")
	time.Sleep(pauseOf)
	e.asked(t, id, "hold", `{"id":"h"}`, "held") // done once
	e.asked(t, id, "unhold", "", "talking")
	time.Sleep(pauseOf)
	if code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/calls/"+id+"/unhold", `{"expect":"held"}`); code != http.StatusConflict {
		t.Errorf("another state than was seen: %d %s", code, b)
	}
	e.asked(t, id, "mute", "", "talking")
	time.Sleep(pauseOf)
	e.asked(t, id, "unmute", "", "talking")
	time.Sleep(pauseOf)
	e.asked(t, id, "consult", `{"to":"8002"}`, "consulting")
	colleagueIn()
	time.Sleep(pauseOf)
	e.asked(t, id, "conference", "", "conference")
	time.Sleep(pauseOf)
	e.asked(t, id, "drop", "", "talking")
	colleagueGone()
	time.Sleep(pauseOf)
	e.asked(t, id, "keys", `{"keys":"42#"}`, "talking")
	time.Sleep(pauseOf)
	return held
}

// ears are what each phone heard in its call.
type ears struct{ customer, agent, colleague []float64 }

// check holds what was heard to what was asked: the customer hears its agent but for away seconds, the colleague in the conference only.
func (x ears) check(t *testing.T, held, away, slack float64) {
	t.Helper()
	ofAgent := sound(x.customer, agentTone)
	if want := ofAgent.last - ofAgent.first - away; !within(ofAgent.total, want, 2*slack+1) || ofAgent.total < 10 {
		t.Errorf("the customer hears its agent %.1f s of %.1f s: %s", ofAgent.total, want, ofAgent.drawn())
	}
	if s := sound(x.customer, leadTone); !within(s.total, 3, slack) {
		t.Errorf("the customer hears the colleague %.1f s: only in the conference, 3 s", s.total)
	}
	if s := sound(x.agent, leadTone); !within(s.total, 6, 1.5*slack) {
		t.Errorf("the agent hears the colleague %.1f s: consult and conference, 6 s", s.total)
	}
	if s := sound(x.colleague, callerTone); !within(s.total, 3, slack) {
		t.Errorf("the colleague hears the customer %.1f s: only in the conference, 3 s", s.total)
	}
	if s := sound(x.colleague, agentTone); !within(s.total, 6, 1.5*slack) {
		t.Errorf("the colleague hears the agent %.1f s, 6 s", s.total)
	}
	hold := 0.0 // the music: loud where the agent's tone is not, in the hold's window of 3 s
	for at := ofAgent.first + held; at < ofAgent.first+held+6; at += 0.5 {
		if i := int(at * 10); i < len(ofAgent.on) && !ofAgent.on[i] {
			hold = math.Max(hold, rms(x.customer, at, at+0.5))
		}
	}
	if hold < 200 {
		t.Errorf("no music while the customer is held: %.0f", hold)
	}
}

// TestControlByBaresip asks everything of one call by API and listens to what each of three phones hears of it: music for who is
// held, nothing of who is mute, nobody of a consult but the two, all three in a conference; and the recording holds the same.
func TestControlByBaresip(t *testing.T) {
	e := startEngine(t, "127.0.0.51", superviseCentre())
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.151", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	colleague := startPhone(t, e, "colleague", phoneOptions{ip: "127.0.51.2", user: "8002", password: "pw-8002", tone: leadTone, auto: true})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := talkWith(t, e, "127.0.51.101")
	id := e.contactOf("8001")
	held := controlled(t, e, id,
		func() { colleague.wait("CALL_ESTABLISHED", 1, 5*time.Second) },
		func() { colleague.wait("CALL_CLOSED", 1, 5*time.Second) })
	if code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/calls/"+id+"/hangup", "{}"); code != http.StatusOK {
		t.Errorf("hangup: %d %s", code, b)
	}
	caller.wait("CALL_CLOSED", 1, 15*time.Second)
	e.agentIs("8001", "ready")
	ears{longest(t, caller), longest(t, agent), longest(t, colleague)}.check(t, held, 9, 0.8) // held, mute, consulting
	checkControlled(t, e, id)
}

// TestControlByLinphone is the same with phones of another make, which records by the clock; then its own hold key is obeyed, the page
// cannot take that hold back, and the phone can.
func TestControlByLinphone(t *testing.T) {
	e := startEngine(t, "127.0.0.94", superviseCentre())
	agent := startLinphone(t, e, "127.0.94.1", "8001", "pw-8001", agentTone)
	colleague := startLinphone(t, e, "127.0.94.2", "8002", "pw-8002", leadTone)
	for user, p := range map[string]*linphone{"8001": agent, "8002": colleague} {
		p.do("autoanswer enable")
		e.agentIs(user, "not_ready")
	}
	if code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/state", `{"state":"ready"}`); code != http.StatusOK {
		t.Fatalf("ready: %d %s", code, b)
	}
	e.agentIs("8001", "ready")
	caller := talkWith(t, e, "127.0.94.101")
	id := e.contactOf("8001")
	held := controlled(t, e, id,
		func() { e.agentIs("8002", "consulting"); e.callIs(id, "consulting") },
		func() { e.agentIs("8002", "not_ready") })
	agent.do("pause")
	e.callIs(id, "held")
	time.Sleep(pauseOf)
	if code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/calls/"+id+"/unhold", "{}"); code != http.StatusConflict {
		t.Errorf("the phone holds, the page takes it back: %d %s", code, b)
	}
	agent.do("resume 1")
	e.callIs(id, "talking")
	time.Sleep(pauseOf)
	if code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/calls/"+id+"/hangup", "{}"); code != http.StatusOK {
		t.Errorf("hangup: %d %s", code, b)
	}
	caller.wait("CALL_CLOSED", 1, 15*time.Second)
	e.agentIs("8001", "ready")
	agent.close()
	colleague.close() // then their recordings are whole
	ears{longest(t, caller), agent.heard(), colleague.heard()}.check(t, held, 12, 1.5)
	var rec struct {
		Timeline []struct{ Kind string }
	}
	e.json("/api/v1/contacts/"+id, &rec)
	n := 0
	for _, x := range rec.Timeline {
		if x.Kind == "held" {
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d facts of hold, want 6: by the page, for the consult, by the phone", n)
	}
}

// TestTransfersByLinphone sends a customer by API from one linphone to another, blind and after a consult, and takes a conference apart by
// each side's hanging up: whoever is left talks on.
func TestTransfersByLinphone(t *testing.T) {
	e := startEngine(t, "127.0.94.9", superviseCentre())
	one := startLinphone(t, e, "127.0.94.11", "8001", "pw-8001", agentTone)
	two := startLinphone(t, e, "127.0.94.12", "8002", "pw-8002", leadTone)
	for user, p := range map[string]*linphone{"8001": one, "8002": two} {
		p.do("autoanswer enable")
		e.agentIs(user, "not_ready")
	}
	if code, b := e.ask(http.MethodPost, "/api/v1/agents/8001/state", `{"state":"ready"}`); code != http.StatusOK {
		t.Fatalf("ready: %d %s", code, b)
	}
	caller := talkWith(t, e, "127.0.94.102")
	id := e.contactOf("8001")
	to := func(agent, verb, body string) {
		t.Helper()
		if code, b := e.ask(http.MethodPost, "/api/v1/agents/"+agent+"/calls/"+id+"/"+verb, body); code != http.StatusOK {
			t.Fatalf("%s by %s: %d %s", verb, agent, code, b)
		}
	}
	to("8001", "transfer", `{"to":"8002"}`)
	e.agentIs("8002", "talking")
	time.Sleep(pauseOf)
	e.agentIs("8001", "ready") // after its after-call work
	to("8002", "consult", `{"to":"8001"}`)
	e.agentIs("8001", "consulting")
	time.Sleep(pauseOf)
	to("8002", "complete", "{}")
	e.agentIs("8001", "talking")
	time.Sleep(pauseOf)
	e.agentIs("8002", "not_ready")
	to("8001", "conference", `{"to":"8002"}`)
	e.agentIs("8002", "conference")
	time.Sleep(pauseOf)
	one.do("terminate") // the agent's phone leaves the conference: the colleague has the customer
	e.agentIs("8002", "talking")
	time.Sleep(pauseOf)
	two.do("terminate")
	caller.wait("CALL_CLOSED", 1, 15*time.Second)
	var c handed
	e.json("/api/v1/contacts/"+id, &c)
	how := ""
	for _, x := range c.Transfers {
		how += x.How + ":" + x.Result + " "
	}
	if how != "blind:done attended:done conference:done " {
		t.Errorf("transfers %q", how)
	}
	customer := longest(t, caller)
	if a, b := sound(customer, agentTone), sound(customer, leadTone); a.total < 6 || b.total < 7 {
		t.Errorf("the customer hears the one %.1f s, the other %.1f s: want 8 and 9: %s %s", a.total, b.total, a.drawn(), b.drawn())
	}
}

// checkControlled holds recording and record of the contact to what was asked.
func checkControlled(t *testing.T, e *engine, id string) {
	t.Helper()
	var c contact
	e.eventually(15*time.Second, "the recording is stored", func() bool {
		e.json("/api/v1/contacts/"+id, &c)
		return c.Recording != nil
	})
	b, res := e.get("/api/v1/contacts/" + id + "/recording?format=wav")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("recording: %s %s", res.Status, b)
	}
	ch := readWAV(t, b)
	if s := sound(ch[1], leadTone); !within(s.total, 3, 0.8) {
		t.Errorf("the recording holds the colleague %.1f s: only the conference, 3 s", s.total)
	}
	mine := sound(ch[1], agentTone)
	if want := mine.last - mine.first - 9; !within(mine.total, want, 2.5) {
		t.Errorf("the recording holds the agent %.1f s of %.1f s: not while it was mute, held or consulted", mine.total, want)
	}
	var rec struct {
		Timeline []struct{ Kind string }
	}
	e.json("/api/v1/contacts/"+id, &rec)
	got := map[string]int{}
	for _, x := range rec.Timeline {
		got[x.Kind]++
	}
	for kind, n := range map[string]int{"held": 4, "muted": 2, "consulted": 2, "conferred": 1, "party_left": 1} {
		if got[kind] != n {
			t.Errorf("%d facts of %s, want %d", got[kind], kind, n)
		}
	}
}
