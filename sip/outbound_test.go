package sip

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

	"hotline"
)

// TestOutbound: a phone that keeps its flows by RFC 5626 is told that we do too, each kind of flow with its own time; one that does
// not ask for it is told nothing, and one that counts on it behind a proxy that knows nothing of it is refused.
func TestOutbound(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	const instance = `;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"`
	n := 0
	register := func(network string, extra ...string) (int, string) {
		n++
		u := dialUA(t, network, at(w, network))
		res := u.register("8001", "secret", fmt.Sprint("ob-", n), 1, extra...)
		return statusOf([]byte(res)), strings.Join(append(fieldOf(res, "Require"), fieldOf(res, "Flow-Timer")...), " ")
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
	u := dialUA(t, "udp", w.addrs()[0])
	u.register("8001", "secret", "path-1", 1, "Path: <sip:127.0.0.1:5999;lr>", "Contact: <sip:8001@127.0.0.1:5091>")
	if cs := w.contacts("8001"); len(cs) != 1 || cs[0].path.peer.String() != "127.0.0.1:5999" || cs[0].route[0].String() != "sip:127.0.0.1:5999;lr" {
		t.Errorf("%+v", cs)
	}
}

// flows registers the agent's one phone by two connections.
func flows(t *testing.T, r *rig) (first, second *phone) {
	var ps [2]*phone
	for i := range ps {
		ps[i] = newStreamPhone(t, r, "tcp")
		ps[i].expires = "300\r\nSupported: outbound\r\nX-Note: y"
		ps[i].instance = fmt.Sprintf(`;+sip.instance="<urn:uuid:7>";reg-id=%d`, i+1)
		ps[i].register("8001")
		time.Sleep(5 * time.Millisecond) // the later one is the newer
	}
	return ps[0], ps[1]
}

// TestFlowsAreOnePhone: two connections of one phone ring once, over the newer; when that says that it has lost the phone, or
// is cut, the call goes on over the other (RFC 5626 §6, §11.5).
func TestFlowsAreOnePhone(t *testing.T) {
	r := newRig(t, nil)
	one, two := flows(t, r)
	d := hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001", From: hotline.Party{Number: "1"}, Timeout: 10 * time.Second}
	r.do(d)
	inv := two.want("INVITE")
	one.none("INVITE", 50*time.Millisecond)
	two.reply(inv, 430, "a", "")
	two.want("ACK")
	again := one.want("INVITE")
	one.reply(again, 180, "b", "")
	want[hotline.Ringing](r, nil)
	one.reply(again, 486, "b", "")
	one.want("ACK")
	want[hotline.Failed](r, nil)
	if cs := r.sw.wire.contacts("8001"); len(cs) != 1 {
		t.Errorf("the lost connection is still registered: %+v", cs)
	}

	two.register("8001")
	d.Leg = "c1-2"
	r.do(d)
	two.want("INVITE")
	two.stream.Close()
	again = one.want("INVITE")
	one.reply(again, 486, "b", "")
	one.want("ACK")
	want(r, func(f hotline.Failed) bool { return f.Leg == "c1-2" })
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.DeviceDown); return ok }); n != 0 {
		t.Errorf("down %d times although a connection was left", n)
	}
	one.stream.Close()
	want[hotline.DeviceDown](r, nil) // at once
	r.idle(time.Second)
}

