package wire

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// answerer is a place on loopback that gives every OPTIONS the same answer.
type answerer struct {
	conn  *net.UDPConn
	code  atomic.Int32 // 0: none
	asked atomic.Int32
	last  atomic.Value // string: the last question
}

func newAnswerer(t testing.TB, code int32) *answerer {
	a := &answerer{conn: wiretest.ListenUDP(t)}
	a.code.Store(code)
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := a.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			a.last.Store(string(buf[:n])) // before it counts: who waits for the count looks at it
			a.asked.Add(1)
			if c := a.code.Load(); c != 0 {
				_, _ = a.conn.WriteToUDPAddrPort([]byte(wiretest.ResponseTo(string(buf[:n]), int(c))), from)
			}
		}
	}()
	return a
}

func (a *answerer) addr() netip.AddrPort { return a.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// aliveBed is a wire that asks its phones, and one who registers them.
type aliveBed struct {
	t     *testing.T
	w     *Wire
	calls *fakeCalls
	u     *wiretest.UA
	seq   int
}

func newAliveBed(t *testing.T, change func(*Config)) *aliveBed {
	b := &aliveBed{t: t, calls: &fakeCalls{}}
	b.w = startWire(t, b.calls, func(c *Config) {
		c.KeepAlive, c.Patience = 150*time.Millisecond, 400*time.Millisecond
		if change != nil {
			change(c)
		}
	})
	b.u = wiretest.DialUA(t, "udp", b.w.Listening()[0].Addr)
	return b
}

// register registers the place as a phone of 8001 for the seconds.
func (b *aliveBed) register(a *answerer, seconds int) string {
	b.t.Helper()
	b.seq += 10
	got := b.u.Register("8001", "secret", "reg-"+a.addr().String(), b.seq, "Contact: <sip:8001@"+a.addr().String()+">", fmt.Sprint("Expires: ", seconds))
	if wiretest.StatusOf([]byte(got)) != 200 {
		b.t.Fatal(got)
	}
	return got
}

// heard waits until these signals, and no others, have come.
func (b *aliveBed) heard(want ...hotline.Signal) {
	b.t.Helper()
	wiretest.Eventually(b.t, fmt.Sprintf("%+v", want), func() bool { return len(b.calls.signals()) >= len(want) })
	if got := b.calls.signals(); !slices.Equal(got, want) {
		b.t.Fatalf("heard %+v, want %+v", got, want)
	}
}

// another waits until the place was asked n times more.
func (b *aliveBed) another(a *answerer, n int32) {
	b.t.Helper()
	was := a.asked.Load()
	wiretest.Eventually(b.t, "questions", func() bool { return a.asked.Load() >= was+n })
}

func TestPhoneThatDiesLeavesThePool(t *testing.T) {
	up, down := hotline.DeviceUp{Agent: "8001", First: true}, hotline.DeviceDown{Agent: "8001"}
	b := newAliveBed(t, nil)
	p, m := newAnswerer(t, 200), b.w.cfg.Metrics
	b.register(p, 300)
	for _, code := range []int32{200, 405, 501, 404, 486, 500, 603} { // whatever it says, it lives
		p.code.Store(code)
		b.another(p, 2)
	}
	b.heard(up)
	p.code.Store(0)
	b.heard(up, down)
	if n := len(b.w.Contacts("8001")); n != 0 || m.Unreachable.Load() != 1 || m.Bindings.Load() != 1 || m.Unanswered.Load() < 2 {
		t.Errorf("%d contacts to call, %d unreachable of %d, %d unanswered", n, m.Unreachable.Load(), m.Bindings.Load(), m.Unanswered.Load())
	}
	p.code.Store(481)
	b.heard(up, down, up)
	if n := len(b.w.Contacts("8001")); n != 1 || m.Unreachable.Load() != 0 {
		t.Errorf("%d contacts to call, %d unreachable", n, m.Unreachable.Load())
	}
	p.code.Store(503)
	b.heard(up, down, up, down)
	p.code.Store(200)
	b.heard(up, down, up, down, up)

	p.code.Store(0)
	b.heard(up, down, up, down, up, down)
	if got := b.register(p, 300); len(wiretest.FieldOf(got, "Contact")) != 1 { // it can speak to us: that is enough until it is asked
		t.Errorf("its registration is gone: %s", got)
	}
	b.heard(up, down, up, down, up, down, up, down)
	b.register(p, 0)
	if m.Unreachable.Load() != 0 || m.Bindings.Load() != 0 {
		t.Errorf("%d unreachable of %d", m.Unreachable.Load(), m.Bindings.Load())
	}
	b.register(newAnswerer(t, 200), 300)
	b.heard(up, down, up, down, up, down, up, down, up)
}

func TestOneOfTwoPhonesDies(t *testing.T) {
	first, down := hotline.DeviceUp{Agent: "8001", First: true}, hotline.DeviceDown{Agent: "8001"}
	second := hotline.DeviceUp{Agent: "8001"}
	b := newAliveBed(t, nil)
	one, two := newAnswerer(t, 200), newAnswerer(t, 200)
	b.register(one, 300)
	b.register(two, 300)
	b.heard(first, second)
	one.code.Store(0)
	wiretest.Eventually(t, "one is dead", func() bool { return b.w.cfg.Metrics.Unreachable.Load() == 1 })
	if cs := b.w.Contacts("8001"); len(cs) != 1 || cs[0].Path.Peer != two.addr() {
		t.Errorf("%+v", cs)
	}
	b.heard(first, second)
	b.register(two, 0)
	b.heard(first, second, down)
	one.code.Store(200)
	b.heard(first, second, down, first)
}

// TestDeadPhoneOfAFormerRun: a kept registration is told of at once and asked soon.
func TestDeadPhoneOfAFormerRun(t *testing.T) {
	kept := &memBindings{vals: map[string][]byte{}}
	before := openWire(t, &fakeCalls{}, func(c *Config) { c.Bindings = kept })
	gone := newAnswerer(t, 0)
	b := &regBed{t: t, reg: before.reg, sock: before.socks[0], now: time.Now()}
	b.want(200, gone.addr().String(), "Contact: <sip:8001@"+gone.addr().String()+">", "Expires: 300")
	before.reg.keep.flush()
	before.Close()
	now := newAliveBed(t, func(c *Config) { c.Bindings = kept })
	now.heard(hotline.DeviceUp{Agent: "8001", First: true}, hotline.DeviceDown{Agent: "8001"})
}

func TestTheQuestion(t *testing.T) {
	b := newAliveBed(t, nil)
	p := newAnswerer(t, 200)
	b.register(p, 300)
	b.another(p, 1)
	msg := p.last.Load().(string)
	own := b.w.Listening()[0].Addr.String()
	for field, want := range map[string]string{
		"To": "<sip:8001@" + wiretest.Domain + ">", "From": "<sip:hotline@" + wiretest.Domain + ">", "Contact": "<sip:hotline@" + own + ">",
		"Accept": "application/sdp", "CSeq": "1 OPTIONS", "Max-Forwards": "70", "Via": "SIP/2.0/UDP " + own, "Content-Length": "0",
	} {
		if got := wiretest.FieldOf(msg, field); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if !strings.HasPrefix(msg, "OPTIONS sip:8001@"+p.addr().String()+" SIP/2.0\r\n") {
		t.Error(msg)
	}
	for code, want := range map[int]bool{200: true, 302: true, 401: true, 405: true, 408: false, 430: false, 480: true, 500: true, 501: true, 503: false, 600: true} {
		if ProvesLife(code) != want {
			t.Error(code)
		}
	}
}

// TestConnectionsAreAskedWhenIdle: what comes over a connection shows that it holds; one over which nothing comes is asked.
func TestConnectionsAreAskedWhenIdle(t *testing.T) {
	b := newAliveBed(t, nil)
	u := wiretest.DialUA(t, "tcp", b.w.Listening()[1].Addr)
	if got := u.Register("8002", "geheim", "tcp-1", 1); wiretest.StatusOf([]byte(got)) != 200 {
		t.Fatal(got)
	}
	for range 3 {
		q := u.Read(5 * time.Second)
		if !strings.HasPrefix(q, "OPTIONS ") {
			t.Fatal(q)
		}
		u.Send(wiretest.ResponseTo(q, 200))
	}
	f := b.w.Contacts("8002")[0].Path.flow
	p := &pulse{path: Path{flow: f}}
	f.listened()
	fresh := b.w.alive.quiet(p).After(time.Now())
	if !strings.Contains(fmt.Sprint(f.lastHeard()), " m=") {
		t.Error("the machine's clock, put back, would have it asked an hour later")
	}
	f.heard.Store(int64(time.Since(b.w.born) - b.w.alive.every))
	if old := b.w.alive.quiet(p).After(time.Now()); !fresh || old || !b.w.alive.quiet(&pulse{}).IsZero() {
		t.Errorf("need not be asked: %v when just heard, %v when long idle", fresh, old)
	}
	b.heard(hotline.DeviceUp{Agent: "8002", First: true}, hotline.DeviceDown{Agent: "8002"}) // it answers no more
}

func TestDeadTrunkIsAvoided(t *testing.T) {
	a, z := newAnswerer(t, 200), newAnswerer(t, 403)
	lines := &safeBuffer{}
	b := newAliveBed(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(lines, nil))
		c.Trunks = []Trunk{
			{Name: "in", Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
			{Name: "a", Servers: []Server{ServerAt(a.addr())}},
			{Name: "z", Servers: []Server{ServerAt(z.addr())}, MaxCalls: 1},
		}
	})
	up := func() string {
		all := make(map[string]bool)
		for _, t := range b.w.Trunks() {
			all[t.Name] = t.Up
		}
		return fmt.Sprint(all)
	}
	state := func(want string) {
		t.Helper()
		wiretest.Eventually(t, want, func() bool { return up() == want })
	}
	by := func(name, want string) {
		t.Helper()
		ways := b.w.Search(name)
		g, _, err := ways.Next(time.Now())
		if err != nil || g.trunk.Name != want {
			t.Fatalf("by %+v: %v, want %s", g, err, want)
		}
		t.Cleanup(ways.End)
	}
	b.another(a, 2)
	b.another(z, 2)
	state("map[a:true z:true]")
	by("", "a")
	a.code.Store(0)
	state("map[a:false z:true]")
	by("a", "a") // who names it wants that one
	by("", "z")
	by("", "a") // z is full
	b.another(a, 3)
	z.code.Store(503)
	state("map[a:false z:false]")
	a.code.Store(200)
	state("map[a:true z:false]")
	if d, u := strings.Count(lines.String(), "trunk does not answer"), strings.Count(lines.String(), "trunk answers again"); d != 2 || u != 1 {
		t.Errorf("told %d times of a death and %d of a life", d, u)
	}
}

// TestTrunkNews: whoever looks at the trunks only when it is told that one may be another never looks in vain for long.
func TestTrunkNews(t *testing.T) {
	a, news := newAnswerer(t, 200), make(chan struct{}, 1)
	b := newAliveBed(t, func(c *Config) {
		c.Trunks = []Trunk{{Name: "a", Servers: []Server{ServerAt(a.addr())}}}
		c.TrunkNews = func() {
			select {
			case news <- struct{}{}:
			default:
			}
		}
	})
	told := func(up bool) {
		t.Helper()
		for end := time.After(20 * time.Second); ; {
			if b.w.Trunks()[0].Up == up {
				return
			}
			select {
			case <-news:
			case <-end:
				t.Fatalf("nobody says that it is up: %t", up)
			}
		}
	}
	<-news // of its servers
	told(true)
	a.code.Store(0)
	told(false)
	a.code.Store(200)
	told(true)
}
