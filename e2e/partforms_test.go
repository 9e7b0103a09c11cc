//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// formCentre has what the forms of this story change.
const formCentre = `hours:
  - {id: office, open: ["mon-fri 09:00-18:00"]}   # by the contract
tables:
  - {id: known, entries: [{number: "138*", name: 金卡, priority: 5}]}
`

// fill writes into a field of the form, as if it were typed or chosen.
func (b browser) fill(selector, value string) {
	b.t.Helper()
	b.turns(selector+" is there", `document.querySelector(`+quote(selector)+`)`)
	if !evaluate[bool](b, `(() => { const x = document.querySelector(`+quote(selector)+`); x.focus(); x.value = `+quote(value)+`;
		x.dispatchEvent(new Event("input", {bubbles: true})); x.dispatchEvent(new Event("change", {bubbles: true})); return x.value === `+quote(value)+` })()`) {
		b.t.Fatalf("%s cannot be %q", selector, value)
	}
}

// part opens a section of the administration.
func (b browser) part(section string) {
	b.t.Helper()
	b.turns("the section "+section, `(() => { location.hash = `+quote(section)+`; return document.querySelector('.rail a.here')?.getAttribute('href') === `+quote("#"+section)+` })()`)
}

// member chooses the row of a list that begins with a text.
func (b browser) member(text string) {
	b.t.Helper()
	b.turns("a row "+text, `(() => { const x = [...document.querySelectorAll(".list .pick")].find((x) => x.innerText.trim() === `+quote(text)+`); x?.click(); return x?.getAttribute("aria-pressed") === "true" })()`)
}

// published puts what the form proposes in force.
func (b browser) published(e *engine, what string) {
	b.t.Helper()
	before := e.inForce().SHA256
	b.turns("a proposal: "+what, `document.querySelector("#publish:not([disabled])")`)
	b.is(".review .changes", what, patience)
	b.pushes(".review", "admin.publish")
	b.turns("it is published", `!document.querySelector("#publish") && document.querySelector(".review .said").innerText && !document.querySelector(".review .said.crit")`)
	if e.inForce().SHA256 == before {
		b.t.Fatalf("%s: the same file is in force", what)
	}
}

// sourceView is the file in force as the API shows it.
type sourceView struct {
	SHA256, Source string
	File           struct {
		Name         string
		NumbersShown *bool `json:"numbers_shown"`
		Hours        []struct{ Open, Closed []string }
		Reasons      []struct{ Allowance string } `json:"not_ready_reasons"`
		Shifts       []struct{ Agent, Days, From, To, Relief string }
		Tables       []struct {
			Entries []struct {
				Number, Then, Reason string
				Priority             int
			}
		}
	}
}

func (e *engine) inForce() (v sourceView) {
	e.t.Helper()
	e.json("/api/v1/centre/source", &v)
	return v
}

// TestPartForms: hours, a holiday, a reason, a queue's target, a shift, a number and a setting are changed by their forms, in both
// languages: a fault is told, what is published is in force and stands in the file, comments stay, and all of it goes back.
func TestPartForms(t *testing.T) {
	script := axe(t)
	source := strings.TrimSpace(centreFile) + "\n" + formCentre
	e := startEngine(t, "127.0.0.93", source)
	for _, lang := range []string{"zh-CN", "en-US"} {
		t.Run(lang, func(t *testing.T) {
			b, base := startBrowser(t, chromedp.WindowSize(1440, 900)), "http://"+e.web
			b.do("log in", chromedp.Navigate(base+"/login?lang="+lang+"&next=/admin"), chromedp.WaitVisible("#password"), chromedp.SendKeys("#user", "admin"),
				chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible(".rail"))
			b.speaks()
			first := e.inForce()
			b.hoursForm(e, script, lang)
			b.peopleForms(e, script, lang)
			b.tableForm(e, script, lang)
			b.settingsForm(e, script, lang)
			b.allBack(e, first)
			if out, err := e.command("export"); err != nil || out != source {
				t.Errorf("%v: rolled back is\n%s", err, out)
			}
			if n := e.metric("hotline_queue_target_seconds", `"claims"`); n != 20 {
				t.Errorf("the target is %v s again", n)
			}
		})
	}
}

