package sip

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hotline/sip/siprec"
)

// message is one message from the network with what every later step needs of it. Immutable once checked.
type message struct {
	*head
	at     time.Time
	path   path
	via    hop // the topmost
	from   address
	to     address
	cseq   uint32
	target sipURI // of a request
}

// fault is the answer to a request that cannot be served.
type fault struct {
	code   int
	reason string
	fields []string // further header fields, "Name: value"; left out where the answer would grow too long
}

func badRequest(reason string) *fault { return &fault{code: 400, reason: reason} }

func (m *message) fromTag() string { t, _ := m.from.params.get("tag"); return t }
func (m *message) toTag() string   { t, _ := m.to.params.get("tag"); return t }

// checkRequest reads what a request must have and says what is wrong with it, nil if nothing is. The order follows
// RFC 3261 §8.2: form, method, header, body. A message that is wrong in several ways gets the first one's answer.
func (m *message) checkRequest() *fault {
	if m.broken != "" {
		return badRequest(m.broken)
	}
	if !strings.EqualFold(m.version, "SIP/2.0") {
		return &fault{code: 505, reason: "Version Not Supported"}
	}
	if f := m.checkOnce(); f != nil {
		return f
	}
	if !knownMethod(m.method) {
		return &fault{501, "Not Implemented", []string{"Allow: " + allow}}
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
	if m.method == "ACK" || m.method == "CANCEL" {
		return nil // no Require, no body of interest (§8.2.2.3)
	}
	if m.method == "SUBSCRIBE" || m.method == "PUBLISH" { // phones ask for their messages and lamps: we publish nothing
		return &fault{489, "Bad Event", []string{"Allow-Events: " + allowEvents}} // RFC 6665 §7.4, RFC 3903 §6
	}
	if !servedMethod(m.method) {
		return &fault{405, "Method Not Allowed", []string{"Allow: " + allow}}
	}
	if f := m.checkRequire(); f != nil {
		return f
	}
	return m.checkBody()
}

// checkOnce sees to it that what may stand once stands once: two of them are read differently by different elements.
func (m *message) checkOnce() *fault {
	switch {
	case m.count[kindVia] == 0:
		return badRequest("Missing Via")
	case m.count[kindFrom] == 0:
		return badRequest("Missing From")
	case m.count[kindTo] == 0:
		return badRequest("Missing To")
	case m.count[kindCallID] == 0:
		return badRequest("Missing Call-ID")
	case m.count[kindCSeq] == 0:
		return badRequest("Missing CSeq")
	}
	for _, k := range [...]kind{
		kindFrom, kindTo, kindCallID, kindCSeq, kindMaxForwards, kindContentLength, kindContentType,
		kindExpires, kindReferTo, kindReferredBy,
	} {
		if m.count[k] > 1 {
			return badRequest("Repeated header field")
		}
	}
	if m.get(kindCallID) == "" || strings.ContainsFunc(m.get(kindCallID), func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return badRequest("Malformed Call-ID")
	}
	if m.count[kindContentLength] == 1 {
		n, err := strconv.ParseUint(m.get(kindContentLength), 10, 31)
		switch {
		case err != nil:
			return badRequest("Malformed Content-Length")
		case n > uint64(len(m.body)):
			return badRequest("Body shorter than Content-Length") // §18.3
		}
		m.body = m.body[:n]
	}
	if v := m.get(kindMaxForwards); m.count[kindMaxForwards] == 1 && !digits(v) {
		return badRequest("Malformed Max-Forwards")
	}
	return nil
}

// checkIdentity reads Via, From, To and CSeq: what names the transaction and the dialog.
func (m *message) checkIdentity() *fault {
	var err error
	first := true
	m.list(kindVia, func(s string) bool {
		m.via, err = readVia(s)
		first = false
		return false
	})
	if err != nil || first {
		return badRequest("Malformed Via")
	}
	if m.from, err = readAddress(m.get(kindFrom)); err != nil {
		return badRequest("Malformed From")
	}
	if m.to, err = readAddress(m.get(kindTo)); err != nil {
		return badRequest("Malformed To")
	}
	var method string
	if m.cseq, method, err = readCSeq(m.get(kindCSeq)); err != nil {
		return badRequest("Malformed CSeq")
	}
	if m.code == 0 && method != m.method {
		return badRequest("CSeq of another method")
	}
	if strings.ContainsAny(m.fromTag()+m.toTag(), "\";, \t") {
		return badRequest("Malformed tag") // a token (§25.1): what is none would name one dialog here and none further in
	}
	if m.fromTag() == "" {
		return badRequest("Missing From tag") // §8.1.1.3; RFC 2543 is history
	}
	return nil
}

// readCSeq reads "4711 INVITE". The number is less than 2**31 (RFC 3261 §8.1.1.5).
func readCSeq(s string) (uint32, string, error) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return 0, "", errAddr
	}
	n, err := strconv.ParseUint(s[:i], 10, 31)
	method := trimmed(s[i:])
	if err != nil || !isToken(method) {
		return 0, "", errAddr
	}
	return uint32(n), method, nil
}

