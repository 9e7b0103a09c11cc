package wire

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wiretest"
)

// regBed is a registrar with its signals and no network.
type regBed struct {
	t    *testing.T
	reg  *registrar
	sigs []hotline.Signal
	sock *socket
	now  time.Time
	seq  int
}

func newRegBed(t *testing.T) *regBed {
	b := &regBed{t: t, now: time.Unix(1_700_000_000, 0)}
	cfg, err := Config{
		Listen: []Listen{{"udp", netip.MustParseAddrPort("127.0.0.1:5060")}}, Domain: wiretest.Domain, Logger: quiet(wiretest.NoLog()),
	}.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	b.reg = newRegistrar(cfg, func(s hotline.Signal) { b.sigs = append(b.sigs, s) })
	b.sock = &socket{w: &Wire{cfg: cfg}, network: "udp"}
	return b
}

// put sends a REGISTER with the fields from an address.
func (b *regBed) put(from string, f *flow, callID string, fields ...string) ([]string, int) {
	b.t.Helper()
	b.seq++
	lines := append([]string{
		"REGISTER sip:hotline.example SIP/2.0", "Via: SIP/2.0/UDP x;branch=z9hG4bK" + fmt.Sprint(b.seq), "From: <sip:8001@hotline.example>;tag=1",
		"To: <sip:8001@hotline.example>", "Call-ID: " + callID, fmt.Sprintf("CSeq: %d REGISTER", b.seq),
	}, fields...)
	h, err := syntax.ReadHead(wiretest.Msg(lines...))
	if err != nil {
		b.t.Fatal(err)
	}
	m := &message{Head: h, path: Path{sock: b.sock, flow: f, Peer: netip.MustParseAddrPort(from)}}
	if flt := m.checkRequest(); flt != nil {
		return nil, flt.code
	}
	isOwn := func(a netip.AddrPort, network string) bool {
		return a.String() == "198.51.100.1:5060" && network == "udp"
	}
	got, flt := b.reg.update("8001", m, isOwn, b.now)
	if flt != nil {
		return flt.fields, flt.code
	}
	return got, 200
}

func (b *regBed) want(code int, from string, fields ...string) []string {
	b.t.Helper()
	got, c := b.put(from, nil, "c", fields...)
	if c != code {
		b.t.Fatalf("%q: %d, want %d", fields, c, code)
	}
	return got
}

func (b *regBed) signals() []hotline.Signal {
	s := b.sigs
	b.sigs = nil
	return s
}

func TestRegistrar(t *testing.T) {
	b := newRegBed(t)
	is := func(got, want []string) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	heard := func(want ...hotline.Signal) {
		t.Helper()
		if d := cmp.Diff(want, b.signals()); d != "" {
			t.Error(d)
		}
	}
	is(b.want(200, "192.0.2.1:5060"), []string{}) // a question
	heard()
	is(b.want(200, "192.0.2.1:5060", "Contact: <sip:8001@192.0.2.1:5062>;q=0.5"), []string{"Contact: <sip:8001@192.0.2.1:5062>;expires=300"})
	heard(hotline.DeviceUp{Agent: "8001", First: true})
	is(b.want(200, "192.0.2.1:5060", "Contact: <sip:8001@192.0.2.1:5062>;q=0.5", "Expires: 600"), []string{"Contact: <sip:8001@192.0.2.1:5062>;expires=600"})
	heard() // a refresh
	is(b.want(200, "192.0.2.2:7000", "Contact: sip:b@10.0.0.9;expires=90", "Expires: 600"),
		[]string{"Contact: <sip:8001@192.0.2.1:5062>;expires=600", "Contact: <sip:b@10.0.0.9>;expires=90"})
	heard(hotline.DeviceUp{Agent: "8001"})
	cs := b.reg.contacts("8001", b.now)
	if len(cs) != 2 || cs[0].URI.User != "b" || cs[0].Path.Peer.String() != "192.0.2.2:7000" || cs[1].Path.Peer.String() != "192.0.2.1:5062" {
		t.Errorf("preferred first, reached where it is: %+v", cs)
	}
	if !b.reg.has(netip.MustParseAddr("192.0.2.1")) || b.reg.has(netip.MustParseAddr("192.0.2.9")) {
		t.Error("which addresses have phones")
	}
	b.now = b.now.Add(91 * time.Second)
	if cs := b.reg.contacts("8001", b.now); len(cs) != 1 {
		t.Errorf("an expired contact is still called: %+v", cs)
	}
	b.reg.expire(b.now)
	heard()
	b.want(200, "192.0.2.1:5060", "Contact: <sip:8001@192.0.2.1:5062>;expires=0")
	heard(hotline.DeviceDown{Agent: "8001"})
	b.want(200, "192.0.2.1:5060", "Contact: <sip:8001@192.0.2.1:5062>")
	heard(hotline.DeviceUp{Agent: "8001", First: true})
	b.now = b.now.Add(301 * time.Second)
	b.reg.expire(b.now)
	heard(hotline.DeviceDown{Agent: "8001"})
	if n := b.reg.metrics.Bindings.Load(); n != 0 || b.reg.has(netip.MustParseAddr("192.0.2.1")) {
		t.Errorf("%d bindings left", n)
	}
}

