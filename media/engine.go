package media

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"hotline/media/bypass"
	"hotline/media/secure"
)

// Errors of the package. Compare with errors.Is.
var (
	ErrNoPorts  = errors.New("media: no free pair of RTP ports")
	ErrClosed   = errors.New("media: closed")
	ErrMix      = errors.New("media: a leg cannot hear so many legs")
	ErrNoPrompt = errors.New("media: no such prompt")
	ErrRemote   = errors.New("media: not an address to send media to")
	ErrWAV      = errors.New("media: not a WAV file that can be read")
)

// Config configures an Engine.
type Config struct {
	// Low and High are the first and last UDP port for RTP and RTCP, both included. A leg takes an even port and the odd
	// one after it. Both 0: the kernel chooses (tests, demo).
	Low, High uint16
	// Drain is how long the ports of a closed leg stay bound and are read into nothing, so that no later leg gets what is
	// still under way to this one. 0: 30 s.
	Drain time.Duration
	// SilenceStart is when MediaLost is called first for a leg that should be heard and never was. 0: 10 s.
	SilenceStart time.Duration
	// SilenceStartEnd is when it is called once more for such a leg, for whoever wants to end it. 0: 30 s.
	SilenceStartEnd time.Duration
	// SilenceMid is when MediaLost is called for a leg that was heard and fell silent. 0: 60 s.
	SilenceMid time.Duration
	// Loops is how many goroutines read sockets, where the system lets one read many. 0: GOMAXPROCS.
	Loops int
	// OwnThreads lets the loops wait without telling the Go scheduler, which costs least. Only for a process whose GOMAXPROCS
	// is larger by Loops than what everything else needs: a loop keeps its P while packets come.
	OwnThreads bool
	// Sockets are UDP sockets that another process bound and hands in: NewLegOn takes a leg's from them, with what came
	// meanwhile. They stay the caller's, who closes them after New; the engine works on copies.
	Sockets []*os.File
	// Bypass passes packets on by itself where it can, with a ring for each of Loops. It stays the caller's, who closes it after the
	// engine. nil: all packets go through the sockets.
	Bypass *bypass.Bypass
	// Report is the mean time between two RTCP reports of a leg (RFC 3550 §6.2). 0: 5 s.
	Report time.Duration
	// Logger takes what an operator must know. nil: nothing is logged.
	Logger *slog.Logger
}

// defaults puts the figures in that were left 0.
func (c *Config) defaults() error {
	for _, f := range []struct {
		name  string
		value *time.Duration
		unset time.Duration
	}{
		{"Drain", &c.Drain, 30 * time.Second},
		{"SilenceStart", &c.SilenceStart, 10 * time.Second},
		{"SilenceStartEnd", &c.SilenceStartEnd, 30 * time.Second},
		{"SilenceMid", &c.SilenceMid, 60 * time.Second},
		{"Report", &c.Report, 5 * time.Second},
	} {
		if *f.value < 0 {
			return fmt.Errorf("media: config: %s is negative: %v", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.unset
		}
	}
	if c.Loops < 0 {
		return fmt.Errorf("media: config: Loops is negative: %d", c.Loops)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Engine owns the port range, the sockets, the media clock and the player. Its methods may be called from any
// goroutine.
type Engine struct {
	cfg    Config
	logger *slog.Logger
	start  time.Time
	booted int64 // what the kernel's clock showed at start, ns
	net    network
	ports  *portRange
	player *player

	aToMu, muToA [256]byte // G.711 to G.711, constant after New

	certificate *secure.Certificate // what we prove ourselves with in DTLS
	handshakes  sync.WaitGroup

	mixing   sync.Mutex     // one Mix at a time; taken before any Leg.ctl
	settling sync.WaitGroup // what follows when a leg has gone back to a relay

	mu     sync.Mutex
	legs   map[*Leg]struct{}
	past   Totals // of legs that are gone
	shown  Totals // what Totals returned last
	closed bool

	watcher watcher
}

// New starts an engine. It fails when the port range holds no pair or a figure is negative.
func New(cfg Config) (*Engine, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	return newEngine(cfg, newNetwork(cfg))
}

// newEngine starts an engine on a network. cfg is complete.
func newEngine(cfg Config, n network) (*Engine, error) {
	ports, err := newPortRange(n, cfg.Low, cfg.High)
	if err != nil {
		return nil, err
	}
	if err := ports.hand(cfg.Sockets); err != nil {
		return nil, err
	}
	certificate, err := secure.NewCertificate(time.Now())
	if err != nil {
		return nil, err
	}
	e := &Engine{
		certificate: certificate,
		cfg:         cfg, logger: cfg.Logger, start: time.Now(), net: n, ports: ports, legs: map[*Leg]struct{}{},
		watcher: watcher{stop: make(chan struct{}), done: make(chan struct{})},
	}
	e.booted = bypass.Clock() - e.Now()
	for i := range 256 {
		e.aToMu[i], e.muToA[i] = ALawToMuLaw(byte(i)), MuLawToALaw(byte(i))
	}
	e.player = newPlayer(e)
	go e.player.run()
	go e.watcher.run(e)
	return e, nil
}

// Now is the engine's monotonic clock in nanoseconds: that of Frame.At.
func (e *Engine) Now() int64 { return int64(time.Since(e.start)) }

// Wall is the time of day at which the engine's clock showed at.
func (e *Engine) Wall(at int64) time.Time { return e.start.Add(time.Duration(at)) }

// Fingerprint names the certificate that DTLS handshakes of this engine prove themselves with, for SDP.
func (e *Engine) Fingerprint() secure.Fingerprint { return e.certificate.Fingerprint }

// Ports counts pairs of ports: those free, those of closed legs that still drain, and all. free and total are 0 when
// the kernel chooses the ports.
func (e *Engine) Ports() (free, draining, total int) { return e.ports.counts() }

func (e *Engine) remove(l *Leg) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, there := e.legs[l]; there {
		e.past.add(l)
	}
	delete(e.legs, l)
}

// list puts the legs into buf.
func (e *Engine) list(buf []*Leg) []*Leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	buf = buf[:0]
	for l := range e.legs {
		buf = append(buf, l)
	}
	return buf
}

// Close closes all legs and sockets at once, draining ones too, and waits until the engine's goroutines have ended. Every
// Play that was under way has had its PlayEnded then.
func (e *Engine) Close() error {
	e.mu.Lock()
	closed := e.closed
	e.closed = true
	e.mu.Unlock()
	if closed {
		return nil
	}
	for _, l := range e.list(nil) {
		l.Close()
	}
	e.player.close()
	e.settling.Wait()
	e.watcher.close()
	e.handshakes.Wait()
	e.ports.close()
	e.net.wait()
	return nil
}
