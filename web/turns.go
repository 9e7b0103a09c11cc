package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/centre/sheet"
	"hotline/reports"
	"hotline/web/auth"
)

// Sentences about turns.
const (
	textAnAgent     = "an agent's id"
	textNoDate      = "is no date"
	textADate       = "a date such as 2026-11-22"
	textNoClock     = "is no time of the day"
	textAClock      = "a time such as 08:00, midnight at the end of the day is 24:00"
	textOverlaps    = "overlaps with another turn of the same person that day"
	textApart       = "turns of a day are apart from one another"
	textNoColumn    = "the column is missing"
	textTurnHead    = "a first row date,agent,from,to"
	textTurnsUnread = "the turns of %s cannot be read, so nothing was changed: the engine's log says why"
	textManyDays    = "at most 62 days are shown at a time"
)

// clockTurn is a turn by the clock on the wall; to may lie behind from: after midnight.
type clockTurn struct {
	From string `json:"from" doc:"Such as 08:00."`
	To   string `json:"to" doc:"Such as 17:30 or 24:00; not after from: on the next day."`
}

// dayTurns is an agent's turns of a date; none: it is off.
type dayTurns struct {
	Date  string          `json:"date"`
	Agent hotline.AgentID `json:"agent"`
	Name  string          `json:"name"`
	Own   bool            `json:"own" doc:"Of the date itself; else of the weekly roster of the centre file."`
	Turns []clockTurn     `json:"turns"`
}

type turnsIn struct {
	From string `query:"from" required:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"The first date."`
	To   string `query:"to" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"The last one; default: the same."`
}

type turnSheet struct {
	Publish bool   `query:"publish" doc:"Keep it if there are no faults; else it is only looked at."`
	RawBody []byte `contentType:"text/csv"`
}

type turnsRead struct {
	Encoding string       `json:"encoding,omitempty"`
	Rows     int          `json:"rows"`
	Faults   []sheetFault `json:"faults"`
	Days     []dayTurns   `json:"days" doc:"What it says, by date and agent."`
	Done     bool         `json:"done" doc:"It is kept now."`
}

func (s *server) turnRoutes() {
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, "/api/v1/turns", "turns", "Who is to work when, by date: the date's own turns, else the weekly roster's"), s.listTurns)
	huma.Register(s.api, s.large(s.op(auth.PlanPeople, http.MethodPost, "/api/v1/turns", "turns-import",
		"Look at a table of turns (CSV: date, agent, from, to; from and to empty: off) and all its faults, or keep it: of each agent and date in it the turns are replaced")), s.importTurns)
}

func turnKey(date string) string { return "@turns/" + date }

// ownTurns are those that were planned for the date itself.
func (s *server) ownTurns(date string) (map[hotline.AgentID][]clockTurn, error) {
	out := map[hotline.AgentID][]clockTurn{}
	if s.Rosters == nil {
		return out, nil
	}
	b, err := s.Rosters.Get(turnKey(date))
	if err == nil && b != nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		s.Logger.Error("web: turns cannot be read", "date", date, "error", err)
	}
	return out, err
}

// turnsOf is everybody's turns of a date.
func (s *server) turnsOf(day time.Time) []dayTurns {
	c, date := s.Centre(), day.Format(time.DateOnly)
	own, _ := s.ownTurns(date) // what cannot be read is in the log; the weekly roster stands
	weekly := map[hotline.AgentID][]clockTurn{}
	for _, t := range c.Turns(day) {
		one := clockTurn{t.From.Format("15:04"), t.To.Format("15:04")}
		if one.To == "00:00" {
			one.To = "24:00"
		}
		if !slices.Contains(weekly[t.Agent], one) { // a turn with two reliefs stands in the file twice
			weekly[t.Agent] = append(weekly[t.Agent], one)
		}
	}
	out := []dayTurns{}
	for _, a := range c.Agents {
		if l, ok := own[a.ID]; ok {
			out = append(out, dayTurns{date, a.ID, a.Name, true, l})
		} else if l := weekly[a.ID]; l != nil {
			out = append(out, dayTurns{date, a.ID, a.Name, false, l})
		}
	}
	return out
}

