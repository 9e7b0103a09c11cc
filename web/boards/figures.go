package boards

import (
	"cmp"
	"encoding/json"
	"strconv"

	"hotline"
	"hotline/reports"
)

const (
	maxMarks  = 60 // waiting callers that a lane shows
	maxOver   = 12 // agents over their time that are named
	maxAlarms = 20
)

// queueFigures is a group's or a queue's figures. It has no place for a customer's number or name. Nothing in it changes with
// time alone but counts: clocks run on the screen from the moments.
type queueFigures struct {
	ID      hotline.QueueID  `json:"id,omitempty"`
	Name    string           `json:"name,omitempty"`
	Target  *reports.Target  `json:"target"` // null: of several queues that differ
	Waiting int              `json:"waiting"`
	Since   []reports.Moment `json:"waiting_since"` // longest first
	Soon    int              `json:"about_to_breach"`
	Over    int              `json:"breached"`
	NextAt  reports.Moment   `json:"next_breach,omitzero"`
	Longest reports.Moment   `json:"longest_wait_since,omitzero"`
	Within  int64            `json:"longest_wait_within_ms,omitempty"` // target of who waits longest
	In      string           `json:"longest_wait_in,omitempty"`        // name of that queue, in a group of several

	// The levels are by each queue's own definition; null: of several that differ.
	Definition *reports.Rules `json:"definition"`

	SL30m    reports.Level `json:"sl_30m"`
	SLDay    reports.Level `json:"sl_today"`
	Today    dayFigures    `json:"today"`
	Promises int           `json:"promises"`
	Expected *int64        `json:"expected_wait_ms"` // the longest of its queues
	Slowest  string        `json:"expected_wait_in,omitempty"`

	Ready   int `json:"ready"`
	Talking int `json:"talking"`
}

// dayFigures is what was counted since midnight.
type dayFigures struct {
	Requested int      `json:"requested"`
	Offered   int      `json:"offered"`
	Answered  int      `json:"answered"`
	Abandoned int      `json:"abandoned"`
	Short     int      `json:"short"`
	Ratio     *float64 `json:"abandon_ratio"`
}

func (d *dayFigures) add(t *reports.Today) {
	d.Requested, d.Offered, d.Answered = d.Requested+t.Requested, d.Offered+t.Offered, d.Answered+t.Answered
	d.Abandoned, d.Short = d.Abandoned+t.Abandoned, d.Short+t.Short
	d.Ratio = ratio(d.Abandoned, d.Offered)
}

func ratio(a, b int) *float64 {
	if b == 0 {
		return nil
	}
	r := float64(a) / float64(b)
	return &r
}

func plus(a, b reports.Level) reports.Level {
	return reports.Level{Count: a.Count + b.Count, Of: a.Of + b.Of, Ratio: ratio(a.Count+b.Count, a.Of+b.Of)}
}

// row is one queue's figures.
func row(q *reports.QueueView, at reports.Moment) queueFigures {
	target := q.Target
	f := queueFigures{
		ID: q.ID, Name: q.Name, Target: &target, Definition: q.Definition, Waiting: q.Waiting.Waiting, Since: q.Since[:min(len(q.Since), maxMarks)],
		Soon: q.AboutTo, Over: q.Breached, Longest: q.LongestFrom, SL30m: q.Level30m, SLDay: q.LevelDay, Promises: q.Promises,
		Expected: q.Expected, Ready: q.States.Ready, Talking: q.States.Talking + q.States.Held + q.States.Consulting + q.States.Conference,
	}
	if q.LongestFrom != 0 {
		f.Within = target.WithinMS
	}
	if q.NextMS != nil {
		f.NextAt = at + reports.Moment(*q.NextMS)
	}
	f.Today.add(&q.Today)
	return f
}

