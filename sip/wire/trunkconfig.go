package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"hotline/media"
	"hotline/sip/rewrite"
	"hotline/sip/syntax"
)

// Trunk is a carrier or another exchange. It calls in from its Peers, its Servers and the connections that lead to them;
// calls out go to the first of its Servers that lives.
type Trunk struct {
	Name     string
	Peers    []netip.Prefix // an INVITE from one of these, not From an agent's address, is the trunk's call
	Servers  []Server       // the preferred first; none: the first single-host prefix of Peers, port 5060, by udp
	Register *Register      // nil: we do not register with it
	Domain   string         // in From of calls out and in the address we register; default: the domain of the config, or the first server's name where we register
	Trusted  bool           // what it says of its callers (P-Asserted-Identity, Privacy) is believed, and it is told the same
	CA       string         // PEM file of whom its certificate may come from; default: the system's authorities
	MaxCalls int            // at once, in and out; 0: no limit
	MaxCPS   int            // new calls in any second, in and out; 0: no limit

	User, Password string // what requests to it prove themselves with when it asks (RFC 3261 §22); empty: nothing

	Codecs []media.Codec // allowed with it, the preferred first; none: those of the config

	// SessionTimer is how long a session with it may last without a sign of life (RFC 4028); 0: as the config says, below 0: none is
	// asked for. LateOffer leaves the offer in calls out to the other side (RFC 3264 §5, RFC 3261 §13.2.1).
	SessionTimer time.Duration
	LateOffer    bool

	Number string // shown to who is called by it where the call has no number of its own

	SRTP SRTP // how the media of its calls is protected; "": as the config says

	// RecordTo is the sip or sips URI of a recorder that what is recorded of its calls is duplicated to (RFC 7866), over udp, or over tcp or
	// tls where it says so; empty: none. RecordCA is the PEM file of whom the recorder's certificate may come from; default: the system's.
	RecordTo, RecordCA string
	Records            bool // it sends recording sessions (RFC 7866): they are taken and kept as recordings

	In, Out rewrite.Rules // what becomes of numbers of calls that come in by it, and of calls that go out
}

// Server is one server of a trunk, as it is written down: an address, or a name that is looked up (RFC 3263).
type Server struct {
	Host    string // IP address without brackets, or host name
	Port    uint16 // 0: 5060, with tls 5061; for a name: as its SRV records say
	Network string // "udp", "tcp" or "tls"; "": udp; for a name: as its NAPTR records say
}

// Register is how we register with a trunk (RFC 3261 §10.2).
type Register struct {
	Server         *Server       // the registrar; nil: the trunk's servers
	User, Password string        // default: the trunk's
	Every          time.Duration // how long a registration shall hold; it is refreshed at half of it. Default 10 min
}

// ServerAt is the server at an address, by udp.
func ServerAt(a netip.AddrPort) Server {
	return Server{Host: a.Addr().String(), Port: a.Port(), Network: "udp"}
}

// String is the server as it is written in the config file.
func (s Server) String() string {
	host := s.Host
	if s.Port != 0 {
		host = net.JoinHostPort(host, strconv.Itoa(int(s.Port)))
	}
	if s.Network == "" {
		return host
	}
	return s.Network + "://" + host
}

// addr is the server's address if it is written as one.
func (s Server) addr() (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(s.Host)
	if err != nil {
		return netip.AddrPort{}, false
	}
	port := s.Port
	if port == 0 {
		port = uint16(syntax.DefaultPort(s.Network))
	}
	return netip.AddrPortFrom(a.Unmap(), port), true
}

// checkTrunks says what is wrong with trunks that stand beside each other.
func checkTrunks(all []Trunk) error {
	var errs []error
	seen := map[string]bool{}
	for _, t := range all {
		if t.Name == "" || seen[t.Name] {
			errs = append(errs, fmt.Errorf("%w: trunk name %q is empty or taken", ErrConfig, t.Name))
		}
		seen[t.Name] = true
		for _, what := range t.faults() {
			errs = append(errs, fmt.Errorf("%w: trunk %s: %s", ErrConfig, t.Name, what))
		}
	}
	return errors.Join(errs...)
}

// faults are what is wrong with the trunk.
func (t Trunk) faults() (bad []string) {
	if t.MaxCalls < 0 || t.MaxCPS < 0 {
		bad = append(bad, "a limit is negative")
	}
	servers := t.Servers
	if t.Register != nil {
		if t.Register.Server != nil {
			servers = append(slices.Clone(servers), *t.Register.Server)
		}
		if len(servers) == 0 {
			bad = append(bad, "no server to register with")
		}
		if t.Register.User == "" && t.User == "" {
			bad = append(bad, "no user to register")
		}
		if e := t.Register.Every; e != 0 && e < 10*time.Second || e > 24*time.Hour {
			bad = append(bad, "registrations hold 10 s to 24 h")
		}
	}
	if t.RecordTo != "" {
		if s, _, ok := t.recorder(); !ok {
			bad = append(bad, "recorder "+t.RecordTo+" is no sip URI, or of another transport than udp, tcp and tls")
		} else {
			servers = append(slices.Clone(servers), s)
		}
	}
	for _, s := range servers {
		a, err := netip.ParseAddr(s.Host)
		switch {
		case s.Host == "" || err != nil && !plainHost(s.Host), err == nil && (a.IsUnspecified() || a.IsMulticast() || a.Zone() != ""):
			bad = append(bad, "server "+s.Host+" is no address and no host name")
		case !slices.Contains([]string{"", "udp", "tcp", "tls"}, s.Network):
			bad = append(bad, "network "+s.Network+" is not udp, tcp or tls")
		}
	}
	if !t.SRTP.Valid() {
		bad = append(bad, fmt.Sprintf("srtp %q is not off, optional or required", t.SRTP))
	}
	for _, c := range t.Codecs {
		if !c.Known() {
			bad = append(bad, "codec "+c.String()+" is not known")
		}
	}
	return bad
}

// plainHost says whether s can be a host name (RFC 1123 §2.1).
func plainHost(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return s != "" && len(s) < 254
}

// FromDomain is the trunk's name for itself in addresses.
func (t *Trunk) FromDomain(ours string) string {
	switch {
	case t.Domain != "":
		return t.Domain
	case t.Register == nil:
		return ours
	case t.Register.Server != nil:
		return syntax.Bracket(t.Register.Server.Host)
	}
	return syntax.Bracket(t.Servers[0].Host)
}

// Account is the user that we register with the trunk, "" if we do not.
func (t *Trunk) Account() string {
	if t.Register == nil {
		return ""
	}
	if t.Register.User != "" {
		return t.Register.User
	}
	return t.User
}

// SRTP says how the media of a leg is to be protected. A browser's always is: it knows nothing else.
type SRTP string

const (
	SRTPOptional SRTP = "optional" // where the other side can, too: the default
	SRTPOff      SRTP = "off"      // not
	SRTPRequired SRTP = "required" // always: a call that cannot be protected fails
)

// Valid says whether it is one of those, or nothing.
func (s SRTP) Valid() bool {
	return s == "" || s == SRTPOptional || s == SRTPOff || s == SRTPRequired
}
