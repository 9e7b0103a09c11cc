package main

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/centre/strict"
	"hotline/media"
	"hotline/sip/rewrite"
	"hotline/sip/wire"
)

func (r configReader) trunk(v strict.Value) wire.Trunk {
	m := v.Map("name", "peers", "server", "servers", "transport", "user", "password", "register", "domain", "ca", "trusted",
		"max_calls", "max_cps", "codecs", "srtp", "number", "rewrite", "record_to", "record_ca", "records", "session_timer", "late_offer")
	t := wire.Trunk{Name: m.Get("name").Need().Text("")}
	network := m.Get("transport").OneOf("", "udp", "tcp", "tls")
	if at := m.Get("server"); at.Present() {
		if m.Get("servers").Present() {
			at.Fault("stands beside servers", "one of them: server for one, servers for several")
		}
		t.Servers = r.server(t.Servers, at, network)
	}
	for _, at := range m.Get("servers").List() {
		t.Servers = r.server(t.Servers, at, network)
	}
	t.User, t.Password = r.login(v, m)
	if at := m.Get("register"); at.Present() {
		t.Register = r.register(at, network)
		if t.Register.Server == nil && len(t.Servers) == 0 {
			at.Fault("names no server, and the trunk has none", "register: {server: sip.carrier.example, …}, or server beside it")
		}
		if t.Register.User == "" && t.User == "" {
			at.Fault("names no user, and the trunk has none", "register: {user: …, password: …}, or user and password beside it")
		}
		if t.User == "" { // most carriers ask calls for the same
			t.User, t.Password = t.Register.User, t.Register.Password
		}
		if len(t.Servers) == 0 && t.Register.Server != nil {
			t.Servers = []wire.Server{*t.Register.Server}
		}
	}
	t.Peers = r.peers(m.Get("peers"), t.Register == nil && len(t.Servers) == 0)
	t.Domain = r.text(m.Get("domain"), "")
	if t.Domain != "" && !regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`).MatchString(t.Domain) {
		m.Get("domain").Fault(fmt.Sprintf("%s is not a domain", strict.Quote(t.Domain)), "a host name such as carrier.example")
	}
	t.CA = r.authorities(m.Get("ca"))
	t.Trusted = m.Get("trusted").Bool(false)
	t.MaxCalls = m.Get("max_calls").Int(0, 0, 1_000_000)
	t.MaxCPS = m.Get("max_cps").Int(0, 0, 1_000_000)
	if at := m.Get("codecs"); at.Present() {
		t.Codecs = r.codecList(at)
	}
	t.SessionTimer, t.LateOffer = r.trunkTimer(m.Get("session_timer")), m.Get("late_offer").Bool(false)
	t.SRTP = r.srtp(m.Get("srtp"), "")
	t.Number = r.number(m.Get("number"))
	t.RecordTo, t.RecordCA = r.recordTo(m.Get("record_to")), r.authorities(m.Get("record_ca"))
	t.Records = m.Get("records").Bool(false)
	rw := m.Get("rewrite").Map("in", "out")
	t.In, t.Out = r.rules(rw.Get("in")), r.rules(rw.Get("out"))
	return t
}

// recordTo reads the address of a recorder of its own.
func (r configReader) recordTo(v strict.Value) string {
	s := r.text(v, "")
	m := regexp.MustCompile(`^sips?:(?:[A-Za-z0-9._+-]+@)?(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{1,5})?(?:;transport=(?:udp|tcp|tls))?$`).FindStringSubmatch(s)
	if m != nil && !(strings.HasPrefix(s, "sips:") && strings.HasSuffix(s, "=udp")) {
		host := m[1] + m[2]
		if _, err := netip.ParseAddr(host); err == nil || m[1] == "" && strings.Trim(host, "0123456789.") != "" {
			return s
		}
	}
	if v.Present() {
		v.Fault(fmt.Sprintf("%s is not the address of a recorder", strict.Quote(s)), "such as sip:recorder@192.0.2.9, sip:192.0.2.9:5070 or sips:recorder.example")
	}
	return ""
}

// advertise reads one address for all peers, or [{to: NETWORK, as: ADDRESS}].
func (r configReader) advertise(c *sipConfig, v strict.Value) {
	if !v.IsList() {
		c.Advertise = r.ourAddr(v)
		return
	}
	for _, one := range v.List() {
		m := one.Map("to", "as")
		to := r.peers(m.Get("to").Need(), false)
		as := r.ourAddr(m.Get("as"))
		for _, p := range to {
			if p.Bits() == 0 && p.Addr().Is4() {
				c.Advertise = as
				continue
			}
			c.Exceptions = append(c.Exceptions, wire.Advertised{To: p, As: as})
		}
	}
}

// ourAddr is an address of ours; none: the socket's own.
func (r configReader) ourAddr(v strict.Value) netip.Addr {
	s := r.text(v, "")
	if s == "" {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.IsUnspecified() || a.IsMulticast() || a.Zone() != "" {
		v.Fault(fmt.Sprintf("%s is not an address", strict.Quote(s)), "the public IP address, or nothing")
		return netip.Addr{}
	}
	return a.Unmap()
}

func (r configReader) login(v strict.Value, m strict.Map) (user, password string) {
	user, password = r.text(m.Get("user"), ""), r.text(m.Get("password"), "")
	if (user == "") != (password == "") {
		v.Fault("user and password belong together", "both, or neither for a trunk that knows us by our address")
	}
	return user, password
}

func (r configReader) register(v strict.Value, network string) *wire.Register {
	m := v.Map("server", "user", "password", "every")
	reg := &wire.Register{Every: m.Get("every").Duration(10*time.Minute, 10*time.Second, 24*time.Hour)}
	reg.User, reg.Password = r.login(v, m)
	if at := m.Get("server"); at.Present() {
		if one := r.server(nil, at, network); len(one) > 0 {
			reg.Server = &one[0]
		}
	}
	return reg
}

func (r configReader) peers(v strict.Value, needed bool) (all []netip.Prefix) {
	if needed {
		v = v.Need()
	}
	for _, one := range v.List() {
		s := r.text(one, "")
		p, err := netip.ParsePrefix(s)
		if a, e := netip.ParseAddr(s); e == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || p.Addr().Zone() != "" {
			one.Fault(fmt.Sprintf("%s is not an address or network", strict.Quote(s)), "such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
			continue
		}
		all = append(all, p.Masked())
	}
	return all
}

// server adds the server that is written as HOST, HOST:PORT or NETWORK://HOST:PORT; network is the trunk's.
func (r configReader) server(all []wire.Server, v strict.Value, network string) []wire.Server {
	const want = "such as 192.0.2.7, 192.0.2.7:5070, [2001:db8::7]:5060, sip.carrier.example or tls://sip.carrier.example"
	text := r.text(v, "")
	s := wire.Server{Host: text, Network: network}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		s.Network, s.Host = scheme, rest
		if scheme != "udp" && scheme != "tcp" && scheme != "tls" {
			v.Fault(fmt.Sprintf("%s is not a transport", strict.Quote(scheme)), "udp, tcp or tls")
			return all
		}
	}
	if host, port, err := net.SplitHostPort(s.Host); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			v.Fault(fmt.Sprintf("%s is not a port", strict.Quote(port)), want)
			return all
		}
		s.Host, s.Port = host, uint16(n)
	}
	s.Host = strings.TrimSuffix(strings.TrimPrefix(s.Host, "["), "]")
	if a, err := netip.ParseAddr(s.Host); err == nil {
		if a.IsUnspecified() || a.IsMulticast() || a.Zone() != "" {
			v.Fault(fmt.Sprintf("%s is no address of a server", strict.Quote(s.Host)), want)
			return all
		}
		s.Host = a.Unmap().String()
		return append(all, s)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,250}[A-Za-z0-9.])?$`).MatchString(s.Host) || strings.Trim(s.Host, "0123456789.") == "" {
		v.Fault(fmt.Sprintf("%s is not an address or host name", strict.Quote(text)), want)
		return all
	}
	return append(all, s)
}

