//go:build e2e

package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axeFile is axe-core as `make e2e` fetches it; it is no part of the binary.
const axeFile = "../.tools/axe/node_modules/axe-core/axe.min.js"

// fault is one thing that keeps somebody from using a page.
type fault struct {
	ID     string
	Impact string
	Help   string
	Nodes  []string // the first elements that have it
}

// axe is the script, or the test is over.
func axe(t *testing.T) string {
	t.Helper()
	name := axeFile
	if own := os.Getenv("AXE_JS"); own != "" {
		name = own
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("axe-core is not there (make e2e fetches it): %v", err)
	}
	return string(b)
}

// accessible holds what the page shows now to axe-core: no serious and no critical fault.
func (b browser) accessible(script, what string) {
	b.t.Helper()
	if !evaluate[bool](b, `typeof axe === "object"`) {
		evaluate[bool](b, script+";\ntrue")
	}
	evaluate[bool](b, `axe.run({ resultTypes: ["violations"] }).then((r) => { window.axeFound = r.violations }, (e) => { window.axeFound = [{ id: String(e), impact: "critical", help: "", nodes: [] }] }); true`)
	defer evaluate[bool](b, `delete window.axeFound`)
	for end := time.Now().Add(20 * time.Second); !evaluate[bool](b, `!!window.axeFound`); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s: axe-core does not end", what)
		}
	}
	for _, f := range evaluate[[]fault](b, `window.axeFound.map((v) => ({ ID: v.id, Impact: v.impact ?? "", Help: v.help, Nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + " — " + (n.any[0]?.message ?? "").slice(0, 160)) }))`) {
		say := b.t.Logf
		if f.Impact == "serious" || f.Impact == "critical" {
			say = b.t.Errorf
		}
		say("%s: %s (%s): %s\n\t%s", what, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, "\n\t"))
	}
}

// prefers sets what the person's system asks of pages.
func prefers(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// TestAccessPages: axe-core finds no serious fault on any page, in either language and theme.
func TestAccessPages(t *testing.T) {
	script := axe(t)
	e := startEngine(t, "127.0.55.2", deskCentre)
	b, base := startBrowser(t), "http://"+e.web
	b.do("log in page", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/login?next=/&lang=zh-CN"), chromedp.WaitVisible("#password"))
	b.accessible(script, "/login zh-CN")
	b.do("log in", chromedp.SendKeys("#user", "admin"), chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".wall table"))
	for _, page := range []string{"/", "/lead", "/qa", "/reports", "/admin", "/agent"} {
		for _, lang := range []string{"zh-CN", "en-US"} {
			t.Run(strings.Trim(page, "/")+" "+lang, func(t *testing.T) {
				b := browser{t, b.ctx}
				b.do(page, chromedp.Navigate(base+page+"?lang="+lang), chromedp.Sleep(1500*time.Millisecond))
				b.accessible(script, page+" "+lang)
				b.do("dark", prefers("dark"), chromedp.Sleep(300*time.Millisecond))
				b.accessible(script, page+" "+lang+" dark")
				b.do("light", prefers("light"))
			})
		}
	}
}

// TestAccessDesk: nor on the desk, in its states, sheets, sizes and themes.
func TestAccessDesk(t *testing.T) {
	script := axe(t)
	e := startEngine(t, "127.0.55.3", deskCentre)
	phone := startPhone(t, e, "8001", phoneOptions{ip: "127.0.55.104", user: "8001", password: "pw-8001", tone: 600})
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.55.105", user: "13800138000", tone: callerTone})
	b, base := startBrowser(t), "http://"+e.web
	b.do("light", prefers("light"))
	b.entered(base, "zh-CN", "8001")
	looks := func(state string) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			b.do(scheme, prefers(scheme), chromedp.Sleep(300*time.Millisecond))
			b.accessible(script, state+" "+scheme)
		}
		b.do("light", prefers("light"))
	}
	b.key("sign out", kb.F8)
	b.key("sign out, again", kb.F8)
	b.is(stateOf, words()[0].signedOut, 5*time.Second)
	looks("signed out")
	b.key("sign in", kb.F2)
	b.is(stateOf, words()[0].ready, 5*time.Second)
	looks("ready")
	for _, sheet := range []string{"?", "/"} {
		b.key("a sheet", sheet)
		b.do("shown", chromedp.WaitVisible("dialog[open]"))
		looks("sheet " + sheet)
		b.key("closed", kb.Escape)
		b.do("gone", chromedp.WaitNotPresent("dialog[open]"))
	}
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	b.is("#callbar", words()[0].incoming, 10*time.Second)
	looks("ringing")
	phone.do("accept", "")
	b.is(stateOf, words()[0].talking, 5*time.Second)
	looks("talking")
	b.key("transfer", "t")
	b.do("whom", chromedp.WaitVisible("#target"))
	looks("transfer")
	b.key("no", kb.Escape)
	b.do("narrow", chromedp.EmulateViewport(420, 900), chromedp.Sleep(300*time.Millisecond))
	if wide := evaluate[int](b, `document.documentElement.scrollWidth`); wide > 420 {
		t.Errorf("the narrow desk is %d px wide", wide)
	}
	looks("narrow")
	b.keep("desk-narrow")
	b.do("wide", chromedp.EmulateViewport(1280, 720))
	caller.do("hangup", "")
	b.is(stateOf, words()[0].wrap, 5*time.Second)
	looks("wrap-up")
}
