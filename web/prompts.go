package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/web/auth"
)

// Prompts is what callers hear: the prompts that ship with the engine, and the centre's own, which go first. Package cmd has one.
type Prompts interface {
	// List names all, those of no language under "".
	List() ([]Prompt, error)
	// Open is the sound that callers in that language hear, as a WAV. The error wraps ErrNoPrompt.
	Open(lang, name string) (wav []byte, plays time.Duration, err error)
	// Put keeps a WAV of any kind as the centre's own prompt, as 8 kHz mono. The error wraps ErrBadSound and says why.
	Put(lang, name string, wav []byte) (plays time.Duration, err error)
	// Delete takes the centre's own prompt away. The error wraps ErrNoPrompt where there is none of that language and name.
	Delete(lang, name string) error
	// Speak makes speech of a text, as a WAV. The error wraps ErrNoSpeech where nothing is installed that can.
	Speak(ctx context.Context, lang, text string) ([]byte, error)
}

// Prompt is one sound.
type Prompt struct {
	Name     string    `json:"name"`
	Language string    `json:"language" doc:"Empty: of every language."`
	Own      bool      `json:"own" doc:"The centre has recorded it."`
	Default  bool      `json:"default" doc:"The engine has one of its own, which is heard where the centre has none."`
	Changed  time.Time `json:"changed,omitzero" doc:"Of the centre's own."`
	Bytes    int64     `json:"bytes,omitempty"`
	Uses     []string  `json:"uses" doc:"Where the centre in force names it: flows, queues, tables."`
}

// Errors of Prompts.
var (
	ErrNoPrompt = errors.New("web: no such prompt")
	ErrBadSound = errors.New("web: the sound cannot be used")
	ErrNoSpeech = errors.New("web: no speech engine is installed")
)

// maxSound is the largest file that is taken, in bytes: five minutes of stereo at 48 kHz and 16 bits.
const maxSound = 60 << 20

type promptIn struct {
	Language string `path:"language" enum:"zh-CN,en-US"`
	Name     string `path:"name" maxLength:"64"`
}

type promptPut struct {
	Language string `path:"language" enum:"zh-CN,en-US"`
	Name     string `path:"name" maxLength:"64"`
	RawBody  []byte `contentType:"audio/wav"`
}

