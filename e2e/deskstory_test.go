//go:build e2e

package e2e

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a story waits for what should come at once: several browsers share the machine.
const patience = time.Minute

// speaks brings in the page's own words, so that a story needs none of a language. To be called after each loading of a page.
func (b browser) speaks() {
	b.t.Helper()
	b.do("the page's words", chromedp.Evaluate[chromedp.Void](`void import("/ui/shared/text.js").then((m) => { window.T = m.t })`), chromedp.Poll[chromedp.Void]("!!window.T"))
}

// says is the page's word for a key.
func (b browser) says(key string) string {
	b.t.Helper()
	return evaluate[string](b, `T("`+key+`")`)
}

// pushes waits until a button with the word of a key can be pressed, and presses the first one. The first of two says where.
func (b browser) pushes(where, key string) {
	b.t.Helper()
	script := `(() => { const x = [...document.querySelectorAll("` + where + ` button, ` + where + ` a.btn")].find((x) => x.innerText.trim().split("\n")[0].trim() === T("` + key + `") && !x.disabled); x?.click(); return !!x })()`
	for end := time.Now().Add(patience); !evaluate[bool](b, script); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.keep("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("no button %q in %q\n%s", key, where, b.text("body"))
		}
	}
}

// turns waits until an expression of the page is true.
func (b browser) turns(what, expression string) {
	b.t.Helper()
	for end := time.Now().Add(patience); !evaluate[bool](b, "!!("+expression+")"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.keep("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("not within %s: %s\n%s", patience, what, b.text("body"))
		}
	}
}

// leads opens the lead's page as the director.
func (b browser) leads(base, lang string) {
	b.t.Helper()
	b.do("log in", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/login?next=/lead&lang="+lang), chromedp.WaitVisible("#password"))
	b.do("by its password", chromedp.SendKeys("#user", "admin"), chromedp.SendKeys("#password", adminPassword+"\r"))
	b.arrives("/lead")
	b.speaks()
	b.turns("the floor", `document.querySelector(".floor li")`)
}

// shop is another program's page about customers; asked is what it was opened with.
func shop(t *testing.T) (base string, asked <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.93.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ch := make(chan string, 10)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/find" {
			ch <- r.URL.Query().Get("n")
		}
		_, _ = w.Write([]byte("<title>CRM</title><script>setTimeout(close, 300)</script>")) // the desk is seen again: what is hidden hears of no closed sheet
	})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return "http://" + l.Addr().String(), ch
}

// TestDeskBesideTheCall: what stands around a call. The lead posts a notice and sees the receipt; the agent raises its hand and the
// lead takes it down; the customer's page in another system is opened, a note kept on its card, a follow-up left and done; then a
// break with its predicted effect, and a skill lent to a colleague, who is rung for it.
func TestDeskBesideTheCall(t *testing.T) {
	for _, w := range words() {
		t.Run(w.lang, func(t *testing.T) { besideTheCall(t, w) })
	}
}

func besideTheCall(t *testing.T, w deskWords) {
	crm, asked := shop(t)
	centre := strings.NewReplacer(
		`"95500": main`, `"95500": direct`, "allowance: 15m}", "allowance: 15m, approve: true}",
		"needs: claims\n", "needs: claims\n    screen_pop: \""+crm+"/find?n={number}&c={contact}\"\n",
	).Replace(deskCentre)
	e := startEngine(t, "127.0.0.93", centre)
	phone := startPhone(t, e, "8001", phoneOptions{ip: "127.0.93.101", user: "8001", password: "pw-8001", tone: 600})
	second := startPhone(t, e, "8002", phoneOptions{ip: "127.0.93.102", user: "8002", password: "pw-8002", tone: 700})
	b, lead, base := startBrowser(t), startBrowser(t), "http://"+e.web
	b.entered(base, w.lang, "8001")
	b.speaks()
	b.key("ready", kb.F2)
	b.is(stateOf, w.ready, patience)
	lead.leads(base, w.lang)

	notice(b, lead, w)
	hand(e, b, lead, w)
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.93.103", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	b.is("#callbar", w.incoming, patience)
	b.turns("the way to the customer's page", `document.querySelector("#screenpop")?.href.includes("n=13800138000")`)
	b.keep("desk-pop-" + w.lang)
	phone.do("accept", "")
	b.is(stateOf, w.talking, patience)
	b.do("the customer's page", chromedp.Click("#screenpop"))
	select {
	case n := <-asked:
		if n != "13800138000" {
			t.Errorf("the other system is asked for %q", n)
		}
	case <-time.After(patience):
		t.Error("the customer's page is not opened")
	}
	b.do("back to the desk", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.BringToFront, cdp.Empty{}) // behind another page it is drawn when the browser likes
		return err
	}))
	b.writes(e, w)
	caller.do("hangup", "")
	b.is(stateOf, w.wrap, patience)
	b.turns("the codes", `document.querySelectorAll("#codes button").length > 1`)
	b.key("a code", "2")
	b.turns("the code is chosen", `document.querySelector("#codes .sel2")`)
	b.key("ready", kb.F2)
	b.is(stateOf, w.ready, patience)
	b.pushes("#tasks", "lead.done")
	b.pushes("#tasks", "todo.sure")
	b.turns("nothing is left to do", `!document.querySelector("#tasks .task")`)

	e.breakAndLend(b, lead, second, w)
}