// minutes reads a time of the day.
func minutes(text string) (int, bool) {
	if text == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		t, err = time.Parse("15:04:05", text) // as spreadsheets write it
	}
	return t.Hour()*60 + t.Minute(), err == nil && t.Second() == 0
}

// on is the turn as instants of the date, by the centre's clock.
func (t clockTurn) on(day time.Time) reports.Planned {
	from, _ := minutes(t.From)
	to, _ := minutes(t.To)
	if to <= from {
		to += 24 * 60
	}
	at := func(m int) reports.Moment {
		return reports.At(time.Date(day.Year(), day.Month(), day.Day(), 0, m, 0, 0, day.Location()))
	}
	return reports.Planned{From: at(from), To: at(to)}
}

// turns is the plan of all agents between two moments, with turns that begin the day before.
func (s *server) turns(from, to time.Time) reports.Plan {
	zone := s.Centre().TimeZone
	first := from.In(zone)
	day := time.Date(first.Year(), first.Month(), first.Day()-1, 12, 0, 0, 0, zone) // at noon no clock is put forward
	plan := reports.Plan{}
	for ; day.Before(to.Add(12 * time.Hour)); day = day.AddDate(0, 0, 1) {
		for _, d := range s.turnsOf(day) {
			for _, t := range d.Turns {
				plan[d.Agent] = append(plan[d.Agent], t.on(day))
			}
		}
	}
	for id, l := range plan {
		plan[id] = joinedTurns(l)
	}
	return plan
}

// joinedTurns puts turns in order and those that touch or overlap together.
func joinedTurns(l []reports.Planned) []reports.Planned {
	slices.SortFunc(l, func(a, b reports.Planned) int { return cmp.Compare(a.From, b.From) })
	out := l[:0]
	for _, p := range l {
		if n := len(out); n > 0 && p.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, p.To)
			continue
		}
		out = append(out, p)
	}
	return out
}

func (s *server) listTurns(ctx context.Context, in *turnsIn) (*body[[]dayTurns], error) {
	zone := s.Centre().TimeZone
	from, err1 := time.ParseInLocation(time.DateOnly, in.From, zone)
	to, err2 := time.ParseInLocation(time.DateOnly, cmp.Or(in.To, in.From), zone)
	if err1 != nil || err2 != nil {
		return nil, s.problem(ctx, http.StatusUnprocessableEntity, textADate)
	}
	if to.Sub(from) > 62*24*time.Hour {
		return nil, s.problem(ctx, http.StatusUnprocessableEntity, textManyDays)
	}
	own := s.scope(ctx).Team
	out := []dayTurns{}
	for day := from.Add(12 * time.Hour); !day.After(to.Add(13 * time.Hour)); day = day.AddDate(0, 0, 1) {
		for _, d := range s.turnsOf(day) {
			if a, _ := s.Centre().Agent(d.Agent); own == "" || a.Team == own {
				out = append(out, d)
			}
		}
	}
	return &body[[]dayTurns]{out}, nil
}

func (s *server) importTurns(ctx context.Context, in *turnSheet) (*body[turnsRead], error) {
	if s.Rosters == nil {
		return nil, s.problem(ctx, http.StatusNotFound, textNoPlan)
	}
	out := turnsRead{Faults: []sheetFault{}, Days: []dayTurns{}}
	table, faults := sheet.Read(in.RawBody)
	for _, f := range faults {
		out.Faults = append(out.Faults, sheetFault{f.Row, f.Column, s.say(ctx, f.Problem, f.Args...), s.word(ctx, f.Want)})
	}
	if table == nil {
		return &body[turnsRead]{out}, nil
	}
	out.Encoding, out.Rows = table.Encoding, len(table.Rows)
	fault := func(row int, column, problem, want string) {
		out.Faults = append(out.Faults, sheetFault{row, column, s.word(ctx, problem), s.word(ctx, want)})
	}
	out.Days = s.readTurns(table, fault)
	if len(out.Faults) == 0 && in.Publish {
		if err := s.keepTurns(ctx, out.Days); err != nil {
			return nil, err
		}
		out.Done = true
	}
	return &body[turnsRead]{out}, nil
}

