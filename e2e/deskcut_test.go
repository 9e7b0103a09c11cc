//go:build e2e

package e2e

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hole is a way from the browser to the engine into which everything may vanish without a word, as on a network that is gone: no
// connection ends, nothing arrives.
type hole struct {
	net.Listener
	mu   sync.Mutex
	open sync.Cond
	deaf bool
}

func holeTo(t *testing.T, to string) *hole {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.93.2:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hole{Listener: in}
	h.open.L = &h.mu
	t.Cleanup(func() { in.Close(); h.swallow(false) })
	go func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				continue
			}
			go h.carry(out, c)
			go h.carry(c, out)
		}
	}()
	return h
}

// carry brings bytes on; while the hole is deaf they wait.
func (h *hole) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		h.mu.Lock()
		for h.deaf {
			h.open.Wait()
		}
		h.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil && err != io.EOF || n == 0 {
			return
		}
	}
}

func (h *hole) swallow(deaf bool) {
	h.mu.Lock()
	h.deaf = deaf
	h.mu.Unlock()
	h.open.Broadcast()
}

// answersLate has the page hear the answer to what it asked for half a second after the live view has told of it.
const answersLate = `(() => {
  const ask = window.fetch
  window.fetch = async (...a) => {
    const answer = await ask(...a)
    if (a[1]?.method === "POST") await new Promise((r) => setTimeout(r, 500))
    return answer
  }
})()`

// TestDeskAwayForHalfAMinute: the network of an agent who speaks by the phone in its page takes nothing for 30 s, web and signalling
// alike. The customer stays, the state stays, another desk of the agent goes on and what it does there is what both show afterwards.
func TestDeskAwayForHalfAMinute(t *testing.T) {
	w := words()[0]
	e := startEngine(t, "127.0.0.93", strings.Replace(deskCentre, `"95500": main`, `"95500": direct`, 1))
	h := holeTo(t, e.web)
	via := *e
	via.web = h.Addr().String()
	p := startSoftphone(t, &via, "8001", "pw-8001", "/agent", agentTone)
	p.do("at the desk", chromedp.EmulateViewport(1280, 720))
	p.speaks()
	e.agentIs("8001", "not_ready")
	p.turns("the page knows it", `!document.querySelector(".signin")`) // else F2 signs in, at another phone
	p.key("ready", kb.F2)
	e.agentIs("8001", "ready")
	two := startBrowser(t)
	two.entered("http://"+e.web, w.lang, "8001")

	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.93.110", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	p.is("phone.call.value?.state", "ringing", patience)
	p.browser.is("#answer", "Enter", patience)
	p.key("answer", kb.Enter)
	p.is("phone.call.value?.state", "up", patience)
	e.agentIs("8001", "talking")
	two.is(stateOf, w.talking, patience)
	time.Sleep(3 * time.Second)

	gone := time.Now()
	h.swallow(true)
	p.turns("the desk says that it hears nothing", `document.querySelector(".fresh.stale")`)
	if evaluate[bool](p.browser, `[...document.querySelectorAll(".ctl button")].some((x) => !x.disabled)`) {
		t.Error("the call can be held while the engine is not heard")
	}
	p.keep("desk-away-30s")
	two.can(w.hold)
	two.do("answers come later than the live view", chromedp.Evaluate[chromedp.Void](answersLate))
	two.key("hold at the other desk", "h")
	two.is(stateOf, w.held, patience)
	two.key("resume at the other desk", "h")
	two.is(stateOf, w.talking, patience)
	for time.Since(gone) < 30*time.Second {
		if state, _ := e.agentState("8001"); state != "talking" {
			t.Fatalf("%s after the network went the agent is %s", time.Since(gone), state)
		}
		time.Sleep(500 * time.Millisecond)
	}
	h.swallow(false)
	p.browser.is(stateOf, w.talking, patience)
	p.turns("the desk hears the engine again", `!document.querySelector(".fresh.stale")`)
	p.is("phone.call.value?.state", "up", patience)
	p.is("phone.state.value", "ready", patience)
	p.hears(callerTone)
	time.Sleep(4 * time.Second)
	eventuallyHears(t, "after half a minute: the page hears", p.hears, callerTone, 2)
	two.is(stateOf, w.talking, patience)
	p.can(w.hold)
	p.key("hold", "h")
	p.browser.is(stateOf, w.held, patience)
	two.is(stateOf, w.held, patience)
	if caller.count("CALL_CLOSED") != 0 {
		t.Error("the customer is gone")
	}
	caller.do("hangup", "")
	e.agentIs("8001", "wrap_up")
	if c := e.contacts(); len(c) != 1 || len(c[0].Segments) != 1 {
		t.Errorf("%+v", c)
	}
}

