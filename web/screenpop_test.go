package web

import (
	"net/url"
	"strings"
	"testing"

	"hotline"
)

// TestScreenPop: the page's address is ready-made in the card, escaped, and holds no more than the agent may see.
func TestScreenPop(t *testing.T) {
	with := strings.Replace(deskCentre[1:], "id: claims,", "id: claims, screen_pop: \"https://crm.example/find?n={number}&name={name}&c={contact}&q={queue}&a={agent}&p={attr.policy}&t={attr.caller}\",", 1)
	if with == deskCentre[1:] {
		t.Fatal("the centre of the tests has another queue")
	}
	for _, shown := range []bool{true, false} {
		head := ""
		if !shown {
			head = "numbers_shown: false\n"
		}
		h := newHall(t, head+with)
		tok := h.agent("8001")
		h.staff("8001")
		h.rings("c1", hotline.Party{Number: "13800138000", Name: "a&admin=1#<script>"}, map[string]string{"policy": "x&y=1", "caller": "13800138000"})
		c := read[deskCard](t, h.get(t, tok, "/api/v1/agents/8001/card"), 200)
		u, err := url.Parse(c.ScreenPop)
		if err != nil || u.Scheme != "https" || u.Host != "crm.example" || u.Fragment != "" {
			t.Fatalf("%q", c.ScreenPop)
		}
		q := u.Query()
		if len(q) != 7 || q.Get("c") != "c1" || q.Get("q") != "claims" || q.Get("a") != "8001" || q.Get("p") != "x&y=1" || q.Get("n") != c.Number || q.Get("name") != c.Name {
			t.Errorf("%v", q)
		}
		if !shown && strings.Contains(c.ScreenPop, "13800138000") {
			t.Errorf("hidden number in %s", c.ScreenPop)
		}
	}
}
