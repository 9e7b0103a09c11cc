package edit

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const dialogues = `flows:
  # who calls us
  main:
    - answer: {}
    # the clock first
    - hours: {of: office, closed: [{play: closed}, hangup]} # by day
    - menu:
        prompt: main-menu   # spoken by 王芳
        tries: 3
        keys:
          # the many
          "1": {queue: claims}
          "2": [{play: address}, {play: hold}] # the few
        otherwise: {queue: claims}
  busy: [{busy: {}}]
shifts:
  - {agent: "8001", days: mon-fri, from: "08:00", to: "16:00"} # early
  - {agent: "8002", days: mon-fri, from: "16:00", to: "24:00"} # late
`

// TestListsMemberByMember: what is done to a dialogue touches the steps that it is done to, and no other line.
func TestListsMemberByMember(t *testing.T) {
	const answer, hours = `{"answer":{}}`, `{"hours":{"of":"office","closed":[{"play":"closed"},"hangup"]}}`
	menu := func(keys, more string) string {
		return `{"menu":{"prompt":"main-menu",` + more + `"keys":{` + keys + `},"otherwise":{"queue":"claims"}}}`
	}
	const keys = `"1":{"queue":"claims"},"2":[{"play":"address"},{"play":"hold"}]`
	same := menu(keys, `"tries":3,`)
	for _, c := range []struct{ name, path, value, want string }{
		{"nothing", "flows/main", "[" + answer + "," + hours + "," + same + "]", ``},
		{"a step between", "flows/main", "[" + answer + `,{"play":"welcome"},` + hours + "," + same + "]", `
+    - play: welcome`},
		{"a step at the end", "flows/busy", `[{"play":"welcome"},{"busy":{}}]`, `
-  busy: [{busy: {}}]
+  busy: [{play: welcome}, {busy: {}}]`},
		{"a step less", "flows/main", "[" + answer + "," + same + "]", `
-    - hours: {of: office, closed: [{play: closed}, hangup]} # by day`},
		{"a field of a step", "flows/main", "[" + answer + "," + hours + "," + menu(keys, `"tries":2,`) + "]", `
-        tries: 3
+        tries: 2`},
		{"a field less", "flows/main", "[" + answer + "," + hours + "," + menu(keys, "") + "]", `
-        tries: 3`},
		{"a step within", "flows/main", "[" + answer + "," + hours + "," + menu(`"1":{"queue":"claims"},"2":[{"play":"address"},{"play":"hold"},"hangup"]`, `"tries":3,`) + "]", `
-          "2": [{play: address}, {play: hold}] # the few
+          "2": [{play: address}, {play: hold}, hangup] # the few`},
		{"a key more", "flows/main", "[" + answer + "," + hours + "," + menu(keys+`,"3":{"flow":"busy"}`, `"tries":3,`) + "]", `
+          "3": {flow: busy}`},
		{"a key that leads elsewhere", "flows/main", "[" + answer + "," + hours + "," + menu(`"1":[{"play":"wait"},{"queue":"claims"}],"2":[{"play":"address"},{"play":"hold"}]`, `"tries":3,`) + "]", `
-          "1": {queue: claims}
+          "1": [{play: wait}, {queue: claims}]`},
		{"another step in the place of one", "flows/main", "[" + answer + `,{"play":"welcome"},` + same + "]", `
-    - hours: {of: office, closed: [{play: closed}, hangup]} # by day
+    - {play: welcome} # by day`},
		{"a shift more", "shifts/2", `{"agent":"8003","days":"sat","from":"08:00","to":"16:00"}`, `
+  - {agent: "8003", days: sat, from: "08:00", to: "16:00"}`},
		{"a shift less", "shifts/0", `null`, `
-  - {agent: "8001", days: mon-fri, from: "08:00", to: "16:00"} # early`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Text([]byte(dialogues), []Edit{{strings.Split(c.path, "/"), json.RawMessage(c.value)}})
			if err != nil {
				t.Fatal(err)
			}
			if d := changed(dialogues, string(got)); d != strings.TrimPrefix(c.want, "\n") {
				t.Errorf("got\n%s\nwant%s\nin\n%s", d, c.want, got)
			}
		})
	}
}

// TestMovedStepKeepsItsLines: a step that only has another place keeps its comments and the way it is written.
func TestMovedStepKeepsItsLines(t *testing.T) {
	tree, err := Tree([]byte(dialogues))
	if err != nil {
		t.Fatal(err)
	}
	steps := tree["flows"].(map[string]any)["main"].([]any)
	moved, _ := json.Marshal([]any{steps[0], steps[2], steps[1]})
	got, err := Text([]byte(dialogues), []Edit{{[]string{"flows", "main"}, moved}})
	if err != nil {
		t.Fatal(err)
	}
	if d := changed(dialogues, string(got)); d != "" {
		t.Errorf("lines were changed, not moved:\n%s", d)
	}
	if !strings.Contains(string(got), "- answer: {}\n    - menu:") || !strings.Contains(string(got), "claims}\n    # the clock first\n    - hours:") {
		t.Errorf("not moved:\n%s", got)
	}
}

