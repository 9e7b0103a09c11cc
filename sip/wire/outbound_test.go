package wire

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

// TestOutbound: a phone that keeps its flows by RFC 5626 is told that we do too, each kind of flow with its own time; one that does
// not ask for it is told nothing, and one that counts on it behind a proxy that knows nothing of it is refused.
func TestOutbound(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	const instance = `;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"`
	n := 0
	register := func(network string, extra ...string) (int, string) {
		n++
		u := wiretest.DialUA(t, network, at(w, network))
		res := u.Register("8001", "secret", fmt.Sprint("ob-", n), 1, extra...)
		return wiretest.StatusOf([]byte(res)), strings.Join(append(wiretest.FieldOf(res, "Require"), wiretest.FieldOf(res, "Flow-Timer")...), " ")
	}
	for _, c := range []struct {
		name, network string
		fields        []string
		code          int
		says          string
	}{
		{"udp", "udp", []string{"Supported: path, outbound", "Contact: <sip:8001@127.0.0.1:5091>;reg-id=1" + instance}, 200, "outbound 25"},
		{"tcp", "tcp", []string{"k: outbound", "Contact: <sip:8001@127.0.0.1:5092;transport=tcp;ob>;reg-id=2" + instance}, 200, "outbound 120"},
		{"required", "tcp", []string{"Require: outbound", "Supported: outbound", "Contact: <sip:8001@127.0.0.1:5092;transport=tcp>;reg-id=2" + instance}, 200, "outbound 120"},
		{"not asked for", "udp", []string{"Contact: <sip:8001@127.0.0.1:5093>;reg-id=3" + instance}, 200, ""},
		{"no reg-id", "udp", []string{"Supported: outbound", "Contact: <sip:8001@127.0.0.1:5094>" + instance}, 200, ""},
		{"edge proxy", "udp", []string{"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx", "Supported: outbound", "Path: <sip:core.example;lr>, <sip:192.0.2.1;lr;ob>", "Contact: <sip:8001@127.0.0.1:5095>;reg-id=1" + instance}, 200, "outbound"},
		{"proxy without flows", "udp", []string{"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx", "Supported: outbound", "Path: <sip:192.0.2.1;lr;ob>, <sip:192.0.2.2;lr>", "Contact: <sip:8001@127.0.0.1:5096>;reg-id=1" + instance}, 439, ""},
		{"a Path nobody can read", "udp", []string{"Path: <sip:192.0.2.1", "Contact: <sip:8001@127.0.0.1:5096>"}, 400, ""},
		{"a Path without end", "udp", []string{"Path: <sip:a;lr>" + strings.Repeat(",<sip:a;lr>", 20), "Contact: <sip:8001@127.0.0.1:5096>"}, 400, ""},
	} {
		if code, says := register(c.network, c.fields...); code != c.code || says != c.says {
			t.Errorf("%s: %d %q, want %d %q", c.name, code, says, c.code, c.says)
		}
	}
}

// TestPathLeadsToTheProxy: calls to a phone that registered through a proxy go to the proxy, wherever its Contact says it is.
func TestPathLeadsToTheProxy(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	u.Register("8001", "secret", "path-1", 1, "Path: <sip:127.0.0.1:5999;lr>", "Contact: <sip:8001@127.0.0.1:5091>")
	if cs := w.Contacts("8001"); len(cs) != 1 || cs[0].Path.Peer.String() != "127.0.0.1:5999" || cs[0].Route[0].String() != "sip:127.0.0.1:5999;lr" {
		t.Errorf("%+v", cs)
	}
}

