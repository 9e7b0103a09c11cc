package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"time"

	"hotline"
	"hotline/media"
	"hotline/sip/wire"
)

// Config configures a Switch. The fields of the wire are explained in Config in full.
type Config struct {
	Listen      []wire.Listen     // where to listen, at least one address
	Advertise   netip.Addr        // put in Via, Contact and SDP; the zero value: the socket's own
	AdvertiseTo []wire.Advertised // peers who see us at another address than that
	Domain      string            // realm of the digest, domain of the agents' addresses and of From in calls to them
	Trunks      []wire.Trunk
	Accounts    wire.Accounts                             // the agents' credentials; nil: there are none
	Strong      func(user string) (ha1 string, asks bool) // who is asked for SHA-256, with its hash; nil: nobody
	Keys        func(user string) []string                // hex MD5 of "user:realm:key" of what a user's pages register with just now, over ServePage alone; nil: none
	Locator     wire.Locator                              // looks the names of trunks' servers up; nil: the machine's name servers do
	Bindings    wire.Bindings                             // where registrations are kept over a restart; nil: nowhere
	Cert, Key   string                                    // PEM files of the tls and wss sockets, which are followed when they change
	Origins     []string                                  // origins a browser's WebSocket may come from

	ExpiresMin, ExpiresDefault, ExpiresMax time.Duration // of a registration; 60 s, 300 s, 3600 s
	MaxContacts                            int           // phones an agent may have registered at once; 5
	NonceTTL                               time.Duration // 60 s
	ConnsPerIP                             int           // 200, on loopback 20000
	ReadTimeout                            time.Duration // 30 s
	KeepAlive                              time.Duration // between questions to phones and trunks whether they live; 0: none is asked

	// SessionExpires is how long a session may last without a sign of life of its peer (RFC 4028), asked for in our calls and
	// granted to others'; default 1800 s, below 0: we ask for none. MinSE is the least that a peer may ask for; default 90 s,
	// which is also the least there is.
	SessionExpires, MinSE time.Duration

	// Media makes the legs' audio. Needed. The switch does not close it.
	Media *media.Engine
	// Library finds prompts. Nil: no prompt is ever found; tones and silences are.
	Library *media.Library
	// Languages are tried in this order for a prompt that is not there in the language asked for.
	Languages []string
	// Codecs are allowed, the preferred first: it decides in offers of ours; in answers the peer's order does.
	// Default PCMA, PCMU. Where G.711 is missing it is added: a call never fails for want of a codec that all have.
	Codecs []media.Codec
	// SRTP is how media is protected where a trunk says nothing else. Default: where the other side can, too.
	SRTP wire.SRTP
	// SDESInClear allows keys in session descriptions that go over the network unencrypted: who reads them can listen.
	SDESInClear bool
	// Recorder keeps recordings. Nil: Record is accepted and nothing kept.
	Recorder Recorder
	// Wait returns when the log is safe up to seq, or after its bound (200 ms), or when ctx is done; an error is told to
	// the operator and the switch goes on. Nil: nothing is waited for.
	Wait func(ctx context.Context, seq uint64) error
	// Admit says why new calls are refused with 503 just now, nil when they are not. Nil: never refused.
	Admit func() error
	// TurnedAway hears of every call of a trunk that its limits, or Admit, refused, with one of hotline's words for why. It must
	// not block. Nil: nobody does.
	TurnedAway func(trunk, why string)
	// Urgent says that an agent's call to the number is an emergency, which is taken whatever Admit says. Nil: none is.
	Urgent func(number string) bool
	// Sockets are open sockets handed in by another process; those bound to an address of Listen are used.
	Sockets []*os.File
	// Resume keeps what another process needs to go on with the legs. Nil: nothing is kept.
	Resume Resume
	// Single says that a phone which the agent newly registers takes over from all others of that agent. Nil: never.
	Single func(hotline.AgentID) bool
	// Forward says whether a call for an agent's phone may ring at another agent's instead, where the phone sends it (302). Nil: at any. It must not
	// block.
	Forward func(from, to hotline.AgentID) bool
	// Signal takes what was heard. It must never block. DeviceUp and DeviceDown come with an empty call. The signals of one
	// leg come one at a time and in order; Do may be called from within.
	Signal func(hotline.CallID, hotline.Signal)
	// TrunkNews is called when a trunk, one of its servers or its registration may be another than it was: Trunks says how they are. It must
	// not block. Nil: nobody wants to know.
	TrunkNews func()
	// Logger hears one line per thing an operator must know. Needed.
	Logger *slog.Logger
	// Metrics counts. Nil: into the void.
	Metrics *Metrics

	// t1 is the round-trip estimate that the call half's own timers are multiples of (RFC 3261 §17.1.1.1); 0: 500 ms. Only
	// tests set it.
	t1 time.Duration
	// second is how long a second of a session interval lasts; 0: a second. Only tests set it.
	second time.Duration
	// patience is how long an answer to a question whether a phone lives may take; 0: 4 s. Only tests set it.
	patience time.Duration
}

