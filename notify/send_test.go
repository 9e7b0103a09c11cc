package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// TestARealServerCanVerify sends over a real connection to a server that believes only what is signed; a redirection is not followed.
func TestARealServerCanVerify(t *testing.T) {
	var elsewhere atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) }))
	defer other.Close()
	seen := make(chan message, 20)
	first := true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		ts := req.Header.Get("X-Hotline-Timestamp")
		mac := hmac.New(sha256.New, []byte("a secret of some length"))
		mac.Write([]byte(ts + "." + string(body)))
		if req.Header.Get("X-Hotline-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
			t.Error("the signature is wrong")
		}
		if s, err := strconv.ParseInt(ts, 10, 64); err != nil || time.Since(time.Unix(s, 0)).Abs() > time.Minute {
			t.Errorf("timestamp %q", ts)
		}
		if first { // tries of one contact come one after the other
			first = false
			http.Redirect(w, req, other.URL, http.StatusTemporaryRedirect)
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			t.Error(err)
		}
		seen <- m
	}))
	defer srv.Close()
	r := newRig(t, Hook{Name: "crm", URL: srv.URL})
	n, err := New(Config{Hooks: r.hooks, Log: r.log, Places: r.places, Append: r.log.Append, Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	r.hooksRun(n)
	r.call("c1")
	for range 6 {
		select {
		case <-seen:
		case <-time.After(20 * time.Second):
			t.Fatal("nothing came")
		}
	}
	if elsewhere.Load() {
		t.Error("the redirection was followed")
	}
}

func TestWaits(t *testing.T) {
	d := delivery{id: "1-2"}
	var last time.Duration
	for d.tries = 1; d.tries < 100; d.tries++ {
		w := d.wait()
		if d.tries < 8 && w < last || w < 750*time.Millisecond || w > mostWait*5/4 {
			t.Errorf("try %d: %v after %v", d.tries, w, last)
		}
		if w != d.wait() {
			t.Error("not the same twice")
		}
		last = w
	}
}

func TestHideNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "123456": "123456", "call 13800138000 or 95500": "call 138****8000 or 95500", "王13800138000": "王138****8000", "1234567": "****567", "138 0013-8000": "138****8000",
	} {
		if got := hideNumbers(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (r *rig) hooksRun(n *Notifier) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	r.t.Cleanup(func() { cancel(); <-done })
}
