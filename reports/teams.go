package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// TeamRow is a team in one interval: the sums of its agents' rows, and what is made of them. An agent counts to the team
// that it is in today.
type TeamRow struct {
	Head
	Team     string `json:"team"` // "": agents of no team
	Name     string `json:"name,omitempty"`
	Restated Moment `json:"restated,omitzero"`
	Agents   int    `json:"agents"` // those who were signed in, or have a figure

	SignedInMS int64            `json:"signed_in_ms"`
	StaffedMS  int64            `json:"staffed_ms"`
	States     StateTimes       `json:"states"`
	Reasons    map[string]int64 `json:"not_ready_by"`

	Answered int   `json:"answered"`
	Handled  int   `json:"handled"`
	TalkMS   int64 `json:"talk_ms"`
	HoldMS   int64 `json:"hold_ms"`
	ACWMS    int64 `json:"acw_ms"`
	RingMS   int64 `json:"ring_ms"`
	Rings    Rings `json:"rings"`
	RONA     Level `json:"rona"`
	Held     int   `json:"held"`
	Hold     Level `json:"hold_rate"`
	Short    Level `json:"short_talk"`

	Survey    SurveyCounts   `json:"survey"`
	Transfers TransferCounts `json:"transfers"`
	Outbound  OutboundCounts `json:"outbound"`
	Codes     CodeCounts     `json:"codes"`

	CallsPerAgent    *float64 `json:"calls_per_agent"` // handled ÷ agents
	PerHour          *float64 `json:"calls_per_hour"`
	AvgTalkMS        *float64 `json:"avg_talk_ms"`
	AvgHoldMS        *float64 `json:"avg_hold_ms"`
	AvgACWMS         *float64 `json:"avg_acw_ms"`
	AHTMS            *float64 `json:"aht_ms"`
	Occupancy        *float64 `json:"occupancy"`
	OccupancyInbound *float64 `json:"occupancy_inbound"`
	HandleOverLogin  *float64 `json:"handle_over_login"`
	StaffedOverLogin *float64 `json:"staffed_over_login"`

	PlannedMS  int64    `json:"planned_ms"`
	AdherentMS int64    `json:"adherent_ms"`
	Adherence  *float64 `json:"adherence"`
}

// Teams makes the report on teams.
func (f *Fold) Teams(q Span) (*Report[TeamRow], error) {
	agents, err := f.Agents(AgentQuery{From: q.From, To: q.To, Interval: q.Interval, Team: q.Of.Team, Plan: q.Plan})
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	b := f.book
	f.mu.Unlock()
	type key struct {
		start Moment
		team  string
	}
	sums := map[key]*AgentRow{}
	people := map[key]int{}
	var starts []Moment
	for _, row := range agents.Rows {
		if n := len(starts); n == 0 || starts[n-1] != row.Start {
			starts = append(starts, row.Start)
		}
		k := key{row.Start, row.Team}
		if sums[k] == nil {
			sums[k] = &AgentRow{Start: row.Start, End: row.End, Label: row.Label, Team: row.Team, Reasons: map[string]int64{}}
		}
		people[k] += count(!row.empty())
		sums[k].sum(&row)
	}
	rep := &Report[TeamRow]{From: agents.From, To: agents.To, AsOf: agents.AsOf, Seq: agents.Seq, Rows: []TeamRow{}}
	for _, start := range starts {
		for _, id := range b.teamOrder(agents.Rows) {
			if row := sums[key{start, id}]; row != nil {
				rep.Rows = append(rep.Rows, row.team(people[key{start, id}], b))
			}
		}
	}
	return rep, nil
}

// teamOrder is the centre's teams, then those of no team.
func (b *book) teamOrder(rows []AgentRow) []string {
	var ids []string
	for _, t := range b.centre.Teams {
		ids = append(ids, t.ID)
	}
	others := map[string]bool{}
	for _, r := range rows {
		if !slices.Contains(ids, r.Team) {
			others[r.Team] = true
		}
	}
	return append(ids, slices.Sorted(maps.Keys(others))...)
}

