package wire

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hotline/sip/syntax"
)

// Times that phones are told to keep their flows open by (RFC 5626 §4.4, §10): shorter than a NAT forgets.
const (
	flowTimerStream   = 120 * time.Second
	flowTimerDatagram = 25 * time.Second
)

// avalanche is how many messages may wait before phones that register are told to come later: registrations keep, calls do
// not (RFC 5390, requirement 14).
const avalanche = maxQueued / 16

// later tells a phone to register later, each at another time, where there is no room; false: it is welcome. The answer
// costs less than the question and is kept nowhere.
func (w *Wire) later(m *message) bool {
	if m.Method != "REGISTER" || w.boxes.queued.Load() < avalanche {
		return false
	}
	w.cfg.Metrics.Overload.Add(1)
	if m.checkRequest() == nil {
		w.refuse(m, &fault{503, "Service Unavailable", []string{"Retry-After: " + strconv.Itoa(5+rand.N(26))}})
	}
	return true
}

// supports says whether the request's Supported names the option tag (RFC 3261 §20.37).
func (m *message) supports(tag string) bool {
	for i := range m.Fields {
		f := &m.Fields[i]
		if !strings.EqualFold(f.Name, "Supported") && !strings.EqualFold(f.Name, "k") {
			continue
		}
		for rest, more := f.Value, true; more; {
			var item string
			if item, rest, more = syntax.CutList(rest); strings.EqualFold(item, tag) {
				return true
			}
		}
	}
	return false
}

// outboundFields are what the 200 of a REGISTER says where the phone keeps its flow by RFC 5626: that we do too, and how often it must
// give a sign (§6, §10). A fault: the phone counts on it, and a proxy between us knows nothing of flows (439, §11.6).
func (m *message) outboundFields() ([]string, *fault) {
	if !m.supports("outbound") || !m.hasFlowContact() {
		return nil, nil
	}
	hops := 0
	m.List(syntax.KindVia, func(string) bool { hops++; return true })
	if hops > 1 && !m.pathKeepsFlows() {
		return nil, &fault{code: 439, reason: "First Hop Lacks Outbound Support"}
	}
	fields := []string{"Require: outbound"}
	if hops == 1 { // else it is the edge proxy's to say
		every := flowTimerDatagram
		if m.path.flow != nil {
			every = flowTimerStream
		}
		fields = append(fields, "Flow-Timer: "+strconv.Itoa(int(every/time.Second)))
	}
	return fields, nil
}

// hasFlowContact says whether a Contact comes with instance and reg-id (RFC 5626 §4.2).
func (m *message) hasFlowContact() (has bool) {
	m.List(syntax.KindContact, func(s string) bool {
		if a, err := syntax.ReadAddress(s); err == nil {
			_, instance := a.Params.Get("+sip.instance")
			_, reg := a.Params.Get("reg-id")
			has = has || instance && reg
		}
		return !has
	})
	return has
}

// pathKeepsFlows says whether the first Path, that of the edge proxy, has "ob" (RFC 5626 §5.1). Each proxy puts its own on top, so
// the edge's is the last.
func (m *message) pathKeepsFlows() (ob bool) {
	m.List(syntax.KindPath, func(s string) bool {
		ob = false
		if a, err := syntax.ReadAddress(s); err == nil {
			if u, err := syntax.ReadURI(a.URI); err == nil {
				_, ob = u.Params.Get("ob")
			}
		}
		return true
	})
	return ob
}

// STUN as a keep-alive (RFC 5626 §4.4.2, RFC 5389 §6).
const (
	stunHeader  = 20
	stunCookie  = 0x2112A442
	stunRequest = 0x0001
	stunSuccess = 0x0101
	stunAddress = 0x0020 // XOR-MAPPED-ADDRESS (§15.2)
)

// stun answers a phone's keep-alive over udp: where it is seen from, so that it notices when its NAT has given it another
// address. Strangers get nothing: the answer is longer than the question.
func (w *Wire) stun(p Path, b []byte) {
	if len(b) < stunHeader || binary.BigEndian.Uint16(b) != stunRequest || binary.BigEndian.Uint32(b[4:]) != stunCookie ||
		int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader || !w.trusted(p.Peer.Addr()) || !w.guard.admit(p.Peer.Addr(), time.Now()) {
		w.cfg.Metrics.Dropped.Add(1)
		return
	}
	buf := w.buffer.Get().(*[]byte)
	defer w.buffer.Put(buf)
	*buf = appendStunAnswer((*buf)[:0], b[4:stunHeader], p.Peer)
	_ = p.writeRaw(*buf) // the phone asks again
}

// appendStunAnswer writes a Binding success response (RFC 5389 §6, §15.2). id is the cookie and the transaction's.
func appendStunAnswer(b, id []byte, seen netip.AddrPort) []byte {
	addr := seen.Addr().AsSlice()
	b = binary.BigEndian.AppendUint16(b, stunSuccess)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(addr)))
	b = append(b, id...)
	b = binary.BigEndian.AppendUint16(b, stunAddress)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(addr)))
	family := byte(1)
	if len(addr) == 16 {
		family = 2
	}
	b = append(b, 0, family)
	b = binary.BigEndian.AppendUint16(b, seen.Port()^uint16(stunCookie>>16))
	for i, c := range addr {
		b = append(b, c^id[i])
	}
	return b
}
