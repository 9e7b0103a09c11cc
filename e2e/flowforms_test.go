//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// choose takes a value in a list of choices, as a person does.
func (b browser) choose(id, value string) {
	b.t.Helper()
	if !evaluate[bool](b, `(() => { const s = document.getElementById(`+quote(id)+`); if (!s) return false; s.value = `+quote(value)+`;
		const there = s.value === `+quote(value)+`; s.dispatchEvent(new Event("change", {bubbles: true})); return there })()`) {
		b.t.Fatalf("%s cannot be %q", id, value)
	}
}

// row clicks the row of the tree that shows a text.
func (b browser) row(text string) {
	b.t.Helper()
	end := time.Now().Add(5 * time.Second)
	for !evaluate[bool](b, `(() => { const r = [...document.querySelectorAll(".tree .row")].find((r) => r.innerText.replace(/\s+/g, " ").includes(`+quote(text)+`)); r?.click(); r?.focus(); return !!r })()`) {
		if time.Now().After(end) {
			b.t.Fatalf("no row %q in\n%s", text, b.text(".tree"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

const oldMenu, newMenu = `    - menu: {prompt: main-menu, keys: {"1": {queue: claims}, "2": {play: address}, "8": {queue: vip}}, tries: 2, timeout: 3s, otherwise: {queue: claims}}`,
	`    - menu: {prompt: main-menu, keys: {"1": {queue: claims}, "2": {play: address}, "8": {queue: vip}, "5": {queue: vip}}, tries: 2, timeout: 3s, otherwise: {queue: claims}}`

// TestFlowForms: a flow is changed step by step with keys and forms; a fault stands at its step; the difference is one line a step;
// published, the next caller hears it; rolled back, the one after does not.
func TestFlowForms(t *testing.T) {
	script := axe(t)
	source := strings.Replace(strings.TrimSpace(centreFile), "    - play: welcome", "    # spoken by 王芳\n    - play: welcome", 1) + "\n"
	e := startEngine(t, "127.0.0.92", source)
	b, base := startBrowser(t, chromedp.WindowSize(1440, 900)), "http://"+e.web
	b.do("log in", chromedp.Navigate(base+"/login?lang=zh-CN&next=/admin"), chromedp.WaitVisible("#password"), chromedp.SendKeys("#user", "admin"),
		chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".rail"))
	b.is(".work", "正常接收", 5*time.Second)
	b.key("to the flows", "g")
	b.is(".tree", "主菜单 main-menu", 5*time.Second)
	b.is(".uses", "95500", 5*time.Second)

	// A key more: pressed on the telephone that the form draws, then led to another queue.
	b.row("菜单 主菜单")
	b.do("key 5", chromedp.Click(".pad button:nth-child(5)"))
	b.row("5 排队 报案")
	b.choose("in-2-menu-keys-5-0-id", "vip")
	b.is(".tree", "VIP vip", 5*time.Second)

	// A step more, with keys alone; a prompt that there is not is told at the step.
	b.row("播放 欢迎语")
	b.do("add", chromedp.KeyEvent(kb.Insert), chromedp.WaitVisible(".kindof"))
	b.accessible(script, "zh-CN kinds")
	b.do("the first kind", chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#in-2-value"))
	b.do("no such prompt", chromedp.Click("#in-2-value"), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("nowhere"))
	b.is(".row.bad .fault", "nowhere", 10*time.Second)
	b.is(".review", "有错误", 5*time.Second)
	b.keep("flow-fault-zh")
	b.accessible(script, "zh-CN fault")
	b.row("5 排队")
	b.do("to the fault", chromedp.Click(".review .faults .pick"), chromedp.Sleep(300*time.Millisecond))
	if on := b.text(".tree .row.on"); !strings.Contains(on, "nowhere") {
		t.Errorf("the fault leads to %q", on)
	}
	b.do("right", chromedp.Click("#in-2-value"), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("please-wait"))
	b.is(".review", "流程 main", 10*time.Second)

	// Down and up again, away and back: the keys of the tree.
	b.row("播放 请稍候")
	b.do("up, down, away, back", chromedp.KeyEvent(kb.ArrowUp, chromedp.KeyModifiers(chromedp.ModifierAlt)), chromedp.Sleep(100*time.Millisecond), chromedp.KeyEvent(kb.ArrowDown, chromedp.KeyModifiers(chromedp.ModifierAlt)),
		chromedp.Sleep(100*time.Millisecond), chromedp.KeyEvent(kb.Delete), chromedp.Sleep(100*time.Millisecond), chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.Sleep(1200*time.Millisecond))
	b.is(".tree", "请稍候 please-wait", 5*time.Second)
	b.is(".review", "流程 main", 10*time.Second)
	b.keep("flow-form-zh")
	b.do("the difference", chromedp.Click("#tab-diff"), chromedp.WaitVisible("#beside .diff"))
	if plus, minus := evaluate[int](b, `document.querySelectorAll("#beside .plus").length`), evaluate[int](b, `document.querySelectorAll("#beside .minus").length`); plus != 2 || minus != 1 {
		t.Errorf("%d lines come, %d go:\n%s", plus, minus, b.text("#beside"))
	}
	b.keep("flow-diff-zh")
	b.accessible(script, "zh-CN difference")
	b.do("publish", chromedp.SendKeys(".publish input", "key 5"), chromedp.Click("#publish"))
	b.is(".said", "已发布", 5*time.Second)
	want := strings.Replace(strings.Replace(source, oldMenu, newMenu, 1), "    - play: welcome\n", "    - play: welcome\n    - play: please-wait\n", 1)
	if out, err := e.command("export"); err != nil || out != want {
		t.Errorf("%v: in force is\n%s\nwant\n%s", err, out, want)
	}

	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.92.1", user: "13800138001", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("5")
	e.eventually(10*time.Second, "key 5 leads to the other queue", func() bool { return e.metric("hotline_queue_waiting", `"vip"`) == 1 })
	caller.do("hangup", "")
	caller.wait("CALL_CLOSED", 1, 5*time.Second)

	b.queueRules(e, script)
	b.do("the history", chromedp.Navigate(base+"/admin?lang=en-US#versions"), chromedp.WaitVisible(".versions tbody tr:nth-child(3)"),
		chromedp.Click(".versions tbody tr:nth-child(3) button"), chromedp.WaitVisible("#publish"))
	b.is(".review", "changed flow main", 5*time.Second)
	b.keep("flow-roll-back-en")
	b.do("publish", chromedp.Click("#publish"))
	b.is(".said", "Published: 2 changes", 5*time.Second)
	if out, err := e.command("export"); err != nil || out != source {
		t.Errorf("%v: rolled back is\n%s", err, out)
	}
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 2, 5*time.Second)
	caller.press("5")
	time.Sleep(2 * time.Second)
	if n := e.metric("hotline_queue_waiting", `"vip"`); n != 0 {
		t.Errorf("%v wait by a key that is gone", n)
	}
	caller.do("hangup", "")
}

// queueRules: a queue's rule is made by a form, in English; it is published and stands in the file.
func (b browser) queueRules(e *engine, script string) {
	b.t.Helper()
	b.do("the rules", chromedp.Navigate("http://"+e.web+"/admin?lang=en-US#flows/queues/claims"), chromedp.WaitVisible(".tree .rule"))
	b.row("Overflow none")
	b.do("a rule", chromedp.Click(".stepform .btn.p"), chromedp.WaitVisible("#in-overflow-0-queues"))
	b.choose("in-overflow-0-queues", "vip")
	b.is(".review", "changed queue", 10*time.Second)
	b.keep("flow-rules-en")
	b.accessible(script, "en-US rules")
	b.do("YAML", chromedp.Click("#tab-yaml"), chromedp.WaitVisible("#beside .yaml"))
	b.is("#beside .yaml", "overflow: [{after: 30s, queues: [vip]}]", 5*time.Second)
	b.accessible(script, "en-US YAML")
	b.do("publish", chromedp.Click("#publish"))
	b.is(".said", "Published: 1 change", 5*time.Second)
	if out, err := e.command("export"); err != nil || !strings.Contains(out, "    overflow: [{after: 30s, queues: [vip]}]\n") {
		b.t.Errorf("%v: in force is\n%s", err, out)
	}
}
