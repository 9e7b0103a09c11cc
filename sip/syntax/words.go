package syntax

import (
	"slices"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// ReadCSeq reads "4711 INVITE". The number is less than 2**31 (RFC 3261 §8.1.1.5).
func ReadCSeq(s string) (uint32, string, error) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return 0, "", ErrAddress
	}
	n, err := strconv.ParseUint(s[:i], 10, 31)
	method := trimmed(s[i:])
	if err != nil || !IsToken(method) {
		return 0, "", ErrAddress
	}
	return uint32(n), method, nil
}

// TelNumber is the number of a tel URI without parameters and visual separators (RFC 3966 §3).
func TelNumber(uri string) string {
	_, n, _ := strings.Cut(uri, ":")
	n, _, _ = strings.Cut(n, ";")
	return strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(n)
}

// Bracket puts an IPv6 literal into the brackets that host:port and URIs need.
func Bracket(host string) string {
	if strings.IndexByte(host, ':') >= 0 {
		return "[" + host + "]"
	}
	return host
}

// HeaderValue is the value of the first header of a name, long or compact.
func HeaderValue(msg gosip.Message, long, compact string) string {
	for _, name := range [...]string{long, compact} {
		if h := msg.GetHeaders(name); len(h) > 0 {
			return strings.TrimSpace(h[0].Value())
		}
	}
	return ""
}

// RecordRoutes is the route set that Record-Route headers make: as they stand for the UAS, reversed for the UAC.
func RecordRoutes(headers []gosip.Header, reverse bool) []gosip.Uri {
	var routes []gosip.Uri
	for _, h := range headers {
		if r, ok := h.(*gosip.RecordRouteHeader); ok && r.Address.Host != "" {
			routes = append(routes, *r.Address.Clone())
		}
	}
	if reverse {
		slices.Reverse(routes)
	}
	return routes
}

// TagParam is the tag as the parameters of a From or To; none for "".
func TagParam(tag string) gosip.HeaderParams {
	if tag == "" {
		return nil // RFC 2543 peers have none (RFC 3261 §12.2.1.1)
	}
	return gosip.HeaderParams{{K: "tag", V: tag}}
}

// OptionalBody says whether a Content-Disposition lets who does not understand the body pass over it (RFC 3261 §20.11, §8.2.3).
func OptionalBody(disposition string) bool {
	_, params, _ := strings.Cut(disposition, ";")
	for p := range strings.SplitSeq(params, ";") {
		if name, value, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(name), "handling") {
			return strings.EqualFold(strings.TrimSpace(value), "optional")
		}
	}
	return false
}
