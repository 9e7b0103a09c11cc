package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"hotline/centre"
	"hotline/centre/strict"
	"hotline/media"
)

// lacking is what the centre file names and this machine has not: prompts and trunks. The pages say it in Chinese too (package web).
func lacking(cfg config, lib *media.Library, c *centre.Centre) faults {
	return append(missingPrompts(cfg, lib, c), unknownTrunks(cfg, c)...)
}

// missingPrompts are the prompts that the centre file names and nobody has recorded, or that cannot be played.
func missingPrompts(cfg config, lib *media.Library, c *centre.Centre) (bad faults) {
	for _, use := range c.Prompts() {
		_, err := lib.Clip(use.Language, use.Prompt)
		if err == nil {
			continue
		}
		f := strict.Fault{
			File: cfg.Centre, Line: use.Line, Key: use.Key, Problem: "unknown prompt " + strict.Quote(use.Prompt),
			Want: fmt.Sprintf("a WAV file %s, or a default prompt such as welcome", filepath.Join(cfg.Data, "prompts", use.Language, use.Prompt+".wav")),
		}
		if !errors.Is(err, media.ErrNoPrompt) {
			why := strings.TrimPrefix(err.Error(), media.ErrWAV.Error()+": ")
			f.Problem = fmt.Sprintf("prompt %s cannot be played: %s", strict.Quote(use.Prompt), why)
		}
		bad = append(bad, f)
	}
	return bad
}

// unknownTrunks are the trunks that the centre file names and the machine's file does not.
func unknownTrunks(cfg config, c *centre.Centre) (bad faults) {
	known := make([]string, len(cfg.SIP.Trunks))
	for i, t := range cfg.SIP.Trunks {
		known[i] = t.Name
	}
	for _, use := range c.Trunks() {
		if !slices.Contains(known, use.Trunk) {
			bad = append(bad, strict.Fault{
				File: cfg.Centre, Line: use.Line, Key: use.Key, Problem: "unknown trunk " + strict.Quote(use.Trunk),
				Want: "a trunk of the machine's file: " + cmp.Or(strings.Join(known, ", "), "it has none"),
			})
		}
	}
	return bad
}
