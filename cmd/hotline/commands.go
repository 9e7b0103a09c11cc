package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"hotline/ivr/prompts"
	"hotline/store/local"
)

// at is where the config is, for every command that needs it.
type at struct {
	Config string `help:"The machine's file; default: hotline.yaml here, if there is one." type:"path"`
}

// read reads the config; the faults are the error.
func (a at) read() (config, error) {
	name := a.Config
	if name == "" {
		if _, err := os.Stat("hotline.yaml"); err == nil {
			name = "hotline.yaml"
		}
	}
	c, bad := readConfig(name, os.LookupEnv)
	if len(bad) > 0 {
		return c, faults(bad)
	}
	return c, nil
}

// serveCmd is `hotline serve`.
type serveCmd struct {
	at
	LogJSON bool          `help:"Log lines as JSON."`
	Drain   time.Duration `default:"10m" help:"At TERM calls may go on for so long."`
}

// Run serves until INT (calls are ended) or TERM (calls may end by themselves, new ones are refused).
func (s *serveCmd) Run(ctx context.Context) error {
	cfg, err := s.read()
	if err != nil {
		return err
	}
	var h slog.Handler = slog.NewTextHandler(os.Stderr, nil)
	if s.LogJSON {
		h = slog.NewJSONHandler(os.Stderr, nil)
	}
	logger := slog.New(h)
	kept := newReserve()
	defer kept.close()
	if cfg.OwnThreads = makeRoom(cfg.Loops, kept != nil); kept != nil {
		cfg.Slowly = kept.during
	}
	starting := paceGarbage(garbageMost, garbageMost, func() uint64 { return 0 })
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	hangups := make(chan os.Signal, 1) // from the start: a HUP that comes before the engine is up must not end it
	signal.Notify(hangups, syscall.SIGHUP)
	e, err := openEngine(cfg, logger, false)
	starting()
	if err != nil {
		return err
	}
	runtime.GC() // what starting took, passwords and the past read again, is room that calls can have
	defer paceGarbage(garbageLeast, garbageMost, func() uint64 { return e.hub.Stats().Calls })()
	defer e.close()
	stop, err := serveControl(cfg.Data, e)
	if err != nil {
		return err
	}
	defer stop()
	defer e.followHangups(hangups)()
	logger.Info("hotline is up", "web", cfg.Web.Listen.String(), "sip", listening(cfg), "data", cfg.Data, "version", version)
	if <-signals == syscall.SIGTERM {
		logger.Info("draining", "calls", e.hub.Count(), "at most", s.Drain)
		e.drain(signals, s.Drain)
	}
	e.stop(5*time.Second, "signal")
	return nil
}

// makeRoom gives each media loop a P of its own beside those of everything else, and returns how many loops there are to be:
// loops, or with 0 one a processor. Packets then never wait for other work of this process, and the kernel shares the processors
// out among the threads. With a reserve there is one P more, which is lent.
func makeRoom(loops int, reserve bool) int {
	procs := runtime.GOMAXPROCS(0)
	if loops == 0 {
		loops = procs
	}
	if reserve {
		procs++
	}
	runtime.GOMAXPROCS(procs + loops)
	return loops
}

func listening(c config) string {
	var all []string
	for _, l := range c.SIP.Listen {
		all = append(all, l.Network+"://"+l.Addr.String())
	}
	return strings.Join(all, " ")
}

// drain waits until no call is up, the time is over or a second signal comes.
func (e *engine) drain(signals <-chan os.Signal, most time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	e.draining.Store(true)
	e.sip.Drain()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := e.hub.Drain(ctx); err != nil {
		e.log.Warn("no longer waiting for calls", "calls", e.hub.Count())
	}
}

// checkCmd is `hotline check`.
type checkCmd struct {
	at
	Number string `help:"Show what the trunks' rules make of this number."`
	Trunk  string `help:"Only of this trunk."`
}