// sum adds a queue to a group's figures.
func (f *queueFigures) sum(q *queueFigures, first bool) {
	switch {
	case first:
		f.Target = q.Target
	case f.Target != nil && *f.Target != *q.Target:
		f.Target = nil
	}
	switch {
	case first:
		f.Definition = q.Definition
	case f.Definition != nil && (q.Definition == nil || *f.Definition != *q.Definition):
		f.Definition = nil
	}
	f.Waiting, f.Soon, f.Over = f.Waiting+q.Waiting, f.Soon+q.Soon, f.Over+q.Over
	f.Since = merge(f.Since, q.Since)
	if q.NextAt != 0 && (f.NextAt == 0 || q.NextAt < f.NextAt) {
		f.NextAt = q.NextAt
	}
	if q.Longest != 0 && (f.Longest == 0 || q.Longest < f.Longest) {
		f.Longest, f.Within, f.In = q.Longest, q.Within, q.Name
	}
	f.SL30m, f.SLDay = plus(f.SL30m, q.SL30m), plus(f.SLDay, q.SLDay)
	d := &f.Today
	d.Requested, d.Offered, d.Answered = d.Requested+q.Today.Requested, d.Offered+q.Today.Offered, d.Answered+q.Today.Answered
	d.Abandoned, d.Short = d.Abandoned+q.Today.Abandoned, d.Short+q.Today.Short
	d.Ratio = ratio(d.Abandoned, d.Offered)
	f.Promises += q.Promises
	if q.Expected != nil && (f.Expected == nil || *q.Expected > *f.Expected) {
		f.Expected, f.Slowest = q.Expected, q.Name
	}
}

