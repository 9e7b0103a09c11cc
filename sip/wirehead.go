package sip

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// Bounds of one message.
const (
	maxMessage = 65535 // octets of a message on a stream; a datagram cannot be longer anyway
	maxHead    = 65535 // octets of start line and header: fifty Vias and a hundred Routes are odd, not malformed
	maxFields  = 256   // header fields
)

// Errors of reading a message.
var (
	errNotSIP  = errors.New("sip: not a SIP message")
	errTooLong = errors.New("sip: message too long")
)

// kind names the header fields that the wire looks at; every other is kindOther.
type kind uint8

const (
	kindOther kind = iota
	kindVia
	kindFrom
	kindTo
	kindCallID
	kindCSeq
	kindMaxForwards
	kindContentLength
	kindContentType
	kindContentEncoding
	kindContact
	kindRoute
	kindRecordRoute
	kindRequire
	kindExpires
	kindAuthorization
	kindAccept
	kindUserAgent
	kindPath
	kindReferTo
	kindReferredBy
	kinds // how many there are
)

// field is one header field, unfolded (RFC 3261 §7.3.1) and trimmed. Its value is hostile text.
type field struct {
	kind  kind
	name  string // the long form for a known compact one, else as it came
	value string
}

// head is a message as it stands on the wire, cut into fields but not yet understood. It keeps the sender's own words,
// so that an answer can repeat them even where they make no sense. Immutable once read.
type head struct {
	method, uri, version string // of a request
	code                 int    // of a response, 0 for a request
	reason               string
	fields               []field
	count                [kinds]uint16
	body                 []byte
	size                 int    // octets of the whole message
	broken               string // what is wrong with its form, "" if nothing: the answer is 400
}

// readHead cuts a message into its fields. whole says that data is a datagram: its body ends where it ends. Else data
// begins with a message of a stream, of which the header is there, and the body is cut by the caller. The error is
// errNotSIP for what cannot be answered at all; what can, but is malformed, comes back with head.broken set.
func readHead(data []byte) (*head, error) {
	h := &head{size: len(data)}
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		h.broken, end = "Header not terminated", len(data)
	} else {
		h.body = data[end+4:]
	}
	if end > maxHead {
		return nil, errTooLong
	}
	text := string(data[:end])
	line, rest, _ := strings.Cut(text, "\r\n")
	if err := h.startLine(line); err != nil {
		return nil, err
	}
	h.fields = make([]field, 0, 16)
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		for rest != "" && (rest[0] == ' ' || rest[0] == '\t') { // folded: §7.3.1
			var more string
			more, rest, _ = strings.Cut(rest, "\r\n")
			line = strings.TrimRight(line, " \t") + " " + strings.TrimLeft(more, " \t")
		}
		h.addField(line)
	}
	if len(h.fields) > maxFields {
		h.broken = "Too many header fields"
	}
	return h, nil
}

// startLine reads a Request-Line or Status-Line (RFC 3261 §7.1, §7.2): exactly one space between its parts.
func (h *head) startLine(line string) error {
	first, rest, ok := strings.Cut(line, " ")
	if !ok || first == "" {
		return errNotSIP
	}
	if len(first) >= 4 && strings.EqualFold(first[:4], "SIP/") {
		code, reason, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(code, 10, 16)
		if err != nil || n < 100 || n > 699 || !strings.EqualFold(first, "SIP/2.0") {
			return errNotSIP
		}
		h.version, h.code, h.reason = first, int(n), reason
		return nil
	}
	if !isToken(first) {
		return errNotSIP
	}
	h.method = first
	h.uri, h.version, _ = strings.Cut(rest, " ")
	switch {
	case h.uri == "" || h.version == "" || strings.ContainsAny(h.version, " \t\r\n"):
		h.broken = "Malformed Request-Line"
	case len(h.version) < 5 || !strings.EqualFold(h.version[:4], "SIP/"):
		return errNotSIP // a browser that lost its way, most likely
	}
	return nil
}

