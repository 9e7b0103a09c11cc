package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// agentDay is what an agent did today, as its own desk draws it.
type agentDay struct {
	Quarters []quarter     `json:"quarters" doc:"From the first in which the agent was signed in today; the last one is still open."`
	Recent   []recentTouch `json:"recent" doc:"Contacts of today that the agent talked with, the newest first, at most 20."`
}

// quarter is what the time of a quarter of an hour was spent on. The rest of it the agent was signed out.
type quarter struct {
	Start      reports.Moment `json:"start"`
	TalkMS     int64          `json:"talk_ms" doc:"Ringing, holding, consulting and own calls too."`
	WrapMS     int64          `json:"wrap_ms"`
	ReadyMS    int64          `json:"ready_ms"`
	NotReadyMS int64          `json:"not_ready_ms"`
}

// recentTouch is a contact in one line.
type recentTouch struct {
	Contact   hotline.ContactID `json:"contact"`
	At        reports.Moment    `json:"at"`
	Direction hotline.Direction `json:"direction"`
	Queue     hotline.QueueID   `json:"queue,omitempty"`
	From      hotline.Party     `json:"from"`
	To        string            `json:"to,omitempty"`
	Outcome   string            `json:"outcome"`
	WaitMS    int64             `json:"wait_ms"`
	TalkMS    int64             `json:"talk_ms" doc:"Of all agents, hold not included."`
	HoldMS    int64             `json:"hold_ms"`
}

const recentMost = 20

func (s *server) agentDayRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/agents/{id}/day", "agent-day",
		"An agent's own day: its states by quarter of an hour and its last contacts"), s.agentDay)
}

func (s *server) agentDay(ctx context.Context, in *agentIn) (*body[agentDay], error) {
	if err := s.mayActFor(ctx, in.ID, auth.SeeReports); err != nil {
		return nil, err
	}
	id, now := hotline.AgentID(in.ID), s.Now()
	if _, _, ok := s.Fold.Agent(id, now); !ok {
		return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
	}
	from := s.Fold.View(now).Day.Time()
	quarters, err := s.quarters(id, from, now)
	if err != nil {
		return nil, err
	}
	page, err := s.Fold.Contacts(reports.Search{From: reports.At(from), Agent: id, Limit: recentMost})
	if err != nil {
		return nil, err
	}
	out := agentDay{Quarters: quarters, Recent: []recentTouch{}}
	for _, c := range page.Items {
		out.Recent = append(out.Recent, touch(s.redactContact(ctx, c)))
	}
	return &body[agentDay]{out}, nil
}

// quarters are the agent's states from the first quarter of an hour that it was signed in.
func (s *server) quarters(id hotline.AgentID, from, now time.Time) ([]quarter, error) {
	rep, err := s.Fold.Agents(reports.AgentQuery{From: from, To: now.Add(time.Millisecond), Interval: reports.Quarter, Agent: id})
	if err != nil {
		return nil, err
	}
	out := []quarter{}
	for _, r := range rep.Rows {
		if len(out) == 0 && r.SignedInMS == 0 {
			continue
		}
		t := r.States
		out = append(out, quarter{
			Start: r.Start, WrapMS: t.WrapUpMS, ReadyMS: t.ReadyMS, NotReadyMS: t.NotReadyMS,
			TalkMS: t.ReservedMS + t.RingingMS + t.TalkingMS + t.HeldMS + t.ConsultingMS + t.ConferenceMS + t.OutboundMS,
		})
	}
	return out, nil
}

// touch is a contact in one line.
func touch(c reports.Contact) recentTouch {
	r := recentTouch{
		Contact: c.ID, At: c.Started, Direction: c.Direction, From: c.From, To: c.To, Outcome: c.Outcome, WaitMS: c.WaitMS, TalkMS: c.TalkMS, HoldMS: c.HoldMS,
	}
	if n := len(c.Queues); n > 0 {
		r.Queue = c.Queues[n-1]
	}
	return r
}
