//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// between is how long a phone heard silence, and something else than the tone, between the tone's beginning and its end.
func between(t *testing.T, p *phone, hz float64) (quiet, other float64) {
	t.Helper()
	for _, f := range p.heard() {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		x := readWAV(t, b)[0]
		r := listen(x, hz)
		if r.Seconds < 1 {
			continue
		}
		for at := int(r.First * 8000); at+window <= int(r.Last*8000); at += window {
			var energy float64
			for _, v := range x[at : at+window] {
				energy += v * v
			}
			amp, _ := level(x, at, hz)
			switch rms := math.Sqrt(energy / window); {
			case rms < 60:
				quiet += 0.02
			case amp*amp/2 < 0.3*energy/window:
				other += 0.02
			}
		}
	}
	return quiet, other
}

const softphoneIP = "127.0.0.56"

// hearing keeps what the page's phone lets its person hear, at 8 kHz.
const hearing = `(async () => {
  if (!window.sockets) {
    window.sockets = []
    window.WebSocket = class extends WebSocket { constructor(...args) { super(...args); window.sockets.push(this) } }
  }
  window.phone = await import("/ui/phone/phone.js")
  window.devices = await import("/ui/phone/devices.js")
  window.rings = (await import("/ui/phone/sound.js")).rings
  window.quality = (await import("/ui/phone/quality.js")).quality
  devices.choose({ clean: false })
  const context = new AudioContext({ sampleRate: 8000 })
  window.heard = []
  let last = null
  setInterval(() => {
    if (!phone.sound.srcObject || phone.sound.srcObject === last) return
    last = phone.sound.srcObject
    const tap = context.createScriptProcessor(1024, 1, 1)
    context.createMediaStreamSource(last).connect(tap)
    tap.connect(context.destination)
    tap.onaudioprocess = (e) => window.heard.push(new Float32Array(e.inputBuffer.getChannelData(0)))
  }, 50)
  window.pcm = () => {
    const all = new Int16Array(window.heard.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of window.heard) for (const v of part) all[at++] = Math.max(-1, Math.min(1, v)) * 32767
    window.heard = []
    const bytes = new Uint8Array(all.buffer)
    let text = ""
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
    return btoa(text)
  }
  window.loaded = true
})()`

// showPane shows the phone's pane where the page shows none.
const showPane = `(async () => {
  if (document.querySelector(".ph")) return
  const { html, render } = await import("/ui/shared/lib.js")
  const { Pane } = await import("/ui/phone/pane.js")
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/ui/phone/phone.css" })
  document.head.append(style)
  const box = document.createElement("div")
  box.style.cssText = "position:fixed;right:8px;bottom:8px;width:360px;z-index:9"
  document.body.append(box)
  render(html` + "`<${Pane} />`" + `, box)
})()`

// softphone is the phone in the desk's page.
type softphone struct {
	browser
	e *engine
}

// startSoftphone logs an agent or another login in and turns the page's phone on.
func startSoftphone(t *testing.T, e *engine, user, password, page string, hz float64) *softphone {
	t.Helper()
	tone := filepath.Join(e.dir, user+".wav")
	writeToneAt(t, tone, 48000, hz, 120*time.Second)
	b := startBrowser(t,
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-file-for-fake-audio-capture", tone),
		chromedp.Flag("allow-loopback-in-peer-connection", true), chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"),
		chromedp.Flag("mute-audio", false), chromedp.Flag("unsafely-treat-insecure-origin-as-secure", "http://"+e.web),
	)
	p := &softphone{b, e}
	b.do("log in", chromedp.Navigate("http://"+e.web+"/login?lang=zh-CN&next="+page), chromedp.WaitVisible("#password"),
		chromedp.SendKeys("#user", user), chromedp.SendKeys("#password", password+"\r"))
	b.arrives(page)
	p.load()
	b.do("turn the phone on", chromedp.Evaluate[chromedp.Void]("void phone.start()"))
	p.is("phone.state.value", "ready", 10*time.Second)
	return p
}

