package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
)

// RegisteredPhone is a phone that is registered just now.
type RegisteredPhone struct {
	Agent     string    `json:"agent" doc:"Of an agent or a desk: the id that it registers as."`
	Name      string    `json:"name,omitempty"`
	Desk      bool      `json:"desk,omitempty" doc:"A phone at which any agent may sit."`
	Address   string    `json:"address" doc:"Where its registration came from."`
	Network   string    `json:"network" enum:"udp,tcp,tls,ws,wss"`
	UserAgent string    `json:"user_agent,omitempty" doc:"As it calls itself."`
	Since     time.Time `json:"since" doc:"Of the last registration."`
	Expires   time.Time `json:"expires"`
	Alive     bool      `json:"alive" doc:"It answers, as far as it is asked."`
	RTTMS     *int64    `json:"rtt_ms,omitempty" doc:"Of the last question whether it lives; missing: not asked yet."`
}

func (s *server) registeredRoutes() {
	huma.Register(s.api, s.op(auth.SeeCentre, http.MethodGet, "/api/v1/phones", "registered-phones", "The phones that are registered"),
		func(context.Context, *struct{}) (*body[[]RegisteredPhone], error) {
			return &body[[]RegisteredPhone]{s.registered()}, nil
		})
}

func (s *server) registered() []RegisteredPhone {
	all := []RegisteredPhone{}
	if s.Registered == nil {
		return all
	}
	names, desks := map[string]string{}, map[string]bool{}
	for _, a := range s.Centre().Agents {
		names[string(a.ID)] = a.Name
	}
	for _, d := range s.Centre().Desks {
		names[string(d.ID)], desks[string(d.ID)] = d.Name, true
	}
	for _, p := range s.Registered() {
		p.Name, p.Desk = names[p.Agent], desks[p.Agent]
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b RegisteredPhone) int {
		return cmp.Or(strings.Compare(a.Agent, b.Agent), strings.Compare(a.Address, b.Address))
	})
	return all
}
