package web

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/centre"
	"hotline/reports"
	"hotline/web/auth"
)

// code is one wrap-up code, or a group of them.
type code struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Codes []code `json:"codes,omitempty" doc:"Below it; only a code with none below can be given."`
}

// WrapRules is what may be given for a talk of a queue.
type WrapRules struct {
	Rule     string `json:"rule" enum:"none,optional,required"`
	ExtendMS int64  `json:"extend_ms"`
	Extends  int    `json:"extends"`
	Codes    []code `json:"codes"`
}

type codesIn struct {
	Queue string `query:"queue" maxLength:"64" doc:"Empty: every code of the centre."`
}

type wrapIn struct {
	ID   string `path:"id" maxLength:"128"`
	Body struct {
		Code  string  `json:"code,omitempty" maxLength:"64" doc:"Missing: as it is."`
		Note  *string `json:"note,omitempty" maxLength:"4000" doc:"Missing: as it is; empty: taken away."`
		Visit string  `json:"visit,omitempty" maxLength:"160" doc:"Missing: the agent's last part of the contact."`
		Agent string  `json:"agent,omitempty" maxLength:"64" doc:"Whose part; missing: that of who asks."`
	}
}

// wrapped is what an agent's part of a contact was about.
type wrapped struct {
	Contact hotline.ContactID `json:"contact"`
	Rule    string            `json:"rule"`
	reports.Coded
}

type handIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Note string `json:"note,omitempty" maxLength:"400"`
	}
}

type missedIn struct {
	ID   string `path:"id" maxLength:"64"`
	From string `query:"from" doc:"RFC 3339; default: the start of today."`
}

// deskRoutes are what is done at a desk beside the call.
func (s *server) deskRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/wrap-up-codes", "wrap-up-codes", "The wrap-up codes of a queue, as a tree"),
		func(_ context.Context, in *codesIn) (*body[WrapRules], error) {
			return &body[WrapRules]{s.wrapRules(hotline.QueueID(in.Queue))}, nil
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPut, "/api/v1/contacts/{id}/wrap-up", "wrap-up",
		"Code an agent's part of a contact and write a note: during the call, after it or later"), s.putWrapUp)
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/contacts/{id}/wrap-up", "wrap-ups", "What each agent's part of a contact was about"),
		s.wrapUps)
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/extend-wrap-up", "extend-wrap-up",
		"Have longer for timed after-call work, as often as the queue allows"),
		func(ctx context.Context, in *agentIn) (*body[reports.AgentView], error) {
			return s.actFor(ctx, in.ID, "extend_wrap_up", hotline.ExtendWrap{Agent: hotline.AgentID(in.ID), Source: s.source(ctx, in.ID)})
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/raise-hand", "raise-hand", "Ask the lead to come"),
		func(ctx context.Context, in *handIn) (*body[reports.AgentView], error) {
			return s.hand(ctx, in.ID, true, in.Body.Note)
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodDelete, "/api/v1/agents/{id}/raise-hand", "lower-hand", "Take a raised hand down: the agent or a lead"),
		func(ctx context.Context, in *agentIn) (*body[reports.AgentView], error) {
			return s.hand(ctx, in.ID, false, "")
		})
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/agents/{id}/missed", "missed", "Calls that an agent let go, and why; the newest first"),
		s.missed)
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/agents/{id}/card", "card",
		"What an agent should know of the contact that it is asked to take, has, or has just had"), s.card)
}

// wrapRules is what may be given for a talk of the queue; an empty one: whatever the centre has.
func (s *server) wrapRules(queue hotline.QueueID) WrapRules {
	c := s.Centre()
	if queue == "" {
		return WrapRules{Rule: centre.CodesOptional, Codes: codesOf(c.WrapCodes)}
	}
	q, _ := c.Queue(queue)
	w := WrapRules{Rule: q.WrapUp.Codes, ExtendMS: q.WrapUp.Extend.Milliseconds(), Extends: q.WrapUp.Extends, Codes: codesOf(c.CodesOf(q.WrapUp))}
	if w.Rule == "" {
		w.Rule = centre.CodesNone
	}
	return w
}

func codesOf(tree []centre.WrapCode) []code {
	out := make([]code, 0, len(tree))
	for _, one := range tree {
		c := code{ID: one.ID, Name: one.Name}
		if len(one.Codes) > 0 {
			c.Codes = codesOf(one.Codes)
		}
		out = append(out, c)
	}
	return out
}

