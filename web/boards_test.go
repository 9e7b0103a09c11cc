package web

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/web/auth"
)

// needBoards is the part of need about boards and screens.
func needBoards() map[string][]auth.Role {
	leads := []auth.Role{auth.Director, auth.Lead, auth.TeamLead}
	return map[string][]auth.Role{
		"GET /api/v1/boards":               auth.Roles(),
		"GET /api/v1/boards/{name}":        auth.Roles(),
		"GET /api/v1/boards/{name}/live":   auth.Roles(),
		"GET /api/v1/boards/{name}/stream": auth.Roles(),
		"POST /api/v1/boards/preview":      leads,
		"PUT /api/v1/boards/{name}":        leads,
		"DELETE /api/v1/boards/{name}":     leads,
		"GET /api/v1/kiosks":               leads,
		"POST /api/v1/kiosks":              leads,
		"DELETE /api/v1/kiosks/{id}":       leads,
	}
}

// small is a board of one tile.
func small(name string, version int, more string) string {
	return fmt.Sprintf(`{"name":%q,"version":%d%s,"pages":[{"tiles":[{"kind":"waiting","x":0,"y":0,"w":3,"h":2},{"kind":"queues","x":0,"y":2,"w":24,"h":8},{"kind":"agents","x":0,"y":10,"w":10,"h":5}]}]}`, name, version, more)
}

func TestBoards(t *testing.T) {
	b := newBench(t, afternoon(t))
	lead := b.as(t, auth.Lead)
	first := read[boardEntry](t, b.do(t, lead, "PUT", "/api/v1/boards/door", small("door", 0, `,"title":"门口"`)), 200)
	if first.Version != 1 || first.By != "lead" || !first.MayEdit {
		t.Errorf("%+v", first)
	}
	for lang, want := range map[string]string{"en": "somebody else", "zh": "别人改过"} {
		if r := b.do(t, lead, "PUT", "/api/v1/boards/door", small("door", 0, ""), "Accept-Language", lang); r.StatusCode != 409 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %s %s, want 409 with %q", lang, r.Status, r.body, want)
		}
	}
	for body, want := range map[string]string{
		small("door", 1, `,"team":"x"`):          "there is no team x",
		small("door", 1, `,"queues":["nope"]`):   "there is no queue nope",
		`{"name":"door","version":1,"pages":[]}`: "1 to 8 pages",
		`{"name":"door","version":1,"pages":[{"tiles":[{"kind":"waiting","x":23,"y":0,"w":3,"h":2}]}]}`: "outside the page",
	} {
		if r := b.do(t, lead, "PUT", "/api/v1/boards/door", body); r.StatusCode != 422 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %s %s, want %q", body, r.Status, r.body, want)
		}
	}
	if r := b.do(t, lead, "PUT", "/api/v1/boards/Door", small("Door", 0, "")); r.StatusCode != 422 {
		t.Errorf("a name with a capital: %s", r.Status)
	}
	all := read[boardList](t, b.get(t, b.as(t, auth.Agent), "/api/v1/boards"), 200)
	if len(all.Items) != 2 || all.Items[0].Name != "main" || all.Items[1].Title != "门口" || all.Items[1].MayEdit || len(all.Kinds) == 0 || len(all.Queues) == 0 || len(all.Teams) != 2 {
		t.Errorf("%+v", all)
	}
	if r := b.do(t, lead, "DELETE", "/api/v1/boards/door?version=7", ""); r.StatusCode != 409 {
		t.Errorf("another version: %s", r.Status)
	}
	if r := b.do(t, lead, "DELETE", "/api/v1/boards/door?version=1", ""); r.StatusCode != 204 {
		t.Errorf("%s", r.Status)
	}
	if r := b.get(t, lead, "/api/v1/boards/door"); r.StatusCode != 404 {
		t.Errorf("deleted: %s", r.Status)
	}
	if acts := b.log.audited(); !slices.Equal(acts, []string{"lead put_board door", "lead delete_board door"}) {
		t.Errorf("audited %v", acts)
	}
}

