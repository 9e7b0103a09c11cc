package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/web/auth"
)

// Supervisors are the lines of who supervises; package call has them.
type Supervisors interface {
	// Supervise opens the login's line or changes what it does. Errors are those of Submit.
	Supervise(ctx context.Context, q hotline.Supervise) (hotline.Supervision, error)
	// Unsupervise ends the supervision of the contact; without one the line.
	Unsupervise(by string, contact hotline.ContactID) error
	// Supervision is the login's line; false: it has none.
	Supervision(by string) (hotline.Supervision, bool)
}

// Sentences about supervision.
const (
	textListenOnly   = "the role %s may listen, and nothing more"
	textForeignPhone = "phone %s is not yours: choose your own, or a desk of the centre"
	textNotFollowed  = "you do not follow agent %s"
	textNobodySpeaks = "nobody speaks with the customer now: there is nothing to supervise" // package call says it too
)

// superviseChinese are these sentences, and the refusals about supervision, in Chinese.
func superviseChinese() map[string]string {
	return map[string]string{
		textListenOnly:   "角色 %s 只能旁听",
		textForeignPhone: "话机 %s 不是您的：请选自己的话机或中心的座席电话",
		textNotFollowed:  "您没有跟听坐席 %s",

		"unknown: supervision by %s":                                  "%s 没有在监听",
		"unknown: call of contact %q":                                 "联络 %s 没有进行中的通话",
		"the supervisor's line is over":                               "监听线路已结束",
		"the supervisor's line is being changed: one thing at a time": "监听方式正在切换，请稍候",
		"the supervisor speaks by phone %s: hang up there first":      "您正在用话机 %s 监听：请先在那里挂断",
		"the supervisor's phone %s was not answered: %s":              "您的话机 %s 没有接通（%s）：请检查话机是否已注册",
		"the supervisor has no phone: which one shall be rung?":       "请指明要振铃的话机",
		textNobodySpeaks: "现在没有人与客户通话，无法监听",
		"the customer is agent %s's own: nobody supervises itself":               "这是坐席 %s 自己的通话，不能监听自己",
		"%d supervisors are in the call already":                                 "通话里已有 %d 位监听者",
		"nobody speaks with the customer now: there is nothing to take over":     "现在没有人与客户通话，无法接管",
		"the customer is on its way to somebody else: wait for what comes of it": "客户正在转接途中，请等转接有了结果",
		"somebody else is taking the customer over":                              "另一位班长正在接管这位客户",
	}
}

type superviseIn struct {
	ID   string `path:"id" maxLength:"128"`
	Body struct {
		Mode  string `json:"mode" enum:"listen,whisper,barge,take_over" doc:"listen: nobody hears you. whisper: the agent does. barge: all hear all. take_over: the customer is yours."`
		Phone string `json:"phone,omitempty" maxLength:"64" doc:"The phone to ring: your own, or a desk of the centre. Missing: your own."`
	}
}

type followIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Mode  string `json:"mode,omitempty" enum:"listen,whisper" doc:"What each call begins with; missing: listen."`
		Phone string `json:"phone,omitempty" maxLength:"64" doc:"As for one contact."`
	}
}

// mine is the line of who asks.
type mine struct {
	Supervision *hotline.Supervision `json:"supervision"` // null: there is none
}

func (s *server) superviseRoutes() {
	huma.Register(s.api, s.op(auth.Supervise, http.MethodPost, "/api/v1/contacts/{id}/supervise", "supervise",
		"Listen to a contact, whisper to its agent, barge in or take over: your phone is rung once, and the mode changed by asking again"), s.supervise)
	huma.Register(s.api, s.op(auth.Supervise, http.MethodDelete, "/api/v1/contacts/{id}/supervise", "end-supervise",
		"Leave the contact; a line that follows an agent waits for the next call"), s.endSupervise)
	huma.Register(s.api, s.op(auth.Supervise, http.MethodPost, "/api/v1/agents/{id}/follow", "follow",
		"Hear every call of an agent from its first second, until this is ended"), s.follow)
	huma.Register(s.api, s.op(auth.Supervise, http.MethodDelete, "/api/v1/agents/{id}/follow", "end-follow", "Follow the agent no longer"), s.endFollow)
	huma.Register(s.api, s.op(auth.Supervise, http.MethodGet, "/api/v1/supervision", "supervision", "Your supervisor's line as it stands"),
		func(ctx context.Context, _ *struct{}) (*body[mine], error) {
			out := &body[mine]{}
			if u, _ := userOf(ctx); s.Supervisors != nil {
				if line, ok := s.Supervisors.Supervision(u.Name); ok {
					out.Body.Supervision = &line
				}
			}
			return out, nil
		})
}

