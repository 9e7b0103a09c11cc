package sip

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// believing makes the rig's carrier one whose word is taken.
func believing(c *Config) { c.Trunks[0].Trusted = true }

// TestAssertedIdentity: who calls, by a trunk that is trusted and by one that is not (RFC 3325 §9.1); whoever asks not to be shown
// is not, and the number is there for tables all the same (RFC 3323, RFC 3325 §9.3).
func TestAssertedIdentity(t *testing.T) {
	const from, name = "13800001111", `Li "L" Lei`
	for _, c := range []struct {
		extra             string
		number, name      string // what a trusted trunk makes of it
		hidden            bool
		withheld, distant string // distant: the number by a trunk that is not trusted; "" where it is hidden there too
	}{
		{"", from, name, false, "", from},
		{"P-Asserted-Identity: \"Zhang\" <sip:+861390000@carrier>\r\n", "+861390000", "Zhang", false, "", from},
		{"P-Asserted-Identity: <tel:+86-139-0000>\r\n", "+861390000", name, false, "", from},
		{"P-Asserted-Identity: <sip:carrier>, <sip:139@carrier;user=phone>\r\n", "139", name, false, "", from},
		{"P-Asserted-Identity: <sip:139@c>\r\nPrivacy: id\r\n", "anonymous", "", true, "139", ""},
		{"Privacy: none\r\n", from, name, false, "", from},
		{"Privacy: critical; USER ;session\r\n", "anonymous", "", true, from, ""},
		{"Remote-Party-ID: \"Wang\" <sip:137@c>;party=calling;screen=yes;privacy=off\r\n", "137", "Wang", false, "", from},
		{"Remote-Party-ID: <sip:137@c>;party=calling;privacy=full\r\n", "anonymous", "", true, "137", from},
		{"Remote-Party-ID: <sip:137@c>;party=called\r\n", from, name, false, "", from},
		{"P-Preferred-Identity: <sip:136@c>\r\n", "136", name, false, "", from},
		{"P-Preferred-Identity: <sip:136@c>\r\nP-Asserted-Identity: <sip:135@c>\r\n", "135", name, false, "", from},
		{"P-Asserted-Identity: nonsense <\r\n", from, name, false, "", from},
		{"P-Asserted-Identity: <sip:anonymous@anonymous.invalid>\r\n", from, name, false, "", from},
	} {
		for _, trusted := range []bool{true, false} {
			r := newRig(t, func(cfg *Config) { cfg.Trunks[0].Trusted = trusted })
			l, in := r.ringing(c.extra, "own")
			want := hotline.Party{Number: c.number, Name: c.name}
			hidden, withheld := c.hidden, c.withheld
			if !trusted {
				want, hidden, withheld = hotline.Party{Number: c.distant, Name: name}, false, ""
				if c.distant == "" {
					want, hidden, withheld = hotline.Party{Number: "anonymous"}, true, from
				}
			}
			if in.From != want || in.Anonymous != hidden || in.Withheld != withheld && hidden || !hidden && in.Withheld != "" {
				t.Errorf("trusted %v, %q: %+v, anonymous %v, withheld %q", trusted, c.extra, in.From, in.Anonymous, in.Withheld)
			}
			r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
			l.ackRefusal(l.p.want("486 INVITE"))
		}
	}
}

// TestAnonymousFrom: a caller whose From is the anonymous address is one who does not want to be shown; an agent is who its password
// says, whatever it asserts.
func TestAnonymousFrom(t *testing.T) {
	r := newRig(t, believing)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.me = `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=` + word()
	l.extra = "P-Asserted-Identity: <sip:139@c>\r\nPrivacy: id\r\n"
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	if in.From != (hotline.Party{Number: "anonymous"}) || !in.Anonymous || in.Withheld != "139" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	l.ackRefusal(p.want("486 INVITE"))
}

func historyReq(name string, values ...string) *gosip.Request {
	req := gosip.NewRequest(gosip.INVITE, gosip.Uri{})
	for _, v := range values {
		req.AppendHeader(gosip.NewHeader(name, v))
	}
	return req
}

