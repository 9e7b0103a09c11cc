package storm

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// message is a SIP message as far as a phone cares.
type message struct {
	method  string // of a request
	uri     string
	code    int // of a response
	headers []header
	body    []byte
	at      time.Time // when it came
}

type header struct{ name, value string }

// longName undoes the compact forms (RFC 3261 §7.3.3) that matter here.
func longName(n string) string {
	switch n = strings.ToLower(strings.TrimSpace(n)); n {
	case "v":
		return "via"
	case "f":
		return "from"
	case "t":
		return "to"
	case "i":
		return "call-id"
	case "m":
		return "contact"
	case "l":
		return "content-length"
	case "c":
		return "content-type"
	}
	return n
}

// parse reads a datagram; nil if it is no SIP.
func parse(b []byte) *message {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return nil
	}
	lines := strings.Split(string(head), "\r\n")
	m := &message{body: bytes.Clone(body)}
	if rest, ok := strings.CutPrefix(lines[0], "SIP/2.0 "); ok {
		code, _, _ := strings.Cut(rest, " ")
		m.code, _ = strconv.Atoi(code)
	} else if p := strings.SplitN(lines[0], " ", 3); len(p) == 3 {
		m.method, m.uri = p[0], p[1]
	} else {
		return nil
	}
	for _, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ":")
		if ok {
			m.headers = append(m.headers, header{longName(name), strings.TrimSpace(value)})
		}
	}
	return m
}

func (m *message) get(name string) string {
	for _, h := range m.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

func (m *message) all(name string) (vs []string) {
	for _, h := range m.headers {
		if h.name == name {
			vs = append(vs, h.value)
		}
	}
	return vs
}

// cseq returns the number and the method of the CSeq.
func (m *message) cseq() (n int, method string) {
	num, method, _ := strings.Cut(m.get("cseq"), " ")
	n, _ = strconv.Atoi(num)
	return n, strings.TrimSpace(method)
}

// param returns a header parameter such as tag.
func param(value, name string) string {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	for p := range strings.SplitSeq(value, ";") {
		if k, v, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(k), name) {
			return v
		}
	}
	return ""
}

// address returns the URI inside a name-addr or addr-spec. The name before it may hold brackets, if it is quoted.
func address(value string) string {
	for i := 1; strings.HasPrefix(value, `"`) && i < len(value); i++ {
		if value[i] == '\\' {
			i++ // RFC 3261 §25.1: quoted-pair
		} else if value[i] == '"' {
			value = value[i+1:]
		}
	}
	if _, after, ok := strings.Cut(value, "<"); ok {
		uri, _, _ := strings.Cut(after, ">")
		return uri
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// user returns the user part of a SIP URI.
func user(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	u, _, ok := strings.Cut(rest, "@")
	if !ok {
		return ""
	}
	return u
}

// response answers a request: Via, From, To, Call-ID and CSeq are copied (RFC 3261 §8.2.6.2).
func response(req *message, code int, reason, toTag, extra string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", code, reason)
	for _, v := range req.all("via") {
		fmt.Fprintf(&b, "Via: %s\r\n", v)
	}
	for _, v := range req.all("record-route") {
		fmt.Fprintf(&b, "Record-Route: %s\r\n", v)
	}
	to := req.get("to")
	if toTag != "" && param(to, "tag") == "" {
		to += ";tag=" + toTag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s", req.get("from"), to, req.get("call-id"), req.get("cseq"), extra)
	return finish(&b, body)
}

// finish ends a message's head and adds its body, an SDP.
func finish(b *bytes.Buffer, body []byte) []byte {
	if len(body) > 0 {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n", len(body))
	b.Write(body)
	return b.Bytes()
}
