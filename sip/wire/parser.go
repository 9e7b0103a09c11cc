package wire

import (
	"fmt"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// parser turns checked messages into sipgo's. sipgo's own parser does not know white space around separators, quoted commas
// or compact forms of extensions, and lets the last of two equal fields win; so the values of its headers are made here, of what
// was read and checked. What a reply must repeat to the letter comes from the head, not from here.
type parser struct {
	domain string // the domain that tel URIs are put in
}

func newParser(domain string) *parser { return &parser{domain} }

// request is the checked request as sipgo's.
func (p *parser) request(m *message) (*gosip.Request, error) {
	var target gosip.Uri
	uri := m.URI
	if m.target.Scheme == "tel" {
		uri = p.numberURI(m.target.User)
	}
	if err := readURI(uri, &target); err != nil {
		return nil, err
	}
	if target.Wildcard {
		return nil, fmt.Errorf("%w: * is no target", syntax.ErrNotSIP)
	}
	req := gosip.NewRequest(gosip.RequestMethod(m.Method), target)
	return req, p.fill(m, req)
}

// response is the checked response as sipgo's.
func (p *parser) response(m *message) (*gosip.Response, error) {
	res := gosip.NewResponse(m.Code, syntax.Scrub(m.Reason))
	return res, p.fill(m, res)
}

// fill gives a message of sipgo's the header and body.
func (p *parser) fill(m *message, msg gosip.Message) error {
	first := true
	for i := range m.Fields {
		f := &m.Fields[i]
		switch f.Kind {
		case syntax.KindVia: // only the topmost is ours to act on
			if first {
				msg.AppendHeader(viaHeader(m.via))
			}
			first = false
		case syntax.KindContentLength:
		case syntax.KindContact, syntax.KindRoute, syntax.KindRecordRoute, syntax.KindReferTo, syntax.KindReferredBy:
			if err := p.appendList(msg, f); err != nil {
				return err
			}
		default:
			h, err := p.header(m, f)
			if err != nil {
				return err
			}
			msg.AppendHeader(h)
		}
	}
	if m.Method == "INVITE" && m.Count[syntax.KindContact] == 0 {
		// It must have one (§8.1.1.8), but an INVITE without can be served: the way back is known.
		h := new(gosip.ContactHeader)
		if err := readURI("sip:"+m.path.Peer.String()+";transport="+syntax.TransportParam(m.path.Network()), &h.Address); err != nil {
			return err
		}
		msg.AppendHeader(h)
	}
	if len(m.Body) > 0 {
		msg.SetBody(m.Body)
	} else {
		msg.SetBody(nil)
	}
	msg.SetTransport(transportName(m.path.Network()))
	return nil
}

// header is a field that stands for itself.
func (p *parser) header(m *message, f *syntax.Field) (gosip.Header, error) {
	switch f.Kind {
	case syntax.KindFrom:
		h := &gosip.FromHeader{DisplayName: display(m.from), Params: headerParams(m.from.Params)}
		return h, p.party(m.from, &h.Address)
	case syntax.KindTo:
		h := &gosip.ToHeader{DisplayName: display(m.to), Params: headerParams(m.to.Params)}
		return h, p.party(m.to, &h.Address)
	case syntax.KindCSeq:
		_, method, _ := syntax.ReadCSeq(f.Value)
		return &gosip.CSeqHeader{SeqNo: m.cseq, MethodName: gosip.RequestMethod(method)}, nil
	case syntax.KindCallID:
		id := gosip.CallIDHeader(f.Value)
		return &id, nil
	case syntax.KindMaxForwards:
		n, err := strconv.ParseUint(f.Value, 10, 8)
		if err != nil {
			n = 255 // §20.22: 0 to 255
		}
		hops := gosip.MaxForwardsHeader(n)
		return &hops, nil
	case syntax.KindContentType:
		typ := gosip.ContentTypeHeader(strings.TrimSpace(syntax.Scrub(f.Value)))
		if typ == "" {
			return nil, fmt.Errorf("%w: empty Content-Type", syntax.ErrNotSIP)
		}
		return &typ, nil
	}
	return gosip.NewHeader(f.Name, strings.TrimSpace(syntax.Scrub(f.Value))), nil
}

// viaHeader is the hop as a header.
func viaHeader(v syntax.Hop) *gosip.ViaHeader {
	return &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: transportName(v.Network), Host: v.Host, Port: v.Port, Params: headerParams(v.Params),
	}
}

