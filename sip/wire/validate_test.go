package wire

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// checked reads a datagram as the wire does, up to the fault.
func checked(t *testing.T, data []byte) (*message, *fault) {
	t.Helper()
	h, err := syntax.ReadHead(data)
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	w := &Wire{}
	m := &message{Head: h, path: Path{sock: &socket{w: w, network: "udp"}, Peer: netip.MustParseAddrPort("192.0.2.7:4000")}}
	return m, m.checkRequest()
}

func TestCheckRequest(t *testing.T) {
	for _, c := range []struct {
		name   string
		change map[string][]string
		code   int
		field  string
	}{
		{"plain", nil, 0, ""},
		{"without Max-Forwards", map[string][]string{"Max-Forwards": nil}, 0, ""},
		{"without Content-Length", map[string][]string{"Content-Length": nil}, 0, ""},
		{"unquoted name of another script", map[string][]string{"From": {"张三 <sip:a@b>;tag=1"}}, 0, ""},
		{"tel", map[string][]string{"start": {"INVITE tel:+1-201-555-0123;phone-context=x SIP/2.0"}}, 0, ""},
		{"lower-case version", map[string][]string{"start": {"INVITE sip:x@y sip/2.0"}}, 0, ""},
		{"no From", map[string][]string{"From": nil}, 400, ""},
		{"no To", map[string][]string{"To": nil}, 400, ""},
		{"no Call-ID", map[string][]string{"Call-ID": nil}, 400, ""},
		{"no CSeq", map[string][]string{"CSeq": nil}, 400, ""},
		{"no Via", map[string][]string{"Via": nil}, 400, ""},
		{"two From", map[string][]string{"From": {"<sip:a@b>;tag=1", "<sip:z@b>;tag=2"}}, 400, ""},
		{"two To", map[string][]string{"To": {"<sip:a@b>", "<sip:z@b>"}}, 400, ""},
		{"two Call-ID", map[string][]string{"Call-ID": {"a", "b"}}, 400, ""},
		{"two CSeq", map[string][]string{"CSeq": {"1 INVITE", "2 INVITE"}}, 400, ""},
		{"two Max-Forwards", map[string][]string{"Max-Forwards": {"1", "2"}}, 400, ""},
		{"two Content-Length", map[string][]string{"Content-Length": {"0", "0"}}, 400, ""},
		{"compact and long To", map[string][]string{"more": {"t: <sip:z@b>"}}, 400, ""},
		{"To with a vertical tab", map[string][]string{"more": {"To\v: <sip:z@b>"}}, 400, ""},
		{"name with a control character", map[string][]string{"more": {"X\x01: y"}}, 400, ""},
		{"space in front of the colon", map[string][]string{"more": {"X-A : y"}}, 0, ""},
		{"line without colon", map[string][]string{"more": {"Foobar roobar"}}, 400, ""},
		{"bare LF in a field", map[string][]string{"more": {"Subject: a\nTo: <sip:z@b>"}}, 400, ""},
		{"two tags of From", map[string][]string{"From": {"<sip:a@b>;tag=1;tag=2"}}, 400, ""},
		{"two tags of To", map[string][]string{"To": {"<sip:a@b>;tag=1;x=y;TAG=1"}}, 400, ""},
		{"no From tag", map[string][]string{"From": {"<sip:a@b>"}}, 400, ""},
		{"no branch", map[string][]string{"Via": {"SIP/2.0/UDP 192.0.2.7"}}, 0, ""},
		{"negative Content-Length", map[string][]string{"Content-Length": {"-1"}}, 400, ""},
		{"Content-Length beyond the datagram", map[string][]string{"Content-Length": {"5"}, "body": {"abc"}}, 400, ""},
		{"huge Content-Length", map[string][]string{"Content-Length": {"4294967295"}}, 400, ""},
		{"CSeq 2**31-1", map[string][]string{"CSeq": {"2147483647 INVITE"}}, 0, ""},
		{"CSeq 2**31", map[string][]string{"CSeq": {"2147483648 INVITE"}}, 400, ""},
		{"CSeq -1", map[string][]string{"CSeq": {"-1 INVITE"}}, 400, ""},
		{"CSeq of another method", map[string][]string{"CSeq": {"1 BYE"}}, 400, ""},
		{"CSeq with much space", map[string][]string{"CSeq": {"1  \t INVITE"}}, 0, ""},
		{"version 7", map[string][]string{"start": {"INVITE sip:x@y SIP/7.0"}}, 505, ""},
		{"no version", map[string][]string{"start": {"INVITE sip:x@y"}}, 400, ""},
		{"space in the URI", map[string][]string{"start": {"INVITE sip:x@y; lr SIP/2.0"}}, 400, ""},
		{"brackets round the URI", map[string][]string{"start": {"INVITE <sip:x@y> SIP/2.0"}}, 400, ""},
		{"headers in the URI", map[string][]string{"start": {"INVITE sip:x@y?Route=%3Csip:z%3E SIP/2.0"}}, 400, ""},
		{"unknown scheme", map[string][]string{"start": {"INVITE soap.beep://x SIP/2.0"}}, 416, ""},
		{"unknown method", map[string][]string{"start": {"NEWMETHOD sip:x@y SIP/2.0"}, "CSeq": {"1 INVITE"}}, 501, "Allow: " + Allow},
		{"method in lower case", map[string][]string{"start": {"invite sip:x@y SIP/2.0"}, "CSeq": {"1 invite"}}, 501, "Allow: " + Allow},
		{"method not served", map[string][]string{"start": {"MESSAGE sip:x@y SIP/2.0"}, "CSeq": {"1 MESSAGE"}}, 405, "Allow: " + Allow},
		{"Require", map[string][]string{"more": {"Require: a, b", "Require: c"}}, 420, "Unsupported: a, b, c"},
		{"Require of an ACK", map[string][]string{"start": {"ACK sip:x@y SIP/2.0"}, "CSeq": {"1 ACK"}, "more": {"Require: a"}}, 0, ""},
		{"Proxy-Require", map[string][]string{"more": {"Proxy-Require: a"}}, 0, ""},
		{"body of another type", map[string][]string{"Content-Length": {"3"}, "more": {"Content-Type: text/plain"}, "body": {"abc"}}, 415, "Accept: application/sdp"},
		{"body with a parameter", map[string][]string{"Content-Length": {"3"}, "more": {"c: application/SDP ; x=y"}, "body": {"abc"}}, 0, ""},
		{"packed body", map[string][]string{"Content-Length": {"3"}, "more": {"c: application/sdp", "e: gzip"}, "body": {"abc"}}, 415, "Accept-Encoding: identity"},
		{"Accept of something else", map[string][]string{"more": {"Accept: text/x"}}, 406, ""},
		{"Accept of something else too", map[string][]string{"more": {"Accept: text/x, application/sdp;q=0.1"}}, 0, ""},
		{"unbalanced quote", map[string][]string{"To": {`"Mr. <sip:c@d>`}}, 400, ""},
		{"comma in an unquoted name", map[string][]string{"To": {"Watson, T. <sip:c@d>"}}, 400, ""},
		{"space in the brackets", map[string][]string{"To": {"< sip:c@d >"}}, 400, ""},
		{"empty parameters", map[string][]string{"Contact": {`"Joe" <sip:joe@x>;;;;`}}, 400, ""},
		{"two Contacts", map[string][]string{"Contact": {"<sip:a@b>", "<sip:c@d>"}}, 400, ""},
		{"empty Via parameters", map[string][]string{"Via": {"SIP/2.0/UDP 192.0.2.15;;,;,,"}}, 400, ""},
		{"control character in Call-ID", map[string][]string{"Call-ID": {"a\x01b"}}, 400, ""},
		{"Max-Forwards of letters", map[string][]string{"Max-Forwards": {"many"}}, 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, f := checked(t, wiretest.Plain(c.change))
			code := 0
			if f != nil {
				code = f.code
			}
			if code != c.code {
				t.Fatalf("%+v, want %d", f, c.code)
			}
			if c.field != "" && !slices.Contains(f.fields, c.field) {
				t.Errorf("%q, want %q", f.fields, c.field)
			}
		})
	}
}

