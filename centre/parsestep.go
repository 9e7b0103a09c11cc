package centre

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre/strict"
)

// step reads a map of one key, the step's kind, or the word alone for those that need no more.
func (p *parser) step(v strict.Value, at place) Step {
	if v.IsScalar() {
		return p.word(v, at)
	}
	m := v.Map(StepAnswer, StepRing, StepPlay, "message", StepSay, StepMenu, StepCollect, StepSet, StepIf, StepHours, StepSwitch,
		StepLookup, StepLanguage, StepQueue, StepFlow, StepNumber, StepVoicemail, StepCallback, StepRate, StepStay, StepBusy, StepHangup)
	s := Step{Line: v.Line()}
	if len(m.Keys()) != 1 {
		if v.Present() {
			v.Fault("is not one step", "one key, for example {play: welcome}; several steps are a list")
		}
		return s
	}
	s.Kind = m.Keys()[0]
	p.fill(m.Get(s.Kind), &s, at)
	return s
}

// word reads a step that is a word only.
func (p *parser) word(v strict.Value, at place) Step {
	s := Step{Kind: v.Text(""), Line: v.Line()}
	switch s.Kind {
	case StepAnswer, StepRing, StepBusy, StepHangup:
	case StepStay, StepVoicemail, StepCallback:
		p.fill(v.Empty(), &s, at)
	case "message", StepPlay, StepQueue, StepFlow, StepNumber, StepLanguage:
		v.Fault(s.Kind+" does not say which", "{"+s.Kind+": NAME}")
	case "":
	default:
		v.Fault(strict.Quote(s.Kind)+" is unknown", "hangup, busy, voicemail, callback, or a step such as {queue: ID}")
	}
	return s
}

// fill reads what the step's kind uses.
func (p *parser) fill(v strict.Value, s *Step, at place) {
	switch s.Kind {
	case StepAnswer, StepRing, StepBusy, StepHangup:
		v.Map()
	case StepStay:
		v.Map()
		if !at.choice {
			v.Fault("stands outside a queue's choice", "nobody waits here: remove it")
		}
	case StepPlay, "message":
		s.Kind, s.Prompt = StepPlay, prompt(v, "")
	case StepFlow:
		s.Flow = p.ref(v, kindFlow)
	case StepLanguage:
		s.Language = v.OneOf("", "zh-CN", "en-US")
	case StepMenu:
		s.Menu = p.menu(v, at)
	case StepSay:
		p.say(v, s)
	case StepSet:
		p.set(v, s)
	case StepIf, StepHours, StepSwitch:
		p.branch(v, s, at)
	case StepQueue:
		p.enqueue(v, s)
	case StepNumber:
		p.number(v, s)
	case StepCollect:
		s.Collect = p.collect(v, at, Collect{Min: 1, Max: 20})
	case StepLookup:
		s.Lookup = p.lookup(v, s, at)
	case StepVoicemail:
		s.Voicemail = p.voicemail(v)
	case StepCallback:
		p.promise(v, s, at)
	case StepRate:
		s.Rate = rate(v)
	}
}

func (p *parser) say(v strict.Value, s *Step) {
	m := v.Map("number", "digits", "date", "time", "money", "duration")
	if len(m.Keys()) != 1 {
		v.Fault("does not say what", `for example {number: "{balance}"}`)
		return
	}
	s.What = m.Keys()[0]
	s.Value = m.Get(s.What).Text("")
	template(m.Get(s.What), s.Value)
}

func (p *parser) set(v strict.Value, s *Step) {
	m := v.Map("attrs", "needs", "priority")
	s.Attrs = p.attrs(m.Get("attrs"), true)
	s.Needs = p.needs(m.Get("needs")).Text
	s.Priority = m.Get("priority").Int(0, -10, 10)
	if len(m.Keys()) == 0 {
		v.Fault("sets nothing", "attrs, needs or priority")
	}
}

// branch reads a step of two ways.
func (p *parser) branch(v strict.Value, s *Step, at place) {
	yes, no := "then", "else"
	var m strict.Map
	switch s.Kind {
	case StepIf:
		m = v.Map("when", "then", "else")
		s.When = condition(m.Get("when").Need())
	case StepHours:
		yes, no = "open", "closed"
		m = v.Map("of", "open", "closed")
		s.Name = p.ref(m.Get("of").Need(), kindHours)
	case StepSwitch:
		yes, no = "on", "off"
		m = v.Map("of", "on", "off")
		s.Name = p.ref(m.Get("of").Need(), kindSwitch)
	}
	s.Then = p.steps(m.Get(yes), at.inner())
	s.Else = p.steps(m.Get(no), at.inner())
	if v.Present() && !m.Get(yes).Present() && !m.Get(no).Present() {
		v.Fault("does nothing", "add "+yes+" or "+no)
	}
}

