package wire

import (
	"strconv"

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
			m.Recipient.StringWrite(&w)
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
		w.line(func() { h.StringWrite(&w) })
	}
	w.WriteString("\r\n")
	return append(w.b, msg.Body()...), nil
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
