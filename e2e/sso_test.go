//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// oidcModules is where `make e2e` puts the certified OpenID provider that the tests log in by.
const oidcModules = "../.tools/oidc/node_modules"

// startProvider starts the provider, which sends people back to redirect.
func startProvider(t *testing.T, redirect string) (issuer string) {
	t.Helper()
	modules, err := filepath.Abs(oidcModules)
	if err != nil {
		t.Fatal(err)
	}
	if own := os.Getenv("OIDC_MODULES"); own != "" {
		modules = own
	}
	if _, err := os.Stat(filepath.Join(modules, "oidc-provider")); err != nil {
		t.Fatalf("the OpenID provider is not there (make e2e fetches it): %v", err)
	}
	at := port(t)
	cmd := exec.Command("node", "testdata/oidc.mjs", modules, fmt.Sprint(at), redirect)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	ready := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "ready" {
				ready <- true
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		t.Fatal("the OpenID provider does not start")
	}
	return fmt.Sprintf("http://127.0.0.1:%d", at)
}

// TestSingleSignOn: people log in by a certified OpenID provider: a lead by its group, an agent by its id, a stranger not at all; and
// everybody has a page for their own login.
func TestSingleSignOn(t *testing.T) {
	e := startEngine(t, "127.0.0.59", centreFile)
	base := "http://" + e.web
	issuer := startProvider(t, base+"/api/v1/sso")
	e.stop()
	name := filepath.Join(e.dir, "hotline.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	oidc := fmt.Sprintf(`, oidc: {issuer: "%s", client_id: hotline, client_secret: not-so-secret, pages: "%s", name: Example ID, scopes: [profile, groups], role: groups, roles: {hotline-leads: lead, hotline-agents: agent}, agent: employee}}`, issuer, base)
	line := fmt.Sprintf(`web: {listen: "%s"`, e.web)
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), line+"}", line+oidc, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	e.start()

	b := startBrowser(t, chromedp.WindowSize(1280, 800))
	come := func(who, page string) {
		t.Helper()
		b.do("by the provider, "+who, chromedp.Navigate(base+"/login?lang=zh-CN&next="+page), chromedp.WaitVisible("a.sso"), chromedp.Click("a.sso"),
			chromedp.WaitVisible(`input[name="login"]`), chromedp.SendKeys(`input[name="login"]`, who), chromedp.SendKeys(`input[name="password"]`, "any\r"),
			chromedp.WaitNotPresent(`input[name="login"]`), chromedp.WaitVisible(`button[type="submit"]`), chromedp.Click(`button[type="submit"]`))
	}
	come("anna", "/lead")
	b.is("header", "sso/anna", 10*time.Second)
	if at := evaluate[string](b, `location.pathname`); at != "/lead" {
		t.Errorf("anna is at %s", at)
	}
	b.do("her own login", chromedp.Click("a.who"), chromedp.WaitVisible("main.mine table"))
	b.is("main", "统一认证管理", 5*time.Second)
	b.keep("mine-sso-zh")
	b.accessible(axe(t), "/mine")

	leave := func() {
		t.Helper()
		b.do("out", chromedp.Navigate(base+"/mine"), chromedp.WaitVisible("a.who"), chromedp.Click("header.head button:last-child"), chromedp.WaitVisible("#password"),
			chromedp.Navigate(issuer+"/session/end"), chromedp.WaitVisible(`button[value="yes"]`), chromedp.Click(`button[value="yes"]`),
			chromedp.WaitNotPresent(`button[value="yes"]`))
	}
	leave()
	come("emil", "")
	b.is("header", "王芳", 10*time.Second)
	leave()
	come("mallory", "/admin")
	b.is(".problem", "没有给您这里的角色", 10*time.Second)
	b.keep("sso-refused-zh")
	if n := evaluate[int](b, `document.querySelectorAll("header").length`); n != 0 {
		t.Error("mallory is in")
	}
}
