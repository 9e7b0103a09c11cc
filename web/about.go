package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// about is what the page for logging in must know before anybody has logged in.
type about struct {
	Centre   string `json:"centre" doc:"The centre's name; may be empty."`
	Language string `json:"language" doc:"The centre's."`
	TimeZone string `json:"time_zone" doc:"The centre's."`
	SSO      string `json:"sso,omitempty" doc:"Name of the identity provider that people may log in by: GET /api/v1/sso/begin."`
}

func (s *server) aboutRoutes() {
	huma.Register(s.api, s.op("", http.MethodGet, "/api/v1/about", "about", "The centre's name, language and time zone"),
		func(context.Context, *struct{}) (*body[about], error) {
			c := s.Centre()
			return &body[about]{about{Centre: c.Name, Language: c.Language, TimeZone: c.TimeZone.String(), SSO: s.SSOName}}, nil
		})
}
