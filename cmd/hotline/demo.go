package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"hotline/centre"
	"hotline/cmd/callstorm/storm"
	"hotline/media"
	"hotline/sip/wire"
)

//go:embed centre-demo.yaml
var demoCentre []byte

// demoDomain is the domain of the demo's phones.
const demoDomain = "hotline.example"

// peopleStop is how long the simulated people may take to hang up.
const peopleStop = 4 * time.Second

// demoCmd is `hotline demo`.
type demoCmd struct {
	Minutes float64 `help:"Hang up and print the KPI sheet after so many minutes (fractions allowed); default: until Ctrl-C."`
	Data    string  `help:"Keep the data in this folder; default: a temporary one, removed at the end." type:"path"`
	Rate    float64 `default:"0.48" help:"New calls a second."`
	Port    int     `help:"Port of the web pages; default: 8080 if it is free."`
	Seed    uint64  `help:"Repeats the same callers; default: from the clock."`
}

// Run runs a whole centre with simulated people until its time or a signal.
func (d *demoCmd) Run(ctx context.Context, out io.Writer) error {
	dir := d.Data
	if dir == "" {
		tmp, err := os.MkdirTemp("", "hotline-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	cfg, err := d.config(dir)
	if err != nil {
		return err
	}
	logFile, err := os.Create(filepath.Join(dir, "engine.log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	e, err := openEngine(cfg, slog.New(slog.NewTextHandler(logFile, nil)), true)
	if err != nil {
		return err
	}
	defer e.close()
	logins, err := e.demoLogins()
	if err != nil {
		return err
	}
	people, err := d.people(cfg, e.centre.now())
	if err != nil {
		return err
	}
	defer people.stop()
	d.welcome(out, cfg, logins, dir)

	over := make(<-chan time.Time)
	if d.Minutes > 0 {
		over = time.After(time.Duration(d.Minutes * float64(time.Minute)))
	}
	select {
	case <-ctx.Done():
	case <-over:
	case err := <-people.done:
		if err != nil {
			return fmt.Errorf("the simulated people stopped: %w (see %s)", err, logFile.Name())
		}
	}
	fmt.Fprintln(out, "\nHanging up …")
	people.stop()
	e.stop(3*time.Second, "demo is over")
	return e.printKPI(out)
}

// config is a machine on free ports of loopback.
func (d *demoCmd) config(dir string) (config, error) {
	c := defaults()
	c.Data = filepath.Join(dir, "data")
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return c, err
	}
	c.Centre = filepath.Join(dir, "centre.yaml")
	if _, err := os.Stat(c.Centre); err != nil { // kept data may have a centre that was edited
		if err := os.WriteFile(c.Centre, demoCentre, 0o640); err != nil {
			return c, err
		}
	}
	sipPort, err := freePort("udp", 5060)
	if err != nil {
		return c, err
	}
	webPort, err := freePort("tcp", firstOf(d.Port, 8080))
	if err != nil {
		return c, err
	}
	metricsPort, err := freePort("tcp", 9466)
	if err != nil {
		return c, err
	}
	c.SIP.Domain = demoDomain
	at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), sipPort)
	c.SIP.Listen = []wire.Listen{{Network: "udp", Addr: at}, {Network: "tcp", Addr: at}}
	c.SIP.Trunks = []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	c.Ports = [2]uint16{0, 0}
	c.Web.Listen = netip.AddrPortFrom(at.Addr(), webPort)
	c.Metrics = netip.AddrPortFrom(at.Addr(), metricsPort)
	return c, nil
}

func firstOf(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

// freePort returns the port wanted if it can be had for both udp and tcp, else one that the kernel names.
func freePort(network string, want int) (uint16, error) {
	for _, p := range []int{want, 0} {
		addr := fmt.Sprintf("127.0.0.1:%d", p)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if network == "tcp" {
			return uint16(port), nil
		}
		u, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		u.Close()
		return uint16(port), nil
	}
	return 0, fmt.Errorf("no free %s port on 127.0.0.1", network)
}

// welcome says where to look.
func (d *demoCmd) welcome(out io.Writer, c config, logins []login, dir string) {
	fmt.Fprintf(out, `Hotline demo — a small insurer's call centre, live.

  Wallboard   http://%[1]s/
  Recordings  http://%[1]s/qa
  Reports     http://%[1]s/reports
  Agent desk  http://%[1]s/agent
  Metrics     http://%[2]s/metrics
  SIP         udp and tcp %[3]s, domain %[4]s: dial 95500

`, c.Web.Listen, c.Metrics, c.SIP.Listen[0].Addr, demoDomain)
	for _, l := range logins {
		fmt.Fprintf(out, "  %-9s %-8s %s\n", l.user, l.password, l.what)
	}
	fmt.Fprintf(out, "\n  Data in %s\n", dir)
	if d.Minutes > 0 {
		fmt.Fprintf(out, "  Runs for %g minutes; Ctrl-C ends it sooner.\n", d.Minutes)
	} else {
		fmt.Fprintln(out, "  Ctrl-C ends it.")
	}
}

// crowd is the process of simulated people.
type crowd struct {
	cmd  *exec.Cmd
	done chan error
	over chan struct{}
}

// people starts callers and agents as a process of its own: they speak to the engine only over SIP and RTP.
func (d *demoCmd) people(cfg config, c *centre.Centre) (*crowd, error) {
	s, err := json.Marshal(d.storm(cfg, c))
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &crowd{cmd: exec.Command(self, "people"), done: make(chan error, 1), over: make(chan struct{})}
	p.cmd.Stdin = bytes.NewReader(s)
	var complaint bytes.Buffer
	p.cmd.Stderr = &complaint
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // Ctrl-C is for us to hand on
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the simulated people: %w", err)
	}
	go func() {
		err := p.cmd.Wait()
		if text := strings.TrimSpace(complaint.String()); text != "" {
			err = errors.Join(err, errors.New(text))
		}
		p.done <- err
		close(p.over)
	}()
	return p, nil
}

// stop asks the people to hang up, and does not wait for ever.
func (p *crowd) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM) // gone already: nothing to stop
	select {
	case <-p.over:
	case <-time.After(peopleStop):
		p.cmd.Process.Kill()
		<-p.over
	}
}

