//go:build e2e

package e2e

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// deskCentre is a centre whose after-call work asks for a code and whose breaks are named.
const deskCentre = `
time_zone: Asia/Shanghai
language: zh-CN
teams: [{id: a, name: 一组}]
agents:
  - {id: "8001", name: 王芳, password: pw-8001, team: a, skills: {claims: 5}}
  - {id: "8002", name: 李雷, password: pw-8002, team: a}
not_ready_reasons:
  - {id: rest, name: 小休, allowance: 15m}
  - {id: meal, name: 就餐, allowance: 45m}
wrap_up_codes:
  - id: claim
    name: 报案
    codes:
      - {id: claim.new, name: 新报案}
      - {id: claim.progress, name: 进度查询, codes: [{id: claim.late, name: 查勘未到}, {id: claim.paid, name: 赔付到账}]}
  - {id: other, name: 其他}
queues:
  - id: claims
    name: 报案
    needs: claims
    ring_timeout: 20s
    wrap_up: {mode: timed, after: 60s, codes: required, extend: 30s, extends: 2}
flows:
  main: [{answer: {}}, {menu: {prompt: main-menu, keys: {"1": {queue: claims}}, tries: 2, timeout: 5s, otherwise: {queue: claims}}}]
  direct: [{answer: {}}, {queue: claims}]
numbers: {"95500": main}
dial_out: {allow: ["1"], from: "95500"}
`

// line is a way from the browser to the engine that can be cut.
type line struct {
	net.Listener
	mu    sync.Mutex // guards the fields below
	conns []net.Conn
	down  bool
}

// lineTo starts one; its address stands in for the engine's.
func lineTo(t *testing.T, to string) *line {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.55.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: in}
	t.Cleanup(func() { in.Close(); l.cut(true) })
	go func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			go l.carry(c, to)
		}
	}()
	return l
}

func (l *line) carry(c net.Conn, to string) {
	out, err := net.Dial("tcp", to)
	l.mu.Lock()
	if l.down || err != nil {
		l.mu.Unlock()
		c.Close()
		if out != nil {
			out.Close()
		}
		return
	}
	l.conns = append(l.conns, c, out)
	l.mu.Unlock()
	go func() { io.Copy(out, c); out.Close() }()
	io.Copy(c, out)
	c.Close()
}

// cut ends all that is under way and lets nothing through, or lets everything through again.
func (l *line) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	if down {
		for _, c := range l.conns {
			c.Close()
		}
		l.conns = nil
	}
}

