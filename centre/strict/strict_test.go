package strict

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseDuration(t *testing.T) {
	good := map[string]time.Duration{
		"0s": 0, "500ms": 500 * time.Millisecond, "15s": 15 * time.Second, "10m": 10 * time.Minute, "1h30m": 90 * time.Minute,
		"180d": 180 * 24 * time.Hour, "1d2h3m4s5ms": 26*time.Hour + 3*time.Minute + 4*time.Second + 5*time.Millisecond, "90s": 90 * time.Second,
	}
	for text, want := range good {
		got, err := ParseDuration(text)
		if err != nil || got != want {
			t.Errorf("%q = %v, %v; want %v", text, got, err, want)
		}
		if again, err := ParseDuration(ShowDuration(want)); err != nil || again != want {
			t.Errorf("%v is shown as %q, which reads as %v, %v", want, ShowDuration(want), again, err)
		}
	}
	for _, text := range []string{"", "15", "s", "-5s", "1.5h", "15 s", "15S", "15min", "1s1s", "1s1m", "1ms1s", "1w", "٣s", "999999999d", "1000000000s", "1h 30m", "+1s", "1sx"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q = %v", text, got)
		}
	}
}

func TestShowDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", time.Minute: "1m", time.Hour: "1h", 24 * time.Hour: "1d", 36 * time.Hour: "36h", 90 * time.Second: "1m30s",
		time.Hour + time.Second: "1h1s", 10 * time.Minute: "10m", 10 * time.Hour: "10h", 1500 * time.Millisecond: "1s500ms", -time.Minute: "-1m",
	} {
		if got := ShowDuration(d); got != want {
			t.Errorf("%v is shown as %q, want %q", d, got, want)
		}
	}
}

// TestValues reads every kind of value, good, faulty and absent: what is faulty or absent gives the default.
func TestValues(t *testing.T) {
	f, root := Read("x.yaml", []byte(`
text: hello
number: 7
quoted: "7"
share: 0.5
yes: true
no: "true"
time: 1m
word: b
list: [1, 2]
null_: null
long: `+strings.Repeat("x", 1001)+`
`))
	m := root.Free()
	got := fmt.Sprint(
		m.Get("text").Text("d"), m.Get("number").Text("d"), m.Get("list").Text("d"), m.Get("null_").Text("d"), m.Get("none").Text("d"), m.Get("long").Text("d"), "|",
		m.Get("number").Int(1, 0, 9), m.Get("quoted").Int(1, 0, 9), m.Get("number").Int(1, 8, 9), m.Get("list").Int(1, 0, 9), m.Get("none").Int(1, 0, 9), "|",
		m.Get("share").Ratio(0.1), m.Get("number").Ratio(0.1), m.Get("text").Ratio(0.1), m.Get("none").Ratio(0.1), "|",
		m.Get("yes").Bool(false), m.Get("no").Bool(false), m.Get("none").Bool(true), "|",
		m.Get("time").Duration(0, 0, time.Hour), m.Get("time").Duration(0, 0, time.Second), m.Get("number").Duration(0, 0, time.Hour), m.Get("none").Duration(5, 0, 9), "|",
		m.Get("word").OneOf("a", "a", "b"), m.Get("text").OneOf("a", "a", "b"), m.Get("none").OneOf("a", "b"), "|",
		len(m.Get("list").List()), len(m.Get("text").List()), len(m.Get("null_").List()), len(m.Get("none").List()), "|",
		m.Get("text").IsScalar(), m.Get("list").IsScalar(), m.Get("null_").IsScalar(), m.Get("none").IsScalar(), m.Get("none").Present(), m.Get("text").Line(), m.Get("text").Key(),
	)
	want := "hello7dddd|7 1 1 1 1|0.5 0.1 0.1 0.1|true false true|1m0s 0s 0s 5ns|baa|2 0 0 0|true false false false false 2text"
	if d := cmp.Diff(strings.ReplaceAll(want, " ", ""), strings.ReplaceAll(got, " ", "")); d != "" {
		t.Error(d)
	}
	var faults []string
	for _, f := range f.Faults() {
		faults = append(faults, f.String())
	}
	if len(faults) != 13 {
		t.Errorf("%d faults:\n%s", len(faults), strings.Join(faults, "\n"))
	}
}