// phoneOf is the phone that is rung for who asks: that named, if it is one that it may use, else its own.
func (s *server) phoneOf(ctx context.Context, named string) (hotline.AgentID, error) {
	u, _ := userOf(ctx)
	own := u.Agent
	if own == "" {
		own = hotline.AgentID("~" + u.Name)
	}
	if named == "" || hotline.AgentID(named) == own {
		return own, nil
	}
	for _, d := range s.Centre().Desks {
		if string(d.ID) == named {
			return hotline.AgentID(named), nil
		}
	}
	return "", s.problem(ctx, http.StatusForbidden, textForeignPhone, named)
}

// supervisedAgent is who speaks in the contact now; empty: nobody.
func (s *server) supervisedAgent(contact string) string {
	for _, c := range s.Fold.View(s.Now()).Calls {
		if string(c.Contact) == contact && c.Agent != "" {
			return string(c.Agent)
		}
	}
	return ""
}

func (s *server) supervise(ctx context.Context, in *superviseIn) (*body[hotline.Supervision], error) {
	q := hotline.Supervise{Contact: hotline.ContactID(in.ID), Mode: hotline.Mode(in.Body.Mode)}
	if agent := s.supervisedAgent(in.ID); agent != "" {
		if err := s.mayLead(ctx, agent); err != nil {
			return nil, err
		}
	} else if u, _ := userOf(ctx); u.Team != "" {
		return nil, s.problem(ctx, http.StatusConflict, textNobodySpeaks) // nobody's yet is not the team's
	}
	return s.openLine(ctx, q, in.Body.Phone, "supervise_"+in.Body.Mode, in.ID)
}

func (s *server) follow(ctx context.Context, in *followIn) (*body[hotline.Supervision], error) {
	if _, ok := s.Centre().Agent(hotline.AgentID(in.ID)); !ok {
		return nil, s.problem(ctx, http.StatusNotFound, textNoAgent)
	}
	if err := s.mayLead(ctx, in.ID); err != nil {
		return nil, err
	}
	q := hotline.Supervise{Follow: hotline.AgentID(in.ID), Mode: hotline.Mode(in.Body.Mode)}
	if q.Mode == "" {
		q.Mode = hotline.ModeListen
	}
	return s.openLine(ctx, q, in.Body.Phone, "follow_"+string(q.Mode), in.ID)
}

// openLine notes what a supervisor does, and does it.
func (s *server) openLine(ctx context.Context, q hotline.Supervise, phone, act, target string) (*body[hotline.Supervision], error) {
	u, _ := userOf(ctx)
	if u.Role == auth.QA && q.Mode != hotline.ModeListen {
		return nil, s.problem(ctx, http.StatusForbidden, textListenOnly, u.Role)
	}
	q.By, q.Own, q.Team, q.Keys = u.Name, u.Agent, u.Team, u.Role != auth.QA
	var err error
	if s.Supervisors == nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	if _, up := s.Supervisors.Supervision(u.Name); !up || phone != "" {
		if q.Phone, err = s.phoneOf(ctx, phone); err != nil {
			return nil, err
		}
	}
	if err := s.audit(ctx, act, target); err != nil {
		return nil, err
	}
	line, err := s.Supervisors.Supervise(ctx, q)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	s.settle(ctx)
	return &body[hotline.Supervision]{line}, nil
}

type contactOnly struct {
	ID string `path:"id" maxLength:"128"`
}

func (s *server) endSupervise(ctx context.Context, in *contactOnly) (*struct{}, error) {
	return nil, s.closeLine(ctx, in.ID, "end_supervise", in.ID)
}

func (s *server) endFollow(ctx context.Context, in *agentIn) (*struct{}, error) {
	u, _ := userOf(ctx)
	if s.Supervisors == nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	if line, ok := s.Supervisors.Supervision(u.Name); !ok || string(line.Follow) != in.ID {
		return nil, s.problem(ctx, http.StatusNotFound, textNotFollowed, in.ID)
	}
	return nil, s.closeLine(ctx, "", "end_follow", in.ID)
}

// closeLine notes that a supervisor leaves, and lets it leave.
func (s *server) closeLine(ctx context.Context, contact, act, target string) error {
	u, _ := userOf(ctx)
	if s.Supervisors == nil {
		return s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	if err := s.audit(ctx, act, target); err != nil {
		return err
	}
	if err := s.Supervisors.Unsupervise(u.Name, hotline.ContactID(contact)); err != nil {
		return s.refusal(ctx, err)
	}
	return nil
}

// maySeeSupervision says whether who asks is told who is supervised by whom.
func (s *server) maySeeSupervision(ctx context.Context) bool {
	u, _ := userOf(ctx)
	return u.Role.May(auth.Supervise) || s.Centre().SupervisionShown
}
