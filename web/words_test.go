package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hotline/centre"
)

// constants are the string constants of a file whose type is the one given, or, without one, whose name begins with prefix.
func constants(t *testing.T, file, typ, prefix string) (values []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		id, _ := spec.Type.(*ast.Ident)
		if (id == nil) != (typ == "") || id != nil && id.Name != typ {
			return true
		}
		if v, ok := spec.Values[0].(*ast.BasicLit); ok && v.Kind == token.STRING {
			s, _ := strconv.Unquote(v.Value)
			values = append(values, s)
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants %s %s: the test would hold nothing", file, typ, prefix)
	}
	return values
}

// factKinds are the kinds of all facts.
func factKinds(t *testing.T) (kinds []string) {
	t.Helper()
	for _, file := range []string{"../fact.go", "../factshard.go", "../factdesk.go", "../factlead.go"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\) Kind\(\) string\s*\{ return "(\w+)" \}`).FindAllSubmatch(b, -1) {
			kinds = append(kinds, string(m[1]))
		}
	}
	if len(kinds) < 50 {
		t.Fatalf("only %d kinds of facts are found", len(kinds))
	}
	return kinds
}

// strategies are the strategies of a queue.
func strategies(t *testing.T) (all []string) {
	for _, s := range constants(t, "../centre/parsequeue.go", "", "") {
		if s == centre.LongestIdle || len(all) > 0 {
			all = append(all, s)
		}
		if s == centre.Progressive {
			return all
		}
	}
	t.Fatal("no strategies are found")
	return nil
}

// TestTheRecordIsInWords: whatever a contact's record may hold of the closed sets of words is said in both languages. That the
// languages have the same keys is held elsewhere.
func TestTheRecordIsInWords(t *testing.T) {
	const words = "../words.go"
	kinds := slices.DeleteFunc(factKinds(t), func(k string) bool { // those of no contact
		return slices.Contains([]string{
			"engine_started", "engine_stopped", "centre_applied", "device_changed", "break_asked", "break_answered", "recalled", "phone_taken",
			"sign_out_asked", "switch_set", "alarm_acknowledged", "lent",
		}, k)
	})
	zh := texts(t, "zh-CN")
	for kind, all := range map[string][]string{
		"fact":      kinds,
		"cause":     constants(t, words, "Cause", ""),
		"direction": constants(t, words, "Direction", ""),
		"role":      constants(t, words, "Role", ""),
		"outcome":   constants(t, words, "Outcome", ""),
		"blocked":   constants(t, words, "BlockReason", ""),
		"offer":     constants(t, words, "OfferResult", ""),
		"state":     constants(t, words, "AgentState", ""),
		"entry":     constants(t, words, "", "Entry"),
		"target":    constants(t, words, "", "Target"),
		"transfer":  {"blind", "attended", "conference"},
		"step":      append(constants(t, "../centre/step.go", "", "Step"), "consent"),
		"pick":      append(strategies(t), "free", "preferred", "pulled", "callback"),
		"diverted":  {"user-busy", "no-answer", "unavailable", "unconditional", "time-of-day", "do-not-disturb", "deflection", "follow-me", "out-of-service", "away", "unknown"},
		"survey":    {"invited", "accepted", "answered", "completed"},
		"promise":   {"connected", "failed", "expired", "cancelled"},
		"span":      {"ivr", "queue", "agent", "transfer", "hold", "conference", "message", "survey"},
	} {
		for _, word := range all {
			if zh[kind+"."+word] == "" {
				t.Errorf("no words for %s.%s", kind, word)
			}
		}
	}
}

// TestAlarmsAreInWords: no page shows the id of an alarm that the engine raises; what stands behind its colon is a name.
func TestAlarmsAreInWords(t *testing.T) {
	raised := regexp.MustCompile(`(?:alarm[A-Z]\w*\s*=|newRaiser\(|AlarmRaised\{Alarm:|name :=) ?"([a-z]+_?[a-z_]+):?"`)
	zh, seen := texts(t, "zh-CN"), map[string]bool{}
	for _, dir := range []string{"../acd", "../notify", "../cmd/hotline"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range entries {
			if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
				continue
			}
			b, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range raised.FindAllSubmatch(b, -1) {
				id := string(m[1])
				if seen[id] = true; zh["alarmName."+id] == "" {
					t.Errorf("no words for the alarm %s of %s", id, f.Name())
				}
			}
		}
	}
	if len(seen) < 11 {
		t.Errorf("only %d alarms are found: %v", len(seen), seen)
	}
}
