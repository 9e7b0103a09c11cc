package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/boards"
)

// boardList is all boards, and what an editor has to know.
type boardList struct {
	Items  []boardEntry      `json:"items"`
	Kinds  []boards.TileKind `json:"kinds"`
	Teams  []boardChoice     `json:"teams"`
	Queues []boardChoice     `json:"queues"`
	Grid   map[string]int    `json:"grid"`
}

type boardEntry struct {
	boards.Wallboard
	MayEdit bool `json:"may_edit"`
}

type boardChoice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type boardIn struct {
	Name string `path:"name" maxLength:"40"`
}

type boardPutIn struct {
	Name string `path:"name" maxLength:"40"`
	Body boards.Wallboard
}

type boardDelIn struct {
	Name    string `path:"name" maxLength:"40"`
	Version int    `query:"version" doc:"That was seen; another one is a conflict."`
}

// boardOp is an operation on one board that its screens may use too.
func (s *server) boardOp(path, id, summary string) huma.Operation {
	o := s.op(auth.SeeLive, http.MethodGet, "/api/v1/boards/{name}"+path, id, summary)
	o.Middlewares = huma.Middlewares{s.requireBoard}
	o.Errors = append(o.Errors, http.StatusNotFound)
	return o
}

func (s *server) boardRoutes() {
	const one = "/api/v1/boards/{name}"
	huma.Register(s.api, s.op(auth.SeeLive, http.MethodGet, "/api/v1/boards", "boards", "All boards, and what they can be built from"),
		func(ctx context.Context, _ *struct{}) (*body[boardList], error) { return s.boardList(ctx) })
	huma.Register(s.api, s.boardOp("", "board", "A board as it was built"),
		func(ctx context.Context, in *boardIn) (*body[boardEntry], error) {
			b, err := s.boards.Get(in.Name)
			if err != nil {
				return nil, s.boardProblem(ctx, err)
			}
			return &body[boardEntry]{boardEntry{*b, s.mayEditBoard(ctx, b, nil)}}, nil
		})
	huma.Register(s.api, s.op(auth.EditBoards, http.MethodPut, one, "put-board", "Make or change a board; its screens show it at once"), s.putBoard)
	huma.Register(s.api, s.op(auth.EditBoards, http.MethodDelete, one, "delete-board", "Take a board away; main is the standard board again"), s.deleteBoard)
	huma.Register(s.api, s.op(auth.EditBoards, http.MethodPost, "/api/v1/boards/preview", "preview-board", "The figures of a board that is not kept yet"),
		func(ctx context.Context, in *struct{ Body boards.Wallboard }) (*rawJSON, error) {
			in.Body.Tidy()
			if err := in.Body.Bounded(); err != nil {
				return nil, s.boardProblem(ctx, err)
			}
			return s.boardOnce(&in.Body)
		})
	huma.Register(s.api, s.boardOp("/live", "board-live", "A board's figures now, as the stream's first message has them"),
		func(ctx context.Context, in *boardIn) (*rawJSON, error) {
			b, err := s.boards.Get(in.Name)
			if err != nil {
				return nil, s.boardProblem(ctx, err)
			}
			return s.boardOnce(b)
		})
	huma.Register(s.api, s.boardOp("/stream", "board-stream",
		"A board's figures whenever they change, as server-sent events: parts that are set, and the engine's time at least once a second"),
		func(ctx context.Context, in *boardIn) (*huma.StreamResponse, error) {
			v, err := s.hub.Follow(in.Name)
			if err != nil {
				return nil, s.boardProblem(ctx, err)
			}
			return &huma.StreamResponse{Body: func(c huma.Context) {
				defer v.Close()
				s.boardStream(c, v, func() bool { return s.boardOpen(ctx, in.Name) })
			}}, nil
		})
	s.kioskRoutes()
}

// rawJSON is an answer that was encoded already.
type rawJSON struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *server) boardOnce(b *boards.Wallboard) (*rawJSON, error) {
	raw, err := s.hub.Once(b, s.Fold.View(s.Now()))
	return &rawJSON{"application/json", raw}, err
}

