package main

import (
	"cmp"
	"fmt"
	"io"

	"hotline/centre/strict"
	"hotline/sip/rewrite"
	"hotline/sip/wire"
)

// showNumber prints what each trunk, or the named one, makes of the number, and by which rule.
func showNumber(out io.Writer, cfg config, number, trunk string) error {
	found := false
	for _, t := range cfg.SIP.Trunks {
		if trunk != "" && t.Name != trunk {
			continue
		}
		found = true
		for _, line := range numberLines(t, number) {
			if _, err := fmt.Fprintln(out, line); err != nil {
				return err
			}
		}
	}
	if !found {
		return faults{{
			File: cmp.Or(cfg.File, "hotline.yaml"), Line: 1, Key: "sip.trunks", Problem: "unknown trunk " + strict.Quote(trunk), Want: "one of the file's trunks",
		}}
	}
	return nil
}

func numberLines(t wire.Trunk, number string) (lines []string) {
	for _, way := range []struct {
		name  string
		rules rewrite.Rules
	}{{"in", t.In}, {"out", t.Out}} {
		for _, of := range []struct {
			name string
			of   rewrite.Of
		}{{"called", rewrite.Called}, {"caller", rewrite.Caller}} {
			to, i := way.rules.Apply(number, of.of)
			why := "no rule matches"
			if i >= 0 {
				why = fmt.Sprintf("rule %d: %s", i+1, way.rules[i])
			}
			lines = append(lines, fmt.Sprintf("%s %s, %s: %s becomes %s (%s)", t.Name, way.name, of.name, number, to, why))
		}
	}
	return lines
}
