package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/xuri/excelize/v2"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "+8613800138000": "+8613800138000", "+1": "+1", "+12345678901234567": "'+12345678901234567", "-3": "-3", "-3.25": "-3.25",
		"=1+2": "'=1+2", "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "+": "'+",
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
}

type one struct {
	name, number string
	n            int
	ms           int64
	share        *float64
	at           int64
}

func at(t testing.TB, s string) int64 {
	x, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return x.UnixMilli()
}

func sample(t testing.TB, rows ...one) *Table {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return Of(Table{
		Name: "sample", Title: Words{"Sample & co", "样本 & 公司"}, Count: len(rows), Zone: loc,
		Notes: []Note{{Name: Words{"Zone", "时区"}, Value: T("Asia/Shanghai")}},
		Charts: []Chart{
			{Title: Words{"Course", "走势"}, Labels: []string{"a", "b"}, Series: []Series{{Name: Words{"N", "数"}, Values: []float64{1, 2}}}},
			{Title: Words{"Level", "水平"}, Kind: Lines, Labels: []string{"a", "b"}, Series: []Series{
				{Name: Words{"Level", "水平"}, Values: []float64{0.5, math.NaN()}}, {Name: Words{"Target", "目标"}, Values: []float64{0.8, 0.8}, Dashed: true},
			}},
			{Title: Words{"States", "状态"}, Kind: Stacked, Labels: []string{"8001"}, Series: []Series{{Name: Words{"Talk", "通话"}, Values: []float64{90_061_000}}}},
		},
	}, []Col[one]{
		C(Time, "at", "At", "时间", func(o one) Cell { return At(o.at) }),
		C(Text, "name", "Name", "姓名", func(o one) Cell { return T(o.name) }),
		C(ID, "number", "Number", "号码", func(o one) Cell { return I(o.number) }),
		C(Number, "n", "Calls", "次数", func(o one) Cell { return N(o.n) }).Sums(),
		C(Duration, "ms", "Talk", "通话", func(o one) Cell { return D(o.ms) }).Sums(),
		C(Duration, "avg", "Mean", "平均", func(o one) Cell { return D(o.ms / int64(max(o.n, 1))) }).Per([]string{"ms"}, []string{"n"}).Is("talk ÷ calls", "通话 ÷ 次数"),
		C(Ratio, "share", "Share", "比率", func(o one) Cell { return R(o.share) }),
		C(Flag, "yes", "Yes", "是否", func(o one) Cell { return Yes(o.n > 1) }),
	}, Each(rows), nil)
}

func hostile(t testing.TB) []one {
	half := 0.8125
	return []one{
		{`=HYPERLINK("http://x","click")`, "013800138000", 3, 90_061_000, &half, at(t, "2026-11-22T14:32:08+08:00")},
		{"陈\x00\x1b建\ufffe国\xff<&>\"", "+8613800138000", 1, 1_000, nil, 0},
	}
}

func TestCSV(t *testing.T) {
	var out bytes.Buffer
	n, err := sample(t, hostile(t)...).CSV(&out, "")
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	text := out.String()
	if !strings.HasPrefix(text, "\ufeffat,name,number,n,ms,avg,share,yes\r\n") {
		t.Errorf("head: %q", text)
	}
	if want := `2026-11-22T06:32:08.000Z,"'=HYPERLINK(""http://x"",""click"")",013800138000,3,90061000,30020333,0.8125,true` + "\r\n"; !strings.Contains(text, want) {
		t.Errorf("%q lacks %q", text, want)
	}
	if all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll(); err != nil || len(all) != 3 {
		t.Error(len(all), err)
	}
	out.Reset()
	if _, err := sample(t).CSV(&out, Chinese); err != nil || out.String() != "\ufeff时间（UTC）,姓名,号码,次数,通话（毫秒）,平均（毫秒）,比率,是否\r\n" {
		t.Errorf("%v %q", err, out.String())
	}
}

func TestXLSX(t *testing.T) {
	var out bytes.Buffer
	if n, err := sample(t, hostile(t)...).XLSX(&out, "en-US"); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{
		"A1": "At", "B2": `=HYPERLINK("http://x","click")`, "C2": "013800138000", "D2": "3", "E2": "25:01:01", "G2": "81.3%", "H2": "yes", "A2": "2026-11-22 14:32:08",
		"B3": "陈建国<&>\"", "A3": "", "G3": "", "B4": "Total", "D4": "4", "E4": "25:01:02", "F4": "6:15:16", "G4": "", "H4": "",
	} {
		if got, err := f.GetCellValue("sample", cell); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", cell, got, err, want)
		}
	}
	if formula, err := f.GetCellFormula("sample", "B2"); err != nil || formula != "" {
		t.Errorf("a name became the formula %q, %v", formula, err)
	}
	if got := f.GetSheetList(); strings.Join(got, " ") != "sample Charts Series About" {
		t.Errorf("sheets %v", got)
	}
}

// A fault while the rows are read must not leave half a workbook behind.
func TestFaultWritesNothing(t *testing.T) {
	tab := sample(t)
	broken := errors.New("broken")
	tab.Rows = func(yield func([]Cell, error) bool) {
		row := make([]Cell, len(tab.Columns))
		for range 300 {
			if !yield(row, nil) {
				return
			}
		}
		yield(nil, broken)
	}
	var out bytes.Buffer
	if n, err := tab.XLSX(&out, ""); !errors.Is(err, broken) || out.Len() != 0 || n != 300 {
		t.Errorf("%d rows, %v, %d bytes", n, err, out.Len())
	}
}

func TestHTML(t *testing.T) {
	var out bytes.Buffer
	if n, err := sample(t, append(hostile(t), one{name: "<script>alert(1)</script>"})...).HTML(&out, Chinese); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	page := out.String()
	for _, want := range []string{`lang="zh-CN"`, "样本 &amp; 公司", "81.3 %", "25:01:01", "&lt;script&gt;", "合计", "2026-11-22 14:32:08", `title="通话 ÷ 次数"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, no := range []string{"<script", "http:", "src=", "url("} {
		if strings.Contains(strings.ReplaceAll(page, `=HYPERLINK(&#34;http://x&#34;`, ""), no) {
			t.Errorf("the page holds %s", no)
		}
	}
}
