package media

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"
)

// Errors of the package. Compare with errors.Is.
var (
	ErrNoPorts  = errors.New("media: no free pair of RTP ports")
	ErrClosed   = errors.New("media: closed")
	ErrMix      = errors.New("media: a leg cannot hear several legs yet")
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
	// Report is the mean time between two RTCP reports of a leg (RFC 3550 §6.2). 0: 5 s.
	Report time.Duration
	// Logger takes what an operator must know. nil: nothing is logged.
	Logger *slog.Logger
}

// Engine owns the port range, the sockets, the media clock and the player. Its methods may be called from any
// goroutine.
type Engine struct {
	cfg   Config
	start time.Time
}

// New starts an engine. It fails when the port range holds no pair.
func New(cfg Config) (*Engine, error) { return &Engine{cfg: cfg, start: time.Now()}, nil }

// Now is the engine's monotonic clock in nanoseconds: that of Frame.At.
func (e *Engine) Now() int64 { return int64(time.Since(e.start)) }

// Wall is the time of day at which the engine's clock showed at.
func (e *Engine) Wall(at int64) time.Time { return e.start.Add(time.Duration(at)) }

// Ports counts pairs of ports: those free, those of closed legs that still drain, and all. All three are 0 when the
// kernel chooses the ports.
func (e *Engine) Ports() (free, draining, total int) { return 0, 0, 0 }

// CheckRemote tells why media must not be sent to an address that an SDP names: it is no unicast address, it is
// loopback while bind is not, or it is one of the engine's own ports. bind is the address of the leg that would send. The
// error wraps ErrRemote. Configure makes the same check and treats such an address as none.
func (e *Engine) CheckRemote(bind netip.Addr, remote netip.AddrPort) error { return nil }

// Close closes all legs and sockets at once, draining ones too, and waits until the engine's goroutines have ended.
func (e *Engine) Close() error { return nil }
