package reports

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// Every figure is explained in both languages, once, and stands where its field says.
func TestFigures(t *testing.T) {
	f := New(Config{Now: func() time.Time { return time.UnixMilli(1_773_104_400_000) }})
	q := Span{From: time.UnixMilli(1_773_100_800_000), To: time.UnixMilli(1_773_104_400_000)}
	rows := map[string]any{
		"queues": QueueRow{Calls: &CallFigures{}, Curve: &Curve{}, Thresholds: []Threshold{{}}, Restated: 1}, "agents": AgentRow{Restated: 1},
		"teams": TeamRow{Restated: 1}, "survey": SurveyRow{Restated: 1}, "fcr": FCRRow{}, "ivr": IVRReport{}, "abandoned": GaveUp{},
		"heatmap": HeatRow{}, "peaks": PeakRow{Calls: &Peak{}}, "trunks": TrunkRow{}, "quality": QualityRow{},
	}
	sheet, err := f.KPISpan(q.From, q.To)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../docs/reports.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, x := range Figures() {
		if line := fmt.Sprintf("| `%s` | `%s` |", x.ID, x.Field); !strings.Contains(string(doc), line) || !strings.Contains(string(doc), x.Formula["en-US"]) {
			t.Errorf("%s is not in docs/reports.md as it is", x.ID)
		}
		if seen[x.ID] {
			t.Errorf("%s stands twice", x.ID)
		}
		seen[x.ID] = true
		for _, text := range []string{x.Name["zh-CN"], x.Formula["zh-CN"]} {
			if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && text != "MOS" {
				t.Errorf("%s: no Chinese: %q", x.ID, text)
			}
		}
		if x.Name["en-US"] == "" || x.Formula["en-US"] == "" || x.Unit == "" || x.Source == "" || len(x.Reports) == 0 {
			t.Errorf("%s: %+v", x.ID, x)
		}
		for _, name := range x.Reports {
			switch {
			case name == "kpi":
				if !slices.ContainsFunc(sheet, func(r KPIRow) bool { return strings.TrimPrefix(x.ID, "avg_") == r.ID }) {
					t.Errorf("%s: no row of the sheet", x.ID)
				}
			case x.ID == "hand_over" || name == "heatmap" && x.ID == "abandon" || x.ID == "rona" && name != "queues":
			case !has(t, rows[name], x.Field):
				t.Errorf("%s: no field %s in a row of %s", x.ID, x.Field, name)
			}
		}
	}
	for _, r := range sheet {
		if !seen[r.ID] && !seen["avg_"+r.ID] && r.ID != KPIScript && r.ID != KPIAccuracy && r.ID != KPIErrors {
			t.Errorf("the sheet's %s is explained nowhere", r.ID)
		}
	}
	for _, name := range jsonKeys(t, Levels{}) {
		if !seen[name] {
			t.Errorf("the level %s is explained nowhere", name)
		}
	}
}

func jsonKeys(t *testing.T, v any) (keys []string) {
	t.Helper()
	for k := range object(t, v) {
		keys = append(keys, k)
	}
	return keys
}

func object(t *testing.T, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// has says whether a row has the field, such as levels.v1.
func has(t *testing.T, row any, path string) bool {
	t.Helper()
	at := object(t, row)
	parts := strings.Split(path, ".")
	for i, p := range parts {
		v, ok := at[p]
		if !ok {
			return false
		}
		if i < len(parts)-1 {
			if at, ok = v.(map[string]any); !ok {
				return false
			}
		}
	}
	return true
}
