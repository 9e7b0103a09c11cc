//go:build e2e

package e2e

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestDeskOtherPhones: an agent signs in at its mobile, which is rung through the trunk, and then at a shared desk, whose phone is
// rung; both times it answers there and the page follows.
func TestDeskOtherPhones(t *testing.T) {
	for _, w := range words() {
		t.Run(w.lang, func(t *testing.T) { otherPhones(t, w) })
	}
}

func otherPhones(t *testing.T, w deskWords) {
	centre := strings.NewReplacer(
		`"95500": main`, `"95500": direct`, "codes: required, ", "",
		"password: pw-8001, ", `password: pw-8001, dial: {number: "13700137000"}, `,
	).Replace(deskCentre) + "desks: [{id: d01, name: 一号台, password: pw-d01}]\n"
	e := startEngineWith(t, "127.0.0.93", centre, "server: 127.0.93.120")
	mobile := startPhone(t, e, "mobile", phoneOptions{ip: "127.0.93.120", user: "13700137000", tone: 600})
	desk := startPhone(t, e, "d01", phoneOptions{ip: "127.0.93.121", user: "d01", password: "pw-d01", tone: 600})
	b := startBrowser(t)
	b.entered("http://"+e.web, w.lang, "8001")
	b.speaks()
	b.is(stateOf, w.signedOut, patience)
	for i, place := range []struct {
		kind  string
		phone *phone
	}{{"number", mobile}, {"desk", desk}} {
		b.do("the phone", chromedp.WaitVisible("input[value="+place.kind+"]"), chromedp.Click("input[value="+place.kind+"]"))
		if place.kind == "desk" {
			b.do("which desk", chromedp.WaitVisible(".signin .more input"), chromedp.SendKeys(".signin .more input", "d01"))
		}
		b.keep("desk-phone-" + place.kind + "-" + w.lang)
		b.key("sign in", kb.F2)
		b.is(stateOf, w.ready, patience)
		caller := startPhone(t, e, "caller-"+place.kind, phoneOptions{ip: fmt.Sprintf("127.0.93.%d", 130+i), user: "13800138000", tone: callerTone})
		caller.dial(e, "95500")
		place.phone.wait("CALL_INCOMING", 1, patience)
		b.is("#callbar", w.incoming, patience)
		place.phone.do("accept", "")
		b.is(stateOf, w.talking, patience)
		b.keep("desk-phone-" + place.kind + "-talk-" + w.lang)
		time.Sleep(3 * time.Second)
		b.can(w.hold)
		b.key("hang up", kb.Escape)
		b.key("hang up, again", kb.Escape)
		b.is(stateOf, w.wrap, patience)
		place.phone.wait("CALL_CLOSED", 1, patience)
		b.key("ready", kb.F2)
		b.is(stateOf, w.ready, patience)
		b.key("sign out", kb.F8)
		b.key("sign out, again", kb.F8)
		b.is(stateOf, w.signedOut, patience)
		checkHeard(t, caller, 600, 1.5)
	}
}

// codeAt is the code of a secret at a time (RFC 6238: SHA-1, six digits, 30 s).
func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.ReplaceAll(secret, " ", "")))
	if err != nil {
		t.Fatalf("secret %q: %v", secret, err)
	}
	m := hmac.New(sha1.New, key)
	_ = binary.Write(m, binary.BigEndian, at.Unix()/30)
	sum := m.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// TestLogInWithACode: a login takes a second factor on its own page, and from then on the log-in page asks for a code: a wrong one
// does not open, the next one does, and a recovery code does once.
func TestLogInWithACode(t *testing.T) {
	for _, w := range words() {
		t.Run(w.lang, func(t *testing.T) { withACode(t, w.lang) })
	}
}

func withACode(t *testing.T, lang string) {
	e := startEngine(t, "127.0.0.93", deskCentre)
	b, base := startBrowser(t), "http://"+e.web
	enter := func() {
		b.do("log in", chromedp.Navigate(base+"/login?next=/mine&lang="+lang), chromedp.WaitVisible("#password"),
			chromedp.SendKeys("#user", "admin"), chromedp.SendKeys("#password", adminPassword+"\r"))
	}
	enter()
	b.do("own login", chromedp.WaitVisible("main.mine input[name=password]"), chromedp.SendKeys("main.mine input[name=password]", adminPassword))
	b.speaks()
	b.pushes("main.mine", "mine.begin")
	b.do("the secret", chromedp.WaitVisible("main.mine img + p code"))
	b.keep("totp-begin-" + lang)
	secret := b.text("main.mine img + p code")
	began := time.Now()
	b.do("its first code", chromedp.SendKeys("main.mine input[name=code]", codeAt(t, secret, began)))
	b.pushes("main.mine", "mine.confirm")
	b.do("recovery codes", chromedp.WaitVisible("main.mine li code"))
	b.keep("totp-recovery-" + lang)
	recovery := b.text("main.mine li code")

	for i, second := range []string{codeAt(t, secret, time.Now().Add(30*time.Second)), recovery} {
		b.do("log out", chromedp.Evaluate[chromedp.Void](`void fetch("/api/v1/logout", { method: "POST" }).then(() => { window.out = true })`), chromedp.Poll[chromedp.Void]("window.out"))
		enter()
		b.do("it asks for a code", chromedp.WaitVisible("#code"))
		b.keep("totp-asked-" + lang)
		if i == 0 {
			b.do("a wrong one", chromedp.SendKeys("#code", "000000\r"))
			b.speaks()
			b.turns("it is refused", `document.querySelector("#problem")?.innerText.includes(T("login.wrongCode"))`)
			b.keep("totp-wrong-" + lang)
		}
		b.do("the code", chromedp.SendKeys("#code", second+"\r"), chromedp.WaitVisible("main.mine"))
	}
	code, body := e.asks(t, "", "/api/v1/login", map[string]string{"user": "admin", "password": adminPassword, "code": recovery})
	if code != http.StatusUnauthorized {
		t.Errorf("a recovery code opens twice: %d %s", code, body)
	}
}

// TestEmergencyAnnouncement: the announcement is turned on by API when nobody at all is at work, and who calls hears it and is let go.
func TestEmergencyAnnouncement(t *testing.T) {
	centre := strings.Replace(deskCentre, "  direct: [{answer: {}}, {queue: claims}]", "  direct: [{answer: {}}, {switch: {of: emergency, on: [{play: address}, {hangup: {}}]}}, {queue: claims}]", 1)
	centre = strings.Replace(centre, `"95500": main`, `"95500": direct`, 1) + "switches: [{id: emergency, name: 紧急公告}]\n"
	e := startEngine(t, "127.0.0.93", centre)
	if code, body := e.ask(http.MethodPost, "/api/v1/switches/emergency", `{"on":true}`); code != http.StatusOK {
		t.Fatalf("turned on with nobody there: %d %s", code, body)
	}
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.93.140", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, patience)
	began := time.Now()
	caller.wait("CALL_CLOSED", 1, time.Minute)
	if d := time.Since(began); d < 1500*time.Millisecond {
		t.Errorf("who calls is let go after %s: it has not heard the announcement", d)
	}
	e.eventually(patience, "the contact is there", func() bool { return len(e.contacts()) == 1 })
	if c := e.contacts()[0]; len(c.Visits) != 0 {
		t.Errorf("%+v", c)
	}
}
