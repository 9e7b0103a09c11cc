package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"hotline"
	"hotline/web/auth"
)

// gallery has the lines of supervisors that never ring.
type gallery struct {
	asked  []hotline.Supervise
	ended  []string
	lines  map[string]hotline.Supervision
	answer error
}

func (g *gallery) Supervise(_ context.Context, q hotline.Supervise) (hotline.Supervision, error) {
	g.asked = append(g.asked, q)
	if g.answer != nil {
		return hotline.Supervision{}, g.answer
	}
	line := hotline.Supervision{Line: "w1", By: q.By, Phone: q.Phone, Mode: q.Mode, Contact: q.Contact, Follow: q.Follow, State: hotline.SupervisionRinging}
	g.lines[q.By] = line
	return line, nil
}

func (g *gallery) Unsupervise(by string, contact hotline.ContactID) error {
	if _, ok := g.lines[by]; !ok {
		return &hotline.Refusal{Kind: hotline.ErrUnknown, Format: "supervision by %s", Args: []any{by}}
	}
	delete(g.lines, by)
	g.ended = append(g.ended, by+" "+string(contact))
	return nil
}

func (g *gallery) Supervision(by string) (hotline.Supervision, bool) {
	l, ok := g.lines[by]
	return l, ok
}

// supervisedBench has a call of agent 8001's that is supervised.
func supervisedBench(t *testing.T) (*bench, *gallery) {
	at := moment(t, testNow)
	ev := func(agent hotline.AgentID, leg hotline.LegID, f hotline.Fact) hotline.Event {
		return hotline.Event{At: at.Add(-3), Call: "c1", Contact: "c1", Queue: "claims", Agent: agent, Leg: leg, Fact: f}
	}
	b := newBench(t, []hotline.Event{
		ev("", "", hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "13800138000"}, To: "95500"}),
		ev("", "", hotline.Queued{Visit: "c1.1", Entry: "ivr", Since: at.Add(-3)}),
		ev("8001", "", hotline.Offered{Visit: "c1.1", Offer: "c1.1.1"}),
		ev("8001", "c1-1", hotline.Connected{Visit: "c1.1", Offer: "c1.1.1", Leg: "c1-1"}),
		ev("8001", "c1-1", hotline.Answered{Visit: "c1.1"}),
		ev("8001", "w9-1", hotline.Supervised{By: "boss-of-all", Mode: hotline.ModeWhisper, On: true}),
		{At: at.Add(-2), Call: "c2", Contact: "c2", Fact: hotline.CallStarted{Direction: hotline.Inbound, To: "95500"}},
	})
	g := &gallery{lines: map[string]hotline.Supervision{}}
	b.server.Supervisors = g
	return b, g
}

// TestSupervise asks for each mode as each role: who may only listen does no more, nobody's phone is rung but one's own or a desk,
// the lead of a team has that team, and everything is noted before it is done.
func TestSupervise(t *testing.T) {
	b, g := supervisedBench(t)
	team, _ := b.Centre().Agent("8001")
	lead, qa := b.as(t, auth.Lead), b.as(t, auth.QA)
	ours := b.token(t, auth.User{Name: "tl-ours", Role: auth.TeamLead, Team: team.Team})
	theirs := b.token(t, auth.User{Name: "tl-theirs", Role: auth.TeamLead, Team: "none-of-it"})
	const c1, c2, follow = "/api/v1/contacts/c1/supervise", "/api/v1/contacts/c2/supervise", "/api/v1/agents/8001/follow"
	for _, c := range []struct {
		token, path, body string
		want              int
		phone             hotline.AgentID
	}{
		{lead, c1, `{"mode":"listen"}`, 200, "~lead"},
		{lead, c1, `{"mode":"barge","phone":"~lead"}`, 200, "~lead"},
		{lead, c1, `{"mode":"take_over"}`, 200, "~lead"},
		{lead, c1, `{"mode":"listen","phone":"8001"}`, 403, ""}, // no agent's phone rings for a lead
		{lead, c1, `{"mode":"listen","phone":"~director"}`, 403, ""},
		{lead, c1, `{"mode":"shout"}`, 422, ""},
		{qa, c1, `{"mode":"listen"}`, 200, "~qa"},
		{qa, c1, `{"mode":"whisper"}`, 403, ""},
		{qa, c1, `{"mode":"take_over"}`, 403, ""},
		{qa, follow, `{"mode":"whisper"}`, 403, ""},
		{qa, follow, `{}`, 200, "~qa"},
		{ours, c1, `{"mode":"whisper"}`, 200, "~tl-ours"},
		{theirs, c1, `{"mode":"listen"}`, 403, ""},
		{theirs, follow, `{"mode":"listen"}`, 403, ""},
		{theirs, c2, `{"mode":"listen"}`, 409, ""}, // nobody's yet
		{lead, follow, `{"mode":"whisper"}`, 200, "~lead"},
		{lead, follow, `{"mode":"barge"}`, 422, ""},
		{lead, "/api/v1/agents/none/follow", `{}`, 404, ""},
		{b.as(t, auth.Agent), c1, `{"mode":"listen"}`, 403, ""},
		{b.as(t, auth.Wallboard), follow, `{}`, 403, ""},
		{b.as(t, auth.Coordinator), c1, `{"mode":"listen"}`, 403, ""},
	} {
		g.asked, g.lines = nil, map[string]hotline.Supervision{}
		noted := len(b.log.audited())
		r := b.do(t, c.token, http.MethodPost, c.path, c.body)
		if r.StatusCode != c.want {
			t.Errorf("%s %s: %s, want %d\n%s", c.path, c.body, r.Status, c.want, r.body)
		}
		if c.phone == "" && len(g.asked) > 0 || c.phone != "" && (len(g.asked) != 1 || g.asked[0].Phone != c.phone) {
			t.Errorf("%s %s: asked %+v, want %s", c.path, c.body, g.asked, c.phone)
		}
		if got := len(b.log.audited()) - noted; got != len(g.asked) {
			t.Errorf("%s %s: %d entries in the audit for %d acts", c.path, c.body, got, len(g.asked))
		}
	}
	if acts := b.log.audited(); acts[0] != "lead supervise_listen c1" || acts[2] != "lead supervise_take_over c1" || acts[len(acts)-1] != "lead follow_whisper 8001" {
		t.Errorf("audited %q", acts)
	}
}

