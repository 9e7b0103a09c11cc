package auth

import (
	"os"
	"strings"
	"testing"
)

// The table of docs/roles.md is what the roles may do: every permission, every role.
func TestTableOfTheDocs(t *testing.T) {
	b, err := os.ReadFile("../../docs/roles.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[Permission]string{}
	for line := range strings.Lines(string(b)) {
		if cells := strings.Split(line, "|"); len(cells) == len(Roles())+4 && strings.HasPrefix(cells[1], " `") {
			may := ""
			for _, c := range cells[2 : 2+len(Roles())] {
				may += map[bool]string{true: "x", false: "."}[strings.TrimSpace(c) == "x"]
			}
			told[Permission(strings.Trim(cells[1], " `"))] = may
		}
	}
	for _, p := range Director.Permissions() {
		if told[p] == "" {
			t.Errorf("%s stands in no row", p)
		}
	}
	for p, got := range told {
		want := ""
		for _, r := range Roles() {
			want += map[bool]string{true: "x", false: "."}[r.May(p)]
		}
		if got != want {
			t.Errorf("%s: the docs say %s, the roles %s of %v", p, got, want, Roles())
		}
	}
	if len(told) < 19 {
		t.Errorf("only %d rows", len(told))
	}
}
