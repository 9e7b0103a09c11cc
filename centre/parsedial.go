package centre

import (
	"strings"

	"hotline/centre/strict"
)

const prefixWant = `how numbers begin, in digits, for example "0" or "+86"`

// dialOut reads what agents may dial outside. Nothing may be dialled that is not allowed in so many words: a number that is
// paid for must never be open by mistake.
func dialOut(v strict.Value) DialOut {
	m := v.Map("allow", "deny", "trunk", "from", "record")
	if !v.Present() {
		return DialOut{}
	}
	m.Get("allow").Need()
	d := DialOut{
		Allow: prefixes(m.Get("allow")), Deny: prefixes(m.Get("deny")), Trunk: m.Get("trunk").OptionalText(""),
		From: m.Get("from").OptionalText(""), Record: m.Get("record").OneOf("always", "always", "never"),
	}
	if d.From != "" && !isDialled(d.From) {
		m.Get("from").Fault(strict.Quote(d.From)+" cannot be shown as a number", dialWant)
	}
	return d
}

func prefixes(v strict.Value) []string {
	var all []string
	for _, one := range v.List() {
		p := one.Text("")
		digits := strings.TrimPrefix(p, "+")
		if p != "" && (digits == "" && p != "+" || len(p) > maxNumber || strings.Trim(digits, "0123456789") != "") {
			one.Fault(strict.Quote(p)+" is no beginning of a number", prefixWant)
		}
		all = append(all, p)
	}
	return all
}

// agentDial reads a phone outside at which an agent can be reached.
func agentDial(v strict.Value) AgentDial {
	if !v.Present() {
		return AgentDial{}
	}
	m := v.Map("number", "trunk", "confirm")
	d := AgentDial{
		Number: m.Get("number").Need().Text(""), Trunk: m.Get("trunk").OptionalText(""), Confirm: m.Get("confirm").Bool(false),
	}
	if d.Number != "" && !isDialled(d.Number) {
		m.Get("number").Fault(strict.Quote(d.Number)+" cannot be dialled", dialWant)
	}
	return d
}
