//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// webPhone is a phone in a browser's page.
type webPhone struct {
	browser
	e    *engine
	name string
}

// servePage serves the page of the web phones from loopback, which browsers trust, and returns its origin.
func servePage(t *testing.T) string {
	t.Helper()
	lib, err := os.ReadFile("../web/ui/vendor/jssip/jssip.esm.js")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("testdata/webphone")))
	mux.HandleFunc("/jssip.esm.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(lib)
	})
	l, err := net.Listen("tcp", secureIP+":0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: mux}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return "http://" + l.Addr().String()
}

// webBrowser is a browser whose microphone hears a tone.
func webBrowser(t *testing.T, dir, origin string, hz float64) browser {
	t.Helper()
	tone := filepath.Join(dir, "microphone.wav")
	writeToneAt(t, tone, 48000, hz, 120*time.Second)
	b := startBrowser(t,
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-file-for-fake-audio-capture", tone),
		chromedp.Flag("allow-loopback-in-peer-connection", true), chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"),
		chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("mute-audio", false),
	)
	b.do("open the page", chromedp.Navigate(origin), chromedp.Poll[chromedp.Void]("window.ready"))
	return b
}

// webPhone makes a phone in the page; with a password it registers.
func (b browser) webPhone(e *engine, name, user, password string) *webPhone {
	b.t.Helper()
	return b.webPhoneAt(e, name, "wss://"+secureIP+":5067", user, password)
}

// webPhoneAt is one that speaks to the engine by a way of its own.
func (b browser) webPhoneAt(e *engine, name, socket, user, password string) *webPhone {
	b.t.Helper()
	p := &webPhone{b, e, name}
	b.do("make a phone", chromedp.Evaluate[chromedp.Void](fmt.Sprintf("open_(%q, %q, %q, %q)", name, socket, user, password)))
	p.wait("connected", 1, 10*time.Second)
	if password != "" {
		p.wait("registered", 1, 10*time.Second)
	}
	return p
}

func (p *webPhone) run(script string) {
	p.t.Helper()
	p.do(script, chromedp.Evaluate[chromedp.Void]("void phones."+p.name+"."+script))
}

func (p *webPhone) count(event string) int {
	p.t.Helper()
	return evaluate[int](p.browser, fmt.Sprintf("phones.%s.count(%q)", p.name, event))
}

// wait waits for the n-th event of a kind (from 1).
func (p *webPhone) wait(event string, n int, most time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if p.count(event) >= n {
			return
		}
	}
	b, _ := os.ReadFile(filepath.Join(p.e.dir, "engine.log"))
	p.t.Fatalf("%s: no %s within %s; %s\n%s", p.name, event, most, evaluate[string](p.browser, "phones."+p.name+".events.join(' ')"), b)
}

// hears is what the phone heard since last asked.
func (p *webPhone) hears(hz float64) toneReport {
	p.t.Helper()
	b, err := base64.StdEncoding.DecodeString(evaluate[string](p.browser, "phones."+p.name+".pcm()"))
	if err != nil {
		p.t.Fatal(err)
	}
	x := make([]float64, len(b)/2)
	for i := range x {
		x[i] = float64(int16(binary.LittleEndian.Uint16(b[2*i:])))
	}
	return listen(x, hz)
}

// TestWebPhones: a browser registers over wss, is called as an agent, holds and resumes; another calls the flow and presses a
// key. Sound is checked at both ends and in the recording; every leg of a browser was protected by DTLS.
func TestWebPhones(t *testing.T) {
	origin := servePage(t)
	e := startSecureEngine(t, "", origin)
	b := webBrowser(t, e.dir, origin, agentTone)
	agent := b.webPhone(e, "agent", "8001", "pw-8001")
	e.agentIs("8001", "not_ready")
	agent.run("call('*1')")
	agent.wait("ended", 1, 10*time.Second)
	e.agentIs("8001", "ready")

	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.62", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	time.Sleep(700 * time.Millisecond)
	caller.press("1")
	agent.wait("incoming", 1, 10*time.Second)
	agent.run("answer()")
	agent.wait("confirmed", 2, 10*time.Second)
	e.agentIs("8001", "talking")
	time.Sleep(8 * time.Second)
	eventuallyHears(t, "the browser hears the caller", agent.hears, callerTone, 4)
	agent.run("session.hold()")
	agent.wait("hold:local", 1, 5*time.Second)
	time.Sleep(2 * time.Second)
	if r := agent.hears(callerTone); r.Seconds > 1 {
		t.Errorf("the browser hears the caller on hold: %+v", r)
	}
	agent.run("session.unhold()")
	agent.wait("unhold:local", 1, 5*time.Second)
	time.Sleep(3 * time.Second)
	eventuallyHears(t, "the browser hears the caller again", agent.hears, callerTone, 2)
	caller.do("hangup", "")
	agent.wait("ended", 2, 5*time.Second)
	e.agentIs("8001", "wrap_up")
	first := e.contacts()[0]
	checkRecording(t, e, first)
	checkHeard(t, caller, agentTone, 4.0)
	e.protectedAs(first.ID, "dtls")
	if s := first.Segments; len(s) != 1 || s[0].HoldMS < 1500 || s[0].HoldMS > 4000 {
		t.Errorf("%+v", s)
	}
	testWebCaller(t, e, b)
}

// testWebCaller calls the flow from a browser that does not register and presses 8.
func testWebCaller(t *testing.T, e *engine, b browser) {
	t.Helper()
	p := b.webPhone(e, "customer", "13900139000", "")
	p.run("call('95500')")
	p.wait("confirmed", 1, 10*time.Second)
	time.Sleep(time.Second)
	p.run("session.sendDTMF('8', {transportType: 'RFC2833'})")
	e.eventually(10*time.Second, "the browser waits in the queue of the key", func() bool { return e.metric("hotline_queue_waiting", `queue="vip"`) == 1 })
	p.run("session.terminate()")
	p.wait("ended", 1, 5*time.Second)
	e.eventually(5*time.Second, "its record is there", func() bool { return len(e.contacts()) == 2 })
	c := e.contacts()[0]
	if c.From.Number != "13900139000" || len(c.Visits) != 1 || c.Visits[0].Queue != "vip" {
		t.Errorf("%+v", c)
	}
	e.protectedAs(c.ID, "dtls")
	if log, _ := os.ReadFile(filepath.Join(e.dir, "engine.log")); strings.Contains(string(log), "level=WARN") {
		t.Errorf("%s", log)
	}
}
