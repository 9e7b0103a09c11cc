package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
)

// Outward is one way by which others are told, as it is just now.
type Outward struct {
	Kind         string    `json:"kind" enum:"mail,alarms,webhook,events,files,queue_log"`
	Name         string    `json:"name,omitempty"`
	By           string    `json:"by,omitempty" doc:"Alarms: webhook, mail, dingtalk, wecom or feishu."`
	Delivered    uint64    `json:"delivered" doc:"Since the engine's start: mails, messages or events."`
	Refused      uint64    `json:"refused,omitempty" doc:"Since the engine's start: what the other side refused and is not told again. 401 and 403 mostly mean a wrong secret."`
	Last         time.Time `json:"last,omitzero" doc:"When something was last taken; missing: not since the start."`
	FailingSince time.Time `json:"failing_since,omitzero" doc:"Since when nothing is taken; missing: the last try went well."`
	Problem      string    `json:"problem,omitempty" doc:"What became of the last try; missing when it went well."`
	Waiting      int64     `json:"waiting" doc:"Mails, messages or events that are not dealt with yet."`
}

func (s *server) outwardRoutes() {
	huma.Register(s.api, s.op(auth.SeeCentre, http.MethodGet, "/api/v1/outward", "outward",
		"Who else is told what happens, and how that fares: mail, alarms, webhooks, exports of events, queue_log"),
		func(context.Context, *struct{}) (*body[list[Outward]], error) {
			out := list[Outward]{Items: []Outward{}}
			if s.Outward != nil {
				out.Items = append(out.Items, s.Outward()...)
			}
			return &body[list[Outward]]{out}, nil
		})
}