func TestMaps(t *testing.T) {
	f, root := Read("x.yaml", []byte("a: {b: 1, c: 2}\nd: [x]\ne: 1\n"))
	m := root.Map("a", "d", "f")
	m.Get("a").Map("b")
	m.Get("d").Map("b")
	m.Get("f").Need()
	m.Get("f").Map("g").Get("h").Need()
	var got []string
	for _, f := range f.Faults() {
		got = append(got, f.Error())
	}
	want := []string{
		"x.yaml:1: a.c: unknown key; one of b",
		"x.yaml:1: f: is missing; add it",
		"x.yaml:1: f.h: is missing; add it",
		"x.yaml:2: d: is a list; a map of key: value",
		"x.yaml:3: e: unknown key; one of a, d, f",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if f.Name() != "x.yaml" || cmp.Diff([]string{"a", "d", "e"}, m.Keys()) != "" {
		t.Error(m.Keys())
	}
}

// TestSyntaxLine finds the line of a syntax error, which the YAML library often names as another.
func TestSyntaxLine(t *testing.T) {
	good := strings.Repeat("k: {a: [1, 2]}\n", 1)
	for i := range 50 {
		good += fmt.Sprintf("key%d:\n  - a: b\n", i)
	}
	for name, bad := range map[string]string{"indent": " x: 1\n", "bracket": "x: [1, 2\ny: 3\n", "quote": "x: \"abc\ny: z\n", "tab": "x:\n\t- y\n", "colon": "a: b: c\n"} {
		f, root := Read("x", []byte(good+bad+good))
		if root.Present() || len(f.Faults()) != 1 {
			t.Errorf("%s: %v", name, f.Faults())
			continue
		}
		if line := f.Faults()[0].Line; line < 102 || line > 105 {
			t.Errorf("%s: on line %d: %v", name, line, f.Faults()[0])
		}
	}
}

func TestBounds(t *testing.T) {
	tests := map[string]string{
		"deep":   strings.Repeat("[", 200) + strings.Repeat("]", 200),
		"deeper": strings.Repeat("- ", 20_000),
		"copies": "a: &a [" + strings.Repeat("x,", 999) + "x]\nb: [" + strings.Repeat("*a,", 20) + "]\n",
		"big":    strings.Repeat("#", 17<<20),
		"latin":  "a: caf\xe9\n",
		"utf16":  "\xff\xfea\x00:\x00",
	}
	for name, text := range tests {
		f, root := Read("x", []byte(text))
		if root.Present() || len(f.Faults()) != 1 {
			t.Errorf("%s: %d faults, present %t", name, len(f.Faults()), root.Present())
		}
	}
	// An alias or two is fine.
	f, root := Read("x", []byte("a: &a {k: 1}\nb: *a\n"))
	if n := root.Map("a", "b").Get("b").Map("k").Get("k").Int(0, 0, 9); n != 1 || len(f.Faults()) > 0 {
		t.Error(n, f.Faults())
	}
	// Thousands of faults are cut off, with a word about it.
	f, root = Read("x", []byte(strings.Repeat("- 1\n", 5000)))
	for _, v := range root.List() {
		v.Bool(false)
	}
	if all := f.Faults(); len(all) != maxFaults+1 || !strings.Contains(all[maxFaults].String(), "more faults") {
		t.Errorf("%d faults, the last %v", len(all), all[len(all)-1])
	}
}

func TestQuote(t *testing.T) {
	if got := Quote("a\nb\x00" + strings.Repeat("长", 100)); got != `"a\nb\x00`+strings.Repeat("长", 56)+`…"` {
		t.Error(got)
	}
}

// TestKeys: which keys the maps of a file might hold, and which of them some map of each kind does hold.
func TestKeys(t *testing.T) {
	f, root := Read("x.yaml", []byte("list: [{a: 1}, {b: 2}]\nother: {a: 1}\nword: x"))
	m := root.Map("list", "other", "word", "more")
	for _, v := range m.Get("list").List() {
		v.Map("a", "b")
	}
	m.Get("other").Map("a", "c")
	m.Get("word").Empty().Map("d")
	want := map[string]bool{"list": true, "other": true, "word": true, "more": false, "a": true, "b": true, "c": false, "d": false}
	if d := cmp.Diff(want, f.Keys()); d != "" || len(f.Faults()) > 0 {
		t.Error(d, f.Faults())
	}
	_, root = Read("x.yaml", []byte("list: [{b: 2}]\nother: {a: 1}"))
	m = root.Map("list", "other")
	if !m.Get("list").IsList() || m.Get("list").IsMap() || !m.Get("other").IsMap() || m.Get("more").IsList() || m.Get("other").IsScalar() {
		t.Error("kinds")
	}
}