// The lead of a team has the boards of that team, and no others.
func TestBoardsOfATeam(t *testing.T) {
	b := newBench(t, nil)
	lead, own := b.as(t, auth.Lead), b.token(t, auth.User{Name: "tl", Role: auth.TeamLead, Team: "a"})
	for _, c := range []struct {
		token, method, path, body string
		want                      int
	}{
		{own, "PUT", "/api/v1/boards/mine", small("mine", 0, `,"team":"a"`), 200},
		{own, "PUT", "/api/v1/boards/mine", small("mine", 1, ""), 403},                                                                                                 // all would see all
		{own, "PUT", "/api/v1/boards/mine", `{"name":"mine","version":1,"team":"a","pages":[{"tiles":[{"kind":"agents","x":0,"y":0,"w":10,"h":5,"team":"b"}]}]}`, 403}, // another team in a tile
		{own, "PUT", "/api/v1/boards/main", small("main", 0, `,"team":"a"`), 403},
		{lead, "PUT", "/api/v1/boards/all", small("all", 0, ""), 200},
		{own, "PUT", "/api/v1/boards/all", small("all", 1, `,"team":"a"`), 403},
		{own, "DELETE", "/api/v1/boards/all?version=1", "", 403},
		{own, "POST", "/api/v1/kiosks", `{"board":"all"}`, 403},
		{own, "POST", "/api/v1/kiosks", `{"board":"mine"}`, 200},
		{lead, "POST", "/api/v1/kiosks", `{"board":"all"}`, 200},
		{own, "DELETE", "/api/v1/boards/mine?version=1", "", 204},
	} {
		if r := b.do(t, c.token, c.method, c.path, c.body); r.StatusCode != c.want {
			t.Errorf("%s %s %s: %s, want %d\n%s", c.method, c.path, c.body, r.Status, c.want, r.body)
		}
	}
	if ks := read[list[auth.Kiosk]](t, b.get(t, own, "/api/v1/kiosks"), 200); len(ks.Items) != 0 {
		t.Errorf("the team's lead sees screens of others: %+v", ks)
	}
}

// screenOf enters with a key as a screen's browser does, and returns what it keeps.
func (b *bench) screenOf(t *testing.T, address string) (*http.Cookie, string) {
	t.Helper()
	client := *b.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := client.Get(b.URL + address)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", address, r.Status)
	}
	for _, c := range r.Cookies() {
		return c, r.Header.Get("Location")
	}
	return nil, r.Header.Get("Location")
}

