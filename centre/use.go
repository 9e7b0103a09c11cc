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

// Prompts returns the prompts that the file names, and those it uses by not naming another, in the order of its lines, so that
// whoever has the folder of prompts can say which are missing. Tones and silence are left out.
func (c *Centre) Prompts() []PromptUse {
	var all []PromptUse
	add := func(prompt, lang string, line int, key string) {
		if prompt != "" && !strings.HasPrefix(prompt, "tone:") && !strings.HasPrefix(prompt, "silence:") {
			all = append(all, PromptUse{prompt, cmp.Or(lang, c.Language), line, key})
		}
	}
	steps := func(steps []Step, lang, key string) {
		walk(steps, lang, func(s Step, lang string) {
			for _, prompt := range s.prompts() {
				add(prompt, lang, s.Line, key)
			}
		})
	}
	if c.Consent.Rule != "" {
		add(c.Consent.Prompt, "", 1, "consent.prompt")
	}
	for _, t := range c.Tables {
		for _, e := range t.Entries {
			steps(e.Steps, "", "tables."+t.ID+"."+e.Number)
		}
	}
	for _, q := range c.Queues {
		key := "queues." + string(q.ID)
		add(q.Music, q.Language, q.Line, key+".music")
		for _, r := range q.rules() {
			steps(*r.actions, q.Language, key+"."+r.name)
		}
		if q.Choice != nil {
			steps([]Step{{Kind: StepMenu, Menu: q.Choice, Line: q.Line}}, q.Language, key+".choice")
		}
		add(q.Callback.Confirm, q.Language, q.Line, key+".callback.confirm")
	}
	for _, id := range slices.Sorted(maps.Keys(c.Flows)) {
		steps(c.Flows[id].Steps, "", "flows."+id)
	}
	slices.SortStableFunc(all, func(a, b PromptUse) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// rule is the actions of one rule of a queue.
type rule struct {
	name    string // its key in the file
	actions *Actions
}

// rules returns the places of all actions of the queue.
func (q *Queue) rules() []rule {
	return []rule{
		{"max_wait", &q.MaxWait.Then},
		{"max_waiting", &q.MaxWaiting.Then},
		{"no_agents", &q.NoAgents.Then},
		{"long_wait", &q.LongWait.Then},
		{"closing.join", &q.Closing.Join},
		{"closing.waiting", &q.Closing.Waiting},
	}
}

// prompts returns the prompts that the step itself plays, not those of the steps inside it.
func (s Step) prompts() []string {
	all := []string{s.Prompt}
	if s.Menu != nil {
		all = append(all, s.Menu.Prompt)
	}
	if s.Collect != nil {
		all = append(all, s.Collect.Prompt)
	}
	if s.Voicemail != nil {
		all = append(all, s.Voicemail.Prompt)
	}
	if s.Rate != nil {
		all = append(all, s.Rate.Prompt)
	}
	return all
}

// walk visits the steps and those inside them, keys in order, each with the language that is spoken there: lang, or that of the
// last language step before it.
func walk(steps []Step, lang string, visit func(s Step, lang string)) {
	for _, s := range steps {
		visit(s, lang)
		lang = cmp.Or(s.Language, lang)
		for _, inner := range s.inner() {
			walk(inner, lang, visit)
		}
	}
}

// inner returns the lists of steps that stand in the step.
func (s Step) inner() [][]Step {
	all := [][]Step{s.Then, s.Else}
	if s.Menu != nil {
		for _, k := range slices.Sorted(maps.Keys(s.Menu.Keys)) {
			all = append(all, s.Menu.Keys[k])
		}
		all = append(all, s.Menu.Otherwise, s.Menu.Silent)
	}
	if s.Collect != nil {
		all = append(all, s.Collect.Otherwise)
	}
	return all
}

// Export returns the centre as a file: the bytes it was parsed from, so that comments, order and ${NAME} are kept.
func (c *Centre) Export() []byte { return slices.Clone(c.Source) }
