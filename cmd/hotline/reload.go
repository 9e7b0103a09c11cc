package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"
	"time"

	"hotline/sip"
)

var (
	errNoFile    = errors.New("the engine was started without a file such as hotline.yaml: there is nothing to read again")
	errNoEngine  = errors.New("no engine runs on this data folder")
	errReloading = errors.New("the file is not taken over, and everything stays as it was")
)

// reloadCmd is `hotline reload`.
type reloadCmd struct{ at }

// Run has the running engine read its file again.
func (r *reloadCmd) Run(ctx context.Context, out io.Writer) error {
	return r.on(func(c control) error { return c.run(ctx, taskReload, nil, out) })
}

// trunksCmd is `hotline trunks`.
type trunksCmd struct{ at }

// Run prints how the trunks of the running engine are.
func (t *trunksCmd) Run(ctx context.Context, out io.Writer) error {
	return t.on(func(c control) error { return c.run(ctx, taskTrunks, nil, out) })
}

// reload reads the machine's file again and puts its trunks in force, without touching a call. What else has changed in it is named: it needs a
// restart.
func (e *engine) reload(ctx context.Context, out io.Writer) error {
	if e.sip == nil {
		return errNoEngine
	}
	if e.cfg.File == "" {
		return errNoFile
	}
	next, bad := readConfig(e.cfg.File, os.LookupEnv)
	if len(bad) == 0 {
		asked := next
		asked.Centre = "the centre in force"
		bad = unknownTrunks(asked, e.centre.now())
	}
	if len(bad) > 0 {
		return errors.Join(errReloading, faults(bad))
	}
	changed, err := e.sip.SetTrunks(ctx, next.SIP.Trunks)
	if err != nil {
		return errors.Join(errReloading, err)
	}
	e.trunks.Store(&next.SIP.Trunks)
	e.log.Info("the machine's file was read again", "file", e.cfg.File, "trunks added", changed.Added, "changed", changed.Changed, "removed", changed.Removed)
	return sayReloaded(out, changed, restartFor(e.cfg, next))
}

func sayReloaded(out io.Writer, changed sip.TrunksChanged, restart []string) (err error) {
	say := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(out, format+"\n", args...)
		}
	}
	if !changed.Any() {
		say("no trunk has changed")
	}
	for _, one := range []struct {
		word  string
		names []string
	}{{"added", changed.Added}, {"changed", changed.Changed}, {"removed", changed.Removed}} {
		if len(one.names) > 0 {
			say("trunks %s: %s", one.word, strings.Join(one.names, ", "))
		}
	}
	if len(restart) > 0 {
		say("in force only after a restart: %s", strings.Join(restart, ", "))
	}
	return err
}

// restartFor are the sections of the file that are others than those in force and cannot be taken over by a running engine.
func restartFor(now, next config) (all []string) {
	now.SIP.Trunks, next.SIP.Trunks = nil, nil
	for _, one := range []struct {
		section   string
		was, next any
	}{
		{"data", now.Data, next.Data},
		{"centre", now.Centre, next.Centre},
		{"sip", now.SIP, next.SIP},
		{"media", []any{now.Ports, now.Codecs, now.SRTP, now.SDESClear}, []any{next.Ports, next.Codecs, next.SRTP, next.SDESClear}},
		{"web", now.Web, next.Web},
		{"metrics", now.Metrics, next.Metrics},
		{"recordings", now.Keep, next.Keep},
		{"log", now.Log, next.Log},
		{"webhooks", now.Webhooks, next.Webhooks},
		{"mail", now.Out.Mail, next.Out.Mail},
		{"alarms", now.Out.Alarms, next.Out.Alarms},
		{"reports", now.ReportDomains, next.ReportDomains},
		{"events", now.Out.Events, next.Out.Events},
		{"queue_log", now.Out.QueueLog, next.Out.QueueLog},
	} {
		if !reflect.DeepEqual(one.was, one.next) {
			all = append(all, one.section)
		}
	}
	return all
}

// followHangups reads the file again at every HUP, until stop is called.
func (e *engine) followHangups() (stop func()) {
	hangups, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-hangups:
				if err := e.reload(context.Background(), io.Discard); err != nil {
					e.log.Error("the machine's file was not taken over", "error", err)
				}
			}
		}
	}()
	return func() { signal.Stop(hangups); close(done) }
}

// sayTrunks prints how the trunks are.
func (e *engine) sayTrunks(out io.Writer) error {
	if e.sip == nil {
		return errNoEngine
	}
	for _, t := range e.sip.Trunks() {
		if _, err := io.WriteString(out, trunkLines([]sip.TrunkState{t}, time.Now())); err != nil {
			return err
		}
		for _, s := range t.Servers {
			word := "up"
			if !s.Up {
				word = strings.TrimSuffix("down: "+s.Problem, ": ")
			}
			if _, err := fmt.Fprintf(out, "  %s  %s://%s  %s\n", s.Server, s.Network, s.Addr, word); err != nil {
				return err
			}
		}
	}
	return nil
}

// config is the machine's file as it is in force now.
func (e *engine) config() config {
	c := e.cfg
	if t := e.trunks.Load(); t != nil {
		c.SIP.Trunks = *t
	}
	return c
}
