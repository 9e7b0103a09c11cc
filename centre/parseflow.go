package centre

import (
	"strings"
	"time"
	"unicode"

	"hotline/centre/strict"
)

// maxNested is how deep steps may stand in each other.
const maxNested = 10

// place is where steps stand: it decides what may be among them.
type place struct {
	depth  int
	rule   bool // what a queue does with a caller: the queue left is known
	choice bool // what a caller who waits may choose: "stay" is possible
}

func (at place) inner() place {
	at.depth++
	return at
}

func (p *parser) flows(v strict.Value) {
	m := v.Free()
	for _, id := range m.Keys() {
		at := m.Get(id)
		if !isID(id) {
			at.Fault(strict.Quote(id)+" cannot be the name of a flow", idWant)
		}
		p.know(kindFlow, id)
		p.flowAt[id] = at
		if len(at.List()) == 0 {
			at.Fault("has no steps", "a list of steps")
			continue
		}
		p.c.Flows[id] = Flow{ID: id, Steps: p.steps(at, place{})}
	}
}

// steps reads one step, or a list of them.
func (p *parser) steps(v strict.Value, at place) []Step {
	if !v.Present() {
		return nil
	}
	if at.depth > maxNested {
		v.Fault("is nested too deeply", "make inner steps flows of their own")
		return nil
	}
	if !v.IsList() {
		return []Step{p.step(v, at)}
	}
	var all []Step
	for _, one := range v.List() {
		if n := len(all); n > 0 && ends(all[n-1]) {
			one.Fault("is never reached", "remove it: nothing comes after "+all[n-1].Kind+" before it")
		}
		all = append(all, p.step(one, at))
	}
	if len(all) == 0 {
		v.Fault("has no steps", "a step or a list of steps")
	}
	return all
}

// ends says whether nothing can follow the step.
func ends(s Step) bool {
	switch s.Kind {
	case StepQueue, StepFlow, StepStay, StepBusy, StepHangup:
		return true
	case StepIf, StepHours, StepSwitch:
		return endsAll(s.Then) && endsAll(s.Else)
	case StepMenu: // goes on only after its last try
		m := s.Menu
		return m != nil && (len(m.Otherwise) == 0 || endsAll(m.Otherwise)) && (len(m.Silent) == 0 || endsAll(m.Silent))
	}
	return false
}

func endsAll(steps []Step) bool { return len(steps) > 0 && ends(steps[len(steps)-1]) }

func (p *parser) menu(v strict.Value, at place) *Menu {
	m := v.Map("prompt", "keys", "tries", "timeout", "otherwise", "silent")
	menu := p.question(m, 3, at)
	menu.Otherwise = p.steps(m.Get("otherwise"), at.inner())
	menu.Silent = p.steps(m.Get("silent"), at.inner())
	return menu
}

// question reads what a menu and the choice of a queue share.
func (p *parser) question(m strict.Map, tries int, at place) *Menu {
	menu := &Menu{
		Prompt:  prompt(m.Get("prompt").Need(), ""),
		Tries:   m.Get("tries").Int(tries, 1, 10),
		Timeout: m.Get("timeout").Duration(5*time.Second, time.Second, time.Minute),
	}
	keys := m.Get("keys").Need().Free()
	if m.Get("keys").Present() && len(keys.Keys()) == 0 {
		m.Get("keys").Fault("has no keys", `for example {"1": {queue: ID}}`)
	}
	menu.Keys = make(map[string][]Step, len(keys.Keys()))
	for _, k := range keys.Keys() {
		if !isKey(k) {
			keys.Get(k).Fault(strict.Quote(k)+" is no key of a phone", keyWant)
		}
		menu.Keys[k] = p.steps(keys.Get(k), at.inner())
	}
	return menu
}

// prompt reads the name of a prompt: a path of words below the folder of prompts, never out of it. Whether the prompt exists is
// for those to say who have the folder: see Prompts.
func prompt(v strict.Value, def string) string {
	name := v.Text(def)
	if v.Present() && name != "" && !isPrompt(name) {
		v.Fault(strict.Quote(name)+" cannot be a prompt", "a file's name without .wav, for example welcome")
	}
	return name
}

func isPrompt(s string) bool {
	if tone, ok := strings.CutPrefix(s, "tone:"); ok {
		return tone != "" && strings.Trim(tone, "abcdefghijklmnopqrstuvwxyz") == ""
	}
	if ms, ok := strings.CutPrefix(s, "silence:"); ok {
		return ms != "" && len(ms) <= 5 && strings.Trim(ms, "0123456789") == ""
	}
	for _, word := range strings.Split(s, "/") {
		for i, r := range word {
			if r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r) && (i == 0 || r != '.' && r != '-') {
				return false
			}
		}
		if word == "" {
			return false
		}
	}
	return true
}
