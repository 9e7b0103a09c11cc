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
	export(version string) ([]byte, error) // empty: the one in force
	addUser(name, role, password string) error
	run(ctx context.Context, task string, args url.Values, out io.Writer) error // long work that prints as it goes
}

// The tasks that run does.
const (
	taskVerify   = "verify"
	taskReplay   = "replay"
	taskVersions = "versions"
	taskAudit    = "audit"
	taskBackup   = "backup"
	taskBoards   = "boards"
	taskReload   = "reload"
	taskTrunks   = "trunks"
)

// run does a task of the command line.
func (e *engine) run(ctx context.Context, task string, args url.Values, out io.Writer) error {
	switch task {
	case taskVerify:
		return e.verify(ctx, out)
	case taskReplay:
		return e.replay(ctx, args, out)
	case taskVersions:
		return e.versions(out)
	case taskAudit:
		return e.verifyAudit(ctx, args, out)
	case taskBackup:
		return e.backup(ctx, args, out)
	case taskBoards:
		return e.boardQueues(out)
	case taskReload:
		return e.reload(ctx, out)
	case taskTrunks:
		return e.sayTrunks(out)
	}
	return fmt.Errorf("no task %q", task)
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
		source, err := c.export(r.URL.Query().Get("version"))
		answer(w, source, err)
	})
	mux.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		answer(w, nil, c.addUser(r.PostFormValue("name"), r.PostFormValue("role"), r.PostFormValue("password")))
	})
	mux.HandleFunc("POST /tasks/{task}", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 3*most) // a centre file, escaped
		if err := r.ParseForm(); err != nil {
			answer(w, nil, err)
			return
		}
		// ReadTimeout would end the request's context in the middle of long work. A server of our own always knows how.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		w.Header().Set("Trailer", verdictHeader)
		verdict := verdictDone
		if err := c.run(r.Context(), r.PathValue("task"), r.PostForm, w); err != nil {
			verdict = url.QueryEscape(err.Error()) // a trailer is one line
		}
		w.Header().Set(verdictHeader, verdict)
	})
	return mux
}

// verdictHeader ends the answer to a task: "done", or what is wrong.
const (
	verdictHeader = "Verdict"
	verdictDone   = "done"
)

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

func (r remote) export(version string) ([]byte, error) {
	return r.do(http.MethodGet, "/export?version="+url.QueryEscape(version), "", "")
}

func (r remote) addUser(name, role, password string) error {
	form := url.Values{"name": {name}, "role": {role}, "password": {password}}
	_, err := r.do(http.MethodPost, "/users", "application/x-www-form-urlencoded", form.Encode())
	return err
}

func (r remote) run(ctx context.Context, task string, args url.Values, out io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://engine/tasks/"+task, strings.NewReader(args.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
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
	if v := res.Trailer.Get(verdictHeader); v != verdictDone {
		said, err := url.QueryUnescape(v)
		return errors.Join(errors.New(said), err)
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