// Recorder starts recordings; package recorder is one through cmd.
type Recorder interface {
	// Start begins the recording of a contact in the codec. An error means there is none; the call goes on.
	Start(r hotline.Record, codec media.Codec) (Recording, error)
}

// Recording takes the audio of one contact.
type Recording interface {
	Left() media.Tap  // the customer's leg
	Right() media.Tap // agents' legs, one after another
	Close()           // the audio is over; a frame may still come and is to be dropped
}

func (c *Config) wire() wire.Config {
	return wire.Config{
		Listen: c.Listen, Advertise: c.Advertise, AdvertiseTo: c.AdvertiseTo, Domain: c.Domain, Trunks: c.Trunks, Accounts: c.Accounts, Bindings: c.Bindings, Locator: c.Locator, Strong: c.Strong, Keys: c.Keys,
		Cert: c.Cert, Key: c.Key, Origins: c.Origins,
		ExpiresMin: c.ExpiresMin, ExpiresDefault: c.ExpiresDefault, ExpiresMax: c.ExpiresMax, MaxContacts: c.MaxContacts,
		NonceTTL: c.NonceTTL, ConnsPerIP: c.ConnsPerIP, ReadTimeout: c.ReadTimeout, KeepAlive: c.KeepAlive, Sockets: c.Sockets, Patience: c.patience,
		Admit: c.Admit, TurnedAway: c.TurnedAway, Urgent: c.Urgent, Single: c.Single, TrunkNews: c.TrunkNews, Logger: c.Logger, Metrics: &c.Metrics.Metrics,
	}
}

// withDefaults returns the config with its defaults filled in, or what is wrong with the call half of it.
func (c Config) withDefaults() (Config, error) {
	var errs []error
	if c.Media == nil {
		errs = append(errs, fmt.Errorf("%w: no media engine", wire.ErrConfig))
	}
	if c.Signal == nil {
		errs = append(errs, fmt.Errorf("%w: nobody takes the signals", wire.ErrConfig))
	}
	if c.Library == nil {
		c.Library = media.NewLibrary()
	}
	if len(c.Codecs) == 0 {
		c.Codecs = []media.Codec{media.PCMA, media.PCMU}
	}
	for _, codec := range c.Codecs {
		if !codec.Known() {
			errs = append(errs, fmt.Errorf("%w: codec %d is not known", wire.ErrConfig, codec))
		}
	}
	c.Codecs = withNarrow(c.Codecs)
	if c.SRTP == "" {
		c.SRTP = wire.SRTPOptional
	}
	if !c.SRTP.Valid() {
		errs = append(errs, fmt.Errorf("%w: srtp %q is not off, optional or required", wire.ErrConfig, c.SRTP))
	}
	if c.Wait == nil {
		c.Wait = func(context.Context, uint64) error { return nil }
	}
	if c.Metrics == nil {
		c.Metrics = new(Metrics)
	}
	if c.SessionExpires == 0 {
		c.SessionExpires = 30 * time.Minute
	}
	if c.MinSE == 0 {
		c.MinSE = leastSE * time.Second
	}
	if c.MinSE < leastSE*time.Second || c.SessionExpires > 0 && c.SessionExpires < c.MinSE {
		errs = append(errs, fmt.Errorf("%w: session interval %v, least %v", wire.ErrConfig, c.SessionExpires, c.MinSE))
	}
	if c.second == 0 {
		c.second = time.Second
	}
	if c.t1 == 0 {
		c.t1 = 500 * time.Millisecond
	}
	return c, errors.Join(errs...)
}

// withNarrow is the codecs with one of G.711 at least.
func withNarrow(codecs []media.Codec) []media.Codec {
	if len(narrow(codecs)) > 0 {
		return codecs
	}
	return append(slices.Clone(codecs), media.PCMA)
}

// narrow is the codecs of G.711 among those given: what everybody has.
func narrow(codecs []media.Codec) []media.Codec {
	return slices.DeleteFunc(slices.Clone(codecs), func(c media.Codec) bool { return c != media.PCMA && c != media.PCMU })
}

// Times of RFC 3261 as multiples of T1.
func (c *Config) t2() time.Duration      { return 8 * c.t1 }    // 4 s (§17.1.2.2)
func (c *Config) giveUp() time.Duration  { return 64 * c.t1 }   // 32 s (§13.3.1.4)
func (c *Config) silence() time.Duration { return 4 * c.t1 }    // 2 s without any answer are too many where there is another place
func (c *Config) remind() time.Duration  { return time.Minute } // provisional answers are repeated (§13.3.1.1)
func (c *Config) ringMax() time.Duration { return 2 * time.Minute }

// codecsOf are those allowed with the trunk; nil: with the agents' phones.
func codecsOf(t *wire.Trunk, all []media.Codec) []media.Codec {
	if t == nil || len(t.Codecs) == 0 {
		return all
	}
	return withNarrow(t.Codecs)
}
