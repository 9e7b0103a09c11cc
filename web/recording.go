package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

type recordingIn struct {
	ID       string `path:"id" maxLength:"128"`
	Format   string `query:"format" enum:"wav," doc:"wav, which is also the default."`
	Download bool   `query:"download" doc:"As a file to keep instead of to play."`
}

// hearingTime is how long the requests of one player belong to one act of listening: a browser asks for a recording in
// many ranges, and again for each jump.
const hearingTime = 10 * time.Minute

// hearings are the acts of listening that were noted lately.
type hearings struct {
	mu    sync.Mutex // guards noted
	noted map[string]time.Time
}

// first says whether the act is none of those noted lately, and keeps it.
func (h *hearings) first(act string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, at := range h.noted {
		if now.Sub(at) > hearingTime {
			delete(h.noted, k)
		}
	}
	if _, ok := h.noted[act]; ok {
		return false
	}
	if h.noted == nil {
		h.noted = map[string]time.Time{}
	}
	h.noted[act] = now
	return true
}

// forget takes an act back that could not be noted.
func (h *hearings) forget(act string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.noted, act)
}

// recording serves the audio with ranges. Listening is accountable: nothing is sent before it is noted, whichever range
// is asked for.
func (s *server) recording(ctx context.Context, in *recordingIn) (*huma.StreamResponse, error) {
	file, err := s.file(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	audio, err := s.Recordings.Open(file)
	if err != nil {
		s.Logger.Error("web: recording cannot be opened", "file", file, "error", err)
		return nil, s.problem(ctx, http.StatusNotFound, textNoAudio)
	}
	act, disposition := "play_recording", "inline"
	if in.Download {
		act, disposition = "download_recording", "attachment"
	}
	if err := s.hearing(ctx, act, in.ID); err != nil {
		audio.Close() // read only: nothing to lose
		return nil, err
	}
	return playStream(audio, audio, disposition+`; filename="`+fileName(in.ID)+`.wav"`), nil
}

// hearing notes an act of listening, once however many ranges it is made of.
func (s *server) hearing(ctx context.Context, act, id string) error {
	// The token is the session's: another login of the same person is another act.
	key := strings.Join([]string{tokenOf(ctx), act, id}, "\x00")
	if !s.heard.first(key, s.Now()) {
		return nil
	}
	err := s.audit(ctx, act, id)
	if err != nil {
		s.heard.forget(key)
	}
	return err
}

// playStream sends audio, or a part of it, with ranges, and closes it.
func playStream(audio io.Closer, part io.ReadSeeker, disposition string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer audio.Close()
		r, w := humago.Unwrap(c)
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Content-Disposition", disposition)
		http.ServeContent(&rangeProblem{ResponseWriter: w}, r, "", time.Time{}, part)
	}}
}

// rangeProblem says what is wrong with a range as every other answer of the API says it, instead of in plain text.
type rangeProblem struct {
	http.ResponseWriter
	told bool
}

// WriteHeader turns a range that the audio has not into a problem (RFC 9110, section 15.5.17).
func (p *rangeProblem) WriteHeader(status int) {
	if status != http.StatusRequestedRangeNotSatisfiable {
		p.ResponseWriter.WriteHeader(status)
		return
	}
	p.told = true
	h := p.Header()
	h.Del("Content-Disposition")
	h.Del("Content-Length")
	h.Set("Content-Type", "application/problem+json")
	p.ResponseWriter.WriteHeader(status)
	json.NewEncoder(p.ResponseWriter).Encode(huma.ErrorModel{ // a client that is gone needs no answer
		Status: status, Title: http.StatusText(status), Detail: "the recording has no such range; Content-Range says how long it is",
	})
}

// Write leaves out the plain text behind a problem.
func (p *rangeProblem) Write(b []byte) (int, error) {
	if p.told {
		return len(b), nil
	}
	return p.ResponseWriter.Write(b)
}

// ReadFrom keeps the way by which a file is sent without being copied.
func (p *rangeProblem) ReadFrom(r io.Reader) (int64, error) {
	if p.told {
		return io.Copy(io.Discard, r)
	}
	return io.Copy(p.ResponseWriter, r)
}

// fileName is an id as a file's name on anybody's disk.
func fileName(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, id)
}
