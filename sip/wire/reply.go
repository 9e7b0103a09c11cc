package wire

import (
	"encoding/hex"
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"

	"hotline/sip/syntax"
)

// plainTag begins the To tag of every answer that was given without keeping a transaction. An ACK that carries one
// belongs to nothing.
const plainTag = "z."

// amplification is how many times longer than the request an answer to a stranger may be: a spoofed source must not turn
// the engine into an amplifier.
const amplification = 1.5

// appendReply writes a response to the request in the sender's own words (RFC 3261 §8.2.6): Via, From, To, Call-ID and
// CSeq to the letter, but for what the topmost Via gains (§18.2.1, RFC 3581) and the To tag. It works for messages too
// broken to be understood: what is missing stays missing.
func (m *message) appendReply(b []byte, f *fault, tag string) []byte {
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(f.code), 10)
	b = append(append(append(b, ' '), f.reason...), "\r\n"...)
	b = m.appendEcho(b, tag)
	for _, line := range f.fields {
		b = append(append(b, line...), "\r\n"...)
	}
	return append(b, "Content-Length: 0\r\n\r\n"...)
}

// appendEcho writes the fields a response repeats.
func (m *message) appendEcho(b []byte, tag string) []byte {
	first := true
	var once [syntax.Kinds]bool
	for i := range m.Fields {
		f := &m.Fields[i]
		switch f.Kind {
		case syntax.KindVia:
			b = append(b, "Via: "...)
			if first {
				b = m.appendTopVia(b, f.Value)
			} else {
				b = appendScrubbed(b, f.Value)
			}
			first = false
		case syntax.KindFrom, syntax.KindTo, syntax.KindCallID, syntax.KindCSeq:
			if once[f.Kind] {
				continue
			}
			once[f.Kind] = true
			b = append(append(b, f.Name...), ": "...)
			b = appendScrubbed(b, f.Value)
			if f.Kind == syntax.KindTo && tag != "" && m.toTag() == "" {
				b = append(append(b, ";tag="...), tag...)
			}
		default:
			continue
		}
		b = append(b, "\r\n"...)
	}
	return b
}

// appendTopVia repeats the first Via field with received, where the host is not the source's address, and rport, where it
// was asked for.
func (m *message) appendTopVia(b []byte, value string) []byte {
	i, _ := syntax.CutAt(value, ',')
	top, rest := value[:i], value[i:]
	src := m.path.Peer
	if m.via.Host == "" { // it could not be read
		return appendScrubbed(b, value)
	}
	j, _ := syntax.CutAt(top, ';')
	b = appendScrubbed(b, strings.TrimRight(top[:j], " \t"))
	for _, q := range m.via.Params {
		if strings.EqualFold(q.Name, "rport") || strings.EqualFold(q.Name, "received") {
			continue
		}
		b = append(append(b, ';'), q.Name...)
		if q.Value != "" {
			b = appendScrubbed(append(b, '='), q.Value)
		}
	}
	if m.via.RPort {
		b = strconv.AppendUint(append(b, ";rport="...), uint64(src.Port()), 10)
	}
	if m.via.RPort || syntax.HostAddr(m.via.Host) != src.Addr() {
		b = src.Addr().AppendTo(append(b, ";received="...))
	}
	return appendScrubbed(b, rest)
}

func appendScrubbed(b []byte, s string) []byte {
	n := len(b)
	b = append(b, s...)
	for i := n; i < len(b); i++ {
		if c := b[i]; c == '\r' || c == '\n' || c == 0 {
			b[i] = ' '
		}
	}
	return b
}

// plainTagFor is the To tag of a stateless answer: a retransmission must get the same one (§8.2.7).
func (m *message) plainTagFor() string {
	h := fnv.New64a()
	h.Write([]byte(m.via.Branch))
	h.Write([]byte{0})
	h.Write([]byte(m.Get(syntax.KindCallID)))
	h.Write([]byte{0})
	h.Write([]byte(m.Get(syntax.KindCSeq)))
	return plainTag + hex.EncodeToString(h.Sum(nil))
}

// refuse answers a request once and forgets it: no transaction, no retransmission (§8.2.7). It is the answer to
// everything that is malformed and to everyone who is unknown. ACK is never answered. To a stranger's datagram the answer
// is kept short.
func (w *Wire) refuse(m *message, f *fault) {
	if m.Method == "ACK" || m.Method == "" {
		return
	}
	b := m.plainReply(f)
	if m.amplifies(len(b)) && !w.trusted(m.path.Peer.Addr()) {
		if f.code != 401 { // which says nothing without its fields
			b = m.plainReply(&fault{code: f.code, reason: f.reason})
		}
		if m.amplifies(len(b)) { // no phone writes so tersely: who does wants the answer to go to somebody else
			w.cfg.Metrics.Dropped.Add(1)
			return
		}
	}
	w.sendRaw(m, b)
}

// amplifies says whether an answer of n octets is too long for a datagram whose sender may be anybody.
func (m *message) amplifies(n int) bool {
	return m.path.flow == nil && float64(n) > amplification*float64(m.Size)
}

func (m *message) plainReply(f *fault) []byte {
	return m.appendReply(make([]byte, 0, 512), f, m.plainTagFor())
}

// sendRaw sends an answer by the way the request came.
func (w *Wire) sendRaw(m *message, b []byte) {
	to := m.path
	to.Peer = m.answerTo()
	if err := to.Write(b); err != nil {
		w.log.Debug("answer not sent", "to", to, "error", err)
	}
}

// unmapped is the address and port with IPv4 taken out of IPv6: the form in which all of them are compared.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// Echo is what every answer to the request repeats of it: with it another process can answer. nil: a final answer was given.
func (tx *ServerTx) Echo() []byte {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.m == nil {
		return nil // it has its answer
	}
	return tx.m.appendEcho(nil, tx.local)
}

// Why is the Reason of the CANCEL that came (RFC 3326), "" if it gave none. Hostile text.
func (tx *ServerTx) Why() string {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.why
}
