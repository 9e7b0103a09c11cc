package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// Sentences about what a lead does.
const (
	textNoAlarm   = "there is no such alarm, or it is over"
	textLendWhen  = "say until when: minutes (1 to 720) or until"
	textNoFigures = "figures cannot be made just now"
)

// leadChinese are these sentences, and the router's refusals about them, in Chinese.
func leadChinese() map[string]string {
	return map[string]string{
		textNoAlarm:   "没有这条告警，或者它已经解除",
		textLendWhen:  "请指明到什么时候：minutes（1 到 720）或 until",
		textNoFigures: "暂时算不出数据",
		"skills are lent for 1 minute to 12 hours": "临时技能的时间为 1 分钟到 12 小时",
		"%d skills are more than %d":               "%d 个技能太多，最多 %d 个",
		"unknown: skill %q":                        "没有技能 %s",
		"level %d is not one of 0 to 9":            "级别 %d 不在 0 到 9 之间",
		"skill %q would do nothing: queue %q belongs to other teams, which a skill does not open": "技能 %s 不起作用：队列 %s 属于其他班组，技能不能打开别组的队列",
	}
}

type alarmIn struct {
	Key string `path:"key" maxLength:"300"`
}

// alarms is what is wrong, and what was.
type alarms struct {
	Open    []reports.Alarm     `json:"open"`
	History []reports.PastAlarm `json:"history" doc:"Those over within 24 hours, the newest first, at most 500. Conditions that only a view shows (waits, levels, times, quality) are known since the engine's start."`
}

type lendIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Skills  map[string]int `json:"skills" doc:"Levels 1 to 9; 0: a skill of the centre file that it has not in this time. At most 20."`
		Minutes int            `json:"minutes,omitempty" minimum:"0" maximum:"720" doc:"How long; or until."`
		Until   time.Time      `json:"until,omitzero"`
	}
}

// skill is one skill of the centre and who asks for it.
type skill struct {
	ID     string            `json:"id"`
	Queues []hotline.QueueID `json:"queues"`
}

type list[T any] struct {
	Items []T `json:"items"`
}

// leadRoutes are what a shift lead does beside callers and states.
func (s *server) leadRoutes() {
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodGet, "/api/v1/alarms", "alarms", "Open alarms, the worst first, and those of the last 24 hours"),
		func(context.Context, *struct{}) (*body[alarms], error) {
			open, past := s.Fold.Alarms(s.Now())
			return &body[alarms]{alarms{open, past}}, nil
		})
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodPost, "/api/v1/alarms/{key}/acknowledge", "acknowledge-alarm",
		"Say that one looks after an alarm; doing so again is success"), s.acknowledge)
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodGet, "/api/v1/skills", "skills", "The skills of the centre, and which queues ask for them"),
		func(context.Context, *struct{}) (*body[list[skill]], error) {
			return &body[list[skill]]{s.skills()}, nil
		})
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodPost, "/api/v1/agents/{id}/lend", "lend",
		"Give an agent other skills for a limited time; it takes the place of what was lent before"), s.lend)
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodDelete, "/api/v1/agents/{id}/lend", "end-lend", "Give an agent its own skills back at once"),
		func(ctx context.Context, in *agentIn) (*body[reports.AgentView], error) {
			u, _ := userOf(ctx)
			return s.lead(ctx, in.ID, "end_lend", hotline.Lend{Agent: hotline.AgentID(in.ID), By: u.Name})
		})
	huma.Register(s.api, s.op(auth.SetAnyState, http.MethodGet, "/api/v1/agents/{id}/break/effect", "break-effect",
		"What a break of an agent would do to the service level of its queues, by the last 30 minutes"), s.breakEffect)
}

func (s *server) acknowledge(ctx context.Context, in *alarmIn) (*struct{}, error) {
	open := s.Fold.View(s.Now()).Alarms
	i := slices.IndexFunc(open, func(a reports.Alarm) bool { return a.Key == in.Key })
	if i < 0 {
		return nil, s.problem(ctx, http.StatusNotFound, textNoAlarm)
	}
	a := open[i]
	if a.Agent != "" {
		if err := s.mayLead(ctx, string(a.Agent)); err != nil {
			return nil, err
		}
	} else if a.Queue != "" {
		if err := s.mayLeadQueue(ctx, a.Queue); err != nil {
			return nil, err
		}
	}
	if a.Acknowledged != nil {
		return nil, nil
	}
	if err := s.audit(ctx, "acknowledge_alarm", in.Key); err != nil {
		return nil, err
	}
	u, _ := userOf(ctx)
	return nil, s.write(ctx, hotline.Event{
		Agent: a.Agent, Queue: a.Queue, Fact: hotline.AlarmAcknowledged{Key: in.Key, By: u.Name},
	})
}

func (s *server) lend(ctx context.Context, in *lendIn) (*body[reports.AgentView], error) {
	until := in.Body.Until
	if in.Body.Minutes > 0 {
		until = s.Now().Add(time.Duration(in.Body.Minutes) * time.Minute)
	}
	if until.IsZero() || len(in.Body.Skills) == 0 {
		return nil, s.problem(ctx, http.StatusUnprocessableEntity, textLendWhen)
	}
	u, _ := userOf(ctx)
	return s.lead(ctx, in.ID, "lend", hotline.Lend{Agent: hotline.AgentID(in.ID), Skills: in.Body.Skills, Until: until, By: u.Name})
}

// skills are those that an agent has or a queue asks for, by name.
func (s *server) skills() list[skill] {
	c := s.Centre()
	all := map[string]*skill{}
	note := func(id string) *skill {
		if all[id] == nil {
			all[id] = &skill{ID: id, Queues: []hotline.QueueID{}}
		}
		return all[id]
	}
	for _, a := range c.Agents {
		for id := range a.Skills {
			note(id)
		}
	}
	for _, q := range c.Queues {
		for _, id := range q.Needs.Skills() {
			x := note(id)
			x.Queues = append(x.Queues, q.ID)
		}
		for _, step := range q.Relax {
			for _, id := range step.Needs.Skills() {
				note(id)
			}
		}
	}
	out := list[skill]{Items: []skill{}}
	for _, x := range all {
		out.Items = append(out.Items, *x)
	}
	slices.SortFunc(out.Items, func(a, b skill) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

func (s *server) breakEffect(ctx context.Context, in *agentIn) (*body[list[reports.BreakEffect]], error) {
	if _, ok := s.Centre().Agent(hotline.AgentID(in.ID)); !ok {
		return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
	}
	if err := s.mayLead(ctx, in.ID); err != nil {
		return nil, err
	}
	out, err := s.Fold.BreakEffects(hotline.AgentID(in.ID), s.Now())
	if err != nil {
		s.Logger.Error("web: the effect of a break cannot be foretold", "agent", in.ID, "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textNoFigures)
	}
	return &body[list[reports.BreakEffect]]{list[reports.BreakEffect]{Items: out}}, nil
}