// A screen shows its board without anybody's login, and nothing else, until its key is revoked.
func TestKiosk(t *testing.T) {
	b := newBench(t, afternoon(t))
	lead := b.as(t, auth.Lead)
	for _, name := range []string{"door", "hall"} {
		read[boardEntry](t, b.do(t, lead, "PUT", "/api/v1/boards/"+name, small(name, 0, "")), 200)
	}
	k := read[madeKiosk](t, b.do(t, lead, "POST", "/api/v1/kiosks", `{"board":"door","label":" left\n of it "}`), 200)
	cookie, to := b.screenOf(t, k.Address+"&lang=en")
	if cookie == nil || cookie.Path != "/api/v1/boards/door" || !cookie.HttpOnly || cookie.MaxAge < 365*24*3600 || to != "/board/door?lang=en" {
		t.Fatalf("%+v, on to %q", cookie, to)
	}
	with := []string{"Cookie", cookie.Name + "=" + cookie.Value}
	for path, want := range map[string]int{
		"/api/v1/boards/door": 200, "/api/v1/boards/door/live": 200, "/api/v1/boards/hall/live": 403, "/api/v1/boards/hall/stream": 403, "/api/v1/boards": 401, "/api/v1/live": 401,
		"/api/v1/live/stream": 401, "/api/v1/kiosks": 401, "/api/v1/contacts": 401, "/api/v1/me": 401, "/api/v1/reasons": 401, "/api/v1/switches": 401,
	} {
		if r := b.get(t, "", path, with...); r.StatusCode != want {
			t.Errorf("%s with the screen's key: %s, want %d", path, r.Status, want)
		}
	}
	if r := b.do(t, "", "PUT", "/api/v1/boards/door", small("door", 1, ""), with...); r.StatusCode != 401 {
		t.Errorf("a screen changes its board: %s", r.Status)
	}
	s := b.stream(t, "", "/api/v1/boards/door/stream", with...)
	if m, ok := s.next(); !ok || m.event != "board" || !strings.Contains(m.data, `"full":true`) || strings.Contains(m.data, "139000") {
		t.Errorf("%v %s %.200s", ok, m.event, m.data)
	}
	if ks := read[list[auth.Kiosk]](t, b.get(t, lead, "/api/v1/kiosks"), 200); len(ks.Items) != 1 || ks.Items[0].Seen.IsZero() || ks.Items[0].Addr != "127.0.0.1" || ks.Items[0].Label != "left of it" {
		t.Errorf("%+v", ks)
	}
	if r := b.get(t, lead, "/api/v1/kiosks"); strings.Contains(r.body, k.Key) {
		t.Error("the key is shown again")
	}
	if r := b.do(t, lead, "DELETE", "/api/v1/kiosks/"+k.ID, ""); r.StatusCode != 204 {
		t.Fatalf("%s %s", r.Status, r.body)
	}
	began := time.Now()
	dark := make(chan struct{})
	go func() {
		defer close(dark)
		for ok := true; ok; {
			_, ok = s.next()
		}
	}()
	for over := false; !over; { // the clock stands in this test: views come with facts only
		b.put(t, hotline.EngineStarted{Version: "x"})
		select {
		case <-dark:
			over = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	if d := time.Since(began); d > 20*time.Second {
		t.Errorf("the revoked screen went dark after %v", d)
	}
	if r := b.get(t, "", "/api/v1/boards/door/live", append(with, "Accept-Language", "zh")...); r.StatusCode != 403 || !strings.Contains(r.body, "已注销") {
		t.Errorf("%s %s", r.Status, r.body)
	}
	if acts := b.log.audited(); !slices.Equal(acts[2:], []string{"lead make_kiosk door", "lead revoke_kiosk door " + k.ID}) {
		t.Errorf("audited %v", acts)
	}
}

func TestKioskWrongKeys(t *testing.T) {
	b := newBench(t, nil)
	for range 10 {
		if c, to := b.screenOf(t, "/board/main?kiosk=guess"); c != nil || to != "/board/main?refused=key" {
			t.Fatalf("%v %s", c, to)
		}
	}
	if _, to := b.screenOf(t, "/board/main?kiosk=guess"); to != "/board/main?refused=late" {
		t.Errorf("the eleventh guess: %s", to)
	}
	if r := b.get(t, "", "/api/v1/boards/main/live", "Cookie", kioskCookieName+"=guess"); r.StatusCode != 429 {
		t.Errorf("by the cookie: %s", r.Status)
	}
	if r := b.get(t, "", "/api/v1/boards/main/live"); r.StatusCode != 401 {
		t.Errorf("without a key: %s", r.Status)
	}
	if r := b.get(t, "", "/board/..%2fetc"); r.StatusCode != 404 {
		t.Errorf("a name that is none: %s", r.Status)
	}
}

// A screen that reads no more is dropped, and nobody waits for it.
func TestBoardSlowViewer(t *testing.T) {
	b := newBench(t, afternoon(t))
	tok := b.as(t, auth.Wallboard)
	c, err := net.Dial("tcp", strings.TrimPrefix(b.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET /api/v1/boards/main/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + tok + "\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	s := b.stream(t, tok, "/api/v1/boards/main/stream")
	s.next()
	for i := range 5 {
		b.put(t, hotline.Queued{Visit: hotline.VisitID(fmt.Sprint("v", i)), Entry: "ivr", Since: b.Now()})
		began := time.Now()
		if _, ok := s.next(); !ok || time.Since(began) > writeWithin/2 {
			t.Fatalf("frame %d after %v", i, time.Since(began))
		}
	}
}