// TestReadHead: folding, compact forms, white space, and what is behind the header.
func TestReadHead(t *testing.T) {
	m, f := checked(t, []byte("INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\nTO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"+
		"from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\n"+
		"Content-Length   : 3\r\ncseq: 0009\r\n  INVITE\r\nVia  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\nc: application/sdp\r\nk: timer\r\n"+
		"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"+
		"m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\nabcdef"))
	if f != nil {
		t.Fatal(f)
	}
	if string(m.Body) != "abc" || m.cseq != 9 || m.fromTag() != "98asjd8" || m.toTag() != "1918181833n" || m.via.Host != "192.0.2.2" {
		t.Errorf("body %q, CSeq %d, tags %q %q, Via %+v", m.Body, m.cseq, m.fromTag(), m.toTag(), m.via)
	}
	var vias []string
	m.List(syntax.KindVia, func(s string) bool { vias = append(vias, s); return true })
	if len(vias) != 3 {
		t.Errorf("%d Vias: %q", len(vias), vias)
	}
	req, err := newParser("x").request(m)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{req.From().Value(), req.To().Value(), req.Contact().Value(), req.CSeq().Value(), req.MaxForwards().Value(), req.GetHeader("Supported").Value()}
	want := []string{
		`"J Rosenberg \\\"" <sip:jdrosen@example.com>;tag=98asjd8`, `<sip:vivekg@chair-dnrc.example.com>;tag=1918181833n`,
		`<sip:jdrosen@example.com>;newparam=newvalue;secondparam;q=0.33`, "9 INVITE", "68", "timer",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if name := syntax.DisplayName(req.From().DisplayName); name != `J Rosenberg \"` {
		t.Errorf("%q", name)
	}
}

// TestAnswerTo: where answers to datagrams go (RFC 3261 §18.2.2, RFC 3581 §4) and what the Via then says.
func TestAnswerTo(t *testing.T) {
	for via, want := range map[string][2]string{
		"SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1":                             {"192.0.2.7:5060", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1"},
		"SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1":                        {"192.0.2.7:5070", "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1"},
		"SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1":                         {"192.0.2.7:5070", "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;received=192.0.2.7"},
		"SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1":                        {"192.0.2.7:4000", "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport=4000;received=192.0.2.7"},
		"SIP/2.0/UDP x.example;received=203.0.113.1;rport=9;branch=z9hG4bK": {"192.0.2.7:4000", "SIP/2.0/UDP x.example;branch=z9hG4bK;rport=4000;received=192.0.2.7"},
		"SIP/2.0/UDP x.example;maddr=255.255.255.255;branch=z9hG4bK1":       {"192.0.2.7:5060", "SIP/2.0/UDP x.example;maddr=255.255.255.255;branch=z9hG4bK1;received=192.0.2.7"},
	} {
		m, f := checked(t, wiretest.Plain(map[string][]string{"Via": {via + ", SIP/2.0/TCP second"}}))
		if f != nil {
			t.Fatal(f)
		}
		if got := m.answerTo().String(); got != want[0] {
			t.Errorf("%s: to %s, want %s", via, got, want[0])
		}
		if got := wiretest.FieldOf(string(m.appendReply(nil, &fault{code: 200, reason: "OK"}, "t")), "Via")[0]; got != want[1]+", SIP/2.0/TCP second" {
			t.Errorf("%s: %s", via, got)
		}
	}
}

// seeds are messages to begin fuzzing with: the torture messages and a few of our own.
func seeds(f *testing.F) {
	f.Add(wiretest.Plain(nil))
	f.Add(wiretest.Plain(map[string][]string{"Via": {"SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1, SIP/2.0/TCP x"}, "more": {"Require: a", "k: b", "Route: <sip:a;lr>, <sip:b>"}}))
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nContact: \"a,b\" <sip:c@d>\r\n\r\n"))
	for _, data := range tortureMessages(f) {
		f.Add(data)
	}
}

