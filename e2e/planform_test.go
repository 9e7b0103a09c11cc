//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// sentView is what the API lists of reports that are sent.
type sentView struct {
	Items []struct {
		Every, At, Format, Lang string
		Weekday                 int
		To                      []string
		Summary                 bool
		Runs                    []struct{ Outcome string }
	}
}

// TestPlanForm: a report is kept, sent weekly by mail, sent at once, changed and removed, all by the form; mails may go everywhere.
func TestPlanForm(t *testing.T) {
	script := axe(t)
	office, at := startPostOffice(t, "plain", "", "")
	office.start()
	e := startEngine(t, "127.0.0.94", centreFile)
	e.stop()
	name := filepath.Join(e.dir, "hotline.yaml")
	config, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, append(config, fmt.Sprintf("\nmail: {server: %q, tls: none, from: hotline@hotline.example}\n", at)...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	e.start()
	sent := func() (v sentView) { e.json("/api/v1/reports/schedules", &v); return v }
	for _, lang := range []string{"zh-CN", "en-US"} {
		t.Run(lang, func(t *testing.T) {
			b, base := startBrowser(t, chromedp.WindowSize(1440, 900)), "http://"+e.web
			b.do("log in", chromedp.Navigate(base+"/login?lang="+lang), chromedp.WaitVisible("#password"), chromedp.SendKeys("#user", "admin"),
				chromedp.SendKeys("#password", adminPassword+"\r"), chromedp.WaitVisible("nav"), chromedp.Navigate(base+"/reports?view=saved&lang="+lang), chromedp.WaitVisible("input[name=name]"))
			b.speaks()
			if lang == "zh-CN" {
				b.is("main", b.says("saved.noneToSend"), patience)
			}
			b.fill("input[name=name]", "每日队列 "+lang)
			b.pushes("main", "saved.keep")
			b.turns("it is kept", `[...document.querySelectorAll(".kept td")].some((x) => x.innerText === `+quote("每日队列 "+lang)+`)`)
			if evaluate[bool](b, `!!document.querySelector(".plan [name=day]")`) {
				t.Error("daily asks for a day")
			}
			b.fill(".plan [name=every]", "weekly")
			b.fill(".plan [name=day]", "3")
			b.fill(".plan [name=to]", "boss@hotline.example; client@elsewhere.example")
			b.accessible(script, lang+" the form")
			b.pushes(".plan", "saved.plan")
			e.eventually(patience, "it is to be sent", func() bool { return len(sent().Items) == 1 })
			if s := sent().Items[0]; s.Every != "weekly" || s.Weekday != 3 || s.At != "07:30" || len(s.To) != 2 || s.Format != "xlsx" || s.Lang != lang || s.Summary {
				t.Errorf("%+v", s)
			}
			before := len(office.mails())
			b.pushes(".files", "saved.sendNow")
			e.eventually(patience, "two mails came", func() bool { return len(office.mails()) == before+2 })
			b.pushes(".files", "saved.edit")
			b.turns("the form has what was", `document.querySelector(".plan [name=to]").value === "boss@hotline.example, client@elsewhere.example" && document.querySelector(".plan [name=day]").value === "3"`)
			b.keep("plan-form-" + lang)
			b.fill(".plan [name=every]", "daily")
			b.fill(".plan [name=format]", "summary")
			b.pushes(".plan", "saved.change")
			e.eventually(patience, "it is changed", func() bool { s := sent().Items[0]; return s.Every == "daily" && s.Summary && s.Weekday == 0 })
			b.turns("the form is empty again", `document.querySelector(".plan [name=to]").value === ""`)
			b.accessible(script, lang+" the list")
			b.pushes(".part:has(.plan) .files", "saved.forget")
			if len(sent().Items) != 1 {
				t.Error("one press removes it")
			}
			b.pushes(".part:has(.plan) .files", "admin.removeAgain")
			e.eventually(patience, "it is gone", func() bool { return len(sent().Items) == 0 })
		})
	}
}
