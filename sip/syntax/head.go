package syntax

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// Bounds of one message.
const (
	MaxMessage = 65535 // octets of a message on a stream; a datagram cannot be longer anyway
	MaxHead    = 65535 // octets of start line and header: fifty Vias and a hundred Routes are odd, not malformed
	maxFields  = 256   // header fields
)

// Errors of reading a message.
var (
	ErrNotSIP  = errors.New("sip: not a SIP message")
	ErrTooLong = errors.New("sip: message too long")
)

// Kind names the header fields that the wire looks at; every other is kindOther.
type Kind uint8

const (
	kindOther           Kind = iota
	KindVia                  // Via (RFC 3261 §20.42)
	KindFrom                 // From (§20.20)
	KindTo                   // To (§20.39)
	KindCallID               // Call-ID (§20.8)
	KindCSeq                 // CSeq (§20.16)
	KindMaxForwards          // Max-Forwards (§20.22)
	KindContentLength        // Content-Length (§20.14)
	KindContentType          // Content-Type (§20.15)
	KindContentEncoding      // Content-Encoding (§20.12)
	KindContact              // Contact (§20.10)
	KindRoute                // Route (§20.34)
	KindRecordRoute          // Record-Route (§20.30)
	KindRequire              // Require (§20.32)
	KindExpires              // Expires (§20.19)
	KindAuthorization        // Authorization (§20.7)
	KindAccept               // Accept (§20.1)
	KindUserAgent            // User-Agent (§20.41)
	KindPath                 // Path (RFC 3327 §4)
	KindReferTo              // Refer-To (RFC 3515 §2.1)
	KindReferredBy           // Referred-By (RFC 3892 §3)
	Kinds                    // how many there are
)

// Field is one header field, unfolded (RFC 3261 §7.3.1) and trimmed. Its value is hostile text.
type Field struct {
	Kind  Kind
	Name  string // the long form for a known compact one, else as it came
	Value string
}

// Head is a message as it stands on the wire, cut into fields but not yet understood. It keeps the sender's own words,
// so that an answer can repeat them even where they make no sense. Immutable once read.
type Head struct {
	Method, URI, Version string // of a request
	Code                 int    // of a response, 0 for a request
	Reason               string
	Fields               []Field
	Count                [Kinds]uint16
	Body                 []byte
	Size                 int    // octets of the whole message
	Broken               string // what is wrong with its form, "" if nothing: the answer is 400
}

// ReadHead cuts a message into its fields. whole says that data is a datagram: its body ends where it ends. Else data
// begins with a message of a stream, of which the header is there, and the body is cut by the caller. The error is
// ErrNotSIP for what cannot be answered at all; what can, but is malformed, comes back with head.broken set.
func ReadHead(data []byte) (*Head, error) {
	h := &Head{Size: len(data)}
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		h.Broken, end = "Header not terminated", len(data)
	} else {
		h.Body = data[end+4:]
	}
	if end > MaxHead {
		return nil, ErrTooLong
	}
	text := string(data[:end])
	line, rest, _ := strings.Cut(text, "\r\n")
	if err := h.startLine(line); err != nil {
		return nil, err
	}
	h.Fields = make([]Field, 0, min(strings.Count(rest, "\r\n")+1, maxFields))
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		for rest != "" && (rest[0] == ' ' || rest[0] == '\t') { // folded: §7.3.1
			var more string
			more, rest, _ = strings.Cut(rest, "\r\n")
			line = strings.TrimRight(line, " \t") + " " + strings.TrimLeft(more, " \t")
		}
		h.addField(line)
	}
	if len(h.Fields) > maxFields {
		h.Broken = "Too many header fields"
	}
	return h, nil
}

// startLine reads a Request-Line or Status-Line (RFC 3261 §7.1, §7.2): exactly one space between its parts.
func (h *Head) startLine(line string) error {
	first, rest, ok := strings.Cut(line, " ")
	if !ok || first == "" {
		return ErrNotSIP
	}
	if len(first) >= 4 && strings.EqualFold(first[:4], "SIP/") {
		code, reason, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(code, 10, 16)
		if err != nil || n < 100 || n > 699 || !strings.EqualFold(first, "SIP/2.0") {
			return ErrNotSIP
		}
		h.Version, h.Code, h.Reason = first, int(n), reason
		return nil
	}
	if !IsToken(first) {
		return ErrNotSIP
	}
	h.Method = first
	h.URI, h.Version, _ = strings.Cut(rest, " ")
	switch {
	case h.URI == "" || h.Version == "" || strings.ContainsAny(h.Version, " \t\r\n"):
		h.Broken = "Malformed Request-Line"
	case len(h.Version) < 5 || !strings.EqualFold(h.Version[:4], "SIP/"):
		return ErrNotSIP // a browser that lost its way, most likely
	}
	return nil
}

