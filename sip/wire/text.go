package wire

import (
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// AppendMessage appends a message of ours as it goes out, a *sip.Request or *sip.Response of sipgo's; an error if it is neither. It is the
// last wall against values that carry line breaks: each header field stays one line.
func AppendMessage(b []byte, msg gosip.Message) ([]byte, error) {
	w := lineWriter{b}
	var fields []gosip.Header
	switch m := msg.(type) {
	case *gosip.Request:
		w.line(func() {
			w.WriteString(string(m.Method))
			w.WriteString(" ")
			w.uri(&m.Recipient)
			w.WriteString(" SIP/2.0")
		})
		fields = m.Headers()
	case *gosip.Response:
		w.line(func() {
			w.WriteString("SIP/2.0 ")
			w.WriteString(strconv.Itoa(m.StatusCode))
			w.WriteString(" ")
			w.WriteString(m.Reason)
		})
		fields = m.Headers()
	default:
		return b, syntax.ErrNotSIP
	}
	for _, h := range fields {
		w.line(func() { w.field(h) })
	}
	w.WriteString("\r\n")
	return append(w.b, msg.Body()...), nil
}

// URIText is the URI as it stands in a message.
func URIText(u *gosip.Uri) string {
	w := lineWriter{make([]byte, 0, 64)}
	w.uri(u)
	return string(w.b)
}

// lineWriter gathers lines; what is written within one cannot end it.
type lineWriter struct{ b []byte }

// WriteString implements io.StringWriter.
func (w *lineWriter) WriteString(s string) (int, error) {
	w.b = append(w.b, s...)
	return len(s), nil
}

func (w *lineWriter) line(write func()) {
	from := len(w.b)
	write()
	for i := from; i < len(w.b); i++ {
		if c := w.b[i]; c == '\r' || c == '\n' || c == 0 {
			w.b[i] = ' '
		}
	}
	w.b = append(w.b, "\r\n"...)
}

// field appends a header field. Those of every message are written here just as sipgo writes them, which makes a text of each part first.
func (w *lineWriter) field(h gosip.Header) {
	switch h := h.(type) {
	case *gosip.ViaHeader:
		w.b = concat(w.b, "Via: ", h.ProtocolName, "/", h.ProtocolVersion, "/", h.Transport, " ")
		w.host(h.Host, h.Port)
		w.params(h.Params)
	case *gosip.FromHeader:
		w.party("From: ", h.DisplayName, &h.Address, h.Params)
	case *gosip.ToHeader:
		w.party("To: ", h.DisplayName, &h.Address, h.Params)
	case *gosip.CSeqHeader:
		w.b = strconv.AppendUint(append(w.b, "CSeq: "...), uint64(h.SeqNo), 10)
		w.b = concat(w.b, " ", string(h.MethodName))
	case *gosip.ContactHeader:
		if h.Address.Wildcard {
			h.StringWrite(w)
			return
		}
		w.party("Contact: ", h.DisplayName, &h.Address, h.Params)
	default:
		h.StringWrite(w)
	}
}

// concat writes parts of a line.
func concat(b []byte, parts ...string) []byte {
	for _, s := range parts {
		b = append(b, s...)
	}
	return b
}

func (w *lineWriter) party(field, name string, uri *gosip.Uri, params gosip.HeaderParams) {
	w.b = append(w.b, field...)
	if name != "" {
		w.b = concat(w.b, `"`, name, `" `)
	}
	w.b = append(w.b, '<')
	w.uri(uri)
	w.b = append(w.b, '>')
	w.params(params)
}

func (w *lineWriter) uri(u *gosip.Uri) {
	if u.Raw() != "" || u.HierarhicalSlashes || u.Scheme == "" || len(u.Headers) > 0 {
		u.StringWrite(w) // none of ours
		return
	}
	w.b = concat(w.b, u.Scheme, ":", u.User)
	if u.User != "" && u.Password != "" {
		w.b = concat(w.b, ":", u.Password)
	}
	if u.User != "" {
		w.b = append(w.b, '@')
	}
	w.host(u.Host, u.Port)
	w.params(u.UriParams)
}

// host writes host and port, an IPv6 literal in its brackets.
func (w *lineWriter) host(host string, port int) {
	if strings.HasPrefix(host, "[") {
		w.b = append(w.b, host...)
	} else {
		w.b = append(w.b, syntax.Bracket(host)...)
	}
	if port > 0 {
		w.b = strconv.AppendInt(append(w.b, ':'), int64(port), 10)
	}
}

func (w *lineWriter) params(ps gosip.HeaderParams) {
	for _, p := range ps {
		w.b = concat(append(w.b, ';'), p.K)
		switch {
		case strings.ContainsAny(p.V, " \t"):
			w.b = concat(w.b, `="`, p.V, `"`)
		case p.V != "":
			w.b = concat(w.b, "=", p.V)
		}
	}
}
