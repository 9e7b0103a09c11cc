//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestSoftphone: the desk's own phone registers over the pages' listener without the password, hears itself in the echo test, is
// offered a call, answers by its button; tones go both ways and into the recording; mute is silence, hold is music, the end is
// the end.
func TestSoftphone(t *testing.T) {
	e := startEngine(t, softphoneIP, centreFile)
	p := startSoftphone(t, e, "8001", "pw-8001", "/agent", agentTone)
	e.agentIs("8001", "not_ready")

	p.do("echo test", chromedp.Evaluate[chromedp.Void]("void phone.echo()"))
	p.is("phone.call.value?.state", "up", 10*time.Second)
	time.Sleep(4 * time.Second)
	eventuallyHears(t, "the echo test plays nothing back", p.hears, agentTone, 2)
	if l := evaluate[float64](p.browser, "devices.level.value"); l < 0.3 {
		t.Errorf("the meter shows %g", l)
	}
	p.click("挂断")
	p.is("phone.call.value", "null", 5*time.Second)

	p.ready()
	caller := p.calls("127.0.0.156", "13800138000")
	e.eventually(3*time.Second, "the title says who calls", func() bool { return strings.Contains(evaluate[string](p.browser, "document.title"), "13800138000") })
	if n := evaluate[bool](p.browser, "rings()"); !n {
		t.Error("it does not ring")
	}
	p.shot("softphone-ring")
	p.hears(callerTone)
	p.click("接听")
	p.is("phone.call.value?.state", "up", 10*time.Second)
	e.agentIs("8001", "talking")
	time.Sleep(7 * time.Second)
	eventuallyHears(t, "the page hears the caller", p.hears, callerTone, 3)
	p.is("quality.value?.verdict", "good", 5*time.Second)
	p.shot("softphone-talk")
	t.Logf("quality: %s", evaluate[string](p.browser, "JSON.stringify(quality.value)"))

	muteAt := time.Now()
	p.click("静音")
	p.is("phone.muted.value", "true", time.Second)
	time.Sleep(3 * time.Second)
	p.click("静音")
	p.is("phone.muted.value", "false", time.Second)
	t.Logf("muted for %s", time.Since(muteAt))
	time.Sleep(2 * time.Second)
	heldAt := time.Now()
	p.do("hold", chromedp.Evaluate[chromedp.Void]("phone.hold(true)"))
	e.agentIs("8001", "held")
	time.Sleep(3 * time.Second)
	p.do("resume", chromedp.Evaluate[chromedp.Void]("phone.hold(false)"))
	e.agentIs("8001", "talking")
	onHold := time.Since(heldAt)
	time.Sleep(3 * time.Second)
	p.do("hang up", chromedp.Evaluate[chromedp.Void]("phone.hangup()"))
	p.is("phone.call.value", "null", 5*time.Second)
	e.agentIs("8001", "wrap_up")
	caller.wait("CALL_CLOSED", 1, 15*time.Second)

	e.eventually(5*time.Second, "the contact is closed", func() bool { c := e.contacts(); return len(c) == 1 && c[0].Recording != nil })
	c := e.contacts()[0]
	checkRecording(t, e, c)
	e.protectedAs(c.ID, "dtls")
	right := listen(recorded(t, e, c)[1], agentTone)
	if right.Gap < 2.5 || right.Gap > onHold.Seconds()+2 { // mute, or hold
		t.Errorf("the agent's channel: %+v", right)
	}
	checkHeard(t, caller, agentTone, 4)
	quiet, music := between(t, caller, agentTone)
	if quiet < 2 || music < 1.5 {
		t.Errorf("the customer heard %.1f s of silence while muted, %.1f s of music on hold", quiet, music)
	}
	t.Logf("the customer: %.1f s silence, %.1f s music", quiet, music)
	if s := c.Segments; len(s) != 1 || s[0].HoldMS < 2500 || s[0].HoldMS > onHold.Milliseconds()+500 {
		t.Errorf("%+v", s)
	}
	log, _ := os.ReadFile(filepath.Join(e.dir, "engine.log"))
	for line := range strings.Lines(string(log)) {
		slow := strings.Contains(line, "held up") || strings.Contains(line, "before the log is safe") // the machine, not the engine
		if strings.Contains(line, "level=WARN") && !slow {
			t.Error(line)
		}
	}
}

