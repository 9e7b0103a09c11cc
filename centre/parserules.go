package centre

import (
	"slices"
	"time"

	"hotline"
	"hotline/centre/strict"
)

// At which moment NoAgents looks.
const (
	AtJoin    = "join"
	AtWaiting = "waiting"
	AtBoth    = "both"
)

// States that NoAgents counts.
const (
	CountReady    = "ready"
	CountBusy     = "busy"
	CountWrapUp   = "wrap_up"
	CountNotReady = "not_ready"
)

// actions reads what a rule does: one step or a list of them, in words or as maps.
func (p *parser) actions(v strict.Value) Actions {
	if !v.Present() {
		return nil
	}
	return p.steps(v, place{rule: true})
}

func (p *parser) maxWait(v strict.Value) Limit {
	m := v.Map("after", "then")
	if !v.Present() {
		return Limit{}
	}
	return Limit{After: m.Get("after").Need().Duration(0, time.Second, 24*time.Hour), Then: p.actions(m.Get("then").Need())}
}

func (p *parser) maxWaiting(v strict.Value) Limit {
	m := v.Map("count", "then")
	if !v.Present() {
		return Limit{}
	}
	return Limit{Count: m.Get("count").Need().Int(0, 1, 1_000_000), Then: p.actions(m.Get("then").Need())}
}

func (p *parser) longWait(v strict.Value) Limit {
	m := v.Map("over", "then")
	if !v.Present() {
		return Limit{}
	}
	return Limit{After: m.Get("over").Need().Duration(0, time.Second, 24*time.Hour), Then: p.actions(m.Get("then").Need())}
}

func (p *parser) noAgents(v strict.Value) NoAgents {
	m := v.Map("count", "reasons", "at", "after", "then")
	if !v.Present() {
		return NoAgents{}
	}
	n := NoAgents{Count: []string{CountReady, CountBusy, CountWrapUp}}
	if m.Get("count").Present() {
		n.Count = nil
		for _, one := range m.Get("count").List() {
			if state := one.OneOf("", CountReady, CountBusy, CountWrapUp, CountNotReady); !slices.Contains(n.Count, state) {
				n.Count = append(n.Count, state)
			}
		}
		if len(n.Count) == 0 {
			m.Get("count").Fault("is an empty list", "the states that count as having somebody")
		}
	}
	for _, one := range m.Get("reasons").List() {
		reason := one.Text("")
		n.Reason = append(n.Reason, reason)
		if !isEngineReason(reason) {
			p.need(one, kindReason, reason)
		}
	}
	if len(n.Reason) > 0 && slices.Contains(n.Count, CountNotReady) {
		m.Get("reasons").Fault("has no effect: not_ready counts whatever the reason", "remove it, or not_ready from count")
	}
	n.At = m.Get("at").OneOf(AtBoth, AtJoin, AtWaiting, AtBoth)
	n.After = m.Get("after").Duration(0, 0, 24*time.Hour)
	if n.At == AtJoin && m.Get("after").Present() {
		m.Get("after").Fault("has no effect with at: join", "remove it, or at: both")
	}
	n.Then = p.actions(m.Get("then").Need())
	return n
}

func (p *parser) closing(v strict.Value) Closing {
	m := v.Map("hours", "switch", "join", "waiting")
	if !v.Present() {
		return Closing{}
	}
	c := Closing{
		Hours: p.ref(m.Get("hours"), kindHours), Switch: p.ref(m.Get("switch"), kindSwitch),
		Join: p.actions(m.Get("join")), Waiting: p.actions(m.Get("waiting")),
	}
	if !m.Get("hours").Present() && !m.Get("switch").Present() {
		v.Fault("does not say when", "add hours: ID or switch: ID")
	}
	if !m.Get("join").Present() && !m.Get("waiting").Present() {
		v.Fault("does nothing", "add join: hangup, or what else is done with callers")
	}
	return c
}

func (p *parser) overflow(v strict.Value, own string) []Overflow {
	var all []Overflow
	seen := map[string]bool{}
	for _, one := range v.List() {
		m := one.Map("after", "queues")
		o := Overflow{After: m.Get("after").Need().Duration(0, 0, 24*time.Hour)}
		if n := len(all); n > 0 && m.Get("after").Present() && o.After < all[n-1].After {
			m.Get("after").Fault("is before the step above it", "steps in order of time")
		}
		for _, id := range p.refs(m.Get("queues").Need(), kindQueue) {
			switch {
			case id == own:
				m.Get("queues").Fault("names the queue itself", "other queues")
			case seen[id]:
				m.Get("queues").Fault(strict.Quote(id)+" is in a step above already", "name it once")
			}
			seen[id] = true
			o.Queues = append(o.Queues, hotline.QueueID(id))
		}
		all = append(all, o)
	}
	return all
}

func lastAgent(v strict.Value) LastAgent {
	m := v.Map("for", "within")
	if !v.Present() {
		return LastAgent{}
	}
	return LastAgent{
		For:    m.Get("for").Need().Duration(0, time.Second, 10*time.Minute),
		Within: m.Get("within").Duration(7*24*time.Hour, time.Minute, 365*24*time.Hour),
	}
}

// choice reads the question asked of who waits. It is asked once each time: who says nothing hears the music again.
func (p *parser) choice(v strict.Value) *Menu {
	m := v.Map("prompt", "keys", "every", "timeout", "tries")
	if !v.Present() {
		return nil
	}
	menu := p.question(m, 1, place{rule: true, choice: true})
	menu.Every = m.Get("every").Duration(30*time.Second, 5*time.Second, time.Hour)
	stays := false
	for _, steps := range menu.Keys {
		walk(steps, "", func(s Step, _ string) { stays = stays || s.Kind == StepStay })
	}
	if len(menu.Keys) > 0 && !stays {
		m.Get("keys").Fault("no key lets the caller wait on", `a key for it, for example "1": {stay: {}}`)
	}
	return menu
}

func (p *parser) callback(v strict.Value) Callback {
	m := v.Map("hours", "trunk", "from", "retries", "every", "expires", "ring", "confirm")
	c := Callback{
		Hours: p.ref(m.Get("hours"), kindHours), Trunk: m.Get("trunk").Text(""), From: m.Get("from").Text(""),
		Retries: m.Get("retries").Int(2, 0, 10),
		Every:   m.Get("every").Duration(5*time.Minute, 10*time.Second, 24*time.Hour),
		Expires: m.Get("expires").Duration(24*time.Hour, time.Minute, 30*24*time.Hour),
		Ring:    m.Get("ring").Duration(30*time.Second, 5*time.Second, 5*time.Minute),
		Confirm: prompt(m.Get("confirm"), ""),
	}
	dialled(m.Get("from"), c.From)
	return c
}

func (p *parser) survey(v strict.Value) *Survey {
	m := v.Map("flow", "sample")
	if !v.Present() {
		return nil
	}
	return &Survey{Flow: p.ref(m.Get("flow").Need(), kindFlow), Sample: m.Get("sample").Ratio(1)}
}
