package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"hotline/notify"
	"hotline/sip/wire"
)

var (
	errNoFile    = errors.New("the engine was started without a file such as hotline.yaml: there is nothing to read again")
	errNoEngine  = errors.New("no engine runs on the data folder")
	errReloading = errors.New("the file is not taken over, and everything stays as it was")
)

// reloadCmd is `hotline reload`.
type reloadCmd struct{ at }

// Run has the running engine read its file again.
func (r *reloadCmd) Run(ctx context.Context, out io.Writer) error {
	return r.running(ctx, taskReload, out)
}

// trunksCmd is `hotline trunks`.
type trunksCmd struct{ at }

// Run prints how the trunks of the running engine are.
func (t *trunksCmd) Run(ctx context.Context, out io.Writer) error {
	return t.running(ctx, taskTrunks, out)
}

// running has the engine that runs do a task. Faults of the file are no matter here: who asks may lack the engine's secrets, and the engine says
// itself what it makes of the file.
func (a at) running(ctx context.Context, task string, out io.Writer) error {
	cfg, err := a.read()
	if err != nil && cfg.File == "" { // the file itself cannot be read: where the engine would be is not known
		return err
	}
	if r, ok := dialControl(cfg.Data); ok {
		return r.run(ctx, task, nil, out)
	}
	return errors.Join(err, fmt.Errorf("%w %s", errNoEngine, cfg.Data))
}

// reload reads the machine's file again and puts its trunks in force, without touching a call. What else has changed in it is named: it needs a
// restart.
func (e *engine) reload(ctx context.Context, out io.Writer) error {
	if e.cfg.File == "" {
		return errNoFile
	}
	e.reloads.Lock()
	defer e.reloads.Unlock()
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
	e.fold.KnowTrunks(trunkNames(next.SIP.Trunks))
	restart := restartFor(e.cfg, next)
	e.log.Info("the machine's file was read again", "file", e.cfg.File, "trunks added", changed.Added, "changed", changed.Changed, "removed", changed.Removed,
		"calls that go on", changed.Calls, "only after a restart", restart)
	return sayReloaded(out, e.cfg.File, changed, restart)
}

func sayReloaded(out io.Writer, file string, changed wire.TrunksChanged, restart []string) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s was read again", file)
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
	if changed.Calls > 0 {
		say("calls that go on over trunks as they were: %d", changed.Calls)
	}
	if len(restart) > 0 {
		say("in force only after a restart: %s", strings.Join(restart, ", "))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// restartFor are the keys of the file that say another thing than what is in force, and cannot be taken over by a running engine.
func restartFor(now, next config) (all []string) {
	for _, one := range []struct {
		key       string
		was, next any
	}{
		{"data", now.Data, next.Data},
		{"centre", now.Centre, next.Centre},
		{"sip.listen", now.SIP.Listen, next.SIP.Listen},
		{"sip.advertise", []any{now.SIP.Advertise, now.SIP.Exceptions}, []any{next.SIP.Advertise, next.SIP.Exceptions}},
		{"sip.domain", now.SIP.Domain, next.SIP.Domain},
		{"sip.cert, sip.key", now.SIP.Cert + "\x00" + now.SIP.Key, next.SIP.Cert + "\x00" + next.SIP.Key},
		{"sip.origins", now.SIP.Origins, next.SIP.Origins},
		{"sip.keep_alive", now.SIP.KeepAlive, next.SIP.KeepAlive},
		{"sip.session_expires", now.SIP.SessionExpires, next.SIP.SessionExpires},
		{"sip.min_se", now.SIP.MinSE, next.SIP.MinSE},
		{"media.ports", now.Ports, next.Ports},
		{"media.codecs", now.Codecs, next.Codecs},
		{"media.srtp", now.SRTP, next.SRTP},
		{"media.sdes_in_clear", now.SDESClear, next.SDESClear},
		{"media.loops", now.Loops, next.Loops},
		{"media.bypass", now.Bypass, next.Bypass},
		{"web", now.Web, next.Web},
		{"metrics", now.Metrics, next.Metrics},
		{"recordings", now.Keep, next.Keep},
		{"log", now.Log, next.Log},
		{"webhooks", now.Webhooks, next.Webhooks},
		{"mail", true, sameMail(now.Out.Mail, next.Out.Mail)},
		{"alarms", now.Out.Alarms, next.Out.Alarms},
		{"reports", now.ReportDomains, next.ReportDomains},
		{"events", now.Out.Events, next.Out.Events},
		{"queue_log", now.Out.QueueLog, next.Out.QueueLog},
	} {
		if !reflect.DeepEqual(one.was, one.next) {
			all = append(all, one.key)
		}
	}
	return all
}

// sameMail compares by what pools of authorities hold: they are other pools at every reading.
func sameMail(a, b *notify.MailServer) bool {
	if a == nil || b == nil || a.CA == nil || b.CA == nil {
		return reflect.DeepEqual(a, b)
	}
	was, next := *a, *b
	was.CA, next.CA = nil, nil
	return a.CA.Equal(b.CA) && reflect.DeepEqual(was, next)
}

// followHangups reads the file again at every hang-up signal, until stop is called. What is being read then is finished first.
func (e *engine) followHangups(hangups <-chan os.Signal) (stop func()) {
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
				if err := e.reload(ctx, io.Discard); err != nil {
					e.log.Error("the machine's file was not taken over", "error", err)
				}
			}
		}
	}()
	return func() { end(); <-done }
}

// sayTrunks prints how the trunks are, in the file's order.
func (e *engine) sayTrunks(out io.Writer) error {
	var b strings.Builder
	states := map[string]wire.TrunkState{}
	for _, t := range e.sip.Trunks() {
		states[t.Name] = t
	}
	for _, cfg := range e.config().SIP.Trunks {
		t, ok := states[cfg.Name]
		if !ok {
			fmt.Fprintf(&b, "trunk %s: %d calls, in only\n", cfg.Name, e.sip.TrunkCalls(cfg.Name))
		} else {
			b.WriteString(trunkLines([]wire.TrunkState{t}, time.Now()))
		}
		for _, s := range t.Servers {
			word := "up"
			switch {
			case !s.Up:
				word = strings.TrimSuffix("down: "+s.Problem, ": ")
			case !t.Asked:
				word = "not asked whether it is up"
			}
			fmt.Fprintf(&b, "  %s  %s://%s  %s\n", s.Server, s.Network, s.Addr, word)
		}
		if len(cfg.Peers) > 0 {
			fmt.Fprintf(&b, "  calls from %s\n", strings.Trim(fmt.Sprint(cfg.Peers), "[]"))
		}
		for _, r := range e.sip.Recorders() {
			if r.Trunk == cfg.Name {
				b.WriteString(recorderLine(r))
			}
		}
	}
	if b.Len() == 0 {
		b.WriteString("no trunks\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// config is the machine's file as it is in force now.
func (e *engine) config() config {
	c := e.cfg
	if t := e.trunks.Load(); t != nil {
		c.SIP.Trunks = *t
	}
	return c
}