// Run prints one line for each fault of both files, and one for each queue that nobody could serve: that is a warning alone.
func (c *checkCmd) Run(out io.Writer) error {
	cfg, err := c.read()
	var all faults
	if err != nil && !errors.As(err, &all) {
		return err
	}
	if cfg.Centre != "" {
		parsed, _, err := readCentre(cfg)
		var more faults
		if err != nil && !errors.As(err, &more) {
			return err
		}
		all = append(all, more...)
		if parsed != nil {
			all = append(all, lacking(cfg, newPromptShelf(cfg.Data).library, parsed)...)
			all = append(all, unknownQueues(cfg, parsed, enginePatience)...)
			if err := warnUnserved(out, cfg, parsed); err != nil {
				return err
			}
		}
	}
	if len(all) > 0 {
		return all
	}
	if c.Number != "" {
		return showNumber(out, cfg, c.Number, c.Trunk)
	}
	_, err = fmt.Fprintln(out, "no faults")
	return err
}

// promptFile is a default prompt's WAV.
func promptFile(lang, name string) ([]byte, error) {
	return fs.ReadFile(prompts.FS(), lang+"/"+name+".wav")
}

// applyCmd is `hotline apply FILE`.
type applyCmd struct {
	at
	File string `arg:"" help:"The centre file." type:"path"`
}

// Run puts the file in force in the running engine, or in its data when none runs.
func (a *applyCmd) Run(out io.Writer) error {
	source, err := os.ReadFile(a.File)
	if err != nil {
		return err
	}
	return a.on(func(c control) error {
		said, err := c.apply(a.File, source)
		if err == nil {
			_, err = fmt.Fprintln(out, said)
		}
		return err
	})
}

// exportCmd is `hotline export`.
type exportCmd struct {
	at
	Version string `help:"The beginning of an earlier version's SHA-256, as 'hotline versions' prints it."`
}

// Run prints the centre in force.
func (x *exportCmd) Run(out io.Writer) error {
	return x.on(func(c control) error {
		source, err := c.export(x.Version)
		if err == nil {
			_, err = out.Write(source)
		}
		return err
	})
}

// versionsCmd is `hotline versions`.
type versionsCmd struct{ at }

// Run lists the centre files that were in force, the latest last.
func (v *versionsCmd) Run(ctx context.Context, out io.Writer) error {
	return v.on(func(c control) error { return c.run(ctx, taskVersions, nil, out) })
}

// userCmd is `hotline user`.
type userCmd struct {
	Add userAddCmd `cmd:"" help:"Add a login; its password is read from standard input."`
}

type userAddCmd struct {
	at
	Name string `arg:"" help:"Login name."`
	Role string `required:"" help:"director, lead, team_lead, qa, coordinator, agent or wallboard." enum:"director,lead,team_lead,qa,coordinator,agent,wallboard"`
}

// Run adds the login.
func (u *userAddCmd) Run(out io.Writer) error {
	b, err := io.ReadAll(io.LimitReader(os.Stdin, 4096))
	if err != nil {
		return err
	}
	password := strings.TrimRight(string(b), "\r\n")
	return u.on(func(c control) error {
		if err := c.addUser(u.Name, u.Role, password); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s may log in as %s\n", u.Name, u.Role)
		return err
	})
}

// on calls f with the engine that runs on the data, or with the data itself.
func (a at) on(f func(control) error) error {
	cfg, err := a.read()
	if err != nil {
		return err
	}
	if r, ok := dialControl(cfg.Data); ok {
		return f(r)
	}
	s, err := local.Open(cfg.Data, local.Config{})
	if err != nil {
		return err
	}
	k, err := newCentreKeeper(s.Bucket("centre"), cfg)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(f(&engine{cfg: cfg, store: s, centre: k, log: slog.New(slog.DiscardHandler)}), s.Close())
}

// recordingsCmd is `hotline recordings`.
type recordingsCmd struct {
	Verify verifyCmd `cmd:"" help:"Check every recording against its record: present, complete, unaltered."`
}

type verifyCmd struct{ at }

// Run hashes every recording that the log names.
func (v *verifyCmd) Run(ctx context.Context, out io.Writer) error {
	return v.on(func(c control) error { return c.run(ctx, taskVerify, nil, out) })
}
