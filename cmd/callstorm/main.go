// Command callstorm loads a contact centre with real calls: callers and agents over SIP and RTP. It prints what it
// measured as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"hotline/cmd/callstorm/storm"
)

// flags is the command line.
type flags struct {
	Server  string        `arg:"" help:"The engine's SIP over UDP, HOST:PORT."`
	Number  string        `short:"n" default:"95500" help:"Number to dial."`
	Domain  string        `default:"hotline.example" help:"Domain of the agents' phones."`
	Local   string        `default:"127.0.0.1" help:"Address of the simulated phones."`
	Rate    float64       `short:"r" help:"New calls a second, arriving at random."`
	Even    bool          `help:"Calls arrive evenly spaced."`
	Conc    int           `name:"concurrency" short:"c" help:"Instead of a rate: keep so many calls up."`
	Ramp    time.Duration `help:"Grow to the full load over this time."`
	For     time.Duration `name:"duration" short:"d" default:"1m" help:"New calls come for so long."`
	Calls   int           `help:"Stop after so many calls."`
	Keys    []string      `default:"1" help:"Keys a caller presses; of several, each caller picks one."`
	KeyWait storm.Dist    `name:"key-delay" default:"500ms" help:"From the answer to the first key, and between keys."`
	Wait    storm.Dist    `name:"patience" default:"0s" help:"Callers give up waiting after this; 0s: never. Also exp:60s, logn:60s."`
	Hold    storm.Dist    `default:"10s" help:"How long caller and agent talk."`
	Caller  float64       `name:"caller-ends" default:"0" help:"Share of calls that the caller ends, 0 to 1."`

	Agents   int        `short:"a" help:"Number of agents' phones."`
	First    int        `name:"first-agent" default:"8001" help:"User of the first agent; the others count up."`
	Name     string     `name:"agent-name" default:"%d" help:"Form of the agents' users, for example a%04d."`
	At       string     `name:"agents-at" help:"Address and port of the agents' phones; default: that of --local, any port."`
	Static   bool       `help:"The peer knows where the agents are: nobody registers or dials a code. For other peers than Hotline."`
	Password string     `default:"pw-{user}" help:"Agents' password; {user} is replaced."`
	Answer   storm.Dist `default:"200ms" help:"How long an agent's phone rings."`
	Reject   float64    `help:"Share of offers that agents reject."`
	Ignore   float64    `help:"Share of offers that agents let ring out."`
	Die      float64    `help:"Share of offers at which the agent's phone dies without a word, to come back after --recover."`
	Recover  storm.Dist `default:"5s" help:"After a missed offer the agent is ready again so much later."`
	Ready    string     `default:"*1" help:"Code that makes an agent ready."`
	EndWrap  string     `name:"end-wrap" default:"" help:"Code that ends after-call work, for example *3."`
	WrapUp   storm.Dist `name:"wrap-up" default:"1s" help:"When it is dialled."`

	Register int  `help:"Instead of calls: the agents' phones register, so many of them; --rate a second (0: as fast as they are answered) for --duration (0: each once)."`
	Relay    int  `help:"Instead of calls: packets both ways through so many pairs of ports from SERVER's on, for --duration. For what only passes packets on."`
	Keep     bool `name:"keep-nonce" help:"Phones that register answer their last challenge again instead of asking for a new one."`

	Codecs  []string `default:"PCMA,PCMU" help:"In order of preference."`
	Sockets int      `default:"2" help:"RTP sockets on each side."`
	NoProbe bool     `help:"Do not measure delay and loss by marked packets (needed when the engine must transcode)."`
	Seed    uint64   `help:"Repeats a storm; 0: from the clock."`
	PID     int      `help:"The engine's process, whose CPU time and memory are measured."`
	Each    string   `help:"Write how each call ended to this file: its number and connected, abandoned, unjoined or failed, a line a call." type:"path"`
	Profile string   `hidden:"" help:"Write where callstorm's own CPU time goes to this file (go tool pprof)." type:"path"`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Name("callstorm"), kong.Description("Real SIP and RTP load for a contact centre; measures what callers and agents meet."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, f, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "callstorm:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags, out io.Writer) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	stop, err := profile(f.Profile)
	if err != nil {
		return err
	}
	var res any
	switch {
	case f.Relay > 0:
		res, err = storm.RunRelay(ctx, storm.Relay{First: cfg.Server, Pairs: f.Relay, Local: cfg.Local, Duration: f.For, EnginePID: f.PID})
	case f.Register > 0:
		res, err = storm.RunRegisters(ctx, storm.Registers{
			Server: cfg.Server, Local: cfg.Local, Domain: cfg.Domain, Users: cfg.Agents, Rate: f.Rate, Duration: f.For, Keep: f.Keep,
			EnginePID: f.PID,
		})
	default:
		res, err = storm.Run(ctx, cfg)
	}
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(res)
}

// config is the storm that the flags describe.
func (f flags) config() (storm.Config, error) {
	server, err := net.ResolveUDPAddr("udp4", f.Server)
	if err != nil {
		return storm.Config{}, fmt.Errorf("server %q: %w", f.Server, err)
	}
	local, err := netip.ParseAddr(f.Local)
	if err != nil {
		return storm.Config{}, fmt.Errorf("local address: %w", err)
	}
	at := server.AddrPort()
	cfg := storm.Config{
		Server: netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), Local: local, Domain: f.Domain, Number: f.Number,
		Calls: f.Calls, Rate: f.Rate, Even: f.Even, Concurrency: f.Conc, Ramp: f.Ramp, Duration: f.For, Keys: f.Keys,
		KeyDelay: f.KeyWait, Patience: f.Wait, Hold: f.Hold, CallerEnds: f.Caller, Answer: f.Answer, Reject: f.Reject, Ignore: f.Ignore,
		Recover: f.Recover, Ready: f.Ready, EndWrap: f.EndWrap, WrapUp: f.WrapUp, Codecs: f.Codecs, Probe: !f.NoProbe,
		Sockets: f.Sockets, Seed: f.Seed, EnginePID: f.PID, Static: f.Static, Die: f.Die, Each: f.Each,
	}
	if f.At != "" {
		if cfg.AgentsAt, err = netip.ParseAddrPort(f.At); err != nil {
			return storm.Config{}, fmt.Errorf("agents' address: %w", err)
		}
	}
	for i := range max(f.Agents, f.Register) {
		user := fmt.Sprintf(f.Name, f.First+i)
		cfg.Agents = append(cfg.Agents, storm.Agent{User: user, Password: strings.ReplaceAll(f.Password, "{user}", user)})
	}
	return cfg, nil
}

// profile starts a CPU profile, if a file is named; stop completes it.
func profile(name string) (stop func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}
