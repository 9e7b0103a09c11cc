package centre

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
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
func Parse(file string, data []byte, env Env) (*Centre, []Fault) {
	f, root := strict.Read(file, data)
	if !root.Present() {
		if len(f.Faults()) == 0 {
			root.Fault("is empty", "")
		}
		return nil, f.Faults()
	}
	c := build(root, env)
	if faults := f.Faults(); len(faults) > 0 {
		return nil, faults
	}
	sum := sha256.Sum256(data)
	c.SHA256, c.Source, c.entries = hex.EncodeToString(sum[:]), slices.Clone(data), tableIndex(c.Tables)
	return c, nil
}

// build makes the centre of what stands in the file; the file keeps the faults.
func build(root strict.Value, env Env) *Centre {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	p := parser{
		env: env, c: &Centre{Flows: map[string]Flow{}, Numbers: map[string]string{}}, names: map[kind]*names{},
		rules: map[hotline.QueueID]strict.Map{}, flowAt: map[string]strict.Value{},
	}
	p.centre(root)
	return p.c
}

// parser builds one Centre. References are checked when everything has been read, so that order in the file does not matter.
type parser struct {
	env    Env
	c      *Centre
	later  []func() // checks of references
	names  map[kind]*names
	rules  map[hotline.QueueID]strict.Map // where each queue stands
	flowAt map[string]strict.Value
}

func (p *parser) centre(v strict.Value) {
	m := v.Map("name", "time_zone", "language", "order", "missed_offers", "hand_over", "consent", "dial_out", "emergency_numbers", "teams",
		"agents", "desks", "not_ready_reasons", "wrap_up_codes", "numbers_shown", "supervision", "hours", "switches", "tables", "shifts", "queues", "flows", "numbers")
	p.c.Name = m.Get("name").Text("")
	p.c.TimeZone = timeZone(m.Get("time_zone"))
	p.c.Language = m.Get("language").OneOf("zh-CN", "zh-CN", "en-US")
	p.c.Order = order(m.Get("order"))
	p.c.Misses = misses(m.Get("missed_offers"))
	p.c.Handover = handover(m.Get("hand_over"))
	p.c.Consent = consent(m.Get("consent"))
	p.c.DialOut, p.c.dialLine = dialOut(m.Get("dial_out")), m.Get("dial_out").Line()
	p.emergency(m.Get("emergency_numbers"))
	p.c.SupervisionShown = m.Get("supervision").Map("shown").Get("shown").Bool(false)
	p.c.NumbersHidden = !m.Get("numbers_shown").Bool(true)
	for _, list := range []struct {
		key  string
		read func(v strict.Value, ids seen)
	}{
		{"teams", p.team},
		{"agents", p.agent},
		{"desks", p.desk},
		{"not_ready_reasons", p.reason},
		{"wrap_up_codes", p.wrapCode},
		{"hours", p.hours},
		{"switches", p.toggle},
		{"tables", p.table},
		{"queues", p.queue},
	} {
		ids := make(seen)
		for _, v := range m.Get(list.key).List() {
			list.read(v, ids)
		}
	}
	for _, v := range m.Get("shifts").List() {
		p.shift(v)
	}
	p.flows(m.Get("flows"))
	p.numbers(m.Get("numbers"))
	for _, check := range p.later {
		check()
	}
	p.ownSkills()
	p.cycles()
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
	return isDialled(s) && !strings.ContainsAny(s, "+*#") && s[0] != '.' && s[0] != '-'
}

const idWant = "up to 64 of A-Z a-z 0-9 _ . - not beginning with . or -"

// isDialled says whether s can be the user part of an address that is called.
func isDialled(s string) bool {
	return s != "" && len(s) <= maxNumber && !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("+*#_.-", r)
	})
}

const dialWant = "digits, letters and + * # _ . -, up to 64"

// id reads the key "id" of a list's member and makes it known as one of that kind.
func (p *parser) id(m strict.Map, k kind, ids seen) string {
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
	p.know(k, id)
	return id
}

// name reads the key "name"; a thing without one is called by its id.
func name(m strict.Map, id string) string { return m.Get("name").Text(id) }

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

func (p *parser) numbers(v strict.Value) {
	m := v.Free()
	for _, number := range m.Keys() {
		flow := m.Get(number)
		if !isDialled(number) {
			flow.Fault(strict.Quote(number)+" cannot be dialled", dialWant)
		}
		if slices.Contains(p.c.Emergency, number) {
			flow.Fault("is an emergency number, which never comes to a flow or a queue", "remove it here or from emergency_numbers")
		}
		p.c.Numbers[number] = p.ref(flow, kindFlow)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