// drawnSteps draws a list of steps, some with steps within.
func drawnSteps(t *rapid.T, depth int) []any {
	var all []any
	for range rapid.IntRange(1, 5).Draw(t, "steps") {
		switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
		case kind == 0:
			all = append(all, "hangup")
		case kind == 1 && depth < 3:
			keys := map[string]any{}
			for range rapid.IntRange(1, 3).Draw(t, "keys") {
				keys[fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "key"))] = drawnSteps(t, depth+1)
			}
			all = append(all, map[string]any{"menu": map[string]any{"prompt": words().Draw(t, "prompt"), "keys": keys, "tries": rapid.IntRange(1, 3).Draw(t, "tries")}})
		case kind == 2 && depth < 3:
			all = append(all, map[string]any{"if": map[string]any{"when": words().Draw(t, "when"), "then": drawnSteps(t, depth+1)}})
		default:
			all = append(all, map[string]any{"play": words().Draw(t, "prompt")})
		}
	}
	return all
}

// changedSteps changes a list somewhere, as a form does.
func changedSteps(t *rapid.T, list []any) []any {
	list = slices.Clone(list)
	for range rapid.IntRange(1, 3).Draw(t, "acts") {
		i := rapid.IntRange(0, len(list)-1).Draw(t, "at")
		switch rapid.IntRange(0, 4).Draw(t, "act") {
		case 0:
			list = slices.Insert(list, i, drawnSteps(t, 2)...)
		case 1:
			if len(list) > 1 {
				list = slices.Delete(list, i, i+1)
			}
		case 2:
			j := rapid.IntRange(0, len(list)-1).Draw(t, "to")
			list[i], list[j] = list[j], list[i]
		case 3:
			list[i] = drawnSteps(t, 1)[0]
		case 4:
			m, _ := list[i].(map[string]any)
			menu, _ := m["menu"].(map[string]any)
			if menu == nil {
				continue
			}
			keys := map[string]any{}
			was := menu["keys"].(map[string]any)
			for _, k := range slices.Sorted(maps.Keys(was)) {
				keys[k] = changedSteps(t, was[k].([]any))
			}
			list[i] = map[string]any{"menu": map[string]any{"prompt": menu["prompt"], "keys": keys}}
		}
	}
	return list
}

// writtenSteps writes steps as a person does, each on lines of its own and with a comment.
func writtenSteps(t *rapid.T, b *strings.Builder, list []any, indent int, n *int) {
	pad := strings.Repeat(" ", indent)
	for _, one := range list {
		*n++
		if rapid.Bool().Draw(t, "above") {
			fmt.Fprintf(b, "%s# above %d\n", pad, *n)
		}
		m, _ := one.(map[string]any)
		menu, _ := m["menu"].(map[string]any)
		if menu == nil || rapid.Bool().Draw(t, "braces") {
			raw, _ := json.Marshal(one)
			value, _ := decode(raw)
			fmt.Fprintf(b, "%s- %s # step %d\n", pad, flow(value), *n)
			continue
		}
		raw, _ := json.Marshal(menu["prompt"])
		value, _ := decode(raw)
		fmt.Fprintf(b, "%s- menu:\n%s    prompt: %s # of %d\n%s    tries: %d\n%s    keys:\n", pad, pad, flow(value), *n, pad, menu["tries"], pad)
		keys := menu["keys"].(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			fmt.Fprintf(b, "%s      \"%s\":\n", pad, k)
			writtenSteps(t, b, keys[k].([]any), indent+8, n)
		}
	}
}

// TestListsMeanWhatTheySay: whatever is done to the steps of whatever dialogue, the file then holds exactly those steps; a step that
// is not concerned keeps its line with its comment.
func TestListsMeanWhatTheySay(t *testing.T) {
	checked, touched := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		list := drawnSteps(t, 0)
		var b strings.Builder
		b.WriteString("flows:\n  main:\n")
		n := 0
		writtenSteps(t, &b, list, 4, &n)
		b.WriteString("  # the other\n  other: [{play: x}]\n")
		next := changedSteps(t, list)
		raw, _ := json.Marshal(next)
		out, err := Text([]byte(b.String()), []Edit{{[]string{"flows", "main"}, raw}})
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, raw, b.String())
		}
		got, err := Tree(out)
		if err != nil {
			t.Fatal(err)
		}
		var want any
		_ = json.Unmarshal(raw, &want)
		if have := bare(got["flows"].(map[string]any)["main"]); !reflect.DeepEqual(have, bare(want)) {
			t.Fatalf("%s\nof\n%s\ngives\n%s", raw, b.String(), out)
		}
		if !strings.HasSuffix(string(out), "  # the other\n  other: [{play: x}]\n") {
			t.Fatalf("another dialogue was touched:\n%s", out)
		}
		one, _ := json.Marshal(list[0])
		now, _ := json.Marshal(next[0])
		if first, _, ok := strings.Cut(b.String(), "# step 1\n"); ok && string(one) == string(now) {
			checked++
			if !strings.HasPrefix(string(out), first+"# step 1\n") {
				touched++ // written anew: some moves within moves
			}
		}
	})
	if touched*50 > checked {
		t.Errorf("%d of %d dialogues were written anew", touched, checked)
	}
}