// TestDiverted reads Diversion (RFC 5806) and History-Info (RFC 7044 with the causes of RFC 4458).
func TestDiverted(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		want   hotline.Diversion
	}{
		{"Diversion", nil, hotline.Diversion{}},
		{"Diversion", []string{"<sip:4001@c>;reason=no-answer;counter=1"}, hotline.Diversion{Number: "4001", Reason: "no-answer", Count: 1}},
		{"Diversion", []string{`"B" <sip:2@c>;reason="user-busy";counter=2, <tel:+86-400-1>;reason=Unconditional`}, hotline.Diversion{Number: "+864001", Reason: "unconditional", Count: 3}},
		{"Diversion", []string{"<sip:2@c>;reason=user-busy", "<sip:1@c>;reason=weird;privacy=full"}, hotline.Diversion{Number: "anonymous", Reason: "unknown", Count: 2}},
		{"Diversion", []string{"<sip:2@c>;counter=999999999999"}, hotline.Diversion{Number: "2", Reason: "unknown", Count: 100}},
		{"Diversion", []string{"<sip:2@c>;counter=1000"}, hotline.Diversion{Number: "2", Reason: "unknown", Count: 100}},
		{"Diversion", []string{"<<<"}, hotline.Diversion{}},
		{"History-Info", []string{"<sip:4001@c?Reason=SIP%3Bcause%3D302>;index=1, <sip:95500@us>;index=1.1;mp=1"}, hotline.Diversion{Number: "4001", Reason: "unconditional", Count: 1}},
		{"History-Info", []string{"<sip:95500@us;cause=486>;index=1.1", "<sip:4001@c>;index=1"}, hotline.Diversion{Number: "4001", Reason: "user-busy", Count: 1}},
		{"History-Info", []string{"<sip:1@c>;index=1,<sip:2@c;cause=408>;index=1.2,<sip:3@c;cause=503>;index=1.10"}, hotline.Diversion{Number: "1", Reason: "no-answer", Count: 2}},
		{"History-Info", []string{"<sip:1@c>;index=1,<sip:1@d;cause=302>;index=1.1"}, hotline.Diversion{}}, // the same number by another way
		{"History-Info", []string{"<sip:1@c>;index=1,<sip:2@d>;index=1.1"}, hotline.Diversion{}},           // a routing step
		{"History-Info", []string{"<sip:1@c?Privacy=history>;index=1,<sip:2@d;cause=480>;index=1.1"}, hotline.Diversion{Number: "anonymous", Reason: "deflection", Count: 1}},
		{"History-Info", []string{"<sip:95500@us>;index=1"}, hotline.Diversion{}},
		{"History-Info", []string{strings.Repeat("<sip:1@c>;index=1,", 5000)}, hotline.Diversion{}},
	} {
		if got := diverted(historyReq(c.name, c.values...)); got != c.want {
			t.Errorf("%s %.80q: %+v, want %+v", c.name, c.values, got, c.want)
		}
	}
}

// TestDivertedIn: what a trusted trunk says of the way of a call reaches the engine, what another says does not.
func TestDivertedIn(t *testing.T) {
	for _, trusted := range []bool{true, false} {
		r := newRig(t, func(c *Config) { c.Trunks[0].Trusted = trusted })
		l, in := r.ringing("Diversion: <sip:4001@c>;reason=user-busy;counter=1\r\n", "own")
		if (in.Diverted.Number == "4001") != trusted || (in.Diverted.Count == 1) != trusted {
			t.Errorf("trusted %v: %+v", trusted, in.Diverted)
		}
		r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
		l.ackRefusal(l.p.want("486 INVITE"))
	}
}

