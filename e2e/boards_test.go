//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// boardWords are what editor and screen show, in their language.
type boardWords struct{ lang, newBoard, waiting, answered, saved, live, stopped, revoked string }

func boardLanguages() []boardWords {
	return []boardWords{
		{"zh-CN", "新建看板", "等待", "今日接起", "已保存", "实时", "数据停在", "已注销"},
		{"en-US", "New board", "Waiting", "Answered today", "Saved", "Live", "Data stopped at", "does not hold"},
	}
}

// press moves the focus to the button with the text and presses it by keyboard.
func (b browser) press(text string) {
	b.t.Helper()
	if !evaluate[bool](b, `(() => { const x = [...document.querySelectorAll("button")].find((x) => x.innerText.trim().startsWith("`+text+`") && !x.disabled); x?.focus(); return !!x })()`) {
		b.keep("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
		b.t.Fatalf("there is no button %q on\n%s", text, b.text("body"))
	}
	b.key(text, kb.Enter)
}

// eventuallyTrue waits for what a script says.
func (b browser) eventuallyTrue(what, script string, most time.Duration) {
	b.t.Helper()
	for end := time.Now().Add(most); !evaluate[bool](b, script); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.keep("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("not within %s: %s\n%s", most, what, b.text("body"))
		}
	}
}

// TestBoards: a board is built by keyboard and with the mouse, put on a screen that nobody is logged in to, outlives the engine
// and the browser, and is dark when its key is revoked.
func TestBoards(t *testing.T) {
	script := axe(t)
	e := startEngine(t, "127.0.0.74", manyAgents(1))
	if res := storm(t, e, "--agents", "1", "--rate", "2", "--calls", "1", "--hold", "1s", "--key-delay", "200ms"); res.Connected != 1 {
		t.Fatalf("%+v", res)
	}
	for _, w := range boardLanguages() {
		t.Run(w.lang, func(t *testing.T) {
			name := "e2e-" + strings.ToLower(w.lang[:2])
			address := ""
			t.Run("editor", func(t *testing.T) { address = startBrowser(t).builds(e, w, name, script) })
			profile := t.TempDir()
			t.Run("screen", func(t *testing.T) {
				startBrowser(t, chromedp.UserDataDir(profile)).hangs(e, w, name, address, script)
			})
			t.Run("browser again", func(t *testing.T) {
				startBrowser(t, chromedp.UserDataDir(profile)).comesBack(e, w, name)
			})
		})
	}
}

// builds makes the board and returns the address of a screen.
func (b browser) builds(e *engine, w boardWords, name, script string) string {
	b.t.Helper()
	base := "http://" + e.web
	b.do("log in", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/login?next=/boards&lang="+w.lang), chromedp.WaitVisible("#password"),
		chromedp.SendKeys("#user", "admin"), chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".etile"))
	b.press(w.newBoard)
	b.eventuallyTrue("an empty board", `document.querySelectorAll(".etile").length === 0`, 3*time.Second)
	b.press("+ " + map[string]string{"zh-CN": "等待", "en-US": "Waiting"}[w.lang])
	b.eventuallyTrue("the new tile has the focus", `document.activeElement?.classList.contains("etile") ?? false`, 3*time.Second)
	for range 2 {
		b.key("right", kb.ArrowRight)
	}
	b.key("down", kb.ArrowDown)
	for range 3 {
		b.key("wider", kb.ArrowRight, chromedp.ModifierShift)
	}
	for range 4 {
		b.key("taller", kb.ArrowDown, chromedp.ModifierShift)
	}
	b.press("+ " + map[string]string{"zh-CN": "接起", "en-US": "Answered"}[w.lang])
	b.eventuallyTrue("it has the focus", `document.activeElement?.dataset.i === "1"`, 3*time.Second)
	b.press("+ " + map[string]string{"zh-CN": "时钟", "en-US": "Clock"}[w.lang])
	b.eventuallyTrue("three tiles", `document.querySelectorAll(".etile").length === 3 && document.activeElement?.dataset.i === "2"`, 3*time.Second)
	b.key("remove", kb.Delete)
	b.eventuallyTrue("the clock is gone", `document.querySelectorAll(".etile").length === 2`, 3*time.Second)
	b.key("undo", "z", chromedp.ModifierCtrl)
	b.eventuallyTrue("the clock is back", `document.querySelectorAll(".etile").length === 3`, 3*time.Second)
	b.key("redo", "y", chromedp.ModifierCtrl)
	b.eventuallyTrue("and gone", `document.querySelectorAll(".etile").length === 2`, 3*time.Second)
	b.drags()
	evaluate[bool](b, `document.querySelector(".etile").blur(); true`)
	b.key("settings", kb.Escape)
	b.do("settings", chromedp.WaitVisible("#board-name"))
	evaluate[bool](b, `(() => { const x = document.querySelector("#board-name"); x.focus(); x.select(); return true })()`)
	b.do("name", chromedp.KeyEvent(name+"\r"))
	b.do("title", chromedp.SendKeys("#board-title", "E2E "+w.lang+"\r"))
	b.key("save", "s", chromedp.ModifierCtrl)
	b.is(".said", w.saved, 5*time.Second)
	b.eventuallyTrue("the tiles have their figures", `!document.querySelector(".etile .nothing")`, 10*time.Second)
	b.accessible(script, "/boards "+w.lang)
	b.keep("boards-editor-" + w.lang)
	var got struct {
		Version int
		Pages   []struct {
			Tiles []struct {
				Kind       string
				X, Y, W, H int
			}
		}
	}
	e.json("/api/v1/boards/"+name, &got)
	raw, _ := json.Marshal(got)
	if want := `{"Version":1,"Pages":[{"Tiles":[{"Kind":"waiting","X":2,"Y":1,"W":6,"H":6},{"Kind":"answered","X":12,"Y":8,"W":4,"H":2}]}]}`; string(raw) != want {
		b.t.Errorf("the board is\n%s, want\n%s", raw, want)
	}
	b.do("a screen", chromedp.SendKeys(`.screens input[name=label]`, "e2e "+w.lang+"\r"), chromedp.WaitVisible(".made input"))
	address := evaluate[string](b, `document.querySelector(".made input").value`)
	if !strings.HasPrefix(address, base+"/board/"+name+"?kiosk=") {
		b.t.Fatalf("the address is %q", address)
	}
	return address
}

