package storm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a storm does. Zero fields take the defaults named.
type Config struct {
	Server netip.AddrPort // the engine's SIP over UDP
	Local  netip.Addr     // where the phones are; default 127.0.0.1
	Domain string         // the engine's domain, for the agents' addresses
	Number string         // what callers dial

	Calls       int           // stop after so many; 0: no limit
	Rate        float64       // new calls a second, arriving at random (Poisson) unless Even
	Even        bool          // calls arrive evenly spaced
	Concurrency int           // with Rate 0: keep so many calls up
	Ramp        time.Duration // the rate (or concurrency) grows to its value over this time
	Duration    time.Duration // new calls come for so long; default 1 min
	Profile     []float64     // factors of the rate, one after another over Duration, for the shape of a day
	Keys        []string      // a caller presses the keys of one of these, one after another
	KeyDelay    Dist          // after the answer, and between keys; default 500 ms
	Patience    Dist          // how long a caller waits for an agent; zero: for ever
	Hold        Dist          // how long caller and agent talk; default 10 s
	CallerEnds  float64       // share of calls that the caller hangs up; default the agent does

	Agents     []Agent
	AgentsAt   netip.AddrPort // where the agents' phones are; default Local, at any port
	Static     bool           // the engine knows where: nobody registers, or dials codes
	Answer     Dist           // from ringing to answer; default 200 ms
	Reject     float64        // share of offers that an agent rejects
	Ignore     float64        // share of offers that an agent lets ring out
	Die        float64        // share of offers at which the agent's phone dies: it answers nothing, and comes back after Recover
	Recover    Dist           // after a missed or rejected offer the agent dials Ready again so much later; zero: at once
	Ready      string         // dialled by each agent after registering and after a missed offer; empty: nothing
	EndWrap    string         // dialled some time (WrapUp) after each call; empty: nothing
	WrapUp     Dist
	Breaks     []string // codes of not-ready reasons; an agent takes one of them after a call with chance BreakShare
	BreakShare float64
	BreakFor   Dist          // and dials Ready again so much later
	Expires    time.Duration // of registrations; default 5 min

	Codecs      []string // PCMA, PCMU in order of preference; default both
	Probe       bool     // payloads carry their sending time: delay and loss are measured
	CallerVoice [][]byte // A-law; a caller speaks one of them, looped; none: silence
	AgentVoice  [][]byte
	Sockets     int // RTP sockets at each side; default 2

	Each string // file for a line a call: its number and how it ended, as the Result counts it; empty: none

	Seed      uint64 // 0: from the clock
	EnginePID int    // whose CPU time and memory to read; 0: nobody's
}

// Agent is one agent's phone.
type Agent struct{ User, Password string }

// errConfig is returned for a config that cannot be run.
var errConfig = errors.New("storm: bad config")

func (c Config) withDefaults() (Config, error) {
	def := func(d *Dist, v time.Duration) {
		if d.Kind == "" {
			*d = Dist{"const", v}
		}
	}
	def(&c.KeyDelay, 500*time.Millisecond)
	def(&c.Hold, 10*time.Second)
	def(&c.Answer, 200*time.Millisecond)
	if !c.Local.IsValid() {
		c.Local = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !c.AgentsAt.IsValid() {
		c.AgentsAt = netip.AddrPortFrom(c.Local, 0)
	}
	if c.Duration == 0 {
		c.Duration = time.Minute
	}
	if c.Expires == 0 {
		c.Expires = 5 * time.Minute
	}
	if c.Sockets == 0 {
		c.Sockets = 2
	}
	if len(c.Codecs) == 0 {
		c.Codecs = []string{"PCMA", "PCMU"}
	}
	if c.Seed == 0 {
		c.Seed = uint64(time.Now().UnixNano())
	}
	for _, name := range c.Codecs {
		if name != "PCMA" && name != "PCMU" {
			return c, fmt.Errorf("%w: codec %q is not PCMA or PCMU", errConfig, name)
		}
	}
	if !c.Server.IsValid() || c.Number == "" && (c.Rate > 0 || c.Concurrency > 0) {
		return c, fmt.Errorf("%w: a server and a number to dial are needed", errConfig)
	}
	return c, nil
}

// Storm is one running load.
type Storm struct {
	cfg     Config
	codecs  []codec
	tally   *tally
	callers *ua
	agents  *ua
	audio   []*audio // callers' first, then agents'
	pumps   []*pump
	timers  *timers
	life    context.Context // ends when the storm does
	next    atomic.Uint64
	wg      sync.WaitGroup // the agents' loops
	line    line
	talk    plateau

	mu    sync.Mutex // guards rng, calls, desks
	rng   *rand.Rand
	calls map[string]*caller // by the number it shows
	desks map[string]*desk
}

// Run runs a storm to its end, or until ctx is done, and hangs up all it began.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(ctx)
	defer stop()
	s := newStorm(life, cfg)
	if cfg.Each != "" {
		f, err := os.Create(cfg.Each)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		s.tally.each = f
	}
	if err := s.open(); err != nil {
		s.close()
		return nil, err
	}
	s.start()
	res, err := s.run(ctx, life, stop)
	stop()
	s.close()
	return res, err
}

func newStorm(life context.Context, cfg Config) *Storm {
	s := &Storm{
		cfg: cfg, tally: newTally(), timers: newTimers(), life: life, calls: map[string]*caller{}, desks: map[string]*desk{},
		rng: rand.New(rand.NewPCG(cfg.Seed, cfg.Seed^0x9E3779B97F4A7C15)),
	}
	s.tally.res.Seed = cfg.Seed
	for _, name := range cfg.Codecs {
		c := codec(0)
		if name == "PCMA" {
			c = 8
		}
		s.codecs = append(s.codecs, c)
	}
	return s
}

