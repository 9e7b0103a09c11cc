package sip

import (
	"crypto/md5"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

func TestReadChallenge(t *testing.T) {
	for in, want := range map[string]string{
		`Digest realm="r", nonce="n"`:                                  "r n",
		`digest Realm="a \"b\"", NONCE="n", algorithm=md5, qop="auth"`: `a "b" n auth`,
		`Digest realm="r", nonce="n", qop="auth-int,auth", opaque=""`:  "r n auth opaque",
		`Digest realm="r", nonce="n", qop="auth-int"`:                  "",
		`Digest realm="r", nonce="n", algorithm=SHA-256`:               "r n",
		`Digest realm="r", nonce="n", algorithm=MD5-sess`:              "",
		`Digest realm="r"`:                                 "",
		`Basic realm="r"`:                                  "",
		`Digest realm="r, nonce="n"`:                       "",
		`Digest nonce="` + strings.Repeat("x", 3000) + `"`: "",
	} {
		c, ok := readChallenge(in)
		got := ""
		if ok {
			got = c.realm + " " + c.nonce
			if c.auth {
				got += " auth"
			}
			if c.hasOpaque {
				got += " opaque"
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// outRig is a switch with a trunk "out" that wants a password.
func outRig(t *testing.T) (*rig, *phone) {
	carrier := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []Trunk{
			{Name: "in only", Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
			{Name: "out", Servers: []Server{ServerAt(netip.MustParseAddrPort(carrier.addr()))}, User: "95500", Password: `p"w`},
		}
	})
	carrier.engine = r.addr
	return r, carrier
}

// TestDialProves: the trunk asks who calls, as a server or as a proxy, and the second INVITE says so.
func TestDialProves(t *testing.T) {
	for _, c := range []struct {
		code          int
		asks, answers string
		qop           string
	}{
		{401, "WWW-Authenticate", "authorization", `, qop="auth", opaque="o"`},
		{407, "Proxy-Authenticate", "proxy-authorization", ""},
	} {
		r, carrier := outRig(t)
		r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "13800000000"}) // the first trunk with a server
		inv := carrier.want("INVITE")
		carrier.reply(inv, c.code, "a", "", c.asks+`: Digest realm="carrier \"x\"", nonce="abc", algorithm=MD5`+c.qop)
		if ack := carrier.want("ACK"); ack.seq() != inv.seq() {
			t.Errorf("ACK %d of %d", ack.seq(), inv.seq())
		}
		second := carrier.want("INVITE")
		if second.seq() != inv.seq()+1 || second.get("call-id") != inv.get("call-id") || second.get("from") != inv.get("from") || second.get("via") == inv.get("via") {
			t.Errorf("%+v", second)
		}
		got, ok := readCredentials(second.get(c.answers))
		if !ok || got.realm != `carrier "x"` || got.username != "95500" || got.uri != strings.Fields(second.start)[1] || (got.qop == "auth") != (c.qop != "") {
			t.Fatalf("%s: %+v", second.get(c.answers), got)
		}
		sum := md5.Sum([]byte(`95500:carrier "x":p"w`))
		if want := digestResponse(hex.EncodeToString(sum[:]), "INVITE", got); got.response != want {
			t.Errorf("response %s, want %s", got.response, want)
		}
		carrier.reply(second, 180, "b", "")
		want[hotline.Ringing](r, nil)
		carrier.reply(second, 200, "b", carrier.sdp(1))
		if ack := carrier.want("ACK"); ack.seq() != second.seq() {
			t.Errorf("ACK %d of %d", ack.seq(), second.seq())
		}
		want[hotline.PickedUp](r, nil)
		r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
		bye := carrier.want("BYE")
		if bye.seq() != second.seq()+1 || tagIn(bye.get("to")) != "b" {
			t.Errorf("%+v", bye)
		}
		carrier.reply(bye, 200, "", "")
		r.idle(time.Second)
	}
}

// TestDialProvesInVain: a trunk that does not take the password is asked once, and one that asks for something else not at
// all. A call that is given up between the two is not made.
func TestDialProvesInVain(t *testing.T) {
	r, carrier := outRig(t)
	ask := `WWW-Authenticate: Digest realm="c", nonce="n"`
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1", Trunk: "out"})
	for range 2 {
		carrier.reply(carrier.want("INVITE"), 401, "a", "", ask)
		carrier.want("ACK")
	}
	if f := want[hotline.Failed](r, nil); f.Code != 401 || f.Cause != hotline.CauseRejected {
		t.Errorf("%+v", f)
	}
	r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "1", Trunk: "out"})
	carrier.reply(carrier.want("INVITE"), 401, "a", "", `WWW-Authenticate: Digest realm="c", nonce="n", algorithm=SHA-256-sess`)
	carrier.want("ACK")
	want(r, func(f hotline.Failed) bool { return f.Leg == "c1-2" && f.Code == 401 })
	r.do(hotline.Dial{Call: testCall, Leg: "c1-3", To: "1", Trunk: "out"})
	inv := carrier.want("INVITE")
	carrier.reply(inv, 100, "", "")
	r.do(hotline.Hangup{Leg: "c1-3", Cause: hotline.CauseCancelled})
	carrier.reply(carrier.want("CANCEL"), 200, "a", "")
	carrier.reply(inv, 401, "a", "", ask)
	carrier.want("ACK")
	carrier.none("INVITE", 50*time.Millisecond)
	r.idle(time.Second)
}

// FuzzReadChallenge: whatever a trunk asks, our answer is one line that we can read ourselves.
func FuzzReadChallenge(f *testing.F) {
	f.Add(`Digest realm="r", nonce="n", qop="auth", opaque="o"`)
	f.Add(`Digest realm="a \"b\\", nonce="\r\n", algorithm=md5`)
	f.Add(`Digest nonce=,,,="x`)
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := readChallenge(text)
		if !ok {
			return
		}
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{Scheme: "sip", User: "1", Host: "192.0.2.1"})
		line := c.answer(`a"b\`, "p", req)
		got, ok := readCredentials(line)
		if len(text) < 500 && (!ok || got.realm != c.realm || got.nonce != c.nonce || got.username != `a"b\` || got.uri != "sip:1@192.0.2.1") {
			t.Errorf("%q: %q reads as %+v", text, line, got)
		}
	})
}
