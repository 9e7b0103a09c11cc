package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/centre"
	"hotline/reports"
	"hotline/web/auth"
)

// noticeBody is what a notice says.
type noticeBody struct {
	Title string    `json:"title" minLength:"1" maxLength:"200"`
	Text  string    `json:"text,omitempty" maxLength:"4000"`
	Teams []string  `json:"teams,omitempty" maxItems:"200" doc:"Whom it is for; none: everybody."`
	Until time.Time `json:"until,omitzero" doc:"It is shown until then; missing: until it is removed."`
}

type (
	noticePostIn struct {
		OnceIn
		Body noticeBody
	}
	noticePutIn struct {
		ID   string `path:"id" maxLength:"64"`
		Body noticeBody
	}
	noticeIn struct {
		ID string `path:"id" maxLength:"64"`
	}
	noticeReadIn struct {
		ID   string `path:"id" maxLength:"64"`
		Body struct {
			Rev int `json:"rev" minimum:"1" doc:"As it was read."`
		}
	}
)

// board is the notices as who asks sees them.
type board struct {
	Unread int              `json:"unread"`
	Items  []reports.Notice `json:"items"`
}

func (s *server) noticeRoutes() {
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodGet, "/api/v1/notices", "notices",
		"The board: new and changed notices, and those removed today"),
		func(ctx context.Context, _ *struct{}) (*body[board], error) { return &body[board]{s.board(ctx)}, nil })
	huma.Register(s.api, s.op(auth.PostNotices, http.MethodPost, "/api/v1/notices", "post-notice", "Put a notice on the board"),
		func(ctx context.Context, in *noticePostIn) (*body[reports.Notice], error) {
			defer s.once(in.OnceIn)()
			u, _ := userOf(ctx)
			id := in.id(u, "n")
			if n, made := s.Fold.Notice(id); made {
				return &body[reports.Notice]{n}, nil
			}
			return s.post(ctx, id, 1, &in.Body)
		})
	huma.Register(s.api, s.op(auth.PostNotices, http.MethodPut, "/api/v1/notices/{id}", "change-notice",
		"Change a notice: everybody has to read it again"),
		func(ctx context.Context, in *noticePutIn) (*body[reports.Notice], error) {
			n, err := s.notice(ctx, in.ID, true)
			if err != nil {
				return nil, err
			}
			return s.post(ctx, n.ID, n.Rev+1, &in.Body)
		})
	huma.Register(s.api, s.op(auth.PostNotices, http.MethodDelete, "/api/v1/notices/{id}", "remove-notice", "Take a notice down"),
		func(ctx context.Context, in *noticeIn) (*struct{}, error) {
			n, err := s.notice(ctx, in.ID, true)
			if err != nil {
				return nil, err
			}
			if err := s.audit(ctx, "remove_notice", n.ID); err != nil {
				return nil, err
			}
			u, _ := userOf(ctx)
			return nil, s.write(ctx, hotline.Event{Fact: hotline.NoticeRemoved{Notice: n.ID, By: u.Name}})
		})
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodPost, "/api/v1/notices/{id}/read", "read-notice", "Say that one has read a notice"), s.readNotice)
}

func (s *server) board(ctx context.Context) board {
	u, _ := userOf(ctx)
	q := reports.NoticeQuery{User: u.Name, Team: s.teamOf(u), Names: u.Role.May(auth.PostNotices)}
	q.All = u.Agent == "" && u.Team == ""
	b := board{Items: s.Fold.Notices(q)}
	for _, n := range b.Items {
		if n.Read == 0 && n.State != reports.NoticeRemoved {
			b.Unread++
		}
	}
	return b
}

// teamOf is the team of an agent, or the one that a team lead leads.
func (s *server) teamOf(u auth.User) string {
	if u.Agent == "" {
		return u.Team
	}
	a, _ := s.Centre().Agent(u.Agent)
	return a.Team
}

// notice finds a notice that who asks sees; change: and may change.
func (s *server) notice(ctx context.Context, id string, change bool) (reports.Notice, error) {
	u, _ := userOf(ctx)
	n, ok := s.Fold.Notice(id)
	team := s.teamOf(u)
	switch {
	case !ok || len(n.Teams) > 0 && (u.Agent != "" || u.Team != "") && !slices.Contains(n.Teams, team):
		return n, s.problem(ctx, http.StatusNotFound, textNoNotice)
	case change && u.Team != "" && !slices.Equal(n.Teams, []string{u.Team}):
		return n, s.problem(ctx, http.StatusForbidden, textOwnTeam, u.Team)
	}
	return n, nil
}

func (s *server) post(ctx context.Context, id string, rev int, b *noticeBody) (*body[reports.Notice], error) {
	u, _ := userOf(ctx)
	if u.Team != "" && len(b.Teams) == 0 {
		b.Teams = []string{u.Team}
	}
	slices.Sort(b.Teams)
	b.Teams = slices.Compact(b.Teams)
	for _, t := range b.Teams {
		if !slices.ContainsFunc(s.Centre().Teams, func(known centre.Team) bool { return known.ID == t }) {
			return nil, s.problem(ctx, http.StatusUnprocessableEntity, textNoTeam, t)
		}
	}
	if u.Team != "" && !slices.Equal(b.Teams, []string{u.Team}) {
		return nil, s.problem(ctx, http.StatusForbidden, textOwnTeam, u.Team)
	}
	if err := s.audit(ctx, "post_notice", id); err != nil {
		return nil, err
	}
	if err := s.write(ctx, hotline.Event{Fact: hotline.NoticePosted{
		Notice: id, Rev: rev, Title: cleanText(b.Title, 200), Text: cleanText(b.Text, hotline.MaxNote), Teams: b.Teams, Until: b.Until, By: u.Name,
	}}); err != nil {
		return nil, err
	}
	n, _ := s.Fold.Notice(id)
	return &body[reports.Notice]{n}, nil
}

// readNotice notes that a notice was read as it is. Reading it again is success.
func (s *server) readNotice(ctx context.Context, in *noticeReadIn) (*body[board], error) {
	n, err := s.notice(ctx, in.ID, false)
	if err != nil {
		return nil, err
	}
	if n.Rev != in.Body.Rev {
		return nil, s.problem(ctx, http.StatusConflict, textNoticeNewer)
	}
	u, _ := userOf(ctx)
	for _, seen := range s.board(ctx).Items {
		if seen.ID == n.ID && seen.Read != 0 {
			return &body[board]{s.board(ctx)}, nil
		}
	}
	if err := s.write(ctx, hotline.Event{Agent: u.Agent, Fact: hotline.NoticeRead{Notice: n.ID, Rev: n.Rev, By: u.Name}}); err != nil {
		return nil, err
	}
	return &body[board]{s.board(ctx)}, nil
}