type promptSay struct {
	Language string `path:"language" enum:"zh-CN,en-US"`
	Name     string `path:"name" maxLength:"64"`
	Body     struct {
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

type promptMade struct {
	MS int64 `json:"ms" doc:"How long it plays."`
}

func (s *server) promptRoutes() {
	if s.Prompts == nil {
		return
	}
	huma.Register(s.api, s.op(auth.SeeCentre, http.MethodGet, "/api/v1/prompts", "prompts", "All prompts, and what uses them"), s.prompts)
	huma.Register(s.api, s.op(auth.SeeCentre, http.MethodGet, "/api/v1/prompts/{language}/{name}", "prompt", "Listen to a prompt as callers of that language hear it"), s.prompt)
	put := s.op(auth.EditCentre, http.MethodPut, "/api/v1/prompts/{language}/{name}", "put-prompt", "Put a WAV in a prompt's place; it is converted for telephones")
	put.MaxBodyBytes, put.BodyReadTimeout = maxSound, 2*time.Minute
	huma.Register(s.api, put, s.putPrompt)
	huma.Register(s.api, s.op(auth.EditCentre, http.MethodPost, "/api/v1/prompts/{language}/{name}/speech", "say-prompt", "Have a prompt spoken by the machine, where a speech engine is installed"), s.sayPrompt)
	huma.Register(s.api, s.op(auth.EditCentre, http.MethodDelete, "/api/v1/prompts/{language}/{name}", "delete-prompt", "Take the centre's own prompt away, if nothing needs it"), s.deletePrompt)
}

// uses are where the centre in force names each prompt, by name and language.
func (s *server) uses() map[[2]string][]string {
	all := map[[2]string][]string{}
	for _, u := range s.Centre().Prompts() {
		key := [2]string{u.Prompt, u.Language}
		if !slices.Contains(all[key], u.Key) {
			all[key] = append(all[key], u.Key)
		}
	}
	return all
}

func (s *server) prompts(ctx context.Context, _ *struct{}) (*body[[]Prompt], error) {
	list, err := s.Prompts.List()
	if err != nil {
		s.Logger.Error("web: prompts cannot be listed", "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	uses := s.uses()
	all := append([]Prompt{}, list...)
	for i, p := range all {
		all[i].Uses = []string{}
		for _, lang := range []string{langZH, langEN} {
			if p.Language == lang || p.Language == "" {
				all[i].Uses = append(all[i].Uses, uses[[2]string{p.Name, lang}]...)
			}
		}
		slices.Sort(all[i].Uses)
		all[i].Uses = slices.Compact(all[i].Uses)
	}
	slices.SortFunc(all, func(a, b Prompt) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Language, b.Language))
	})
	return &body[[]Prompt]{all}, nil
}

// named refuses what cannot be a prompt's name: it becomes a file's.
func (s *server) named(ctx context.Context, in promptIn) error {
	if !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`).MatchString(in.Name) {
		return s.problem(ctx, http.StatusUnprocessableEntity, "a prompt's name is made of letters, digits, _ . and -")
	}
	return nil
}

const textNoPrompt = "there is no such prompt"

func (s *server) prompt(ctx context.Context, in *promptIn) (*huma.StreamResponse, error) {
	if err := s.named(ctx, *in); err != nil {
		return nil, err
	}
	wav, _, err := s.Prompts.Open(in.Language, in.Name)
	switch {
	case errors.Is(err, ErrNoPrompt):
		return nil, s.problem(ctx, http.StatusNotFound, textNoPrompt)
	case err != nil:
		return nil, s.problem(ctx, http.StatusConflict, "the prompt's file cannot be read: put another in its place")
	}
	return playStream(io.NopCloser(nil), bytes.NewReader(wav), `inline; filename="`+fileName(in.Name)+`.wav"`), nil
}

func (s *server) putPrompt(ctx context.Context, in *promptPut) (*body[promptMade], error) {
	if err := s.named(ctx, promptIn{in.Language, in.Name}); err != nil {
		return nil, err
	}
	return s.keepPrompt(ctx, "put_prompt", promptIn{in.Language, in.Name}, in.RawBody)
}

func (s *server) keepPrompt(ctx context.Context, act string, in promptIn, wav []byte) (*body[promptMade], error) {
	if err := s.audit(ctx, act, in.Language+"/"+in.Name); err != nil {
		return nil, err
	}
	plays, err := s.Prompts.Put(in.Language, in.Name, wav)
	switch {
	case errors.Is(err, ErrBadSound):
		why := strings.TrimPrefix(err.Error(), ErrBadSound.Error()+": ")
		return nil, s.problem(ctx, http.StatusUnprocessableEntity, "this is no WAV that can be played (%s): save it as PCM, 16 bit, 8 to 48 kHz", why)
	case err != nil:
		s.Logger.Error("web: a prompt cannot be kept", "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	return &body[promptMade]{promptMade{plays.Milliseconds()}}, nil
}

func (s *server) sayPrompt(ctx context.Context, in *promptSay) (*body[promptMade], error) {
	if err := s.named(ctx, promptIn{in.Language, in.Name}); err != nil {
		return nil, err
	}
	wav, err := s.Prompts.Speak(ctx, in.Language, in.Body.Text)
	switch {
	case errors.Is(err, ErrNoSpeech):
		return nil, s.problem(ctx, http.StatusNotImplemented, "no speech engine is installed on the machine (espeak-ng): record the prompt and upload it")
	case err != nil:
		s.Logger.Error("web: speech cannot be made", "error", err)
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	return s.keepPrompt(ctx, "say_prompt", promptIn{in.Language, in.Name}, wav)
}

func (s *server) deletePrompt(ctx context.Context, in *promptIn) (*struct{}, error) {
	if err := s.named(ctx, *in); err != nil {
		return nil, err
	}
	list, err := s.Prompts.List()
	if err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	instead := slices.ContainsFunc(list, func(p Prompt) bool {
		return p.Name == in.Name && (p.Language == in.Language && p.Default || p.Language == "")
	})
	if uses := s.uses()[[2]string{in.Name, in.Language}]; len(uses) > 0 && !instead {
		return nil, s.problem(ctx, http.StatusConflict, "the prompt is needed by %s: take it out there first", strings.Join(uses, ", "))
	}
	if err := s.audit(ctx, "delete_prompt", in.Language+"/"+in.Name); err != nil {
		return nil, err
	}
	switch err := s.Prompts.Delete(in.Language, in.Name); {
	case errors.Is(err, ErrNoPrompt):
		return nil, s.problem(ctx, http.StatusNotFound, textNoPrompt)
	case err != nil:
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	return nil, nil
}
