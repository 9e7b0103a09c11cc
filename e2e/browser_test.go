//go:build e2e

package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a headless Chromium with a profile of its own.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// startBrowser starts one. Every error of a page's script fails the test.
func startBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) browser {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1920, 1080), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
	)
	opts = append(opts, more...)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	b := browser{t, ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium: %v (make e2e installs it)", err)
	}
	if err := chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*runtime.EventExceptionThrown); ok {
			t.Errorf("a page's script failed: %s %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

// do runs actions one after another.
func (b browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v\npage: %s", what, err, b.text("body"))
	}
}

// text is what an element shows.
func (b browser) text(selector string) string {
	b.t.Helper()
	return evaluate[string](b, `(document.querySelector(`+quote(selector)+`)?.innerText ?? "").trim()`)
}

func quote(s string) string { return "`" + s + "`" }

func evaluate[T any](b browser, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second) // a page behind others on a busy machine takes its time
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// shows waits until the page shows a text.
func (b browser) shows(text string, most time.Duration) {
	b.t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if strings.Contains(b.text("body"), text) {
			return
		}
	}
	b.t.Fatalf("not within %s: %q on\n%s", most, text, b.text("body"))
}

// TestBrowser: log in, see the wallboard change with the calls, play a recording, open every page in both languages.
func TestBrowser(t *testing.T) {
	e := startEngine(t, "127.0.0.9", manyAgents(1))
	res := storm(t, e, "--agents", "1", "--rate", "2", "--calls", "1", "--hold", "4s", "--key-delay", "200ms")
	if res.Connected != 1 {
		t.Fatalf("%+v", res)
	}
	var done contact
	e.eventually(15*time.Second, "the recording is stored", func() bool {
		c := e.contacts()
		if len(c) == 1 {
			done = c[0]
		}
		return len(c) == 1 && c[0].Recording != nil
	})
	b, base := startBrowser(t), "http://"+e.web
	b.do("a wrong password", chromedp.Navigate(base+"/?lang=zh-CN"), chromedp.WaitVisible("#password"),
		chromedp.SendKeys("#user", "admin"), chromedp.SendKeys("#password", "wrong\r"), chromedp.WaitVisible("[role=alert] svg"))
	b.do("log in", chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".wall table"))
	b.shows("报案", 3*time.Second)
	b.waits(e)
	b.plays(base, done)
	for _, page := range []string{"/reports", "/admin", "/qa", "/"} {
		for _, lang := range []string{"zh-CN", "en-US"} {
			b.do(page, chromedp.Navigate(base+page+"?lang="+lang), chromedp.Sleep(time.Second))
			if words := b.text("body"); len(words) < 40 {
				t.Errorf("%s in %s shows %q", page, lang, words)
			}
			b.shot(strings.Trim(page, "/") + "-" + lang)
		}
	}
}

// waits holds the wallboard to a caller for whom nobody is there: on the screen within a second.
func (b browser) waits(e *engine) {
	b.t.Helper()
	waiting := func() string { return b.text(".wall tbody td.key") }
	if n := waiting(); n != "0" {
		b.t.Errorf("%s wait at first", n)
	}
	caller := startPhone(b.t, e, "caller", phoneOptions{ip: "127.0.0.22", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	e.eventually(10*time.Second, "one waits", func() bool { return e.metric("hotline_queue_waiting") == 1 })
	changed := time.Now()
	for waiting() != "1" {
		if time.Since(changed) > 5*time.Second {
			b.t.Fatal("the wallboard does not show who waits")
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Logf("on the wallboard %s after the metric said so", time.Since(changed))
	caller.do("hangup", "")
}

// plays plays a contact's recording.
func (b browser) plays(base string, c contact) {
	b.t.Helper()
	b.do("the contact", chromedp.Navigate(base+"/qa?lang=en-US&id="+c.ID), chromedp.WaitVisible(".wave"), chromedp.Sleep(time.Second),
		chromedp.Click("button.play"), chromedp.Sleep(2500*time.Millisecond))
	b.shows("Recordings", 3*time.Second)
	if at := b.text(".tm"); at != "00:01" && at != "00:02" && at != "00:03" {
		b.t.Errorf("after 2.5 s of playing it is at %s", at)
	}
}

// shot keeps a picture of the page in the folder SHOTS, where it is set.
func (b browser) shot(name string) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/"+name+".png", png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