func condition(v strict.Value) Cond {
	text := v.Text("")
	c, err := ParseCond(text)
	var at *ExprError
	if errors.As(err, &at) {
		v.Fault(strict.Quote(text)+" column "+itoa(at.Column)+": "+at.Problem, at.Want)
	}
	return c
}

func (p *parser) enqueue(v strict.Value, s *Step) {
	if !v.IsMap() {
		s.Queue = hotline.QueueID(p.ref(v, kindQueue))
		return
	}
	m := v.Map("id", "also", "needs", "priority", "unanswered")
	s.Queue = hotline.QueueID(p.ref(m.Get("id").Need(), kindQueue))
	for _, id := range p.refs(m.Get("also"), kindQueue) {
		if id == string(s.Queue) {
			m.Get("also").Fault("names the queue itself", "other queues")
		}
		s.Also = append(s.Also, hotline.QueueID(id))
	}
	s.Needs = p.needs(m.Get("needs")).Text
	s.Priority = m.Get("priority").Int(0, -10, 10)
	s.Unanswered = m.Get("unanswered").Bool(false)
}

func (p *parser) number(v strict.Value, s *Step) {
	s.Timeout = 30 * time.Second
	if !v.IsMap() {
		s.To = v.Text("")
		dialled(v, s.To)
		return
	}
	m := v.Map("to", "trunk", "from", "timeout")
	s.To, s.Trunk, s.From = m.Get("to").Need().Text(""), m.Get("trunk").Text(""), m.Get("from").Text("")
	dialled(m.Get("to"), s.To)
	dialled(m.Get("from"), s.From)
	s.Timeout = m.Get("timeout").Duration(s.Timeout, 5*time.Second, 5*time.Minute)
}

// dialled notes a fault if the text, which may be a template, is no number.
func dialled(v strict.Value, text string) {
	if !template(v, text) && text != "" && !isDialled(text) {
		v.Fault(strict.Quote(text)+" cannot be dialled", dialWant)
	}
}

// collect reads what digits become. usual is what a file need not say.
func (p *parser) collect(v strict.Value, at place, usual Collect) *Collect {
	m := v.Map("prompt", "save", "min", "max", "end", "timeout", "tries", "secret", "otherwise")
	into := m.Get("save")
	if usual.Save == "" && v.Present() {
		into = into.Need()
	}
	c := &Collect{
		Prompt: prompt(m.Get("prompt"), usual.Prompt), Save: into.Text(usual.Save),
		Min: m.Get("min").Int(usual.Min, 1, 64), Max: m.Get("max").Int(usual.Max, 1, 64), End: m.Get("end").OptionalText(""),
		Timeout: m.Get("timeout").Duration(5*time.Second, time.Second, time.Minute), Tries: m.Get("tries").Int(3, 1, 10),
		Secret: m.Get("secret").Bool(false), Otherwise: p.steps(m.Get("otherwise"), at.inner()),
	}
	if !m.Get("end").Present() {
		c.End = "#"
	}
	attrName(into, c.Save)
	if c.End != "" && !isKey(c.End) {
		m.Get("end").Fault(strict.Quote(c.End)+" is no key of a phone", keyWant+`, or "" for none`)
	}
	switch {
	case c.Min > c.Max && m.Get("max").Present():
		m.Get("max").Fault("is less than min", "at least "+itoa(c.Min))
	case c.Min > c.Max:
		c.Max = c.Min
	}
	return c
}