// key presses a key in the page, as a person does.
func (b browser) key(what, key string, with ...chromedp.Modifier) {
	b.t.Helper()
	if key == kb.Enter {
		b.do(what, chromedp.KeyEvent(key, chromedp.KeyModifiers(with...)))
		return
	}
	b.do(what, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, r := range key {
			for _, k := range kb.Encode(r) {
				if k.Type == kb.KeyChar { // what a page has taken for itself is not typed: only here the two are apart
					continue
				}
				for _, m := range with {
					k.Modifiers |= int64(m)
				}
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *k); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

// keep keeps a picture of the page among the artefacts.
func (b browser) keep(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll("artefacts", 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("artefacts", name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// is waits until what a selector shows holds a text.
func (b browser) is(selector, text string, most time.Duration) {
	b.t.Helper()
	got := ""
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if got = b.text(selector); strings.Contains(got, text) {
			return
		}
	}
	b.keep("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
	b.t.Fatalf("not within %s: %s shows %q, not %q\n%s", most, selector, got, text, b.text("body"))
}

// may says whether the button with the text can be pressed.
func (b browser) may(word string) bool {
	b.t.Helper()
	return evaluate[bool](b, `[...document.querySelectorAll("button")].some((x) => x.innerText.includes("`+word+`") && !x.disabled)`)
}

// can waits until the button with the text can be pressed.
func (b browser) can(word string) {
	b.t.Helper()
	for end := time.Now().Add(8 * time.Second); !b.may(word); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.keep("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("%s cannot be pressed\n%s", word, b.text("body"))
		}
	}
}

// entered opens the desk as the agent.
func (b browser) entered(base, lang, agent string) {
	b.t.Helper()
	b.do("log in", chromedp.EmulateViewport(1280, 720), chromedp.Navigate(base+"/login?next=/agent&lang="+lang), chromedp.WaitVisible("#password"),
		chromedp.SendKeys("#user", agent), chromedp.SendKeys("#password", "pw-"+agent+"\r"), chromedp.WaitVisible(".state .now"))
}

// deskWords are what the desk shows, in its language.
type deskWords struct {
	lang                                                              string
	ready, ringing, talking, held, consulting, wrap, rest, signedOut  string
	signIn, hold, unhold, complete, stale, required, incoming, finish string
}

func words() []deskWords {
	return []deskWords{
		{"zh-CN", "空闲", "振铃", "通话中", "保持中", "咨询中", "话后处理", "小休", "已签出", "签入", "保持", "取回", "完成转接", "数据停在", "必填", "来电振铃", "完成并就绪"},
		{"en-US", "Ready", "Ringing", "Talking", "On hold", "Consulting", "Wrap-up", "小休", "Signed out", "Sign in", "Hold", "Resume", "Complete", "Data stopped", "Required", "Incoming call", "Finish and ready"},
	}
}

const stateOf = ".state .now .st"

// TestDeskFirstHour: an agent signs in, is rung, looks at the card, answers, holds, consults, hangs up, gives a code and goes for
// a break; in between the page is loaded again, a second desk agrees, and the line to the engine is away for a while.
func TestDeskFirstHour(t *testing.T) {
	for _, w := range words() {
		t.Run(w.lang, func(t *testing.T) { firstHour(t, w) })
	}
}

func firstHour(t *testing.T, w deskWords) {
	e := startEngine(t, "127.0.0.55", deskCentre)
	phone := startPhone(t, e, "8001", phoneOptions{ip: "127.0.55.101", user: "8001", password: "pw-8001", tone: 600})
	startPhone(t, e, "8002", phoneOptions{ip: "127.0.55.102", user: "8002", password: "pw-8002", tone: 700, auto: true})
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.55.103", user: "13800138000", tone: callerTone})
	l := lineTo(t, e.web)
	b, base := startBrowser(t), "http://"+l.Addr().String()
	b.entered(base, w.lang, "8001")

	b.key("sign out", kb.F8)
	b.key("sign out, again", kb.F8)
	b.is(stateOf, w.signedOut, 5*time.Second)
	b.is(".signin h2", w.signIn, time.Second)
	b.keep("desk-signin-" + w.lang)
	b.key("sign in", kb.F2)
	b.is(stateOf, w.ready, 5*time.Second)
	b.keep("desk-ready-" + w.lang)

	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	b.is("#callbar", w.incoming, 10*time.Second)
	b.is(".who .num", "13800138000", 3*time.Second)
	b.keep("desk-ring-" + w.lang)
	phone.do("accept", "")
	b.is(stateOf, w.talking, 5*time.Second)

	b.can(w.hold)
	b.key("hold", "h")
	b.is(stateOf, w.held, 5*time.Second)
	b.reloaded(w.held)
	two := startBrowser(t)
	two.entered(base, w.lang, "8001")
	two.is(stateOf, w.held, 5*time.Second)
	two.can(w.unhold)
	two.key("resume at the other desk", "h")
	b.is(stateOf, w.talking, 5*time.Second)
	two.is(stateOf, w.talking, 5*time.Second)
	b.cutOff(l, w)

	b.consults(w)
	b.keep("desk-talk-" + w.lang)
	b.key("hang up", kb.Escape)
	if b.text(stateOf) != w.talking {
		t.Fatal("one press of Escape ends the call")
	}
	b.key("hang up, again", kb.Escape)
	b.is(stateOf, w.wrap, 5*time.Second)
	b.wrapsUp(w)
	two.is(stateOf, w.ready, 5*time.Second)
	b.key("not ready", kb.F3)
	b.key("the first reason", "1")
	b.is(stateOf, w.rest, 5*time.Second)
	two.is(stateOf, w.rest, 5*time.Second)
	b.keep("desk-break-" + w.lang)
}

// reloaded loads the page again and holds it to the state.
func (b browser) reloaded(state string) {
	b.t.Helper()
	b.do("reload", chromedp.Reload(), chromedp.WaitVisible(".state .now"))
	b.is(stateOf, state, 5*time.Second)
}

// cutOff takes the network away for a while: nothing can be pressed meanwhile, and nothing is lost.
func (b browser) cutOff(l *line, w deskWords) {
	b.t.Helper()
	l.cut(true)
	b.is(".fresh.stale", w.stale, 8*time.Second)
	if b.may(w.hold) {
		b.t.Error("the call can be held while the engine is not heard")
	}
	b.keep("desk-stale-" + w.lang)
	time.Sleep(2 * time.Second)
	l.cut(false)
	b.is(stateOf, w.talking, 15*time.Second)
	b.can(w.hold)
}

// consults asks a colleague and comes back to the customer.
func (b browser) consults(w deskWords) {
	b.t.Helper()
	b.can(w.hold)
	b.key("consult", "c")
	b.do("whom", chromedp.WaitVisible("#target"), chromedp.SendKeys("#target", "8002"))
	b.keep("desk-consult-" + w.lang)
	b.key("call", kb.Enter)
	b.is(stateOf, w.consulting, 10*time.Second)
	b.is(".ctl", w.complete, 5*time.Second)
	b.can(w.complete)
	b.keep("desk-consulting-" + w.lang)
	b.key("back to the customer", "x")
	b.is(".ctl", w.hold, 10*time.Second)
	b.is(stateOf, w.talking, 10*time.Second)
}

// wrapsUp cannot end its after-call work without a code, gives one by keys and ends it.
func (b browser) wrapsUp(w deskWords) {
	b.t.Helper()
	b.is(".wrapup h3", w.required, 5*time.Second)
	if b.may(w.finish) {
		b.t.Error("after-call work can be ended without the code")
	}
	b.key("the codes", "w", chromedp.ModifierAlt)
	b.key("first group", "1")
	b.key("second group", "2")
	b.key("first code", "1")
	b.is("#codes .sel2", "查勘未到", 5*time.Second)
	b.do("a note", chromedp.SendKeys(".note", "客户在应急车道"))
	b.keep("desk-wrap-" + w.lang)
	b.key("finish", kb.Enter, chromedp.ModifierCtrl)
	b.is(stateOf, w.ready, 5*time.Second)
}
