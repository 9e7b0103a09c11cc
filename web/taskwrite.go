package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/centre"
	"hotline/reports"
	"hotline/web/auth"
)

type taskPostIn struct {
	OnceIn
	Body struct {
		Kind    string    `json:"kind" enum:"follow_up,callback,complaint"`
		Contact string    `json:"contact,omitempty" maxLength:"128" doc:"That it comes of."`
		Number  string    `json:"number,omitempty" maxLength:"32" doc:"The customer's; missing: that of the contact."`
		Name    string    `json:"name,omitempty" maxLength:"200"`
		Queue   string    `json:"queue,omitempty" maxLength:"64"`
		Owner   *string   `json:"owner,omitempty" maxLength:"64" doc:"An agent or a team; empty: anybody; missing: the agent who asks, else anybody."`
		Due     time.Time `json:"due,omitzero"`
		Note    string    `json:"note,omitempty" maxLength:"4000"`
	}
}

type taskPatchIn struct {
	ID   string `path:"id" maxLength:"160"`
	Body struct {
		Owner *string    `json:"owner,omitempty" maxLength:"64"`
		Due   *time.Time `json:"due,omitempty"`
		Note  *string    `json:"note,omitempty" maxLength:"4000"`
	}
}

// taskWriteRoutes make tasks and hand them on.
func (s *server) taskWriteRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/tasks", "open-task",
		"Put something to be done on the list: a follow-up, a call back by its owner, a complaint"), s.postTask)
	huma.Register(s.api, s.op(anyLogin, http.MethodPatch, "/api/v1/tasks/{id}", "change-task", "Hand an open task on, or change when it is due and what it says"), s.patchTask)
}

func (s *server) postTask(ctx context.Context, in *taskPostIn) (*body[reports.Task], error) {
	u, _ := userOf(ctx)
	if !u.Role.May(auth.SeeTasks) && u.Agent == "" {
		return nil, s.problem(ctx, http.StatusForbidden, textRole, u.Role)
	}
	if u.Agent != "" {
		if _, err := s.atWork(ctx, u.Agent); err != nil {
			return nil, err
		}
	}
	defer s.once(in.OnceIn)()
	id := hotline.TaskID(in.id(u, "t"))
	if t, made := s.Fold.Task(id); made {
		return &body[reports.Task]{s.redactTask(u, t)}, nil
	}
	f := hotline.TaskOpened{
		Task: id, What: in.Body.Kind, Owner: string(u.Agent), Due: in.Body.Due, Note: cleanText(in.Body.Note, hotline.MaxNote), By: u.Name,
	}
	if in.Body.Owner != nil {
		f.Owner = *in.Body.Owner
	}
	if err := s.owner(ctx, f.Owner); err != nil {
		return nil, err
	}
	from, queue, err := s.taskCustomer(ctx, in)
	if err != nil {
		return nil, err
	}
	f.From = from
	if err := s.audit(ctx, "open_task "+in.Body.Kind, string(f.Task)); err != nil {
		return nil, err
	}
	if err := s.write(ctx, hotline.Event{Contact: hotline.ContactID(in.Body.Contact), Queue: queue, Agent: u.Agent, Fact: f}); err != nil {
		return nil, err
	}
	t, _ := s.Fold.Task(f.Task)
	return &body[reports.Task]{s.redactTask(u, t)}, nil
}

// taskCustomer is the customer of a new task, and the queue it belongs to. An agent names only customers and contacts of its own.
func (s *server) taskCustomer(ctx context.Context, in *taskPostIn) (from hotline.Party, queue hotline.QueueID, err error) {
	u, _ := userOf(ctx)
	from = hotline.Party{Number: strings.TrimSpace(in.Body.Number), Name: strings.Join(strings.Fields(cleanText(in.Body.Name, 200)), " ")}
	queue = hotline.QueueID(in.Body.Queue)
	if _, known := s.Centre().Queue(queue); queue != "" && !known {
		return from, queue, s.problem(ctx, http.StatusUnprocessableEntity, "unknown: queue %q", queue)
	}
	if in.Body.Contact != "" {
		c, ok := s.Fold.Contact(hotline.ContactID(in.Body.Contact))
		_, had := s.Fold.Part(c.ID, u.Agent, "")
		switch {
		case !ok:
			return from, queue, s.problem(ctx, http.StatusNotFound, textNoContact)
		case u.Agent != "" && !had && !s.Fold.Had(u.Agent, c.Customer().Number, s.Now().Add(-justNow)):
			return from, queue, s.problem(ctx, http.StatusForbidden, textNotYours, u.Agent)
		}
		was := c.Customer()
		if from.Number == "" {
			from.Number = was.Number
		}
		if from.Name == "" {
			from.Name = was.Name
		}
		if n := len(c.Queues); queue == "" && n > 0 {
			queue = c.Queues[n-1]
		}
	}
	bad := strings.Trim(from.Number, "+*#0123456789") != "" || len(from.Number) > 32
	if from.Number == "" && (in.Body.Contact == "" || in.Body.Kind == hotline.TaskCallback) || bad && in.Body.Number != "" || bad && in.Body.Kind == hotline.TaskCallback {
		return from, queue, s.problem(ctx, http.StatusUnprocessableEntity, textTaskWho)
	}
	return from, queue, nil
}

// owner says no to an owner that the centre does not have.
func (s *server) owner(ctx context.Context, id string) error {
	c := s.Centre()
	if _, ok := c.Agent(hotline.AgentID(id)); ok || id == "" || slices.ContainsFunc(c.Teams, func(t centre.Team) bool { return t.ID == id }) {
		return nil
	}
	return s.problem(ctx, http.StatusUnprocessableEntity, textNoOwner, id)
}

func (s *server) patchTask(ctx context.Context, in *taskPatchIn) (*body[reports.Task], error) {
	t, err := s.task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	u, _ := userOf(ctx)
	switch {
	case t.Closed != 0:
		return nil, s.problem(ctx, http.StatusConflict, textTaskDone, t.By)
	case t.Kind == reports.TaskWrapCode:
		return nil, s.problem(ctx, http.StatusConflict, textTaskKept)
	}
	f := hotline.TaskChanged{Task: t.ID, Owner: t.Owner, Due: t.Due.Time(), Note: t.Note, By: u.Name}
	if in.Body.Owner != nil {
		if f.Owner = *in.Body.Owner; s.owner(ctx, f.Owner) != nil {
			return nil, s.owner(ctx, f.Owner)
		}
	}
	if in.Body.Due != nil {
		f.Due = *in.Body.Due
	}
	if in.Body.Note != nil {
		f.Note = cleanText(*in.Body.Note, hotline.MaxNote)
	}
	if err := s.audit(ctx, "change_task", in.ID); err != nil {
		return nil, err
	}
	if err := s.write(ctx, hotline.Event{Contact: t.Contact, Queue: t.Queue, Agent: u.Agent, Fact: f}); err != nil {
		return nil, err
	}
	t, _ = s.Fold.Task(t.ID)
	return &body[reports.Task]{s.redactTask(u, t)}, nil
}