// TestSupervisionGoesOn: the mode of a line that is up is changed without a phone being named; the line is seen and ended.
func TestSupervisionGoesOn(t *testing.T) {
	b, g := supervisedBench(t)
	lead := b.as(t, auth.Lead)
	if r := b.get(t, lead, "/api/v1/supervision"); r.StatusCode != 200 || !strings.Contains(r.body, `{"supervision":null}`) {
		t.Errorf("no line: %s %s", r.Status, r.body)
	}
	b.do(t, lead, http.MethodPost, "/api/v1/contacts/c1/supervise", `{"mode":"listen"}`)
	if r := b.do(t, lead, http.MethodPost, "/api/v1/contacts/c1/supervise", `{"mode":"whisper"}`); r.StatusCode != 200 || g.asked[1].Phone != "" {
		t.Errorf("another mode: %s %+v", r.Status, g.asked)
	}
	if r := b.get(t, lead, "/api/v1/supervision"); !strings.Contains(r.body, `"mode":"whisper"`) || !strings.Contains(r.body, `"state":"ringing"`) {
		t.Errorf("the line: %s", r.body)
	}
	if r := b.do(t, lead, http.MethodDelete, "/api/v1/agents/8001/follow", ""); r.StatusCode != 404 {
		t.Errorf("whom nobody follows: %s", r.Status)
	}
	if r := b.do(t, lead, http.MethodDelete, "/api/v1/contacts/c1/supervise", ""); r.StatusCode != 204 || len(g.ended) != 1 || g.ended[0] != "lead c1" {
		t.Errorf("end: %s %q", r.Status, g.ended)
	}
	if r := b.do(t, lead, http.MethodDelete, "/api/v1/contacts/c1/supervise", ""); r.StatusCode != 404 {
		t.Errorf("again: %s", r.Status)
	}
	b.do(t, lead, http.MethodPost, "/api/v1/agents/8001/follow", `{}`)
	if r := b.do(t, lead, http.MethodDelete, "/api/v1/agents/8001/follow", ""); r.StatusCode != 204 || g.ended[1] != "lead " {
		t.Errorf("end of following: %s %q", r.Status, g.ended)
	}
	g.answer = &hotline.Refusal{Kind: hotline.ErrRefused, Format: "the supervisor's phone %s was not answered: %s", Args: []any{"~lead", "unreachable"}}
	for lang, want := range map[string]string{"zh-CN": "您的话机 ~lead 没有接通", "en-US": "phone ~lead was not answered"} {
		if r := b.do(t, lead, http.MethodPost, "/api/v1/contacts/c1/supervise", `{"mode":"listen"}`, "Accept-Language", lang); r.StatusCode != 409 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %s %s", lang, r.Status, r.body)
		}
	}
}

// TestSupervisionIsSeenByLeads: the live view says who is supervised by whom to those who may supervise, and to others only if the
// centre wants it so.
func TestSupervisionIsSeenByLeads(t *testing.T) {
	b, _ := supervisedBench(t)
	const word = "boss-of-all"
	for _, shown := range []bool{false, true} {
		b.Centre().SupervisionShown = shown
		b.server.views = viewCache{}
		for _, r := range auth.Roles() {
			want := shown || r.May(auth.Supervise)
			token := b.as(t, r)
			if got := strings.Contains(b.get(t, token, "/api/v1/live").body, word); got != want {
				t.Errorf("%s, shown %v: sees it %v", r, shown, got)
			}
			if got := strings.Contains(b.get(t, token, "/api/v1/agents/8001").body, word); got {
				t.Errorf("%s: an agent's own state says it", r)
			}
		}
	}
}
