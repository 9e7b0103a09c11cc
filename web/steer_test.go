package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// shift is a moment of a centre: a caller waits in rescue, an agent asks for a break, a message was left, a call is promised.
func shift(t *testing.T) []hotline.Event {
	at := moment(t, testNow).Add(-5 * time.Minute)
	caller := hotline.Party{Number: "13800138000", Name: "陈建国"}
	put := func(ev hotline.Event, f hotline.Fact) hotline.Event {
		at = at.Add(time.Second)
		ev.At, ev.Fact = at, f
		return ev
	}
	w := hotline.Event{Contact: "w", Call: "w", Queue: "rescue"}
	m := hotline.Event{Contact: "m", Call: "m", Queue: "claims"}
	return []hotline.Event{
		put(w, hotline.CallStarted{Direction: hotline.Inbound, From: caller}),
		put(w, hotline.Queued{Visit: "w.1", Entry: hotline.EntryIVR, Priority: 5, Since: at, From: caller, Attrs: map[string]string{"caller": caller.Number}}),
		put(hotline.Event{Agent: "8001"}, hotline.AgentSet{State: hotline.AgentReady}),
		put(hotline.Event{Agent: "8001"}, hotline.BreakAsked{Reason: "rest"}),
		put(m, hotline.CallStarted{Direction: hotline.Inbound, From: caller}),
		put(m, hotline.VoicemailLeft{Task: "m-vm", Owner: "a", Due: at.Add(time.Hour), OffsetMS: 1000, MS: 500, From: caller}),
		put(m, hotline.CallbackAsked{Callback: "m.cb", Number: "013800138000", From: caller}),
		put(m, hotline.CallEnded{}),
		put(m, hotline.RecordingStored{File: "m.wav", MS: 3000}),
	}
}

// TestSteer: what a lead asks for over the API is what the shard is asked for, and noted under the lead's name.
func TestSteer(t *testing.T) {
	b := newBench(t, shift(t))
	lead := b.as(t, auth.Lead)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               hotline.Request
		act                string
	}{
		{"POST", "/visits/w.1/move", `{"queue":"claims"}`, 204, hotline.MoveVisit{Visit: "w.1", Queue: "claims", By: "lead"}, "move_visit claims w.1"},
		{"POST", "/visits/w.1/pull", `{"agent":"8001"}`, 204, hotline.PullVisit{Visit: "w.1", Agent: "8001", By: "lead"}, "pull_visit 8001 w.1"},
		{"POST", "/visits/w.1/priority", `{"priority":20}`, 204, hotline.Prioritise{Visit: "w.1", Priority: 20, By: "lead"}, "prioritise_visit w.1"},
		{"POST", "/visits/w.1/priority", `{"priority":21}`, 422, nil, ""},
		{"DELETE", "/visits/w.1", "", 204, hotline.Withdraw{Visit: "w.1", By: "lead"}, "withdraw_visit w.1"},
		{"DELETE", "/visits/gone.1", "", 404, nil, ""},
		{"DELETE", "/callbacks/m.cb", "", 204, hotline.CancelCallback{Callback: "m.cb", By: "lead"}, "cancel_callback m.cb"},
		{"DELETE", "/callbacks/none", "", 404, nil, ""},
		{"POST", "/switches/emergency", `{"on":true}`, 200, hotline.SetSwitch{Switch: "emergency", On: true, By: "lead"}, "switch_on emergency"},
		{"POST", "/agents/8001/break/answer", `{"grant":true}`, 200, hotline.AnswerBreak{Agent: "8001", Grant: true, By: "lead"}, "grant_break 8001"},
		{"POST", "/agents/8001/break/answer", `{"grant":false}`, 200, hotline.AnswerBreak{Agent: "8001", By: "lead"}, "refuse_break 8001"},
		{"POST", "/agents/8001/recall", "", 200, hotline.Recall{Agent: "8001", By: "lead"}, "recall 8001"},
		{"POST", "/agents/8001/break", `{"reason":"rest"}`, 200, hotline.AskBreak{Agent: "8001", Reason: "rest", Source: hotline.SourceLead}, "ask_break rest 8001"},
		{"DELETE", "/agents/8001/break", "", 200, hotline.AskBreak{Agent: "8001", Source: hotline.SourceLead}, "take_back_break 8001"},
		{"POST", "/agents/8001/phone", `{"phone":"d01"}`, 200, hotline.UsePhone{Agent: "8001", Phone: "d01", Source: hotline.SourceLead}, "use_phone d01 8001"},
	} {
		b.asked = nil
		noted := len(b.log.audited())
		r := b.do(t, lead, c.method, "/api/v1"+c.path, c.body)
		var got hotline.Request
		if len(b.asked) == 1 {
			got = b.asked[0]
		}
		if r.StatusCode != c.status || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: %s, asked %+v, want %d, %+v\n%s", c.method, c.path, r.Status, b.asked, c.status, c.want, r.body)
		}
		act := strings.Join(b.log.audited()[noted:], ", ")
		if want := "lead " + c.act; c.act != "" && act != want || c.act == "" && act != "" {
			t.Errorf("%s %s: noted %q, want %q", c.method, c.path, act, want)
		}
	}
}

