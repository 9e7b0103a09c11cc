package wire

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"hotline"
	"hotline/sip/resolve"
)

// Listen is one address to listen on.
type Listen struct {
	Network string         // "udp", "tcp", "tls", "ws" or "wss"
	Addr    netip.AddrPort // the unspecified address means every interface; port 0 picks a free one
}

// Accounts knows the agents' phones.
type Accounts interface {
	// HA1 is the hex MD5 of "user:realm:password" (RFC 2617 §3.2.2.2) with the realm of Config.Domain; ok is false for
	// a user there is not. It is called for every authenticated request and must not block.
	HA1(user string) (ha1 string, ok bool)
}

// Config is what the wire needs to know; Config carries it for New.
type Config struct {
	// Listen is where to listen, at least one address.
	Listen []Listen
	// Advertise is the address put in Via, Contact and SDP where the engine stands behind a one-to-one NAT. The zero
	// value: the socket's own, or the one that routes to the peer where that is unspecified.
	Advertise netip.Addr
	// AdvertiseTo are the exceptions from that: peers who see us at another address.
	AdvertiseTo []Advertised
	// Domain is the realm of the digest and the domain of the agents' addresses.
	Domain string
	// Trunks are the peers that may call without a password.
	Trunks []Trunk
	// Accounts are the agents' credentials. Nil: there are none.
	Accounts Accounts
	// Strong says of a user whether he is asked for SHA-256 instead of MD5 (RFC 8760), and the hex SHA-256 of
	// "user:realm:password". It is also called for users there are not, whose challenges must look like the others'. It must
	// not block. Nil: everybody is asked for MD5, which every phone knows.
	Strong func(user string) (ha1 string, asks bool)
	// Keys are the hex MD5 of "user:realm:key" of what a user's pages may register with just now, over ServePage alone. It must
	// not block. Nil: there are none.
	Keys func(user string) []string
	// Bindings keep registrations over a restart. Nil: they are forgotten.
	Bindings Bindings
	// Cert and Key are PEM files: the certificate of the tls and wss sockets with its chain, and its key. Needed where there
	// is such a socket. They may change at any time and are followed.
	Cert, Key string
	// Origins are the origins that a browser's WebSocket may come from, such as "https://desk.example". A request without
	// an Origin is not a browser's and is let in. Empty: only an origin of the very host asked for.
	Origins []string

	// ExpiresMin, ExpiresDefault and ExpiresMax bound a registration (RFC 3261 §10.3, 423 below the least).
	// Default 60 s, 300 s, 3600 s.
	ExpiresMin, ExpiresDefault, ExpiresMax time.Duration
	// MaxContacts is how many phones an agent may have registered at once. Default 5.
	MaxContacts int
	// Single says that a phone which the agent newly registers takes over from all others of that agent. Nil: never.
	Single func(hotline.AgentID) bool
	// NonceTTL is how long a nonce may be used before it is stale. Default 60 s.
	NonceTTL time.Duration
	// ConnsPerIP is how many connections one address (IPv6: one /64) may hold. Default 200; on loopback, where
	// a whole test bed shares an address, 20000.
	ConnsPerIP int
	// ReadTimeout is how long a message that has begun may take to arrive whole, and how long a connection nobody has
	// registered or called over may idle. Default 30 s.
	ReadTimeout time.Duration

	// Sockets are open sockets of another process: where one is bound to an address of Listen it is listened on, with what
	// waits in it, and none is opened. They stay the caller's, who closes them after New.
	Sockets []*os.File
	// KeepAlive is the time within which the death of a registered phone or of a trunk's server is known: they are asked as often as
	// that takes. 0: never.
	KeepAlive time.Duration

	// Admit says why new calls are refused with 503 just now, nil when they are not. Nil: never refused.
	Admit func() error
	// TurnedAway hears of every call of a trunk that its limits, or Admit, refused. It must not block. Nil: nobody does.
	TurnedAway func(trunk, why string)
	// Urgent says that an agent's call to the number is taken whatever Admit says. Nil: none is.
	Urgent func(number string) bool
	// Moved is told of an agent's phone that has registered from another place than before. It must not block. Nil: nobody wants to know.
	Moved func(agent hotline.AgentID, from Path, to Contact)
	// TrunkNews is called when a trunk may be another than it was. It must not block. Nil: nobody wants to know.
	TrunkNews func()
	// Logger hears one line per thing an operator must know. Needed.
	Logger *slog.Logger
	// Metrics counts. Nil: into the void.
	Metrics *Metrics

	// Locator looks the names of trunks' servers up. Nil: the name servers of the machine do.
	Locator Locator

	Patience time.Duration // for an answer to such a question; 0: 4 s. Only tests set it.
}

// Errors of a Config.
var ErrConfig = errors.New("sip: bad config")

// WithDefaults returns the config with its defaults filled in, or what is wrong with it.
func (c Config) WithDefaults() (Config, error) {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.ExpiresMin, time.Minute)
	def(&c.ExpiresDefault, 5*time.Minute)
	def(&c.ExpiresMax, time.Hour)
	def(&c.NonceTTL, time.Minute)
	def(&c.ReadTimeout, 30*time.Second)
	if c.KeepAlive > 0 {
		def(&c.Patience, min(keepAlivePatience, c.KeepAlive/4))
	}
	if c.MaxContacts == 0 {
		c.MaxContacts = 5
	}
	if c.Metrics == nil {
		c.Metrics = new(Metrics)
	}
	if c.TrunkNews == nil {
		c.TrunkNews = func() {}
	}
	if c.Locator == nil {
		c.Locator = resolve.New(resolve.Config{})
	}
	return c, c.validate()
}

func (c Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
	}
	if len(c.Listen) == 0 {
		bad("no address to listen on")
	}
	for _, l := range c.Listen {
		switch l.Network {
		case "udp", "tcp", "ws":
		case "tls", "wss":
			if c.Cert == "" || c.Key == "" {
				bad("no certificate and key for %s:%s", l.Network, l.Addr)
			}
		default:
			bad("network %q of %s is not udp, tcp, tls, ws or wss", l.Network, l.Addr)
		}
		if !l.Addr.IsValid() {
			bad("no address for %s", l.Network)
		}
	}
	if c.Domain == "" || strings.ContainsAny(c.Domain, "\"\\\r\n \t") {
		bad("domain %q is not a host name", c.Domain)
	}
	if c.Logger == nil {
		bad("no logger")
	}
	if c.ExpiresMin > c.ExpiresDefault || c.ExpiresDefault > c.ExpiresMax {
		bad("expires: least %s, default %s, most %s are not in order", c.ExpiresMin, c.ExpiresDefault, c.ExpiresMax)
	}
	if c.KeepAlive < 0 {
		bad("keep alive: %s is negative", c.KeepAlive)
	}
	return errors.Join(append(errs, checkTrunks(c.Trunks))...)
}

// agentOf turns a user of the digest into an agent's id: they are the same text.
func agentOf(user string) hotline.AgentID { return hotline.AgentID(user) }
