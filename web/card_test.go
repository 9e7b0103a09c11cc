package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// TestCard: at the moment of the offer the agent sees who calls, why and what was before; the same while it talks and writes.
func TestCard(t *testing.T) {
	h := newHall(t, deskCentre)
	tok := h.agent("8001")
	get := func(token string) deskCard {
		return read[deskCard](t, h.get(t, token, "/api/v1/agents/8001/card"), 200)
	}
	if r := h.get(t, tok, "/api/v1/agents/8001/card", "Accept-Language", "zh"); r.StatusCode != 403 || !strings.Contains(r.body, "上班签入后才能看客户资料") {
		t.Errorf("signed out: %s %s", r.Status, r.body)
	}
	h.staff("8001")
	if c := get(tok); c.Contact != "" || c.Last == nil {
		t.Errorf("idle: %+v", c)
	}
	caller := hotline.Party{Number: "+8613800138000", Name: "<script>陈"}
	h.rings("c0", hotline.Party{Number: "13800138000"}, nil)
	h.talks("c0")
	h.ends("c0", "8001")
	h.do(t, tok, "PUT", "/api/v1/contacts/c0/wrap-up", `{"code":"claim.car","note":"保单 7781"}`)
	h.ask(hotline.EndWrap{Agent: "8001", Source: hotline.SourceAgent})
	h.rings("c1", caller, map[string]string{"vip": "gold", "caller": caller.Number, "policy": "7781"})
	c := get(tok)
	if c.Contact != "c1" || c.Offer != "c1.1.1" || c.State != hotline.AgentReserved || c.Number != caller.Number || c.Masked || c.Name != caller.Name ||
		!c.VIP || c.QueueName != "报案" || c.WaitedMS != 7000 || c.Attempt != 1 || c.To != "95500" || c.Until == 0 || c.Wrap != nil {
		t.Errorf("ringing: %+v", c)
	}
	if d := cmp.Diff(map[string]string{"vip": "gold", "caller": caller.Number, "policy": "7781"}, c.Attrs); d != "" {
		t.Error(d)
	}
	if len(c.Path) != 1 || c.Path[0].Path != "main.1" {
		t.Errorf("path %+v", c.Path)
	}
	if len(c.Last) != 1 || c.Last[0].ID != "c0" || c.Last[0].Note != "保单 7781" || c.Last[0].Codes[0] != "claim.car" || c.Last[0].Agents[0] != "8001" {
		t.Errorf("last %+v", c.Last)
	}
	h.talks("c1")
	if c := get(tok); c.State != hotline.AgentTalking || c.Visit != "c1.1" || c.Wrap == nil || c.Wrap.Rule != "required" || !c.Wrap.Missing ||
		len(c.Wrap.Codes) != 1 || len(c.Wrap.Codes[0].Codes) != 2 || c.Wrap.ExtendsLeft != 1 {
		t.Errorf("talking: %+v %+v", c, c.Wrap)
	}
	h.do(t, tok, "PUT", "/api/v1/contacts/c1/wrap-up", `{"code":"claim.home","note":"x"}`)
	h.ends("c1", "8001")
	if c := get(tok); c.State != hotline.AgentWrapUp || c.Contact != "c1" || c.Wrap == nil || c.Wrap.Code != "claim.home" || c.Wrap.Note != "x" || c.Until == 0 {
		t.Errorf("wrap-up: %+v %+v", c, c.Wrap)
	}
	if c := get(h.as(t, auth.Lead)); c.Number != caller.Number || !strings.Contains(strings.Join(h.log.audited(), ";"), "lead see_card c1") {
		t.Errorf("the lead: %+v %v", c, h.log.audited())
	}
	for _, r := range []reply{h.get(t, h.agent("8002"), "/api/v1/agents/8001/card"), h.get(t, h.as(t, auth.QA), "/api/v1/agents/8001/card")} {
		if r.StatusCode != 403 {
			t.Errorf("%s", r.Status)
		}
	}
	h.ask(hotline.EndWrap{Agent: "8001", Source: hotline.SourceAgent})
	if c := get(tok); c.Contact != "" {
		t.Errorf("after all: %+v", c)
	}
}

// TestNumbersHidden: where the centre hides numbers the agent learns none by any way.
func TestNumbersHidden(t *testing.T) {
	h := newHall(t, "numbers_shown: false\n"+deskCentre[1:])
	tok := h.agent("8001")
	h.staff("8001")
	h.rings("c1", hotline.Party{Number: "13800138000", Name: "陈建国"}, map[string]string{"caller": "13800138000"})
	h.talks("c1")
	read[struct{}](t, h.do(t, tok, "POST", "/api/v1/tasks", `{"kind":"callback","contact":"c1","note":"call 13800138000"}`), 200)
	read[struct{}](t, h.do(t, tok, "PUT", "/api/v1/customers/contact:c1", `{"name":"陈总"}`), 200)
	for _, path := range []string{
		"/agents/8001/card", "/agents/8001/missed", "/tasks", "/customers/contact:c1", "/live", "/agents/8001", "/agents/8001/calls",
	} {
		r := h.get(t, tok, "/api/v1"+path)
		if strings.Contains(r.body, "13800138000") || r.StatusCode/100 == 5 {
			t.Errorf("%s: %s %s", path, r.Status, r.body)
		}
		if path == "/agents/8001/card" && (!strings.Contains(r.body, `"number":"138****8000"`) || !strings.Contains(r.body, "陈总")) {
			t.Errorf("%s", r.body)
		}
	}
	if r := h.get(t, h.as(t, auth.Lead), "/api/v1/customers/contact:c1"); !strings.Contains(r.body, "13800138000") {
		t.Errorf("the lead: %s", r.body)
	}
}

