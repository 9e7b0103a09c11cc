package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/reports/staffing"
	"hotline/web/auth"
)

// Rosters keeps who is planned, by key; a nil value is none. Bucket of store/local is one.
type Rosters interface {
	Get(key string) ([]byte, error)
	Put(key string, val []byte) error
	Delete(key string) error
}

// Sentences about plans.
const (
	textNoPlan      = "nobody is planned for that day"
	textNoSuchQueue = "there is no such queue"
	textPeople      = "people are counted from 0 to 100,000"
	textTeamFigures = "you lead team %s: only its figures and those of its queues are shown"
)

// planChinese are the sentences about plans in Chinese, by the English ones.
func planChinese() map[string]string {
	return map[string]string{
		textNoPlan: "那一天没有排班", textNoSuchQueue: "没有这个队列", textPeople: "人数应为 0 到 100,000", textTeamFigures: "您是班组 %s 的组长，只能看本班组和所服务队列的数据",
		textAnAgent: "坐席的工号", textNoDate: "不是日期", textADate: "形如 2026-11-22 的日期", textNoClock: "不是时刻", textAClock: "形如 08:00 的时刻，到午夜为 24:00",
		textOverlaps: "与同一人当天的另一班重叠", textApart: "同一天的班次不重叠", textNoColumn: "缺少此列", textTurnHead: "首行为 date,agent,from,to", textManyDays: "一次最多看 62 天",
		textTurnsUnread: "%s 的班次读不出来，没有改动；原因见引擎日志",
	}
}

// rosterSlots is how many half hours a roster has.
const rosterSlots = 48

type staffingIn struct {
	Calls     float64 `query:"calls" required:"true" minimum:"0" maximum:"1000000" doc:"In the interval."`
	Interval  string  `query:"interval" default:"30m" doc:"A duration such as 30m."`
	AHT       string  `query:"aht" required:"true" doc:"Mean handling time with after-call work, a duration such as 4m or 240s."`
	Patience  string  `query:"patience" doc:"Mean time that a caller is ready to wait (Erlang A); empty: for ever (Erlang C)."`
	Within    string  `query:"within" default:"20s"`
	Ratio     float64 `query:"ratio" default:"0.8" exclusiveMinimum:"0" exclusiveMaximum:"1"`
	Occupancy float64 `query:"occupancy" minimum:"0" maximum:"1" doc:"Agents are to be busy no more than this share; 0: no bound."`
	Shrinkage float64 `query:"shrinkage" minimum:"0" exclusiveMaximum:"1"`
	Agents    int     `query:"agents" minimum:"0" maximum:"100000" doc:"That there are; the curve goes beyond them."`
	Lines     int     `query:"lines" minimum:"0" maximum:"100000" doc:"Of a trunk: what they lose (Erlang B)."`
}

// staffState is what a number of agents gives. A queue that grows for ever has no times.
type staffState struct {
	Agents    int      `json:"agents"`
	Level     float64  `json:"level" doc:"Answered within ÷ offered (V1)."`
	Waits     float64  `json:"waits" doc:"Share that does not find an agent free."`
	ASAMS     *float64 `json:"asa_ms" doc:"Mean wait of the answered; null: without end."`
	WaitMS    *float64 `json:"avg_wait_ms"`
	Queue     *float64 `json:"queue" doc:"Mean number waiting."`
	Occupancy float64  `json:"occupancy"`
	Abandoned float64  `json:"abandoned"`
}

type staffingOut struct {
	Model     string       `json:"model" enum:"erlang_a,erlang_c"`
	Erlangs   float64      `json:"erlangs"`
	ForLevel  int          `json:"for_level" doc:"Agents that reach the ratio."`
	Agents    int          `json:"agents" doc:"That keep to the occupancy as well."`
	Scheduled int          `json:"scheduled" doc:"People to roster: agents ÷ (1 − shrinkage)."`
	Result    staffState   `json:"result"`
	OneLess   staffState   `json:"one_less" doc:"With one agent less: what the last one is worth."`
	Curve     []staffState `json:"curve"`
	Lines     *lineState   `json:"lines,omitempty"`
}

type lineState struct {
	Lines   int     `json:"lines"`
	Lost    float64 `json:"lost" doc:"Share of the calls that find all lines busy (Erlang B)."`
	ForTest int     `json:"for_1_percent" doc:"Lines that lose one call of a hundred."`
}

