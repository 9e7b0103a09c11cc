package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

// Sentences about calls of agents' own.
const (
	textNobody    = "say whom to call: to, or for, a contact whose customer left a number"
	textNoDialled = "the customer of this contact cannot be called: it left no number"
)

// dialChinese are these sentences, and the refusals about such calls, in Chinese.
func dialChinese() map[string]string {
	return map[string]string{
		textNobody:    "请指明呼叫对象：to，或 for（留有号码的客户的联络）",
		textNoDialled: "这个联络的客户没有留下号码，无法呼叫",

		"%q is the centre's own: a customer can be transferred to it": "%s 是中心自己的号码或队列，只能把客户转过去",
		"agent %s cannot call itself":                                 "坐席 %s 不能呼叫自己",
		"the centre does not allow %q to be dialled":                  "中心不允许拨打 %s，请找管理员",
		"that is not possible in a call among colleagues":             "同事之间的通话不能这样做",
	}
}

type dialIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		ID    string `json:"id,omitempty" maxLength:"64" doc:"Chosen by who asks: the same once more is the same call, made once."`
		To    string `json:"to,omitempty" maxLength:"64" doc:"A colleague, or a number outside that the centre allows. Missing: the customer of the contact that for names."`
		For   string `json:"for,omitempty" maxLength:"128" doc:"The contact that caused the call: both records name each other."`
		Queue string `json:"queue,omitempty" maxLength:"64" doc:"For which the call is made: its number is shown, its rules of recording and after-call work hold."`
	}
}

type dialOut struct {
	Status int
	Body   hotline.CallState
}

func (s *server) dialRoute() {
	o := s.op(anyLogin, http.MethodPost, "/api/v1/agents/{id}/calls", "dial",
		"Make a call of the agent's own: its phone rings, then the other side's. The answer is the call as it is then, or why not")
	o.DefaultStatus = http.StatusCreated
	huma.Register(s.api, o, s.dial)
}

func (s *server) dial(ctx context.Context, in *dialIn) (*dialOut, error) {
	if err := s.mayActFor(ctx, in.ID, auth.ControlAny); err != nil {
		return nil, err
	}
	o := hotline.OwnCall{
		ID: in.Body.ID, Agent: hotline.AgentID(in.ID), To: in.Body.To, For: hotline.ContactID(in.Body.For), Queue: hotline.QueueID(in.Body.Queue),
	}
	if err := s.caused(ctx, &o); err != nil {
		return nil, err
	}
	if u, _ := userOf(ctx); string(u.Agent) != in.ID {
		o.By = u.Name
		if err := s.audit(ctx, "dial "+in.ID, in.Body.For); err != nil {
			return nil, err
		}
	}
	if s.Calls == nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	st, err := s.Calls.Dial(ctx, o)
	if err != nil {
		return nil, s.refusal(ctx, unnamed(err, in.Body.To, o.To))
	}
	s.settle(ctx)
	return &dialOut{http.StatusCreated, s.discreet(ctx, st)}, nil
}

// mayFollowUp says whether who asks may call the customer of the contact: whoever sees contacts, that of any which it may see; an agent
// that of a contact which it had or let go, of a task on its list, or of a customer that is its own now.
func (s *server) mayFollowUp(ctx context.Context, c reports.Contact) bool {
	u, _ := userOf(ctx)
	if u.Agent == "" || u.Role.May(auth.SeeContacts) {
		return s.mayLook(ctx, c)
	}
	if _, had := s.Fold.Part(c.ID, u.Agent, ""); had || s.knows(u.Agent, c.Customer().Number) {
		return true
	}
	if slices.ContainsFunc(c.Tasks, func(t reports.Task) bool { return t.Closed == 0 && s.mayTask(u, t) }) {
		return true
	}
	return slices.ContainsFunc(s.Fold.Missed(u.Agent, s.Now().Add(-justNow)), func(m reports.Missed) bool { return m.Contact == c.ID })
}

// unnamed is the error without a number that who asked has not said: it may not be shown to it.
func unnamed(err error, said, dialled string) error {
	var r *hotline.Refusal
	if said == dialled || !errors.As(err, &r) {
		return err
	}
	args := slices.Clone(r.Args)
	for i, a := range args {
		if a == any(dialled) {
			args[i] = mask(hotline.Party{Number: dialled}).Number
		}
	}
	return &hotline.Refusal{Kind: r.Kind, Format: r.Format, Args: args}
}

// caused looks after the contact that causes the call: it is there, and where nobody else is named its customer is called. So who
// does not see a number can call it.
func (s *server) caused(ctx context.Context, o *hotline.OwnCall) error {
	if o.For == "" {
		if o.To == "" {
			return s.problem(ctx, http.StatusUnprocessableEntity, textNobody)
		}
		return nil
	}
	c, ok := s.Fold.Contact(o.For)
	switch {
	case !ok:
		return s.problem(ctx, http.StatusNotFound, textNoContact)
	case !s.mayFollowUp(ctx, c):
		u, _ := userOf(ctx)
		return s.problem(ctx, http.StatusForbidden, textNotYours, u.Agent)
	}
	if o.To == "" && !c.Anonymous {
		o.To = c.Customer().Number
	}
	if o.To == "" {
		return s.problem(ctx, http.StatusConflict, textNoDialled)
	}
	return nil
}
