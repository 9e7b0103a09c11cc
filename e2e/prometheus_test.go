//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// promAgent is the one agent of the night, who never signs in.
const promAgent = `  - {id: "8099", name: 夜猫, password: pw-8099, skills: {night: 5}}
`

// promCentre is a queue at night beside the one of ten agents.
const promCentre = `
  - {id: night, name: 夜班, needs: night >= 1}
flows:
  main: [{answer: {}}, {menu: {prompt: main-menu, keys: {"1": {queue: claims}}, timeout: 5s, otherwise: {queue: claims}}}]
  night: [{answer: {}}, {queue: night}]
numbers: {"95500": main, "95501": night}
`

// prometheus is Debian's Prometheus, which scrapes an engine with the files of deploy/.
type prometheus struct {
	t    *testing.T
	base string
}

// startPrometheus starts it in a folder of its own, as nobody if we are root, bounded in memory.
func startPrometheus(t *testing.T, e *engine, ip string, flags ...string) *prometheus {
	t.Helper()
	dir, err := os.MkdirTemp("", "prometheus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, changes := range map[string][]string{
		"prometheus.yml":       {"127.0.0.1:9466", e.metrics, "scrape_interval: 5s", "scrape_interval: 1s"},
		"prometheus-rules.yml": {"interval: 15s", "interval: 1s"},
	} {
		text, err := os.ReadFile("../deploy/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.NewReplacer(changes...).Replace(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := fmt.Sprintf("%s:%d", ip, port(t))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, "prometheus", append([]string{
		"--config.file=" + filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=" + at, "--storage.tsdb.retention.time=1h", "--log.level=warn",
	}, flags...)...)
	cmd.Env = append(os.Environ(), "GOMEMLIMIT=300MiB", "GOMAXPROCS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: run `make phones`", err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() })
	p := &prometheus{t, "http://" + at}
	e.eventually(20*time.Second, "Prometheus is ready", func() bool {
		res, err := http.Get(p.base + "/-/ready")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return p
}

// api asks Prometheus; what it refuses is an error.
func (p *prometheus) api(path string, q url.Values, into any) error {
	res, err := http.Get(p.base + path + "?" + q.Encode())
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var got struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		return err
	}
	if got.Status != "success" {
		return fmt.Errorf("%s", got.Error)
	}
	return json.Unmarshal(got.Data, into)
}

// query is the value of each series; those that are no number are left out.
func (p *prometheus) query(expr string) (values []float64, err error) {
	var got struct {
		Result []struct{ Value [2]any }
	}
	if err := p.api("/api/v1/query", url.Values{"query": {expr}}, &got); err != nil {
		return nil, err
	}
	for _, s := range got.Result {
		var v float64
		if _, err := fmt.Sscan(fmt.Sprint(s.Value[1]), &v); err == nil && v == v {
			values = append(values, v)
		}
	}
	return values, nil
}

// one is the value of a query of one series, -1 if it has none.
func (p *prometheus) one(expr string) float64 {
	p.t.Helper()
	v, err := p.query(expr)
	if err != nil {
		p.t.Fatalf("%s: %v", expr, err)
	}
	if len(v) != 1 {
		return -1
	}
	return v[0]
}

