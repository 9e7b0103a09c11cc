package reports

import (
	"maps"
	"slices"
	"strings"

	"hotline"
)

// masker hides customers' numbers and names.
type masker func(hotline.Party) hotline.Party

func (m masker) number(n string) string {
	if n == "" {
		return ""
	}
	return m(hotline.Party{Number: n}).Number
}

// transfer is to whom a customer was handed on: outside the centre that is somebody's number.
func (m masker) transfer(target, to string) string {
	if target == hotline.TargetNumber {
		return m.number(to)
	}
	return to
}

// attrs hides what a contact's attributes may say of the customer: number, name, by which number it came, and headers of the call.
func (m masker) attrs(a map[string]string) map[string]string {
	a = maps.Clone(a)
	for k, v := range a {
		switch {
		case k == "caller" || k == "diverted_from":
			a[k] = m.number(v)
		case k == "name" || strings.HasPrefix(strings.ToLower(k), "x-"):
			a[k] = "****"
		}
	}
	return a
}

// text hides what looks like a number in what a person wrote.
func (m masker) text(s string) string { return hotline.HideNumbers(s, m.number) }

// RedactAttrs returns a copy of a contact's attributes with what they may say of the customer passed through mask.
func RedactAttrs(attrs map[string]string, mask func(hotline.Party) hotline.Party) map[string]string {
	return masker(mask).attrs(attrs)
}

// Redact returns a copy with every customer's number and name passed through mask, in the facts of the timeline too.
func (c Contact) Redact(mask func(hotline.Party) hotline.Party) Contact {
	m := masker(mask)
	c.From, c.Diverted.Number = mask(c.From), m.number(c.Diverted.Number)
	if c.Direction == hotline.Outbound {
		c.To = m.number(c.To)
	}
	c.Legs = slices.Clone(c.Legs)
	for i, l := range c.Legs {
		if l.Role == hotline.RoleCustomer || l.Role == hotline.RoleParty {
			c.Legs[i].To = m.number(l.To)
		}
	}
	c.Transfers = slices.Clone(c.Transfers)
	for i, x := range c.Transfers {
		c.Transfers[i].To = m.transfer(x.Target, x.To)
	}
	c.Callbacks, c.Tasks = slices.Clone(c.Callbacks), slices.Clone(c.Tasks)
	for i := range c.Callbacks {
		c.Callbacks[i] = c.Callbacks[i].Redact(mask)
	}
	for i := range c.Tasks {
		c.Tasks[i] = c.Tasks[i].Redact(mask)
	}
	c.Coded = slices.Clone(c.Coded)
	for i := range c.Coded {
		c.Coded[i].Note = m.text(c.Coded[i].Note)
	}
	c.Timeline = slices.Clone(c.Timeline)
	for i := range c.Timeline {
		c.Timeline[i].Fact = m.fact(c.Timeline[i].Fact)
	}
	return c
}

// fact is the fact without what says who the customer is.
func (m masker) fact(f hotline.Fact) hotline.Fact {
	switch f := f.(type) {
	case hotline.CallStarted:
		f.From, f.Diverted.Number = m(f.From), m.number(f.Diverted.Number)
		if f.Direction == hotline.Outbound {
			f.To = m.number(f.To)
		}
		return f
	case hotline.Transferred:
		f.To = m.transfer(f.Target, f.To)
		return f
	case hotline.TransferRefused:
		f.To = m.transfer(hotline.TargetNumber, f.To)
		return f
	case hotline.Consulted:
		f.To = m.transfer(f.Target, f.To)
		return f
	case hotline.Conferred:
		f.To = m.transfer(f.Target, f.To)
		return f
	case hotline.PartyLeft:
		f.To = m.transfer(f.Target, f.To)
		return f
	case hotline.Queued:
		f.From, f.Attrs = m(f.From), m.attrs(f.Attrs)
		return f
	case hotline.LegStarted:
		if f.Role == hotline.RoleCustomer || f.Role == hotline.RoleParty {
			f.To = m.number(f.To)
		}
		return f
	case hotline.VoicemailLeft:
		f.From = m(f.From)
		return f
	case hotline.CallbackAsked:
		f.From, f.Number, f.Attrs = m(f.From), m.number(f.Number), m.attrs(f.Attrs)
		return f
	case hotline.Noted:
		f.Text = m.text(f.Text)
		return f
	case hotline.TaskOpened:
		f.From, f.Note = m(f.From), m.text(f.Note)
		return f
	case hotline.TaskChanged:
		f.Note = m.text(f.Note)
		return f
	case hotline.TaskClosed:
		f.Note = m.text(f.Note)
		return f
	case hotline.HandRaised:
		f.Note = m.text(f.Note)
		return f
	case hotline.CallbackDue:
		f.Number = m.number(f.Number)
		return f
	}
	return f
}

// Redact returns a copy with the customer's number and name passed through mask.
func (c Callback) Redact(mask func(hotline.Party) hotline.Party) Callback {
	c.From, c.Number = mask(c.From), masker(mask).number(c.Number)
	return c
}

// Redact returns a copy with the customer's number and name passed through mask.
func (t Task) Redact(mask func(hotline.Party) hotline.Party) Task {
	m := masker(mask)
	t.From, t.Note, t.Result = mask(t.From), m.text(t.Note), m.text(t.Result)
	return t
}

// Redact returns a copy with every customer's number and name passed through mask.
func (v *View) Redact(mask func(hotline.Party) hotline.Party) *View {
	c := *v
	c.Queues = slices.Clone(v.Queues)
	for i := range c.Queues {
		q := &c.Queues[i]
		q.Callers = slices.Clone(q.Callers)
		for j := range q.Callers {
			q.Callers[j].From = mask(q.Callers[j].From)
		}
	}
	c.Callbacks = slices.Clone(v.Callbacks)
	for i := range c.Callbacks {
		c.Callbacks[i] = c.Callbacks[i].Redact(mask)
	}
	c.Agents = slices.Clone(v.Agents)
	for i, a := range c.Agents {
		if a.Hand != nil {
			c.Agents[i].Hand = &Hand{Since: a.Hand.Since, Contact: a.Hand.Contact}
		}
	}
	c.Calls = make([]CallView, len(v.Calls))
	for i, call := range v.Calls {
		call.From = mask(call.From)
		if call.Direction == hotline.Outbound {
			call.To = mask(hotline.Party{Number: call.To}).Number
		}
		c.Calls[i] = call
	}
	return &c
}

// RedactFact hides what the fact says of customers: numbers, names, and what a person wrote of them.
func RedactFact(f hotline.Fact, mask func(hotline.Party) hotline.Party) hotline.Fact {
	return masker(mask).fact(f)
}
