package syntax

import (
	"cmp"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ErrAddress: a Via, an address or a URI is malformed.
var ErrAddress = errors.New("sip: malformed address")

// Param is one ";name=value". A quoted value is kept with its quotes.
type Param struct{ Name, Value string }

// Params are the parameters of a value in their order; names are compared without regard to case (RFC 3261 §7.3.1).
type Params []Param

// Get returns the value of the first parameter of that name.
func (p Params) Get(name string) (string, bool) {
	for _, q := range p {
		if strings.EqualFold(q.Name, name) {
			return q.Value, true
		}
	}
	return "", false
}

// Repeats says whether there are several parameters of that name.
func (p Params) Repeats(name string) bool {
	n := 0
	for _, q := range p {
		if strings.EqualFold(q.Name, name) {
			n++
		}
	}
	return n > 1
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

// Digits says whether s is nothing but digits.
func Digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// CutAt cuts s before the first of the given character that stands outside quotes and angle brackets. i is its place,
// len(s) if there is none. ok is false where a quote or bracket is not closed.
func CutAt(s string, char byte) (i int, ok bool) {
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

// CutList takes the first element off a comma-separated list; more says whether there are others.
func CutList(s string) (item, rest string, more bool) {
	i, _ := CutAt(s, ',')
	if i >= len(s) {
		return trimmed(s), "", false
	}
	return trimmed(s[:i]), s[i+1:], true
}

// ReadParams reads ";a=b;c" with white space wherever RFC 3261 §25.1 allows it. An empty parameter is an error.
func ReadParams(s string) (Params, error) {
	var ps Params
	for s = trimmed(s); s != ""; {
		if s[0] != ';' {
			return ps, ErrAddress
		}
		i, ok := CutAt(s[1:], ';')
		if !ok {
			return ps, ErrAddress
		}
		item := s[1 : 1+i]
		s = s[1+i:]
		name, value, _ := strings.Cut(item, "=")
		name, value = trimmed(name), trimmed(value)
		if !IsToken(name) {
			return ps, ErrAddress
		}
		ps = append(ps, Param{name, value})
	}
	return ps, nil
}

// Address is a name-addr or addr-spec with its parameters (RFC 3261 §20.10).
type Address struct {
	Display string // as written between the quotes, escapes and all; or the tokens before "<"
	Quoted  bool
	URI     string
	Params  Params
}

// ReadAddress reads a From, To, Contact, Route or Path element. It is strict where laxness has let one element of a
// network see another address than the next: unbalanced quotes, white space in a URI, commas in an unquoted name.
func ReadAddress(s string) (Address, error) {
	var a Address
	s = trimmed(s)
	if s == "" {
		return a, ErrAddress
	}
	if s[0] == '"' {
		end := ClosingQuote(s)
		if end < 0 {
			return a, ErrAddress
		}
		a.Display, a.Quoted = s[1:end], true
		s = strings.TrimLeft(s[end+1:], " \t")
		if s == "" || s[0] != '<' {
			return a, ErrAddress
		}
	} else if i := strings.IndexByte(s, '<'); i > 0 && !strings.ContainsAny(s[:i], ":;") {
		a.Display = strings.TrimRight(s[:i], " \t")
		if strings.ContainsFunc(a.Display, badNameChar) {
			return a, ErrAddress
		}
		s = s[i:]
	}
	var rest string
	if s[0] == '<' {
		i := strings.IndexByte(s, '>')
		if i < 0 {
			return a, ErrAddress
		}
		a.URI, rest = s[1:i], s[i+1:]
	} else {
		// Without brackets what follows ";" belongs to the header field, and "?" or "," may not stand in the URI (§20).
		i := strings.IndexAny(s, "; \t")
		if i < 0 {
			i = len(s)
		}
		a.URI, rest = s[:i], s[i:]
		if strings.ContainsAny(a.URI, "?,") {
			return a, ErrAddress
		}
	}
	if !PlainURI(a.URI) {
		return a, ErrAddress
	}
	var err error
	a.Params, err = ReadParams(rest)
	return a, err
}

// badNameChar says which characters make an unquoted display name ambiguous. The grammar allows tokens only; names in
// other scripts, brackets and the like are common and harmless.
func badNameChar(r rune) bool { return r < ' ' || r == 0x7f || r == ',' || r == '"' || r == '\\' }

// ClosingQuote finds the quote that ends the quoted-string s begins with, -1 if there is none.
func ClosingQuote(s string) int {
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

// PlainURI says whether s can be a URI at all: it has a scheme, and no white space, brackets, quotes or control
// characters, which would let it end elsewhere for the next reader.
func PlainURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || !IsToken(scheme) {
		return false
	}
	for i := 0; i < len(rest); i++ {
		if c := rest[i]; c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' {
			return false
		}
	}
	return true
}

// URI is a sip or sips URI in parts (RFC 3261 §19.1.1), as written.
type URI struct {
	Scheme string // "sip" or "sips"
	User   string // percent-escapes and all
	Host   string // lower case, an IPv6 literal without its brackets
	Port   int    // 0: none
	Params Params
	Header string // what stands after "?"
}

// ReadURI reads a sip or sips URI. Other schemes are an error.
func ReadURI(s string) (URI, error) {
	var u URI
	scheme, rest, _ := strings.Cut(s, ":")
	u.Scheme = strings.ToLower(scheme)
	if u.Scheme != "sip" && u.Scheme != "sips" || !PlainURI(s) {
		return u, ErrAddress
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		u.User, rest = rest[:i], rest[i+1:]
		if u.User == "" {
			return u, ErrAddress
		}
		u.User, _, _ = strings.Cut(u.User, ":") // a password there is no use for
	}
	rest, u.Header, _ = strings.Cut(rest, "?")
	i := strings.IndexByte(rest, ';')
	if i < 0 {
		i = len(rest)
	}
	hostport := rest[:i]
	for p, more := "", rest[i:]; more != ""; {
		if p, more, _ = strings.Cut(more, ";"); p != "" {
			name, value, _ := strings.Cut(p, "=")
			u.Params = append(u.Params, Param{name, value})
		}
	}
	var err error
	u.Host, u.Port, err = readHostPort(hostport)
	return u, err
}

// transport is the network of the URI's transport parameter in lower case, "" if it has none.
func (u URI) transport() string {
	t, _ := u.Params.Get("transport")
	return strings.ToLower(t)
}

// Network is the network by which the URI is reached; came is the one it was heard over, which is meant where it names none.
func (u URI) Network(came string) string {
	n := cmp.Or(u.transport(), came)
	if u.Scheme == "sips" || n == "ws" && came == "wss" {
		return Secured(n)
	}
	return n
}

// readHostPort reads "host", "host:port" and "[v6]:port". The host comes back in lower case.
func readHostPort(s string) (host string, port int, err error) {
	s = trimmed(s)
	var portText string
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 || strings.Trim(s[1:i], "0123456789abcdefABCDEF:.") != "" || i == 1 {
			return "", 0, ErrAddress
		}
		host, portText = s[1:i], strings.TrimLeft(s[i+1:], " \t")
		if portText != "" && portText[0] != ':' {
			return "", 0, ErrAddress
		}
	} else {
		i := strings.IndexByte(s, ':')
		if i < 0 {
			i = len(s)
		}
		host, portText = strings.TrimRight(s[:i], " \t"), s[i:]
		if !hostName(host) {
			return "", 0, ErrAddress
		}
	}
	if portText != "" {
		n, err := strconv.ParseUint(trimmed(portText[1:]), 10, 16)
		if err != nil || n == 0 {
			return "", 0, ErrAddress
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

// HostAddr is the host as an address, IPv4 in IPv6 taken out of it; invalid for a name.
func HostAddr(host string) netip.Addr {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// Hop is the topmost Via of a message.
type Hop struct {
	Network string // lower case: "udp", "tcp", "wss"…
	Host    string
	Port    int // 0: none
	Branch  string
	RPort   bool // asks for the answer to its source port (RFC 3581)
	Params  Params
}

// ReadVia reads one Via element (RFC 3261 §20.42).
func ReadVia(s string) (Hop, error) {
	var v Hop
	i, ok := CutAt(s, ';')
	if !ok {
		return v, ErrAddress
	}
	name, rest, ok1 := strings.Cut(s[:i], "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	rest = strings.TrimLeft(rest, " \t")
	j := strings.IndexAny(rest, " \t")
	if !ok1 || !ok2 || j < 0 || !IsToken(trimmed(name)) || !IsToken(trimmed(version)) || !IsToken(rest[:j]) {
		return v, ErrAddress
	}
	v.Network = strings.ToLower(rest[:j])
	var err error
	if v.Host, v.Port, err = readHostPort(rest[j:]); err != nil {
		return v, err
	}
	if v.Params, err = ReadParams(s[i:]); err != nil {
		return v, err
	}
	v.Branch, _ = v.Params.Get("branch")
	_, v.RPort = v.Params.Get("rport")
	return v, nil
}

// Unique says whether the branch is one: unique in space and time (§8.1.1.7).
func (v Hop) Unique() bool {
	return len(v.Branch) > len(MagicCookie) && strings.EqualFold(v.Branch[:len(MagicCookie)], MagicCookie)
}

// MagicCookie begins every branch of RFC 3261 (§8.1.1.7).
const MagicCookie = "z9hG4bK"
