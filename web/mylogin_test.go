package web

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hotline/web/auth"
)

// program is what an authenticator program makes of a secret, some steps from now.
func program(t *testing.T, b *bench, secret string, steps int64) string {
	t.Helper()
	raw, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, raw)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(b.Now().Unix()/30+steps)))
	sum := mac.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1000000)
}

func TestLoginWithASecondFactor(t *testing.T) {
	b := newBench(t, nil)
	if err := b.Auth.Add("anna", auth.Lead, "a long password"); err != nil {
		t.Fatal(err)
	}
	login := func(code string) reply {
		return b.do(t, "", http.MethodPost, "/api/v1/login", fmt.Sprintf(`{"user":"anna","password":"a long password","code":%q}`, code))
	}
	tok := read[struct{ Token string }](t, login(""), 200).Token
	post := func(path, body string) reply {
		return b.do(t, tok, http.MethodPost, "/api/v1/me/totp"+path, body, "Accept-Language", "zh")
	}
	if r := post("", `{"password":"wrong"}`); r.StatusCode != 403 || !strings.Contains(r.body, "密码不对") {
		t.Errorf("enrolled without the password: %s %s", r.Status, r.body)
	}
	if r := post("/confirm", `{"code":"000000"}`); r.StatusCode != 409 {
		t.Errorf("confirmed what was not begun: %s", r.Status)
	}
	e := read[enrolOut](t, post("", `{"password":"a long password"}`), 200)
	svg, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(e.QR, "data:image/svg+xml;base64,"))
	if err != nil || xml.Unmarshal(svg, new(struct{})) != nil || !strings.Contains(e.URI, e.Secret) {
		t.Errorf("%+v, %v", e, err)
	}
	if r := login(""); r.StatusCode != 200 {
		t.Errorf("asked for a code that was never confirmed: %s", r.Status)
	}
	if r := post("/confirm", `{"code":"12345"}`); r.StatusCode != 403 {
		t.Errorf("confirmed by a wrong code: %s", r.Status)
	}
	codes := read[recoveryOut](t, post("/confirm", `{"code":"`+program(t, b, e.Secret, 0)+`"}`), 200).Recovery
	asked := login("")
	if asked.StatusCode != 401 || !strings.Contains(asked.body, codeAsked) || len(asked.Cookies()) != 0 {
		t.Errorf("without a code: %s %s", asked.Status, asked.body)
	}
	if r := b.do(t, "", http.MethodPost, "/api/v1/login", `{"user":"anna","password":"wrong","code":"`+codes[0]+`"}`); r.StatusCode != 401 || strings.Contains(r.body, codeAsked) {
		t.Errorf("a wrong password tells of the factor: %s", r.body)
	}
	if r := login(program(t, b, e.Secret, 0)); r.StatusCode != 401 {
		t.Errorf("a code that was used: %s", r.Status)
	}
	if r := login(program(t, b, e.Secret, 1)); r.StatusCode != 200 {
		t.Errorf("by a code: %s %s", r.Status, r.body)
	}
	if r := login(codes[0]); r.StatusCode != 200 {
		t.Errorf("by a recovery code: %s", r.Status)
	}
	for i := range 6 {
		if r := login("000000"); (r.StatusCode == 429) != (i == 5) {
			t.Errorf("guess %d: %s", i, r.Status)
		}
	}
	if r := b.do(t, b.as(t, auth.Director), http.MethodDelete, "/api/v1/users/anna/totp", ""); r.StatusCode != 204 {
		t.Errorf("reset: %s", r.Status)
	}
	if r := login(""); r.StatusCode != 200 {
		t.Errorf("after the reset: %s", r.Status)
	}
	acts := strings.Join(b.log.audited(), "; ")
	for _, want := range []string{"anna totp_on anna", "director reset_totp anna"} {
		if !strings.Contains(acts, want) {
			t.Errorf("%q is not audited: %s", want, acts)
		}
	}
	if strings.Contains(acts, e.Secret) || strings.Contains(acts, codes[0]) {
		t.Errorf("a secret in the audit: %s", acts)
	}
}

func TestOwnSessions(t *testing.T) {
	b := newBench(t, nil)
	for _, name := range []string{"anna", "bert"} {
		if err := b.Auth.Add(name, auth.QA, "a long password"); err != nil {
			t.Fatal(err)
		}
	}
	login := func(name string) string {
		r := b.do(t, "", http.MethodPost, "/api/v1/login", `{"user":"`+name+`","password":"a long password"}`, "User-Agent", "<script>Desk</script>")
		return read[struct{ Token string }](t, r, 200).Token
	}
	list := func(tok, query string) []auth.OpenSession {
		return read[sessionsOut](t, b.get(t, tok, "/api/v1/sessions"+query), 200).Items
	}
	one, two, bert, boss := login("anna"), login("anna"), login("bert"), b.as(t, auth.Director)
	mine := list(one, "")
	if len(mine) != 2 || mine[0].Addr != "127.0.0.1" || mine[0].Device != "<script>Desk</script>" || mine[0].Mine == mine[1].Mine {
		t.Fatalf("%+v", mine)
	}
	if m := read[me](t, b.get(t, one, "/api/v1/me"), 200); m.Session == nil || m.Session.Addr != "127.0.0.1" || m.Session.Began.IsZero() {
		t.Errorf("me: %+v", m.Session)
	}
	if r := b.get(t, one, "/api/v1/sessions?all=true"); r.StatusCode != 403 {
		t.Errorf("everybody's, as QA: %s", r.Status)
	}
	if all := list(boss, "?all=true"); len(all) != 4 {
		t.Errorf("%d sessions in all", len(all))
	}
	his := list(bert, "")[0].ID
	if r := b.do(t, one, http.MethodDelete, "/api/v1/sessions/"+his, ""); r.StatusCode != 404 {
		t.Errorf("somebody else's: %s", r.Status)
	}
	if r := b.do(t, one, http.MethodDelete, "/api/v1/sessions?user=bert", ""); r.StatusCode != 403 {
		t.Errorf("all of somebody else's: %s", r.Status)
	}
	if n := read[endedOut](t, b.do(t, one, http.MethodDelete, "/api/v1/sessions", ""), 200).Ended; n != 1 || b.Auth.Open(two) || !b.Auth.Open(one) || !b.Auth.Open(bert) {
		t.Errorf("ended %d", n)
	}
	if r := b.do(t, boss, http.MethodDelete, "/api/v1/sessions/"+his, ""); r.StatusCode != 200 || b.Auth.Open(bert) {
		t.Errorf("by the director: %s", r.Status)
	}
	for body, want := range map[string]int{
		`{"old":"wrong","new":"another password"}`: 403, `{"old":"a long password","new":"short"}`: 422, `{"old":"a long password"}`: 422,
	} {
		if r := b.do(t, one, http.MethodPost, "/api/v1/me/password", body); r.StatusCode != want {
			t.Errorf("%s: %s, want %d", body, r.Status, want)
		}
	}
	if r := b.do(t, b.as(t, auth.Agent), http.MethodPost, "/api/v1/me/password", `{"old":"phone8001","new":"another password"}`); r.StatusCode != 409 {
		t.Errorf("an agent's: %s", r.Status)
	}
	if r := b.do(t, one, http.MethodPost, "/api/v1/me/password", `{"old":"a long password","new":"another password"}`); r.StatusCode != 204 || !b.Auth.Open(one) {
		t.Errorf("changed: %s", r.Status)
	}
}
