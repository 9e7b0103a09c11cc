//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// leadWords are what the lead's page shows, in its language.
type leadWords struct{ lang, listen, whisper, barge, none, grant, release, again, talking string }

// TestLeadsBusyHour: a lead approves a break, listens to an agent's talk by the phone in the page, whispers and barges in by keys,
// and ends the call; in both languages, with pictures kept.
func TestLeadsBusyHour(t *testing.T) {
	for _, w := range []leadWords{
		{"zh-CN", "没有人听得到您", "只有坐席听得到您", "双方都听得到您", "没有人在申请", "批准", "强拆", "再按一次", "通话"},
		{"en-US", "Nobody hears you", "Only the agent hears you", "Both hear you", "Nobody asks", "Grant", "Force release", "Again: end the call", "Talking"},
	} {
		t.Run(w.lang, func(t *testing.T) { busyHour(t, w) })
	}
}

func busyHour(t *testing.T, w leadWords) {
	centre := strings.Replace(centreFile, "allowance: 15m}", "allowance: 15m, approve: true}", 1)
	e := startEngine(t, "127.0.0.57", centre)
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.57.101", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	startPhone(t, e, "second", phoneOptions{ip: "127.0.57.102", user: "8002", password: "pw-8002", auto: true})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.57.103", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	e.agentIs("8001", "talking")

	p := startSoftphone(t, e, "admin", adminPassword, "/lead", leadTone)
	p.do("in its language", chromedp.Evaluate[chromedp.Void](`void import("/ui/shared/text.js").then((m) => m.setLang("`+w.lang+`"))`))
	if code, body := e.asks(t, e.login("8002", "pw-8002"), "/api/v1/agents/8002/break", map[string]string{"reason": "rest"}); code != 200 {
		t.Fatalf("asking for a break: %d %s", code, body)
	}
	p.can(w.grant)
	p.keep("lead-break-" + w.lang)
	p.presses(w.grant)
	p.browser.is(".r", w.none, 5*time.Second)

	p.do("choose the agent", chromedp.Click(`.floor li:first-child .who`))
	p.browser.is("footer.bar", "13800138000", 5*time.Second)
	p.key("listen", "1")
	if !p.up() {
		p.presses("接听", "Answer")
	}
	p.is("phone.call.value?.state", "up", 10*time.Second)
	p.browser.is("footer.bar", w.listen, 5*time.Second)
	p.hearsEach(1, map[string]float64{"customer": callerTone, "agent": agentTone})
	p.key("whisper", "2")
	p.browser.is("footer.bar", w.whisper, 5*time.Second)
	p.keep("lead-whisper-" + w.lang)
	p.key("barge", "3")
	p.browser.is("footer.bar", w.barge, 5*time.Second)
	p.key("stop", kb.Escape)
	p.is("phone.call.value", "null", 5*time.Second)

	p.presses(w.release)
	if caller.count("CALL_CLOSED") > 0 {
		t.Fatal("one press ends the customer's call")
	}
	p.can(w.again)
	p.presses(w.again)
	caller.wait("CALL_CLOSED", 1, 10*time.Second)
	e.agentIs("8001", "ready")
}

// up says whether the page's phone speaks within a moment: it picks up by itself when the engine asks it to.
func (p *softphone) up() bool {
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if evaluate[string](p.browser, "String(phone.call.value?.state)") == "up" {
			return true
		}
	}
	return false
}

// presses clicks the first button that shows one of the words.
func (p *softphone) presses(words ...string) {
	p.t.Helper()
	for _, word := range words {
		if evaluate[bool](p.browser, `(() => { const b = [...document.querySelectorAll("button")].find((x) => x.innerText.includes("`+word+`") && !x.disabled); b?.click(); return !!b })()`) {
			return
		}
	}
	p.t.Fatalf("no button %q\n%s", words, p.text("body"))
}
