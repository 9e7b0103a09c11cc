package centre

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkParse reads a centre of 2,000 agents, 100 queues and a table of 10,000 numbers.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString("agents:\n")
	for i := range 2000 {
		fmt.Fprintf(&text, "  - {id: \"%d\", password: x, skills: {claims: 5, english: 3}, queues: {q%d: 3}}\n", 10000+i, i%100)
	}
	text.WriteString("queues:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - {id: q%d, relax: [{after: 30s, needs: claims}], max_wait: {after: 10m, then: [{message: sorry}, hangup]}}\n", i)
	}
	text.WriteString("tables:\n  - id: t\n    entries:\n")
	for i := range 10000 {
		fmt.Fprintf(&text, "      - {number: \"1380%07d\", priority: 3, agent: \"10001\"}\n", i)
	}
	data := []byte(text.String())
	for b.Loop() {
		if _, faults := Parse("c", data, nil); len(faults) > 0 {
			b.Fatal(faults[0])
		}
	}
}

// BenchmarkOpenAt asks for hours with ten years of holidays, as every caller who joins a queue with hours does.
func BenchmarkOpenAt(b *testing.B) {
	c := holidays(b)
	at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if !c.OpenAt("h", at) {
			b.Fatal("closed")
		}
	}
}

// BenchmarkNextChange asks when they close.
func BenchmarkNextChange(b *testing.B) {
	c := holidays(b)
	at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.NextChange("h", at); !ok {
			b.Fatal("never")
		}
	}
}

func holidays(b *testing.B) *Centre {
	h := Hours{ID: "h", Open: []Span{{workdays, 9 * 60, 18 * 60}}}
	for year := 2020; year < 2030; year++ {
		for month := 1; month <= 10; month++ {
			h.Closed = append(h.Closed, DateRun{First: fmt.Sprintf("%d-%02d-01", year, month), Last: fmt.Sprintf("%d-%02d-03", year, month)})
		}
	}
	return &Centre{TimeZone: zone(b, "Asia/Shanghai"), Hours: []Hours{h}}
}

// BenchmarkLookup looks one caller up among 100,000 numbers.
func BenchmarkLookup(b *testing.B) {
	var t Table
	for i := range 100_000 {
		t.Entries = append(t.Entries, TableEntry{Number: fmt.Sprintf("138%08d", i)})
	}
	c := &Centre{Tables: []Table{t}}
	c.entries = tableIndex(c.Tables)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := c.Lookup("13900000000", time.Time{}); ok {
			b.Fatal("found")
		}
	}
}

// BenchmarkBind makes the expression of one caller.
func BenchmarkBind(b *testing.B) {
	e, err := ParseExpr("claims >= 3 and ($speaks >= 2 or english)")
	if err != nil {
		b.Fatal(err)
	}
	with := map[string]string{"speaks": "german"}
	b.ReportAllocs()
	for b.Loop() {
		if e.Bind(with, nil).Text == "" {
			b.Fatal("empty")
		}
	}
}
