package centre

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre/strict"
)

// Fault is one thing that is wrong in a centre file. It prints as FILE:LINE: key: what is wrong; what would be right.
type Fault = strict.Fault

// Env looks up a variable for ${NAME}; os.LookupEnv is one. A nil Env knows no variable.
type Env func(name string) (value string, ok bool)

// Parse reads and validates a centre file. file is the name that faults show. It returns either a Centre and no faults, or nil
// and every fault of the file, in the order of its lines.
//
// What the file may say but this version cannot do (ring_all, voicemail, callback, numbers outside) is a fault too: a rule
// that is silently not kept is worse than one that is refused.
func Parse(file string, data []byte, env Env) (*Centre, []Fault) {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	f, root := strict.Read(file, data)
	if !root.Present() {
		if len(f.Faults()) == 0 {
			root.Fault("is empty", "")
		}
		return nil, f.Faults()
	}
	sum := sha256.Sum256(data)
	c := &Centre{
		SHA256: hex.EncodeToString(sum[:]), Source: slices.Clone(data), Flows: map[string]Flow{}, Numbers: map[string]string{},
	}
	p := parser{env: env, c: c, at: map[hotline.QueueID]strict.Value{}, flowAt: map[string]strict.Value{}}
	p.centre(root)
	if faults := f.Faults(); len(faults) > 0 {
		return nil, faults
	}
	return p.c, nil
}

// parser builds one Centre. References are checked when everything has been read, so that order in the file does not matter.
type parser struct {
	env    Env
	c      *Centre
	later  []func()                         // checks of references
	at     map[hotline.QueueID]strict.Value // where each queue's max_waiting stands
	flowAt map[string]strict.Value
}

func (p *parser) centre(v strict.Value) {
	m := v.Map("name", "time_zone", "language", "teams", "agents", "not_ready_reasons", "queues", "flows", "numbers")
	p.c.Name = m.Get("name").Text("")
	p.c.TimeZone = timeZone(m.Get("time_zone"))
	p.c.Language = m.Get("language").OneOf("zh-CN", "zh-CN", "en-US")
	ids := make(seen)
	for _, v := range m.Get("teams").List() {
		t := v.Map("id", "name")
		team := Team{ID: p.id(t, ids), Name: t.Get("name").Text("")}
		if team.Name == "" {
			team.Name = team.ID
		}
		p.c.Teams = append(p.c.Teams, team)
	}
	ids = make(seen)
	for _, v := range m.Get("agents").List() {
		p.agent(v, ids)
	}
	ids = make(seen)
	for _, v := range m.Get("not_ready_reasons").List() {
		p.reason(v, ids)
	}
	ids = make(seen)
	for _, v := range m.Get("queues").List() {
		p.queue(v, ids)
	}
	p.flows(m.Get("flows"))
	p.numbers(m.Get("numbers"))
	for _, check := range p.later {
		check()
	}
	p.overflowCycles()
	p.flowCycles()
}

func timeZone(v strict.Value) *time.Location {
	name := v.Text("UTC")
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		v.Fault("unknown time zone "+strict.Quote(name), "a name of the IANA list, for example Asia/Shanghai")
		return time.UTC
	}
	return loc
}

// seen notes ids that must stand once, and their lines.
type seen map[string]int

