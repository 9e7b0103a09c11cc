package edit

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// large is a file of so many agents, in lines as people write them.
func large(agents int) string {
	var b strings.Builder
	b.WriteString("agents:\n")
	for i := range agents {
		fmt.Fprintf(&b, "  - {id: \"%d\", name: 坐席%d, password: geheim%d, skills: {claims: %d}} # %d\n", 10000+i, i, i, 1+i%9, i)
	}
	b.WriteString("queues: [{id: claims, needs: claims >= 3}]\n")
	return b.String()
}

// BenchmarkLarge is a centre of 10,000 agents: one level is changed, all are, all are new; and the file is hidden and shown.
func BenchmarkLarge(b *testing.B) {
	const n = 10_000
	src := []byte(large(n))
	var one, all, added []Edit
	for i := range n {
		all = append(all, Edit{[]string{"agents", fmt.Sprint(10000 + i), "skills", "claims"}, json.RawMessage("9")})
		added = append(added, Edit{[]string{"agents", fmt.Sprint(30000 + i)}, json.RawMessage(`{"name":"x","password":"y"}`)})
	}
	one = all[n/2 : n/2+1]
	for name, edits := range map[string][]Edit{"one": one, "all": all, "added": added} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Text(src, edits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("mask", func(b *testing.B) {
		for b.Loop() {
			if _, err := Mask(src); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			if _, err := Tree(src); err != nil {
				b.Fatal(err)
			}
		}
	})
}