func TestRegistrarRefuses(t *testing.T) {
	b := newRegBed(t)
	b.want(200, "192.0.2.1:5060", "Contact: <sip:8001@192.0.2.1:5062>")
	if f := b.want(423, "192.0.2.1:5060", "Contact: <sip:x@192.0.2.1>", "Expires: 59"); !slices.Equal(f, []string{"Min-Expires: 60"}) {
		t.Errorf("%q", f)
	}
	if f := b.want(200, "192.0.2.1:5060", "Contact: <sip:8001@192.0.2.1:5062>;expires=280297596632815"); !slices.Equal(f, []string{"Contact: <sip:8001@192.0.2.1:5062>;expires=3600"}) {
		t.Errorf("%q", f)
	}
	b.want(400, "192.0.2.1:5060", "Contact: *")
	b.want(400, "192.0.2.1:5060", "Contact: *", "Expires: 60")
	b.want(400, "192.0.2.1:5060", "Contact: *, <sip:x@192.0.2.1>", "Expires: 0")
	b.want(400, "192.0.2.1:5060", "Contact: <name:John_Smith>")
	b.want(400, "192.0.2.1:5060", "Contact: sip:x@192.0.2.1?Route=%3Csip:evil%3E")
	b.want(403, "192.0.2.1:5060", "Contact: <sip:x@198.51.100.1>")
	b.want(403, "192.0.2.1:5060", "Contact: <sip:1@x>,<sip:2@x>,<sip:3@x>,<sip:4@x>,<sip:5@x>,<sip:6@x>")
	if n := len(b.reg.contacts("8001", b.now)); n != 1 {
		t.Errorf("%d contacts after refusals", n)
	}
	// Overtaken on the way (§10.3, step 7).
	b.seq = 1
	if _, code := b.put("192.0.2.1:5060", nil, "c", "Contact: <sip:8001@192.0.2.1:5062>;expires=0"); code != 500 {
		t.Errorf("an older CSeq: %d", code)
	}
	if _, code := b.put("192.0.2.1:5060", nil, "restarted", "Contact: <sip:8001@192.0.2.1:5062>;expires=120"); code != 200 {
		t.Errorf("another Call-ID: %d", code)
	}
	b.seq += 100
	b.want(200, "192.0.2.1:5060", "Contact: *", "Expires: 0")
	if len(b.reg.contacts("8001", b.now)) != 0 {
		t.Error("* left something")
	}
}

// TestRegistrarIdentity: what is the same phone, and what happens to those that are too many.
func TestRegistrarIdentity(t *testing.T) {
	b := newRegBed(t)
	b.want(200, "192.0.2.1:5062", "Contact: <sip:8001-0x1@192.0.2.1:5062>")
	b.want(200, "192.0.2.1:5062", "Contact: <sip:8001-0x2@192.0.2.1:5062>") // restarted, same port
	if cs := b.reg.contacts("8001", b.now); len(cs) != 1 || cs[0].URI.User != "8001-0x2" {
		t.Errorf("%+v", cs)
	}
	b.want(200, "192.0.2.3:4444", `Contact: <sip:w@abc.invalid;transport=ws>;+sip.instance="<urn:uuid:1>";reg-id=1`)
	b.want(200, "192.0.2.4:5555", `Contact: <sip:w@xyz.invalid;transport=ws>;+sip.instance="<urn:uuid:1>";reg-id=1`)
	if cs := b.reg.contacts("8001", b.now); len(cs) != 2 || !slices.ContainsFunc(cs, func(c Contact) bool { return c.URI.Host == "xyz.invalid" }) {
		t.Errorf("%+v", cs)
	}
	for i := range 10 {
		b.now = b.now.Add(time.Second)
		b.want(200, fmt.Sprintf("192.0.2.%d:1", 10+i), "Contact: <sip:8001@10.0.0.1>")
	}
	cs := b.reg.contacts("8001", b.now)
	if len(cs) != 5 || cs[0].Path.Peer.String() != "192.0.2.19:1" || cs[4].Path.Peer.String() != "192.0.2.15:1" {
		t.Errorf("not the five newest: %+v", cs)
	}
}

// TestRegistrarFlow: what was registered over a connection lives no longer than the connection.
func TestRegistrarFlow(t *testing.T) {
	b := newRegBed(t)
	f, g := &flow{sock: b.sock}, &flow{sock: b.sock}
	for i, fl := range []*flow{f, g} {
		if _, code := b.put(fmt.Sprintf("192.0.2.%d:1000", i+1), fl, "c", fmt.Sprintf("Contact: <sip:%d@x.invalid>", i), "Path: <sip:p1;lr>, <sip:p2;lr>"); code != 200 {
			t.Fatal(code)
		}
	}
	cs := b.reg.contacts("8001", b.now)
	if len(cs) != 2 || len(cs[0].Route) != 2 || cs[0].Route[0].Host != "p1" {
		t.Fatalf("%+v", cs)
	}
	b.signals()
	b.reg.drop(f)
	if s := b.signals(); len(s) != 0 {
		t.Errorf("%v", s)
	}
	g.closed = true
	if _, code := b.put("192.0.2.2:1000", g, "d", "Contact: <sip:late@x.invalid>"); code != 503 {
		t.Errorf("registered over a connection that is gone: %d", code)
	}
	b.reg.drop(g)
	if d := cmp.Diff([]hotline.Signal{hotline.DeviceDown{Agent: "8001"}}, b.signals()); d != "" {
		t.Error(d)
	}
}