// run is the storm itself. stop ends life, before the agents sign out.
func (s *Storm) run(ctx, life context.Context, stop func()) (*Result, error) {
	if err := s.agents.ping(life); err != nil {
		return nil, err
	}
	if err := s.signIn(life); err != nil {
		return nil, err
	}
	s.keep(life)
	meter := newMeter(s.cfg.EnginePID)
	s.watch(life, meter)
	start := time.Now()
	s.arrivals(life)
	s.drain(ctx)
	took := time.Since(start)
	res := s.result(took, meter)
	stop()
	s.signOut()
	return res, nil
}

func (s *Storm) open() (err error) {
	if s.callers, err = newUA(netip.AddrPortFrom(s.cfg.Local, 0), s.cfg.Server, s.cfg.Domain, s.timers); err != nil {
		return err
	}
	if s.agents, err = newUA(s.cfg.AgentsAt, s.cfg.Server, s.cfg.Domain, s.timers); err != nil {
		return err
	}
	s.agents.invite, s.agents.deaf = s.offered, s.deaf
	return s.openAudio()
}

func (s *Storm) openAudio() error {
	for range 2 * s.cfg.Sockets {
		a, err := newAudio(s.cfg.Local, &s.talk.on)
		if err != nil {
			return err
		}
		s.audio = append(s.audio, a)
	}
	return nil
}

// start sets the sockets to work.
func (s *Storm) start() {
	s.startAudio()
	s.callers.run()
	s.agents.run()
}

func (s *Storm) startAudio() {
	for some := range slices.Chunk(s.audio, perPump) {
		s.pumps = append(s.pumps, newPump(some))
	}
}

// close frees what open got, however far it came.
func (s *Storm) close() {
	s.wg.Wait()
	s.timers.close()
	for _, p := range s.pumps {
		p.close()
	}
	if len(s.pumps) == 0 {
		for _, a := range s.audio {
			a.sock.close()
		}
	}
	for _, u := range []*ua{s.callers, s.agents} {
		if u != nil {
			u.close()
		}
	}
}

// pick returns an RTP socket of the callers' or the agents' half.
func (s *Storm) pick(agent bool) *audio {
	i := int(s.next.Add(1)) % s.cfg.Sockets
	if agent {
		i += s.cfg.Sockets
	}
	return s.audio[i]
}

// chance draws under the lock, so that a seed gives the same storm.
func (s *Storm) chance() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.Float64()
}

func (s *Storm) draw(d Dist) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return d.draw(s.rng)
}

// voice picks what a phone says, in its codec.
func (s *Storm) voice(voices [][]byte, c codec) []byte {
	if len(voices) == 0 {
		return nil
	}
	s.mu.Lock()
	v := voices[s.rng.IntN(len(voices))]
	s.mu.Unlock()
	if c == 8 {
		return v
	}
	out := make([]byte, len(v))
	for i, b := range v {
		out[i] = muOfA(b)
	}
	return out
}

// arrivals starts calls until the time or the number is over.
func (s *Storm) arrivals(ctx context.Context) {
	if s.cfg.Rate <= 0 && s.cfg.Concurrency <= 0 {
		select {
		case <-ctx.Done():
		case <-time.After(s.cfg.Duration):
		}
		return
	}
	start := time.Now()
	due := start
	for n := 0; s.cfg.Calls == 0 || n < s.cfg.Calls; {
		age := time.Since(start)
		if age >= s.cfg.Duration || ctx.Err() != nil {
			return
		}
		full := s.cfg.Rate <= 0 && s.callers.open() >= int(float64(s.cfg.Concurrency)*s.ramp(age))
		switch {
		case s.cfg.Rate > 0:
			due = due.Add(s.gap(age))
		case full:
			due = time.Now().Add(frameTime)
		default:
			due = time.Now().Add(frameTime / slots)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
		}
		if full {
			continue
		}
		n++
		s.call()
	}
}

// ramp is the share of the full load at an age, above 0.
func (s *Storm) ramp(age time.Duration) float64 {
	f := 1.0
	if s.cfg.Ramp > 0 && age < s.cfg.Ramp {
		f = max(float64(age)/float64(s.cfg.Ramp), 0.02)
	}
	if n := len(s.cfg.Profile); n > 0 {
		i := int(float64(n) * float64(age) / float64(s.cfg.Duration))
		f *= max(s.cfg.Profile[min(i, n-1)], 0.01)
	}
	return f
}

// gap is the time to the next arrival.
func (s *Storm) gap(age time.Duration) time.Duration {
	mean := float64(time.Second) / (s.cfg.Rate * s.ramp(age))
	if s.cfg.Even {
		return time.Duration(mean)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.rng.ExpFloat64() * mean)
}

// drain waits for the calls that are up; when ctx ends they are hung up.
func (s *Storm) drain(ctx context.Context) {
	for s.callers.open() > 0 && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.mu.Lock()
	left := make([]*caller, 0, len(s.calls))
	for _, c := range s.calls {
		left = append(left, c)
	}
	s.mu.Unlock()
	for _, c := range left {
		c.d.hangup()
	}
	for end := time.Now().Add(5 * time.Second); s.callers.open() > 0 && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
}

// pickText picks one of the texts, "" of none.
func (s *Storm) pickText(of []string) string {
	if len(of) == 0 {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return of[s.rng.IntN(len(of))]
}

// number is a mobile number that no other call of the storm shows, so that the offer can be told from others.
func (s *Storm) number() string { return "139" + pad(s.next.Add(1)%1e8) }

func pad(n uint64) string {
	t := strconv.FormatUint(n, 10)
	return "00000000"[:8-len(t)] + t
}
