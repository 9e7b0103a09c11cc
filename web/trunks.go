package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
)

// Trunk is how a carrier is just now.
type Trunk struct {
	Name         string             `json:"name"`
	Up           bool               `json:"up" doc:"One of its servers takes calls, as far as they are asked."`
	Calls        int                `json:"calls" doc:"Up now, in and out."`
	MaxCalls     int                `json:"max_calls,omitempty" doc:"At once, in and out; missing: no limit."`
	Servers      []TrunkServer      `json:"servers"`
	Registration *TrunkRegistration `json:"registration,omitempty" doc:"Only of a trunk that we register with."`
}

// TrunkServer is one address of a trunk.
type TrunkServer struct {
	Server  string    `json:"server" doc:"As it is configured."`
	Network string    `json:"network" enum:"udp,tcp,tls"`
	Address string    `json:"address"`
	Up      bool      `json:"up"`
	Since   time.Time `json:"since,omitzero" doc:"Of up or its opposite; missing: from the start."`
	Rests   time.Time `json:"rests,omitzero" doc:"Until then it is called last, as it asked for."`
	Problem string    `json:"problem,omitempty" doc:"Why there is no connection."`
}

// TrunkRegistration is how we are registered with a trunk.
type TrunkRegistration struct {
	Registered bool      `json:"registered"`
	Since      time.Time `json:"since,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
	Next       time.Time `json:"next,omitzero" doc:"When it is refreshed or tried again."`
	Server     string    `json:"server,omitempty" doc:"That answered last."`
	Problem    string    `json:"problem,omitempty" doc:"What became of the last try; missing when it went well."`
}

func (s *server) trunkRoutes() {
	huma.Register(s.api, s.op(auth.SeeCentre, http.MethodGet, "/api/v1/trunks", "trunks", "The trunks that calls go out by or that are registered with"),
		func(context.Context, *struct{}) (*body[[]Trunk], error) {
			return &body[[]Trunk]{s.trunks()}, nil
		})
}

func (s *server) trunks() []Trunk {
	all := []Trunk{}
	if s.Trunks != nil {
		all = append(all, s.Trunks()...)
	}
	return all
}

// sendTrunks tells a live stream how the trunks are, if its client may know and they are not as it was told last. What it knows
// then is returned.
func (s *server) sendTrunks(ctx context.Context, out sse, told []byte) ([]byte, error) {
	if u, _ := userOf(ctx); s.Trunks == nil || !u.Role.May(auth.SeeCentre) {
		return nil, nil
	}
	b, err := json.Marshal(s.trunks())
	if err != nil || bytes.Equal(b, told) {
		return told, err
	}
	return b, out.send("", "trunks", b)
}
