package sip

import (
	"cmp"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// errAddr: a Via, an address or a URI is malformed.
var errAddr = errors.New("sip: malformed address")

// param is one ";name=value". A quoted value is kept with its quotes.
type param struct{ name, value string }

// params are the parameters of a value in their order; names are compared without regard to case (RFC 3261 §7.3.1).
type params []param

// get returns the value of the first parameter of that name.
func (p params) get(name string) (string, bool) {
	for _, q := range p {
		if strings.EqualFold(q.name, name) {
			return q.value, true
		}
	}
	return "", false
}

// trimmed is s without the white space around it that RFC 3261 §25.1 allows.
func trimmed(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// digits says whether s is nothing but digits.
func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// cutAt cuts s before the first of the given character that stands outside quotes and angle brackets. i is its place,
// len(s) if there is none. ok is false where a quote or bracket is not closed.
func cutAt(s string, char byte) (i int, ok bool) {
	quoted, angled := false, false
	for i = 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"' && !angled:
			quoted = !quoted
		case quoted:
		case angled:
			angled = c != '>'
		case c == char:
			return i, true
		case c == '<':
			angled = true
		}
	}
	return len(s), !quoted && !angled
}

// cutList takes the first element off a comma-separated list; more says whether there are others.
func cutList(s string) (item, rest string, more bool) {
	i, _ := cutAt(s, ',')
	if i >= len(s) {
		return trimmed(s), "", false
	}
	return trimmed(s[:i]), s[i+1:], true
}

// readParams reads ";a=b;c" with white space wherever RFC 3261 §25.1 allows it. An empty parameter is an error.
func readParams(s string) (params, error) {
	var ps params
	for s = trimmed(s); s != ""; {
		if s[0] != ';' {
			return ps, errAddr
		}
		i, ok := cutAt(s[1:], ';')
		if !ok {
			return ps, errAddr
		}
		item := s[1 : 1+i]
		s = s[1+i:]
		name, value, _ := strings.Cut(item, "=")
		name, value = trimmed(name), trimmed(value)
		if !isToken(name) {
			return ps, errAddr
		}
		ps = append(ps, param{name, value})
	}
	return ps, nil
}

// address is a name-addr or addr-spec with its parameters (RFC 3261 §20.10).
type address struct {
	display string // as written between the quotes, escapes and all; or the tokens before "<"
	quoted  bool
	uri     string
	params  params
}

// readAddress reads a From, To, Contact, Route or Path element. It is strict where laxness has let one element of a
// network see another address than the next: unbalanced quotes, white space in a URI, commas in an unquoted name.
func readAddress(s string) (address, error) {
	var a address
	s = trimmed(s)
	if s == "" {
		return a, errAddr
	}
	if s[0] == '"' {
		end := closingQuote(s)
		if end < 0 {
			return a, errAddr
		}
		a.display, a.quoted = s[1:end], true
		s = strings.TrimLeft(s[end+1:], " \t")
		if s == "" || s[0] != '<' {
			return a, errAddr
		}
	} else if i := strings.IndexByte(s, '<'); i > 0 && !strings.ContainsAny(s[:i], ":;") {
		a.display = strings.TrimRight(s[:i], " \t")
		if strings.ContainsFunc(a.display, badNameChar) {
			return a, errAddr
		}
		s = s[i:]
	}
	var rest string
	if s[0] == '<' {
		i := strings.IndexByte(s, '>')
		if i < 0 {
			return a, errAddr
		}
		a.uri, rest = s[1:i], s[i+1:]
	} else {
		// Without brackets what follows ";" belongs to the header field, and "?" or "," may not stand in the URI (§20).
		i := strings.IndexAny(s, "; \t")
		if i < 0 {
			i = len(s)
		}
		a.uri, rest = s[:i], s[i:]
		if strings.ContainsAny(a.uri, "?,") {
			return a, errAddr
		}
	}
	if !plainURI(a.uri) {
		return a, errAddr
	}
	var err error
	a.params, err = readParams(rest)
	return a, err
}

// badNameChar says which characters make an unquoted display name ambiguous. The grammar allows tokens only; names in
// other scripts, brackets and the like are common and harmless.
func badNameChar(r rune) bool { return r < ' ' || r == 0x7f || r == ',' || r == '"' || r == '\\' }

// closingQuote finds the quote that ends the quoted-string s begins with, -1 if there is none.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// plainURI says whether s can be a URI at all: it has a scheme, and no white space, brackets, quotes or control
// characters, which would let it end elsewhere for the next reader.
func plainURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || !isToken(scheme) {
		return false
	}
	for i := 0; i < len(rest); i++ {
		if c := rest[i]; c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' {
			return false
		}
	}
	return true
}

