//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// startPast starts an engine whose log holds weeks of contacts.
func startPast(t *testing.T, ip string) *engine {
	t.Helper()
	e := &engine{t: t, dir: t.TempDir(), ip: ip}
	out, err := exec.Command("go", "run", "../bench/fill", "-contacts", "4000", "-days", "70", "-agents", "14", "-data", e.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("no past: %v\n%s", err, out)
	}
	e.web, e.metrics = fmt.Sprintf("127.0.0.1:%d", port(t)), fmt.Sprintf("127.0.0.1:%d", port(t))
	config := fmt.Sprintf(`
data: ./data
centre: centre.yaml
sip: {listen: ["udp://%[1]s:5060"], domain: %[2]s, trunks: [{name: carrier, peers: [127.0.0.0/8]}]}
media: {ports: 20000-20199}
web: {listen: "%[3]s"}
metrics: {listen: "%[4]s"}
`, ip, domain, e.web, e.metrics)
	if err := os.WriteFile(filepath.Join(e.dir, "hotline.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	e.start()
	t.Cleanup(e.stop)
	return e
}

// settled waits until the view shows what it asked for.
func (b browser) settled(what string) {
	b.t.Helper()
	time.Sleep(300 * time.Millisecond)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		switch state := evaluate[string](b, `document.querySelector("main .blank.error, main [role=alert]") ? "error" :
			!document.querySelector("main") || document.querySelector("main .blank.loading, main [aria-busy=true]") ? "busy" : "there"`); {
		case state == "there":
			return
		case state == "error":
			b.t.Fatalf("%s: %s", what, b.text("main"))
		case time.Now().After(end):
			b.t.Fatalf("%s does not come:\n%s", what, b.text("main"))
		}
	}
}

// TestReports: every view opens in both languages, light and dark, without a fault of access; figures open what they count.
func TestReports(t *testing.T) {
	rules := axe(t)
	e := startPast(t, "127.0.0.75")
	b, base := startBrowser(t, chromedp.WindowSize(1440, 900)), "http://"+e.web
	b.do("log in", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/login?lang=zh-CN&next=/reports"), chromedp.WaitVisible("#password"), chromedp.SendKeys("#user", "admin"),
		chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".views a"))
	views := evaluate[[]string](b, `[...document.querySelectorAll(".views a")].map((a) => new URL(a.href).searchParams.get("view"))`)
	if len(views) < 8 {
		t.Fatalf("views %v", views)
	}
	for _, look := range []struct{ lang, scheme string }{{"zh-CN", "light"}, {"en-US", "dark"}} {
		b.do(look.scheme, prefers(look.scheme))
		for i, view := range views {
			t.Run(view+" "+look.lang, func(t *testing.T) {
				b := browser{t, b.ctx}
				size := [][2]int{{1440, 900}, {1280, 720}}[i%2]
				b.do(view, chromedp.EmulateViewport(int64(size[0]), int64(size[1])), chromedp.Navigate(base+"/reports?period=last_month&compare=previous&view="+view+"&lang="+look.lang))
				b.settled(view)
				if words := b.text("main"); len(words) < 20 {
					t.Errorf("shows %q", words)
				}
				if wide := evaluate[int](b, `document.documentElement.scrollWidth`); wide > size[0] {
					t.Errorf("%d px wide on a screen of %d", wide, size[0])
				}
				b.shot("reports-" + view + "-" + look.lang)
				b.accessible(rules, view)
			})
		}
	}
	b.do("as at first", prefers("light"), chromedp.EmulateViewport(1440, 900))
	t.Run("figures", func(t *testing.T) { browser{t, b.ctx}.figuresOpen(base) })
	t.Run("way", func(t *testing.T) { browser{t, b.ctx}.waysOfReports(base) })
	t.Run("long", func(t *testing.T) { browser{t, b.ctx}.longReport(base) })
	t.Run("stale", func(t *testing.T) {
		b := browser{t, b.ctx}
		b.do("queues", chromedp.Navigate(base+"/reports?lang=en-US&period=last_month&view=queues"))
		b.settled("queues")
		e.stop()
		b.key("again", "r")
		b.do("what was there stays, and says that it is old", chromedp.WaitVisible(".late"), chromedp.WaitVisible(".stale-area table.fg"))
		b.shot("reports-stale")
	})
}

// count reads a figure as it is written.
func count(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.NewReplacer("\u2009", "", " ", "").Replace(text))
	if err != nil {
		t.Fatalf("no count: %q", text)
	}
	return n
}