// tortureMessages are the messages of RFC 4475 and 5118.
func tortureMessages(t testing.TB) (all [][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "torture", "*", "*.dat"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no torture messages: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// FuzzMessage: whatever comes, reading, answering and handing on neither panics nor lets the sender write a line of ours.
func FuzzMessage(f *testing.F) {
	seeds(f)
	p := newParser(wiretest.Domain)
	w := &Wire{cfg: Config{Metrics: new(Metrics)}}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := syntax.ReadHead(data)
		if err != nil {
			return
		}
		m := &message{Head: h, path: Path{sock: &socket{w: w, network: "udp"}, Peer: netip.MustParseAddrPort("192.0.2.7:4000")}}
		if h.Code != 0 {
			if m.checkResponse() {
				_, _ = p.response(m)
			}
			return
		}
		flt := m.checkRequest()
		code := &fault{code: 200, reason: "OK"}
		if flt != nil {
			code = flt
		}
		for _, line := range bytes.Split(bytes.TrimSuffix(m.plainReply(code), []byte("\r\n\r\n")), []byte("\r\n")) {
			if bytes.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("%q in an answer", line)
			}
			if i := bytes.IndexByte(line, ':'); !bytes.HasPrefix(line, []byte("SIP/2.0 ")) && (i < 0 || !syntax.IsToken(string(line[:i]))) {
				t.Fatalf("%q is no field", line)
			}
		}
		if flt != nil {
			return
		}
		req, err := p.request(m)
		if err != nil {
			return
		}
		if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil || req.Via() == nil {
			t.Fatalf("a field got lost: %s", req)
		}
		if tag, _ := req.From().Params.Get("tag"); tag != m.fromTag() && !strings.ContainsAny(m.fromTag(), "\";,\r\n \t") {
			t.Fatalf("From tag %q became %q", m.fromTag(), tag)
		}
		if req.CSeq().SeqNo != m.cseq || string(req.Method) != m.Method {
			t.Fatalf("CSeq %v, method %s", req.CSeq(), req.Method)
		}
		_, _, _ = syntax.NumberOf(req.Recipient), syntax.NumberOf(req.From().Address), syntax.DisplayName(req.From().DisplayName)
		b, err := AppendMessage(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := syntax.ReadHead(b); err != nil || again.Broken != "" {
			t.Fatalf("%v %s: what we would send cannot be read: %q", err, again.Broken, b)
		}
	})
}

// FuzzStream: a stream is cut into the same messages however it is delivered.
func FuzzStream(f *testing.F) {
	one := string(wiretest.Plain(nil))
	f.Add([]byte(one+one), uint8(1))
	f.Add([]byte("\r\n\r\n"+one+"\r\n"+one[:30]), uint8(7))
	f.Add([]byte(strings.Replace(one, "Content-Length: 0", "Content-Length: 5", 1)+"hello"+one), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		whole, errWhole := cut(data, len(data)+1)
		parts, errParts := cut(data, int(step)+1)
		if errWhole == nil && errParts == nil && !slices.Equal(whole, parts) {
			t.Fatalf("%q and %q", whole, parts)
		}
		if (errWhole == nil) != (errParts == nil) {
			t.Fatalf("%v and %v", errWhole, errParts)
		}
	})
}
