//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestHostileCallerName: what a caller calls itself is shown as text, in one line and cut, whatever stands in it.
func TestHostileCallerName(t *testing.T) {
	e := startEngine(t, "127.0.55.4", strings.Replace(deskCentre, `"95500": main`, `"95500": direct`, 1))
	phone := askingPhone(t, e, "8001", "127.0.55.106", false)
	b, base := startBrowser(t), "http://"+e.web
	b.entered(base, "zh-CN", "8001")
	for i, name := range []string{
		`<script>document.title='taken'</script><img src=x onerror=document.title='taken'>`,
		`=HYPERLINK('http://x')`, "\u202Egnp.exe\u202C", strings.Repeat("长", 1300), `a\\\n\"b`,
	} {
		caller := ringAs(t, e, i, `"`+name+`" `)
		caller.taken()
		b.is("#callbar", words()[0].incoming, 15*time.Second)
		phone.do("accept", "")
		b.is(stateOf, words()[0].talking, 5*time.Second)
		b.shownSafely(fmt.Sprint(i))
		caller.send("BYE", 2, caller.ok, "")
		b.is(stateOf, words()[0].wrap, 5*time.Second)
		b.can("其他")
		b.key("a code", "2")
		b.is("#codes .sel2", "其他", 5*time.Second)
		b.key("ready", kb.F2)
		b.is(stateOf, words()[0].ready, 5*time.Second)
	}
}

// shownSafely holds the page to its size and to doing nothing that a name says.
func (b browser) shownSafely(name string) {
	b.t.Helper()
	b.do("the card", chromedp.WaitVisible(".who"))
	b.keep("desk-hostile-" + name)
	if tall := evaluate[int](b, `document.querySelector(".who").offsetHeight`); tall > 60 {
		b.t.Errorf("%s: the name makes the card %d px tall", name, tall)
	}
	if wide := evaluate[int](b, `document.documentElement.scrollWidth`); wide > 1280 {
		b.t.Errorf("%s: the name makes the page %d px wide", name, wide)
	}
	if evaluate[bool](b, `document.title.includes("taken") || /[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText)`) {
		b.t.Errorf("%s: the name does what it says", name)
	}
}