func (h *head) addField(line string) {
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t") // only these may stand before the colon: "To\v:" is not To (§25.1, HCOLON)
	if !ok || !isToken(name) {
		h.broken = "Malformed header field"
		return
	}
	if strings.IndexByte(value, '\r') >= 0 || strings.IndexByte(value, '\n') >= 0 {
		h.broken = "Line break in header field"
		value = scrub(value)
	}
	k, long := kindOf(name)
	h.fields = append(h.fields, field{k, long, trimmed(value)})
	h.count[k]++
}

// get returns the first field of the kind, "" if there is none.
func (h *head) get(k kind) string {
	if h.count[k] == 0 {
		return ""
	}
	for i := range h.fields {
		if h.fields[i].kind == k {
			return h.fields[i].value
		}
	}
	return ""
}

// named returns the first field of a name that has no kind, "" if there is none.
func (h *head) named(name string) string {
	for i := range h.fields {
		if h.fields[i].kind == kindOther && strings.EqualFold(h.fields[i].name, name) {
			return h.fields[i].value
		}
	}
	return ""
}

// list yields every element of the fields of a kind: several fields and one field with commas say the same (§7.3.1).
func (h *head) list(k kind, yield func(string) bool) {
	for i := range h.fields {
		if h.fields[i].kind != k {
			continue
		}
		for rest, more := h.fields[i].value, true; more; {
			var item string
			item, rest, more = cutList(rest)
			if !yield(item) {
				return
			}
		}
	}
}

// callID is the key of the message's mailbox.
func (h *head) callID() string { return h.get(kindCallID) }

// isToken says whether s is a token of RFC 3261 §25.1.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

func tokenChar(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// kindOf names a header field: its kind and its long form. Compact forms are those of RFC 3261 §20 and the extensions'
// (RFC 3515, 3892, 4028, 6665, 3841).
func kindOf(name string) (kind, string) {
	var b [24]byte
	if len(name) > len(b) {
		return kindOther, name
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b[i] = c
	}
	if len(name) == 1 {
		return kindOfCompact(b[0], name)
	}
	switch string(b[:len(name)]) {
	case "via":
		return kindVia, "Via"
	case "from":
		return kindFrom, "From"
	case "to":
		return kindTo, "To"
	case "call-id":
		return kindCallID, "Call-ID"
	case "cseq":
		return kindCSeq, "CSeq"
	case "max-forwards":
		return kindMaxForwards, "Max-Forwards"
	case "content-length":
		return kindContentLength, "Content-Length"
	case "content-type":
		return kindContentType, "Content-Type"
	case "content-encoding":
		return kindContentEncoding, "Content-Encoding"
	case "contact":
		return kindContact, "Contact"
	case "route":
		return kindRoute, "Route"
	case "record-route":
		return kindRecordRoute, "Record-Route"
	case "require":
		return kindRequire, "Require"
	case "expires":
		return kindExpires, "Expires"
	case "authorization", "proxy-authorization":
		return kindAuthorization, "Authorization"
	case "accept":
		return kindAccept, "Accept"
	case "user-agent":
		return kindUserAgent, "User-Agent"
	case "path":
		return kindPath, "Path"
	case "refer-to":
		return kindReferTo, "Refer-To"
	case "referred-by":
		return kindReferredBy, "Referred-By"
	}
	return kindOther, name
}

func kindOfCompact(c byte, name string) (kind, string) {
	switch c {
	case 'v':
		return kindVia, "Via"
	case 'f':
		return kindFrom, "From"
	case 't':
		return kindTo, "To"
	case 'i':
		return kindCallID, "Call-ID"
	case 'l':
		return kindContentLength, "Content-Length"
	case 'c':
		return kindContentType, "Content-Type"
	case 'e':
		return kindContentEncoding, "Content-Encoding"
	case 'm':
		return kindContact, "Contact"
	case 'r':
		return kindReferTo, "Refer-To"
	case 'b':
		return kindReferredBy, "Referred-By"
	case 'k':
		return kindOther, "Supported"
	case 's':
		return kindOther, "Subject"
	case 'x':
		return kindOther, "Session-Expires"
	case 'o':
		return kindOther, "Event"
	case 'u':
		return kindOther, "Allow-Events"
	case 'a':
		return kindOther, "Accept-Contact"
	case 'j':
		return kindOther, "Reject-Contact"
	case 'd':
		return kindOther, "Request-Disposition"
	}
	return kindOther, name
}