// TestAgentSteersItself: breaks and desks are an agent's own; recalls and answers are not, and nobody is anybody else.
func TestAgentSteersItself(t *testing.T) {
	b := newBench(t, shift(t))
	tok := b.as(t, auth.Agent)
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/agents/8001/break", `{"reason":"rest"}`, 200},
		{"DELETE", "/agents/8001/break", "", 200},
		{"POST", "/agents/8001/phone", `{"phone":""}`, 200},
		{"POST", "/agents/8001/recall", "", 403},
		{"POST", "/agents/8001/break/answer", `{"grant":true}`, 403},
		{"POST", "/agents/8002/break", `{"reason":"rest"}`, 403},
		{"POST", "/agents/8002/phone", `{"phone":""}`, 403},
		{"POST", "/visits/w.1/pull", `{"agent":"8001"}`, 403},
		{"POST", "/switches/emergency", `{"on":true}`, 403},
	} {
		if r := b.do(t, tok, c.method, "/api/v1"+c.path, c.body); r.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d\n%s", c.method, c.path, r.Status, c.status, r.body)
		}
	}
	if len(b.log.audited()) != 0 {
		t.Errorf("an agent's acts for itself were noted: %v", b.log.audited())
	}
}

// TestTeamLead: the lead of a team acts on its agents and on queues that it serves; a lead without a team on all.
func TestTeamLead(t *testing.T) {
	b := newBench(t, shift(t))
	one := b.token(t, auth.User{Name: "ta", Role: auth.TeamLead, Team: "a"})
	none := b.token(t, auth.User{Name: "tc", Role: auth.TeamLead, Team: "c"}) // nobody is in it
	all := b.token(t, auth.User{Name: "t", Role: auth.TeamLead})
	for _, c := range []struct {
		token, method, path, body string
		status                    int
	}{
		{one, "POST", "/agents/8001/recall", "", 200}, // 8001 is in team a, 8002 in b
		{one, "POST", "/agents/8002/recall", "", 403},
		{one, "POST", "/agents/8002/state", `{"state":"ready"}`, 403},
		{one, "POST", "/visits/w.1/pull", `{"agent":"8002"}`, 403},
		{one, "POST", "/visits/w.1/move", `{"queue":"claims"}`, 204},
		{none, "POST", "/visits/w.1/move", `{"queue":"claims"}`, 403},
		{none, "DELETE", "/callbacks/m.cb", "", 403},
		{all, "POST", "/agents/8002/recall", "", 200},
		{all, "DELETE", "/callbacks/m.cb", "", 204},
	} {
		if r := b.do(t, c.token, c.method, "/api/v1"+c.path, c.body); r.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d\n%s", c.method, c.path, r.Status, c.status, r.body)
		}
	}
}

