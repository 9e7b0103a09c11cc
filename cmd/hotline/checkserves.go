package main

import (
	"fmt"
	"io"
	"strings"

	"hotline/centre"
	"hotline/centre/strict"
)

// warnUnserved prints a line for each need of a queue that nobody meets. They are no faults: a queue may wait for its people.
func warnUnserved(out io.Writer, cfg config, c *centre.Centre) error {
	for _, g := range c.Gaps() {
		f := strict.Fault{
			File: cfg.Centre, Line: g.Line, Key: g.Key, Problem: "warning: no agent may take its calls, whatever it is widened to",
			Want: "agents with its skills, of its teams",
		}
		if len(g.Skills) > 0 {
			quoted := make([]string, len(g.Skills))
			for i, s := range g.Skills {
				quoted[i] = strict.Quote(s)
			}
			f.Problem = "warning: no agent has the skill " + strings.Join(quoted, " or ") + " of " + strict.Quote(g.Needs)
			f.Want = "a skill that agents have, or agents who have it"
		}
		if _, err := fmt.Fprintln(out, f); err != nil {
			return err
		}
	}
	return nil
}
