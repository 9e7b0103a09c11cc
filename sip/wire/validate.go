package wire

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hotline/sip/siprec"
	"hotline/sip/syntax"
)

// message is one message from the network with what every later step needs of it. Immutable once checked.
type message struct {
	*syntax.Head
	at     time.Time
	path   Path
	via    syntax.Hop // the topmost
	from   syntax.Address
	to     syntax.Address
	cseq   uint32
	target syntax.URI // of a request
}

// fault is the answer to a request that cannot be served.
type fault struct {
	code   int
	reason string
	fields []string // further header fields, "Name: value"; left out where the answer would grow too long
}

func badRequest(reason string) *fault { return &fault{code: 400, reason: reason} }

func (m *message) fromTag() string { t, _ := m.from.Params.Get("tag"); return t }
func (m *message) toTag() string   { t, _ := m.to.Params.Get("tag"); return t }

// checkRequest reads what a request must have and says what is wrong with it, nil if nothing is. The order follows
// RFC 3261 §8.2: form, method, header, body. A message that is wrong in several ways gets the first one's answer.
func (m *message) checkRequest() *fault {
	if m.Broken != "" {
		return badRequest(m.Broken)
	}
	if !strings.EqualFold(m.Version, "SIP/2.0") {
		return &fault{code: 505, reason: "Version Not Supported"}
	}
	if f := m.checkOnce(); f != nil {
		return f
	}
	if !knownMethod(m.Method) {
		return &fault{501, "Not Implemented", []string{"Allow: " + Allow}}
	}
	if f := m.checkIdentity(); f != nil {
		return f
	}
	if f := m.checkTarget(); f != nil {
		return f
	}
	if f := m.checkLists(); f != nil {
		return f
	}
	if m.Method == "ACK" || m.Method == "CANCEL" {
		return nil // no Require, no body of interest (§8.2.2.3)
	}
	if m.Method == "SUBSCRIBE" || m.Method == "PUBLISH" { // phones ask for their messages and lamps: we publish nothing
		return &fault{489, "Bad Event", []string{"Allow-Events: " + allowEvents}} // RFC 6665 §7.4, RFC 3903 §6
	}
	if !servedMethod(m.Method) {
		return &fault{405, "Method Not Allowed", []string{"Allow: " + Allow}}
	}
	if f := m.checkRequire(); f != nil {
		return f
	}
	return m.checkBody()
}

// checkOnce sees to it that what may stand once stands once: two of them are read differently by different elements.
func (m *message) checkOnce() *fault {
	switch {
	case m.Count[syntax.KindVia] == 0:
		return badRequest("Missing Via")
	case m.Count[syntax.KindFrom] == 0:
		return badRequest("Missing From")
	case m.Count[syntax.KindTo] == 0:
		return badRequest("Missing To")
	case m.Count[syntax.KindCallID] == 0:
		return badRequest("Missing Call-ID")
	case m.Count[syntax.KindCSeq] == 0:
		return badRequest("Missing CSeq")
	}
	for _, k := range [...]syntax.Kind{
		syntax.KindFrom, syntax.KindTo, syntax.KindCallID, syntax.KindCSeq, syntax.KindMaxForwards, syntax.KindContentLength, syntax.KindContentType,
		syntax.KindExpires, syntax.KindReferTo, syntax.KindReferredBy,
	} {
		if m.Count[k] > 1 {
			return badRequest("Repeated header field")
		}
	}
	if m.Get(syntax.KindCallID) == "" || strings.ContainsFunc(m.Get(syntax.KindCallID), func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return badRequest("Malformed Call-ID")
	}
	if m.Count[syntax.KindContentLength] == 1 {
		n, err := strconv.ParseUint(m.Get(syntax.KindContentLength), 10, 31)
		switch {
		case err != nil:
			return badRequest("Malformed Content-Length")
		case n > uint64(len(m.Body)):
			return badRequest("Body shorter than Content-Length") // §18.3
		}
		m.Body = m.Body[:n]
	}
	if v := m.Get(syntax.KindMaxForwards); m.Count[syntax.KindMaxForwards] == 1 && !syntax.Digits(v) {
		return badRequest("Malformed Max-Forwards")
	}
	return nil
}

// checkIdentity reads Via, From, To and CSeq: what names the transaction and the dialog.
func (m *message) checkIdentity() *fault {
	var err error
	first := true
	m.List(syntax.KindVia, func(s string) bool {
		m.via, err = syntax.ReadVia(s)
		first = false
		return false
	})
	if err != nil || first {
		return badRequest("Malformed Via")
	}
	if m.from, err = syntax.ReadAddress(m.Get(syntax.KindFrom)); err != nil {
		return badRequest("Malformed From")
	}
	if m.to, err = syntax.ReadAddress(m.Get(syntax.KindTo)); err != nil {
		return badRequest("Malformed To")
	}
	var method string
	if m.cseq, method, err = syntax.ReadCSeq(m.Get(syntax.KindCSeq)); err != nil {
		return badRequest("Malformed CSeq")
	}
	if m.Code == 0 && method != m.Method {
		return badRequest("CSeq of another method")
	}
	if strings.ContainsAny(m.fromTag()+m.toTag(), "\";, \t") {
		return badRequest("Malformed tag") // a token (§25.1): what is none would name one dialog here and none further in
	}
	if m.from.Params.Repeats("tag") || m.to.Params.Repeats("tag") {
		return badRequest("Repeated tag") // §7.3.1: one element takes the first for the dialog, another the last
	}
	if m.fromTag() == "" {
		return badRequest("Missing From tag") // §8.1.1.3; RFC 2543 is history
	}
	return nil
}