func (h *Head) addField(line string) {
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t") // only these may stand before the colon: "To\v:" is not To (§25.1, HCOLON)
	if !ok || !IsToken(name) {
		h.Broken = "Malformed header field"
		return
	}
	if strings.IndexByte(value, '\r') >= 0 || strings.IndexByte(value, '\n') >= 0 {
		h.Broken = "Line break in header field"
		value = Scrub(value)
	}
	k, long := kindOf(name)
	h.Fields = append(h.Fields, Field{k, long, trimmed(value)})
	h.Count[k]++
}

// Get returns the first field of the kind, "" if there is none.
func (h *Head) Get(k Kind) string {
	if h.Count[k] == 0 {
		return ""
	}
	for i := range h.Fields {
		if h.Fields[i].Kind == k {
			return h.Fields[i].Value
		}
	}
	return ""
}

// Named returns the first field of a name that has no kind, "" if there is none.
func (h *Head) Named(name string) string {
	for i := range h.Fields {
		if h.Fields[i].Kind == kindOther && strings.EqualFold(h.Fields[i].Name, name) {
			return h.Fields[i].Value
		}
	}
	return ""
}

// List yields every element of the fields of a kind: several fields and one field with commas say the same (§7.3.1).
func (h *Head) List(k Kind, yield func(string) bool) {
	for i := range h.Fields {
		if h.Fields[i].Kind != k {
			continue
		}
		for rest, more := h.Fields[i].Value, true; more; {
			var item string
			item, rest, more = CutList(rest)
			if !yield(item) {
				return
			}
		}
	}
}

// CallID is the key of the message's mailbox.
func (h *Head) CallID() string { return h.Get(KindCallID) }

// IsToken says whether s is a token of RFC 3261 §25.1.
func IsToken(s string) bool {
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
func kindOf(name string) (Kind, string) {
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
		return KindVia, "Via"
	case "from":
		return KindFrom, "From"
	case "to":
		return KindTo, "To"
	case "call-id":
		return KindCallID, "Call-ID"
	case "cseq":
		return KindCSeq, "CSeq"
	case "max-forwards":
		return KindMaxForwards, "Max-Forwards"
	case "content-length":
		return KindContentLength, "Content-Length"
	case "content-type":
		return KindContentType, "Content-Type"
	case "content-encoding":
		return KindContentEncoding, "Content-Encoding"
	case "contact":
		return KindContact, "Contact"
	case "route":
		return KindRoute, "Route"
	case "record-route":
		return KindRecordRoute, "Record-Route"
	case "require":
		return KindRequire, "Require"
	case "expires":
		return KindExpires, "Expires"
	case "authorization", "proxy-authorization":
		return KindAuthorization, "Authorization"
	case "accept":
		return KindAccept, "Accept"
	case "user-agent":
		return KindUserAgent, "User-Agent"
	case "path":
		return KindPath, "Path"
	case "refer-to":
		return KindReferTo, "Refer-To"
	case "referred-by":
		return KindReferredBy, "Referred-By"
	}
	return kindOther, name
}

func kindOfCompact(c byte, name string) (Kind, string) {
	switch c {
	case 'v':
		return KindVia, "Via"
	case 'f':
		return KindFrom, "From"
	case 't':
		return KindTo, "To"
	case 'i':
		return KindCallID, "Call-ID"
	case 'l':
		return KindContentLength, "Content-Length"
	case 'c':
		return KindContentType, "Content-Type"
	case 'e':
		return KindContentEncoding, "Content-Encoding"
	case 'm':
		return KindContact, "Contact"
	case 'r':
		return KindReferTo, "Refer-To"
	case 'b':
		return KindReferredBy, "Referred-By"
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