// notice is posted by the lead, read by the agent, and receipted.
func notice(b, lead browser, w deskWords) {
	b.t.Helper()
	lead.pushes("section.notices", "notice.new")
	lead.do("write", chromedp.WaitVisible("form.notice input"), chromedp.SendKeys("form.notice input", "Sturm 台风"), chromedp.SendKeys("form.notice textarea", "12:00"))
	lead.keep("lead-notice-" + w.lang)
	lead.pushes("form.notice", "notice.post")
	b.is("#notices", "Sturm 台风", patience)
	b.keep("desk-notice-" + w.lang)
	b.key("read", "r")
	b.turns("it is read", `document.querySelector("#notices .ntc") && !document.querySelector("#notices .new")`)
	lead.turns("the lead sees who has read it", `document.querySelector("section.notices")?.innerText.includes(T("notice.readBy", { n: "1", of: "2" }))`)
	lead.keep("lead-receipt-" + w.lang)
}

// hand is raised by the agent and taken down by the lead.
func hand(e *engine, b, lead browser, w deskWords) {
	b.t.Helper()
	b.key("raise hand", kb.F9)
	lead.turns("the hand is seen", `document.querySelector(".floor li small.warn")`)
	lead.keep("lead-hand-" + w.lang)
	lead.do("choose the agent", chromedp.Click(".floor li:first-child .who"))
	lead.pushes(".floor", "lead.lowerHand")
	b.turns("the hand is down", `!document.querySelector("header .btn.on")`)
	lead.do("leave the agent", chromedp.Click(".floor li:first-child .who"))
}

// writes keeps a note on the customer's card and leaves a follow-up.
func (b browser) writes(e *engine, w deskWords) {
	b.t.Helper()
	b.key("the customer", "u", chromedp.ModifierAlt)
	b.do("the card", chromedp.WaitVisible("dialog[open] form.line input"), chromedp.SendKeys("dialog[open] form.line input", "prefers mail\r"))
	b.is("dialog[open] .lines", "prefers mail", patience)
	b.keep("desk-customer-" + w.lang)
	b.key("close it", kb.Escape)
	b.turns("closed", `!document.querySelector("dialog")`)
	b.key("a follow-up", "n", chromedp.ModifierAlt)
	b.do("its note", chromedp.WaitVisible("#task-note"), chromedp.SendKeys("#task-note", "send the form"))
	b.keep("desk-followup-" + w.lang)
	b.pushes("dialog[open]", "task.open")
	b.is("#tasks", "send the form", patience)
	var card struct {
		Notes []struct{ Text, By string }
		Tasks []struct{ Kind, Note string }
	}
	e.json("/api/v1/customers/13800138000", &card)
	if len(card.Notes) != 1 || card.Notes[0].Text != "prefers mail" || len(card.Tasks) != 1 || card.Tasks[0].Kind != "follow_up" {
		b.t.Errorf("the card is %+v", card)
	}
}

// breakAndLend: the agent asks for a break, the lead sees what it would do to the level and grants it; a colleague is lent the skill
// and rung at once by who waits.
func (e *engine) breakAndLend(b, lead browser, second *phone, w deskWords) {
	b.t.Helper()
	b.key("not ready", kb.F3)
	b.key("the first reason", "1")
	lead.turns("the predicted effect", `[...document.querySelectorAll(".r p")].some((p) => /\d+ ?% → \d+ ?%/.test(p.innerText))`)
	lead.keep("lead-effect-" + w.lang)
	lead.pushes(".r", "lead.grant")
	b.is(stateOf, w.rest, patience)

	caller := startPhone(b.t, e, "waits", phoneOptions{ip: "127.0.93.104", user: "13900139000", tone: callerTone})
	caller.dial(e, "95500")
	e.eventually(patience, "one waits", func() bool { return e.metric("hotline_queue_waiting") == 1 })
	if code, body := e.asks(b.t, e.login("8002", "pw-8002"), "/api/v1/agents/8002/state", map[string]string{"state": "ready"}); code != 200 {
		b.t.Fatalf("ready: %d %s", code, body)
	}
	lead.pushes(".r section:not(.notices)", "lend.new")
	lead.do("the form", chromedp.WaitVisible(".lend select"))
	lead.turns("what is lent is shown before it is chosen", `[...document.querySelectorAll(".lend select")].every((s) => s.selectedOptions[0]?.text)`)
	lead.turns("the colleague is chosen", `(() => { const s = document.querySelector(".lend select"); s.value = "8002"; s.dispatchEvent(new Event("change", { bubbles: true })); return s.value === "8002" })()`)
	lead.keep("lead-lend-" + w.lang)
	lead.pushes(".lend", "lend.go")
	second.wait("CALL_INCOMING", 1, patience)
	second.do("accept", "")
	e.agentIs("8002", "talking")
	lead.turns("it is shown", `document.querySelector(".r")?.innerText.includes(T("lend.has", { skill: "claims", n: 5 }))`)
	lead.keep("lead-lent-" + w.lang)
	lead.pushes(".r", "lend.undo")
	lead.turns("it is over", `document.querySelector(".r")?.innerText.includes(T("lend.none"))`)
	caller.do("hangup", "")
	e.agentIs("8002", "wrap_up")
}
