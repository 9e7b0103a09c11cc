package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// barePort is the first port of the bare loop.
const barePort = 20000

// bare measures the least that a socket a leg can cost: a loop that only receives and sends, under the load of talking calls, once waking
// up for each packet and once letting them gather as the engine does.
func (b *bench) bare(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "hotline-bench-")
	if err != nil {
		return err
	}
	b.litter = append(b.litter, dir)
	bin := filepath.Join(dir, "bare")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "./bench/bare").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	loads, err := numbers(b.o.calls)
	if err != nil {
		return err
	}
	for _, pairs := range loads {
		for _, how := range []struct {
			name   string
			gather time.Duration
		}{{"a bare loop", 0}, {"one that gathers", 1500 * time.Microsecond}} {
			m, err := b.bareLoad(ctx, bin, pairs, how.gather)
			if err != nil {
				return err
			}
			b.table.media(how.name, pairs, m)
		}
	}
	return nil
}

// bareLoad is one load of the bare loop.
func (b *bench) bareLoad(ctx context.Context, bin string, pairs int, gather time.Duration) (m measured, err error) {
	cmd := b.command(ctx, b.o.engine, bin, "-at", engineAddr, "-first", strconv.Itoa(barePort), "-pairs", strconv.Itoa(pairs), "-gather", gather.String())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return m, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return m, err
	}
	defer func() {
		_ = cmd.Process.Kill() // gone already: Wait tells
		_ = cmd.Wait()         // ended by us
	}()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return m, fmt.Errorf("the bare loop: %w", err)
	}
	p := &peer{pid: cmd.Process.Pid, args: []string{engineAddr + ":" + strconv.Itoa(barePort), "--local", "127.0.0.38"}}
	return b.storm(ctx, p, "--relay", strconv.Itoa(pairs), "-d", (b.o.window + 3*time.Second).String())
}
