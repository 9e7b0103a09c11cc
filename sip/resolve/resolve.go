// Package resolve finds where a SIP domain is served (RFC 3263): NAPTR, SRV, and addresses. What it found it keeps for as long
// as the records say, and longer while the name servers give no answer: a dead DNS must not cost a call.
//
// It is asked for names that the operator wrote down, never for one that somebody sent.
package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Target is one place to send requests to.
type Target struct {
	Addr     netip.AddrPort
	Network  string // "udp", "tcp" or "tls"
	Priority int    // the lowest first
	Weight   uint16 // the chance to be taken among those of one priority (RFC 2782)
}

// maxTargets is how many places one name may lead to.
const maxTargets = 32

// ErrNone: the name leads nowhere, and that is sure.
var ErrNone = errors.New("resolve: the name leads nowhere")

// Locate finds the places of a host. A port of 0 asks for SRV records, and without a network for NAPTR records as well; a
// port names the host itself (RFC 3263 §4.1, §4.2). valid is how long the answer holds. The error wraps ErrNone where the name
// servers have said that there is nothing.
func (r *Resolver) Locate(ctx context.Context, host string, port uint16, network string) (targets []Target, valid time.Duration, err error) {
	l := lookup{r: r, ctx: ctx, valid: maxTTL}
	host = strings.TrimSuffix(host, ".")
	switch {
	case port != 0:
		l.host(host, port, cmp.Or(network, "udp"), 0, 0)
	case network != "":
		if !l.service(srvName(network, host), network, 0) {
			l.host(host, portOf(network), network, 0, 0)
		}
	default:
		l.domain(host)
	}
	if len(l.targets) == 0 {
		if l.err == nil {
			l.err = ErrNone
		}
		return nil, max(l.valid, minTTL), fmt.Errorf("%s: %w", host, l.err)
	}
	return l.targets[:min(len(l.targets), maxTargets)], max(l.valid, minTTL), nil
}

// lookup is one run through the records.
type lookup struct {
	r       *Resolver
	ctx     context.Context
	targets []Target
	valid   time.Duration
	err     error // the last that is not an answer
}

// ask returns the records of a type.
func (l *lookup) ask(name string, kind uint16) []dns.RR {
	a := l.r.ask(l.ctx, question{strings.ToLower(dns.Fqdn(name)), kind})
	l.valid = min(l.valid, a.left)
	if a.err != nil {
		l.err = a.err
	}
	return a.records
}

// domain follows NAPTR records, else the SRV records of each network, else takes the name for a host's (RFC 3263 §4.1).
func (l *lookup) domain(name string) {
	var found []*dns.NAPTR
	for _, rr := range l.ask(name, dns.TypeNAPTR) {
		if n, ok := rr.(*dns.NAPTR); ok && strings.EqualFold(n.Flags, "s") && n.Regexp == "" && naptrNetwork(n.Service) != "" {
			found = append(found, n)
		}
	}
	slices.SortStableFunc(found, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	for i, n := range found[:min(len(found), 8)] {
		l.service(n.Replacement, naptrNetwork(n.Service), i)
	}
	if len(l.targets) > 0 {
		return
	}
	offered := false
	for i, network := range [...]string{"udp", "tcp", "tls"} {
		offered = l.service(srvName(network, name), network, i) || offered
	}
	if !offered {
		l.host(name, portOf("udp"), "udp", 0, 0)
	}
}

// service adds the places of SRV records; false: there are none.
func (l *lookup) service(name, network string, rank int) bool {
	any := false
	for _, rr := range l.ask(name, dns.TypeSRV) {
		s, ok := rr.(*dns.SRV)
		if !ok {
			continue
		}
		any = true // "." says that the service is not offered (RFC 2782): the host must not be guessed then
		if s.Target != "." && s.Port != 0 && len(l.targets) < maxTargets {
			l.host(s.Target, s.Port, network, rank<<16|int(s.Priority), s.Weight)
		}
	}
	return any
}

// host adds the addresses of a host, IPv4 before IPv6.
func (l *lookup) host(name string, port uint16, network string, priority int, weight uint16) {
	for six, kind := range [...]uint16{dns.TypeA, dns.TypeAAAA} {
		for _, rr := range l.ask(name, kind) {
			if a, ok := addrOf(rr); ok {
				l.targets = append(l.targets, Target{netip.AddrPortFrom(a, port), network, priority<<1 | six, weight})
			}
		}
	}
}

func addrOf(rr dns.RR) (netip.Addr, bool) {
	var a netip.Addr
	var ok bool
	switch rr := rr.(type) {
	case *dns.A:
		a, ok = netip.AddrFromSlice(rr.A)
	case *dns.AAAA:
		a, ok = netip.AddrFromSlice(rr.AAAA)
	}
	a = a.Unmap()
	return a, ok && !a.IsUnspecified() && !a.IsMulticast()
}

// naptrNetwork is the network of a service field (RFC 3263 §4.1), "" for one that is not ours.
func naptrNetwork(service string) string {
	switch strings.ToUpper(service) {
	case "SIP+D2U":
		return "udp"
	case "SIP+D2T":
		return "tcp"
	case "SIPS+D2T":
		return "tls"
	}
	return ""
}

func srvName(network, host string) string {
	switch network {
	case "tcp":
		return "_sip._tcp." + host
	case "tls":
		return "_sips._tcp." + host
	}
	return "_sip._udp." + host
}

func portOf(network string) uint16 {
	if network == "tls" {
		return 5061
	}
	return 5060
}