// codesNamed is the codes that an id names: the code itself, also one that is no longer in the file, or all of a group.
func (s *server) codesNamed(id string) []string {
	if id == "" {
		return nil
	}
	path := s.Centre().WrapCode(id)
	if path == nil {
		return []string{id}
	}
	return append(centre.Leaves(path[len(path)-1:]), id)
}

// atWork is the agent as it is, if it may see customers' data now: an agent only while it is signed in.
func (s *server) atWork(ctx context.Context, id hotline.AgentID) (reports.AgentView, error) {
	v, ok := s.Fold.AgentNow(id, s.Now())
	switch u, _ := userOf(ctx); {
	case !ok:
		return v, s.problem(ctx, http.StatusNotFound, textNoAgent)
	case u.Agent == id && v.State == hotline.AgentSignedOut:
		return v, s.problem(ctx, http.StatusForbidden, textSignInFirst, id)
	}
	return v, nil
}

// putWrapUp codes a part of a contact. The shard decides on the code; the note needs nobody's yes.
func (s *server) putWrapUp(ctx context.Context, in *wrapIn) (*body[wrapped], error) {
	u, _ := userOf(ctx)
	agent := hotline.AgentID(in.Body.Agent)
	if agent == "" {
		agent = u.Agent
	}
	if err := s.mayActFor(ctx, string(agent), auth.SetAnyState); err != nil {
		return nil, err
	}
	if _, err := s.atWork(ctx, agent); err != nil {
		return nil, err
	}
	contact, visit := hotline.ContactID(in.ID), hotline.VisitID(in.Body.Visit)
	part, ok := s.Fold.Part(contact, agent, visit)
	switch {
	case !ok && u.Agent == agent:
		return nil, s.problem(ctx, http.StatusForbidden, textNotYours, agent)
	case !ok:
		return nil, s.problem(ctx, http.StatusNotFound, textNotYours, agent)
	}
	by := ""
	if u.Agent != agent {
		by = u.Name
		if err := s.audit(ctx, "code_contact "+in.Body.Code, in.ID); err != nil {
			return nil, err
		}
	}
	if in.Body.Code != "" && in.Body.Code != part.Coded.Code {
		if err := s.order(ctx, hotline.CodeWrap{
			Agent: agent, Contact: contact, Call: part.Call, Visit: part.Visit, Queue: part.Queue, Code: in.Body.Code, By: by,
		}); err != nil {
			return nil, err
		}
	}
	if in.Body.Note != nil {
		if note := cleanText(*in.Body.Note, hotline.MaxNote); note != part.Coded.Note {
			if err := s.write(ctx, hotline.Event{
				Contact: contact, Call: part.Call, Agent: agent, Queue: part.Queue, Fact: hotline.Noted{Visit: part.Visit, Text: note, By: by},
			}); err != nil {
				return nil, err
			}
		}
	}
	part, _ = s.Fold.Part(contact, agent, part.Visit)
	return &body[wrapped]{s.wrapped(contact, agent, part)}, nil
}

func (s *server) wrapped(contact hotline.ContactID, agent hotline.AgentID, p reports.Part) wrapped {
	w := wrapped{Contact: contact, Rule: s.wrapRules(p.Queue).Rule, Coded: p.Coded}
	if p.Queue == "" || p.Beside && w.Rule == centre.CodesRequired {
		w.Rule = centre.CodesOptional
	}
	w.Visit, w.Agent, w.Queue = p.Visit, agent, p.Queue
	w.Missing = w.Rule == centre.CodesRequired && w.Code == ""
	return w
}

// wrapUps is every agent's part for who may see contacts; an agent sees those of a contact that it had.
func (s *server) wrapUps(ctx context.Context, in *contactIn) (*body[items[wrapped]], error) {
	u, _ := userOf(ctx)
	_, had := s.Fold.Part(hotline.ContactID(in.ID), u.Agent, "")
	if u.Agent == "" || !had {
		if !u.Role.May(auth.SeeContacts) {
			return nil, s.problem(ctx, http.StatusForbidden, textNotYours, u.Agent)
		}
	} else if _, err := s.atWork(ctx, u.Agent); err != nil {
		return nil, err
	}
	c, ok := s.Fold.Contact(hotline.ContactID(in.ID))
	if !ok {
		return nil, s.problem(ctx, http.StatusNotFound, textNoContact)
	}
	if !had {
		c = s.redactContact(ctx, c)
	}
	out := items[wrapped]{Items: []wrapped{}}
	for _, one := range c.Coded {
		out.Items = append(out.Items, s.wrapped(c.ID, one.Agent, reports.Part{Visit: one.Visit, Queue: one.Queue, Coded: one}))
	}
	return &body[items[wrapped]]{out}, nil
}