// boardStream writes what comes until the viewer is gone, its right is over, or it has not read for too long.
func (s *server) boardStream(c huma.Context, v *boards.Viewer, open func() bool) {
	out, ctx := newSSE(c)
	if out.rc.Flush() != nil {
		return
	}
	checked := time.Now()
	for {
		b, err := v.Next(ctx)
		if err != nil || out.raw(b) != nil {
			return
		}
		if now := time.Now(); now.Sub(checked) >= time.Second {
			if checked = now; !open() {
				return // the screen asks again and learns it
			}
		}
	}
}

// raw sends an event that was encoded already.
func (s sse) raw(b []byte) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.rc.Flush()
}

func (s *server) boardList(ctx context.Context) (*body[boardList], error) {
	all, err := s.boards.List()
	if err != nil {
		return nil, s.boardProblem(ctx, err)
	}
	out := boardList{
		Items: []boardEntry{}, Kinds: boards.Kinds(), Teams: []boardChoice{}, Queues: []boardChoice{},
		Grid: map[string]int{"columns": boards.Columns, "rows": boards.Rows},
	}
	for _, b := range all {
		out.Items = append(out.Items, boardEntry{*b, s.mayEditBoard(ctx, b, nil)})
	}
	c := s.Centre()
	for _, t := range c.Teams {
		out.Teams = append(out.Teams, boardChoice{t.ID, t.Name})
	}
	for _, q := range c.Queues {
		out.Queues = append(out.Queues, boardChoice{string(q.ID), q.Name})
	}
	return &body[boardList]{out}, nil
}

// mayEditBoard says whether who asks may make next (nil: nothing) of a board (nil: a new one). The lead of a team has the
// boards of that team.
func (s *server) mayEditBoard(ctx context.Context, old, next *boards.Wallboard) bool {
	u, _ := userOf(ctx)
	if !u.Role.May(auth.EditBoards) {
		return false
	}
	return u.Team == "" || (old == nil || old.Team == u.Team) && (next == nil || ofTeam(next, u.Team))
}

// ofTeam says whether the board shows a team and nothing beside it.
func ofTeam(b *boards.Wallboard, team string) bool {
	for _, p := range b.Pages {
		for _, t := range p.Tiles {
			if t.Team != "" && t.Team != team {
				return false
			}
		}
	}
	return b.Team == team
}

func (s *server) putBoard(ctx context.Context, in *boardPutIn) (*body[boardEntry], error) {
	b := in.Body
	b.Name = in.Name
	b.Tidy()
	if err := b.Check(); err != nil {
		return nil, s.boardProblem(ctx, err)
	}
	if err := s.knownTo(ctx, &b); err != nil {
		return nil, err
	}
	u, _ := userOf(ctx)
	b.By, b.Updated = u.Name, reports.At(s.Now())
	err := s.boards.Put(&b, func(old *boards.Wallboard) error {
		if !s.mayEditBoard(ctx, old, &b) {
			return s.problem(ctx, http.StatusForbidden, textBoardTeam, u.Team)
		}
		return s.audit(ctx, "put_board", b.Name)
	})
	if err != nil {
		return nil, s.boardProblem(ctx, err)
	}
	return &body[boardEntry]{boardEntry{b, true}}, nil
}

func (s *server) deleteBoard(ctx context.Context, in *boardDelIn) (*struct{}, error) {
	u, _ := userOf(ctx)
	err := s.boards.Delete(in.Name, in.Version, func(old *boards.Wallboard) error {
		if !s.mayEditBoard(ctx, old, nil) {
			return s.problem(ctx, http.StatusForbidden, textBoardTeam, u.Team)
		}
		return s.audit(ctx, "delete_board", in.Name)
	})
	if err != nil {
		return nil, s.boardProblem(ctx, err)
	}
	return nil, nil
}

