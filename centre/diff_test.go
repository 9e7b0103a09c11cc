package centre

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDiffOfEveryKind: what is added, removed or changed of each kind of thing is one change, named.
func TestDiffOfEveryKind(t *testing.T) {
	const base = `
agents: [{id: "1", password: x}, {id: "2", password: x}]
desks: [{id: d, password: x}]
hours: [{id: h, open: ["mon 09:00-10:00"]}]
switches: [{id: s}]
tables: [{id: t, entries: [{number: "1"}, {number: "2"}]}, {id: u}]
shifts: [{agent: "1", relief: "2", days: mon, from: "08:00", to: "16:00"}]
queues: [{id: q, max_wait: {after: 1m, then: [{if: {when: "a = b", then: {collect: {save: x, otherwise: hangup}}}}]}, choice: {prompt: p, keys: {"1": stay}}}]
`
	old := parse(t, base)
	for _, tt := range []struct{ from, to, want string }{
		{"", "# more lines\n\n\n", ""},
		{"[{number: \"1\"}, {number: \"2\"}]", "[{number: \"2\"}, {number: \"1\"}]", ""},
		{`when: "a = b"`, `when: "(a=b)"`, ""},
		{"desks: [{id: d, password: x}]", "desks: [{id: e, password: x}]", "desk d removed, desk e added"},
		{"mon 09:00-10:00", "tue 09:00-10:00", "hours h changed"},
		{"switches: [{id: s}]", "switches: [{id: s, name: x}]", "switch s changed"},
		{`{number: "1"}, `, "", "table t changed"},
		{"{id: u}", "{id: v}", "table u removed, table v added"},
		{`tables: [{id: t, entries: [{number: "1"}, {number: "2"}]}, {id: u}]`, `tables: [{id: u}, {id: t, entries: [{number: "1"}, {number: "2"}]}]`, "setting order of tables changed"},
		{"days: mon", "days: tue", "shift 1 changed"},
		{`agent: "1", relief: "2"`, `agent: "2", relief: "1"`, "shift 1 removed, shift 2 added"},
		{"otherwise: hangup", "otherwise: busy", "queue q changed"},
		{`keys: {"1": stay}`, `keys: {"2": stay}`, "queue q changed"},
		{"agents:", "dial_out: {allow: [\"0\"]}\nagents:", "setting dial_out changed"},
		{"agents:", "emergency_numbers: [\"110\"]\nagents:", "setting emergency_numbers changed"},
		{"agents:", "missed_offers: {rest: {busy: 1s}}\nagents:", "setting missed_offers changed"},
		{"agents:", "name: x\norder: {rule: aged}\nagents:", "setting name changed, setting order changed"},
		{`id: "2", password: x`, `id: "2", password: x, queues: {q: 3}`, "agent 2 changed, queue q changed"},
	} {
		if !strings.Contains(base, tt.from) {
			t.Fatalf("%q is not in the file", tt.from)
		}
		var got []string
		for _, c := range Diff(old, parse(t, strings.Replace(base, tt.from, tt.to, 1))) {
			got = append(got, c.Kind+" "+c.ID+" "+c.How)
		}
		if d := cmp.Diff(tt.want, strings.Join(got, ", ")); d != "" {
			t.Errorf("%q for %q: %s", tt.to, tt.from, d)
		}
	}
}
