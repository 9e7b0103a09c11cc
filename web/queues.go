package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/centre"
	"hotline/reports"
	"hotline/web/auth"
)

type visitIn struct {
	Visit string `path:"visit" maxLength:"160"`
}

type moveIn struct {
	Visit string `path:"visit" maxLength:"160"`
	Body  struct {
		Queue string `json:"queue" minLength:"1" maxLength:"64" doc:"Where to; the time waited is kept."`
	}
}

type pullIn struct {
	Visit string `path:"visit" maxLength:"160"`
	Body  struct {
		Agent string `json:"agent" minLength:"1" maxLength:"64" doc:"A ready agent, whatever the order and the needs."`
	}
}

type priorityIn struct {
	Visit string `path:"visit" maxLength:"160"`
	Body  struct {
		Priority int `json:"priority" minimum:"1" maximum:"20" doc:"20 is the highest."`
	}
}

type callbackIn struct {
	ID string `path:"id" maxLength:"160"`
}

type callbacksIn struct {
	Queue string `query:"queue" maxLength:"64"`
	State string `query:"state" enum:"open,over," doc:"open (in the order of their places), which is also the default, or over (the newest first)."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"200"`
}

type switchIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		On bool `json:"on"`
	}
}

// queueRoutes are what a lead may do about who waits, promises to call back and switches.
func (s *server) queueRoutes() {
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodPost, "/api/v1/visits/{visit}/move", "move-visit",
		"Send a waiting caller to another queue, with the time it has waited"),
		func(ctx context.Context, in *moveIn) (*struct{}, error) {
			return s.steer(ctx, in.Visit, "move_visit "+in.Body.Queue, func(v hotline.VisitID, by string) hotline.Request {
				return hotline.MoveVisit{Visit: v, Queue: hotline.QueueID(in.Body.Queue), By: by}
			})
		})
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodPost, "/api/v1/visits/{visit}/pull", "pull-visit",
		"Give a waiting caller to one ready agent"),
		func(ctx context.Context, in *pullIn) (*struct{}, error) {
			if err := s.mayLead(ctx, in.Body.Agent); err != nil {
				return nil, err
			}
			return s.steer(ctx, in.Visit, "pull_visit "+in.Body.Agent, func(v hotline.VisitID, by string) hotline.Request {
				return hotline.PullVisit{Visit: v, Agent: hotline.AgentID(in.Body.Agent), By: by}
			})
		})
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodPost, "/api/v1/visits/{visit}/priority", "prioritise-visit",
		"Give a waiting caller another priority"),
		func(ctx context.Context, in *priorityIn) (*struct{}, error) {
			return s.steer(ctx, in.Visit, "prioritise_visit", func(v hotline.VisitID, by string) hotline.Request {
				return hotline.Prioritise{Visit: v, Priority: in.Body.Priority, By: by}
			})
		})
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodDelete, "/api/v1/visits/{visit}", "withdraw-visit",
		"End a caller's wait: it hears a goodbye and the call ends"),
		func(ctx context.Context, in *visitIn) (*struct{}, error) {
			return s.steer(ctx, in.Visit, "withdraw_visit", func(v hotline.VisitID, by string) hotline.Request {
				return hotline.Withdraw{Visit: v, By: by}
			})
		})
	huma.Register(s.api, s.op(auth.SeeTasks, http.MethodGet, "/api/v1/callbacks", "callbacks", "Promises to call customers back"),
		func(ctx context.Context, in *callbacksIn) (*body[[]reports.Callback], error) {
			out := s.Fold.Callbacks(hotline.QueueID(in.Queue), in.State != "over", in.Limit)
			if u, _ := userOf(ctx); !u.Role.May(auth.SeeNumbers) {
				for i := range out {
					out[i] = out[i].Redact(mask)
				}
			}
			return &body[[]reports.Callback]{out}, nil
		})
	huma.Register(s.api, s.op(auth.SteerQueues, http.MethodDelete, "/api/v1/callbacks/{id}", "cancel-callback", "Take a promise back"), s.cancelCallback)
	s.switchRoutes()
}

func (s *server) switchRoutes() {
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodGet, "/api/v1/switches", "switches", "The centre's switches, for example the emergency announcement"),
		func(context.Context, *struct{}) (*body[[]reports.Switched], error) {
			return &body[[]reports.Switched]{s.Fold.View(s.Now()).Switches}, nil
		})
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodGet, "/api/v1/switches/{id}", "switch", "One switch"),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"64"`
		},
		) (*body[reports.Switched], error) {
			return s.oneSwitch(ctx, in.ID)
		})
	huma.Register(s.api, s.op(auth.TurnSwitches, http.MethodPost, "/api/v1/switches/{id}", "turn-switch", "Turn a switch on or off"),
		func(ctx context.Context, in *switchIn) (*body[reports.Switched], error) {
			act := "switch_off"
			if in.Body.On {
				act = "switch_on"
			}
			u, _ := userOf(ctx)
			if err := s.ask(ctx, act, in.ID, hotline.SetSwitch{Switch: in.ID, On: in.Body.On, By: u.Name}); err != nil {
				return nil, err
			}
			return s.oneSwitch(ctx, in.ID)
		})
}

func (s *server) oneSwitch(ctx context.Context, id string) (*body[reports.Switched], error) {
	for _, sw := range s.Fold.View(s.Now()).Switches {
		if sw.ID == id {
			return &body[reports.Switched]{sw}, nil
		}
	}
	return nil, s.problem(ctx, http.StatusNotFound, textNoSwitch)
}

// steer does something about a caller who waits in a queue that is the login's to lead.
func (s *server) steer(ctx context.Context, visit, act string, q func(hotline.VisitID, string) hotline.Request) (*struct{}, error) {
	id := hotline.VisitID(visit)
	queue, ok := s.Fold.WaitsIn(id)
	if !ok {
		return nil, s.problem(ctx, http.StatusNotFound, textNoVisit)
	}
	if err := s.mayLeadQueue(ctx, queue); err != nil {
		return nil, err
	}
	u, _ := userOf(ctx)
	return nil, s.ask(ctx, act, visit, q(id, u.Name))
}

func (s *server) cancelCallback(ctx context.Context, in *callbackIn) (*struct{}, error) {
	c, ok := s.Fold.Callback(hotline.CallbackID(in.ID))
	if !ok || c.Result != "" {
		return nil, s.problem(ctx, http.StatusNotFound, textNoPromise)
	}
	if err := s.mayLeadQueue(ctx, c.Queue); err != nil {
		return nil, err
	}
	u, _ := userOf(ctx)
	return nil, s.ask(ctx, "cancel_callback", in.ID, hotline.CancelCallback{Callback: c.ID, By: u.Name})
}

// mayLeadQueue lets the lead of a team act on queues that the team serves; whoever leads no one team, on all.
func (s *server) mayLeadQueue(ctx context.Context, id hotline.QueueID) error {
	u, _ := userOf(ctx)
	if u.Team == "" {
		return nil
	}
	c := s.Centre()
	q, ok := c.Queue(id)
	if !ok || servedBy(c, q, u.Team) {
		return nil // a queue that left the file: somebody has to see to who still waits in it
	}
	return s.problem(ctx, http.StatusForbidden, textTeamQueue, id)
}

// servedBy says whether an agent of the team may take the queue's calls.
func servedBy(c *centre.Centre, q centre.Queue, team string) bool {
	for _, a := range c.Agents {
		if a.Team == team && q.ServedBy(a, nil) {
			return true
		}
	}
	return false
}
