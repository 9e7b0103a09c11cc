package centre

import (
	"slices"
	"strings"
	"time"

	"hotline/centre/strict"
)

func (p *parser) table(v strict.Value, ids seen) {
	m := v.Map("id", "entries")
	t := Table{ID: p.id(m, kindTable, ids), Line: v.Line()}
	lines := make(seen)
	for _, one := range m.Get("entries").List() {
		e := p.entry(one)
		if line, twice := lines[e.Number]; twice && e.Number != "" {
			one.Fault("number "+strict.Quote(e.Number)+" stands twice", "keep one; the first is on line "+itoa(line))
		}
		lines[e.Number] = one.Line()
		t.Entries = append(t.Entries, e)
	}
	p.c.Tables = append(p.c.Tables, t)
}

func (p *parser) entry(v strict.Value) TableEntry {
	m := v.Map("number", "name", "priority", "agent", "attrs", "then", "until", "reason")
	e := TableEntry{
		Number: m.Get("number").Need().Text(""), Name: m.Get("name").Text(""), Priority: m.Get("priority").Int(0, -10, 10),
		Agent: p.ref(m.Get("agent"), kindAgent), Attrs: p.attrs(m.Get("attrs"), false), Until: p.until(m.Get("until")),
		Reason: m.Get("reason").Text(""),
	}
	if number := strings.TrimSuffix(e.Number, "*"); e.Number != "" && e.Number != "*" && (!isDialled(number) || strings.Contains(number, "*")) {
		m.Get("number").Fault(strict.Quote(e.Number)+" is no number", `a number, or the beginning of numbers and *, for example "138*"`)
	}
	switch then := m.Get("then"); {
	case then.IsScalar() && then.Text("") == EntryReject:
		e.Then = EntryReject
	case then.Present():
		e.Then, e.Steps = EntrySteps, p.steps(then, place{})
	}
	return e
}

// What a table's entry does with the caller, besides "".
const (
	EntryReject = "reject"
	EntrySteps  = "steps"
)

// until reads a date, whose end it returns, or a date and a time.
func (p *parser) until(v strict.Value) time.Time {
	text := strings.TrimSpace(v.Text(""))
	if text == "" {
		return time.Time{}
	}
	date, at, timed := strings.Cut(text, " ")
	if !isDate(date) {
		v.Fault(strict.Quote(text)+" is no date", `for example 2026-12-31 or "2026-12-31 18:00"`)
		return time.Time{}
	}
	minutes := dayMinutes
	if timed {
		minutes = clock(v, at)
	}
	day, _ := time.Parse(time.DateOnly, date)
	return onWall(day, minutes, p.c.zone())
}

// attrs reads attributes of a contact; their values may hold others in braces where they are templates.
func (p *parser) attrs(v strict.Value, templates bool) map[string]string {
	m := v.Free()
	if len(m.Keys()) == 0 {
		return nil
	}
	all := make(map[string]string, len(m.Keys()))
	for _, name := range m.Keys() {
		value := m.Get(name)
		attrName(value, name)
		all[name] = value.OptionalText("")
		if templates {
			template(value, all[name])
		}
	}
	return all
}

// attrName notes a fault if an attribute cannot be set under that name.
func attrName(v strict.Value, name string) {
	switch {
	case name == "":
	case !isAttr(name):
		v.Fault(strict.Quote(name)+" cannot be an attribute", "a letter, then letters, digits, _ . - and not the words and, or, not, in")
	case isReserved(name):
		v.Fault(strict.Quote(name)+" is set by the engine", "another name")
	}
}

// isReserved says whether the engine itself sets the attribute: what is known of the call, and its X- headers.
func isReserved(name string) bool {
	return slices.Contains([]string{"caller", "called", "name", "trunk", "language"}, name) || strings.HasPrefix(name, "x-")
}