// merge puts two lines into one, the longest wait first.
func merge(a, b []reports.Moment) []reports.Moment {
	out := make([]reports.Moment, 0, min(len(a)+len(b), maxMarks))
	for len(out) < maxMarks && (len(a) > 0 || len(b) > 0) {
		if len(b) == 0 || len(a) > 0 && a[0] <= b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out
}

// stateFigures is how many agents are in which state, each once: who is over the time of its state is in Over alone.
type stateFigures struct {
	SignedIn int            `json:"signed_in"`
	Counts   map[string]int `json:"counts"`
	Over     []overFigures  `json:"over"`
}

type overFigures struct {
	Name      string             `json:"name"`
	State     hotline.AgentState `json:"state"`
	Reason    string             `json:"reason,omitempty"`
	Since     reports.Moment     `json:"since"`
	Allowance int64              `json:"allowance_ms"`
}

// wallState is the state that a screen counts an agent in.
func wallState(a *reports.AgentView) string {
	if a.Over {
		return "over"
	}
	switch a.State {
	case hotline.AgentReserved:
		return string(hotline.AgentRinging)
	case hotline.AgentConsult, hotline.AgentConfer, hotline.AgentOutbound:
		return string(hotline.AgentTalking)
	case hotline.AgentReady, hotline.AgentRinging, hotline.AgentTalking, hotline.AgentHeld, hotline.AgentWrapUp, hotline.AgentNotReady, hotline.AgentSignedOut:
		return string(a.State)
	}
	return "unknown"
}

func (g *group) states(v *reports.View, names bool) stateFigures {
	out := stateFigures{Counts: map[string]int{}, Over: []overFigures{}}
	for i := range v.Agents {
		a := &v.Agents[i]
		if !g.hasAgent(a.ID, a.Team) {
			continue
		}
		out.Counts[wallState(a)]++
		if a.State != hotline.AgentSignedOut {
			out.SignedIn++
		}
		if a.Over && names && len(out.Over) < maxOver {
			out.Over = append(out.Over, overFigures{a.Name, a.State, a.Reason, a.Since, a.AllowanceMS})
		}
	}
	return out
}

// alarm is one alarm as a screen shows it: with names instead of ids, and no detail that might say more than the board.
type alarm struct {
	Key      string         `json:"key"`
	Kind     string         `json:"kind"`
	Severity string         `json:"severity"`
	Since    reports.Moment `json:"since"`
	From     reports.Moment `json:"from,omitzero"` // start of the time that is too long
	Queue    string         `json:"queue,omitempty"`
	Agent    string         `json:"agent,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	LimitMS  int64          `json:"limit_ms,omitempty"`
	Value    *float64       `json:"value,omitempty"`
	Limit    *float64       `json:"limit,omitempty"`
	Alarm    string         `json:"alarm,omitempty"`
	Acked    bool           `json:"acked,omitempty"`
}

type alarms struct {
	Items []alarm `json:"items"`
	More  int     `json:"more"` // that are not among them
}

func (p *plan) alarmList(v *reports.View) alarms {
	queues, agents := map[hotline.QueueID]string{}, map[hotline.AgentID]*reports.AgentView{}
	for i := range v.Queues {
		queues[v.Queues[i].ID] = v.Queues[i].Name
	}
	for i := range v.Agents {
		agents[v.Agents[i].ID] = &v.Agents[i]
	}
	out := alarms{Items: []alarm{}}
	for i := range v.Alarms {
		a := &v.Alarms[i]
		if a.Queue != "" && !p.whole.hasQueue(a.Queue) || a.Agent != "" && !p.whole.hasAgent(a.Agent, teamOf(agents[a.Agent])) {
			continue
		}
		if len(out.Items) == maxAlarms {
			out.More++
			continue
		}
		one := alarm{
			Key: shortKey(a.Key), Kind: a.Kind, Severity: a.Severity, Since: a.Since, Queue: cmp.Or(queues[a.Queue], string(a.Queue)), Reason: a.Reason,
			LimitMS: a.LimitMS, Value: a.Value, Limit: a.Limit, Alarm: a.Alarm, Acked: a.Acknowledged != nil,
		}
		if a.ValueMS > 0 {
			one.From = v.At - reports.Moment(a.ValueMS)
		}
		if a.Agent != "" && p.board.Names {
			one.Agent = nameOf(agents[a.Agent], a.Agent)
		}
		out.Items = append(out.Items, one)
	}
	return out
}

func teamOf(a *reports.AgentView) string {
	if a == nil {
		return ""
	}
	return a.Team
}

func nameOf(a *reports.AgentView, id hotline.AgentID) string {
	if a == nil || a.Name == "" {
		return string(id)
	}
	return a.Name
}

// info is what a screen without a login has to know of the centre.
type info struct {
	Centre   string            `json:"centre"`
	Language string            `json:"language"`
	Zone     string            `json:"time_zone"`
	Day      reports.Moment    `json:"day"` // start of today there
	Reasons  map[string]string `json:"reasons"`
}

// parts are the pieces of a board at one time, encoded: what is the same as before is not sent again.
type parts map[string]json.RawMessage

func (p parts) put(key string, v any) error {
	b, err := json.Marshal(v)
	p[key] = b
	return err
}

// parts makes all that the board shows of a view.
func (p *plan) parts(v *reports.View, expected *forecasts) (parts, error) {
	out := parts{}
	if err := out.put("board", p.board); err != nil {
		return nil, err
	}
	if err := out.put("info", info{p.centre.Name, p.centre.Language, p.centre.Zone, v.Day, p.centre.Reasons}); err != nil {
		return nil, err
	}
	if p.alarms {
		if err := out.put("alarms", p.alarmList(v)); err != nil {
			return nil, err
		}
	}
	for i, g := range p.groups {
		if err := p.groupParts(out, ":"+strconv.Itoa(i), g, v, expected); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *plan) groupParts(out parts, name string, g *group, v *reports.View, expected *forecasts) error {
	if g.needs.states {
		if err := out.put("states"+name, g.states(v, p.board.Names)); err != nil {
			return err
		}
	}
	if !g.needs.figures {
		return nil
	}
	total, line := queueFigures{Since: []reports.Moment{}}, newDayLine(v.Day, expected)
	rows, last := []hotline.QueueID{}, ""
	for i := range v.Queues {
		q := &v.Queues[i]
		if !g.hasQueue(q.ID) {
			continue
		}
		f := row(q, v.At)
		total.sum(&f, len(rows) == 0)
		last = q.Name
		rows = append(rows, q.ID)
		line.add(q)
		if !g.needs.rows || out["queue:"+string(q.ID)] != nil {
			continue
		}
		if err := out.put("queue:"+string(q.ID), f); err != nil {
			return err
		}
		own := newDayLine(v.Day, expected)
		own.add(q)
		if err := own.put(out, "queue-", ":"+string(q.ID)); err != nil {
			return err
		}
	}
	if len(rows) == 1 { // its name is that of the group
		total.Name, total.In, total.Slowest = last, "", ""
	}
	if err := out.put("group"+name, total); err != nil {
		return err
	}
	if g.needs.rows {
		if err := out.put("rows"+name, rows); err != nil {
			return err
		}
	}
	if g.needs.day || g.needs.rows {
		return line.put(out, "", name)
	}
	return nil
}
