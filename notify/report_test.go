package notify

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"hotline"
)

func TestReportIsSignedAndAsksForLeave(t *testing.T) {
	status := http.StatusOK
	var got *http.Request
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
	}))
	defer srv.Close()
	hook := func(name string, events ...string) *runner {
		h := Hook{Name: name, URL: srv.URL, Secret: "a secret of sixteen", Events: events, Timeout: time.Second}
		return &runner{hook: h, client: client(h, nil)}
	}
	n := &Notifier{hooks: []*runner{hook("all"), hook("calls", EventOffer), hook("bi", EventReport)}}
	if names := n.Reports(); !slices.Equal(names, []string{"bi"}) {
		t.Error(names)
	}
	if err := n.Report(t.Context(), "bi", "report-1", []byte(`{"x":1}`)); err != nil {
		t.Fatal(err)
	}
	stamp := got.Header.Get("X-Hotline-Timestamp")
	if got.Header.Get("X-Hotline-Event") != "report" || got.Header.Get("X-Hotline-Delivery") != "report-1" || got.Header.Get("X-Hotline-Signature") != Sign("a secret of sixteen", stamp, body) || string(body) != `{"x":1}` {
		t.Errorf("%v %s", got.Header, body)
	}
	for name, want := range map[string]bool{"bi": false, "all": true, "calls": true, "nobody": true} {
		status = http.StatusBadGateway
		if err := n.Report(t.Context(), name, "report-2", nil); err == nil || errors.Is(err, hotline.ErrRefused) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	status = http.StatusGone
	if err := n.Report(t.Context(), "bi", "report-3", nil); !errors.Is(err, hotline.ErrRefused) {
		t.Error(err)
	}
}
