package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/web/auth"
)

// The web's share of the tests named after a vulnerability; docs/reliability.md lists them all.

// 33. A role that may only read got past its limits by another way to the same act. Here there is one way: every act is a
// route of its own with a right of its own, reading acts on nothing, and no header turns one into the other.
func TestAsterisk_762b4c9_OneWayToAct(t *testing.T) {
	at := moment(t, testNow)
	b := newBench(t, playDay(1, at.Add(-time.Hour), at, at))
	token := b.as(t, auth.Wallboard)
	acted := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.log.mu.Lock()
		defer b.log.mu.Unlock()
		n := len(b.asked)
		for _, ev := range b.log.events {
			if _, ok := ev.Fact.(hotline.Audited); ok {
				n++
			}
		}
		return n
	}
	before := acted()
	for _, r := range b.routes {
		path := strings.NewReplacer("{id}", "8001", "{name}", "nobody", "{visit}", "nowhere").Replace(r.path)
		if strings.HasSuffix(path, "/stream") || strings.HasSuffix(path, "/login") || strings.HasSuffix(path, "/logout") {
			continue
		}
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "TRACE", "FOO"} {
			if method == r.method && method != "GET" {
				continue
			}
			q, err := http.NewRequest(method, b.URL+path+"?_method="+r.method+"&method="+r.method, strings.NewReader(`{"state":"ready"}`))
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range map[string]string{
				"Authorization": "Bearer " + token, "Content-Type": "application/json", "X-HTTP-Method-Override": r.method, "X-Method-Override": r.method,
				"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
			} {
				q.Header.Set(k, v)
			}
			res, err := b.Client().Do(q)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode == http.StatusSwitchingProtocols {
				t.Errorf("%s %s: switched protocols", method, path)
			}
		}
	}
	if n := acted(); n != before {
		t.Errorf("a wallboard acted %d times", n-before)
	}
}

// 34 (the web's half). What was asked for stood in the page that says it is not there.
func TestAsterisk_04aa482_ErrorsAreText(t *testing.T) {
	b := newBench(t, nil)
	for _, path := range []string{"/%3Cscript%3Ealert(1)%3C/script%3E", "/api/v1/contacts/%3Cimg%20src=x%3E", "/api/v1/%3Csvg%20onload=x%3E", "/ui/%3Cscript%3E", "/?x=%3Cscript%3E", "/login?next=%22%3E%3Cscript%3E", "/login?next=javascript:alert(1)"} {
		for _, token := range []string{"", b.as(t, auth.Director)} {
			r := b.get(t, token, path)
			for _, bad := range []string{"<script>alert", "<img src=x", "<svg onload", `"><script`, "javascript:alert"} {
				if strings.Contains(r.body, bad) {
					t.Errorf("%s: the page holds %s", path, bad)
				}
			}
			if r.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: its kind may be guessed", path)
			}
		}
	}
}

// 35. Two dots in a name led out of the folder.
func TestGHSA_33x6_RecordingPaths(t *testing.T) {
	b := newBench(t, nil)
	b.tapes["../../etc/passwd"], b.tapes["/etc/passwd"], b.tapes["etc/passwd"] = []byte("secret"), []byte("secret"), []byte("secret")
	token := b.as(t, auth.Director)
	for _, id := range []string{"..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "%2fetc%2fpasswd", "....//etc/passwd", "..%5c..%5cetc", "%00", "a%00.wav", strings.Repeat("a", 8000)} {
		for _, path := range []string{"/api/v1/contacts/" + id + "/recording", "/api/v1/contacts/" + id + "/peaks", "/api/v1/contacts/" + id, "/api/v1/tasks/" + id + "/recording", "/ui/" + id} {
			if r := b.get(t, token, path); r.StatusCode == http.StatusOK || strings.Contains(r.body, "secret") {
				t.Errorf("%s: %s %.40q", path, r.Status, r.body)
			}
		}
	}
}

// 36. A caller's name, number or phone that is markup ran in the page of who looked at it. Names travel as JSON, which no
// browser takes for a page, and the pages put them down as text: none of them writes markup from a value.
func TestCVE_2021_1000004_NamesInPages(t *testing.T) {
	const evil = "<script>fetch('/api/v1/users/evil',{method:'PUT'})</script><img src=x onerror=alert(1)>"
	at := moment(t, testNow).Add(-time.Minute)
	b := newBench(t, []hotline.Event{
		{At: at, Call: "01JD3K4QG5", Contact: "01JD3K4QG5", Leg: "01JD3K4QG5-0", Fact: hotline.CallStarted{From: hotline.Party{Number: evil, Name: evil}, To: evil}},
	})
	token := b.as(t, auth.Director)
	for _, path := range []string{"/api/v1/contacts", "/api/v1/contacts/01JD3K4QG5", "/api/v1/live", "/api/v1/reports/contacts"} {
		r := b.get(t, token, path)
		kind := r.Header.Get("Content-Type")
		if !strings.HasPrefix(kind, "application/json") && !strings.HasPrefix(kind, "text/csv") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s is %s and may be taken for a page", path, kind)
		}
	}
	writes := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|DOMParser|createContextualFragment|srcdoc|\beval\(|new Function|setTimeout\(\s*['"` + "`" + `]|javascript:`)
	for name, text := range uiFiles(t, ".js", ".html") {
		for i, line := range strings.Split(text, "\n") {
			if found := writes.FindString(line); found != "" {
				t.Errorf("%s:%d: %s makes markup or code of a value", name, i+1, found)
			}
		}
	}
}
