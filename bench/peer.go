package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// peer is what is measured: the engine, or a rival that does the same.
type peer struct {
	name  string
	rival bool
	pid   int
	args  []string // of callstorm: where it is, and who its agents are
	end   func()
}

// engineAddr is where the engine listens. No other program is expected there.
const engineAddr = "127.0.0.37"

// hotline starts the engine with so many agents, alone on its processor, with an empty data folder.
func (b *bench) hotline(ctx context.Context, agents int, bypass bool) (*peer, error) {
	dir, err := os.MkdirTemp("", "hotline-bench-")
	if err != nil {
		return nil, err
	}
	b.litter = append(b.litter, dir) // to be removed when all is measured: ext4 makes files slowly for minutes after many were deleted
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "hotline.yaml"), machineFile(bypass), 0o600),
		os.WriteFile(filepath.Join(dir, "centre.yaml"), centreFile(agents), 0o600),
	)
	if err != nil {
		return nil, err
	}
	bin, err := filepath.Abs(filepath.Join(b.o.bin, "hotline"))
	if err != nil {
		return nil, err
	}
	cmd := b.command(ctx, b.o.engine, bin, "serve", "--config", filepath.Join(dir, "hotline.yaml"))
	var logged bytes.Buffer
	cmd.Stderr = &logged
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	end := func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // gone already: Wait tells
		_ = cmd.Wait()                         // ended by us
	}
	name := "Hotline"
	if !bypass {
		name = "Hotline by sockets"
	}
	p := &peer{
		name: name, pid: cmd.Process.Pid, end: end,
		args: []string{engineAddr + ":5060", "--local", "127.0.0.38", "--first-agent", "10001"},
	}
	if err := b.ready(ctx, "http://"+engineAddr+":9466/readyz"); err != nil {
		end()
		return nil, fmt.Errorf("%w\n%s", err, logged.Bytes())
	}
	return p, nil
}

// ready waits until the engine is.
func (b *bench) ready(ctx context.Context, url string) error {
	for range 300 {
		if b.o.netns != "" {
			if b.inside(exec.CommandContext(ctx, "curl", "-sf", url)).Run() == nil {
				return nil
			}
		} else if r, err := http.Get(url); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("the engine is not ready after 30 s")
}

// asterisk starts the kit's Asterisk.
func (b *bench) asterisk(ctx context.Context, agents int) (*peer, error) {
	out, err := b.kit(ctx, "start.sh").Output()
	if err != nil {
		return nil, fmt.Errorf("the kit's start.sh: %w", err)
	}
	lines := strings.Fields(string(out))
	if len(lines) == 0 {
		return nil, errors.New("the kit's start.sh names no process")
	}
	pid, err := strconv.Atoi(lines[len(lines)-1])
	if err != nil {
		return nil, fmt.Errorf("the kit's start.sh: %w", err)
	}
	return &peer{
		name: "Asterisk", rival: true, pid: pid,
		args: []string{
			"127.0.0.1:5060", "--local", "127.0.0.2", "--static", "--agents-at", "127.0.0.3:5070", "--agent-name", "a%04d", "--first-agent", "1",
			"--number", "R" + strconv.Itoa(agents),
		},
		end: func() {
			_ = b.kit(context.WithoutCancel(ctx), "stop.sh").Run() // the next start stops it, too
		},
	}, nil
}

// kit is a script of the rivals' kit.
func (b *bench) kit(ctx context.Context, script string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(b.o.kit, script), args...)
	cmd.Env = append(os.Environ(), "NS="+b.o.netns, "AST_CPU="+strconv.Itoa(b.o.engine), "LOAD_CPU="+strconv.Itoa(b.o.load))
	if b.o.asterD != "" {
		cmd.Env = append(cmd.Env, "AST_DIR="+b.o.asterD)
	}
	return cmd
}

// command runs a program on one processor.
func (b *bench) command(ctx context.Context, cpu int, name string, args ...string) *exec.Cmd {
	if _, err := exec.LookPath("taskset"); err == nil {
		args = append([]string{"-c", strconv.Itoa(cpu), name}, args...)
		name = "taskset"
	}
	cmd := b.inside(exec.CommandContext(ctx, name, args...))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

// inside puts a command into the network namespace.
func (b *bench) inside(cmd *exec.Cmd) *exec.Cmd {
	if b.o.netns == "" {
		return cmd
	}
	in := exec.Command("ip", append([]string{"netns", "exec", b.o.netns, cmd.Path}, cmd.Args[1:]...)...)
	in.Env = cmd.Env
	return in
}

func machineFile(bypass bool) []byte {
	return fmt.Appendf(nil, `data: ./data
centre: centre.yaml
sip:
  listen: [udp://`+engineAddr+`:5060]
  domain: hotline.example
  trunks:
    - {name: carrier, peers: [127.0.0.0/8], max_calls: 5000, max_cps: 5000}
media: {ports: 10000-39999, codecs: [PCMU, PCMA], bypass: %t}
web: {listen: `+engineAddr+`:8080}
metrics: {listen: `+engineAddr+`:9466}
`, bypass)
}

// centreFile is a centre with one queue, recorded, and so many agents.
func centreFile(agents int) []byte {
	var b bytes.Buffer
	b.WriteString("language: en-US\nteams: [{id: a, name: A}]\nagents:\n")
	for i := range agents {
		fmt.Fprintf(&b, "  - {id: \"%d\", name: A%d, password: pw-%d, team: a, skills: {bench: 5}}\n", 10001+i, i+1, 10001+i)
	}
	b.WriteString(`queues:
  - {id: bench, name: Bench, needs: bench >= 1, strategy: longest_idle, ring_timeout: 15s, wrap_up: {mode: none}, max_wait: {after: 10m, then: hangup}, record: always}
flows: {main: [{answer: {}}, {queue: bench}]}
numbers: {"95500": main}
`)
	return b.Bytes()
}
