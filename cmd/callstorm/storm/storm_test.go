package storm

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// loop runs a storm whose callers call its own agents directly: what the callers dial is an agent's phone.
func loop(t *testing.T, cfg Config) *Result {
	t.Helper()
	cfg.Server = mustAddrPort("127.0.0.1:1") // replaced below
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	life, stop := context.WithCancel(t.Context())
	defer stop()
	s := newStorm(life, cfg)
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	s.callers.server, s.agents.server = s.agents.local, s.callers.local
	s.start()
	for _, a := range cfg.Agents { // nobody here takes registrations
		s.desks[a.User] = &desk{s: s, acc: account{a.User, a.Password}}
	}
	m := newMeter(os.Getpid())
	began := time.Now()
	s.arrivals(life)
	s.drain(life)
	res := s.result(time.Since(began), m)
	stop()
	s.close()
	return res
}

// sum is all calls that ended in some way.
func (r *Result) sum() int {
	n := r.Connected + r.Abandoned + r.Unjoined
	for _, k := range r.Failed {
		n += k
	}
	return n
}

// TestWholeStorm: real calls with real audio, one after another, and what they cost.
func TestWholeStorm(t *testing.T) {
	defer goleak.VerifyNone(t)
	res := loop(t, Config{
		Number: "8001", Calls: 20, Rate: 10, Even: true, Duration: time.Minute, Agents: []Agent{{"8001", "x"}, {"8002", "x"}},
		Answer: Dist{"const", time.Millisecond}, Hold: Dist{"exp", 20 * time.Millisecond}, CallerEnds: 0.5, Seed: 5, Probe: true,
	})
	if res.Calls != 20 || res.sum() != 20 || res.Connected < 10 || res.Connected+res.Failed["486"] != 20 {
		t.Errorf("20 calls became %+v", res)
	}
	if res.AgentCalls != res.Connected || res.SetupMS.N != int64(res.Connected) || res.TwoWayMS.N != int64(res.Connected) || res.Peak == 0 {
		t.Errorf("%+v", res)
	}
	if res.Loss == nil || *res.Loss > 0.01 || res.OneWayMS.N == 0 || res.OneWayMS.P50 <= 0 || res.OneWayMS.P50 > 100 {
		t.Errorf("audio: %+v", res)
	}
	if res.EngineCPU == nil || *res.EngineCPU < 0 || res.EngineRSS < 1<<20 || res.OwnCPU <= 0 || res.CallMin <= 0 {
		t.Errorf("costs: %+v", res)
	}
}

