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
	if c.Consent.Rule != "" {
		add(c.Consent.Prompt, "", 1, "consent.prompt")
	}
	for _, q := range c.Queues {
		add(q.Music, q.Language, q.Line, "queues."+string(q.ID)+".music")
		add(q.Callback.Confirm, q.Language, q.Line, "queues."+string(q.ID)+".callback.confirm")
	}
	c.everyStep(func(s Step, lang, key string) {
		for _, prompt := range s.prompts() {
			add(prompt, lang, s.Line, key)
		}
	})
	slices.SortStableFunc(all, func(a, b PromptUse) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// TrunkUse is one place of the file that names a trunk.
type TrunkUse struct {
	Trunk string
	Line  int
	Key   string // path of the value, as in a Fault
}

// Trunks returns the trunks that the file names, in the order of its lines, so that whoever knows the machine's trunks can say
// which there are not.
func (c *Centre) Trunks() []TrunkUse {
	var all []TrunkUse
	if c.DialOut.Trunk != "" {
		all = append(all, TrunkUse{c.DialOut.Trunk, c.dialLine, "dial_out.trunk"})
	}
	for _, a := range c.Agents {
		if a.Dial.Trunk != "" {
			all = append(all, TrunkUse{a.Dial.Trunk, a.Line, "agents." + string(a.ID) + ".dial.trunk"})
		}
	}
	for _, q := range c.Queues {
		if q.Callback.Trunk != "" {
			all = append(all, TrunkUse{q.Callback.Trunk, q.Line, "queues." + string(q.ID) + ".callback.trunk"})
		}
	}
	c.everyStep(func(s Step, _, key string) {
		if s.Trunk != "" {
			all = append(all, TrunkUse{s.Trunk, s.Line, key})
		}
	})
	slices.SortStableFunc(all, func(a, b TrunkUse) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// everyStep visits the steps of tables, queues and flows, each with the language spoken there, empty for the centre's, and the path
// of what it belongs to.
func (c *Centre) everyStep(visit func(s Step, lang, key string)) {
	steps := func(steps []Step, lang, key string) {
		walk(steps, lang, func(s Step, lang string) { visit(s, lang, key) })
	}
	for _, t := range c.Tables {
		for _, e := range t.Entries {
			steps(e.Steps, "", "tables."+t.ID+"."+e.Number)
		}
	}
	for _, q := range c.Queues {
		key := "queues." + string(q.ID)
		for _, r := range q.rules() {
			steps(*r.actions, q.Language, key+"."+r.name)
		}
		if q.Choice != nil {
			steps([]Step{{Kind: StepMenu, Menu: q.Choice, Line: q.Line}}, q.Language, key+".choice")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Flows)) {
		steps(c.Flows[id].Steps, "", "flows."+id)
	}
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