// figuresOpen opens figures, and counts what is listed against what they say.
func (b browser) figuresOpen(base string) {
	for _, c := range []struct{ view, row string }{{"queues", "last_month"}, {"queues&cols=flow", "last_month"}, {"agents&cols=rings", "last_month"}, {"agents", "last_month"}} {
		b.do(c.view, chromedp.Navigate(base+"/reports?lang=en-US&period="+c.row+"&view="+c.view))
		b.settled(c.view)
		// Whole numbers alone are counts; those of one row of the table, not of all.
		figures := evaluate[[]string](b, `[...document.querySelectorAll("table.fg tbody tr:not(.total)")].find((r) => r.querySelector("a.fig")) ? [...[...document.querySelectorAll("table.fg tbody:not(.total) tr")].find((r) => r.querySelectorAll("a.fig").length > 1).querySelectorAll("a.fig")].filter((a) => /^[\d\u2009]+$/.test(a.innerText)).map((a) => a.getAttribute("href") + " " + a.innerText) : []`)
		if len(figures) < 3 {
			b.t.Fatalf("%s: figures %q", c.view, figures)
		}
		for _, f := range figures {
			href, text, _ := strings.Cut(f, " ")
			want, listed, said := count(b.t, text), 0, ""
			b.do(href, chromedp.Navigate(base+href))
			for {
				b.settled(href)
				said = evaluate[string](b, `document.querySelector(".drill [role=status]").innerText`)
				listed += evaluate[int](b, `document.querySelectorAll(".drill tr.row").length`)
				if evaluate[bool](b, `!document.querySelector(".drill .pages button:last-child:not([disabled])")`) {
					break
				}
				b.do("next page", chromedp.Click(".drill .pages button:last-child"))
			}
			if got := count(b.t, strings.Fields(said)[0]); got != want || listed != want {
				b.t.Errorf("%s says %d, counted %d, listed %d", href, want, got, listed)
			}
		}
	}
	b.shot("reports-drill")
	b.do("a row", chromedp.Click(".drill tr.row"), chromedp.WaitVisible(".under .acts a"))
	b.settled("its contact")
	b.shot("reports-contact")
}

// waysOfReports: by keyboard from view to view, the formula, sorting, back by the browser and by Esc; the address says it all.
func (b browser) waysOfReports(base string) {
	b.do("queues", chromedp.Navigate(base+"/reports?lang=en-US&period=last_month&view=queues"))
	b.settled("queues")
	first := func() string { return b.text("table.fg tbody:not(.total) tr:first-child td") }
	before := first()
	b.do("sort", chromedp.Click("table.fg th:nth-child(2) .hd"), chromedp.Sleep(200*time.Millisecond))
	if at := evaluate[string](b, `location.search`); !strings.Contains(at, "sort=-requested") {
		b.t.Errorf("sorted at %s", at)
	}
	b.do("open a figure", chromedp.Click("table.fg tbody:not(.total) tr td:nth-child(5) a.fig"), chromedp.WaitVisible(".drill"))
	b.settled("its contacts")
	b.key("back", kb.Escape)
	b.do("the table again", chromedp.WaitNotPresent(".drill"), chromedp.WaitVisible("table.fg"))
	b.do("back twice", script("history.go(-3)"), chromedp.Sleep(500*time.Millisecond))
	b.settled("queues again")
	if now := first(); now != before || strings.Contains(evaluate[string](b, `location.search`), "sort") {
		b.t.Errorf("first row %q, was %q", now, before)
	}
	b.do("formula", chromedp.Click("table.fg th:nth-child(13) .fx"), chromedp.WaitVisible(".formula"))
	if words := b.text(".formula"); !strings.Contains(words, "÷") && len(words) < 40 {
		b.t.Errorf("formula %q", words)
	}
	b.key("close it", kb.Escape)
	b.do("closed", chromedp.WaitNotPresent(".formula"))
	b.key("the next view", "]")
	b.settled("next")
	if at := evaluate[string](b, `new URLSearchParams(location.search).get("view") + " " + new URLSearchParams(location.search).get("period")`); at != "handover last_month" {
		b.t.Errorf("after ] at %s", at)
	}
}

// longReport: a month of agents by day draws the rows in sight alone, and all of them on paper.
func (b browser) longReport(base string) {
	b.do("agents by day", chromedp.Navigate(base+"/reports?lang=en-US&period=last_month&view=agents&rows=time&interval=1h"))
	b.settled("agents by hour")
	rows := func() int { return evaluate[int](b, `document.querySelectorAll("table.fg tbody tr").length`) }
	all := evaluate[int](b, `+document.querySelector("table.fg").getAttribute("aria-rowcount")`)
	if n := rows(); all < 1000 || n > 300 {
		b.t.Fatalf("%d of %d rows are drawn", n, all)
	}
	last := func() string {
		return evaluate[string](b, `[...document.querySelectorAll("table.fg tbody tr:not(.gap)")].at(-1).innerText`)
	}
	top := last()
	b.do("to the end", script("scrollTo(0, document.documentElement.scrollHeight)"), chromedp.Sleep(500*time.Millisecond))
	if end := last(); end == top || rows() > 300 {
		b.t.Errorf("at the end %q, %d rows drawn", end, rows())
	}
	b.shot("reports-long")
	b.do("by day", chromedp.Navigate(base+"/reports?lang=en-US&period=last_month&view=agents&rows=time&interval=1d"))
	b.settled("agents by day")
	all = evaluate[int](b, `+document.querySelector("table.fg").getAttribute("aria-rowcount")`)
	evaluate[bool](b, `dispatchEvent(new Event("beforeprint")); true`)
	time.Sleep(time.Second)
	if n := rows(); n < all-1 {
		b.t.Errorf("%d of %d rows on paper", n, all)
	}
}

// script runs a script for what it does.
func script(s string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](s+"; true"))
		return err
	})
}