// items is a list that may grow further fields.
type items[T any] struct {
	Items []T `json:"items"`
}

// hand raises or lowers an agent's hand. Raising it again changes what it is about.
func (s *server) hand(ctx context.Context, id string, on bool, note string) (*body[reports.AgentView], error) {
	if err := s.mayActFor(ctx, id, auth.SetAnyState); err != nil {
		return nil, err
	}
	v, ok := s.Fold.AgentNow(hotline.AgentID(id), s.Now())
	u, _ := userOf(ctx)
	note = cleanText(note, hotline.MaxNote)
	switch {
	case !ok:
		return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
	case on && v.State == hotline.AgentSignedOut:
		return nil, s.problem(ctx, http.StatusConflict, "agent %s is signed out", id)
	case on && v.Hand != nil && v.Hand.Note == note, !on && v.Hand == nil:
		return &body[reports.AgentView]{v}, nil
	}
	f := hotline.HandRaised{On: on, Note: note}
	if string(u.Agent) != id {
		f.By = u.Name
		if err := s.audit(ctx, map[bool]string{true: "raise_hand", false: "lower_hand"}[on], id); err != nil {
			return nil, err
		}
	}
	if err := s.write(ctx, hotline.Event{Agent: hotline.AgentID(id), Contact: v.Contact, Call: v.Call, Fact: f}); err != nil {
		return nil, err
	}
	v, _ = s.Fold.AgentNow(hotline.AgentID(id), s.Now())
	return &body[reports.AgentView]{v}, nil
}

// write appends a fact that needs nobody's yes and waits until the figures hold it.
func (s *server) write(ctx context.Context, evs ...hotline.Event) error {
	for i := range evs {
		evs[i].At = s.Now()
	}
	seq, err := s.Log.Append(evs)
	if err != nil {
		s.Logger.Error("web: a fact cannot be written", "kind", evs[0].Fact.Kind(), "error", err)
		return s.problem(ctx, http.StatusServiceUnavailable, textNoLog)
	}
	s.await(ctx, seq)
	return nil
}

// missedOne is one call let go, as the desk lists it.
type missedOne struct {
	reports.Missed
	Shown
	QueueName string `json:"queue_name"`
}

func (s *server) missed(ctx context.Context, in *missedIn) (*body[items[missedOne]], error) {
	if err := s.mayActFor(ctx, in.ID, auth.SeeReports); err != nil {
		return nil, err
	}
	if _, err := s.atWork(ctx, hotline.AgentID(in.ID)); err != nil {
		return nil, err
	}
	from, err := instant("from", in.From)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("from is a time such as 2026-11-22T08:00:00Z", err)
	}
	if from.IsZero() {
		from = s.Fold.View(s.Now()).Day.Time()
	}
	out := items[missedOne]{Items: []missedOne{}}
	for _, m := range s.Fold.Missed(hotline.AgentID(in.ID), from) {
		one := missedOne{Missed: m, Shown: s.party(ctx, m.From), QueueName: s.queueName(m.Queue)}
		one.From = hotline.Party{}
		out.Items = append(out.Items, one)
	}
	return &body[items[missedOne]]{out}, nil
}

func (s *server) queueName(id hotline.QueueID) string {
	if q, ok := s.Centre().Queue(id); ok {
		return q.Name
	}
	return string(id)
}

// Shown is a customer as who asks may see it.
type Shown struct {
	Number string `json:"number,omitempty"`
	Masked bool   `json:"masked"`
	Name   string `json:"name,omitempty"`
}

// party hides the customer's number from an agent where the centre does not show it, and the name too from roles that may not
// see numbers.
func (s *server) party(ctx context.Context, p hotline.Party) Shown {
	switch u, _ := userOf(ctx); {
	case u.Agent != "" && s.Centre().NumbersHidden:
		p = p.Unnumbered()
		return Shown{Number: p.Number, Masked: true, Name: p.Name}
	case u.Agent == "" && !u.Role.May(auth.SeeNumbers):
		p = mask(p)
		return Shown{Number: p.Number, Masked: true, Name: p.Name}
	}
	return Shown{Number: p.Number, Name: p.Name}
}

// cleanText is what a person typed without what would break a page or a file, at most so many bytes.
func cleanText(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	for len(text) > most {
		cut := most
		for cut > 0 && text[cut]&0xC0 == 0x80 { // RFC 3629 §3: in the middle of a character
			cut--
		}
		text = text[:cut]
	}
	return strings.TrimSpace(text)
}

// justNow is how long an agent keeps a customer of its own in sight.
const justNow = 24 * time.Hour