// sum adds another agent's row up.
func (r *AgentRow) sum(o *AgentRow) {
	r.Open = r.Open || o.Open
	r.Restated = max(r.Restated, o.Restated)
	r.SignedInMS += o.SignedInMS
	r.States.add(o.States)
	for reason, ms := range o.Reasons {
		r.Reasons[reason] += ms
	}
	r.Answered, r.Handled, r.Held, r.ghosts = r.Answered+o.Answered, r.Handled+o.Handled, r.Held+o.Held, r.ghosts+o.ghosts
	r.TalkMS, r.HoldMS, r.ACWMS, r.RingMS = r.TalkMS+o.TalkMS, r.HoldMS+o.HoldMS, r.ACWMS+o.ACWMS, r.RingMS+o.RingMS
	r.Rings.merge(o.Rings)
	r.Survey.merge(o.Survey)
	r.Transfers.merge(o.Transfers)
	r.Codes.merge(o.Codes)
	r.Outbound.merge(o.Outbound)
	r.PlannedMS, r.AdherentMS = r.PlannedMS+o.PlannedMS, r.AdherentMS+o.AdherentMS
}

// team makes the row of what was summed up.
func (r *AgentRow) team(people int, b *book) TeamRow {
	r.Transfers.finish(r.Handled)
	r.Survey.finish()
	r.finish()
	return TeamRow{
		Head: Head{Start: r.Start, End: r.End, Label: r.Label, Open: r.Open}, Team: r.Team, Name: cmp.Or(b.teams[r.Team], r.Team),
		Restated: r.Restated, Agents: people, SignedInMS: r.SignedInMS, StaffedMS: r.StaffedMS, States: r.States, Reasons: r.Reasons,
		Answered: r.Answered, Handled: r.Handled, TalkMS: r.TalkMS, HoldMS: r.HoldMS, ACWMS: r.ACWMS, RingMS: r.RingMS,
		Rings: r.Rings, RONA: r.RONA, Held: r.Held, Hold: r.HoldRate, Short: r.ShortTalk,
		Survey: r.Survey, Transfers: r.Transfers, Outbound: r.Outbound, Codes: r.Codes,
		CallsPerAgent: ratio(int64(r.Handled), int64(people)), PerHour: r.PerHour,
		AvgTalkMS: r.AvgTalkMS, AvgHoldMS: r.AvgHoldMS, AvgACWMS: r.AvgACWMS, AHTMS: r.AHTMS,
		Occupancy: r.Occupancy, OccupancyInbound: r.OccupancyInbound, HandleOverLogin: r.HandleOverLogin,
		StaffedOverLogin: r.StaffedOverLogin, PlannedMS: r.PlannedMS, AdherentMS: r.AdherentMS, Adherence: r.Adherence,
	}
}

func (n *SurveyCounts) merge(o SurveyCounts) {
	n.Invited, n.Accepted, n.Answered, n.Completed = n.Invited+o.Invited, n.Accepted+o.Accepted, n.Answered+o.Answered, n.Completed+o.Completed
	n.Ratings, n.ScoreSum = n.Ratings+o.Ratings, n.ScoreSum+o.ScoreSum
	n.Scores, n.First = sums(n.Scores, o.Scores), sums(n.First, o.First)
}

// sums adds two lists up; nil is all zeros.
func sums(a, b []int) []int {
	if a == nil {
		return slices.Clone(b)
	}
	for i := range b {
		a[i] += b[i]
	}
	return a
}

func (c *TransferCounts) merge(o TransferCounts) {
	c.Blind, c.Attended, c.Failed = c.Blind+o.Blind, c.Attended+o.Attended, c.Failed+o.Failed
	c.ToAgent, c.ToQueue, c.ToNumber = c.ToAgent+o.ToAgent, c.ToQueue+o.ToQueue, c.ToNumber+o.ToNumber
}

