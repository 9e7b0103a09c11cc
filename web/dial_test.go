package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"hotline"
	"hotline/web/auth"
)

// exchange is where calls are made that never are.
type exchange struct {
	mu     sync.Mutex
	asked  []hotline.OwnCall
	answer error
}

func (*exchange) Command(context.Context, hotline.CallID, hotline.Command) (hotline.CallState, error) {
	return hotline.CallState{}, hotline.ErrUnknown
}

func (*exchange) Calls(hotline.AgentID) []hotline.CallState { return nil }

func (x *exchange) Dial(_ context.Context, o hotline.OwnCall) (hotline.CallState, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked = append(x.asked, o)
	return hotline.CallState{
		Call: "own", Contact: "own", Agent: o.Agent, Direction: hotline.Outbound, State: hotline.StateOutbound,
		Parties: []hotline.PartyState{{Leg: "own-2", Role: hotline.RoleCustomer, Number: o.To, State: hotline.PartyRinging}}, Can: []hotline.Verb{hotline.VerbHangup},
	}, x.answer
}

// TestDial asks for calls of an agent's own: by number, by contact, for somebody else, and such as cannot be made.
func TestDial(t *testing.T) {
	at := moment(t, testNow)
	from := hotline.Party{Number: "13800138000", Name: "<script>"}
	said := []hotline.Event{
		{At: at.Add(-4), Call: "c3", Contact: "c3", Fact: hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "13700137000"}, To: "95500"}},
		{At: at.Add(-3), Call: "c1", Contact: "c1", Fact: hotline.CallStarted{Direction: hotline.Inbound, From: from, To: "95500"}},
		{At: at.Add(-2), Call: "c2", Contact: "c2", Fact: hotline.CallStarted{Direction: hotline.Inbound, From: hotline.Party{Number: "anonymous"}, Anonymous: true, To: "95500"}},
	}
	for _, c := range []hotline.ContactID{"c1", "c2"} { // were the agent's
		ev := hotline.Event{At: at.Add(-1), Call: hotline.CallID(c), Contact: c, Queue: "claims", Agent: "8001"}
		for _, f := range []hotline.Fact{
			hotline.Queued{Visit: c.Visit(1), From: from, Since: at},
			hotline.Offered{Visit: c.Visit(1), Offer: c.Visit(1).Offer(1), Attempt: 1},
			hotline.Connected{Visit: c.Visit(1), Offer: c.Visit(1).Offer(1)},
			hotline.Answered{Visit: c.Visit(1)},
			hotline.Released{Visit: c.Visit(1), TalkMS: 1},
		} {
			ev.Fact = f
			said = append(said, ev)
		}
	}
	b := newBench(t, said)
	x := &exchange{}
	b.server.Calls = x
	agent, lead := b.as(t, auth.Agent), b.as(t, auth.Lead)
	const path = "/api/v1/agents/8001/calls"
	for _, c := range []struct {
		token, path, body string
		want              int
		to                string
	}{
		{agent, path, `{"id":"k1","to":"13900139000","queue":"claims"}`, 201, "13900139000"},
		{agent, path, `{"for":"c1"}`, 201, "13800138000"},
		{agent, path, `{"to":"13900139000","for":"c1"}`, 201, "13900139000"},
		{lead, path, `{"for":"c1"}`, 201, "13800138000"},
		{agent, path, `{}`, 422, ""},
		{agent, path, `{"for":"c2"}`, 409, ""},
		{agent, path, `{"for":"none"}`, 404, ""},
		{agent, path, `{"for":"c3"}`, 403, ""},
		{agent, path, `{"to":"13700137000","for":"c3"}`, 403, ""},
		{lead, path, `{"for":"c3"}`, 201, "13700137000"},
		{agent, path, `{"to":"` + strings.Repeat("1", 65) + `"}`, 422, ""},
		{agent, "/api/v1/agents/8002/calls", `{"to":"13900139000"}`, 403, ""},
		{b.as(t, auth.QA), path, `{"to":"13900139000"}`, 403, ""},
	} {
		x.asked = nil
		r := b.do(t, c.token, http.MethodPost, c.path, c.body)
		if r.StatusCode != c.want {
			t.Errorf("%s: %s, want %d\n%s", c.body, r.Status, c.want, r.body)
		}
		if c.to == "" && len(x.asked) > 0 || c.to != "" && (len(x.asked) != 1 || x.asked[0].To != c.to) {
			t.Errorf("%s: asked %+v", c.body, x.asked)
		}
	}
	if acts := b.log.audited(); !slices.Equal(acts, []string{"lead dial 8001 c1", "lead dial 8001 c3"}) {
		t.Errorf("audited %q", acts)
	}
	x.answer = &hotline.Refusal{Kind: hotline.ErrRefused, Format: "the centre does not allow %q to be dialled", Args: []any{"0044"}}
	for lang, want := range map[string]string{"zh-CN": "中心不允许拨打 0044", "en-US": "the centre does not allow"} {
		if r := b.do(t, agent, http.MethodPost, path, `{"to":"0044"}`, "Accept-Language", lang); r.StatusCode != 409 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %s %s", lang, r.Status, r.body)
		}
	}
	x.answer = &hotline.Refusal{Kind: hotline.ErrRefused, Format: "number %q cannot be dialled", Args: []any{"13800138000"}}
	if r := b.do(t, agent, http.MethodPost, path, `{"for":"c1"}`); r.StatusCode != 409 || strings.Contains(r.body, "13800138000") {
		t.Errorf("a number that was not asked for by name: %s %s", r.Status, r.body)
	}
}
