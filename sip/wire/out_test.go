package wire

import (
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
	"pgregory.net/rapid"

	"hotline/sip/syntax"
)

// TestNothingGetsOut: whatever stands in a name, a number, a reason or a header field of ours, the message has the lines it
// was meant to have and is read back as what it was.
func TestNothingGetsOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\r\nRoute: <sip:evil>\r\n", "a\"b\\", "x>;tag=y", "\x00\x01", "\r\n\r\nINVITE sip:x SIP/2.0"}))
		name, number, reason, value := text.Draw(t, "name"), text.Draw(t, "number"), text.Draw(t, "reason"), text.Draw(t, "value")
		var id gosip.CallIDHeader = "c"
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{Scheme: "sip", User: syntax.SafeUser(number), Host: "x"})
		req.AppendHeader(&gosip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "x", Params: gosip.HeaderParams{{K: "branch", V: "z9hG4bK1"}}})
		req.AppendHeader(&gosip.FromHeader{DisplayName: syntax.SafeDisplay(name), Address: gosip.Uri{Scheme: "sip", User: syntax.SafeUser(number), Host: "x"}, Params: gosip.HeaderParams{{K: "tag", V: "1"}}})
		req.AppendHeader(&gosip.ToHeader{DisplayName: name, Address: gosip.Uri{Scheme: "sip", Host: "x"}}) // not made safe: the last wall
		req.AppendHeader(&id)
		req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.INVITE})
		safe, _ := syntax.SafeHeader("X-Value", value)
		req.AppendHeader(gosip.NewHeader("X-Value", safe))
		req.AppendHeader(gosip.NewHeader("X-Raw", value))
		req.SetBody([]byte("body"))
		b, err := AppendMessage(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		h, err := syntax.ReadHead(b)
		if err != nil || h.Broken != "" || len(h.Fields) != 8 || string(h.Body) != "body" {
			t.Fatalf("%v, %+v: %q", err, h, b)
		}
		from, err := syntax.ReadAddress(h.Get(syntax.KindFrom))
		if err != nil {
			t.Fatalf("From: %q", h.Get(syntax.KindFrom))
		}
		if got := syntax.DisplayName(from.Display); got != syntax.SafeText(name) {
			t.Fatalf("name %q came back as %q", syntax.SafeText(name), got)
		}
		u, err := syntax.ReadURI(from.URI)
		if number != "" && (err != nil || syntax.UnescapeUser(u.User) != number) {
			t.Fatalf("number %q came back as %q, %v", number, u.User, err)
		}
		res := gosip.NewResponse(486, reason)
		if b, err = AppendMessage(nil, res); err != nil || strings.Count(string(b), "\r\n") != 2 {
			t.Fatalf("%q, %v", b, err)
		}
	})
}
