package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hotline"
	"hotline/web/auth"
)

// otherCalls is what else may be asked of calls.
type otherCalls interface{ Calls }

// heldCalls are one call of agent 8001 that refuses to be held again. It keeps what it was asked.
type heldCalls struct {
	otherCalls
	asked []hotline.Command
}

func (h *heldCalls) callOf(agent hotline.AgentID) hotline.CallState {
	return hotline.CallState{
		Call: "C", Contact: "C", Agent: agent, State: hotline.StateHeld, Can: []hotline.Verb{hotline.VerbUnhold},
		Parties: []hotline.PartyState{{Leg: "C-0", Role: hotline.RoleCustomer, Number: "13800138000", Name: "张三", State: hotline.PartyHeld}},
	}
}

// Calls implements Calls.
func (h *heldCalls) Calls(agent hotline.AgentID) []hotline.CallState {
	return []hotline.CallState{h.callOf(agent)}
}

func (h *heldCalls) Command(_ context.Context, call hotline.CallID, c hotline.Command) (hotline.CallState, error) {
	h.asked = append(h.asked, c)
	switch {
	case call != "C":
		return hotline.CallState{}, &hotline.Refusal{Kind: hotline.ErrUnknown, Format: "call %q", Args: []any{string(call)}}
	case c.Expect != "":
		return hotline.CallState{}, &hotline.Refusal{Kind: hotline.ErrRefused, Format: "the call is %s, not %s", Args: []any{hotline.StateHeld, c.Expect}}
	}
	return h.callOf(c.Agent), nil
}

// TestCommandAnswers: a command comes with all that was asked, answers with the call as it is then or says why not in the language
// of who asks; what is done for somebody else is audited, and no key stands there.
func TestCommandAnswers(t *testing.T) {
	b := newBench(t, nil)
	calls := &heldCalls{}
	b.server.Calls = calls
	own, lead := b.as(t, auth.Agent), b.as(t, auth.Lead)
	const path = "/api/v1/agents/8001/calls/C/"
	if r := b.do(t, own, http.MethodPost, path+"hold", ""); r.StatusCode != 200 || !strings.Contains(r.body, `"state":"held"`) || !strings.Contains(r.body, "13800138000") {
		t.Errorf("%s %s", r.Status, r.body)
	}
	r := b.do(t, own, http.MethodPost, path+"transfer", `{"id":"x","to":"8002","announce":true,"expect":"talking"}`, "Accept-Language", "zh-CN")
	if r.StatusCode != http.StatusConflict || !strings.Contains(r.body, "通话现在是保持，不是通话中") {
		t.Errorf("%s %s", r.Status, r.body)
	}
	want := hotline.Command{ID: "x", Verb: hotline.VerbTransfer, Agent: "8001", To: "8002", Announce: true, Expect: "talking"}
	if got := calls.asked[len(calls.asked)-1]; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if r := b.do(t, own, http.MethodPost, "/api/v1/agents/8001/calls/D/hold", ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("a call that is over: %s", r.Status)
	}
	for _, bad := range []string{path + "dance", path + "keys"} {
		if r := b.do(t, own, http.MethodPost, bad, `{"keys":"12x"}`); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
	if acts := b.log.audited(); slices.ContainsFunc(acts, func(a string) bool { return strings.Contains(a, "control_") }) {
		t.Errorf("an agent's own commands are audited: %v", acts)
	}
	if r := b.do(t, lead, http.MethodPost, path+"keys", `{"keys":"4711#"}`); r.StatusCode != 200 {
		t.Errorf("%s %s", r.Status, r.body)
	}
	acts := b.log.audited()
	if !slices.ContainsFunc(acts, func(a string) bool { return strings.HasSuffix(a, "control_keys 8001 C") }) || strings.Contains(strings.Join(acts, " "), "4711") {
		t.Errorf("audit: %v", acts)
	}
	if got := calls.asked[len(calls.asked)-1]; got.By == "" || got.Agent != "8001" {
		t.Errorf("%+v", got)
	}
}
