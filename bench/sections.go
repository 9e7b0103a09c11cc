package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// bench is one run.
type bench struct {
	o     options
	table *table

	litter []string // folders to be removed at the end
}

// latency is a distribution as callstorm prints it, in ms.
type latency struct {
	N   int64   `json:"n"`
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// measured is what callstorm prints, as far as it is used here.
type measured struct {
	Seconds    float64 `json:"seconds"`
	Calls      int     `json:"calls"`
	Connected  int     `json:"connected"`
	Inversions int     `json:"order_inversions"`
	Setup      latency `json:"invite_to_agent_invite_ms"`
	OneWay     latency `json:"one_way_delay_ms"`
	Next       latency `json:"free_agent_to_next_invite_ms"`
	Received   int64   `json:"rtp_received"`
	Loss       float64 `json:"rtp_loss_ratio"`
	Holes      int64   `json:"rtp_holes"`
	Resent     int     `json:"sip_retransmissions"`
	OwnCPU     float64 `json:"own_cpu_s"`
	CPU        float64 `json:"engine_cpu_s"`
	CPUPerCall float64 `json:"engine_cpu_ms_per_call"`
	CPUPerMin  float64 `json:"engine_cpu_s_per_call_minute"`
	CPUPerS    float64 `json:"engine_cpu_s_per_s"`
	RSSPerCall int64   `json:"engine_rss_bytes_per_call"`
	RSS        int64   `json:"engine_rss_bytes"`
	RSSBefore  int64   `json:"engine_rss_before_bytes"`

	TalkCPU    float64 `json:"talking_engine_cpu_s"`
	TalkPerMin float64 `json:"talking_engine_cpu_s_per_call_minute"`
	TalkOwn    float64 `json:"talking_own_cpu_s_per_call_minute"`
	TalkOneWay latency `json:"talking_one_way_delay_ms"`

	Registered int     `json:"registered"`
	PerSecond  float64 `json:"registrations_per_s"`
	PerCore    float64 `json:"registrations_per_core_s"`
	Took       latency `json:"register_ms"`
}

// storm runs callstorm against the peer.
func (b *bench) storm(ctx context.Context, p *peer, args ...string) (m measured, err error) {
	bin, err := filepath.Abs(filepath.Join(b.o.bin, "callstorm"))
	if err != nil {
		return m, err
	}
	ctx, cancel := context.WithTimeout(ctx, 4*b.o.window+2*time.Minute)
	defer cancel()
	all := append(append([]string{}, p.args...), "--pid", strconv.Itoa(p.pid), "--keys", "", "--answer", "0s", "--codecs", "PCMU,PCMA")
	cmd := b.command(ctx, b.o.load, bin, append(all, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return m, fmt.Errorf("callstorm %s: %w", strings.Join(args, " "), err)
	}
	return m, json.Unmarshal(out, &m)
}

// each measures the same thing at several loads, each on a fresh peer: the engine and, where a kit is given, the rival, one
// after the other, so that both meet the same machine.
func (b *bench) each(ctx context.Context, ours, rivals string, agents func(n int) int, f func(p *peer, n int) error) error {
	mine, err := numbers(ours)
	if err != nil {
		return err
	}
	theirs, err := numbers(rivals)
	if err != nil {
		return err
	}
	for i := range max(len(mine), len(theirs)) {
		if i < len(mine) {
			p, err := b.hotline(ctx, agents(mine[i]), true)
			if err == nil {
				err = f(p, mine[i])
				p.end()
			}
			if err != nil {
				return err
			}
		}
		if b.o.kit != "" && i < len(theirs) {
			p, err := b.asterisk(ctx, rivalQueue(agents(theirs[i])))
			if err == nil {
				err = f(p, theirs[i])
				p.end()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// rivalQueue is the smallest of the kit's queues with so many members.
func rivalQueue(agents int) int {
	for _, n := range []int{10, 100, 300} {
		if agents <= n {
			return n
		}
	}
	return 1200
}

func numbers(list string) (all []int, err error) {
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// setup measures how calls come to agents: one-second calls, recorded, at random.
func (b *bench) setup(ctx context.Context) error {
	agents := func(rate int) int { return max(300, 3*rate) }
	return b.each(ctx, b.o.rates, b.o.rival, agents, func(p *peer, rate int) error {
		m, err := b.storm(ctx, p, "-r", strconv.Itoa(rate), "-d", b.o.window.String(), "-a", strconv.Itoa(rivalAgents(p, agents(rate))), "--hold", "1s", "--caller-ends", "1")
		if err != nil {
			return err
		}
		b.table.setup(p.name, rate, m)
		return nil
	})
}

// rivalAgents is how many phones there are: a rival's queue has them all as members.
func rivalAgents(p *peer, n int) int {
	if p.rival {
		return rivalQueue(n)
	}
	return n
}

// waiting measures how soon a freed agent's phone rings again: 10 agents, 110 callers, agents hang up after 2 to 4 s.
func (b *bench) waiting(ctx context.Context) error {
	ten := func(int) int { return 10 }
	return b.each(ctx, "110", "110", ten, func(p *peer, callers int) error {
		m, err := b.storm(ctx, p, "-r", "50", "--even", "-d", "1m", "--calls", strconv.Itoa(callers), "-a", "10", "--hold", "logn:3s")
		if err != nil {
			return err
		}
		b.table.waiting(p.name, m)
		return nil
	})
}

// media measures calls that talk: 20 ms packets both ways, recorded; then the same with all packets going through the engine's sockets.
func (b *bench) media(ctx context.Context) error {
	if err := b.each(ctx, b.o.calls, b.o.rivalC, func(calls int) int { return calls }, func(p *peer, calls int) error { return b.talk(ctx, p, calls) }); err != nil {
		return err
	}
	all, err := numbers(b.o.calls)
	if err != nil {
		return err
	}
	for _, calls := range all {
		p, err := b.hotline(ctx, calls, false)
		if err == nil {
			err = b.talk(ctx, p, calls)
			p.end()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// talk measures so many calls that talk.
func (b *bench) talk(ctx context.Context, p *peer, calls int) error {
	ramp := time.Duration(calls) * time.Second / 100
	if p.rival {
		ramp = time.Duration(calls) * time.Second / 20
	}
	m, err := b.storm(ctx, p, "-r", strconv.Itoa(int(float64(calls)/ramp.Seconds())), "--even", "--calls", strconv.Itoa(calls), "-d", "5m",
		"-a", strconv.Itoa(rivalAgents(p, calls)), "--hold", (ramp + b.o.window).String(), "--caller-ends", "1")
	if err != nil {
		return err
	}
	b.table.media(p.name, calls, m)
	return nil
}

// register measures phones that register: all once, for the memory, then again and again, each time with a new challenge.
func (b *bench) register(ctx context.Context) error {
	p, err := b.hotline(ctx, b.o.phones, true)
	if err != nil {
		return err
	}
	defer p.end()
	n := strconv.Itoa(b.o.phones)
	first, err := b.storm(ctx, p, "--register", n, "-d", "0s")
	if err != nil {
		return err
	}
	again, err := b.storm(ctx, p, "--register", n, "-d", b.o.window.String())
	if err != nil {
		return err
	}
	b.table.register(b.o.phones, first, again)
	return nil
}