// hoursForm changes the opening hours and adds a holiday; a date that there is not is a fault.
func (b browser) hoursForm(e *engine, script, lang string) {
	b.t.Helper()
	b.part("hours")
	b.member("office")
	b.fill("#open-0-from-0", "08:30")
	b.fill("#open-0-to-0", "12:00")
	b.do("more times", chromedp.Click("#open-0-more"))
	b.fill("#open-0-from-1", "13:00")
	b.fill("#open-0-to-1", "18:00")
	b.do("more days, by keys", chromedp.Focus("#open-add"), chromedp.KeyEvent(kb.Enter))
	b.turns("the new row has the focus", `document.activeElement?.id === "open-1-day-0"`)
	for d := range 6 { // Monday to Friday off, Saturday on
		b.do("a day", chromedp.Focus("#open-1-day-"+string(rune('0'+d))), chromedp.KeyEvent(" "))
	}
	b.fill("#open-1-from-0", "9am")
	b.fill("#open-1-to-0", "12:00")
	b.do("a holiday", chromedp.Click("#closed-add"))
	b.fill("#closed-0-first", "2027-02-15")
	b.fill("#closed-0-last", "2027-02-12")
	b.do("its name", chromedp.SendKeys("#closed-0-name", "春节 holidays"))
	b.pushes(".form", "admin.check")
	b.is(".rows[aria-label] li.bad .crit", "9am", patience)
	if n := evaluate[int](b, `document.querySelectorAll(".rows li.bad").length`); n != 2 {
		b.t.Errorf("%d rows have a fault", n)
	}
	if evaluate[bool](b, `!!document.querySelector("#publish")`) {
		b.t.Error("a fault could be published")
	}
	b.accessible(script, lang+" hours with a fault")
	b.keep("form-hours-" + lang)
	b.fill("#open-1-from-0", "09:00")
	b.fill("#closed-0-last", "2027-02-21")
	b.pushes(".form", "admin.check")
	b.turns("the hours have no faults", `document.querySelector("#publish:not([disabled])") && !document.querySelector(".rows li.bad")`)
	b.do("as text", chromedp.Click("#open-text"), chromedp.WaitVisible(".form textarea[name=open]"))
	if v := evaluate[string](b, `document.querySelector(".form textarea[name=open]").value`); v != "mon-fri 08:30-12:00,13:00-18:00\nsat 09:00-12:00" {
		b.t.Errorf("as text: %q", v)
	}
	b.fill(".form textarea[name=open]", "mon-fri 08:30-12:00,13:00-18:00\nsat 09:00-11:30")
	b.turns("what is no longer so cannot be published", `document.querySelector("#publish[disabled]")`)
	b.do("as rows", chromedp.Click("#open-text"), chromedp.WaitVisible("#open-1-to-0"))
	b.pushes(".form", "admin.check")
	b.published(e, "office")
	if h := e.inForce().File.Hours[0]; len(h.Open) != 2 || h.Open[1] != "sat 09:00-11:30" || h.Open[0] != "mon-fri 08:30-12:00,13:00-18:00" || len(h.Closed) != 1 || h.Closed[0] != "2027-02-15..2027-02-21 春节 holidays" {
		b.t.Errorf("in force is %+v", h)
	}
	b.is(".list tbody", b.says("weekday.mon")+"–"+b.says("weekday.fri")+" 08:30–12:00 13:00–18:00; "+b.says("weekday.sat"), patience)
	if s := e.inForce().Source; !strings.Contains(s, "# by the contract") {
		b.t.Errorf("the comment is gone:\n%s", s)
	}
}

