package centre

import (
	"fmt"
	"strings"
	"testing"
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
