package web

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/web/auth"
)

// needLead is the part of need about what leads do.
func needLead() map[string][]auth.Role {
	leads := []auth.Role{auth.Director, auth.Lead, auth.TeamLead}
	return map[string][]auth.Role{
		"GET /api/v1/alarms":                    auth.Roles(),
		"POST /api/v1/alarms/{key}/acknowledge": leads,
		"GET /api/v1/skills":                    leads,
		"POST /api/v1/agents/{id}/lend":         leads,
		"DELETE /api/v1/agents/{id}/lend":       leads,
		"GET /api/v1/agents/{id}/break/effect":  leads,
	}
}

// TestAcknowledge: an alarm is acknowledged by its key, once, under the lead's name; one that is over cannot be.
func TestAcknowledge(t *testing.T) {
	b := newBench(t, append(shift(t), hotline.Event{
		At: moment(t, testNow).Add(-time.Minute), Agent: "8002", Fact: hotline.AlarmRaised{Alarm: "break_over", Detail: "rest"},
	}))
	lead := b.as(t, auth.Lead)
	read := func() alarms {
		var out alarms
		if err := json.Unmarshal([]byte(b.do(t, lead, "GET", "/api/v1/alarms", "").body), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := read().Open
	if len(before) < 2 {
		t.Fatalf("%d alarms are open, want the long wait and the long break", len(before))
	}
	for _, a := range before {
		path := "/api/v1/alarms/" + url.PathEscape(a.Key) + "/acknowledge"
		noted := len(b.log.audited())
		for range 2 {
			if r := b.do(t, lead, "POST", path, ""); r.StatusCode != 204 {
				t.Errorf("%s: %s %s", path, r.Status, r.body)
			}
		}
		if got := b.log.audited()[noted:]; len(got) != 1 || got[0] != "lead acknowledge_alarm "+a.Key {
			t.Errorf("noted %v", got)
		}
	}
	for _, a := range read().Open {
		if a.Acknowledged == nil || a.Acknowledged.By != "lead" {
			t.Errorf("%s acknowledged %+v", a.Key, a.Acknowledged)
		}
	}
	r := b.do(t, lead, "POST", "/api/v1/alarms/none/acknowledge", "")
	if r.StatusCode != 404 || !strings.Contains(string(r.body), textNoAlarm) {
		t.Errorf("an alarm that is none: %s %s", r.Status, r.body)
	}
	other := b.token(t, auth.User{Name: "ta", Role: auth.TeamLead, Team: "a"}) // 8002 is in team b
	for _, a := range before {
		if a.Agent == "8002" {
			if r := b.do(t, other, "POST", "/api/v1/alarms/"+url.PathEscape(a.Key)+"/acknowledge", ""); r.StatusCode != 403 {
				t.Errorf("another team's: %s", r.Status)
			}
		}
	}
}

// TestLend: what is lent is what the shard is asked for, by minutes or by a moment, to agents of one's own team.
func TestLend(t *testing.T) {
	b := newBench(t, shift(t))
	lead, until := b.as(t, auth.Lead), moment(t, testNow).Add(90*time.Minute).UTC()
	team := b.token(t, auth.User{Name: "ta", Role: auth.TeamLead, Team: "a"})
	lent := hotline.Lend{Agent: "8002", Skills: map[string]int{"claims": 3, "rescue": 0}, Until: until, By: "lead"}
	for _, c := range []struct {
		token, method, agent, body string
		status                     int
		want                       hotline.Request
	}{
		{lead, "POST", "8002", `{"skills":{"claims":3,"rescue":0},"minutes":90}`, 200, lent},
		{lead, "POST", "8002", `{"skills":{"claims":3,"rescue":0},"until":"` + until.Format(time.RFC3339) + `"}`, 200, lent},
		{lead, "DELETE", "8002", "", 200, hotline.Lend{Agent: "8002", By: "lead"}},
		{lead, "POST", "8002", `{"skills":{"claims":3}}`, 422, nil},
		{lead, "POST", "8002", `{"skills":{},"minutes":5}`, 422, nil},
		{lead, "POST", "8002", `{"skills":{"claims":3},"minutes":721}`, 422, nil},
		{team, "POST", "8002", `{"skills":{"claims":3},"minutes":5}`, 403, nil},
	} {
		b.asked = nil
		r := b.do(t, c.token, c.method, "/api/v1/agents/"+c.agent+"/lend", c.body)
		var got hotline.Request
		if len(b.asked) == 1 {
			got = b.asked[0]
		}
		if l, ok := got.(hotline.Lend); ok {
			l.Until = l.Until.UTC() // of an hour of the centre's zone
			got = l
		}
		if r.StatusCode != c.status || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s %s: %s, asked %+v, want %d %+v\n%s", c.method, c.agent, c.body, r.Status, got, c.status, c.want, r.body)
		}
	}
	if r := b.do(t, lead, "GET", "/api/v1/skills", ""); r.StatusCode != 200 || !strings.Contains(string(r.body), `"id":"claims"`) {
		t.Errorf("skills: %s %s", r.Status, r.body)
	}
	if r := b.do(t, lead, "GET", "/api/v1/agents/8001/break/effect", ""); r.StatusCode != 200 || !strings.Contains(string(r.body), `"items":[`) {
		t.Errorf("effect: %s %s", r.Status, r.body)
	}
}