// TestLeadReloads: a lead who listens, and then one who whispers, loads its page anew. The line goes on by itself, in its mode, by one
// leg; the customer and its agent hear nothing of it, and what is stopped is over, though the engine has not yet answered the key before.
func TestLeadReloads(t *testing.T) {
	e := startEngine(t, "127.0.0.93", centreFile)
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.93.101", user: "8001", password: "pw-8001", tone: agentTone, auto: true})
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.93.103", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, patience)
	caller.press("1")
	e.agentIs("8001", "talking")
	p := startSoftphone(t, e, "admin", adminPassword, "/lead", leadTone)
	p.do("choose the agent", chromedp.WaitVisible(".floor li"), chromedp.Click(`.floor li:first-child .who`))
	p.turns("the bar", `document.querySelector("footer.bar")`)
	p.key("listen", "1")
	p.is("phone.call.value?.state", "up", 2*patience) // it picks up by itself: it was asked for
	e.lineIs("up", "listen")
	for _, mode := range []string{"listen", "whisper"} {
		if mode == "whisper" {
			p.key("whisper", "2")
			e.lineIs("up", "whisper")
		}
		at := time.Now()
		p.do("load anew", chromedp.Reload())
		p.turns("the floor", `document.querySelector(".floor li")`)
		p.load()
		if evaluate[string](p.browser, "phone.state.value") == "off" {
			p.do("turn the phone on", chromedp.Evaluate[chromedp.Void]("void phone.start()"))
		}
		p.is("phone.call.value?.state", "up", patience)
		t.Logf("%s: back in the line %s after loading anew", mode, time.Since(at))
		e.lineIs("up", mode)
		p.turns("the bar", `document.querySelector("footer.bar .btn.on")`)
		p.keep("lead-reloaded-" + mode)
		p.hearsEach(3, map[string]float64{"customer": callerTone, "agent": agentTone})
		var live struct {
			Supervisions []struct{ By, Mode, Agent string }
			Calls        []struct{ ID string }
		}
		e.json("/api/v1/live", &live)
		if s := live.Supervisions; len(s) != 1 || s[0].Mode != mode || s[0].Agent != "8001" || len(live.Calls) != 1 {
			t.Errorf("live: %+v", live)
		}
	}
	p.do("answers come later than keys", chromedp.Evaluate[chromedp.Void](answersLate))
	p.key("listen once more", "1")
	p.key("stop", kb.Escape)
	p.is("phone.call.value", "null", patience)
	e.lineIs("", "")
	caller.do("hangup", "")
	e.agentIs("8001", "wrap_up")
	e.eventually(patience, "no leg is left", func() bool { return e.metric("hotline_calls") == 0 })
	if s := sound(longest(t, agent), leadTone); s.total < 3 || s.total > 30 {
		t.Errorf("the agent hears %.1f s of whispering", s.total)
	}
	if s := sound(longest(t, caller), leadTone); s.total > 0.3 {
		t.Errorf("the customer hears %.1f s of whispering", s.total)
	}
}