// peopleForms changes a reason's allowance, a queue's target and adds a shift.
func (b browser) peopleForms(e *engine, script, lang string) {
	b.t.Helper()
	b.part("reasons")
	b.member("rest")
	b.fill(".form [name=allowance]", "25m")
	b.pushes(".form", "admin.check")
	b.published(e, "rest")
	if r := e.inForce().File.Reasons[0]; r.Allowance != "25m" {
		b.t.Errorf("in force is %+v", r)
	}

	b.part("queues")
	b.member("claims")
	b.fill(`.form [name="target.within"]`, "35s")
	b.fill(`.form [name="target.ratio"]`, "0.9")
	b.pushes(".form", "admin.check")
	b.published(e, "claims")
	e.eventually(10*time.Second, "the target counts", func() bool {
		return e.metric("hotline_queue_target_seconds", `"claims"`) == 35 && e.metric("hotline_queue_target_ratio", `"claims"`) == 0.9
	})

	b.part("shifts")
	b.pushes(".list", "admin.new")
	b.fill(".form [name=agent]", "8001")
	for _, day := range []int{1, 2, 6} {
		b.do("a day", chromedp.Click(".form .days button:nth-child("+string(rune('0'+day))+")"))
	}
	b.fill(".form [name=from]", "08:00")
	b.fill(".form [name=to]", "26:00")
	b.pushes(".form", "admin.check")
	b.is(".review .faults", "26:00", patience)
	b.fill(".form [name=to]", "16:30")
	b.fill(".form [name=relief]", "8002")
	b.pushes(".form", "admin.check")
	b.turns("the shift has no faults", `document.querySelector("#publish:not([disabled])")`)
	b.accessible(script, lang+" a shift")
	b.keep("form-shift-" + lang)
	b.published(e, "8001")
	if all := e.inForce().File.Shifts; len(all) != 1 || all[0].Agent != "8001" || all[0].Days != "mon,tue,sat" || all[0].From != "08:00" || all[0].To != "16:30" || all[0].Relief != "8002" {
		b.t.Errorf("in force is %+v", all)
	}
	b.is(".list tbody", "李雷 8002", patience)
}

// tableForm turns a number away.
func (b browser) tableForm(e *engine, script, lang string) {
	b.t.Helper()
	b.part("callers")
	b.member("known")
	b.pushes(".form", "admin.newWithin")
	b.fill(".form [name=number]", "13900139000")
	b.fill(".form [name=then]", "reject")
	b.fill(".form [name=reason]", "says nothing")
	b.pushes(".form", "admin.check")
	b.turns("the number has no faults", `document.querySelector("#publish:not([disabled])")`)
	b.accessible(script, lang+" a number")
	b.keep("form-table-" + lang)
	b.published(e, "known")
	if all := e.inForce().File.Tables[0].Entries; len(all) != 2 || all[0].Priority != 5 || all[1].Number != "13900139000" || all[1].Then != "reject" || all[1].Reason != "says nothing" {
		b.t.Errorf("in force is %+v", all)
	}
}

// settingsForm names the centre and hides numbers from agents; what is no time is a fault at its field.
func (b browser) settingsForm(e *engine, script, lang string) {
	b.t.Helper()
	b.part("settings")
	b.fill("#set-missed_offers-rest-busy", "soon")
	b.is(".settings .crit", "soon", patience)
	b.accessible(script, lang+" settings with a fault")
	b.keep("form-settings-" + lang)
	b.fill("#set-missed_offers-rest-busy", "")
	b.fill("#set-name", "海豚保险")
	b.fill("#set-numbers_shown", "false")
	b.turns("both are proposed", `document.querySelector("#publish:not([disabled])") && document.querySelector(".review .changes").innerText.includes("海豚保险")`)
	b.published(e, "海豚保险")
	if f := e.inForce().File; f.Name != "海豚保险" || f.NumbersShown == nil || *f.NumbersShown {
		b.t.Errorf("in force is %q, %v", f.Name, f.NumbersShown)
	}
}

// allBack puts an earlier file in force again.
func (b browser) allBack(e *engine, to sourceView) {
	b.t.Helper()
	b.part("versions")
	b.turns("the first version", `(() => { const x = [...document.querySelectorAll(".versions tbody tr")].find((x) => x.innerText.includes(`+quote(to.SHA256[:12])+`)); if (!x) return false;
		if (!x.classList.contains("on")) x.querySelector("button").click(); return x.classList.contains("on") })()`)
	b.published(e, "office")
	if now := e.inForce(); now.SHA256 != to.SHA256 {
		b.t.Errorf("in force is %s, not %s", now.SHA256, to.SHA256)
	}
}
