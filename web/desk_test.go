package web

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// TestWrapUp: an agent whose queue requires a code cannot end its after-call work without one; what it writes stands in the
// record, the search, the figures and the files.
func TestWrapUp(t *testing.T) {
	h := newHall(t, deskCentre)
	tok := h.agent("8001")
	h.staff("8001")
	h.rings("c1", hotline.Party{Number: "13800138000", Name: "陈建国"}, nil)
	h.talks("c1")
	h.ends("c1", "8001")
	put := func(body string, headers ...string) reply {
		return h.do(t, tok, "PUT", "/api/v1/contacts/c1/wrap-up", body, headers...)
	}
	for _, c := range []struct {
		r      reply
		status int
		want   string
	}{
		{h.do(t, tok, "POST", "/api/v1/agents/8001/end-wrap-up", ""), 409, "has not coded the call: give a wrap-up code first"},
		{h.do(t, tok, "POST", "/api/v1/agents/8001/state", `{"state":"ready"}`, "Accept-Language", "zh"), 409, "坐席 8001 还没有填话后小结编码"},
		{put(`{"code":"claim"}`), 404, "wrap-up code"},
		{put(`{"code":"claim"}`, "Accept-Language", "zh"), 404, "没有可填的小结编码 claim"},
		{put(`{"code":"nuisance"}`, "Accept-Language", "zh"), 409, "不属于队列 claims"},
		{put(`{"code":"claim.car","visit":"c1.7"}`), 403, "no part in this contact"},
		{h.do(t, tok, "PUT", "/api/v1/contacts/c9/wrap-up", `{"code":"claim.car"}`), 403, "no part in this contact"},
		{h.do(t, h.agent("8002"), "PUT", "/api/v1/contacts/c1/wrap-up", `{"code":"claim.car","agent":"8001"}`), 403, "only for its own agent"},
	} {
		if c.r.StatusCode != c.status || !strings.Contains(c.r.body, c.want) {
			t.Errorf("%s %s: %s %s, want %d %s", c.r.Request.Method, c.r.Request.URL.Path, c.r.Status, c.r.body, c.status, c.want)
		}
	}
	v := read[reports.AgentView](t, h.do(t, tok, "POST", "/api/v1/agents/8001/extend-wrap-up", ""), 200)
	want := &reports.WrapView{Contact: "c1", Visit: "c1.1", Queue: "claims", Rule: "required", Missing: true, ExtendMS: 30_000}
	if d := cmp.Diff(want, v.Wrap); d != "" || v.WrapUntil != reports.At(h.now().Add(50*time.Second)) {
		t.Errorf("extended: until %v\n%s", v.WrapUntil, d)
	}
	if r := h.do(t, tok, "POST", "/api/v1/agents/8001/extend-wrap-up", "", "Accept-Language", "zh"); r.StatusCode != 409 || !strings.Contains(r.body, "已延长 1 次") {
		t.Errorf("a second time: %s %s", r.Status, r.body)
	}
	note := "=cmd|'/c calc'!A1 \u202e<script>\u0007"
	w := read[wrapped](t, put(`{"code":"claim.car","note":"`+strings.ReplaceAll(note, "\u0007", "\\u0007")+`"}`), 200)
	if w.Code != "claim.car" || w.Missing || w.Note != "=cmd|'/c calc'!A1 <script>" || w.Agent != "8001" || w.Visit != "c1.1" {
		t.Errorf("%+v", w)
	}
	read[wrapped](t, put(`{"code":"claim.home"}`), 200)
	read[reports.AgentView](t, h.do(t, tok, "POST", "/api/v1/agents/8001/end-wrap-up", ""), 200)

	lead := h.as(t, auth.Lead)
	h.pass(time.Second)
	c := read[struct{ Coded []reports.Coded }](t, h.get(t, lead, "/api/v1/contacts/c1"), 200)
	if len(c.Coded) != 1 || c.Coded[0].Code != "claim.home" || !strings.HasPrefix(c.Coded[0].Note, "=cmd") {
		t.Errorf("record %+v", c.Coded)
	}
	for code, n := range map[string]int{"claim": 1, "claim.home": 1, "claim.car": 0, "nuisance": 0, "": 1} {
		page := read[reports.Page](t, h.get(t, lead, "/api/v1/contacts?code="+code), 200)
		if len(page.Items) != n {
			t.Errorf("code %q finds %d contacts, want %d", code, len(page.Items), n)
		}
	}
	rep := read[reports.QueueReport](t, h.get(t, lead, "/api/v1/reports/queues"), 200)
	if d := cmp.Diff(reports.CodeCounts{ByCode: map[string]int{"claim.home": 1}}, rep.Rows[0].Codes); d != "" {
		t.Error(d)
	}
	if csv := h.get(t, lead, "/api/v1/reports/queues?format=csv").body; !strings.Contains(csv, "claim.home=1,0\r\n") {
		t.Error(csv)
	}
	if csv := h.get(t, lead, "/api/v1/reports/contacts?format=csv").body; !strings.Contains(csv, "claim.home,'=cmd|'/c calc'!A1 <script>,") {
		t.Error(csv)
	}
	if r := h.get(t, h.agent("8002"), "/api/v1/contacts/c1/wrap-up"); r.StatusCode != 403 {
		t.Errorf("another agent reads the note: %s", r.Status)
	}
	masked := read[items[wrapped]](t, h.get(t, h.as(t, auth.QA), "/api/v1/contacts/c1/wrap-up"), 200)
	if len(masked.Items) != 1 || masked.Items[0].Code != "claim.home" {
		t.Errorf("%+v", masked)
	}
}