// TestRegisterOverNetwork: the whole way, over udp and tcp, for the domain and for an address, with what a phone must not do.
func TestRegisterOverNetwork(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "ws", "tls", "wss"} {
		t.Run(network, func(t *testing.T) {
			h := &fakeCalls{}
			w := startWire(t, h, nil)
			u := wiretest.DialUA(t, network, at(w, network))
			res := u.Register("8001", "secret", "reg-one", 1, "Expires: 120")
			if wiretest.StatusOf([]byte(res)) != 200 || !strings.Contains(wiretest.FieldOf(res, "Contact")[0], "expires=120") {
				t.Fatalf("%s", res)
			}
			cs := w.Contacts("8001")
			if len(cs) != 1 || cs[0].Path.Peer.String() != u.Conn.LocalAddr().String() || (cs[0].Path.flow != nil) != (network != "udp") {
				t.Fatalf("%+v", cs)
			}
			if res := u.Register("8002", "wrong", "reg-two", 1); wiretest.StatusOf([]byte(res)) != 401 || strings.Contains(res, "stale") {
				t.Errorf("wrong password: %s", res)
			}
			// Another's address of record.
			u.Send(u.Request("REGISTER", "8002", "8002", 3, "reg-three"))
			auth := wiretest.Authorize(wiretest.FieldOf(u.Final(), "WWW-Authenticate")[0], "REGISTER", "sip:"+wiretest.Domain, "8001", "secret", 1)
			u.Send(u.Request("REGISTER", "8002", "8002", 4, "reg-three", auth))
			if res := u.Final(); wiretest.StatusOf([]byte(res)) != 403 {
				t.Errorf("%s", res)
			}
			// For an address of the engine.
			own := at(w, network).String()
			byAddress := strings.NewReplacer("REGISTER sip:"+wiretest.Domain, "REGISTER sip:"+own, "To: <sip:8002@"+wiretest.Domain, "To: <sip:8002@"+own,
				"From: <sip:8002@"+wiretest.Domain, "From: <sip:8002@"+own)
			u.Send(byAddress.Replace(u.Request("REGISTER", "8002", "8002", 5, "reg-four")))
			auth = wiretest.Authorize(wiretest.FieldOf(u.Final(), "WWW-Authenticate")[0], "REGISTER", "sip:"+own, "8002", "geheim", 1)
			u.Send(byAddress.Replace(u.Request("REGISTER", "8002", "8002", 6, "reg-four", auth)))
			if res := u.Final(); wiretest.StatusOf([]byte(res)) != 200 || len(w.Contacts("8002")) != 1 {
				t.Errorf("%s", res)
			}
			if res := u.Register("8001", "secret", "reg-one", 10, "Expires: 0"); wiretest.StatusOf([]byte(res)) != 200 || len(w.Contacts("8001")) != 0 {
				t.Errorf("unregister: %s", res)
			}
			u.Conn.Close()
			if network != "udp" {
				wiretest.Eventually(t, "the connection's binding is gone", func() bool { return len(w.Contacts("8002")) == 0 })
			}
			want := []hotline.Signal{hotline.DeviceUp{Agent: "8001", First: true}, hotline.DeviceUp{Agent: "8002", First: true}, hotline.DeviceDown{Agent: "8001"}}
			if network != "udp" {
				want = append(want, hotline.DeviceDown{Agent: "8002"})
			}
			wiretest.Eventually(t, "signals", func() bool { return len(h.signals()) == len(want) })
			if d := cmp.Diff(want, h.signals()); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestRegistrarTakeOver: where an agent has one phone, the one registered last takes over; its refreshes change nothing.
func TestRegistrarTakeOver(t *testing.T) {
	b := newRegBed(t)
	b.reg.single = func(a hotline.AgentID) bool { return a == "8001" }
	b.want(200, "198.51.100.7:5060", "Contact: <sip:8001@198.51.100.7>")
	b.want(200, "198.51.100.7:5060", "Contact: <sip:8001@198.51.100.7>")
	got := b.want(200, "198.51.100.8:5060", "Contact: <sip:8001@198.51.100.8>")
	if len(got) != 1 || !strings.Contains(got[0], "198.51.100.8") {
		t.Errorf("%q", got)
	}
	if cs := b.reg.contacts("8001", b.now); len(cs) != 1 {
		t.Errorf("%d phones", len(cs))
	}
	want := []hotline.Signal{hotline.DeviceUp{Agent: "8001", First: true}, hotline.DeviceUp{Agent: "8001"}}
	if d := cmp.Diff(want, b.signals()); d != "" {
		t.Error(d)
	}
}