// sipURI is a sip or sips URI in parts (RFC 3261 §19.1.1), as written.
type sipURI struct {
	scheme string // "sip" or "sips"
	user   string // percent-escapes and all
	host   string // lower case, an IPv6 literal without its brackets
	port   int    // 0: none
	params params
	header string // what stands after "?"
}

// readURI reads a sip or sips URI. Other schemes are an error.
func readURI(s string) (sipURI, error) {
	var u sipURI
	scheme, rest, _ := strings.Cut(s, ":")
	u.scheme = strings.ToLower(scheme)
	if u.scheme != "sip" && u.scheme != "sips" || !plainURI(s) {
		return u, errAddr
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		u.user, rest = rest[:i], rest[i+1:]
		if u.user == "" {
			return u, errAddr
		}
		u.user, _, _ = strings.Cut(u.user, ":") // a password there is no use for
	}
	rest, u.header, _ = strings.Cut(rest, "?")
	i := strings.IndexByte(rest, ';')
	if i < 0 {
		i = len(rest)
	}
	hostport := rest[:i]
	for p, more := "", rest[i:]; more != ""; {
		if p, more, _ = strings.Cut(more, ";"); p != "" {
			name, value, _ := strings.Cut(p, "=")
			u.params = append(u.params, param{name, value})
		}
	}
	var err error
	u.host, u.port, err = readHostPort(hostport)
	return u, err
}

// transport is the network of the URI's transport parameter in lower case, "" if it has none.
func (u sipURI) transport() string {
	t, _ := u.params.get("transport")
	return strings.ToLower(t)
}

// network is the network by which the URI is reached; came is the one it was heard over, which is meant where it names none.
func (u sipURI) network(came string) string {
	n := cmp.Or(u.transport(), came)
	if u.scheme == "sips" || n == "ws" && came == "wss" {
		return secured(n)
	}
	return n
}

// defaultPort is the port of a URI that names none (RFC 3261 §19.1.2; RFC 7118 §5.3).
func defaultPort(network string) int {
	switch network {
	case "tls":
		return 5061
	case "ws":
		return 80
	case "wss":
		return 443
	}
	return 5060
}

// readHostPort reads "host", "host:port" and "[v6]:port". The host comes back in lower case.
func readHostPort(s string) (host string, port int, err error) {
	s = trimmed(s)
	var portText string
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 || strings.Trim(s[1:i], "0123456789abcdefABCDEF:.") != "" || i == 1 {
			return "", 0, errAddr
		}
		host, portText = s[1:i], strings.TrimLeft(s[i+1:], " \t")
		if portText != "" && portText[0] != ':' {
			return "", 0, errAddr
		}
	} else {
		i := strings.IndexByte(s, ':')
		if i < 0 {
			i = len(s)
		}
		host, portText = strings.TrimRight(s[:i], " \t"), s[i:]
		if !hostName(host) {
			return "", 0, errAddr
		}
	}
	if portText != "" {
		n, err := strconv.ParseUint(trimmed(portText[1:]), 10, 16)
		if err != nil || n == 0 {
			return "", 0, errAddr
		}
		port = int(n)
	}
	return strings.ToLower(host), port, nil
}

// hostName says whether s has only letters, digits and what else stands in names and IPv4 addresses.
func hostName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != ""
}

// hostAddr is the host as an address, IPv4 in IPv6 taken out of it; invalid for a name.
func hostAddr(host string) netip.Addr {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// hop is the topmost Via of a message.
type hop struct {
	network string // lower case: "udp", "tcp", "wss"…
	host    string
	port    int // 0: none
	branch  string
	rport   bool // asks for the answer to its source port (RFC 3581)
	params  params
}

// readVia reads one Via element (RFC 3261 §20.42).
func readVia(s string) (hop, error) {
	var v hop
	i, ok := cutAt(s, ';')
	if !ok {
		return v, errAddr
	}
	name, rest, ok1 := strings.Cut(s[:i], "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	rest = strings.TrimLeft(rest, " \t")
	j := strings.IndexAny(rest, " \t")
	if !ok1 || !ok2 || j < 0 || !isToken(trimmed(name)) || !isToken(trimmed(version)) || !isToken(rest[:j]) {
		return v, errAddr
	}
	v.network = strings.ToLower(rest[:j])
	var err error
	if v.host, v.port, err = readHostPort(rest[j:]); err != nil {
		return v, err
	}
	if v.params, err = readParams(s[i:]); err != nil {
		return v, err
	}
	v.branch, _ = v.params.get("branch")
	_, v.rport = v.params.get("rport")
	return v, nil
}

// rfc3261 says whether the branch is one: unique in space and time (§8.1.1.7).
func (v hop) rfc3261() bool {
	return len(v.branch) > len(magicCookie) && strings.EqualFold(v.branch[:len(magicCookie)], magicCookie)
}

// magicCookie begins every branch of RFC 3261 (§8.1.1.7).
const magicCookie = "z9hG4bK"