// TestCustomers: a card is kept by number, shown to who may see it now, and can be erased.
func TestCustomers(t *testing.T) {
	h := newHall(t, deskCentre)
	tok, lead := h.agent("8001"), h.as(t, auth.Lead)
	const path = "/api/v1/customers/13800138000"
	h.staff("8001", "8002")
	if r := h.get(t, tok, path, "Accept-Language", "zh"); r.StatusCode != 403 || !strings.Contains(r.body, "只能看自己联络和待办里的客户") {
		t.Errorf("a stranger's card: %s %s", r.Status, r.body)
	}
	h.rings("c1", hotline.Party{Number: "13800138000"}, nil)
	h.talks("c1")
	w := read[customerWhole](t, h.get(t, tok, path), 200)
	if w.Number != "13800138000" || len(w.History) != 1 || len(w.Notes) != 0 || w.VIP {
		t.Errorf("%+v", w)
	}
	read[customerWhole](t, h.do(t, tok, "PUT", path, `{"name":" 陈 \u0000建国 ","vip":true}`), 200)
	w = read[customerWhole](t, h.do(t, lead, "POST", "/api/v1/customers/+8613800138000/notes", `{"text":"喜欢上午联系"}`), 200)
	if w.Name != "陈 建国" || !w.VIP || len(w.Notes) != 1 || w.Notes[0].By != "lead" {
		t.Errorf("%+v", w)
	}
	if c := read[deskCard](t, h.get(t, tok, "/api/v1/agents/8001/card"), 200); c.Name != "陈 建国" || !c.VIP || c.Customer.Notes[0].Text != "喜欢上午联系" {
		t.Errorf("%+v", c)
	}
	w = read[customerWhole](t, h.do(t, tok, "DELETE", path+"/notes/"+w.Notes[0].ID, ""), 200)
	if len(w.Notes) != 0 || w.Name == "" {
		t.Errorf("%+v", w)
	}
	if r := h.do(t, tok, "DELETE", path, ""); r.StatusCode != 403 {
		t.Errorf("an agent erases a card: %s", r.Status)
	}
	h.get(t, lead, path)
	if r := h.do(t, lead, "DELETE", path, "", "Accept-Language", "zh"); r.StatusCode != 409 || !strings.Contains(r.body, "还有未结束的事项（c1）") {
		t.Errorf("erased in mid-call: %s %s", r.Status, r.body)
	}
	acts := strings.Join(h.log.audited(), ";")
	for _, want := range []string{"8001 change_customer 13800138000", "lead note_customer +8613800138000", "lead see_customer 13800138000"} {
		if !strings.Contains(acts, want) {
			t.Errorf("%q is not in the audit: %s", want, acts)
		}
	}
	if r := h.get(t, h.agent("8002"), path); r.StatusCode != 403 {
		t.Errorf("an agent who had no part: %s", r.Status)
	}
	for _, bad := range []string{"anonymous", "contact:c9", "----"} {
		if r := h.get(t, lead, "/api/v1/customers/"+bad); r.StatusCode != 404 {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
	h.ask(hotline.SetAgent{Agent: "8001", State: hotline.AgentSignedOut, Source: hotline.SourceAgent})
	h.ends("c1", "8001")
	h.ask(hotline.EndWrap{Agent: "8001", Source: hotline.SourceLead})
	if r := h.get(t, tok, path); r.StatusCode != 403 {
		t.Errorf("signed out: %s", r.Status)
	}
	h.erased(t, lead, path)
}

// erased erases the customer of c1: card, number and name are gone, what happened is not, and the log says by whom it was done.
func (h *hall) erased(t *testing.T, lead, path string) {
	t.Helper()
	forgotten := 0
	h.Forget = func() error { forgotten++; return nil }
	e := read[erasedCustomer](t, h.do(t, lead, "DELETE", path, ""), 200)
	if !hotline.IsPseudonym(e.Pseudonym) || e.Contacts != 1 {
		t.Errorf("%+v", e)
	}
	if w := read[customerWhole](t, h.get(t, lead, path), 200); w.Name != "" || w.VIP || len(w.History) != 0 {
		t.Errorf("erased, but %+v", w)
	}
	r := h.get(t, lead, "/api/v1/contacts/c1")
	if r.StatusCode != 200 || strings.Contains(r.body, "13800138000") || !strings.Contains(r.body, e.Pseudonym) {
		t.Errorf("the contact: %s %s", r.Status, r.body)
	}
	if p := read[reports.Page](t, h.get(t, lead, "/api/v1/contacts?number=13800138000"), 200); len(p.Items) > 0 {
		t.Errorf("found by number: %+v", p.Items)
	}
	if r := h.do(t, lead, "DELETE", "/api/v1/customers/contact:c1", ""); r.StatusCode != 404 {
		t.Errorf("erased twice: %s", r.Status)
	}
	if e := read[erasedCustomer](t, h.do(t, lead, "DELETE", path, ""), 200); e.Pseudonym != "" {
		t.Errorf("nothing was there: %+v", e)
	}
	acts := strings.Join(h.log.audited(), ";")
	if !strings.Contains(acts, "lead erase_customer "+e.Pseudonym+" 1") {
		t.Errorf("the audit: %s", acts)
	}
}