// TestTasks: who may see a message, hear it and close it.
func TestTasks(t *testing.T) {
	evs := shift(t)
	evs = append(evs, hotline.Event{At: evs[len(evs)-1].At, Shard: "main", Agent: "8002", Fact: hotline.AgentSet{State: hotline.AgentReady, From: hotline.AgentSignedOut}})
	b := newBench(t, evs)
	frames := make([][2]byte, 3*8000)
	for i := range frames {
		frames[i] = [2]byte{byte(i / 8000), 7} // the second it is from
	}
	b.tapes["m.wav"] = wavOf(tagALaw, frames)
	lead, qa := b.as(t, auth.Lead), b.as(t, auth.QA)
	mine := b.as(t, auth.Agent)                                                   // 8001: team a, which owns it
	other := b.token(t, auth.User{Name: "8002", Role: auth.Agent, Agent: "8002"}) // team b
	for tok, want := range map[string]int{lead: 1, mine: 1, other: 0} {
		if p := read[reports.TaskPage](t, b.get(t, tok, "/api/v1/tasks"), 200); len(p.Items) != want || want == 1 && p.Items[0].From.Number != "13800138000" {
			t.Errorf("%+v, want %d", p, want)
		}
	}
	r := b.get(t, mine, "/api/v1/tasks/m-vm/recording")
	if len(r.body) != 44+500*8*2 || r.body[44] != 1 || r.body[45] != 7 {
		t.Errorf("the message is %d bytes, want the half second from the first on: % x", len(r.body), r.body[:min(len(r.body), 60)])
	}
	if r := b.get(t, mine, "/api/v1/tasks/m-vm/recording", "Range", "bytes=44-47"); r.StatusCode != 206 || r.body != "\x01\x07\x01\x07" {
		t.Errorf("a range: %s %q", r.Status, r.body)
	}
	for _, c := range []struct {
		token string
		want  int
	}{{qa, 403}, {other, 403}} {
		for _, ask := range []string{"GET /api/v1/tasks/m-vm/recording", "POST /api/v1/tasks/m-vm/done"} {
			method, path, _ := strings.Cut(ask, " ")
			if r := b.do(t, c.token, method, path, ""); r.StatusCode != c.want {
				t.Errorf("%s: %s, want %d", ask, r.Status, c.want)
			}
		}
	}
	if x := read[reports.Task](t, b.do(t, mine, "POST", "/api/v1/tasks/m-vm/done", ""), 200); x.By != "8001" || x.Closed == 0 {
		t.Errorf("closed %+v", x)
	}
	if r := b.do(t, lead, "POST", "/api/v1/tasks/m-vm/done", "", "Accept-Language", "zh-CN"); r.StatusCode != 409 || !strings.Contains(r.body, "8001 已经处理过了") {
		t.Errorf("closed twice: %s %s", r.Status, r.body)
	}
	if acts := b.log.audited(); !slices.Equal(acts, []string{"8001 play_message m-vm", "8001 close_task m-vm"}) {
		t.Errorf("noted %q", acts)
	}
}

// TestLiveHidesCallers: those who may not see numbers see none, in callers, promises or attributes.
func TestLiveHidesCallers(t *testing.T) {
	b := newBench(t, shift(t))
	for _, path := range []string{"/api/v1/live", "/api/v1/contacts/w", "/api/v1/contacts/m"} {
		seen := b.get(t, b.as(t, auth.Lead), path).body
		hidden := b.get(t, b.as(t, auth.QA), path).body
		for _, secret := range []string{"13800138000", "陈建国"} {
			if !strings.Contains(seen, secret) || strings.Contains(hidden, secret) {
				t.Errorf("%s: %s is seen by a lead: %v, by QA: %v", path, secret, strings.Contains(seen, secret), strings.Contains(hidden, secret))
			}
		}
	}
}

// TestRefusalsInBothLanguages: a refusal says why and what to do, in the language asked for.
func TestRefusalsInBothLanguages(t *testing.T) {
	b := newBench(t, shift(t))
	no := func(kind error, format string, args ...any) error {
		return &hotline.Refusal{Kind: kind, Format: format, Args: args}
	}
	for _, c := range []struct {
		answer error
		lang   string
		status int
		want   string
	}{
		{no(hotline.ErrRefused, "agent %s has no registered phone", hotline.AgentID("8001")), "zh-CN,en;q=0.5", 409, "坐席 8001 的话机没有注册，请打开话机"},
		{no(hotline.ErrRefused, "agent %s has no registered phone", hotline.AgentID("8001")), "", 409, "agent 8001 has no registered phone: switch the phone on"},
		{no(hotline.ErrRefused, "agent %s is %s", hotline.AgentID("8001"), hotline.AgentTalking), "zh", 409, "坐席 8001 现在通话，"},
		{no(hotline.ErrRefused, "agent %s: %s", hotline.AgentID("8001"), "not in after-call work"), "zh", 409, "坐席 8001：不在话后处理中"},
		{no(hotline.ErrRefused, "reason %s (%s): %d of %d at once are taken: ask for it", "rest", "小休", 3, 3), "zh", 409, "小休名额已满（3/3），请申请排队"},
		{no(hotline.ErrUnknown, "agent %q", hotline.AgentID("9")), "zh", 404, "没有坐席 9"},
		{no(hotline.ErrUnknown, "agent %q", hotline.AgentID("9")), "en-GB", 404, `there is no agent \"9\" (any more)`},
		{no(hotline.ErrRefused, "something new about %s", "x"), "zh", 409, "something new about x"},
		{fmt.Errorf("the disk hangs: %w", context.DeadlineExceeded), "zh", 503, "现在办不到，请再试一次"},
	} {
		b.answer = c.answer
		r := b.do(t, b.as(t, auth.Lead), "POST", "/api/v1/agents/8001/state", `{"state":"ready"}`, "Accept-Language", c.lang)
		if r.StatusCode != c.status || !strings.Contains(r.body, c.want) || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v in %q: %s %s, want %d %s", c.answer, c.lang, r.Status, r.body, c.status, c.want)
		}
	}
	if r := b.do(t, b.as(t, auth.Wallboard), "DELETE", "/api/v1/visits/w.1", "", "Accept-Language", "zh-CN"); !strings.Contains(r.body, "角色 wallboard 无权这样做") {
		t.Errorf("%s", r.body)
	}
}