// TestEveryEnd: calls that are rejected, that nobody takes, that find the agent busy.
func TestEveryEnd(t *testing.T) {
	defer goleak.VerifyNone(t)
	base := Config{
		Number: "8001", Calls: 5, Rate: 50, Even: true, Duration: time.Minute, Agents: []Agent{{"8001", "x"}},
		Answer: Dist{"const", time.Millisecond}, Hold: Dist{"const", time.Millisecond},
	}
	rejecting, ignoring, busy, stranger := base, base, base, base
	rejecting.Reject = 1
	ignoring.Ignore, ignoring.Patience = 1, Dist{"const", 5 * time.Millisecond}
	ignoring.Rate = 10
	busy.Hold = Dist{"const", time.Second}
	stranger.Number = "9999"
	for name, c := range map[string]struct {
		cfg Config
		ok  func(r *Result) bool
	}{
		"rejecting": {rejecting, func(r *Result) bool { return r.Failed["603"] > 0 && r.Failed["603"] == r.Refused }},
		"ignoring":  {ignoring, func(r *Result) bool { return r.Abandoned > 0 && r.Abandoned == r.Refused }},
		"busy":      {busy, func(r *Result) bool { return r.Connected == 1 && r.Failed["486"] == 4 && r.AgentCalls == 1 }},
		"stranger":  {stranger, func(r *Result) bool { return r.Failed["404"] == 5 && r.AgentCalls == 0 }},
	} {
		if r := loop(t, c.cfg); r.Calls != 5 || r.sum() != 5 || !c.ok(r) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestConcurrency keeps a number of calls up, growing to it, without probes and in µ-law; the end of the time hangs up.
func TestConcurrency(t *testing.T) {
	defer goleak.VerifyNone(t)
	var agents []Agent
	for _, u := range []string{"1", "2", "3"} {
		agents = append(agents, Agent{User: u})
	}
	res := loop(t, Config{
		Number: "2", Concurrency: 1, Ramp: 100 * time.Millisecond, Duration: 600 * time.Millisecond, Agents: agents, Codecs: []string{"PCMU"},
		Hold: Dist{"const", 50 * time.Millisecond}, Answer: Dist{"const", time.Millisecond}, CallerVoice: [][]byte{make([]byte, 400)},
	})
	if res.Peak != 1 || res.Connected < 2 || res.Connected != res.Calls || res.Loss != nil {
		t.Errorf("%+v", res)
	}
}

// TestStopHangsUp: when the storm is told to stop, the calls that are up are hung up, whatever their phase.
func TestStopHangsUp(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	cfg, err := Config{
		Server: mustAddrPort("127.0.0.1:1"), Number: "1", Rate: 100, Even: true, Calls: 5, Duration: time.Minute, Agents: []Agent{{"1", ""}},
		Hold: Dist{"const", time.Hour}, Answer: Dist{"const", time.Millisecond},
	}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	life, stop := context.WithCancel(ctx)
	s := newStorm(life, cfg)
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	s.callers.server, s.agents.server = s.agents.local, s.callers.local
	s.start()
	s.desks["1"] = &desk{s: s}
	s.timers.after(300*time.Millisecond, cancel)
	s.arrivals(life)
	s.drain(ctx)
	if n := s.callers.open(); n != 0 {
		t.Errorf("%d calls are left", n)
	}
	stop()
	s.close()
}

// TestNobodyThere: a storm at an address where nobody answers says so soon.
func TestNobodyThere(t *testing.T) {
	defer goleak.VerifyNone(t)
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errSilent) // sooner than pingTime, which TestPing holds
	defer cancel()
	at := mustAddrPort(silent.LocalAddr().String())
	if _, err := Run(ctx, Config{Server: at, Number: "1", Rate: 1, Agents: make([]Agent, 1000)}); !errors.Is(err, errSilent) || !strings.Contains(err.Error(), at.String()) {
		t.Error(err)
	}
}

func TestBadConfig(t *testing.T) {
	at := mustAddrPort("127.0.0.1:5060")
	for _, c := range []Config{{}, {Server: at, Rate: 1}, {Server: at, Number: "1", Codecs: []string{"OPUS"}}} {
		if _, err := Run(t.Context(), c); !errors.Is(err, errConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestResultNames: scripts read the JSON line; its names stay.
func TestResultNames(t *testing.T) {
	zero := 0.0
	b, err := json.Marshal(Result{EngineCPU: &zero, CPUPerMin: &zero, OwnPerCall: &zero, EngineRSS: 1})
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	var got []string
	for k := range m {
		got = append(got, k)
	}
	slices.Sort(got)
	const want = "abandoned agent_calls agent_refused call_minutes calls connected engine_cpu_s engine_cpu_s_per_call_minute engine_rss_bytes " +
		"failed free_agent_to_next_invite_ms invite_to_agent_invite_ms invite_to_answer_ms invite_to_two_way_audio_ms one_way_delay_ms order_inversions own_cpu_s own_cpu_s_per_call_minute " +
		"peak rtp_expected rtp_holes rtp_loss_ratio rtp_received seconds seed sip_retransmissions unjoined"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}

func TestMeter(t *testing.T) {
	if cpuOf(os.Getpid()) < 0 || rssOf(os.Getpid()) < 1<<20 || ownCPU() <= 0 {
		t.Errorf("%s, %d bytes, %s", cpuOf(os.Getpid()), rssOf(os.Getpid()), ownCPU())
	}
	if cpuOf(0) != 0 || rssOf(1<<30) != 0 || cpuOf(1<<30) != 0 {
		t.Error("a process that is not there has cost something")
	}
}

// TestArrivals: gaps are even or random around the rate, a ramp starts slow, a profile shapes it.
func TestArrivals(t *testing.T) {
	gap := func(c Config, age time.Duration) time.Duration {
		c.Server, c.Number, c.Seed = mustAddrPort("127.0.0.1:5060"), "1", 1
		c, err := c.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		s := newStorm(t.Context(), c)
		sum := time.Duration(0)
		for range 1000 {
			sum += s.gap(age)
		}
		return (sum / 1000).Round(10 * time.Millisecond)
	}
	for _, c := range []struct {
		name string
		cfg  Config
		age  time.Duration
		low  time.Duration
		high time.Duration
	}{
		{"even", Config{Rate: 10, Even: true}, 0, 100 * time.Millisecond, 100 * time.Millisecond},
		{"random", Config{Rate: 10}, 0, 90 * time.Millisecond, 110 * time.Millisecond},
		{"half of the ramp", Config{Rate: 10, Even: true, Ramp: time.Minute}, 30 * time.Second, 200 * time.Millisecond, 200 * time.Millisecond},
		{"start of the ramp", Config{Rate: 10, Even: true, Ramp: time.Minute}, 0, 5 * time.Second, 5 * time.Second},
		{"after the ramp", Config{Rate: 10, Even: true, Ramp: time.Minute}, 2 * time.Minute, 100 * time.Millisecond, 100 * time.Millisecond},
		{"profile", Config{Rate: 10, Even: true, Duration: time.Minute, Profile: []float64{1, 2}}, 40 * time.Second, 50 * time.Millisecond, 50 * time.Millisecond},
		{"behind the profile", Config{Rate: 10, Even: true, Duration: time.Minute, Profile: []float64{1, 0.5}}, time.Hour, 200 * time.Millisecond, 200 * time.Millisecond},
	} {
		if g := gap(c.cfg, c.age); g < c.low || g > c.high {
			t.Errorf("%s: %s apart, want %s to %s", c.name, g, c.low, c.high)
		}
	}
}

func TestTimers(t *testing.T) {
	defer goleak.VerifyNone(t)
	tm := newTimers()
	ran := make(chan string, 3)
	tm.after(time.Millisecond, func() { ran <- "one" })
	stop := tm.after(time.Hour, func() { ran <- "stopped" })
	tm.after(time.Hour, func() { ran <- "closed" })
	if got := <-ran; got != "one" {
		t.Error(got)
	}
	stop()
	stop()
	tm.close()
	tm.after(0, func() { ran <- "after the end" })()
	if len(tm.live) != 0 || len(ran) != 0 {
		t.Errorf("%d timers, %d ran", len(tm.live), len(ran))
	}
}
