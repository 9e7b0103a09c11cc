//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// write puts a text into the editor of the centre file, as if it were typed.
func (b browser) write(from, to string) {
	b.t.Helper()
	if !evaluate[bool](b, `(() => { const a = document.querySelector("#source"), was = a.value;
		a.value = was.replace(`+strconv.Quote(from)+`, `+strconv.Quote(to)+`); a.dispatchEvent(new Event("input", {bubbles: true})); return a.value !== was })()`) {
		b.t.Fatalf("%q does not stand in the text", from)
	}
}

// TestAdmin: a flow and its queue and agent are changed in the page while a call talks: faults are shown at their lines, the change
// is published, the call goes on, the next caller hears the new flow, and after going back the one after the old.
func TestAdmin(t *testing.T) {
	e := startEngine(t, "127.0.0.58", "# kept to the letter\n"+strings.TrimSpace(centreFile)+" # the hotline\n")
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.58.1", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	customer := startPhone(t, e, "customer", phoneOptions{ip: "127.0.58.2", user: "13800138001", tone: callerTone})
	customer.dial(e, "95500")
	customer.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	customer.press("1")
	e.agentIs("8001", "talking")

	b, base := startBrowser(t, chromedp.WindowSize(1440, 900)), "http://"+e.web
	b.do("log in", chromedp.Navigate(base+"/login?lang=zh-CN&next=/admin"), chromedp.WaitVisible("#password"), chromedp.SendKeys("#user", "admin"),
		chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".rail"))
	b.is(".work", "正常接收", 5*time.Second)
	b.key("to the text", "f")
	b.do("the text", chromedp.WaitVisible("#source"))
	if s := evaluate[string](b, `document.querySelector("#source").value`); strings.Contains(s, "pw-8001") || !strings.Contains(s, "# kept to the letter") {
		t.Fatalf("the page shows\n%s", s)
	}
	b.write(`"1": {queue: claims}`, `"1": {queue: nowhere}`)
	b.is(".faults", "没有队列", 5*time.Second)
	if n := evaluate[int](b, `document.querySelectorAll(".gutter .bad").length`); n != 1 {
		t.Errorf("%d lines are marked", n)
	}
	b.keep("admin-faults-zh")
	b.write(`"1": {queue: nowhere}`, `"1": {queue: vip}`)
	b.write("needs: claims >= 3", "needs: claims >= 9")
	b.write("skills: {claims: 5, english: 3}", "skills: {english: 3}")
	b.is(".review", "流程 main", 5*time.Second)
	b.is(".review", "通话 1、排队 0 照旧进行", time.Second)
	b.keep("admin-diff-zh")
	b.do("publish", chromedp.SendKeys(".publish input", "vip first"), chromedp.Click("#publish"))
	b.is(".said", "已发布", 5*time.Second)

	// The call talks on although neither its queue nor its agent is what it was.
	time.Sleep(time.Second)
	if customer.count("CALL_CLOSED") > 0 || agent.count("CALL_CLOSED") > 1 { // the first was the star code
		t.Fatalf("the call was touched: %d, %d", customer.count("CALL_CLOSED"), agent.count("CALL_CLOSED"))
	}
	e.agentIs("8001", "talking")
	second := startPhone(t, e, "second", phoneOptions{ip: "127.0.58.3", user: "13800138002", tone: callerTone})
	second.dial(e, "95500")
	second.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	second.press("1")
	e.eventually(10*time.Second, "the next caller waits in the other queue", func() bool { return e.metric("hotline_queue_waiting", `"vip"`) == 1 })
	second.do("hangup", "")
	customer.do("hangup", "")
	customer.wait("CALL_CLOSED", 1, 5*time.Second)

	b.rollBack(base)
	e.eventually(10*time.Second, "the agent fits again", func() bool { s, _ := e.agentState("8001"); return s == "ready" })
	second.dial(e, "95500")
	second.wait("CALL_ESTABLISHED", 2, 5*time.Second)
	second.press("1")
	e.agentIs("8001", "talking")
	second.do("hangup", "")
	if out, err := e.command("export"); err != nil || !strings.HasPrefix(out, "# kept to the letter\n") || !strings.Contains(out, "pw-8001") || !strings.HasSuffix(out, "# the hotline\n") {
		t.Errorf("%v: in force is\n%s", err, out)
	}
	b.tablesAndPrompts(e)
}

