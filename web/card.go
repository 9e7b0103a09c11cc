package web

import (
	"context"
	"maps"
	"slices"
	"strings"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// deskCard is what an agent should know of the contact at hand.
type deskCard struct {
	Contact   hotline.ContactID  `json:"contact" doc:"Empty: there is nothing at hand."`
	Call      hotline.CallID     `json:"call,omitempty"`
	Visit     hotline.VisitID    `json:"visit,omitempty"`
	Offer     hotline.OfferID    `json:"offer,omitempty"`
	Queue     hotline.QueueID    `json:"queue,omitempty"`
	QueueName string             `json:"queue_name,omitempty"`
	Direction hotline.Direction  `json:"direction,omitempty"`
	State     hotline.AgentState `json:"state,omitempty"`
	Since     reports.Moment     `json:"since,omitzero"`
	Until     reports.Moment     `json:"until,omitzero" doc:"Of the ringing, or of the after-call work."`
	Shown
	VIP      bool               `json:"vip"`
	To       string             `json:"to,omitempty" doc:"The number dialled."`
	Diverted hotline.Diversion  `json:"diverted,omitzero"`
	WaitedMS int64              `json:"waited_ms"`
	Attempt  int                `json:"attempt,omitempty"`
	Attrs    map[string]string  `json:"attributes,omitempty"`
	Path     []reports.FlowStep `json:"path,omitempty" doc:"The steps of the flow it came through; never keys."`
	Last     []pastContact      `json:"last"`
	Tasks    []reports.Task     `json:"tasks"`
	Customer *CustomerCard      `json:"customer"`
	Wrap     *cardWrap          `json:"wrap,omitempty"`

	ScreenPop string `json:"screen_pop,omitempty" doc:"The page about the contact in another system, as the queue says; always http or https."`
}

// cardWrap is what may be written about the contact.
type cardWrap struct {
	WrapRules
	Code        string `json:"code,omitempty"`
	Note        string `json:"note,omitempty"`
	Missing     bool   `json:"missing"`
	ExtendsLeft int    `json:"extends_left"`
}

// pastContact is a former contact with the same customer.
type pastContact struct {
	ID        hotline.ContactID `json:"id"`
	Started   reports.Moment    `json:"started"`
	Direction hotline.Direction `json:"direction"`
	Outcome   string            `json:"outcome"`
	Queue     hotline.QueueID   `json:"queue,omitempty"`
	QueueName string            `json:"queue_name,omitempty"`
	Agents    []hotline.AgentID `json:"agents"`
	TalkMS    int64             `json:"talk_ms"`
	Codes     []string          `json:"codes"`
	Note      string            `json:"note,omitempty" doc:"The last one."`
}

// lastShown is how many former contacts a card shows.
const lastShown = 5

func (s *server) card(ctx context.Context, in *agentIn) (*body[deskCard], error) {
	if err := s.mayActFor(ctx, in.ID, auth.SeeCustomers); err != nil {
		return nil, err
	}
	id := hotline.AgentID(in.ID)
	if _, err := s.atWork(ctx, id); err != nil {
		return nil, err
	}
	h, _ := s.Fold.AtHand(id, s.Now())
	if h.Contact.ID == "" {
		return &body[deskCard]{deskCard{Last: []pastContact{}, Tasks: []reports.Task{}}}, nil
	}
	if u, _ := userOf(ctx); u.Agent != id {
		if err := s.audit(ctx, "see_card", string(h.Contact.ID)); err != nil {
			return nil, err
		}
	}
	return &body[deskCard]{s.cardOf(ctx, h)}, nil
}

func (s *server) cardOf(ctx context.Context, h reports.AtHand) deskCard {
	v, c := h.Agent, h.Contact
	d := deskCard{
		Contact: c.ID, Call: v.Call, Visit: h.Visit, Queue: v.Queue, Direction: c.Direction, State: v.State, Since: v.Since, Until: h.Until,
		To: c.To, Diverted: c.Diverted, Path: c.Flow,
	}
	customer := c.Customer()
	if o := h.Offer; o != nil {
		d.Offer, d.Queue, d.Attempt, d.Since = o.ID, o.Queue, o.Attempt, o.At
	}
	if v.State == hotline.AgentWrapUp {
		d.Until = v.WrapUntil
	}
	for _, visit := range c.Visits {
		if visit.ID == h.Visit {
			d.Queue, d.WaitedMS = visit.Queue, visit.WaitMS
		}
	}
	d.QueueName = s.queueName(d.Queue)
	d.Attrs = attrsOf(c, h.Visit)
	d.Customer = s.customerOf(customer.Number)
	if d.Customer.Name != "" {
		customer.Name = d.Customer.Name
	}
	d.VIP = d.Customer.VIP || isVIP(d.Attrs["vip"])
	d.Last, d.Tasks = s.past(c.ID, customer.Number, lastShown), s.tasksWith(ctx, customer.Number)
	d.Wrap = s.cardWrap(h)
	d.Shown = s.party(ctx, customer)
	if d.Masked {
		d.Customer.Number = d.Number
		if d.Diverted.Number != "" {
			d.Diverted.Number = mask(hotline.Party{Number: d.Diverted.Number}).Number
		}
		d.Attrs = reports.RedactAttrs(d.Attrs, mask)
		if c.Direction == hotline.Outbound {
			d.To = d.Number
		}
	}
	d.Customer.Masked = d.Masked
	d.ScreenPop = s.screenPop(v.ID, d)
	return d
}

func (s *server) cardWrap(h reports.AtHand) *cardWrap {
	w := h.Agent.Wrap
	if w == nil {
		return nil
	}
	out := &cardWrap{WrapRules: s.wrapRules(w.Queue), Code: w.Code, Missing: w.Missing, ExtendsLeft: w.ExtendsLeft}
	out.Rule = w.Rule
	for _, one := range h.Contact.Coded {
		if one.Agent == h.Agent.ID && one.Visit == w.Visit {
			out.Note = one.Note
		}
	}
	return out
}

// attrsOf is what is known of a contact by the time of its visit.
func attrsOf(c reports.Contact, visit hotline.VisitID) map[string]string {
	var attrs map[string]string
	for _, e := range c.Timeline {
		if q, ok := e.Fact.(hotline.Queued); ok && (attrs == nil || q.Visit == visit) {
			attrs = q.Attrs
		}
	}
	return maps.Clone(attrs)
}

func isVIP(text string) bool {
	return !slices.Contains([]string{"", "0", "no", "false", "否"}, strings.ToLower(strings.TrimSpace(text)))
}

// past is the last contacts with the customer, but for one.
func (s *server) past(without hotline.ContactID, number string, most int) []pastContact {
	out := []pastContact{}
	for _, c := range s.Fold.History(number, most, without) {
		p := pastContact{
			ID: c.ID, Started: c.Started, Direction: c.Direction, Outcome: c.Outcome, Agents: c.Agents, TalkMS: c.TalkMS, Codes: c.Codes,
		}
		if p.Agents == nil {
			p.Agents = []hotline.AgentID{}
		}
		if p.Codes == nil {
			p.Codes = []string{}
		}
		if n := len(c.Queues); n > 0 {
			p.Queue, p.QueueName = c.Queues[n-1], s.queueName(c.Queues[n-1])
		}
		for _, one := range c.Coded {
			if one.Note != "" {
				p.Note = one.Note
			}
		}
		out = append(out, p)
	}
	return out
}

// tasksWith is the open tasks with the customer that are for who asks.
func (s *server) tasksWith(ctx context.Context, number string) []reports.Task {
	u, _ := userOf(ctx)
	out := []reports.Task{}
	for _, t := range s.Fold.TasksWith(number) {
		if s.mayTask(u, t) {
			out = append(out, s.redactTask(u, t))
		}
	}
	return out
}
