package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
	"hotline/web/boards"
)

const (
	kioskCookieName = "hotline_kiosk"
	kioskAge        = 400 * 24 * 60 * 60 // seconds; browsers keep no cookie longer (RFC 6265bis §5.5), each use renews it
)

// Sentences about boards and screens.
const (
	textNoBoard      = "there is no such board (any more)"
	textBoardChanged = "somebody else has changed this board meanwhile: load it again"
	textManyBoards   = "there are %d boards, and no more can be: take one away"
	textBoardTeam    = "a board of another team, or of all: yours show team %s alone"
	textNoQueueID    = "there is no queue %s"
	textNoKiosk      = "there is no such screen (any more)"
	textManyKiosks   = "there are %d screens, and no more can be: revoke one"
	textKioskOver    = "this screen's key does not hold (any more): open the address with a new one"
	textKioskLate    = "too many wrong keys from this address; try again in a minute"
)

// boardsChinese are these sentences in Chinese, and what is wrong with a board.
func boardsChinese() map[string]string {
	return map[string]string{
		textNoBoard:      "没有这块看板，可能已被删除",
		textBoardChanged: "这块看板刚被别人改过，请重新载入",
		textManyBoards:   "已有 %d 块看板，不能再多，请先删除一块",
		textBoardTeam:    "这块看板属于别的班组或全中心，您只能编辑只显示班组 %s 的看板",
		textNoQueueID:    "没有队列 %s",
		textNoKiosk:      "没有这块屏，可能已被注销",
		textManyKiosks:   "已有 %d 块屏，不能再多，请先注销一块",
		textKioskOver:    "这块屏的密钥无效或已注销，请用新密钥的地址打开",
		textKioskLate:    "来自这个地址的错误密钥太多，请一分钟后再试",

		boards.TextName:    "看板的地址名为 1 到 40 个小写字母、数字或短横线",
		boards.TextLong:    "“%s”太长，最多 %d 个字",
		boards.TextPages:   "一块看板有 1 到 %d 页",
		boards.TextTiles:   "第 %d 页：一页最多 %d 个部件",
		boards.TextTurn:    "每页停留 5 到 600 秒，或改为手动翻页",
		boards.TextKind:    "第 %d 页部件 %d：没有“%s”这种部件",
		boards.TextPlace:   "第 %d 页部件 %d 超出了页面",
		boards.TextSmall:   "第 %d 页部件 %d 太小，至少 %d × %d 格",
		boards.TextOverlap: "第 %d 页：部件 %d 与 %d 重叠",
		boards.TextLook:    "外观只能是 dark、light 或 auto，语言只能是 zh-CN 或 en-US",
		boards.TextQueues:  "最多选择 %d 个队列",
	}
}

type kioskIn struct {
	Body struct {
		Board string `json:"board" maxLength:"40"`
		Label string `json:"label,omitempty" maxLength:"240" doc:"Where the screen hangs."`
	}
}

// madeKiosk is a new key with the address to open on the screen, once.
type madeKiosk struct {
	auth.Kiosk
	Key     string `json:"key" doc:"Shown only now."`
	Address string `json:"address" doc:"To be opened on the screen, below the engine's own."`
}

type kioskDelIn struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *server) kioskRoutes() {
	const path = "/api/v1/kiosks"
	huma.Register(s.api, s.op(auth.EditBoards, http.MethodGet, path, "kiosks", "The screens that have a key, and when each was last seen"),
		func(ctx context.Context, _ *struct{}) (*body[list[auth.Kiosk]], error) {
			all, err := s.Kiosks.List()
			if err != nil {
				return nil, s.kioskProblem(ctx, err)
			}
			own := []auth.Kiosk{}
			for _, k := range all {
				if s.mayEditKiosk(ctx, k.Board) {
					own = append(own, k)
				}
			}
			return &body[list[auth.Kiosk]]{list[auth.Kiosk]{own}}, nil
		})
	huma.Register(s.api, s.op(auth.EditBoards, http.MethodPost, path, "make-kiosk", "Make a key by which a screen shows one board without anybody's login"), s.makeKiosk)
	huma.Register(s.api, s.op(auth.EditBoards, http.MethodDelete, path+"/{id}", "revoke-kiosk", "Revoke a screen's key: it is dark at once"),
		func(ctx context.Context, in *kioskDelIn) (*struct{}, error) {
			k, err := s.Kiosks.Find(in.ID)
			if err == nil && !s.mayEditKiosk(ctx, k.Board) {
				u, _ := userOf(ctx)
				err = s.problem(ctx, http.StatusForbidden, textBoardTeam, u.Team)
			}
			if err == nil {
				err = s.audit(ctx, "revoke_kiosk", k.Board+" "+k.ID)
			}
			if err == nil {
				err = s.Kiosks.Revoke(in.ID)
			}
			if err != nil {
				return nil, s.kioskProblem(ctx, err)
			}
			return nil, nil
		})
}