// drags puts the second tile to the column 13 and the row 9 with the mouse.
func (b browser) drags() {
	b.t.Helper()
	from := evaluate[[]float64](b, `(() => { const g = document.querySelector(".canvas .grid").getBoundingClientRect(), r = document.querySelector('.etile[data-i="1"]').getBoundingClientRect();
		return [r.x + 20, r.y + 20, g.x + 12 * g.width / 24 + 20, g.y + 8 * g.height / 16 + 20] })()`)
	b.do("drag", chromedp.MouseEvent("mousePressed", from[0], from[1], chromedp.ButtonType("left"), chromedp.ClickCount(1)),
		chromedp.MouseEvent("mouseMoved", (from[0]+from[2])/2, from[3], chromedp.ButtonType("left")),
		chromedp.MouseEvent("mouseMoved", from[2], from[3], chromedp.ButtonType("left")),
		chromedp.MouseEvent("mouseReleased", from[2], from[3], chromedp.ButtonType("left"), chromedp.ClickCount(1)))
	b.eventuallyTrue("the tile was dragged", `document.querySelector('.etile[data-i="1"]').style.gridArea.startsWith("9 / 13")`, 3*time.Second)
}

// hangs opens the board on a screen, in all sizes, and takes the engine away from it and gives it back.
func (b browser) hangs(e *engine, w boardWords, name, address, script string) {
	b.t.Helper()
	b.do("open", chromedp.EmulateViewport(1920, 1080), chromedp.Navigate(address+"&lang="+w.lang), chromedp.WaitVisible(".grid .tile"))
	if at := evaluate[string](b, `location.href`); strings.Contains(at, "kiosk=") {
		b.t.Errorf("the key stays in the address: %s", at)
	}
	b.is(".k-answered", w.answered+"\n1", 5*time.Second)
	b.is(".fresh", w.live, 3*time.Second)
	b.accessible(script, "/board "+w.lang)
	places := `JSON.stringify([...document.querySelectorAll(".tile, .tile dt, .tile dd")].map((x) => { const r = x.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round) }))`
	before := evaluate[string](b, places)
	b.keep("board-" + w.lang)
	e.kill()
	b.is(".fresh", w.stopped, 6*time.Second)
	b.eventuallyTrue("what stopped is faded", `!!document.querySelector(".stale-area")`, time.Second)
	b.keep("board-stale-" + w.lang)
	e.start()
	b.is(".fresh", w.live, 10*time.Second)
	b.eventuallyTrue("nothing is faded", `!document.querySelector(".stale-area")`, time.Second)
	b.is(".k-answered", w.answered+"\n1", 3*time.Second)
	if after := evaluate[string](b, places); after != before {
		b.t.Errorf("something moved:\n%s\n%s", before, after)
	}
	for _, size := range [][2]int64{{1280, 720}, {3840, 2160}} {
		b.do("size", chromedp.EmulateViewport(size[0], size[1]), chromedp.Sleep(300*time.Millisecond))
		if px := evaluate[float64](b, `parseFloat(getComputedStyle(document.querySelector(".k-waiting dd")).fontSize) / innerHeight`); px < 0.07 {
			b.t.Errorf("at %d × %d the figure is %.3f of the height", size[0], size[1], px)
		}
	}
	b.keep("board-2160-" + w.lang)
	if err := chromedp.Cancel(b.ctx); err != nil { // closed as a person closes it: what it keeps is on the disk
		b.t.Errorf("the browser does not close: %v", err)
	}
}

// comesBack opens the board in a browser that was closed, without its key in the address, and sees it revoked.
func (b browser) comesBack(e *engine, w boardWords, name string) {
	b.t.Helper()
	b.do("open", chromedp.EmulateViewport(1920, 1080), chromedp.Navigate("http://"+e.web+"/board/"+name+"?lang="+w.lang), chromedp.WaitVisible(".grid .tile"))
	b.is(".fresh", w.live, 5*time.Second)
	var screens struct{ Items []struct{ ID, Board string } }
	e.json("/api/v1/kiosks", &screens)
	for _, k := range screens.Items {
		if k.Board != name {
			continue
		}
		q, _ := http.NewRequest(http.MethodDelete, "http://"+e.web+"/api/v1/kiosks/"+k.ID, nil)
		q.Header.Set("Authorization", "Bearer "+e.token)
		res, err := http.DefaultClient.Do(q)
		if err != nil || res.StatusCode != http.StatusNoContent {
			b.t.Fatalf("revoke: %v, %v", res, err)
		}
		res.Body.Close()
	}
	b.is("body", w.revoked, 8*time.Second)
	if evaluate[bool](b, `!!document.querySelector(".grid")`) {
		b.t.Error("the revoked screen still shows figures")
	}
	b.keep("board-revoked-" + w.lang)
}
