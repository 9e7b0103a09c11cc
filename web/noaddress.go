package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// noAddress answers what none of the API's routes takes: 405 with the methods that there are where the address takes others
// (RFC 9110, section 15.5.6), else 404.
func (s *server) noAddress(w http.ResponseWriter, r *http.Request) {
	p := huma.ErrorModel{
		Status: http.StatusNotFound, Title: http.StatusText(http.StatusNotFound), Detail: "there is no such address; see /api/openapi.json",
	}
	if allowed := s.methods(r.URL.Path); len(allowed) > 0 {
		all := strings.Join(allowed, ", ")
		w.Header().Set("Allow", all)
		p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
		p.Detail = "this address takes " + all + "; see /api/openapi.json"
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // a client that is gone needs no answer
}

// methods are those that an address of the API takes, in the order of their letters.
func (s *server) methods(path string) []string {
	var all []string
	for _, r := range s.routes {
		if fits(r.path, path) {
			all = append(all, r.method)
			if r.method == http.MethodGet {
				all = append(all, http.MethodHead)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// fits says whether a path is one of a route's, such as /api/v1/agents/{id}.
func fits(route, path string) bool {
	for {
		want, restOf, more := strings.Cut(route, "/")
		got, rest, longer := strings.Cut(path, "/")
		if want != got && (!strings.HasPrefix(want, "{") || got == "") || more != longer {
			return false
		}
		if !more {
			return true
		}
		route, path = restOf, rest
	}
}

// withoutValues keeps what was sent out of the answer that says what is wrong with it, where it is more than one plain value or
// may be secret: a page shows such an answer and a program logs it.
func withoutValues(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	for _, e := range m.Errors {
		switch e.Value.(type) {
		case nil, bool, float64, int, int64, string:
			if at := strings.ToLower(e.Location); strings.Contains(at, "password") || strings.Contains(at, "code") || strings.Contains(at, "secret") {
				e.Value = nil
			}
		default:
			e.Value = nil
		}
	}
	return v, nil
}
