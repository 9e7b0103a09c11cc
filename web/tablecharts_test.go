package web

import (
	"archive/zip"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"hotline/web/auth"
)

// TestWorkbooksHaveCharts: another library than ours finds in each workbook the charts it is to have, drawn from figures that are there,
// in both languages; the heat map is coloured.
func TestWorkbooksHaveCharts(t *testing.T) {
	b := newBench(t, afternoon(t))
	boss := b.as(t, auth.Director)
	for _, c := range []struct {
		path   string
		charts int
	}{
		{"queues?curve=true&", 1}, {"queues?interval=1h&curve=true&", 3}, {"agents?", 1}, {"teams?", 2}, {"abandoned?", 1}, {"kpi?month=2026-11&", 1}, {"heatmap?", 0},
	} {
		for _, lang := range []string{"zh-CN", "en-US"} {
			span := "from=" + url.QueryEscape("2026-11-22T00:00:00+08:00") + "&to=" + url.QueryEscape(testNow)
			r := b.get(t, boss, "/api/v1/reports/"+c.path+"format=xlsx&lang="+lang+"&"+span)
			if r.StatusCode != 200 {
				t.Errorf("%s: %s %.200s", c.path, r.Status, r.body)
				continue
			}
			z, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
			if err != nil {
				t.Fatal(err)
			}
			charts := 0
			for _, f := range z.File {
				if strings.HasPrefix(f.Name, "xl/charts/chart") {
					charts++
				}
			}
			f, err := excelize.OpenReader(strings.NewReader(r.body))
			if err != nil {
				t.Fatal(err)
			}
			if charts != c.charts {
				t.Errorf("%s %s: %d charts, want %d; sheets %v", c.path, lang, charts, c.charts, f.GetSheetList())
			}
			if series := map[string]string{"zh-CN": "图表数据", "en-US": "Series"}[lang]; c.charts > 0 {
				if rows, err := f.GetRows(series); err != nil || len(rows) < 2 || len(rows[1]) < 2 {
					t.Errorf("%s: nothing to draw: %d rows, %v", c.path, len(rows), err)
				}
			}
			if strings.HasPrefix(c.path, "heatmap") {
				coloured(t, f, map[string]string{"zh-CN": "热力图", "en-US": "Map"}[lang])
			}
		}
	}
}

func coloured(t *testing.T, f *excelize.File, sheet string) {
	t.Helper()
	scales, err := f.GetConditionalFormats(sheet)
	if err != nil || scales["B2:AW8"] == nil || scales["B2:AW8"][0].Type != "2_color_scale" || scales["B12:AW18"] == nil || scales["B12:AW18"][0].MaxValue != "1" {
		t.Errorf("%s: %+v, %v", sheet, scales, err)
	}
	rows, err := f.GetRows(sheet)
	if err != nil || len(rows) < 18 || rows[0][1] != "00:00" || rows[0][48] != "23:30" {
		t.Fatalf("%s: %d rows, %v", sheet, len(rows), err)
	}
	sunday := strings.Join(rows[7], "")
	if !strings.ContainsAny(sunday, "123456789") {
		t.Errorf("a day with calls is empty: %q", sunday)
	}
}