// mayEditKiosk says whether who asks may see to the screens of a board; those of a board that is gone are everybody's to revoke.
func (s *server) mayEditKiosk(ctx context.Context, board string) bool {
	b, err := s.boards.Get(board)
	if errors.Is(err, boards.ErrUnknown) {
		u, _ := userOf(ctx)
		return u.Team == ""
	}
	return err == nil && s.mayEditBoard(ctx, b, nil)
}

func (s *server) makeKiosk(ctx context.Context, in *kioskIn) (*body[madeKiosk], error) {
	b, err := s.boards.Get(in.Body.Board)
	if err != nil {
		return nil, s.boardProblem(ctx, err)
	}
	u, _ := userOf(ctx)
	if !s.mayEditBoard(ctx, b, nil) {
		return nil, s.problem(ctx, http.StatusForbidden, textBoardTeam, u.Team)
	}
	if err := s.audit(ctx, "make_kiosk", b.Name); err != nil {
		return nil, err
	}
	key, k, err := s.Kiosks.Make(b.Name, strings.Join(strings.Fields(cleanText(in.Body.Label, 60)), " "), u.Name)
	if err != nil {
		return nil, s.kioskProblem(ctx, err)
	}
	return &body[madeKiosk]{madeKiosk{k, key, "/board/" + b.Name + "?kiosk=" + key}}, nil
}

func (s *server) kioskProblem(ctx context.Context, err error) error {
	var said huma.StatusError
	switch {
	case errors.As(err, &said):
		return err
	case errors.Is(err, auth.ErrNoKiosk):
		return s.problem(ctx, http.StatusNotFound, textNoKiosk)
	case errors.Is(err, auth.ErrManyKiosks):
		return s.problem(ctx, http.StatusConflict, textManyKiosks, auth.MaxKiosks)
	}
	s.Logger.Error("web: screens", "error", err)
	return s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
}

// kioskCookie holds a screen's key. Its path is that of the one board's data: the browser gives it to nothing else.
func (s *server) kioskCookie(board, key string) *http.Cookie {
	return &http.Cookie{
		Name: kioskCookieName, Value: key, Path: "/api/v1/boards/" + board, MaxAge: kioskAge,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode,
	}
}

type keyKiosk struct{}

// requireBoard lets through who may see the live state, and screens with the key of the board that is asked for.
func (s *server) requireBoard(c huma.Context, next func(huma.Context)) {
	ctx := c.Context()
	if u, ok := userOf(ctx); ok && u.Role.May(auth.SeeLive) {
		next(c)
		return
	}
	cookie, err := huma.ReadCookie(c, kioskCookieName)
	if err != nil || cookie.Value == "" {
		huma.WriteErr(s.api, c, http.StatusUnauthorized, s.say(ctx, textLogIn)) // a client that is gone needs no answer
		return
	}
	name, from := c.Param("name"), addrOf(ctx)
	if !s.Kiosks.Opens(cookie.Value, name, from) {
		if errors.Is(s.Kiosks.Denied(from), auth.ErrTooMany) {
			huma.WriteErr(s.api, c, http.StatusTooManyRequests, s.say(ctx, textKioskLate))
			return
		}
		huma.WriteErr(s.api, c, http.StatusForbidden, s.say(ctx, textKioskOver))
		return
	}
	renewed := s.kioskCookie(name, cookie.Value)
	c.AppendHeader("Set-Cookie", renewed.String())
	next(huma.WithValue(c, keyKiosk{}, cookie.Value))
}

// boardOpen says whether a stream that began long ago may go on.
func (s *server) boardOpen(ctx context.Context, board string) bool {
	if key, ok := ctx.Value(keyKiosk{}).(string); ok {
		return s.Kiosks.Opens(key, board, addrOf(ctx))
	}
	return s.Auth.Open(tokenOf(ctx))
}