// transportName is a network as a Via has it.
func transportName(network string) string {
	switch network {
	case "udp":
		return "UDP"
	case "tcp":
		return "TCP"
	}
	return strings.ToUpper(network)
}

// appendList appends each element of a list as a header of its own.
func (p *parser) appendList(msg gosip.Message, f *syntax.Field) error {
	for rest, more := f.Value, true; more; {
		var item string
		item, rest, more = syntax.CutList(rest)
		a, err := syntax.ReadAddress(item)
		if item == "*" {
			a, err = syntax.Address{URI: "*"}, nil
		}
		if err != nil {
			continue
		}
		h, err := p.element(f.Kind, a)
		if err != nil {
			return err
		}
		msg.AppendHeader(h)
	}
	return nil
}

// element is one element of a list as a header. Display names are dropped: nobody reads them there.
func (p *parser) element(k syntax.Kind, a syntax.Address) (gosip.Header, error) {
	switch k {
	case syntax.KindRoute:
		h := new(gosip.RouteHeader)
		return h, p.address(a, &h.Address)
	case syntax.KindRecordRoute:
		h := new(gosip.RecordRouteHeader)
		return h, p.address(a, &h.Address)
	case syntax.KindReferTo:
		h := new(gosip.ReferToHeader)
		return h, p.address(a, &h.Address)
	case syntax.KindReferredBy:
		h := &gosip.ReferredByHeader{Params: headerParams(a.Params)}
		return h, p.party(a, &h.Address)
	}
	h := &gosip.ContactHeader{Params: headerParams(a.Params)}
	return h, p.address(a, &h.Address)
}

// party reads the URI of somebody: of one, not of all there are.
func (p *parser) party(a syntax.Address, into *gosip.Uri) error {
	if err := p.address(a, into); err != nil {
		return err
	}
	if into.Wildcard { // only a Contact may be (§10.2.2)
		return fmt.Errorf("%w: * is no address", syntax.ErrNotSIP)
	}
	return nil
}

// address reads the URI of an address, a number as one of our domain.
func (p *parser) address(a syntax.Address, into *gosip.Uri) error {
	uri := a.URI
	if len(uri) > 4 && strings.EqualFold(uri[:4], "tel:") {
		uri = p.numberURI(syntax.TelNumber(uri))
	}
	return readURI(uri, into)
}

// numberURI is a number as a URI of our domain (RFC 3261 §19.1.6).
func (p *parser) numberURI(number string) string {
	return "sip:" + number + "@" + p.domain + ";user=phone"
}

func readURI(uri string, into *gosip.Uri) error {
	if err := gosip.ParseUri(uri, into); err != nil {
		return fmt.Errorf("%w: %w", syntax.ErrNotSIP, err)
	}
	return nil
}

// display is the display name as it stands between quotes.
func display(a syntax.Address) string {
	if a.Quoted {
		return syntax.Scrub(a.Display)
	}
	return syntax.Scrub(syntax.QuoteEscape(a.Display))
}

// headerParams are the parameters but for those with quoted values, which sipgo would write in the middle of others.
func headerParams(ps syntax.Params) gosip.HeaderParams {
	if len(ps) == 0 {
		return nil
	}
	all := make(gosip.HeaderParams, 0, len(ps))
	for _, q := range ps {
		if !strings.ContainsAny(q.Value, "\";,\r\n \t") {
			all.Add(strings.ToLower(q.Name), q.Value)
		}
	}
	return all
}