// checkTarget reads the Request-URI (§8.2.2.1).
func (m *message) checkTarget() *fault {
	scheme, _, ok := strings.Cut(m.URI, ":")
	if !ok || !syntax.IsToken(scheme) || !syntax.PlainURI(m.URI) {
		return badRequest("Malformed Request-URI")
	}
	switch strings.ToLower(scheme) {
	case "sip", "sips":
	case "tel": // RFC 3966; carriers use it for what they mean by sip:…;user=phone
		m.target = syntax.URI{Scheme: "tel", User: syntax.TelNumber(m.URI)}
		return nil
	default:
		return &fault{code: 416, reason: "Unsupported URI Scheme"}
	}
	var err error
	if m.target, err = syntax.ReadURI(m.URI); err != nil || m.target.Header != "" {
		return badRequest("Malformed Request-URI") // §19.1.5: no headers in a Request-URI
	}
	return nil
}

// checkLists reads the addresses that the calls half follows later: a malformed one must not surface in mid-call.
func (m *message) checkLists() *fault {
	for _, k := range [...]syntax.Kind{syntax.KindContact, syntax.KindRoute, syntax.KindRecordRoute, syntax.KindPath, syntax.KindReferTo, syntax.KindReferredBy} {
		if m.Count[k] == 0 {
			continue
		}
		ok := true
		m.List(k, func(s string) bool {
			if s == "*" && k == syntax.KindContact {
				return true
			}
			_, err := syntax.ReadAddress(s)
			ok = err == nil
			return ok
		})
		if !ok {
			return badRequest("Malformed address in a header field")
		}
	}
	if m.Method == "INVITE" && m.Count[syntax.KindContact] > 1 {
		return badRequest("An INVITE has one Contact") // §8.1.1.8; for none see parser.request
	}
	return nil
}

// checkRequire refuses what the sender insists on and nobody here knows (§8.2.2.3). Proxy-Require is for proxies.
func (m *message) checkRequire() *fault {
	if m.Count[syntax.KindRequire] == 0 {
		return nil
	}
	var unknown []string
	m.List(syntax.KindRequire, func(tag string) bool {
		if tag != "" && !supportedOption(m.Method, tag) && syntax.IsToken(tag) {
			unknown = append(unknown, tag)
		}
		return true
	})
	if unknown == nil {
		return nil
	}
	return &fault{420, "Bad Extension", []string{"Unsupported: " + strings.Join(unknown, ", ")}}
}

// checkBody refuses bodies and answers that are not of a session description, where one belongs (§8.2.3, §21.4.7).
func (m *message) checkBody() *fault {
	if m.Method != "INVITE" && m.Method != "UPDATE" {
		return nil
	}
	if len(m.Body) > 0 && !syntax.OptionalBody(m.Named("Content-Disposition")) {
		typ, _, _ := strings.Cut(m.Get(syntax.KindContentType), ";")
		if typ = strings.TrimSpace(typ); !strings.EqualFold(typ, "application/sdp") && !siprec.IsMultipart(typ) && typ != siprec.TypeRequest {
			return &fault{415, "Unsupported Media Type", []string{"Accept: application/sdp"}}
		}
		if enc := m.Get(syntax.KindContentEncoding); enc != "" && !strings.EqualFold(enc, "identity") {
			return &fault{415, "Unsupported Media Type", []string{"Accept-Encoding: identity"}}
		}
	}
	if m.Count[syntax.KindAccept] == 0 {
		return nil
	}
	ok := false
	m.List(syntax.KindAccept, func(s string) bool {
		typ, _, _ := strings.Cut(s, ";")
		switch strings.ToLower(strings.TrimSpace(typ)) {
		case "application/sdp", "application/*", "*/*":
			ok = true
		}
		return !ok
	})
	if !ok {
		return &fault{code: 406, reason: "Not Acceptable"}
	}
	return nil
}

// checkResponse says whether a response is whole enough to be matched with a transaction.
func (m *message) checkResponse() bool {
	if m.Broken != "" {
		return false
	}
	return m.checkOnce() == nil && m.checkIdentity() == nil && m.checkLists() == nil
}

// answerTo is where the answer to a datagram goes: always the host it came from, whatever the Via says, so that nobody
// is sent what he did not ask for and no name is looked up; the port is the source's if the sender asked for that
// (RFC 3581 §4), else the Via's (RFC 3261 §18.2.2).
func (m *message) answerTo() netip.AddrPort {
	src := m.path.Peer
	if m.path.flow != nil || m.via.Host == "" || m.via.RPort {
		return src
	}
	if m.via.Port != 0 {
		return netip.AddrPortFrom(src.Addr(), uint16(m.via.Port))
	}
	return netip.AddrPortFrom(src.Addr(), 5060)
}
