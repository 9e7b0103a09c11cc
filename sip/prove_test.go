package sip

import (
	"crypto/md5"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/digest"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// outRig is a switch with a trunk "out" that wants a password.
func outRig(t *testing.T) (*rig, *phone) {
	carrier := newPhone(t, netip.AddrPort{})
	r := newRig(t, func(c *Config) {
		c.Trunks = []wire.Trunk{
			{Name: "in only", Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
			{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(carrier.addr()))}, User: "95500", Password: `p"w`},
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
		got, ok := digest.ReadCredentials(second.get(c.answers))
		if !ok || got.Realm != `carrier "x"` || got.Username != "95500" || got.URI != strings.Fields(second.start)[1] || (got.QOP == "auth") != (c.qop != "") {
			t.Fatalf("%s: %+v", second.get(c.answers), got)
		}
		sum := md5.Sum([]byte(`95500:carrier "x":p"w`))
		if want := wiretest.DigestResponse(hex.EncodeToString(sum[:]), "INVITE", got); got.Response != want {
			t.Errorf("response %s, want %s", got.Response, want)
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
