package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.yaml.in/yaml/v3"

	"hotline/reports"
)

// grafanaBoard is what our tests hold of a board of Grafana (schema 39: Grafana 10 to 12).
type grafanaBoard struct {
	UID           string         `json:"uid"`
	ID            *int           `json:"id"`
	Title         string         `json:"title"`
	SchemaVersion int            `json:"schemaVersion"`
	Panels        []grafanaPanel `json:"panels"`
	Templating    struct {
		List []struct {
			Name, Type, Definition string
			Label                  string `json:"label"`
			Datasource             *source
		} `json:"list"`
	} `json:"templating"`
}

type source struct{ Type, UID string }

type grafanaPanel struct {
	ID                       int
	Type, Title, Description string
	Datasource               *source
	GridPos                  struct{ H, W, X, Y int }
	FieldConfig              struct {
		Defaults struct {
			Unit       string
			Thresholds struct {
				Mode  string
				Steps []struct{ Color string }
			}
		}
	}
	Targets []struct {
		RefID, Expr string
		Datasource  *source
	}
}

func readBoard(t *testing.T, path string) (b grafanaBoard, raw map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err == nil {
		err = json.Unmarshal(text, &raw)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b, raw
}

// TestBoards: the boards have what Grafana needs to take them, draw each panel in its own place, ask for metrics that there
// are, and say the same in both languages.
func TestBoards(t *testing.T) {
	known := knownMetrics()
	uids := map[string]string{}
	english, err := filepath.Glob("../../deploy/grafana/en-US/*.json")
	if err != nil || len(english) != 3 {
		t.Fatalf("%d boards: %v", len(english), err)
	}
	for _, path := range english {
		b, raw := readBoard(t, path)
		zhPath := strings.Replace(path, "en-US", "zh-CN", 1)
		zh, zhRaw := readBoard(t, zhPath)
		checkBoard(t, path, b, known)
		checkBoard(t, zhPath, zh, known)
		for _, uid := range []string{b.UID, zh.UID} {
			if uid == "" || len(uid) > 40 || uids[uid] != "" {
				t.Errorf("%s: uid %q, also of %q", path, uid, uids[uid])
			}
			uids[uid] = path
		}
		if a, c := withoutWords(raw), withoutWords(zhRaw); a != c {
			t.Errorf("%s and its Chinese are not the same board", path)
		}
		for i := range b.Panels {
			if han := regexp.MustCompile(`\p{Han}`); han.MatchString(b.Panels[i].Title) || !han.MatchString(zh.Panels[i].Title+zh.Panels[i].Description) && b.Panels[i].Type != "row" {
				t.Errorf("%s: panel %q / %q", path, b.Panels[i].Title, zh.Panels[i].Title)
			}
		}
	}
}

func checkBoard(t *testing.T, path string, b grafanaBoard, known map[string]bool) {
	t.Helper()
	if b.ID != nil || b.SchemaVersion != 39 || b.Title == "" || b.Templating.List[0].Type != "datasource" {
		t.Errorf("%s: id %v, schema %d, title %q", path, b.ID, b.SchemaVersion, b.Title)
	}
	ids, taken := map[int]bool{}, map[[2]int]int{}
	for _, p := range b.Panels {
		if ids[p.ID] || p.ID == 0 {
			t.Errorf("%s: two panels %d", path, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if taken[[2]int{x, y}] != 0 || x >= 24 {
					t.Errorf("%s: panel %d lies on panel %d", path, p.ID, taken[[2]int{x, y}])
				}
				taken[[2]int{x, y}] = p.ID
			}
		}
		if p.Type == "row" {
			continue
		}
		d := p.FieldConfig.Defaults
		if p.Title == "" || p.Description == "" || d.Unit == "" || d.Thresholds.Mode != "absolute" || len(d.Thresholds.Steps) == 0 || len(p.Targets) == 0 {
			t.Errorf("%s: panel %d %q lacks title, description, unit, thresholds or a query", path, p.ID, p.Title)
		}
		for _, q := range p.Targets {
			if q.Datasource == nil || *q.Datasource != (source{"prometheus", "${datasource}"}) || p.Datasource == nil || q.RefID == "" {
				t.Errorf("%s: panel %q: a query without its data source", path, p.Title)
			}
			checkNames(t, path+": "+p.Title, q.Expr, known)
		}
	}
	for _, v := range b.Templating.List[1:] {
		checkNames(t, path+": $"+v.Name, v.Definition, known)
	}
}

// withoutWords is a board without what is for people to read.
func withoutWords(v any) string {
	var strip func(v any) any
	strip = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			out := map[string]any{}
			for k, e := range v {
				if !slices.Contains([]string{"title", "description", "label", "uid", "tags", "text"}, k) {
					out[k] = strip(e)
				}
			}
			return out
		case []any:
			out := make([]any, len(v))
			for i := range v {
				out[i] = strip(v[i])
			}
			return out
		}
		return v
	}
	text, err := json.Marshal(strip(v))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// knownMetrics is every name that a scrape of an engine may hold.
