//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestDeskPhoneInPage: an agent without any other phone signs in at the one in the page, answers by Enter, mutes, and hangs up.
func TestDeskPhoneInPage(t *testing.T) {
	w := words()[0]
	e := startEngine(t, "127.0.55.5", strings.Replace(deskCentre, `"95500": main`, `"95500": direct`, 1))
	tone := filepath.Join(e.dir, "tone.wav")
	writeToneAt(t, tone, 48000, agentTone, 60*time.Second)
	b := startBrowser(t,
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-file-for-fake-audio-capture", tone),
		chromedp.Flag("allow-loopback-in-peer-connection", true), chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"),
	)
	b.entered("http://"+e.web, w.lang, "8001")
	b.is(stateOf, w.signedOut, 5*time.Second)
	b.do("the phone in the page", chromedp.Click("input[value=page]"))
	e.eventually(15*time.Second, "it is registered", func() bool {
		s, _ := e.agentState("8001")
		return s == "not_ready" || s == "signed_out" && b.text(".ph-st.ready") != ""
	})
	b.keep("desk-page-phone")
	b.key("sign in", kb.F2)
	b.is(stateOf, w.ready, 5*time.Second)

	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.55.108", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	b.is("#callbar", w.incoming, 10*time.Second)
	b.is("#answer", "Enter", 5*time.Second)
	b.key("answer", kb.Enter)
	b.is(stateOf, w.talking, 10*time.Second)
	b.can("静音")
	b.key("mute", "m")
	b.is(".ctl", "取消静音", 5*time.Second)
	b.is("#callbar", "已静音", 5*time.Second)
	b.keep("desk-page-phone-muted")
	b.key("unmute", "m")
	b.can("咨询")
	b.key("hang up", kb.Escape)
	b.key("hang up, again", kb.Escape)
	b.is(stateOf, w.wrap, 5*time.Second)
	caller.wait("CALL_CLOSED", 1, 10*time.Second)
}