// TestStunKeepAlive: phones learn where they are seen, strangers nothing, and a call's socket takes no harm from any of it.
func TestStunKeepAlive(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	c := wiretest.ListenUDP(t)
	ask := func(b []byte, patience time.Duration) []byte {
		if _, err := c.WriteToUDPAddrPort(b, w.Listening()[0].Addr); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 200)
		_ = c.SetReadDeadline(time.Now().Add(patience))
		n, err := c.Read(buf)
		if err != nil {
			return nil
		}
		return buf[:n]
	}
	question, _ := hex.DecodeString("000100002112a442b7e7a701bc34d686fa87dfae")
	if a := ask(question, 100*time.Millisecond); a != nil {
		t.Errorf("a stranger was answered: %x", a)
	}
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	u.Register("8001", "secret", "stun-1", 1, "Contact: <sip:8001@127.0.0.1:5091>")
	a := ask(question, 10*time.Second)
	own := c.LocalAddr()
	if len(a) != 32 || !slices.Equal(a[4:20], question[4:]) || binary.BigEndian.Uint16(a) != stunSuccess || binary.BigEndian.Uint16(a[20:]) != stunAddress {
		t.Fatalf("%x", a)
	}
	port := binary.BigEndian.Uint16(a[26:]) ^ 0x2112
	addr := netip.AddrFrom4([4]byte{a[28] ^ 0x21, a[29] ^ 0x12, a[30] ^ 0xa4, a[31] ^ 0x42})
	if got := netip.AddrPortFrom(addr, port).String(); got != own.String() {
		t.Errorf("%s, want %s", got, own)
	}
	for _, bad := range []string{"00", "000100002112a442", "000100042112a442b7e7a701bc34d686fa87dfae", "000100002112a443b7e7a701bc34d686fa87dfae", "010100002112a442b7e7a701bc34d686fa87dfae"} {
		b, _ := hex.DecodeString(bad)
		if a := ask(b, 100*time.Millisecond); a != nil {
			t.Errorf("%s was answered: %x", bad, a)
		}
	}
	six := netip.MustParseAddrPort("[2001:db8:1234:5678:11:2233:4455:6677]:32853") // RFC 5769 §2.3
	want := "0101001800002112a442b7e7a701bc34d686fa87dfae" + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
	want = want[:8] + want[12:]
	id, _ := hex.DecodeString("2112a442b7e7a701bc34d686fa87dfae")
	if got := hex.EncodeToString(appendStunAnswer(nil, id, six)); got != want {
		t.Errorf("IPv6:\n got %s\nwant %s", got, want)
	}
}

// TestAvalanche: while too much waits, phones are told to come later, each at another time; whoever calls is not.
func TestAvalanche(t *testing.T) {
	h := &fakeCalls{}
	w := startWire(t, h, func(c *Config) {
		c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	w.boxes.queued.Add(avalanche)
	defer w.boxes.queued.Add(-avalanche)
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	times := make(map[string]bool)
	for i := range 20 {
		u.Send(u.Request("REGISTER", "8001", "8001", 1, fmt.Sprint("ava-", i)))
		res := u.Final()
		after := wiretest.FieldOf(res, "Retry-After")
		if wiretest.StatusOf([]byte(res)) != 503 || len(after) != 1 || len(after[0]) > 2 {
			t.Fatal(res)
		}
		times[after[0]] = true
	}
	if len(times) < 5 {
		t.Errorf("they all come back at once: %v", times)
	}
	u.Send(u.Request("INVITE", "13800001111", "95500", 1, "ava-call"))
	wiretest.Eventually(t, "the call is taken", func() bool { return len(h.requests()) == 1 })
}

// TestDeathWithinThePeriod: two questions without an answer fit into it.
func TestDeathWithinThePeriod(t *testing.T) {
	for period, want := range map[time.Duration]time.Duration{30 * time.Second: 22 * time.Second, 5 * time.Second: 2500 * time.Millisecond, time.Hour: time.Hour - 8*time.Second} {
		c, err := (Config{KeepAlive: period}).WithDefaults()
		_ = err
		if got := askEvery(c.KeepAlive, c.Patience); got != want || got+2*c.Patience > period {
			t.Errorf("%s: asked every %s, with patience of %s", period, got, c.Patience)
		}
	}
}

// TestKeptContactIsWhole: a phone behind a proxy that keeps flows is after a restart what it was: its Path, its instance, the way.
func TestKeptContactIsWhole(t *testing.T) {
	kept := &memBindings{vals: map[string][]byte{}}
	w := startWire(t, &fakeCalls{}, func(c *Config) { c.Bindings = kept })
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	res := u.Register("8001", "secret", "kept-1", 1, "Path: <sip:127.0.0.1:5999;lr;ob>", `Contact: <sip:8001@127.0.0.1:5091>;reg-id=1;+sip.instance="<urn:uuid:7>"`)
	if wiretest.StatusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	want := w.Contacts("8001")[0]
	wiretest.Eventually(t, "it is kept", func() bool { return kept.len() == 1 })
	var saved []savedContact
	_ = kept.Each("", func(_ string, b []byte) bool { return json.Unmarshal(b, &saved) == nil })
	got, ok := w.revive(saved[0], time.Now())
	if !ok || got.Instance != want.Instance || got.Instance == "" || got.Path != want.Path || len(got.Route) != 1 || got.Route[0].String() != want.Route[0].String() || got.Key != want.Key {
		t.Errorf("%v\n got %+v\nwant %+v", ok, got, want)
	}
}