// checkTarget reads the Request-URI (§8.2.2.1).
func (m *message) checkTarget() *fault {
	scheme, _, ok := strings.Cut(m.uri, ":")
	if !ok || !isToken(scheme) || !plainURI(m.uri) {
		return badRequest("Malformed Request-URI")
	}
	switch strings.ToLower(scheme) {
	case "sip", "sips":
	case "tel": // RFC 3966; carriers use it for what they mean by sip:…;user=phone
		m.target = sipURI{scheme: "tel", user: telNumber(m.uri)}
		return nil
	default:
		return &fault{code: 416, reason: "Unsupported URI Scheme"}
	}
	var err error
	if m.target, err = readURI(m.uri); err != nil || m.target.header != "" {
		return badRequest("Malformed Request-URI") // §19.1.5: no headers in a Request-URI
	}
	return nil
}

// telNumber is the number of a tel URI without parameters and visual separators (RFC 3966 §3).
func telNumber(uri string) string {
	_, n, _ := strings.Cut(uri, ":")
	n, _, _ = strings.Cut(n, ";")
	return strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(n)
}

// checkLists reads the addresses that the calls half follows later: a malformed one must not surface in mid-call.
func (m *message) checkLists() *fault {
	for _, k := range [...]kind{kindContact, kindRoute, kindRecordRoute, kindPath, kindReferTo, kindReferredBy} {
		if m.count[k] == 0 {
			continue
		}
		ok := true
		m.list(k, func(s string) bool {
			if s == "*" && k == kindContact {
				return true
			}
			_, err := readAddress(s)
			ok = err == nil
			return ok
		})
		if !ok {
			return badRequest("Malformed address in a header field")
		}
	}
	if m.method == "INVITE" && m.count[kindContact] > 1 {
		return badRequest("An INVITE has one Contact") // §8.1.1.8; for none see parser.request
	}
	return nil
}

// checkRequire refuses what the sender insists on and nobody here knows (§8.2.2.3). Proxy-Require is for proxies.
func (m *message) checkRequire() *fault {
	if m.count[kindRequire] == 0 {
		return nil
	}
	var unknown []string
	m.list(kindRequire, func(tag string) bool {
		if tag != "" && !supportedOption(m.method, tag) && isToken(tag) {
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
	if m.method != "INVITE" && m.method != "UPDATE" {
		return nil
	}
	if len(m.body) > 0 {
		typ, _, _ := strings.Cut(m.get(kindContentType), ";")
		if typ = strings.TrimSpace(typ); !strings.EqualFold(typ, "application/sdp") && !siprec.IsMultipart(typ) && typ != siprec.TypeRequest {
			return &fault{415, "Unsupported Media Type", []string{"Accept: application/sdp"}}
		}
		if enc := m.get(kindContentEncoding); enc != "" && !strings.EqualFold(enc, "identity") {
			return &fault{415, "Unsupported Media Type", []string{"Accept-Encoding: identity"}}
		}
	}
	if m.count[kindAccept] == 0 {
		return nil
	}
	ok := false
	m.list(kindAccept, func(s string) bool {
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
	if m.broken != "" {
		return false
	}
	return m.checkOnce() == nil && m.checkIdentity() == nil && m.checkLists() == nil
}

// answerTo is where the answer to a datagram goes: always the host it came from, whatever the Via says, so that nobody
// is sent what he did not ask for and no name is looked up; the port is the source's if the sender asked for that
// (RFC 3581 §4), else the Via's (RFC 3261 §18.2.2).
func (m *message) answerTo() netip.AddrPort {
	src := m.path.peer
	if m.path.flow != nil || m.via.host == "" || m.via.rport {
		return src
	}
	if m.via.port != 0 {
		return netip.AddrPortFrom(src.Addr(), uint16(m.via.port))
	}
	return netip.AddrPortFrom(src.Addr(), 5060)
}