// isID says whether s can name something in addresses, metrics and URLs alike.
func isID(s string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`).MatchString(s)
}

const idWant = "up to 64 of A-Z a-z 0-9 _ . - not beginning with . or -"

// id reads the key "id" of a list's member.
func (p *parser) id(m strict.Map, ids seen) string {
	v := m.Get("id").Need()
	id := v.Text("")
	if id == "" {
		return ""
	}
	if !isID(id) {
		v.Fault(strict.Quote(id)+" cannot be an id", idWant)
		return id
	}
	if line, twice := ids[id]; twice {
		v.Fault("id "+strict.Quote(id)+" stands twice", "another id; the first is on line "+itoa(line))
	}
	ids[id] = v.Line()
	return id
}

func (p *parser) agent(v strict.Value, seen seen) {
	m := v.Map("id", "name", "password", "team", "skills")
	a := Agent{ID: hotline.AgentID(p.id(m, seen)), Name: m.Get("name").Text(""), Line: v.Line(), Skills: map[string]int{}}
	if a.Name == "" {
		a.Name = string(a.ID)
	}
	a.Password = p.secret(m.Get("password").Need())
	team := m.Get("team")
	a.Team = team.Text("")
	p.later = append(p.later, func() {
		known := ids(p.c.Teams, func(t Team) string { return t.ID })
		if a.Team != "" && !slices.Contains(known, a.Team) {
			team.Fault("unknown team "+strict.Quote(a.Team), oneOf("teams", known))
		}
	})
	skills := m.Get("skills").Free()
	for _, name := range skills.Keys() {
		level := skills.Get(name)
		if !isSkillName(name) {
			level.Fault(strict.Quote(name)+" cannot be a skill", "a letter, then letters, digits, _ . - and not the words and, or, not")
			continue
		}
		a.Skills[name] = level.Int(0, 1, 9)
	}
	p.c.Agents = append(p.c.Agents, a)
}

// secret reads a text that may be ${NAME}. The text itself is never shown in a fault.
func (p *parser) secret(v strict.Value) string {
	s := v.Text("")
	name, isEnv := strings.CutPrefix(s, "${")
	if !isEnv {
		return s
	}
	name, closed := strings.CutSuffix(name, "}")
	if !closed || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
		v.Fault("begins with ${ but names no variable", "${NAME} alone, or a password that does not begin with ${")
		return ""
	}
	value, ok := p.env(name)
	if !ok || value == "" {
		v.Fault("variable "+name+" is not set", "set it in the engine's environment")
		return ""
	}
	return value
}

func (p *parser) reason(v strict.Value, ids seen) {
	m := v.Map("id", "name", "allowance", "max_at_once")
	r := Reason{
		ID:        p.id(m, ids),
		Name:      m.Get("name").Text(""),
		Allowance: m.Get("allowance").Duration(0, time.Minute, 24*time.Hour),
		MaxAtOnce: m.Get("max_at_once").Int(0, 1, 100_000),
	}
	if r.Name == "" {
		r.Name = r.ID
	}
	switch r.ID {
	case hotline.ReasonSignedIn, hotline.ReasonNoAnswer, hotline.ReasonRejected, hotline.ReasonUnreachable, hotline.ReasonBusy,
		hotline.ReasonDeviceLost, hotline.ReasonRestarted, hotline.ReasonUnspecified:
		m.Get("id").Fault(strict.Quote(r.ID)+" is a reason of the engine's own", "another id")
	}
	p.c.Reasons = append(p.c.Reasons, r)
}

func (p *parser) numbers(v strict.Value) {
	m := v.Free()
	for _, number := range m.Keys() {
		flow := m.Get(number)
		if !regexp.MustCompile(`^[+*#A-Za-z0-9_.-]{1,64}$`).MatchString(number) {
			flow.Fault(strict.Quote(number)+" cannot be dialled", "digits, letters and + * # _ . -, up to 64")
		}
		name := flow.Text("")
		p.c.Numbers[number] = name
		p.needFlow(flow, name)
	}
}

// needFlow notes a fault unless the flow stands in the file.
func (p *parser) needFlow(v strict.Value, name string) {
	p.later = append(p.later, func() {
		if _, ok := p.c.Flows[name]; !ok && name != "" {
			v.Fault("unknown flow "+strict.Quote(name), oneOf("flows", slices.Sorted(maps.Keys(p.c.Flows))))
		}
	})
}

// needQueue notes a fault unless the queue stands in the file.
func (p *parser) needQueue(v strict.Value, id hotline.QueueID) {
	p.later = append(p.later, func() {
		if _, ok := p.c.Queue(id); !ok && id != "" {
			known := ids(p.c.Queues, func(q Queue) string { return string(q.ID) })
			v.Fault("unknown queue "+strict.Quote(string(id)), oneOf("queues", known))
		}
	})
}

func ids[T any](list []T, id func(T) string) []string {
	var all []string
	for _, x := range list {
		all = append(all, id(x))
	}
	return all
}

// oneOf says what may stand in a reference: the first few of the names that the file has.
func oneOf(what string, names []string) string {
	const shown = 8
	switch {
	case len(names) == 0:
		return "the file has no " + what
	case len(names) > shown:
		names = append(slices.Clone(names[:shown]), "…")
	}
	return "one of " + strings.Join(names, ", ")
}