type forecastIn struct {
	Queue     string  `query:"queue" required:"true" minLength:"1" maxLength:"64"`
	Date      string  `query:"date" maxLength:"10" doc:"Of the centre, 2026-11-23; default: today."`
	Within    string  `query:"within" doc:"Default: the queue's target."`
	Ratio     float64 `query:"ratio" minimum:"0" exclusiveMaximum:"1"`
	Occupancy float64 `query:"occupancy" minimum:"0" maximum:"1"`
	Shrinkage float64 `query:"shrinkage" minimum:"0" exclusiveMaximum:"1"`
	Format    string  `query:"format" enum:"json,csv,xlsx,html," doc:"Default json."`
}

// roster is who is planned for a queue: of one date, or of every such weekday.
type roster struct {
	People []int `json:"people" minItems:"48" maxItems:"48" doc:"In each half hour of the day."`
}

type rosterIn struct {
	Queue string `path:"queue" maxLength:"64"`
	Day   string `path:"day" pattern:"^([1-7]|[0-9]{4}-[0-9]{2}-[0-9]{2})$" doc:"A date, or 1 (Monday) to 7 for every such day."`
}

type rosterPut struct {
	Queue string `path:"queue" maxLength:"64"`
	Day   string `path:"day" pattern:"^([1-7]|[0-9]{4}-[0-9]{2}-[0-9]{2})$"`
	Body  roster
}

func (s *server) forecastRoutes() {
	s.turnRoutes()
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, "/api/v1/staffing", "staffing", "How many agents a load needs (Erlang A, B and C), and what more and fewer would give"), s.staffing)
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, "/api/v1/forecast", "forecast", "What is to come to a queue on a day, the agents it needs, those planned and those who were there"), s.forecast)
	huma.Register(s.api, s.op(auth.SeeReports, http.MethodGet, "/api/v1/roster/{queue}/{day}", "roster", "Who is planned for a queue: the date's own roster, else its weekday's"),
		func(ctx context.Context, in *rosterIn) (*body[roster], error) {
			if err := s.mayLeadQueue(ctx, hotline.QueueID(in.Queue)); err != nil {
				return nil, err
			}
			people := s.planned(hotline.QueueID(in.Queue), in.Day)
			if people == nil {
				return nil, s.problem(ctx, http.StatusNotFound, textNoPlan)
			}
			return &body[roster]{roster{people}}, nil
		})
	huma.Register(s.api, s.op(auth.PlanPeople, http.MethodPut, "/api/v1/roster/{queue}/{day}", "roster-put", "Plan people for a queue, on a date or on every such weekday"),
		func(ctx context.Context, in *rosterPut) (*struct{}, error) {
			return nil, s.plan(ctx, &rosterIn{in.Queue, in.Day}, in.Body.People)
		})
	huma.Register(s.api, s.op(auth.PlanPeople, http.MethodDelete, "/api/v1/roster/{queue}/{day}", "roster-delete", "Take a plan away: a date has its weekday's again"),
		func(ctx context.Context, in *rosterIn) (*struct{}, error) {
			return nil, s.plan(ctx, in, nil)
		})
}

// plan keeps a roster; nil takes it away.
func (s *server) plan(ctx context.Context, in *rosterIn, people []int) error {
	for _, n := range people {
		if n < 0 || n > 100_000 {
			return s.problem(ctx, http.StatusUnprocessableEntity, textPeople)
		}
	}
	if s.Rosters == nil {
		return s.problem(ctx, http.StatusNotFound, textNoPlan)
	}
	if _, ok := s.Centre().Queue(hotline.QueueID(in.Queue)); !ok && people != nil {
		return s.problem(ctx, http.StatusNotFound, textNoSuchQueue)
	}
	if err := s.audit(ctx, "roster", in.Queue+" "+in.Day); err != nil {
		return err
	}
	key := in.Queue + "/" + in.Day
	if people == nil {
		return s.Rosters.Delete(key)
	}
	b, err := json.Marshal(people)
	if err != nil {
		return err
	}
	return s.Rosters.Put(key, b)
}

// planned is the roster of a day: the date's own, else that of its weekday; nil if there is none.
func (s *server) planned(queue hotline.QueueID, day string) []int {
	if s.Rosters == nil {
		return nil
	}
	keys := []string{day}
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		keys = append(keys, strconv.Itoa((int(t.Weekday())+6)%7+1))
	}
	for _, k := range keys {
		b, err := s.Rosters.Get(string(queue) + "/" + k)
		if err != nil {
			s.Logger.Error("web: roster cannot be read", "queue", queue, "day", k, "error", err)
		}
		var people []int
		if err == nil && b != nil && json.Unmarshal(b, &people) == nil && len(people) == rosterSlots {
			return people
		}
	}
	return nil
}