// TestMissingCode: time runs out without a code. It stays on the agent's list until it is given; a lead may give it.
func TestMissingCode(t *testing.T) {
	h := newHall(t, deskCentre)
	tok, lead := h.agent("8001"), h.as(t, auth.Lead)
	h.staff("8001")
	for _, call := range []string{"c1", "c2"} {
		h.rings(call, hotline.Party{Number: "13800138000"}, nil)
		h.talks(call)
		h.ends(call, "8001")
		h.pass(time.Minute)
	}
	page := read[reports.TaskPage](t, h.get(t, tok, "/api/v1/tasks"), 200)
	if len(page.Items) != 2 || page.Items[0].Kind != reports.TaskWrapCode || page.Items[0].ID != "code.c1.1.8001" || page.Items[0].Owner != "8001" {
		t.Fatalf("%+v", page.Items)
	}
	if v, _ := h.Fold.AgentNow("8001", h.now()); v.State != hotline.AgentReady || h.live(t, "8001").Uncoded != 2 {
		t.Errorf("%+v", v)
	}
	if r := h.do(t, tok, "POST", "/api/v1/tasks/code.c1.1.8001/done", "", "Accept-Language", "zh"); r.StatusCode != 409 || !strings.Contains(r.body, "请填写小结编码") {
		t.Errorf("done without a code: %s %s", r.Status, r.body)
	}
	if r := h.do(t, lead, "PATCH", "/api/v1/tasks/code.c1.1.8001", `{"owner":"8002"}`); r.StatusCode != 409 {
		t.Errorf("handed on: %s %s", r.Status, r.body)
	}
	read[wrapped](t, h.do(t, tok, "PUT", "/api/v1/contacts/c1/wrap-up", `{"code":"claim.car"}`), 200)
	w := read[wrapped](t, h.do(t, lead, "PUT", "/api/v1/contacts/c2/wrap-up", `{"code":"claim.home","agent":"8001"}`), 200)
	if w.By != "lead" || h.live(t, "8001").Uncoded != 0 {
		t.Errorf("%+v", w)
	}
	if page := read[reports.TaskPage](t, h.get(t, tok, "/api/v1/tasks"), 200); len(page.Items) != 0 {
		t.Errorf("still to be done: %+v", page.Items)
	}
	h.pass(time.Second)
	rep := read[reports.AgentReport](t, h.get(t, lead, "/api/v1/reports/agents?agent=8001"), 200)
	if d := cmp.Diff(reports.CodeCounts{ByCode: map[string]int{"claim.car": 1, "claim.home": 1}}, rep.Rows[0].Codes); d != "" {
		t.Error(d)
	}
}