func (p *parser) lookup(v strict.Value, s *Step, at place) *Lookup {
	m := v.Map("url", "method", "headers", "timeout", "save", "otherwise")
	l := &Lookup{
		URL: m.Get("url").Need().Text(""), Method: m.Get("method").OneOf("GET", "GET", "POST"),
		Timeout: m.Get("timeout").Duration(2*time.Second, 100*time.Millisecond, 30*time.Second),
		Headers: map[string]string{}, Save: map[string]string{},
	}
	// The server is fixed: no caller may choose where we ask.
	if l.URL != "" && !regexp.MustCompile(`^https?://[A-Za-z0-9.\[\]:_-]+([/?]\S*)?$`).MatchString(l.URL) {
		m.Get("url").Fault("is no address of a web service", "http:// or https:// and a server without {…}, for example https://crm.example/callers/{caller}")
	}
	template(m.Get("url"), l.URL)
	headers := m.Get("headers").Free()
	for _, name := range headers.Keys() {
		value := headers.Get(name)
		if !regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`).MatchString(name) || slices.Contains([]string{"host", "content-length", "transfer-encoding", "connection"}, strings.ToLower(name)) {
			value.Fault(strict.Quote(name)+" cannot be a header", "for example Authorization")
		}
		if l.Headers[name] = p.secret(value); strings.ContainsAny(l.Headers[name], "\r\n\x00") {
			value.Fault("holds a line break", "remove it")
		}
	}
	save := m.Get("save").Need().Free()
	for _, attr := range save.Keys() {
		field := save.Get(attr)
		attrName(field, attr)
		l.Save[attr] = field.Text("")
		if path := l.Save[attr]; strings.HasPrefix(path, ".") || strings.HasSuffix(path, ".") || strings.Contains(path, "..") {
			field.Fault(strict.Quote(path)+" is no field", `names and places with points between them, for example "customer.phones.0"`)
		}
	}
	s.Else = p.steps(m.Get("otherwise"), at.inner())
	return l
}

func (p *parser) voicemail(v strict.Value) *Voicemail {
	m := v.Map("prompt", "max", "min", "owner", "due")
	vm := &Voicemail{
		Prompt: prompt(m.Get("prompt"), "leave-message"),
		Max:    m.Get("max").Duration(2*time.Minute, 5*time.Second, 30*time.Minute),
		Min:    m.Get("min").Duration(2*time.Second, 0, time.Minute),
		Owner:  m.Get("owner").Text(""),
		Due:    m.Get("due").Duration(24*time.Hour, time.Minute, 30*24*time.Hour),
	}
	if vm.Min >= vm.Max {
		m.Get("min").Fault("leaves no room between min and max", "min less than max")
	}
	if owner := m.Get("owner"); !template(owner, vm.Owner) && vm.Owner != "" {
		p.later = append(p.later, func() {
			if !p.knows(kindAgent, vm.Owner) && !p.knows(kindTeam, vm.Owner) {
				owner.Fault("unknown agent or team "+strict.Quote(vm.Owner), "the id of one")
			}
		})
	}
	return vm
}

// promise reads a callback.
func (p *parser) promise(v strict.Value, s *Step, at place) {
	m := v.Map("queue", "collect")
	s.Queue = hotline.QueueID(p.ref(m.Get("queue"), kindQueue))
	if !at.rule && !m.Get("queue").Present() {
		v.Fault("does not say from which queue", "{queue: ID}")
	}
	if m.Get("collect").Present() {
		s.Collect = p.collect(m.Get("collect"), at, Collect{Prompt: "callback-enter-number", Save: "callback", Min: 5, Max: 15})
	}
}

func rate(v strict.Value) *Rate {
	m := v.Map("question", "prompt", "keys", "tries", "timeout")
	r := &Rate{
		Question: m.Get("question").Need().Text(""), Prompt: prompt(m.Get("prompt"), "survey-question"), Keys: map[string]int{},
		Tries: m.Get("tries").Int(2, 1, 10), Timeout: m.Get("timeout").Duration(5*time.Second, time.Second, time.Minute),
	}
	if r.Question != "" && !isID(r.Question) {
		m.Get("question").Fault(strict.Quote(r.Question)+" cannot be the name of a question", idWant)
	}
	keys := m.Get("keys").Need().Free()
	if m.Get("keys").Present() && len(keys.Keys()) == 0 {
		m.Get("keys").Fault("has no keys", `for example {"1": 1, "2": 2, "3": 3}`)
	}
	for _, k := range keys.Keys() {
		if !isKey(k) {
			keys.Get(k).Fault(strict.Quote(k)+" is no key of a phone", keyWant)
		}
		r.Keys[k] = keys.Get(k).Int(0, 0, 10)
	}
	return r
}

// template checks the braces of a text that may hold {attribute}, and says whether it holds any.
func template(v strict.Value, text string) bool {
	holds := false
	for rest := text; ; {
		before, after, open := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			v.Fault("has a } without {", "{attribute}")
			return true
		}
		if !open {
			return holds
		}
		holds = true
		name, more, closed := strings.Cut(after, "}")
		switch {
		case !closed:
			v.Fault("has a { without }", "{attribute}")
			return true
		case !isAttr(name):
			v.Fault(strict.Quote("{"+name+"}")+" names no attribute", "{attribute}")
		}
		rest = more
	}
}