// knownTo refuses teams and queues that the centre does not have: a typing error would be an empty tile.
func (s *server) knownTo(ctx context.Context, b *boards.Wallboard) error {
	c := s.Centre()
	queues, teams := append([]hotline.QueueID{}, b.Queues...), []string{b.Team}
	for _, p := range b.Pages {
		for _, t := range p.Tiles {
			queues, teams = append(queues, t.Queues...), append(teams, t.Team)
		}
	}
	for _, id := range queues {
		if _, ok := c.Queue(id); !ok {
			return s.problem(ctx, http.StatusUnprocessableEntity, textNoQueueID, string(id))
		}
	}
	for _, id := range teams {
		known := id == ""
		for _, t := range c.Teams {
			known = known || t.ID == id
		}
		if !known {
			return s.problem(ctx, http.StatusUnprocessableEntity, textNoTeam, id)
		}
	}
	return nil
}

// boardProblem is the answer to an error of boards.
func (s *server) boardProblem(ctx context.Context, err error) error {
	var f *boards.Fault
	var said huma.StatusError
	switch {
	case errors.As(err, &said):
		return err
	case errors.As(err, &f):
		return s.problem(ctx, http.StatusUnprocessableEntity, f.Format, f.Args...)
	case errors.Is(err, boards.ErrUnknown), errors.Is(err, boards.ErrClosed):
		return s.problem(ctx, http.StatusNotFound, textNoBoard)
	case errors.Is(err, boards.ErrVersion):
		return s.problem(ctx, http.StatusConflict, textBoardChanged)
	case errors.Is(err, boards.ErrMany):
		return s.problem(ctx, http.StatusConflict, textManyBoards, boards.MaxBoards)
	}
	s.Logger.Error("web: boards", "error", err)
	return s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
}

// boardCentre is what boards have to know of the centre.
func (s *server) boardCentre() (boards.Centre, any) {
	c := s.Centre()
	reasons := make(map[string]string, len(c.Reasons))
	for _, r := range c.Reasons {
		reasons[r.ID] = r.Name
	}
	return boards.Centre{
		Name: c.Name, Language: c.Language, Zone: c.TimeZone.String(), Reasons: reasons,
		Serves: func(team string) (ids []hotline.QueueID) {
			for _, q := range c.Queues {
				if servedBy(c, q, team) {
					ids = append(ids, q.ID)
				}
			}
			return ids
		},
		Agents: func(queue hotline.QueueID) (ids []hotline.AgentID) {
			q, ok := c.Queue(queue)
			if !ok {
				return nil
			}
			for _, a := range c.Agents {
				if q.ServedBy(a, nil) {
					ids = append(ids, a.ID)
				}
			}
			return ids
		},
	}, c
}

// openBoards readies the boards.
func (s *server) openBoards() {
	s.boards = boards.NewShelf(s.Boards)
	s.hub = boards.NewHub(boards.Config{
		Shelf: s.boards, Watch: s.Fold.Watch, Centre: s.boardCentre, Forecast: s.Forecast, Now: s.Now,
	})
}

// boardPage serves a board's page; a key in the address becomes the screen's cookie and leaves the address.
func (s *server) boardPage(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, key := r.PathValue("name"), r.URL.Query().Get("kiosk")
		if !boards.ValidName(name) {
			http.NotFound(w, r)
			return
		}
		if key == "" {
			page(w, r)
			return
		}
		at := "/board/" + name
		q := r.URL.Query()
		q.Del("kiosk")
		switch err := s.Kiosks.Enter(key, name, addrOf(r.Context())); {
		case errors.Is(err, auth.ErrTooMany):
			at += "?refused=late"
		case err != nil:
			at += "?refused=key"
		default:
			http.SetCookie(w, s.kioskCookie(name, key))
			if len(q) > 0 {
				at += "?" + strings.TrimSpace(q.Encode())
			}
		}
		http.Redirect(w, r, at, http.StatusSeeOther)
	}
}
