package centre

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre/strict"
)

const stepWant = "one of answer, ring, play, menu, queue, flow, hangup"

// maxMenus is how deep menus may stand in each other.
const maxMenus = 10

func (p *parser) flows(v strict.Value) {
	m := v.Free()
	for _, id := range m.Keys() {
		at := m.Get(id)
		if !isID(id) {
			at.Fault(strict.Quote(id)+" cannot be the name of a flow", idWant)
		}
		p.flowAt[id] = at
		flow := Flow{ID: id}
		steps := at.List()
		if len(steps) == 0 {
			at.Fault("has no steps", "a list of steps")
		}
		for i, s := range steps {
			step := p.step(s, 0)
			if n := len(flow.Steps); i > 0 && n > 0 && ends(flow.Steps[n-1]) {
				s.Fault("is never reached", "remove it: "+flow.Steps[n-1].Kind+" before it ends the flow")
			}
			flow.Steps = append(flow.Steps, step)
		}
		p.c.Flows[id] = flow
	}
}

// ends says whether nothing can follow the step.
func ends(s Step) bool { return s.Kind == StepQueue || s.Kind == StepFlow || s.Kind == StepHangup }

// step reads a map of one key, the step's kind.
func (p *parser) step(v strict.Value, menus int) Step {
	m := v.Free()
	if len(m.Keys()) != 1 {
		if v.Present() {
			v.Fault("is not one step", stepWant+", each as a line of its own")
		}
		return Step{Line: v.Line()}
	}
	kind := m.Keys()[0]
	at := m.Get(kind)
	s := Step{Kind: kind, Line: v.Line()}
	switch kind {
	case StepAnswer, StepRing, StepHangup:
		at.Map()
	case StepPlay:
		s.Prompt = at.Text("")
		prompt(at, s.Prompt)
	case StepQueue:
		s.Queue = hotline.QueueID(at.Text(""))
		p.needQueue(at, s.Queue)
	case StepFlow:
		s.Flow = at.Text("")
		p.needFlow(at, s.Flow)
	case StepMenu:
		if menus >= maxMenus {
			at.Fault("menus are nested too deeply", "make inner menus flows of their own")
			return s
		}
		p.menu(at, &s, menus+1)
	default:
		at.Fault("unknown step", stepWant)
	}
	return s
}

func (p *parser) menu(v strict.Value, s *Step, menus int) {
	m := v.Map("prompt", "keys", "tries", "timeout", "otherwise")
	menu := &Menu{Prompt: m.Get("prompt").Need().Text("")}
	s.Menu = menu
	prompt(m.Get("prompt"), menu.Prompt)
	menu.Tries = m.Get("tries").Int(3, 1, 10)
	menu.Timeout = m.Get("timeout").Duration(5*time.Second, time.Second, time.Minute)
	keys := m.Get("keys").Need().Free()
	if m.Get("keys").Present() && len(keys.Keys()) == 0 {
		m.Get("keys").Fault("has no keys", `for example {"1": {queue: ID}}`)
	}
	menu.Keys = make(map[string][]Step, len(keys.Keys()))
	for _, k := range keys.Keys() {
		if len(k) != 1 || !strings.Contains("0123456789*#", k) {
			keys.Get(k).Fault(strict.Quote(k)+" is no key of a phone", "one of 0 to 9, * and #, in quotes")
		}
		menu.Keys[k] = []Step{p.step(keys.Get(k), menus)}
	}
	if other := m.Get("otherwise"); other.Present() {
		menu.Otherwise = []Step{p.step(other, menus)}
	}
}

// prompt checks the name of a prompt: a path of words below the folder of prompts, never out of it. Whether the prompt
// exists is for those to say who have the folder: see Prompts.
func prompt(v strict.Value, name string) {
	if !v.Present() || name == "" {
		return
	}
	ok := regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.-]*(/[\p{L}\p{N}_][\p{L}\p{N}_.-]*)*$`).MatchString(name)
	if !ok && !regexp.MustCompile(`^(tone:[a-z]+|silence:[0-9]{1,5})$`).MatchString(name) {
		v.Fault(strict.Quote(name)+" cannot be a prompt", "a file's name without .wav, for example welcome")
	}
}

// flowCycles refuses flows that go on in each other without anything that takes time: the caller would never be served and
// the engine never rest.
func (p *parser) flowCycles() {
	next := make(map[string]Step)
	for id, f := range p.c.Flows {
		for _, s := range f.Steps {
			if s.Kind == StepPlay || s.Kind == StepMenu {
				break
			}
			if s.Kind == StepFlow {
				next[id] = s
			}
		}
	}
	for id := range next {
		path := []string{id}
		for s, ok := next[id]; ok; s, ok = next[s.Flow] {
			if s.Flow == id {
				p.flowAt[id].Fault("comes back to flow "+strict.Quote(id)+" without playing anything", "a play or a menu on the way, or hangup")
			}
			if slices.Contains(path, s.Flow) {
				break
			}
			path = append(path, s.Flow)
		}
	}
}
