package edit

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// model does an edit on plain values, in the plainest way. It returns nil for a part without anything in it.
func model(at any, key string, path []string, value any) any {
	if len(path) == 0 {
		return patch(at, value)
	}
	name := path[0]
	if isList(key) {
		list, _ := at.([]any)
		idKey := "id"
		if key == "entries" {
			idKey = "number"
		}
		for i, m := range list {
			if asText(m.(map[string]any)[idKey]) != name {
				continue
			}
			if v := model(m, "", path[1:], value); v != nil {
				list = slices.Clone(list)
				list[i] = v
				return list
			}
			return slices.Delete(slices.Clone(list), i, i+1)
		}
		one, _ := model(nil, "", path[1:], value).(map[string]any)
		if one == nil {
			one = map[string]any{}
		}
		if _, has := one[idKey]; !has {
			one[idKey] = name
		}
		return append(slices.Clone(list), one)
	}
	m := map[string]any{}
	if was, ok := at.(map[string]any); ok {
		for k, v := range was {
			m[k] = v
		}
	}
	if v := model(m[name], name, path[1:], value); v != nil {
		m[name] = v
	} else {
		delete(m, name)
	}
	return m
}

// patch is RFC 7396.
func patch(at, value any) any {
	p, ok := value.(map[string]any)
	if !ok {
		return value
	}
	m := map[string]any{}
	if was, ok := at.(map[string]any); ok {
		for k, v := range was {
			m[k] = v
		}
	}
	for k, v := range p {
		if v == nil {
			delete(m, k)
		} else {
			m[k] = patch(m[k], v)
		}
	}
	return m
}

// bare is a tree without what is empty, which is written in several ways.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, x := range v {
			if x = bare(x); x != nil {
				m[k] = x
			}
		}
		if len(m) > 0 {
			return m
		}
		return nil
	case []any:
		var all []any
		for _, x := range v {
			all = append(all, bare(x))
		}
		if len(all) > 0 {
			return all
		}
		return nil
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return v
}

func words() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"a", "8001", "王芳", "it's", "a, b", "x # y", "true", "null", "~", "1e3", "0x1F", "- a", "{", "2026-01-01", "mon-fri 09:00-18:00", "\"", "\\", "#", "a: b", " a ", "\t", "a\nb", "😀", "\u2028", "\u0085", "*x", "&x", "!t", "%", "@", "0.80", "claims >= 3"}),
		rapid.StringN(0, 12, 40),
	)
}

// written draws a centre-like file with comments everywhere, in several styles.
func written(t *rapid.T) string {
	var b strings.Builder
	n := 0
	comment := func(prefix string) {
		if rapid.Bool().Draw(t, "comment") {
			n++
			fmt.Fprintf(&b, "%s# comment %d", prefix, n)
		}
	}
	line := func(indent int) {
		if rapid.IntRange(0, 3).Draw(t, "above") == 0 {
			n++
			fmt.Fprintf(&b, "%s## above %d\n", strings.Repeat(" ", indent), n)
		}
	}
	line(0)
	b.WriteString("time_zone: Asia/Shanghai")
	comment("   ")
	b.WriteString("\nagents:\n")
	indent := rapid.SampledFrom([]int{0, 2, 4}).Draw(t, "indent")
	for i := range rapid.IntRange(1, 4).Draw(t, "agents") {
		line(indent)
		id, name := fmt.Sprint(8001+i), scalar(word(words().Draw(t, "name")))
		pad := strings.Repeat(" ", indent)
		if rapid.Bool().Draw(t, "braces") {
			fmt.Fprintf(&b, "%s- {id: \"%s\", name: %s, skills: {claims: %d, x: 1}}", pad, id, name, i+1)
			comment(" ")
			b.WriteString("\n")
			continue
		}
		fmt.Fprintf(&b, "%s- id: %s", pad, id)
		comment(" ")
		fmt.Fprintf(&b, "\n%s  name: %s", pad, name)
		comment(" ")
		b.WriteString("\n")
		fmt.Fprintf(&b, "%s  # within\n%s  skills:", pad, pad)
		comment(" ")
		fmt.Fprintf(&b, "\n%s    claims: %d", pad, i)
		comment("  ")
		fmt.Fprintf(&b, "\n%s    x: |\n%s      one # no comment\n\n%s      two\n", pad, pad, pad)
	}
	line(0)
	b.WriteString("hours: [")
	comment(" ")
	b.WriteString("\n  {id: office, closed: [2026-01-01, 2026-05-01]},")
	comment(" ")
	b.WriteString("\n  {id: night, closed: []}")
	comment(" ")
	b.WriteString("\n]\nnumbers:")
	comment(" ")
	b.WriteString("\n  \"95500\": main")
	comment(" ")
	b.WriteString("\n")
	line(0)
	return b.String()
}

