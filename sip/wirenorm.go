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
	msg, err := p.parse(m, func(b *strings.Builder) {
		b.WriteString(m.method + " ")
		if m.target.scheme == "tel" {
			b.WriteString("sip:" + m.target.user + "@" + p.domain + ";user=phone")
		} else {
			b.WriteString(m.uri)
		}
		b.WriteString(" SIP/2.0\r\n")
	})
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
	msg, err := p.parse(m, func(b *strings.Builder) {
		b.WriteString("SIP/2.0 " + strconv.Itoa(m.code) + " " + scrub(m.reason) + "\r\n")
	})
	if err != nil {
		return nil, err
	}
	res, ok := msg.(*gosip.Response)
	if !ok {
		return nil, errNotSIP
	}
	return res, nil
}

func (p *parser) parse(m *message, start func(*strings.Builder)) (gosip.Message, error) {
	var b strings.Builder
	b.Grow(m.size + 64)
	start(&b)
	first := true
	for i := range m.fields {
		f := &m.fields[i]
		switch f.kind {
		case kindVia: // only the topmost is ours to act on
			if first {
				writeVia(&b, m.via)
			}
			first = false
		case kindFrom:
			p.writeAddress(&b, "From", m.from, true)
		case kindTo:
			p.writeAddress(&b, "To", m.to, true)
		case kindCSeq:
			_, method, _ := readCSeq(f.value)
			fmt.Fprintf(&b, "CSeq: %d %s\r\n", m.cseq, method)
		case kindContentLength:
		case kindMaxForwards:
			n, err := strconv.ParseUint(f.value, 10, 8)
			if err != nil {
				n = 255 // §20.22: 0 to 255
			}
			fmt.Fprintf(&b, "Max-Forwards: %d\r\n", n)
		case kindContact, kindRoute, kindRecordRoute, kindReferTo, kindReferredBy, kindPath:
			p.writeList(&b, f)
		default:
			b.WriteString(f.name + ": " + scrub(f.value) + "\r\n")
		}
	}
	if m.method == "INVITE" && m.count[kindContact] == 0 {
		// It must have one (§8.1.1.8), but an INVITE without can be served: the way back is known.
		fmt.Fprintf(&b, "Contact: <sip:%s;transport=%s>\r\n", m.path.peer, transportParam(m.path.network()))
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(m.body))
	b.Write(m.body)
	msg, err := p.p.ParseSIP([]byte(b.String()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSIP, err)
	}
	msg.SetTransport(strings.ToUpper(m.path.network()))
	msg.SetSource(m.path.peer.String())
	return msg, nil
}

func writeVia(b *strings.Builder, v hop) {
	b.WriteString("Via: SIP/2.0/" + strings.ToUpper(v.network) + " " + bracket(v.host))
	if v.port != 0 {
		b.WriteString(":" + strconv.Itoa(v.port))
	}
	writeParams(b, v.params)
	b.WriteString("\r\n")
}

// writeList writes each element of a list as a field of its own and drops display names, which nobody reads there.
func (p *parser) writeList(b *strings.Builder, f *field) {
	for rest, more := f.value, true; more; {
		var item string
		item, rest, more = cutList(rest)
		if item == "*" {
			b.WriteString(f.name + ": *\r\n")
			continue
		}
		a, err := readAddress(item)
		if err != nil {
			continue
		}
		p.writeAddress(b, f.name, a, false)
	}
}

func (p *parser) writeAddress(b *strings.Builder, name string, a address, display bool) {
	b.WriteString(name + ": ")
	if display && a.display != "" {
		d := a.display
		if !a.quoted {
			d = quoteEscape(d)
		}
		b.WriteString(`"` + scrub(d) + `" `)
	}
	uri := a.uri
	if len(uri) > 4 && strings.EqualFold(uri[:4], "tel:") {
		uri = "sip:" + telNumber(uri) + "@" + p.domain + ";user=phone"
	}
	b.WriteString("<" + uri + ">")
	writeParams(b, a.params)
	b.WriteString("\r\n")
}

// writeParams writes the parameters but for those with quoted values, which sipgo cuts in the middle.
func writeParams(b *strings.Builder, ps params) {
	for _, q := range ps {
		if strings.ContainsAny(q.value, "\";,\r\n \t") {
			continue
		}
		b.WriteString(";" + strings.ToLower(q.name))
		if q.value != "" {
			b.WriteString("=" + q.value)
		}
	}
}

// bracket puts an IPv6 literal into the brackets that host:port and URIs need.
func bracket(host string) string {
	if strings.IndexByte(host, ':') >= 0 {
		return "[" + host + "]"
	}
	return host
}