// TestPrometheus: an engine with load, scraped by Debian's Prometheus with the files of deploy/. Every query of every board
// answers, with data where the load makes some; rules are sound, what should fire fires and says so in words; the counters
// are those of the reports, and after a kill -9 none of them begins anew.
func TestPrometheus(t *testing.T) {
	centre := manyAgents(10)
	centre = strings.Replace(centre[:strings.Index(centre, "flows:")], "queues:", promAgent+"queues:", 1) + strings.TrimPrefix(promCentre, "\n")
	e := startEngineSIP(t, "127.0.0.78", centre, "server: 127.0.0.178", "keep_alive: 5s")
	p := startPrometheus(t, e, "127.0.0.78")
	native := startPrometheus(t, e, "127.0.0.78", "--enable-feature=native-histograms")

	night := make(chan struct{})
	go func() {
		defer close(night)
		exec.Command(os.Getenv("CALLSTORM_BIN"), e.ip+":5060", "--domain", domain, "--number", "95501", "--rate", "1", "--calls", "3", "--patience", "70s").Run()
	}()
	storm(t, e, "--agents", "10", "--rate", "5", "--duration", "35s", "--hold", "1s", "--key-delay", "200ms", "--patience", "exp:4s", "--ignore", "0.05", "--seed", "3")
	checkQueries(t, p)
	if v := native.one(`histogram_quantile(0.5, sum(rate(hotline_queue_wait_seconds{outcome="answered"}[1m])))`); v <= 0 || v > 60 {
		t.Errorf("median wait by native histogram %v", v)
	}
	checkRules(t, e, p)
	<-night

	e.eventually(20*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	e.eventually(20*time.Second, "Prometheus has what the engine has", func() bool {
		return p.one("sum(hotline_queue_visits_ended_total)") == e.metric("hotline_queue_visits_total")
	})
	var report struct {
		Rows []struct{ Offered, Answered, Abandoned float64 }
	}
	hour := time.Now().UTC().Truncate(time.Hour)
	e.json("/api/v1/reports/queues?from="+hour.Add(-time.Hour).Format(time.RFC3339)+"&to="+hour.Add(time.Hour).Format(time.RFC3339), &report)
	var offered, answered, abandoned float64
	for _, r := range report.Rows {
		offered, answered, abandoned = offered+r.Offered, answered+r.Answered, abandoned+r.Abandoned
	}
	if a, b, c := p.one("sum(hotline_queue_visits_total)"), p.one(`sum(hotline_queue_visits_ended_total{outcome="answered"})`), p.one(`sum(hotline_queue_visits_ended_total{outcome="abandoned"})`); a != offered || b != answered || c != abandoned || offered == 0 {
		t.Errorf("Prometheus: %v offered, %v answered, %v abandoned; the report: %v, %v, %v", a, b, c, offered, answered, abandoned)
	}
	e.kill()
	e.start()
	began := p.one("max(hotline_start_timestamp_seconds)")
	e.eventually(20*time.Second, "Prometheus has seen the second run", func() bool {
		return p.one("max(hotline_start_timestamp_seconds)") > began || p.one("changes(hotline_start_timestamp_seconds[2m])") == 1
	})
	var names []string
	if err := p.api("/api/v1/label/__name__/values", url.Values{"match[]": {`{__name__=~"hotline_(queue|ring|handle|acw|setup|dispatch|rtp_mos|transfers|callbacks|survey).*(_total|_count|_sum|_bucket)"}`}}, &names); err != nil || len(names) < 20 {
		t.Errorf("%d counters of calls: %v", len(names), err)
	}
	for _, name := range names {
		if n := p.one("sum(resets(" + name + "[5m]))"); n != 0 {
			t.Errorf("%s began anew %v times after a kill -9", name, n)
		}
	}
	if got := e.metric("hotline_queue_visits_total"); got != offered {
		t.Errorf("%v visits after a kill -9, %v before", got, offered)
	}
}

// checkQueries asks every query and every variable of every board.
func checkQueries(t *testing.T, p *prometheus) {
	t.Helper()
	// What this load does not make: nobody is called back, asked, transferred or mailed here, and there is no TLS.
	quiet := []string{
		"callbacks_total", "survey_total", "transfers_total", "trunk_registered", "certificate", "mail_waiting", "alarm_messages", "webhook",
	}
	vars := strings.NewReplacer("$__rate_interval", "20s", "$instance", ".*", "$queue", ".*", "$group", ".*", "$trunk", ".*")
	boards, err := filepath.Glob("../deploy/grafana/*/*.json")
	if err != nil || len(boards) != 6 {
		t.Fatal(boards, err)
	}
	asked, full := 0, 0
	for _, path := range boards {
		var b struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
			Templating struct {
				List []struct{ Name, Type, Definition string }
			}
		}
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &b)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, panel := range b.Panels {
			for _, target := range panel.Targets {
				expr := vars.Replace(target.Expr)
				values, err := p.query(expr)
				asked++
				switch {
				case err != nil:
					t.Errorf("%s: %s: %s: %v", path, panel.Title, expr, err)
				case len(values) > 0:
					full++
				case !containsAny(expr, quiet):
					t.Errorf("%s: %s: %s: no data", path, panel.Title, expr)
				}
			}
		}
		for _, v := range b.Templating.List {
			if v.Type != "query" {
				continue
			}
			metric, label, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Definition, "label_values("), ")"), ", ")
			var got []string
			if err := p.api("/api/v1/label/"+label+"/values", url.Values{"match[]": {metric}}, &got); err != nil || len(got) == 0 {
				t.Errorf("%s: $%s: %q, %v", path, v.Name, got, err)
			}
		}
	}
	t.Logf("%d queries asked, %d with data", asked, full)
}

func containsAny(s string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// checkRules: every rule is evaluated without an error, callers without agents and a silent trunk make alarms whose words are
// whole, and a sound engine is not said to be down.
func checkRules(t *testing.T, e *engine, p *prometheus) {
	t.Helper()
	firing := map[string]map[string]string{} // annotations by alert
	defer func() { t.Logf("alerts: %v", firing) }()
	e.eventually(80*time.Second, "the alerts fire", func() bool {
		var got struct {
			Alerts []struct {
				State               string
				Labels, Annotations map[string]string
			}
		}
		if err := p.api("/api/v1/alerts", nil, &got); err != nil {
			t.Fatal(err)
		}
		for _, a := range got.Alerts {
			if a.State == "firing" {
				firing[a.Labels["alertname"]] = a.Annotations
			}
		}
		return firing["HotlineNoAgents"] != nil && firing["HotlineTrunkDown"] != nil
	})
	if s := firing["HotlineNoAgents"]["summary"]; s != "night: 3 callers wait and nobody is there for them" {
		t.Errorf("HotlineNoAgents says %q", s)
	}
	for name, words := range firing {
		for key, text := range words {
			if strings.Contains(text, "{{") || strings.Contains(text, "error") && strings.Contains(text, "<") {
				t.Errorf("%s: %s: %q", name, key, text)
			}
		}
		switch name {
		case "HotlineDown", "HotlineNotReady", "HotlinePanics", "HotlineCallsLost", "HotlineLogBacklog", "HotlinePortsLow", "HotlineRecordingsFail":
			t.Errorf("%s fires: %v", name, words)
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	if err := p.api("/api/v1/rules", nil, &rules); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if n++; r.Health != "ok" {
				t.Errorf("rule %s: %s %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if n < 30 {
		t.Errorf("%d rules", n)
	}
}