// period reads a duration of a query; empty: none.
func period(name, text string, most time.Duration) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		return 0, huma.Error422UnprocessableEntity(fmt.Sprintf("%s is a duration from 0 to %s, such as 30m or 240s", name, most))
	}
	return d, nil
}

func (s *server) staffing(_ context.Context, in *staffingIn) (*body[staffingOut], error) {
	var err error
	read := func(name, text string) time.Duration {
		d, e := period(name, text, 24*time.Hour)
		err = errors.Join(err, e)
		return d
	}
	load := staffing.Load{Calls: in.Calls, Interval: read("interval", in.Interval), AHT: read("aht", in.AHT), Patience: read("patience", in.Patience)}
	target := staffing.Target{Within: read("within", in.Within), Ratio: in.Ratio, MaxOccupancy: in.Occupancy, Shrinkage: in.Shrinkage}
	if err != nil {
		return nil, err
	}
	plan, err := staffing.Staff(load, target)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	out := staffingOut{
		Model: "erlang_c", Erlangs: load.Erlangs(), ForLevel: plan.ForLevel, Agents: plan.Agents, Scheduled: plan.Scheduled,
		Result: staffOf(plan.Agents, plan.Result), OneLess: staffOf(plan.Agents-1, plan.OneLess), Curve: []staffState{},
	}
	if load.Patience > 0 {
		out.Model = "erlang_a"
	}
	low, high := curveOf(plan.Agents, in.Agents)
	for n, step := low, max(1, (high-low)/60); n <= high; n += step {
		out.Curve = append(out.Curve, staffOf(n, staffing.At(load, n, target.Within)))
	}
	if in.Lines > 0 {
		out.Lines = &lineState{Lines: in.Lines, Lost: staffing.B(in.Lines, load.Erlangs()), ForTest: linesFor(load.Erlangs(), 0.01)}
	}
	return &body[staffingOut]{out}, nil
}

// curveOf is the stretch of agents that is worth a look: around what is needed and what there is.
func curveOf(needed, there int) (low, high int) {
	low, high = needed*2/3, needed*4/3+3
	if there > 0 {
		low, high = min(low, there), max(high, there)
	}
	return max(low, 1), high
}

// linesFor is the fewest lines that lose no more than the share.
func linesFor(erlangs, share float64) int {
	b := 1.0
	for n := 1; ; n++ {
		if b = erlangs * b / (float64(n) + erlangs*b); b <= share {
			return n
		}
	}
}

func staffOf(n int, r staffing.Result) staffState {
	finite := func(seconds, unit float64) *float64 {
		if math.IsInf(seconds, 0) {
			return nil
		}
		v := seconds * unit
		return &v
	}
	return staffState{
		Agents: n, Level: r.SL, Waits: r.Waits, ASAMS: finite(r.ASA, 1000), WaitMS: finite(r.WaitAll, 1000), Queue: finite(r.Queue, 1),
		Occupancy: r.Occupancy, Abandoned: r.Abandoned,
	}
}

func (s *server) forecast(ctx context.Context, in *forecastIn) (*huma.StreamResponse, error) {
	within, err := period("within", in.Within, time.Hour)
	if err != nil {
		return nil, err
	}
	if err := s.mayLeadQueue(ctx, hotline.QueueID(in.Queue)); err != nil {
		return nil, err
	}
	date := in.Date
	if date == "" {
		date = s.Now().In(s.Centre().TimeZone).Format(time.DateOnly)
	}
	f, err := s.Fold.Forecast(reports.ForecastQuery{
		Queue: hotline.QueueID(in.Queue), Date: date, Within: within, Ratio: in.Ratio, MaxOccupancy: in.Occupancy, Shrinkage: in.Shrinkage,
		Planned: s.planned(hotline.QueueID(in.Queue), date),
	})
	if errors.Is(err, reports.ErrQuery) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if err != nil {
		return nil, err
	}
	t := forecastTable(f)
	s.about(ctx, t, time.Time{}, time.Time{}, reports.At(s.Now()))
	return s.export(ctx, in.Format, "", in, t, f)
}
