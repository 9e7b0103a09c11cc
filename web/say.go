package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline"
)

// Languages of what the API says to people.
const (
	langZH = "zh-CN"
	langEN = "en-US"
)

// language is the better liked of the two languages in an Accept-Language header (RFC 9110 §12.5.4); English if it names
// neither.
func language(header string) string {
	best, q := langEN, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		weight := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight, _ = strconv.ParseFloat(v, 64) // what is no number is not liked
		}
		lang := ""
		switch main, _, _ := strings.Cut(strings.ToLower(tag), "-"); main {
		case "zh":
			lang = langZH
		case "en":
			lang = langEN
		}
		if lang != "" && weight > q {
			best, q = lang, weight
		}
	}
	return best
}

func langOf(ctx context.Context) string {
	if l, ok := ctx.Value(keyLang).(string); ok {
		return l
	}
	return langEN
}

// say is a sentence in the language of who asks. The format is the English one; what it is about is said in the same
// language where there are words for it.
func (s *server) say(ctx context.Context, format string, args ...any) string {
	if langOf(ctx) != langZH {
		return fmt.Sprintf(format, args...)
	}
	words, ok := s.chinese[format]
	if !ok {
		return fmt.Sprintf(format, args...)
	}
	own := make([]any, len(args))
	for i, a := range args {
		own[i] = a
		switch v := a.(type) {
		case string:
			if w, ok := s.chinese[v]; ok {
				own[i] = w
			}
		case hotline.AgentState:
			if w, ok := s.chinese["state "+string(v)]; ok {
				own[i] = w
			}
		}
	}
	return fmt.Sprintf(words, own...)
}

// problem is an answer that says no (RFC 9457): why, and what to do about it, in the language of who asks.
func (s *server) problem(ctx context.Context, status int, format string, args ...any) error {
	return huma.NewError(status, s.say(ctx, format, args...))
}

// refusal is the answer to an error of Submit.
func (s *server) refusal(ctx context.Context, err error) error {
	status := http.StatusServiceUnavailable
	switch {
	case errors.Is(err, hotline.ErrUnknown):
		status = http.StatusNotFound
	case errors.Is(err, hotline.ErrRefused):
		status = http.StatusConflict
	default:
		return huma.NewError(status, s.say(ctx, textTryAgain), err)
	}
	var r *hotline.Refusal
	if !errors.As(err, &r) {
		return huma.NewError(status, err.Error())
	}
	format := r.Format
	if status == http.StatusNotFound {
		format = "unknown: " + format
		if langOf(ctx) != langZH {
			format = "there is no " + r.Format + " (any more)"
		}
	}
	text := s.say(ctx, format, r.Args...)
	if hint := hints()[r.Format]; hint != "" {
		text += ": " + hint
		if langOf(ctx) == langZH {
			text = s.say(ctx, format, r.Args...) // the Chinese words say what to do themselves
		}
	}
	return huma.NewError(status, text)
}