// codecList reads codecs, in letters of either size, each once.
func (r configReader) codecList(v strict.Value) (all []media.Codec) {
	for _, one := range v.List() {
		name := one.Text("PCMA")
		codec, ok := media.CodecNamed(strings.ToUpper(name))
		switch {
		case !ok:
			one.Fault(strict.Quote(name)+" is unknown", "one of PCMA, PCMU, G722, OPUS")
		case !codec.Known():
			one.Fault("OPUS is not in this build", "leave it out, or run a hotline that was built with -tags opus (docs/sip.md)")
		case !slices.Contains(all, codec):
			all = append(all, codec)
		}
	}
	if len(v.List()) == 0 {
		v.Fault("names no codec", "a list of PCMA, PCMU, G722, OPUS")
	}
	return all
}

// number is a telephone number to be shown.
func (r configReader) number(v strict.Value) string {
	s := r.text(v, "")
	if s != "" && !regexp.MustCompile(`^\+?[0-9A-Za-z*#.-]{1,32}$`).MatchString(s) {
		v.Fault(fmt.Sprintf("%s is not a number", strict.Quote(s)), "such as 95500 or +861012345678")
	}
	return s
}

// rules reads [{match, replace, only}].
func (r configReader) rules(v strict.Value) (all rewrite.Rules) {
	for _, one := range v.List() {
		m := one.Map("match", "replace", "only")
		of := rewrite.Both
		switch m.Get("only").OneOf("", "called", "caller") {
		case "called":
			of = rewrite.Called
		case "caller":
			of = rewrite.Caller
		}
		rule, err := rewrite.New(m.Get("match").Need().Text(""), m.Get("replace").OptionalText(""), of)
		if err != nil {
			one.Fault(err.Error(), "a prefix such as +86, or an expression such as 0(\\d+) with $1 in replace")
			continue
		}
		all = append(all, rule)
	}
	if err := all.Check(); err != nil {
		v.Fault(err.Error(), "fewer: a table of numbers belongs in the centre file")
	}
	return all
}