func (c *CodeCounts) merge(o CodeCounts) {
	c.Missing += o.Missing
	for code, n := range o.ByCode {
		c.add(codeStep{code: code, n: n})
	}
}

func (c *OutboundCounts) merge(o OutboundCounts) {
	c.Calls, c.Reached, c.InternalMS = c.Calls+o.Calls, c.Reached+o.Reached, c.InternalMS+o.InternalMS
	c.TalkMS, c.HoldMS, c.ACWMS = c.TalkMS+o.TalkMS, c.HoldMS+o.HoldMS, c.ACWMS+o.ACWMS
}

// SurveyRow is the surveys of a queue, an agent or a team, of those invited in the interval.
type SurveyRow struct {
	Head
	Restated     Moment       `json:"restated,omitzero"`
	Group        string       `json:"group"`
	ID           string       `json:"id"`
	Name         string       `json:"name,omitempty"`
	Survey       SurveyCounts `json:"survey"`
	InviteRate   Level        `json:"invite_rate"`  // 邀评率: invited ÷ answered; of agents and teams: ÷ handled
	Satisfaction Level        `json:"satisfaction"` // 满意率: first questions answered with a score that says satisfied ÷ answered
	Completion   Level        `json:"completion"`   // completed ÷ answered
}

// Surveys makes the report on surveys. Scores from low to high say that the customer was satisfied.
func (f *Fold) Surveys(q Span, group string, low, high int) (*Report[SurveyRow], error) {
	if low < 0 || high > 10 || low > high {
		return nil, fmt.Errorf("%w: satisfied with %d to %d: want scores of 0 to 10", ErrQuery, low, high)
	}
	rep := &Report[SurveyRow]{Rows: []SurveyRow{}}
	put := func(h Head, restated Moment, id, name string, s SurveyCounts, asked int) {
		r := SurveyRow{
			Head: h, Restated: restated, Group: group, ID: id, Name: name, Survey: s,
			InviteRate: level(s.Invited, asked), Completion: level(s.Completed, s.Answered),
		}
		r.Satisfaction = level(s.satisfied(low, high), s.Answered)
		if s.Invited > 0 || asked > 0 {
			rep.Rows = append(rep.Rows, r)
		}
	}
	switch group {
	case GroupQueue, "":
		group = GroupQueue
		r, err := f.Queues(q.query())
		if err != nil {
			return nil, err
		}
		rep.From, rep.To, rep.AsOf, rep.Seq = r.From, r.To, r.AsOf, r.Seq
		for _, row := range append(r.Rows, r.Totals...) {
			put(row.head(), row.Restated, string(row.Queue), row.Name, row.Survey, row.Answered)
		}
		slices.SortStableFunc(rep.Rows, func(a, b SurveyRow) int { return cmp.Compare(a.Start, b.Start) })
	case GroupAgent:
		r, err := f.Agents(AgentQuery{From: q.From, To: q.To, Interval: q.Interval, Agent: q.Agent, Team: q.Of.Team})
		if err != nil {
			return nil, err
		}
		rep.From, rep.To, rep.AsOf, rep.Seq = r.From, r.To, r.AsOf, r.Seq
		for _, row := range r.Rows {
			put(Head{row.Start, row.End, row.Label, row.Open}, row.Restated, string(row.Agent), row.Name, row.Survey, row.Handled)
		}
	case GroupTeam:
		r, err := f.Teams(q)
		if err != nil {
			return nil, err
		}
		rep.From, rep.To, rep.AsOf, rep.Seq = r.From, r.To, r.AsOf, r.Seq
		for _, row := range r.Rows {
			put(row.Head, row.Restated, row.Team, row.Name, row.Survey, row.Handled)
		}
	default:
		return nil, fmt.Errorf("%w: group %q: want queue, agent or team", ErrQuery, group)
	}
	return rep, nil
}

func (r *QueueRow) head() Head { return Head{r.Start, r.End, r.Label, r.Open} }