// TestSoftphoneLosesNothing: in the middle of one call the page loses its connection, and is loaded anew; the customer stays with
// the agent, both hear each other again within seconds, and it is one call in the records. The call was answered by itself.
func TestSoftphoneLosesNothing(t *testing.T) {
	e := startEngine(t, softphoneIP, centreFile)
	p := startSoftphone(t, e, "8001", "pw-8001", "/agent", agentTone)
	p.do("answers by itself", chromedp.Evaluate[chromedp.Void]("devices.choose({ auto: true })"))
	p.ready()
	caller := p.calls("127.0.0.157", "13800138000")
	p.is("phone.call.value?.state", "up", 10*time.Second)
	e.agentIs("8001", "talking")
	time.Sleep(4 * time.Second)
	p.hears(callerTone)

	p.do("lose the connection", chromedp.Evaluate[chromedp.Void]("sockets.at(-1).close()"))
	p.is("phone.state.value", "lost", 5*time.Second)
	p.is("phone.state.value", "ready", 15*time.Second)
	time.Sleep(4 * time.Second)
	eventuallyHears(t, "after the loss: the page hears", p.hears, callerTone, 2)

	at := time.Now()
	p.do("load anew", chromedp.Reload())
	p.load()
	if evaluate[string](p.browser, "phone.state.value") == "off" {
		p.do("turn the phone on", chromedp.Evaluate[chromedp.Void]("void phone.start()"))
	}
	p.is("phone.call.value?.state", "up", 10*time.Second)
	t.Logf("back in the call %s after loading anew", time.Since(at))
	if state, _ := e.agentState("8001"); state != "talking" {
		t.Errorf("the agent is %s", state)
	}
	p.is("phone.call.value?.number", "13800138000", time.Second)
	time.Sleep(5 * time.Second)
	eventuallyHears(t, "after loading anew: the page hears", p.hears, callerTone, 2.5)
	caller.do("hangup", "")
	p.is("phone.call.value", "null", 5*time.Second)
	e.agentIs("8001", "wrap_up")

	e.eventually(5*time.Second, "the contact is closed", func() bool { c := e.contacts(); return len(c) == 1 && c[0].Recording != nil })
	c := e.contacts()[0]
	if len(c.Visits) != 1 || len(c.Offers) != 1 || len(c.Segments) != 1 {
		t.Errorf("%+v", c)
	}
	right := listen(recorded(t, e, c)[1], agentTone)
	if right.Seconds < 9 || right.Gap > 8 {
		t.Errorf("the agent's channel: %+v", right)
	}
	t.Logf("the agent's channel: %+v", right)
	checkHeard(t, caller, agentTone, 8)
}

// TestSoftphoneSleeps: the computer sleeps for 15 s in the middle of a call: the customer hears music, the agent keeps its call and
// its state, and both hear each other again as soon as it wakes.
func TestSoftphoneSleeps(t *testing.T) {
	e := startEngine(t, softphoneIP, centreFile)
	p := startSoftphone(t, e, "8001", "pw-8001", "/agent", agentTone)
	p.ready()
	caller := p.calls("127.0.0.158", "13800138000")
	p.do("answer", chromedp.Evaluate[chromedp.Void]("void phone.answer()"))
	p.is("phone.call.value?.state", "up", 10*time.Second)
	time.Sleep(4 * time.Second)
	p.sleeps(15 * time.Second)
	if state, _ := e.agentState("8001"); state != "talking" {
		t.Errorf("the agent is %s", state)
	}
	time.Sleep(2 * time.Second)
	p.hears(callerTone)
	time.Sleep(4 * time.Second)
	eventuallyHears(t, "awake again: the page hears", p.hears, callerTone, 2)
	caller.do("hangup", "")
	p.is("phone.call.value", "null", 5*time.Second)
	e.eventually(5*time.Second, "the contact is closed", func() bool { c := e.contacts(); return len(c) == 1 && c[0].Recording != nil })
	c := e.contacts()[0]
	if len(c.Visits) != 1 || len(c.Segments) != 1 {
		t.Errorf("%+v", c)
	}
	right := listen(recorded(t, e, c)[1], agentTone)
	quiet, music := between(t, caller, agentTone)
	t.Logf("the agent's channel: %+v; the customer heard %.1f s of silence and %.1f s of music", right, quiet, music)
	if right.Gap < 14 || right.Gap > 19 || music < 4 || quiet > 11 {
		t.Error("that is not as it should be")
	}
}

// TestSoftphoneOfALead: who is no agent has a phone as well; nobody takes it for an agent, and it is gone with the login.
func TestSoftphoneOfALead(t *testing.T) {
	e := startEngine(t, softphoneIP, centreFile)
	p := startSoftphone(t, e, "admin", adminPassword, "/lead", agentTone)
	p.do("echo test", chromedp.Evaluate[chromedp.Void]("void phone.echo()"))
	p.is("phone.call.value?.state", "up", 10*time.Second)
	time.Sleep(3 * time.Second)
	eventuallyHears(t, "the echo test plays nothing back", p.hears, agentTone, 1)
	p.click("设备")
	p.shot("softphone-lead")
	p.do("in English", chromedp.Evaluate[chromedp.Void](`void import("/ui/shared/text.js").then((m) => m.setLang("en-US", false))`))
	e.eventually(3*time.Second, "the pane is in English", func() bool { return strings.Contains(p.text(".ph"), "Hang up") })
	p.shot("softphone-lead-en")
	p.do("hang up", chromedp.Evaluate[chromedp.Void]("phone.hangup()"))
	if b, _ := e.get("/api/v1/live"); strings.Contains(string(b), "~admin") {
		t.Errorf("the live view takes a login for an agent: %s", b)
	}
	p.do("log out", chromedp.Evaluate[chromedp.Void](`void fetch("/api/v1/logout", {method: "POST"}).then(() => sockets.at(-1).close())`))
	p.is("phone.state.value", "lost", 5*time.Second)
	time.Sleep(3 * time.Second)
	if s := evaluate[string](p.browser, "globalThis.phone?.state.value ?? 'gone'"); s == "ready" {
		t.Error("the phone outlives the login")
	}
}