// TestEveryRefusalHasChineseWords reads what the router may say to a person and looks it up.
func TestEveryRefusalHasChineseWords(t *testing.T) {
	words := chinese()
	never := []string{ // said to a call, not to a person
		"an offer cannot be declined as %q", "a visit cannot leave as %q", "an agent in a call cannot be %q", "a visit needs its contact and an id",
		"visit %q is already in queue %q", "a call of agent %s has no id", "request %T",
	}
	files, err := filepath.Glob("../acd/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	n := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\b(refused|unknown)\("((?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(string(b), -1) {
			key := m[2]
			if m[1] == "unknown" {
				key = "unknown: " + key
			}
			n++
			if _, ok := words[key]; !ok && !slices.Contains(never, m[2]) {
				t.Errorf("%s: %q has no Chinese words", filepath.Base(name), key)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d refusals found: the test holds nothing", n)
	}
	for en, zh := range words {
		if strings.Count(en, "%") < strings.Count(zh, "%") {
			t.Errorf("%q says more than %q", zh, en)
		}
	}
}

func TestLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"": langEN, "zh-CN,zh;q=0.9,en;q=0.8": langZH, "en-US,en;q=0.9,zh;q=0.8": langEN, "de, zh;q=0.1": langZH, "fr": langEN,
		"zh;q=0": langEN, "en;q=x, zh;q=0.1": langZH, ",,;;q": langEN, "ZH-hant": langZH,
	} {
		if got := language(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// why explains everything by one reason, as of the moment asked for.
type why struct{ err error }

func (w why) ExplainContact(_ context.Context, id hotline.ContactID, at time.Time) (hotline.Explanation, error) {
	return hotline.Explanation{At: at, Contact: id, Visit: "w.1", Verdict: hotline.Reason{Code: hotline.WhyNobodyWorks, N: 8, MS: 60_000}}, w.err
}

func (w why) ExplainAgent(_ context.Context, id hotline.AgentID, at time.Time) (hotline.Explanation, error) {
	return hotline.Explanation{At: at, Agent: id, Verdict: hotline.Reason{Code: hotline.WhyNobodyWaits}}, w.err
}

// TestExplain: data and one sentence in both languages, now and for a moment of the past.
func TestExplain(t *testing.T) {
	b := newBench(t, shift(t))
	b.Explainer = why{}
	lead := b.as(t, auth.Lead)
	x := read[explanation](t, b.get(t, lead, "/api/v1/contacts/w/explain?at=2026-11-22T14:30:00%2B08:00"), 200)
	if x.Summary != "waiting" || x.Verdict.Code != hotline.WhyNobodyWorks || x.Sentence[langZH] == x.Sentence[langEN] || x.Sentence[langZH] == "" ||
		!x.At.Equal(moment(t, "2026-11-22T14:30:00+08:00")) || x.Verdict.Sentence[langEN] == "" {
		t.Errorf("%+v", x)
	}
	if x := read[explanation](t, b.get(t, lead, "/api/v1/agents/8001/explain"), 200); x.Agent != "8001" || !x.At.IsZero() || x.Verdict.Code != hotline.WhyNobodyWaits {
		t.Errorf("%+v", x)
	}
	for _, at := range []string{"yesterday", "2027-01-01T00:00:00Z"} {
		if r := b.get(t, lead, "/api/v1/contacts/w/explain?at="+at); r.StatusCode != 422 {
			t.Errorf("%s: %s", at, r.Status)
		}
	}
	for err, want := range map[error]int{hotline.ErrUnknown: 200, &hotline.GoneError{First: 9}: 410, context.DeadlineExceeded: 503} {
		b.Explainer = why{err}
		if r := b.get(t, lead, "/api/v1/contacts/w/explain"); r.StatusCode != want {
			t.Errorf("%v: %s, want %d", err, r.Status, want)
		}
	}
}