// arrives waits until the browser shows a page; what is asked while it is on its way fails.
func (b browser) arrives(page string) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`location.pathname === "`+page+`" && document.readyState === "complete"`))
		if err == nil && there {
			return
		}
	}
	b.t.Fatalf("not at %s", page)
}

// load brings in what listens, after every loading of the page.
func (p *softphone) load() {
	p.t.Helper()
	p.do("listen", chromedp.Evaluate[chromedp.Void]("void "+hearing), chromedp.Poll[chromedp.Void]("window.loaded"), chromedp.Evaluate[chromedp.Void]("void "+showPane))
}

// is waits until an expression of the page has a value.
func (p *softphone) is(expression, want string, most time.Duration) {
	p.t.Helper()
	got := ""
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if got = evaluate[string](p.browser, "String("+expression+")"); got == want {
			return
		}
	}
	b, _ := os.ReadFile(filepath.Join(p.e.dir, "engine.log"))
	p.t.Fatalf("%s is %q within %s, not %q; problem %s\n%s", expression, got, most, want, evaluate[string](p.browser, "JSON.stringify(phone.problem.value)"), b)
}

// click clicks a button by its words.
func (p *softphone) click(words string) {
	p.t.Helper()
	if !evaluate[bool](p.browser, fmt.Sprintf(`(() => { const b = [...document.querySelectorAll(".ph button")].find((b) => b.innerText.trim() === %q && !b.disabled); b?.click(); return !!b })()`, words)) {
		p.t.Fatalf("no button %q: %s", words, p.text(".ph"))
	}
}

// hears is what was heard since last asked.
func (p *softphone) hears(hz float64) toneReport {
	p.t.Helper()
	return listen(p.pcm(), hz)
}

// hearsEach waits until so many seconds of every tone have been heard from now on: a browser on a busy machine plays late.
func (p *softphone) hearsEach(seconds float64, tones map[string]float64) {
	p.t.Helper()
	p.pcm()
	var x []float64
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		x = append(x, p.pcm()...)
		if all := !slices.ContainsFunc(slices.Collect(maps.Values(tones)), func(hz float64) bool { return sound(x, hz).total < seconds }); all {
			return
		}
	}
	for name, hz := range tones {
		p.t.Errorf("heard %.1f s of the %s within %s", sound(x, hz).total, name, patience)
	}
}

// pcm is that as samples.
func (p *softphone) pcm() []float64 {
	p.t.Helper()
	b, err := base64.StdEncoding.DecodeString(evaluate[string](p.browser, "pcm()"))
	if err != nil {
		p.t.Fatal(err)
	}
	x := make([]float64, len(b)/2)
	for i := range x {
		x[i] = float64(int16(binary.LittleEndian.Uint16(b[2*i:])))
	}
	return x
}

// calls has a customer call and choose the queue of key 1.
func (p *softphone) calls(ip, number string) *phone {
	p.t.Helper()
	caller := startPhone(p.t, p.e, "caller"+number, phoneOptions{ip: ip, user: number, tone: callerTone})
	caller.dial(p.e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	time.Sleep(700 * time.Millisecond)
	caller.press("1")
	p.is("phone.call.value?.state", "ringing", 10*time.Second)
	return caller
}

// ready makes the agent ready as its page does.
func (p *softphone) ready() {
	p.t.Helper()
	p.do("ready", chromedp.Evaluate[chromedp.Void](`void fetch("/api/v1/agents/8001/state", {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"state":"ready"}'})`))
	p.e.agentIs("8001", "ready")
}

// processes are a process and all that it began.
func processes(pid int) []int {
	all := []int{pid}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, f := range tasks {
		b, _ := os.ReadFile(f)
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, processes(n)...)
			}
		}
	}
	return all
}

// sleeps stops the browser for a while, as a computer that sleeps does.
func (p *softphone) sleeps(long time.Duration) {
	p.t.Helper()
	all := processes(chromedp.FromContext(p.ctx).Browser.Process().Pid)
	signal := func(s syscall.Signal) {
		for _, pid := range all {
			_ = syscall.Kill(pid, s)
		}
	}
	signal(syscall.SIGSTOP)
	defer signal(syscall.SIGCONT)
	time.Sleep(long)
}