func knownMetrics() map[string]bool {
	names := map[string]bool{"up": true}
	descs := make(chan *prometheus.Desc, 1000)
	go func() {
		defer close(descs)
		e := &engine{self: newSelfHealth()}
		reports.New(reports.Config{}).Metrics().Describe(descs)
		all := append(e.self.all(), collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsGC, collectors.MetricsScheduler)),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), describing{newTrunkDescs().describe}, describing{newWebhookDescs().describe},
			describing{newOutwardDescs().describe}, describing{func(out chan<- *prometheus.Desc) {
				for _, d := range newSelfDescs().all() {
					out <- d
				}
			}})
		for _, c := range all {
			c.Describe(descs)
		}
		for _, row := range rowNames() {
			descs <- prometheus.NewDesc(row, "", nil, nil)
		}
	}()
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	for d := range descs {
		names[name.FindStringSubmatch(d.String())[1]] = true
	}
	return names
}

// describing is a collector that only describes.
type describing struct {
	describe func(chan<- *prometheus.Desc)
}

// Describe implements prometheus.Collector.
func (d describing) Describe(out chan<- *prometheus.Desc) { d.describe(out) }

// Collect implements prometheus.Collector.
func (describing) Collect(chan<- prometheus.Metric) {}

// rowNames are the metrics that stand in collector.go one by one.
func rowNames() (names []string) {
	text, err := os.ReadFile("collector.go")
	if err != nil {
		return nil
	}
	for _, m := range regexp.MustCompile(`(?:row|count)\("([a-z_]+)"`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, "hotline_"+m[1])
	}
	return names
}

func checkNames(t *testing.T, where, expr string, known map[string]bool) {
	t.Helper()
	for _, name := range regexp.MustCompile(`\b(?:hotline|go|process)_[a-z0-9_]+`).FindAllString(expr, -1) {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			base = strings.TrimSuffix(base, suffix)
		}
		if !known[name] && !known[base] {
			t.Errorf("%s asks for %s, which there is not", where, name)
		}
	}
}

// ruleFile is a file of Prometheus' rules.
type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Record, Alert, Expr string
			Labels, Annotations map[string]string
		}
	}
}

// TestRules: every alert has a severity, a summary and what to do in both languages, asks for metrics that there are, and is
// tested both ways.
func TestRules(t *testing.T) {
	var rules ruleFile
	text, err := os.ReadFile("../../deploy/prometheus-rules.yml")
	if err == nil {
		err = yaml.Unmarshal(text, &rules)
	}
	tests, err2 := os.ReadFile("../../deploy/prometheus-rules-test.yml")
	if err != nil || err2 != nil || len(rules.Groups) != 2 {
		t.Fatal(err, err2)
	}
	known := knownMetrics()
	han := regexp.MustCompile(`\p{Han}`)
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			checkNames(t, r.Record+r.Alert, r.Expr, known)
			if r.Alert == "" {
				continue
			}
			if a := r.Annotations; a["summary"] == "" || !han.MatchString(a["summary_zh"]) || a["runbook"] == "" || !han.MatchString(a["runbook_zh"]) || han.MatchString(a["summary"]+a["runbook"]) {
				t.Errorf("%s: %v", r.Alert, a)
			}
			if s := r.Labels["severity"]; s != "warning" && s != "critical" {
				t.Errorf("%s: severity %q", r.Alert, s)
			}
			for _, way := range []string{" fires", " is silent"} {
				if !strings.Contains(string(tests), "name: "+r.Alert+way) {
					t.Errorf("no test says that %s%s", r.Alert, way)
				}
			}
		}
	}
}

// TestPromtool has Prometheus' own tool check the config and the rules, and run the rules' tests.
func TestPromtool(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool on this machine; make phones installs it")
	}
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"}, {"check", "rules", "prometheus-rules.yml"}, {"test", "rules", "prometheus-rules-test.yml"},
	} {
		cmd := exec.Command(tool, args...)
		cmd.Dir = "../../deploy"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
