package storm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// meter reads CPU time and memory of this process and the engine's (Linux: proc(5)).
type meter struct {
	pid         int
	own, engine time.Duration
	rss         int64
}

func newMeter(pid int) meter { return meter{pid, ownCPU(), cpuOf(pid), rssOf(pid)} }

// watch notes the engine's memory while more calls are up than ever, twice a second until ctx is done.
func (s *Storm) watch(ctx context.Context, m meter) {
	if m.pid == 0 {
		return
	}
	s.wg.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		most := 0
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			rss, cpu := rssOf(m.pid), cpuOf(m.pid)
			s.tally.note(func(t *tally) {
				s.talk.look(time.Now(), t.now > 0 && t.now == s.cfg.Calls, spent{cpu, ownCPU()})
				if t.now > 0 && t.now >= most {
					most = t.now
					t.res.RSSPeak, t.res.RSSPerCall = rss, (rss-m.rss)/int64(t.now)
				}
			})
		}
	})
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is the CPU time of a process and its threads; 0 if it cannot be read.
func cpuOf(pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(b, []byte(") ")) // the name before it may hold spaces
	f := strings.Fields(string(rest))
	if len(f) < 13 {
		return 0
	}
	const tick = time.Second / 100 // USER_HZ on Linux
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * tick
}

func rssOf(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// result puts the figures together.
func (s *Storm) result(took time.Duration, m meter) *Result {
	t := s.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.res
	r.Seconds, r.Peak, r.Inversions = took.Seconds(), t.top, s.line.inversions()
	oneWay, settled := newHistogram(), newHistogram()
	for _, a := range s.audio {
		a.mu.Lock()
		oneWay.Merge(a.delay)
		settled.Merge(a.settled)
		r.Expected += a.expected
		r.Received += a.received
		r.Holes += a.holes
		a.mu.Unlock()
	}
	r.AnswerMS, r.SetupMS, r.TwoWayMS = latency(t.answer), latency(t.setup), latency(t.twoWay)
	r.OneWayMS, r.NextMS = latency(oneWay), latency(t.next)
	if r.Expected > 0 {
		loss := 1 - float64(r.Received)/float64(r.Expected)
		r.Loss = &loss
	}
	for _, u := range []*ua{s.callers, s.agents} {
		if u != nil {
			r.Resent += u.resent.Load()
		}
	}
	r.OwnCPU = (ownCPU() - m.own).Seconds()
	perMin := func(cpu float64) *float64 {
		if r.CallMin == 0 {
			return nil
		}
		v := cpu / r.CallMin
		return &v
	}
	r.OwnPerCall = perMin(r.OwnCPU)
	s.talk.put(&r, s.cfg.Calls, latency(settled))
	if m.pid != 0 {
		cpu := (cpuOf(m.pid) - m.engine).Seconds()
		r.EngineCPU, r.CPUPerMin, r.EngineRSS, r.RSSBefore = &cpu, perMin(cpu), rssOf(m.pid), m.rss
		second := cpu / r.Seconds
		r.CPUPerSec = &second
		if r.Calls > 0 {
			call := cpu * 1000 / float64(r.Calls)
			r.CPUPerCall = &call
		}
	}
	return &r
}