func drawn(t *rapid.T) Edit {
	id := rapid.SampledFrom([]string{"8001", "8002", "8003", "9001"}).Draw(t, "id")
	var value any
	path := rapid.SampledFrom([][]string{
		{"time_zone"},
		{"agents", id},
		{"agents", id, "name"},
		{"agents", id, "skills"},
		{"agents", id, "skills", "claims"},
		{"agents", id, "skills", "english"},
		{"hours", "office", "closed"},
		{"hours", "night", "closed"},
		{"hours", "third"},
		{"numbers", "95500"},
		{"numbers", id},
		{"name"},
		{"queues", "q"},
	}).Draw(t, "path")
	level := rapid.IntRange(1, 9).Draw(t, "level")
	switch last := path[len(path)-1]; {
	case last == "skills":
		value = map[string]any{"claims": level, "x": nil, "new": level}
	case last == "claims" || last == "english":
		value = level
	case last == "closed":
		value = rapid.SliceOfN(rapid.SampledFrom([]any{"2026-01-01", "2026-05-01", "2026-10-01 x", "y: z"}), 0, 3).Draw(t, "closed")
	case path[0] == "agents" && len(path) == 2:
		value = map[string]any{"name": words().Draw(t, "new name"), "skills": map[string]any{"claims": level}}
	case path[0] == "hours" || path[0] == "queues":
		value = map[string]any{"open": []any{"mon-fri 09:00-18:00"}}
	default:
		value = words().Draw(t, "word")
	}
	if rapid.IntRange(0, 3).Draw(t, "away") == 0 {
		value = nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return Edit{path, raw}
}

// comments are the lines of comment of a file, in order of their text.
func comments(t interface{ Fatal(...any) }, src string) (all []string) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		t.Fatal(err, src)
	}
	eachComment(&doc, func(c string) { all = append(all, c) })
	slices.Sort(all)
	return all
}

// TestEditsMeanWhatTheySay: whatever is edited in whatever file, the new file holds what a plain model of the edit says and nothing
// else has changed; and no comment is lost but those on lines that were taken away.
func TestEditsMeanWhatTheySay(t *testing.T) {
	made, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		src := written(t)
		var all []Edit
		for range rapid.IntRange(1, 3).Draw(t, "edits") {
			all = append(all, drawn(t))
		}
		out, err := Text([]byte(src), all)
		if err != nil {
			if refused++; !errors.Is(err, ErrNoPlace) && !errors.Is(err, ErrByHand) {
				t.Fatalf("%v\n%s", err, src)
			}
			return
		}
		made++
		was, err := Tree([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		var want any = was
		away := false
		for _, e := range all {
			var v any
			if err := json.Unmarshal(e.Value, &v); err != nil {
				t.Fatal(err)
			}
			away = away || strings.Contains(string(e.Value), "null") || strings.Contains(e.Path[len(e.Path)-1], "closed")
			want = model(want, "", e.Path, v)
		}
		got, err := Tree(out)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(bare(got), bare(want)) {
			t.Fatalf("%s\nof\n%s\ngives\n%s\n%v\nwant\n%v", all, src, out, bare(got), bare(want))
		}
		before, after := comments(t, src), comments(t, string(out))
		if !away && !slices.Equal(before, after) {
			t.Fatalf("%s\nof\n%s\ngives\n%s\ncomments were %q, are %q", all, src, out, before, after)
		}
		for line := range strings.Lines(src) { // what stands above something is never lost
			if c := strings.TrimSpace(line); strings.HasPrefix(c, "## ") && !strings.Contains(string(out), c+"\n") {
				t.Fatalf("%s\nof\n%s\ngives\n%s\nwithout %q", all, src, out, c)
			}
		}
	})
	if made < refused {
		t.Errorf("%d edits made, %d refused: the test would hold little", made, refused)
	}
}

// FuzzText: no file and no edit makes it fall, and what it returns can be read.
func FuzzText(f *testing.F) {
	f.Add(file, "agents/8003/name", `"x"`)
	f.Add("a: &x [1, *x]\n", "a/0", `null`)
	f.Add("? a\n: b\n", "a", `{"b":[1,{"c":null}]}`)
	f.Add("a: >-\n  x\n\n  y\n#\nb: \"\\\n  z\"", "b", `"\u2028"`)
	f.Fuzz(func(t *testing.T, src, path, value string) {
		out, err := Text([]byte(src), []Edit{{strings.Split(path, "/"), json.RawMessage(value)}})
		if err != nil {
			return
		}
		if _, err := read([]byte(strings.TrimPrefix(string(out), bom))); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if masked, err := Mask([]byte(src)); err == nil {
			if back, faults := Unmask("x", masked, []byte(src)); len(faults) == 0 && !strings.Contains(src, Kept) && string(back) != src {
				t.Fatalf("%q comes back as %q", src, back)
			}
		}
	})
}
