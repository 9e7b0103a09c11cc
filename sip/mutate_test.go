package sip

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// mutator makes messages that are nearly SIP. The same seed makes the same messages, so that whatever one of them does can be
// looked at again.
type mutator struct {
	rnd    *rand.Rand
	corpus [][]byte
}

func newMutator(seed, stream uint64, corpus [][]byte) *mutator {
	return &mutator{rand.New(rand.NewPCG(seed, stream)), corpus}
}

// mutationCorpus is what is mutated: messages of every kind the switch reads, and those of RFC 4475 and 5118 where they are.
func mutationCorpus(t testing.TB) [][]byte {
	t.Helper()
	plain := func(method, body string, lines ...string) []byte {
		return []byte(strings.NewReplacer("$NET", "UDP", "$ME", "127.0.0.1:5060").Replace(cveText(method, body, lines...)))
	}
	offer := cveSDP(goodMedia, "a=ptime:20", "a=sendrecv", "a=rtcp:49171", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk")
	browser := cveSDP("m=audio 9 UDP/TLS/RTP/SAVPF 8 0 101", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=fingerprint:sha-256 "+strings.Repeat("AB:", 31)+"AB", "a=setup:actpass", "a=rtcp-mux", "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host")
	const auth = `Authorization: Digest username="8001", realm="` + testDomain + `", nonce="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", uri="sip:x", response="00000000000000000000000000000000", qop=auth, nc=00000001, cnonce="c", algorithm=MD5`
	all := [][]byte{
		plain("INVITE", offer), plain("INVITE", browser), plain("INVITE", ""), plain("INVITE", offer, "Supported: 100rel,timer,replaces", "Session-Expires: 1800;refresher=uac", "Min-SE: 90", "Require: 100rel"),
		plain("INVITE", offer, "Record-Route: <sip:127.0.0.1;lr>", "Diversion: <sip:1@h>;reason=unconditional", "History-Info: <sip:1@h>;index=1", "P-Asserted-Identity: <sip:2@h>", "Privacy: id", "Replaces: x;to-tag=a;from-tag=b"),
		plain("REGISTER", "", "To: <sip:8001@"+testDomain+">", "From: <sip:8001@"+testDomain+">;tag=1", "Expires: 3600", "Contact: <sip:8001@127.0.0.1>;q=0.7;reg-id=1;+sip.instance=\"<urn:uuid:1>\"", auth, "Path: <sip:p;lr;ob>"),
		plain("OPTIONS", ""), plain("BYE", "", "To: <sip:1@h>;tag=2", "Reason: Q.850;cause=16"), plain("CANCEL", ""), plain("ACK", offer, "To: <sip:1@h>;tag=2"), plain("PRACK", "", "RAck: 1 1 INVITE", "To: <sip:1@h>;tag=2"),
		plain("UPDATE", offer, "To: <sip:1@h>;tag=2"), plain("REFER", "", "Refer-To: <sip:1@h?Replaces=a%3Bto-tag%3Db>", "Referred-By: <sip:1@h>", "To: <sip:1@h>;tag=2"),
		plain("NOTIFY", "SIP/2.0 200 OK\r\n", "Event: refer", "Subscription-State: active", "Content-Type: message/sipfrag", "To: <sip:1@h>;tag=2"), plain("INFO", "Signal=5\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay", "To: <sip:1@h>;tag=2"),
		plain("SUBSCRIBE", "", "Event: presence", "Accept: application/pidf+xml"), plain("MESSAGE", "hello", "Content-Type: text/plain"),
	}
	for _, code := range []string{"100 Trying", "183 Session Progress", "200 OK", "302 Moved", "401 Unauthorized", "491 Request Pending", "600 Busy"} {
		_, rest, _ := strings.Cut(string(plain("INVITE", offer, "To: <sip:1@h>;tag=2", "RSeq: 1", `WWW-Authenticate: Digest realm="r", nonce="n"`)), "\r\n")
		all = append(all, []byte("SIP/2.0 "+code+"\r\n"+rest))
	}
	for _, c := range tortureCases(t) {
		all = append(all, c.data)
	}
	return all
}

// next is the next message.
func (m *mutator) next() []byte {
	r := m.rnd
	data := bytes.Clone(m.corpus[r.IntN(len(m.corpus))])
	if r.IntN(4) > 0 { // a Call-ID and branch of its own: else most meet the same transaction
		for _, at := range [][]byte{[]byte("Call-ID: "), []byte("branch=z9hG4bK")} {
			if i := bytes.Index(data, at); i >= 0 {
				data = slices.Insert(data, i+len(at), byte('a'+r.IntN(26)), byte('a'+r.IntN(26)), byte('a'+r.IntN(26)), byte('a'+r.IntN(26)))
			}
		}
	}
	for range r.IntN(6) {
		if len(data) < 4 {
			break
		}
		data = m.change(data)
	}
	return data[:min(len(data), 60000)]
}

const mutationTokens = "\r\n \t;,:=<>\"@[]%\\\x00\x0b\xff09azSIP/2.0*()'&?"

func mutationNumbers() []string {
	return []string{"0", "-1", "1", "128", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "18446744073709551616", "99999999999999999999999999", "1e9", "0x10", "", " ", "٣"}
}

// change makes one change.
func (m *mutator) change(data []byte) []byte {
	r := m.rnd
	i, j := r.IntN(len(data)), r.IntN(len(data))
	i, j = min(i, j), max(i, j)
	lines := func() [][]byte { return bytes.Split(data, []byte("\r\n")) }
	switch r.IntN(14) {
	case 0:
		data[i] = mutationTokens[r.IntN(len(mutationTokens))]
	case 1:
		data[i] ^= 1 << r.IntN(8)
	case 2:
		return slices.Insert(data, i, mutationTokens[r.IntN(len(mutationTokens))])
	case 3:
		return slices.Delete(data, i, min(j, i+1+r.IntN(64)))
	case 4:
		return slices.Insert(data, i, bytes.Clone(data[i:min(j, i+200)])...)
	case 5: // one line many times
		l := lines()
		k := r.IntN(len(l))
		return bytes.Join(slices.Insert(l, k, slices.Repeat(l[k:k+1], 1<<r.IntN(9))...), []byte("\r\n"))
	case 6: // lines change places
		l := lines()
		a, b := r.IntN(len(l)), r.IntN(len(l))
		l[a], l[b] = l[b], l[a]
		return bytes.Join(l, []byte("\r\n"))
	case 7: // a number becomes another
		at := slices.IndexFunc(data[i:], func(c byte) bool { return c >= '0' && c <= '9' })
		if at < 0 {
			return data
		}
		from := i + at
		to := from
		for to < len(data) && data[to] >= '0' && data[to] <= '9' {
			to++
		}
		n := mutationNumbers()
		return slices.Replace(data, from, to, []byte(n[r.IntN(len(n))])...)
	case 8:
		return data[:i]
	case 9: // the rest of another message
		other := m.corpus[r.IntN(len(m.corpus))]
		return append(data[:i:i], other[r.IntN(len(other)):]...)
	case 10: // long
		return slices.Insert(data, i, bytes.Repeat(data[i:i+1], 1<<r.IntN(14))...)
	case 11:
		return bytes.ReplaceAll(data, []byte("\r\n"), []byte([]string{"\n", "\r", "\r\n\r\n", "\r\n "}[r.IntN(4)]))
	case 12: // a field goes
		l := lines()
		k := r.IntN(len(l))
		return bytes.Join(slices.Delete(l, k, k+1), []byte("\r\n"))
	default:
		copy(data[i:j], bytes.ToUpper(data[i:j]))
	}
	return data
}

func TestMutatorRepeatsItself(t *testing.T) {
	corpus := mutationCorpus(t)
	a, b, c := newMutator(7, 1, corpus), newMutator(7, 1, corpus), newMutator(7, 2, corpus)
	same := 0
	for range 1000 {
		x := a.next()
		if !bytes.Equal(x, b.next()) {
			t.Fatal("the same seed makes another message")
		}
		if bytes.Equal(x, c.next()) {
			same++
		}
	}
	if same > 100 {
		t.Errorf("%d of 1000 messages are the same with another seed", same)
	}
}
