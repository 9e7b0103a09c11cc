package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// socketName is the control socket in the data folder. Who may open it may do everything: it is for the machine's owner.
const socketName = "hotline.sock"

// control is what the command line may ask of a running engine.
type control interface {
	apply(name string, source []byte) (string, error)
	export() ([]byte, error)
	addUser(name, role, password string) error
	verify(ctx context.Context, out io.Writer) error
}

// serveControl answers on the data folder's socket until stop is called.
func serveControl(dir string, c control) (stop func(), err error) {
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), l.Close())
	}
	srv := &http.Server{Handler: controlHandler(c), ReadTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.Serve(l) // ends with Close
	}()
	return func() { srv.Close(); <-done }, nil
}

func controlHandler(c control) http.Handler {
	const most = 16 << 20 // a centre file of a hundred thousand agents
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, body []byte, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Write(body) // who asked may be gone
	}
	mux.HandleFunc("POST /apply", func(w http.ResponseWriter, r *http.Request) {
		source, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
		if err != nil {
			answer(w, nil, err)
			return
		}
		said, err := c.apply(r.URL.Query().Get("name"), source)
		answer(w, []byte(said), err)
	})
	mux.HandleFunc("GET /export", func(w http.ResponseWriter, r *http.Request) {
		source, err := c.export()
		answer(w, source, err)
	})
	mux.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		answer(w, nil, c.addUser(r.PostFormValue("name"), r.PostFormValue("role"), r.PostFormValue("password")))
	})
	mux.HandleFunc("GET /verify", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", verdictHeader)
		verdict := "whole"
		if err := c.verify(r.Context(), w); err != nil {
			verdict = err.Error()
		}
		w.Header().Set(verdictHeader, verdict)
	})
	return mux
}

// verdictHeader ends the answer to GET /verify: "whole", or what is wrong.
const verdictHeader = "Verdict"

// remote speaks to the engine that runs on a data folder.
type remote struct{ client *http.Client }

// dialControl returns the engine that runs on the data folder; ok is false if none does.
func dialControl(dir string) (remote, bool) {
	path := filepath.Join(dir, socketName)
	conn, err := net.Dial("unix", path)
	if err != nil {
		return remote{}, false
	}
	conn.Close()
	return remote{&http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}}}, true
}

func (r remote) apply(name string, source []byte) (string, error) {
	b, err := r.do(http.MethodPost, "/apply?name="+url.QueryEscape(name), "application/yaml", string(source))
	return string(b), err
}

func (r remote) export() ([]byte, error) { return r.do(http.MethodGet, "/export", "", "") }

func (r remote) addUser(name, role, password string) error {
	form := url.Values{"name": {name}, "role": {role}, "password": {password}}
	_, err := r.do(http.MethodPost, "/users", "application/x-www-form-urlencoded", form.Encode())
	return err
}

func (r remote) verify(ctx context.Context, out io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/verify", nil)
	if err != nil {
		return err
	}
	client := *r.client
	client.Timeout = 0 // a year of recordings takes its time
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the running engine does not answer: %w", err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(out, res.Body); err != nil {
		return err
	}
	if v := res.Trailer.Get(verdictHeader); v != "whole" {
		return errors.New(v)
	}
	return nil
}

func (r remote) do(method, path, kind, body string) ([]byte, error) {
	req, err := http.NewRequest(method, "http://engine"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the running engine does not answer: %w", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(b)))
	}
	return b, nil
}
