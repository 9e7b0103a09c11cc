package centre

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// PromptUse is one place of the file that names a prompt.
type PromptUse struct {
	Prompt   string
	Language string // in which it will be played
	Line     int
	Key      string // path of the value, as in a Fault
}

// Prompts returns the prompts that the file names, in the order of its lines, so that whoever has the folder of prompts can
// say which are missing. Tones and silence are left out.
func (c *Centre) Prompts() []PromptUse {
	var all []PromptUse
	add := func(prompt, lang string, line int, key string) {
		if prompt != "" && !strings.HasPrefix(prompt, "tone:") && !strings.HasPrefix(prompt, "silence:") {
			all = append(all, PromptUse{prompt, cmp.Or(lang, c.Language), line, key})
		}
	}
	for _, q := range c.Queues {
		key := "queues." + string(q.ID)
		add(q.Music, q.Language, q.Line, key+".music")
		for _, s := range q.MaxWait.Then {
			add(s.Prompt, q.Language, q.Line, key+".max_wait")
		}
		for _, s := range q.MaxWaiting.Then {
			add(s.Prompt, q.Language, q.Line, key+".max_waiting")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Flows)) {
		for _, s := range c.Flows[id].Steps {
			s.walk(func(s Step) { add(s.Prompt, "", s.Line, "flows."+id) })
		}
	}
	slices.SortStableFunc(all, func(a, b PromptUse) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// walk visits the step and those inside it, keys in order.
func (s Step) walk(visit func(Step)) {
	visit(s)
	if s.Menu == nil {
		return
	}
	visit(Step{Kind: s.Kind, Prompt: s.Menu.Prompt, Line: s.Line})
	for _, k := range slices.Sorted(maps.Keys(s.Menu.Keys)) {
		for _, inner := range s.Menu.Keys[k] {
			inner.walk(visit)
		}
	}
	for _, inner := range s.Menu.Otherwise {
		inner.walk(visit)
	}
}

// Export returns the centre as a file: the bytes it was parsed from, so that comments, order and ${NAME} are kept.
func (c *Centre) Export() []byte { return slices.Clone(c.Source) }