// storm is who the people are: callers who come in waves, press a key, lose patience or talk; agents who answer, wrap up,
// miss a call now and then and take breaks.
func (d *demoCmd) storm(cfg config, c *centre.Centre) storm.Config {
	s := storm.Config{
		Server: cfg.SIP.Listen[0].Addr, Domain: demoDomain, Number: "95500", Rate: d.Rate,
		Duration: 24 * time.Hour, Profile: waves(24 * time.Hour),
		Keys:     []string{"1", "1", "1", "2", "2", "3", "9", "0"},
		KeyDelay: dist("logn", 1500*time.Millisecond), Patience: dist("logn", 50*time.Second), Hold: dist("logn", 14*time.Second),
		CallerEnds: 0.6, Answer: dist("logn", 2500*time.Millisecond), Reject: 0.01, Ignore: 0.02, Recover: dist("exp", 8*time.Second),
		Ready: "*1", Breaks: []string{"*21", "*22", "*23"}, BreakShare: 0.03, BreakFor: dist("exp", 25*time.Second), Seed: d.Seed,
	}
	for _, a := range c.Agents {
		s.Agents = append(s.Agents, storm.Agent{User: string(a.ID), Password: a.Password})
	}
	s.CallerVoice = voices("zh-CN", "address", "main-menu")
	s.AgentVoice = voices("zh-CN", "welcome", "please-wait", "goodbye")
	return s
}

func dist(kind string, mean time.Duration) storm.Dist { return storm.Dist{Kind: kind, Mean: mean} }

// waves is the shape of the demo's traffic, a minute a step: a calm start, then peaks that make queues.
func waves(total time.Duration) []float64 {
	shape := []float64{1.3, 1.1, 1.4, 0.9, 0.7, 1.1, 1.6, 1.3, 0.8, 0.6}
	out := make([]float64, int(total/time.Minute))
	for i := range out {
		out[i] = shape[i%len(shape)]
	}
	return out
}

// voices are prompts as people say them: with a pause behind.
func voices(lang string, names ...string) (out [][]byte) {
	pause := bytes.Repeat([]byte{media.PCMA.Silence()}, 2*media.SampleRate)
	for _, n := range names {
		wav, err := promptFile(lang, n)
		if err != nil {
			continue // a demo without that voice is a demo
		}
		_, audio, ok := bytes.Cut(wav, []byte("data"))
		if ok && len(audio) > 4 {
			out = append(out, append(bytes.Clone(audio[4:]), pause...))
		}
	}
	return out
}

// peopleCmd is the process that the demo starts.
type peopleCmd struct{}

// Run reads a storm from standard input and runs it until a signal.
func (peopleCmd) Run(ctx context.Context, out io.Writer) error {
	var cfg storm.Config
	if err := json.NewDecoder(os.Stdin).Decode(&cfg); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	res, err := storm.Run(ctx, cfg)
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return json.NewEncoder(out).Encode(res)
}
