package web

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
)

// LevelIn is part of a query: huma reads no parameters of a part whose name is not exported. It is how a report counts service levels otherwise than the queues' own definitions say.
type LevelIn struct {
	Within   string `query:"within" maxLength:"100" doc:"Of queues: further thresholds, such as 10s,15s,20s; at most 10, each with every level."`
	Curve    bool   `query:"curve" doc:"Of queues: answered and abandoned by second, 0 to 120."`
	Target   string `query:"target" maxLength:"16" doc:"Instead of the queues' targets: answered within this, such as 30s."`
	Short    string `query:"short" maxLength:"16" doc:"Instead of the queues' short-abandon times, such as 5s; 0s: none is short."`
	Abandons string `query:"abandons" enum:"all,after_T,exclude_short,none," doc:"Which abandoned visits the denominator of the own level has."`
	FlowOuts string `query:"flowouts" enum:"include,exclude,"`
	Blocked  string `query:"blocked" enum:"include,exclude,"`
	Positive string `query:"positive" enum:"true,false,"`
	Clock    string `query:"clock" enum:"enqueue,request,first_request," doc:"The wait begins then."`
	Ghost    string `query:"short_talk" maxLength:"16" doc:"Answered with less talk than this is a short talk; default 10s."`
}

// duration reads a length of time; an empty one is 0.
func duration(name, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || d < 0 || d > 24*time.Hour {
		return 0, huma.Error422UnprocessableEntity(name+" is a time such as 20s, at most 24h",
			&huma.ErrorDetail{Location: "query." + name, Message: "not a time such as 20s", Value: text})
	}
	return d, nil
}

// fill puts what is asked for into the query.
func (in *LevelIn) fill(q *reports.QueueQuery) error {
	q.Curve = in.Curve
	if in.Within != "" {
		for text := range strings.SplitSeq(in.Within, ",") {
			d, err := duration("within", text)
			if err != nil {
				return err
			}
			q.Within = append(q.Within, d)
		}
	}
	o := reports.Override{Abandons: in.Abandons, FlowOuts: in.FlowOuts, Blocked: in.Blocked, Clock: in.Clock}
	var err error
	if o.Within, err = duration("target", in.Target); err != nil {
		return err
	}
	if o.Ghost, err = duration("short_talk", in.Ghost); err != nil {
		return err
	}
	if in.Short != "" {
		d, err := duration("short", in.Short)
		if err != nil {
			return err
		}
		o.Short = &d
	}
	if in.Positive != "" {
		yes := in.Positive == "true"
		o.Positive = &yes
	}
	q.Override = o
	return nil
}

// scope is whose figures the login may see: all, or those of its team and of the queues that the team serves.
func (s *server) scope(ctx context.Context) reports.Scope {
	u, _ := userOf(ctx)
	if u.Team == "" {
		return reports.Scope{}
	}
	c := s.Centre()
	out := reports.Scope{Team: u.Team, Queues: []hotline.QueueID{}}
	for _, q := range c.Queues {
		if servedBy(c, q, u.Team) {
			out.Queues = append(out.Queues, q.ID)
		}
	}
	return out
}
