package media

import (
	"net/netip"
	"time"
)

// Handler hears what happens on a leg. Its methods are called from the goroutines of the engine, never from within a
// method of Leg, and must return at once: they must not block and must not call Leg.Close. After Leg.Close only PlayEnded
// may still come.
type Handler interface {
	// MediaUp: the first packet from the leg's accepted source came. Once per leg.
	MediaUp(at time.Time)
	// Digit: a key was pressed (RFC 4733 §2.5): '0'–'9', '*', '#', 'A'–'D'. Once per press.
	Digit(key byte)
	// PlayEnded: a Play is over; exactly once for each Play. complete: it ran to its end. Otherwise it was stopped or
	// replaced (err nil) or could not be played (err says why).
	PlayEnded(play string, complete bool, err error)
	// MediaLost: nothing came from the leg for silence although it should have. For a leg that was never heard after 10 s
	// and again after 30 s, for one that fell silent after 60 s (Config). Once for each silence.
	MediaLost(silence time.Duration)
}

// Params is all that signalling knows about a leg's media. It is a value: Configure swaps it whole.
type Params struct {
	Remote     netip.AddrPort // where the SDP says the other side receives RTP; invalid or port 0: nothing is sent until a source is accepted
	RemoteRTCP netip.AddrPort // where it receives RTCP (RFC 3605); invalid: the port after Remote's
	Source     netip.Addr     // where the leg's SIP really came from: RTP from there is believed after probation; invalid: none

	Codec       Codec         // what is sent
	PayloadType uint8         // its RTP payload type (0–127): usually uint8(Codec)
	DTMFType    uint8         // payload type of telephone-event/8000 (RFC 4733); 0: not agreed
	PTime       time.Duration // length of the packets that a Play sends, 10–60 ms; 0: 20 ms

	Send    bool // false: nothing is sent (the other side holds us or is held); a Play goes on unheard
	Receive bool // false: what comes is dropped and no silence is reported
}

// Leg is one party's media: a pair of ports, one stream in, one stream out. Its methods may be called from any
// goroutine; they never block on media.
type Leg struct{}

// NewLeg binds a pair of ports (RTP on the even one, RTCP on the next) on the address bind. Until Configure, nothing is
// accepted or sent. h must not be nil. It returns ErrNoPorts when the range has no pair left that can be bound, ErrClosed after
// Close.
func (e *Engine) NewLeg(bind netip.Addr, h Handler) (*Leg, error) { return &Leg{}, nil }

// LocalPort is the leg's RTP port, for its SDP.
func (l *Leg) LocalPort() int { return 0 }

// Configure swaps the leg's parameters. A Remote that differs from the one before opens the learning of the source
// again; nothing else does. An address that CheckRemote refuses counts as none.
func (l *Leg) Configure(p Params) {}

// Play plays clips one after another, in place of what the leg hears from Mix and of the Play before, which ends. With
// loop it starts again after the last, until stopped. play names it in PlayEnded.
func (l *Leg) Play(play string, clips []*Clip, loop bool) {}

// Stop ends the Play of that name, or with "" whatever plays. No further packet of it is begun once Stop has returned. A
// Play that is over already is left alone.
func (l *Leg) Stop(play string) {}

// SetTap shows the leg's packets to t from now on; nil to no one. It replaces the former tap. A Frame call that is under way on the
// former tap may end after SetTap has returned.
func (l *Leg) SetTap(t Tap) {}

// SendDigits sends keys ('0'–'9', '*', '#', 'A'–'D'; others are left out) one after another as telephone events (RFC
// 4733 §2.5), 100 ms each with 60 ms between. While they are sent the leg hears nothing else. Keys sent before go
// first. A leg without a DTMFType sends none.
func (l *Leg) SendDigits(keys string) {}

// Stats is cheap: some atomic reads.
func (l *Leg) Stats() Stats { return Stats{} }

// Close ends the leg and returns its last figures. It is idempotent. Its ports stay bound for Config.Drain.
func (l *Leg) Close() Stats { return Stats{} }