// readTurns is what a table says of each agent and date, with a fault for everything that is wrong in it.
func (s *server) readTurns(table *sheet.Sheet, fault func(row int, column, problem, want string)) []dayTurns {
	names := []string{"date", "agent", "from", "to"}
	at := map[string]int{}
	for _, name := range names {
		i := slices.IndexFunc(table.Head, func(h string) bool { return strings.EqualFold(h, name) })
		if at[name] = i; i < 0 {
			fault(1, name, textNoColumn, textTurnHead)
		}
	}
	if slices.ContainsFunc(names, func(n string) bool { return at[n] < 0 }) {
		return []dayTurns{}
	}
	c, found, out := s.Centre(), map[string]int{}, []dayTurns{}
	for _, row := range table.Rows {
		cell := func(name string) string {
			if i := at[name]; i < len(row.Cells) {
				return strings.TrimSpace(row.Cells[i])
			}
			return ""
		}
		day, err := time.ParseInLocation(time.DateOnly, cell("date"), c.TimeZone)
		if err != nil {
			fault(row.N, "date", textNoDate, textADate)
		}
		a, known := c.Agent(hotline.AgentID(cell("agent")))
		if !known {
			fault(row.N, "agent", textNoAgent, textAnAgent)
		}
		t := clockTurn{cell("from"), cell("to")}
		off := t == clockTurn{}
		for _, x := range [][2]string{{"from", t.From}, {"to", t.To}} {
			if _, ok := minutes(x[1]); !ok && !off {
				fault(row.N, x[0], textNoClock, textAClock)
				known = false
			}
		}
		if err != nil || !known {
			continue
		}
		key := cell("date") + " " + string(a.ID)
		i, seen := found[key]
		if !seen {
			i = len(out)
			found[key], out = i, append(out, dayTurns{day.Format(time.DateOnly), a.ID, a.Name, true, []clockTurn{}})
		}
		if off {
			continue
		}
		for _, other := range out[i].Turns {
			if x, y := t.on(day), other.on(day); x.From < y.To && y.From < x.To {
				fault(row.N, "from", textOverlaps, textApart)
			}
		}
		out[i].Turns = append(out[i].Turns, t)
	}
	slices.SortStableFunc(out, func(a, b dayTurns) int { return cmp.Compare(a.Date, b.Date) })
	return out
}

// keepTurns replaces the turns of each agent and date, and keeps the others of the date.
func (s *server) keepTurns(ctx context.Context, days []dayTurns) error {
	if len(days) == 0 {
		return nil
	}
	if err := s.audit(ctx, "turns", fmt.Sprintf("%s %s %d", days[0].Date, days[len(days)-1].Date, len(days))); err != nil {
		return err
	}
	s.turning.Lock()
	defer s.turning.Unlock()
	for i := 0; i < len(days); {
		date := days[i].Date
		own, err := s.ownTurns(date)
		if err != nil { // what stands there is not to be lost
			return s.problem(ctx, http.StatusServiceUnavailable, textTurnsUnread, date)
		}
		for ; i < len(days) && days[i].Date == date; i++ {
			own[days[i].Agent] = days[i].Turns
		}
		b, err := json.Marshal(own)
		if err != nil {
			return err
		}
		if err := s.Rosters.Put(turnKey(date), b); err != nil {
			return err
		}
	}
	return nil
}
