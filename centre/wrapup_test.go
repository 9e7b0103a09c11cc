package centre

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

const codesFile = `
wrap_up_codes:
  - {id: claim, name: 报案, codes: [{id: claim.car, name: 车险}, {id: claim.home, name: 家财险, codes: [{id: flood}, {id: fire}]}]}
  - {id: nuisance}
queues:
  - {id: all, wrap_up: {mode: manual, codes: required}}
  - {id: some, wrap_up: {mode: timed, after: 20s, only: [claim.home, nuisance], extend: 30s}}
  - {id: none, wrap_up: {mode: timed, after: 20s, codes: none, extend: 30s, extends: 3}}
`

func TestWrapCodes(t *testing.T) {
	c := parse(t, codesFile)
	if d := cmp.Diff([]string{"claim.car", "flood", "fire", "nuisance"}, Leaves(c.WrapCodes)); d != "" {
		t.Error(d)
	}
	var path []string
	for _, one := range c.WrapCode("fire") {
		path = append(path, one.Name)
	}
	if d := cmp.Diff([]string{"报案", "家财险", "fire"}, path); d != "" {
		t.Error(d)
	}
	all, some, none := c.Queues[0].WrapUp, c.Queues[1].WrapUp, c.Queues[2].WrapUp
	if all.Codes != CodesRequired || some.Codes != CodesOptional || some.Extends != 1 || none.Codes != CodesNone || none.Extends != 3 || none.Extend != 30*time.Second {
		t.Errorf("%+v\n%+v\n%+v", all, some, none)
	}
	if got := Leaves(c.CodesOf(some)); !slices.Equal(got, []string{"flood", "fire", "nuisance"}) {
		t.Errorf("some has %v", got)
	}
	if c.CodesOf(none) != nil || len(c.CodesOf(WrapUp{})) != 0 {
		t.Error("a queue without codes has some")
	}
	for _, x := range []struct {
		queue, code string
		ok, may     bool
	}{
		{"all", "fire", true, true},
		{"all", "claim", false, false}, // a group
		{"all", "water", false, false},
		{"some", "fire", true, true},
		{"some", "claim.car", true, false},
		{"none", "fire", true, false},
		{"gone", "claim.car", true, true},
		{"", "claim.car", true, true},
	} {
		if ok, may := c.MayCode(hotline.QueueID(x.queue), x.code); ok != x.ok || may != x.may {
			t.Errorf("%s in %s: %t %t", x.code, x.queue, ok, may)
		}
	}
}

func TestWrapCodeFaults(t *testing.T) {
	for text, want := range map[string]string{
		"queues: [{id: q, wrap_up: {mode: manual, codes: required}}]":                                      "the file has no wrap_up_codes",
		"wrap_up_codes: [{id: a}]\nqueues: [{id: q, wrap_up: {mode: none, codes: required}}]":              "required has no effect with mode none",
		"wrap_up_codes: [{id: a}]\nqueues: [{id: q, wrap_up: {mode: manual, only: [b]}}]":                  `unknown wrap-up code "b"`,
		"wrap_up_codes: [{id: a, codes: [{id: a}]}]":                                                       `id "a" stands twice`,
		"wrap_up_codes: [{id: a, codes: [{id: b, codes: [{id: c, codes: [{id: d, codes: [{id: e}]}]}]}]}]": "is too deep",
		"queues: [{id: q, wrap_up: {mode: manual, extend: 30s}}]":                                          "has no effect with mode manual",
		"queues: [{id: q, wrap_up: {mode: timed, after: 20s, extends: 2}}]":                                "extend",
		"wrap_up_codes: [" + strings.TrimSuffix(strings.Repeat("{id: x}, ", maxCodes+1), ", ") + "]":       "stands twice",
		"wrap_up_codes: [{id: \"=cmd\"}]":                                                                  "cannot be an id",
	} {
		_, faults := Parse("centre.yaml", []byte(text), nil)
		found := false
		for _, f := range faults {
			found = found || strings.Contains(f.String(), want)
		}
		if !found {
			t.Errorf("%.60s: %.300v, want %s", text, faults, want)
		}
	}
}
