package sip

import (
	"fmt"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// parser turns checked messages into sipgo's. sipgo's parser does not know white space around separators, quoted commas
// or compact forms of extensions, and lets the last of two equal fields win; so it is given the message written anew in
// the plainest form. What a reply must repeat to the letter comes from the head, not from here.
type parser struct {
	p      *gosip.Parser
	domain string // the domain that tel URIs are put in
}

func newParser(domain string) *parser { return &parser{gosip.NewParser(), domain} }

// request gives the checked request to sipgo.
func (p *parser) request(m *message) (*gosip.Request, error) {
	b := append(append(make([]byte, 0, m.size+roomToParse), m.method...), ' ')
	if m.target.scheme == "tel" {
		b = concat(b, "sip:", m.target.user, "@", p.domain, ";user=phone")
	} else {
		b = append(b, m.uri...)
	}
	msg, err := p.parse(m, append(b, " SIP/2.0\r\n"...))
	if err != nil {
		return nil, err
	}
	req, ok := msg.(*gosip.Request)
	if !ok {
		return nil, errNotSIP
	}
	return req, nil
}

// response gives the checked response to sipgo.
func (p *parser) response(m *message) (*gosip.Response, error) {
	b := strconv.AppendInt(append(make([]byte, 0, m.size+roomToParse), "SIP/2.0 "...), int64(m.code), 10)
	msg, err := p.parse(m, concat(b, " ", scrub(m.reason), "\r\n"))
	if err != nil {
		return nil, err
	}
	res, ok := msg.(*gosip.Response)
	if !ok {
		return nil, errNotSIP
	}
	return res, nil
}

// roomToParse is how many octets longer a message may become by being written anew, as a rule.
const roomToParse = 128

// concat writes parts of a line.
func concat(b []byte, parts ...string) []byte {
	for _, s := range parts {
		b = append(b, s...)
	}
	return b
}

// parse gives a message to sipgo, of which b holds the start line.
func (p *parser) parse(m *message, b []byte) (gosip.Message, error) {
	first := true
	for i := range m.fields {
		f := &m.fields[i]
		switch f.kind {
		case kindVia: // only the topmost is ours to act on
			if first {
				b = appendVia(b, m.via)
			}
			first = false
		case kindFrom:
			b = p.appendAddress(b, "From", m.from, true)
		case kindTo:
			b = p.appendAddress(b, "To", m.to, true)
		case kindCSeq:
			_, method, _ := readCSeq(f.value)
			b = concat(strconv.AppendUint(append(b, "CSeq: "...), uint64(m.cseq), 10), " ", method, "\r\n")
		case kindContentLength:
		case kindMaxForwards:
			n, err := strconv.ParseUint(f.value, 10, 8)
			if err != nil {
				n = 255 // §20.22: 0 to 255
			}
			b = append(strconv.AppendUint(append(b, "Max-Forwards: "...), n, 10), "\r\n"...)
		case kindContact, kindRoute, kindRecordRoute, kindReferTo, kindReferredBy, kindPath:
			b = p.appendList(b, f)
		default:
			b = concat(b, f.name, ": ", scrub(f.value), "\r\n")
		}
	}
	if m.method == "INVITE" && m.count[kindContact] == 0 {
		// It must have one (§8.1.1.8), but an INVITE without can be served: the way back is known.
		b = fmt.Appendf(b, "Contact: <sip:%s;transport=%s>\r\n", m.path.peer, transportParam(m.path.network()))
	}
	b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(len(m.body)), 10), "\r\n\r\n"...)
	msg, err := p.p.ParseSIP(append(b, m.body...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSIP, err)
	}
	msg.SetTransport(strings.ToUpper(m.path.network()))
	msg.SetSource(m.path.peer.String())
	return msg, nil
}

func appendVia(b []byte, v hop) []byte {
	b = concat(b, "Via: SIP/2.0/", strings.ToUpper(v.network), " ", bracket(v.host))
	if v.port != 0 {
		b = strconv.AppendInt(append(b, ':'), int64(v.port), 10)
	}
	return append(appendParams(b, v.params), "\r\n"...)
}

// appendList writes each element of a list as a field of its own and drops display names, which nobody reads there.
func (p *parser) appendList(b []byte, f *field) []byte {
	for rest, more := f.value, true; more; {
		var item string
		item, rest, more = cutList(rest)
		if item == "*" {
			b = concat(b, f.name, ": *\r\n")
			continue
		}
		a, err := readAddress(item)
		if err != nil {
			continue
		}
		b = p.appendAddress(b, f.name, a, false)
	}
	return b
}

func (p *parser) appendAddress(b []byte, name string, a address, display bool) []byte {
	b = concat(b, name, ": ")
	if display && a.display != "" {
		d := a.display
		if !a.quoted {
			d = quoteEscape(d)
		}
		b = concat(b, `"`, scrub(d), `" `)
	}
	if uri := a.uri; len(uri) > 4 && strings.EqualFold(uri[:4], "tel:") {
		b = concat(b, "<sip:", telNumber(uri), "@", p.domain, ";user=phone>")
	} else {
		b = concat(b, "<", uri, ">")
	}
	return append(appendParams(b, a.params), "\r\n"...)
}

// appendParams writes the parameters but for those with quoted values, which sipgo cuts in the middle.
func appendParams(b []byte, ps params) []byte {
	for _, q := range ps {
		if strings.ContainsAny(q.value, "\";,\r\n \t") {
			continue
		}
		b = concat(b, ";", strings.ToLower(q.name))
		if q.value != "" {
			b = concat(b, "=", q.value)
		}
	}
	return b
}

// bracket puts an IPv6 literal into the brackets that host:port and URIs need.
func bracket(host string) string {
	if strings.IndexByte(host, ':') >= 0 {
		return "[" + host + "]"
	}
	return host
}