// TestDivertedOut: a call that is sent on outside says by which numbers it came, in both ways that carriers read, and a trusted
// trunk is told who calls, one who is not to be shown without his number.
func TestDivertedOut(t *testing.T) {
	carrier := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(carrier.addr()))}, Trusted: true, Number: "95500"}}
	})
	carrier.engine = r.addr
	through := []hotline.Diversion{{Number: "4001", Reason: "no-answer", Count: 2}, {Number: "95500\r\nEvil: 1", Reason: "unconditional"}}
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13900000000", Trunk: "out", From: hotline.Party{Number: "anonymous"}, Diverted: through})
	inv := carrier.want("INVITE")
	diversion := []string{"<sip:95500%20%20Evil%3A%201@" + testDomain + ">;reason=unconditional;counter=1", "<sip:4001@" + testDomain + ">;reason=no-answer;counter=2"}
	if got := inv.all("diversion"); !reflect.DeepEqual(got, diversion) {
		t.Errorf("%q", got)
	}
	history := "<sip:4001@" + testDomain + ">;index=1, <sip:95500%20%20Evil%3A%201@" + testDomain + ";cause=408>;index=1.1, <sip:13900000000@" + carrier.addr() + ";cause=302>;index=1.1.1;mp=1.1"
	if got := inv.get("history-info"); got != history {
		t.Errorf("\n%s\n%s", got, history)
	}
	if !strings.Contains(inv.get("from"), "<sip:anonymous@anonymous.invalid>") || inv.get("privacy") != "id" || inv.get("p-asserted-identity") != "<sip:95500@"+testDomain+">" || inv.get("evil") != "" {
		t.Errorf("%v", inv.heads)
	}
	// What we write others read as it was meant.
	if d := diverted(historyReq("History-Info", inv.get("history-info"))); d.Number != "4001" || d.Reason != "no-answer" || d.Count != 2 {
		t.Errorf("%+v", d)
	}
	carrier.reply(inv, 486, "a", "")
	carrier.want("ACK")
	want[hotline.Failed](r, nil)
	r.do(hotline.Dial{Call: "c2", Leg: "c2-1", To: "13900000000", Trunk: "out", From: hotline.Party{Number: "13800000000"}})
	inv = carrier.want("INVITE")
	if inv.get("diversion") != "" || inv.get("history-info") != "" || inv.get("privacy") != "" || inv.get("p-asserted-identity") != "<sip:13800000000@"+testDomain+">" {
		t.Errorf("%v", inv.heads)
	}
	carrier.reply(inv, 486, "b", "")
	carrier.want("ACK")
	r.idle(time.Second)
}

// TestDivertedProperties: whatever is read is bounded.
func TestDivertedProperties(t *testing.T) {
	long := strings.Repeat("9", 4000)
	for _, v := range []string{"<sip:" + long + "@c>", "<tel:" + long + ">", "\"" + long + "\" <sip:1@c>;reason=" + long} {
		d := diverted(historyReq("Diversion", v))
		if len(d.Number) > syntax.MaxDisplay || len(d.Reason) > 20 {
			t.Errorf("%.40q: %d, %d", v, len(d.Number), len(d.Reason))
		}
		who, _, _ := asserted(historyReq("P-Asserted-Identity", v))
		if len(who.Number) > syntax.MaxDisplay || len(who.Name) > syntax.MaxDisplay {
			t.Errorf("%.40q: %d", v, len(who.Number))
		}
	}
}

// FuzzWhoCalls: what identity, history, reason and timer fields say is bounded and breaks nothing.
func FuzzWhoCalls(f *testing.F) {
	for _, seed := range []string{
		`"B" <sip:2@c>;reason="user-busy";counter=2, <tel:+86-400-1>;reason=Unconditional`,
		"<sip:4001@c?Reason=SIP%3Bcause%3D302>;index=1, <sip:95500@us;cause=486>;index=1.1;mp=1",
		"SIP;cause=200;text=\"x\", Q.850;cause=16", "1800;refresher=uac", "id;critical", "<<>>;;,,\"", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{})
		for _, name := range []string{"Diversion", "History-Info", "P-Asserted-Identity", "Remote-Party-ID", "Reason", "Session-Expires", "Min-SE", "Require"} {
			req.AppendHeader(gosip.NewHeader(name, value))
		}
		for _, d := range []hotline.Diversion{byDiversion(addresses(req, "diversion")), byHistory(addresses(req, "history-info"))} {
			if d.Count < 0 || d.Count > 100 || len([]rune(d.Number)) > syntax.MaxDisplay || (d.Count == 0) != (d.Number == "") {
				t.Errorf("%q: %+v", value, d)
			}
		}
		who, _, ok := asserted(req)
		if ok != (who.Number != "") || len([]rune(who.Number)) > syntax.MaxDisplay || len([]rune(who.Name)) > syntax.MaxDisplay {
			t.Errorf("%q: %+v", value, who)
		}
		if c := heardReason(req, hotline.CauseHangup); c == "" {
			t.Errorf("%q: no cause", value)
		}
		if minSE(req) < leastSE {
			t.Errorf("%q: Min-SE %d", value, minSE(req))
		}
		hides(value)
		sessionExpires(req)
	})
}
