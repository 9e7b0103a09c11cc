package wire

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"

	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// TestParserAgrees: what is made of a message that was read is what sipgo's own parser makes of it, once it is written in the plainest
// form.
func TestParserAgrees(t *testing.T) {
	direct, byText := newParser(wiretest.Domain), newTextParser(wiretest.Domain)
	n := 0
	for _, data := range parserMessages(t) {
		h, err := syntax.ReadHead(data)
		if err != nil {
			continue
		}
		m := &message{Head: h, path: Path{sock: &socket{network: "udp"}, Peer: netip.MustParseAddrPort("192.0.2.7:4000")}}
		var got, want gosip.Message
		var gotErr, wantErr error
		switch {
		case h.Code != 0 && m.checkResponse():
			got, gotErr = direct.response(m)
			want, wantErr = byText.response(m)
		case h.Code == 0 && m.checkRequest() == nil:
			got, gotErr = direct.request(m)
			want, wantErr = byText.request(m)
		default:
			continue
		}
		n++
		if (gotErr == nil) != (wantErr == nil) {
			t.Errorf("%v, want %v of\n%s", gotErr, wantErr, data)
			continue
		}
		if wantErr != nil {
			continue
		}
		if d := cmp.Diff(described(want), described(got)); d != "" {
			t.Errorf("%s\nof\n%s", d, data)
		}
	}
	if n < 10 {
		t.Errorf("%d messages compared", n)
	}
}

// TestAppendMessageAgrees: messages are written as sipgo writes them.
func TestAppendMessageAgrees(t *testing.T) {
	p := newParser(wiretest.Domain)
	for _, data := range parserMessages(t) {
		h, err := syntax.ReadHead(data)
		if err != nil {
			continue
		}
		m := &message{Head: h, path: Path{sock: &socket{network: "udp"}, Peer: netip.MustParseAddrPort("[2001:db8::1]:4000")}}
		var msg gosip.Message
		switch {
		case h.Code != 0 && m.checkResponse():
			msg, err = p.response(m)
		case h.Code == 0 && m.checkRequest() == nil:
			msg, err = p.request(m)
		default:
			continue
		}
		if err != nil {
			continue
		}
		got, err := AppendMessage(nil, msg)
		// sipgo takes an IPv4-mapped address for IPv4 and forgets the brackets (RFC 3261 §25.1, IPv6reference).
		want := strings.ReplaceAll(msg.String(), "UDP ::ffff:192.0.2.10:", "UDP [::ffff:192.0.2.10]:")
		if d := cmp.Diff(want, string(got)); d != "" || err != nil {
			t.Errorf("%v %s", err, d)
		}
	}
}

// parserMessages are messages of every kind that comes, and the torture messages.
func parserMessages(t testing.TB) [][]byte {
	all := [][]byte{inviteText(), wiretest.Plain(nil)}
	for _, more := range []string{
		"Contact: <sip:a@192.0.2.1:5070;transport=tcp>;expires=60;q=0.5, \"x, y\" <sips:b@[2001:db8::1]:5061>", "Contact: *", "Contact: sip:a@b.example;x=y",
		"Record-Route: <sip:p1;lr>, <sip:p2.example:5070;lr;x=%41>;y=z", "Route: <sip:a;lr>\r\nRoute: \"n\" <sip:b;lr>", "Refer-To: <sip:c@d.example?Replaces=1%3Bto-tag=2>",
		"Referred-By: \"Li Lei\" <sip:c@d.example>;cid=7", "Contact: tel:+86-10-555", "Content-Type:  application/SDP ;x=y ", "Content-Type:", "Max-Forwards: 0",
		"Max-Forwards: 999", "P-Asserted-Identity: <tel:+8613800001111>", "Subject:", "X-Odd:   a  b\tc  ", "Require: 100rel", "k: timer, replaces",
		"Contact: <mailto:a@b.example>", "Contact: <sip:a:b@c.example:5>", "Contact: <sip:c.example;a;b=c?d=e&f>", "Contact: <SIP:C.example>", "Contact: <sip:a@b:port>",
		"Contact: <sip:*>", "Contact: <sip:a@b>;+sip.instance=\"<urn:uuid:1>\";reg-id=1;Expires=5;expires=6",
	} {
		all = append(all, wiretest.Plain(map[string][]string{"more": strings.Split(more, "\r\n")}),
			fmt.Appendf(nil, "SIP/2.0 200 All  right\r\nv: SIP/2.0/tcp [2001:db8::7]:5070;rport=9;received=192.0.2.1;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP b\r\n"+
				"f: Li \\Lei <sip:a@b>;tag=1\r\nt: \"quoted \\\"name\\\"\" <sip:a@b;x=y>;tag=2;z\r\ni: a@b\r\nCSeq: 1  INVITE\r\n%s\r\nl: 3\r\n\r\nabc", more))
	}
	for _, field := range []map[string][]string{
		{"From": {"tel:+86-138;tag=1"}},
		{"From": {"<sip:*>;tag=1"}},
		{"To": {"sip:b@c;tag=x"}},
		{"To": {"<sips:b:pw@[::1]>;a=1;a=2"}},
		{"Via": {"SIP / 2.0 / UDP x.example:5062 ;branch=z9hG4bK1;a=\"q;q\";rport"}},
		{"To": {"张三 <sip:b@c>"}},
		{"To": {"\"a\x01b\" <sip:b@c>"}},
	} {
		all = append(all, wiretest.Plain(field))
	}
	return append(all, tortureMessages(t)...)
}

// described is a message of sipgo's in all its parts.
func described(msg gosip.Message) []string {
	all := []string{msg.Transport(), string(msg.Body())}
	var fields []gosip.Header
	switch m := msg.(type) {
	case *gosip.Request:
		all = append(all, string(m.Method), fmt.Sprintf("%+v", m.Recipient), m.SipVersion)
		fields = m.Headers()
	case *gosip.Response:
		all = append(all, fmt.Sprint(m.StatusCode), m.Reason, m.SipVersion)
		fields = m.Headers()
	}
	for _, h := range fields {
		all = append(all, fmt.Sprintf("%T %s: %s", h, h.Name(), h.Value()), fmt.Sprintf("%+v", h))
	}
	return append(all, fmt.Sprint(msg.Via(), msg.From(), msg.To(), msg.CallID(), msg.CSeq(), msg.ContentLength()))
}