// TestPhonesByPreference: phones of the same q ring at once, those of a lower one only when none of a higher can be reached
// (RFC 3261 §10.2.1.2).
func TestPhonesByPreference(t *testing.T) {
	r := newRig(t, nil)
	var ps []*phone
	for _, q := range []string{"1.0", "1", "0.5"} {
		p := newPhone(t, r.addr)
		p.instance = ";q=" + q
		p.register("8001")
		ps = append(ps, p)
	}
	d := hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001", From: hotline.Party{Number: "1"}, Timeout: 10 * time.Second}
	dial := func(leg hotline.LegID) (a, b *sipMsg) {
		d.Leg = leg
		r.do(d)
		return ps[0].want("INVITE"), ps[1].want("INVITE")
	}
	a, b := dial(testLeg)
	ps[2].none("INVITE", 20*time.Millisecond)
	ps[0].reply(a, 480, "a", "") // somebody says no: the third would ring at who does not want it
	ps[0].want("ACK")
	ps[1].reply(b, 404, "b", "")
	ps[1].want("ACK")
	want(r, func(f hotline.Failed) bool { return f.Leg == testLeg })
	ps[2].none("INVITE", 20*time.Millisecond)

	a, b = dial("c1-2")
	ps[0].reply(a, 503, "a", "")
	ps[0].want("ACK")
	ps[1].reply(b, 404, "b", "")
	ps[1].want("ACK")
	c := ps[2].want("INVITE")
	ps[2].reply(c, 200, "c", ps[2].sdp(1))
	ps[2].want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == "c1-2" })
	r.do(hotline.Hangup{Leg: "c1-2", Cause: hotline.CauseHangup})
	ps[2].reply(ps[2].want("BYE"), 200, "", "")

	a, b = dial("c1-3") // nobody says a word: after 2 s (here 0.2) the third rings too
	c = ps[2].want("INVITE")
	ps[1].reply(b, 200, "b", ps[1].sdp(1)) // a slow one is not too late
	ps[1].want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == "c1-3" })
	ps[2].reply(c, 180, "c", "")
	ps[2].reply(ps[2].want("CANCEL"), 200, "c", "")
	ps[2].reply(c, 487, "c", "")
	ps[2].want("ACK")
	ps[0].reply(a, 180, "a", "")
	ps[0].reply(ps[0].want("CANCEL"), 200, "a", "")
	ps[0].reply(a, 487, "a", "")
	ps[0].want("ACK")
	r.do(hotline.Hangup{Leg: "c1-3", Cause: hotline.CauseHangup})
	ps[1].reply(ps[1].want("BYE"), 200, "", "")
	r.idle(time.Second)
}

// TestStunKeepAlive: phones learn where they are seen, strangers nothing, and a call's socket takes no harm from any of it.
func TestStunKeepAlive(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	c := listenUDP(t)
	ask := func(b []byte, patience time.Duration) []byte {
		if _, err := c.WriteToUDPAddrPort(b, w.addrs()[0]); err != nil {
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
	u := dialUA(t, "udp", w.addrs()[0])
	u.register("8001", "secret", "stun-1", 1, "Contact: <sip:8001@127.0.0.1:5091>")
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
	w := startWire(t, h, func(c *wireConfig) {
		c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	w.boxes.queued.Add(avalanche)
	defer w.boxes.queued.Add(-avalanche)
	u := dialUA(t, "udp", w.addrs()[0])
	times := make(map[string]bool)
	for i := range 20 {
		u.send(u.request("REGISTER", "8001", "8001", 1, fmt.Sprint("ava-", i)))
		res := u.final()
		after := fieldOf(res, "Retry-After")
		if statusOf([]byte(res)) != 503 || len(after) != 1 || len(after[0]) > 2 {
			t.Fatal(res)
		}
		times[after[0]] = true
	}
	if len(times) < 5 {
		t.Errorf("they all come back at once: %v", times)
	}
	u.send(u.request("INVITE", "13800001111", "95500", 1, "ava-call"))
	eventually(t, "the call is taken", func() bool { return len(h.requests()) == 1 })
}

// TestDeathWithinThePeriod: two questions without an answer fit into it.
func TestDeathWithinThePeriod(t *testing.T) {
	for period, want := range map[time.Duration]time.Duration{30 * time.Second: 22 * time.Second, 5 * time.Second: 2500 * time.Millisecond, time.Hour: time.Hour - 8*time.Second} {
		c, err := (wireConfig{KeepAlive: period}).withDefaults()
		_ = err
		if got := askEvery(c.KeepAlive, c.patience); got != want || got+2*c.patience > period {
			t.Errorf("%s: asked every %s, with patience of %s", period, got, c.patience)
		}
	}
}

// TestKeptContactIsWhole: a phone behind a proxy that keeps flows is after a restart what it was: its Path, its instance, the way.
func TestKeptContactIsWhole(t *testing.T) {
	kept := &memBindings{vals: map[string][]byte{}}
	w := startWire(t, &fakeCalls{}, func(c *wireConfig) { c.Bindings = kept })
	u := dialUA(t, "udp", w.addrs()[0])
	res := u.register("8001", "secret", "kept-1", 1, "Path: <sip:127.0.0.1:5999;lr;ob>", `Contact: <sip:8001@127.0.0.1:5091>;reg-id=1;+sip.instance="<urn:uuid:7>"`)
	if statusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	want := w.contacts("8001")[0]
	eventually(t, "it is kept", func() bool { return kept.len() == 1 })
	var saved []savedContact
	_ = kept.Each("", func(_ string, b []byte) bool { return json.Unmarshal(b, &saved) == nil })
	got, ok := w.revive(saved[0], time.Now())
	if !ok || got.instance != want.instance || got.instance == "" || got.path != want.path || len(got.route) != 1 || got.route[0].String() != want.route[0].String() || got.key != want.key {
		t.Errorf("%v\n got %+v\nwant %+v", ok, got, want)
	}
}
