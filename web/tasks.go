package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
)

type tasksIn struct {
	State  string `query:"state" enum:"open,closed," doc:"open (in the order of their due times), which is also the default, or closed (the newest first)."`
	Owner  string `query:"owner" maxLength:"64" doc:"An agent or a team."`
	Queue  string `query:"queue" maxLength:"64"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Of closed ones."`
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before."`
}

type taskDoneIn struct {
	ID   string `path:"id" maxLength:"160"`
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"4000" doc:"What came of it."`
	}
}

type taskIn struct {
	ID string `path:"id" maxLength:"160"`
}

// taskRoutes are what somebody still has to do for customers. An agent sees what it or its team owns, or nobody.
func (s *server) taskRoutes() {
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/tasks", "tasks", "Messages and whatever else has to be dealt with"), s.tasks)
	huma.Register(s.api, s.op(anyLogin, http.MethodPost, "/api/v1/tasks/{id}/done", "close-task", "Say that a task is dealt with"), s.closeTask)
	huma.Register(s.api, s.op(anyLogin, http.MethodGet, "/api/v1/tasks/{id}/recording", "task-recording",
		"The message of a task: its stretch of the contact's recording as WAV; HTTP ranges"), s.taskRecording)
}

func (s *server) tasks(ctx context.Context, in *tasksIn) (*body[reports.TaskPage], error) {
	u, _ := userOf(ctx)
	if !u.Role.May(auth.SeeTasks) && u.Agent == "" {
		return nil, s.problem(ctx, http.StatusForbidden, textRole, u.Role)
	}
	if u.Agent != "" {
		if _, err := s.atWork(ctx, u.Agent); err != nil {
			return nil, err
		}
	}
	p, err := s.Fold.Tasks(reports.TaskQuery{
		Closed: in.State == "closed", Owner: in.Owner, Queue: hotline.QueueID(in.Queue), Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	mine := p.Items[:0]
	for _, t := range p.Items {
		if s.mayTask(u, t) {
			mine = append(mine, s.redactTask(u, t))
		}
	}
	p.Items = mine
	return &body[reports.TaskPage]{p}, nil
}

// mayTask says whether the task is for the login to see and to deal with.
func (s *server) mayTask(u auth.User, t reports.Task) bool {
	if u.Role.May(auth.SeeTasks) {
		return true
	}
	if u.Agent == "" {
		return false
	}
	a, ok := s.Centre().Agent(u.Agent)
	return t.Owner == "" || t.Owner == string(u.Agent) || ok && a.Team != "" && t.Owner == a.Team
}

// redactTask hides the customer from who may not see customers. Whoever is to deal with it must call
// them: where the centre hides numbers, by the contact.
func (s *server) redactTask(u auth.User, t reports.Task) reports.Task {
	switch {
	case u.Role.May(auth.SeeNumbers), u.Agent != "" && !s.Centre().NumbersHidden:
		return t
	case u.Agent != "":
		return t.Redact(hotline.Party.Unnumbered)
	}
	return t.Redact(mask)
}

// task finds a task that is for the login.
func (s *server) task(ctx context.Context, id string) (reports.Task, error) {
	u, _ := userOf(ctx)
	t, ok := s.Fold.Task(hotline.TaskID(id))
	switch {
	case !u.Role.May(auth.SeeTasks) && u.Agent == "":
		return t, s.problem(ctx, http.StatusForbidden, textRole, u.Role)
	case !ok:
		return t, s.problem(ctx, http.StatusNotFound, textNoTask)
	case !s.mayTask(u, t):
		return t, s.problem(ctx, http.StatusForbidden, textTaskOther, t.Owner)
	}
	if u.Agent != "" {
		if _, err := s.atWork(ctx, u.Agent); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (s *server) closeTask(ctx context.Context, in *taskDoneIn) (*body[reports.Task], error) {
	t, err := s.task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if t.Closed != 0 {
		return nil, s.problem(ctx, http.StatusConflict, textTaskDone, t.By)
	}
	u, _ := userOf(ctx)
	if t.Kind == reports.TaskWrapCode && !u.Role.May(auth.SeeTasks) {
		return nil, s.problem(ctx, http.StatusConflict, textCodeFirst)
	}
	note := ""
	if in.Body != nil {
		note = cleanText(in.Body.Note, hotline.MaxNote)
	}
	seq, err := s.Log.Append([]hotline.Event{
		{At: s.Now(), Agent: u.Agent, Fact: hotline.Audited{User: u.Name, Act: "close_task", Target: in.ID, Addr: addrOf(ctx)}},
		{At: s.Now(), Contact: t.Contact, Queue: t.Queue, Agent: u.Agent, Fact: hotline.TaskClosed{Task: t.ID, By: u.Name, Note: note}},
	})
	if err != nil {
		s.Logger.Error("web: task cannot be closed", "task", in.ID, "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textNoLog)
	}
	s.await(ctx, seq)
	t, _ = s.Fold.Task(t.ID)
	return &body[reports.Task]{s.redactTask(u, t)}, nil
}

// taskRecording plays a message to who deals with it. Listening is accountable.
func (s *server) taskRecording(ctx context.Context, in *taskIn) (*huma.StreamResponse, error) {
	t, err := s.task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if u, _ := userOf(ctx); u.Agent == "" && !u.Role.May(auth.Listen) {
		return nil, s.problem(ctx, http.StatusForbidden, textRole, u.Role)
	}
	c, ok := s.Fold.Contact(t.Contact)
	if !ok || c.Recording == nil || c.Recording.File == "" {
		return nil, s.problem(ctx, http.StatusNotFound, textNoAudio)
	}
	audio, err := s.Recordings.Open(c.Recording.File)
	if err != nil {
		s.Logger.Error("web: recording cannot be opened", "file", c.Recording.File, "error", err)
		return nil, s.problem(ctx, http.StatusNotFound, textNoAudio)
	}
	part, err := stretch(audio, t.OffsetMS, t.MS)
	if err == nil {
		err = s.hearing(ctx, "play_message", in.ID)
	} else {
		s.Logger.Error("web: recording cannot be read", "file", c.Recording.File, "error", err)
		err = s.problem(ctx, http.StatusNotFound, "the recording cannot be read")
	}
	if err != nil {
		audio.Close() // read only: nothing to lose
		return nil, err
	}
	return playStream(audio, part, `inline; filename="`+fileName(in.ID)+`.wav"`), nil
}
