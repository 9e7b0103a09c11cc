package ivr

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre"
)

// Plan is what a call needs to know of the centre, as plain values. It is immutable: a call keeps the plan it began
// with when another centre file is applied.
type Plan struct {
	Language string                               // of prompts where a queue names no other: "zh-CN", "en-US"
	Numbers  map[string]string                    // dialled number → flow
	Flows    map[string]centre.Flow               // by id
	Queues   map[hotline.QueueID]Queue            // by id
	Agents   map[hotline.AgentID]string           // id → name
	Phones   map[hotline.AgentID]centre.AgentDial // of those who can be reached by a number outside
	Teams    map[hotline.AgentID]string           // of each agent
	Reasons  []string                             // ids of the not-ready reasons in file order: *2N means the N-th, from 1

	DialOut   centre.DialOut // what agents may dial outside
	Emergency []string       // numbers dialled straight out
	Consent   centre.Consent // with its defaults

	NumbersHidden bool // agents' phones are not shown customers' numbers

	centre   *centre.Centre  // for its hours and tables; nil in a plan made by hand
	switches map[string]bool // those that are on
}

// Queue is how a caller is treated in a queue.
type Queue struct {
	ID             hotline.QueueID
	Name           string
	Language       string        // of its prompts, never empty
	Music          string        // prompt looped while waiting
	Position       bool          // announce the position
	Wait           bool          // announce the expected wait
	Every          time.Duration // between announcements; 0: none
	SayAgentNumber bool          // tell the customer the agent's number before they are joined
	Record         bool          // record the contact
	Choice         *centre.Menu  // asked of who waits, every Choice.Every; nil: no
	Survey         *centre.Survey
	Callback       centre.Callback

	rules map[string]centre.Actions // by the names that Rule takes
}

// Announces says whether a waiting caller hears announcements.
func (q Queue) Announces() bool { return q.Every > 0 && (q.Position || q.Wait) }

// NewPlan makes the plan of a valid centre.
func NewPlan(c *centre.Centre) *Plan {
	p := &Plan{
		Language: c.Language,
		Numbers:  c.Numbers,
		Flows:    c.Flows,
		Queues:   make(map[hotline.QueueID]Queue, len(c.Queues)),
		Agents:   make(map[hotline.AgentID]string, len(c.Agents)),
		Phones:   map[hotline.AgentID]centre.AgentDial{},
		Teams:    make(map[hotline.AgentID]string, len(c.Agents)),

		DialOut: c.DialOut, Emergency: c.Emergency, Consent: c.Consent, NumbersHidden: c.NumbersHidden, centre: c,
	}
	p.Consent.Prompt, p.Consent.Refuse = cmp.Or(p.Consent.Prompt, defaultConsent), cmp.Or(p.Consent.Refuse, "9")
	if p.Language == "" {
		p.Language = Chinese
	}
	for _, q := range c.Queues {
		lang, music := q.Language, q.Music
		if lang == "" {
			lang = p.Language
		}
		if music == "" {
			music = "music"
		}
		p.Queues[q.ID] = Queue{
			ID: q.ID, Name: q.Name, Language: lang, Music: music,
			Position: q.Announce.Position, Wait: q.Announce.Wait, Every: q.Announce.Every,
			SayAgentNumber: q.SayAgentNumber, Record: q.Record != "never",
			Choice: q.Choice, Survey: q.Survey, Callback: q.Callback, rules: rules(q),
		}
	}
	for _, a := range c.Agents {
		p.Agents[a.ID] = a.Name
		p.Teams[a.ID] = a.Team
		if a.Dial.Number != "" {
			p.Phones[a.ID] = a.Dial
		}
	}
	for _, r := range c.Reasons {
		p.Reasons = append(p.Reasons, r.ID)
	}
	return p
}

// RuleClosedWaiting is the name by which Rule knows what is done with who waits when its queue closes; hotline.RuleClosed is
// what is done with who comes then.
const RuleClosedWaiting = "closed_waiting"

func rules(q centre.Queue) map[string]centre.Actions {
	return map[string]centre.Actions{
		hotline.RuleMaxWait: q.MaxWait.Then, hotline.RuleMaxWaiting: q.MaxWaiting.Then, hotline.RuleNoAgents: q.NoAgents.Then,
		hotline.RuleLongWait: q.LongWait.Then, hotline.RuleClosed: q.Closing.Join, RuleClosedWaiting: q.Closing.Waiting,
	}
}

// Rule returns what the queue's rule does, by the name that Blocked and Left give it, or RuleClosedWaiting.
func (p *Plan) Rule(queue hotline.QueueID, rule string) []centre.Step {
	return p.Queues[queue].rules[rule]
}

// MayDial says whether agents may call the number outside, or put a customer through to it: one that begins as the centre
// allows and not as it forbids, or an emergency number.
func (p *Plan) MayDial(number string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(number, prefix) }
	return slices.Contains(p.Emergency, number) ||
		slices.ContainsFunc(p.DialOut.Allow, begins) && !slices.ContainsFunc(p.DialOut.Deny, begins)
}

// Hotline is the number that the centre shows where nothing else is said: the first of its numbers; empty if it has none.
func (p *Plan) Hotline() string {
	first := ""
	for n := range p.Numbers { // the least one: any order gives it
		if first == "" || n < first {
			first = n
		}
	}
	return first
}