// live is the agent as the pages see it.
func (h *hall) live(t *testing.T, id hotline.AgentID) reports.AgentView {
	t.Helper()
	for _, a := range read[reports.View](t, h.get(t, h.as(t, auth.Lead), "/api/v1/live"), 200).Agents {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("no agent %s", id)
	return reports.AgentView{}
}

func TestMissed(t *testing.T) {
	h := newHall(t, deskCentre)
	h.staff("8001", "8002")
	h.rings("c1", hotline.Party{Number: "13800138000"}, nil)
	h.ask(hotline.Decline{Offer: "c1.1.1", Result: hotline.OfferRejected})
	h.ask(hotline.Accept{Offer: "c1.1.2", Leg: "c1-2"})
	h.say("c1", hotline.Answered{Visit: "c1.1"})
	h.settle()
	got := read[items[missedOne]](t, h.get(t, h.agent("8001"), "/api/v1/agents/8001/missed"), 200).Items
	if len(got) != 1 || got[0].Result != hotline.OfferRejected || got[0].Then != "8002" || got[0].Outcome != hotline.OutcomeAnswered ||
		got[0].Number != "13800138000" || got[0].Masked || got[0].QueueName != "报案" {
		t.Errorf("%+v", got)
	}
	if qa := read[items[missedOne]](t, h.get(t, h.as(t, auth.QA), "/api/v1/agents/8001/missed"), 200).Items; qa[0].Number != "138****8000" || !qa[0].Masked {
		t.Errorf("%+v", qa)
	}
	if r := h.get(t, h.agent("8002"), "/api/v1/agents/8001/missed"); r.StatusCode != 403 {
		t.Errorf("another agent's: %s", r.Status)
	}
	if r := h.get(t, h.agent("8001"), "/api/v1/agents/8001/missed?from=2026-11-23T00:00:00Z"); strings.Contains(r.body, "c1") {
		t.Errorf("of tomorrow: %s", r.body)
	}
}

func TestRaiseHand(t *testing.T) {
	h := newHall(t, deskCentre)
	tok := h.agent("8001")
	if r := h.do(t, tok, "POST", "/api/v1/agents/8001/raise-hand", `{}`, "Accept-Language", "zh"); r.StatusCode != 409 || !strings.Contains(r.body, "已签出") {
		t.Errorf("signed out: %s %s", r.Status, r.body)
	}
	h.staff("8001")
	h.rings("c1", hotline.Party{Number: "13800138000"}, nil)
	h.talks("c1")
	v := read[reports.AgentView](t, h.do(t, tok, "POST", "/api/v1/agents/8001/raise-hand", `{"note":"额度"}`), 200)
	if v.Hand == nil || v.Hand.Note != "额度" || v.Hand.Contact != "c1" {
		t.Fatalf("%+v", v.Hand)
	}
	n := h.Fold.Seq()
	read[reports.AgentView](t, h.do(t, tok, "POST", "/api/v1/agents/8001/raise-hand", `{"note":"额度"}`), 200)
	if h.Fold.Seq() != n {
		t.Error("a hand that is up was raised again")
	}
	if a := h.live(t, "8001"); a.Hand == nil {
		t.Error("the lead does not see it")
	}
	if r := h.get(t, h.as(t, auth.Wallboard), "/api/v1/live"); strings.Contains(r.body, "额度") {
		t.Error("the wallboard shows what the hand is about")
	}
	v = read[reports.AgentView](t, h.do(t, h.as(t, auth.Lead), "DELETE", "/api/v1/agents/8001/raise-hand", ""), 200)
	if v.Hand != nil || !strings.Contains(strings.Join(h.log.audited(), ";"), "lead lower_hand 8001") {
		t.Errorf("%+v, %v", v.Hand, h.log.audited())
	}
	read[reports.AgentView](t, h.do(t, tok, "POST", "/api/v1/agents/8001/raise-hand", `{}`), 200)
	h.ends("c1", "8001")
	h.ask(hotline.EndWrap{Agent: "8001", Source: hotline.SourceLead}, hotline.SetAgent{Agent: "8001", State: hotline.AgentSignedOut, Source: hotline.SourceAgent})
	if a := h.live(t, "8001"); a.Hand != nil {
		t.Error("the hand of who has left is up")
	}
}

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		" a\tb\r\nc \x00\x1b[31m": "a\tb\nc [31m", "\u202eabc\u2066": "abc", "\xff\xfe陈": "陈", strings.Repeat("陈", 10): "陈陈陈",
	} {
		if got := cleanText(in, 11); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
