package wire

import (
	"fmt"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// textParser turns checked messages into sipgo's. sipgo's parser does not know white space around separators, quoted commas
// or compact forms of extensions, and lets the last of two equal fields win; so it is given the message written anew in
// the plainest form. What a reply must repeat to the letter comes from the head, not from here.
type textParser struct {
	p      *gosip.Parser
	domain string // the domain that tel URIs are put in
}

func newTextParser(domain string) *textParser { return &textParser{gosip.NewParser(), domain} }

// request gives the checked request to sipgo.
func (p *textParser) request(m *message) (*gosip.Request, error) {
	b := append(append(make([]byte, 0, m.Size+roomToParse), m.Method...), ' ')
	if m.target.Scheme == "tel" {
		b = concat(b, "sip:", m.target.User, "@", p.domain, ";user=phone")
	} else {
		b = append(b, m.URI...)
	}
	msg, err := p.parse(m, append(b, " SIP/2.0\r\n"...))
	if err != nil {
		return nil, err
	}
	req, ok := msg.(*gosip.Request)
	if !ok {
		return nil, syntax.ErrNotSIP
	}
	return req, nil
}

// response gives the checked response to sipgo.
func (p *textParser) response(m *message) (*gosip.Response, error) {
	b := strconv.AppendInt(append(make([]byte, 0, m.Size+roomToParse), "SIP/2.0 "...), int64(m.Code), 10)
	msg, err := p.parse(m, concat(b, " ", syntax.Scrub(m.Reason), "\r\n"))
	if err != nil {
		return nil, err
	}
	res, ok := msg.(*gosip.Response)
	if !ok {
		return nil, syntax.ErrNotSIP
	}
	return res, nil
}

// roomToParse is how many octets longer a message may become by being written anew, as a rule.
const roomToParse = 128

// parse gives a message to sipgo, of which b holds the start line.
func (p *textParser) parse(m *message, b []byte) (gosip.Message, error) {
	first := true
	for i := range m.Fields {
		f := &m.Fields[i]
		switch f.Kind {
		case syntax.KindVia: // only the topmost is ours to act on
			if first {
				b = appendVia(b, m.via)
			}
			first = false
		case syntax.KindFrom:
			b = p.appendAddress(b, "From", m.from, true)
		case syntax.KindTo:
			b = p.appendAddress(b, "To", m.to, true)
		case syntax.KindCSeq:
			_, method, _ := syntax.ReadCSeq(f.Value)
			b = concat(strconv.AppendUint(append(b, "CSeq: "...), uint64(m.cseq), 10), " ", method, "\r\n")
		case syntax.KindContentLength:
		case syntax.KindMaxForwards:
			n, err := strconv.ParseUint(f.Value, 10, 8)
			if err != nil {
				n = 255 // §20.22: 0 to 255
			}
			b = append(strconv.AppendUint(append(b, "Max-Forwards: "...), n, 10), "\r\n"...)
		case syntax.KindContact, syntax.KindRoute, syntax.KindRecordRoute, syntax.KindReferTo, syntax.KindReferredBy, syntax.KindPath:
			b = p.appendList(b, f)
		default:
			b = concat(b, f.Name, ": ", syntax.Scrub(f.Value), "\r\n")
		}
	}
	if m.Method == "INVITE" && m.Count[syntax.KindContact] == 0 {
		// It must have one (§8.1.1.8), but an INVITE without can be served: the way back is known.
		b = fmt.Appendf(b, "Contact: <sip:%s;transport=%s>\r\n", m.path.Peer, syntax.TransportParam(m.path.Network()))
	}
	b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(len(m.Body)), 10), "\r\n\r\n"...)
	msg, err := p.p.ParseSIP(append(b, m.Body...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", syntax.ErrNotSIP, err)
	}
	msg.SetTransport(strings.ToUpper(m.path.Network()))
	msg.SetSource(m.path.Peer.String())
	return msg, nil
}

func appendVia(b []byte, v syntax.Hop) []byte {
	b = concat(b, "Via: SIP/2.0/", strings.ToUpper(v.Network), " ", syntax.Bracket(v.Host))
	if v.Port != 0 {
		b = strconv.AppendInt(append(b, ':'), int64(v.Port), 10)
	}
	return append(appendParams(b, v.Params), "\r\n"...)
}

// appendList writes each element of a list as a field of its own and drops display names, which nobody reads there.
func (p *textParser) appendList(b []byte, f *syntax.Field) []byte {
	for rest, more := f.Value, true; more; {
		var item string
		item, rest, more = syntax.CutList(rest)
		if item == "*" {
			b = concat(b, f.Name, ": *\r\n")
			continue
		}
		a, err := syntax.ReadAddress(item)
		if err != nil {
			continue
		}
		b = p.appendAddress(b, f.Name, a, false)
	}
	return b
}

func (p *textParser) appendAddress(b []byte, name string, a syntax.Address, display bool) []byte {
	b = concat(b, name, ": ")
	if display && a.Display != "" {
		d := a.Display
		if !a.Quoted {
			d = syntax.QuoteEscape(d)
		}
		b = concat(b, `"`, syntax.Scrub(d), `" `)
	}
	if uri := a.URI; len(uri) > 4 && strings.EqualFold(uri[:4], "tel:") {
		b = concat(b, "<sip:", syntax.TelNumber(uri), "@", p.domain, ";user=phone>")
	} else {
		b = concat(b, "<", uri, ">")
	}
	return append(appendParams(b, a.Params), "\r\n"...)
}

// appendParams writes the parameters but for those with quoted values, which sipgo cuts in the middle.
func appendParams(b []byte, ps syntax.Params) []byte {
	for _, q := range ps {
		if strings.ContainsAny(q.Value, "\";,\r\n \t") {
			continue
		}
		b = concat(b, ";", strings.ToLower(q.Name))
		if q.Value != "" {
			b = concat(b, "=", q.Value)
		}
	}
	return b
}