// rollBack goes back to the version before.
func (b browser) rollBack(base string) {
	b.t.Helper()
	b.do("the history", chromedp.Navigate(base+"/admin?lang=en-US#versions"), chromedp.WaitVisible(".versions tbody tr:nth-child(2)"))
	b.is(".versions", "vip first", 5*time.Second)
	b.do("the version before", chromedp.Click(".versions tbody tr:nth-child(2) button"), chromedp.WaitVisible("#publish"))
	b.is(".review", "changed flow main", 5*time.Second)
	b.keep("admin-roll-back-en")
	b.do("publish", chromedp.Click("#publish"))
	b.is(".said", "Published: 3 changes", 5*time.Second)
}

// tablesAndPrompts: a table with faults changes nothing; one without does; a prompt is put in a flow's way.
func (b browser) tablesAndPrompts(e *engine) {
	b.t.Helper()
	folder := b.t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.t.Fatal(err)
		}
		return path
	}
	base := "http://" + e.web
	b.do("the tables", chromedp.Navigate(base+"/admin?lang=en-US#tables"), chromedp.WaitVisible(".file"),
		chromedp.SetUploadFiles("#table", []string{file("bad.csv", "id,name,skills,password\n8001,,claims 12,\n8004,陈晨,vip 3,\n")}))
	b.is(".work", "2 faults; nothing has been imported", 5*time.Second)
	b.keep("admin-import-en")
	b.do("again", chromedp.SetUploadFiles("#table", []string{file("good.csv", "id,name,skills,password\n8004,陈晨,vip 3,pw-8004\n")}))
	b.is(".review", "added agent 陈晨", 5*time.Second)
	b.do("publish", chromedp.Click("#publish"))
	b.is(".said", "Published: 1 change", 5*time.Second)

	b.do("the prompts", chromedp.Navigate(base+"/admin?lang=en-US#prompts"), chromedp.WaitVisible(".part"))
	b.is(".list", "welcome", 5*time.Second)
	if !evaluate[bool](b, `(() => { const r = [...document.querySelectorAll("tbody tr")].find((r) => r.innerText.startsWith("welcome") && r.innerText.includes("zh-CN")); r?.click(); return !!r })()`) {
		b.t.Fatal("no welcome in the list")
	}
	b.is(".edit", "Used by flows.main", 5*time.Second)
	b.do("upload", chromedp.SetUploadFiles("#wav", []string{file("no.wav", "this is no sound")}))
	b.is(".edit .said", "no WAV that can be played", 5*time.Second)
	b.keep("admin-prompts-en")
	b.do("the phones", chromedp.Navigate(base+"/admin?lang=en-US#phones"))
	b.is(".section", "baresip", 5*time.Second)
	b.keep("admin-phones-en")
}

// TestAdminForEverybody: no section of the page keeps anybody out, in either language; each is reached by its key alone.
func TestAdminForEverybody(t *testing.T) {
	script := axe(t)
	e := startEngine(t, "127.0.0.58", centreFile)
	b, base := startBrowser(t, chromedp.WindowSize(1280, 720)), "http://"+e.web
	b.do("log in", chromedp.Navigate(base+"/login?lang=en-US&next=/admin"), chromedp.WaitVisible("#password"), chromedp.SendKeys("#user", "admin"),
		chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".rail"))
	for _, lang := range []string{"zh-CN", "en-US"} {
		b.do(lang, chromedp.Navigate(base+"/admin?lang="+lang), chromedp.WaitVisible(".rail"), chromedp.WaitVisible(".section"))
		for _, key := range strings.Split("oatqrcgnhwbdsefvipkl", "") {
			b.key("section "+key, key)
			time.Sleep(500 * time.Millisecond)
			if evaluate[bool](b, `!!document.querySelector("tbody .pick")`) {
				b.do("the first row", chromedp.Click("tbody .pick"), chromedp.Sleep(200*time.Millisecond))
			}
			if got := b.text(".rail .here kbd"); got != key {
				t.Errorf("key %s leads to %s", key, got)
			}
			b.accessible(script, lang+" "+key)
			b.do("leave what is written", chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
		}
	}
	b.keep("admin-logins-en")
}
