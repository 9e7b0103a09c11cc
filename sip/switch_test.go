package sip

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hotline"
	"hotline/media"
	"hotline/sip/sdp"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

func TestMain(m *testing.M) {
	// sipgo hands an ACK that nobody takes to a goroutine, which ends with timer I, 5 s later.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/emiago/sipgo/sip.(*ServerTx).ackSend"))
}

// rig is a Switch on loopback with everything it says kept.
type rig struct {
	t      *testing.T
	sw     *Switch
	addr   netip.AddrPort
	media  *media.Engine
	mu     sync.Mutex
	sigs   []heardSig
	more   chan struct{} // closed and replaced with every signal
	served sync.WaitGroup
}

type heardSig struct {
	call hotline.CallID
	sig  hotline.Signal
}

type testAccounts struct{}

func (testAccounts) HA1(user string) (string, bool) {
	if len(user) != 4 || user[0] != '8' {
		return "", false
	}
	sum := md5.Sum([]byte(user + ":" + testDomain + ":" + testPassword))
	return hex.EncodeToString(sum[:]), true
}

// freePort is a UDP port of 127.0.0.1 that was free a moment ago.
func freePort(t testing.TB) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	m, err := media.New(media.Config{Drain: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, media: m, more: make(chan struct{})}
	cert, key := wiretest.CertFiles(t)
	cfg := Config{
		Listen: allNetworks(), Cert: cert, Key: key, Domain: testDomain, Accounts: testAccounts{}, Media: m,
		Trunks: []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}},
		Signal: r.signal, Logger: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelDebug})), t1: 50 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	if r.sw, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	r.addr = r.sw.wire.Listening()[0].Addr
	r.served.Go(func() {
		if err := r.sw.Run(context.Background()); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(r.close)
	return r
}

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	if testing.Verbose() {
		fmt.Print(string(b))
	}
	return len(b), nil
}

func (r *rig) signal(call hotline.CallID, sig hotline.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sigs = append(r.sigs, heardSig{call, sig})
	close(r.more)
	r.more = make(chan struct{})
}

// close ends the switch and checks what must hold whatever happened: each leg had exactly one last signal and nothing
// after it, each Play ended once, and nothing is left.
func (r *rig) close() {
	r.sw.Close()
	r.served.Wait()
	r.media.Close()
	if n := r.sw.Count(); n != 0 {
		r.t.Errorf("%d legs left", n)
	}
	r.sw.mu.Lock()
	if len(r.sw.dialogs) != 0 || len(r.sw.calls) != 0 {
		r.t.Errorf("%d dialogs and %d calls left", len(r.sw.dialogs), len(r.sw.calls))
	}
	r.sw.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	over := make(map[hotline.LegID]hotline.Signal)
	up := make(map[hotline.LegID]bool)
	for _, h := range r.sigs {
		id := hotline.LegOf(h.sig)
		if id == "" {
			continue
		}
		if last, ok := over[id]; ok {
			r.t.Errorf("%#v after the last signal %#v", h.sig, last)
		}
		up[id] = true
		switch h.sig.(type) {
		case hotline.Ended, hotline.Failed:
			over[id] = h.sig
		}
	}
	for id := range up {
		if over[id] == nil {
			r.t.Errorf("leg %s has no last signal", id)
		}
	}
}

// want returns the next signal of the type T that fits, and takes it off.
func want[T hotline.Signal](r *rig, fits func(T) bool) T {
	r.t.Helper()
	s, ok := await(r, 5*time.Second, fits)
	if !ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.t.Fatalf("no %T; there were %+v", s, r.sigs)
	}
	return s
}

func await[T hotline.Signal](r *rig, d time.Duration, fits func(T) bool) (T, bool) {
	deadline := time.After(d)
	from := 0
	for {
		r.mu.Lock()
		for ; from < len(r.sigs); from++ {
			if s, ok := r.sigs[from].sig.(T); ok && (fits == nil || fits(s)) {
				r.mu.Unlock()
				return s, true
			}
		}
		more := r.more
		r.mu.Unlock()
		select {
		case <-more:
		case <-deadline:
			var zero T
			return zero, false
		}
	}
}

func (r *rig) count(fits func(hotline.Signal) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, h := range r.sigs {
		if fits(h.sig) {
			n++
		}
	}
	return n
}

func (r *rig) do(a hotline.Action) {
	r.t.Helper()
	if err := r.sw.Do(context.Background(), a); err != nil {
		r.t.Fatalf("%T: %v", a, err)
	}
}

// idle waits until the switch has forgotten every leg and dialog.
func (r *rig) idle(within time.Duration) {
	r.t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		r.sw.mu.Lock()
		n := len(r.sw.dialogs) + len(r.sw.legs) + len(r.sw.calls)
		r.sw.mu.Unlock()
		if n == 0 {
			return
		}
	}
	r.t.Error("legs, dialogs or calls are left")
}

// inbound sets up an answered call from a fresh phone.
func (r *rig) inbound() (*line, hotline.Incoming, *sipMsg) {
	r.t.Helper()
	p := newPhone(r.t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
	r.do(hotline.Answer{Leg: in.Leg})
	res := l.establish()
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	return l, in, res
}

// isNew says whether the leg has had no signal but its first.
func (r *rig) isNew(id hotline.LegID) bool {
	n := 0
	for _, h := range r.sigs {
		if hotline.LegOf(h.sig) == id {
			n++
		}
	}
	return n == 1
}

// dialAgent registers a phone as the agent and dials it; the phone's INVITE is returned.
func (r *rig) dialAgent(call hotline.CallID, leg hotline.LegID, change func(*hotline.Dial)) (*phone, *sipMsg) {
	r.t.Helper()
	p := newPhone(r.t, r.addr)
	p.register("8001")
	d := hotline.Dial{Call: call, Leg: leg, Agent: "8001", From: hotline.Party{Number: "13800001111", Name: "Li"}, Timeout: 10 * time.Second}
	if change != nil {
		change(&d)
	}
	r.do(d)
	return p, p.want("INVITE")
}

func TestInboundCall(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95%35500") // %35 is '5'
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	if in.To != "955500" || in.From != (hotline.Party{Number: "13800001111", Name: `Li "L" Lei`}) || in.Trunk != "carrier" || in.Agent != "" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Ring{Leg: in.Leg})
	ring := p.want("180 INVITE")
	if ring.body != "" || tagIn(ring.get("to")) == "" || ring.get("contact") == "" {
		t.Errorf("180: %+v", ring)
	}
	r.do(hotline.Answer{Leg: in.Leg})
	r.do(hotline.Answer{Leg: in.Leg}) // idempotent
	res := p.want("200 INVITE")
	if tagIn(res.get("to")) != tagIn(ring.get("to")) {
		t.Error("another tag in the 200")
	}
	if lines, err := sdp.Parse([]byte(res.body)); err != nil || len(lines) != 1 {
		t.Errorf("no SDP: %v", err)
	}
	if n := r.count(func(s hotline.Signal) bool { _, ok := s.(hotline.PickedUp); return ok }); n != 0 {
		t.Error("picked up before the ACK")
	}
	l.made(res).ack("")
	if up := want[hotline.PickedUp](r, nil); up.Codec != "PCMA" {
		t.Errorf("%+v", up)
	}
	p.none("200 INVITE", 200*time.Millisecond)
	p.speak(res.body, 0x55, 5)
	want[hotline.MediaUp](r, nil)
	l.ask("BYE", "")
	p.want("200 BYE")
	end := want[hotline.Ended](r, nil)
	if end.Cause != hotline.CauseHangup || end.Stats.Received < 3 || end.Stats.Codec != "PCMA" {
		t.Errorf("%+v", end)
	}
	r.idle(time.Second)
	if err := r.sw.Do(t.Context(), hotline.Hangup{Leg: in.Leg}); err != nil {
		t.Errorf("hanging up a leg that is gone: %v", err)
	}
}

func TestHangupByUs(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseFlow})
	bye := l.p.want("BYE")
	if bye.get("reason") != `Q.850;cause=16;text="flow"` || bye.seq() < 1 {
		t.Errorf("BYE: %+v", bye)
	}
	if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseFlow {
		t.Errorf("%+v", end)
	}
	// The caller's own BYE crosses ours: 200 all the same (RFC 5407 §3.2.1).
	l.ask("BYE", "")
	l.p.want("200 BYE")
	l.p.reply(bye, 200, "", "")
	r.idle(time.Second)
	l.ask("BYE", "")
	l.p.want("481 BYE")
}

func TestEarlyMedia(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Ring{Leg: in.Leg, Early: true})
	r.do(hotline.Play{Leg: in.Leg, Play: "p1", Prompts: []string{"tone:ringback"}, Loop: true})
	early := p.want("183 INVITE")
	if !p.hears(300) {
		t.Error("no early media")
	}
	r.do(hotline.Stop{Leg: in.Leg, Play: "p1"})
	if end := want[hotline.PlayEnded](r, nil); end.Play != "p1" || end.Complete || end.Err != "" {
		t.Errorf("%+v", end)
	}
	r.do(hotline.Answer{Leg: in.Leg})
	if res := l.establish(); res.body != early.body {
		t.Errorf("the answer changed:\n%s\n%s", early.body, res.body)
	}
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Play{Leg: in.Leg, Play: "p2", Prompts: []string{"no-such-prompt"}})
	if end := want(r, func(s hotline.PlayEnded) bool { return s.Play == "p2" }); end.Err == "" || end.Complete {
		t.Errorf("%+v", end)
	}
	r.do(hotline.Play{Leg: in.Leg, Play: "p3", Prompts: []string{"silence:100", "tone:beep"}})
	if end := want(r, func(s hotline.PlayEnded) bool { return s.Play == "p3" }); !end.Complete {
		t.Errorf("%+v", end)
	}
	r.do(hotline.Play{Leg: in.Leg, Play: "p4", Prompts: []string{"tone:busy"}, Loop: true})
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	l.p.reply(l.p.want("BYE"), 200, "", "")
	want[hotline.Ended](r, nil)
	if n := r.count(func(s hotline.Signal) bool { e, ok := s.(hotline.PlayEnded); return ok && e.Play == "p4" }); n != 1 {
		t.Errorf("%d ends of the playing that the hang-up cut", n)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		cause hotline.Cause
		code  string
	}{
		{hotline.CauseBusy, "486 INVITE"},
		{hotline.CauseFull, "486 INVITE"},
		{hotline.CauseHangup, "603 INVITE"},
		{hotline.CauseNotFound, "404 INVITE"},
		{hotline.CauseOverload, "503 INVITE"},
		{hotline.CausePanic, "500 INVITE"},
	} {
		t.Run(string(c.cause), func(t *testing.T) {
			r := newRig(t, nil)
			p := newPhone(t, r.addr)
			l := p.dialler("95500")
			l.ask("INVITE", p.sdp(1))
			in := want[hotline.Incoming](r, nil)
			r.do(hotline.Hangup{Leg: in.Leg, Cause: c.cause})
			res := p.want(c.code)
			l.ackRefusal(res)
			if (res.code() == 503) != (res.get("retry-after") != "") {
				t.Errorf("Retry-After: %q", res.get("retry-after"))
			}
			if end := want[hotline.Ended](r, nil); end.Cause != c.cause {
				t.Errorf("%+v", end)
			}
			r.idle(time.Second)
		})
	}
}

// TestCalledBad calls with what cannot be accepted: the RFC's answer, no signal, nothing left.
func TestCalledBad(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	good := p.sdp(1)
	for _, c := range []struct{ name, body, extra, code string }{
		{"no codec", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n", "", "488 INVITE"},
		{"multicast", "v=0\r\nc=IN IP4 224.1.1.1\r\nm=audio 4000 RTP/AVP 8\r\n", "", "488 INVITE"},
		{"own port", fmt.Sprintf("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio %d RTP/AVP 8\r\n", r.ownPort(t)), "", "488 INVITE"},
		{"our SIP port", fmt.Sprintf("v=0\r\nc=IN IP4 %s\r\nm=audio %d RTP/AVP 8\r\n", r.addr.Addr(), r.addr.Port()), "", "488 INVITE"},
		{"garbage", "\x00\x01\x02 v=0", "", "488 INVITE"},
		{"not SDP", "hello", "", "415 INVITE"},
		{"extension", good, "Require: 100rel, levitate\r\n", "420 INVITE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := p.dialler("95500")
			l.extra = c.extra
			l.seq, l.branch = l.seq+1, "z9hG4bK"+word()
			ctype := "application/sdp"
			if c.name == "not SDP" {
				ctype = "text/plain"
			}
			p.send(l.request("INVITE", l.seq, l.branch, c.body, ctype))
			l.ackRefusal(p.want(c.code))
			r.idle(time.Second)
		})
	}
	if n := r.count(func(hotline.Signal) bool { return true }); n != 0 {
		t.Errorf("%d signals", n)
	}
}

// ownPort is an RTP port of a leg of the engine that lives until the test ends.
func (r *rig) ownPort(t *testing.T) int {
	l, err := r.media.NewLeg(netip.MustParseAddr("127.0.0.1"), &handle{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.LocalPort()
}

func TestNoPortsLeft(t *testing.T) {
	var small *media.Engine
	r := newRig(t, func(c *Config) {
		var err error
		low := freePort(t).Port() &^ 1
		if small, err = media.New(media.Config{Low: low, High: low + 1, Drain: time.Millisecond}); err != nil {
			t.Skip(err)
		}
		c.Media = small
	})
	defer small.Close()
	p := newPhone(t, r.addr)
	first := p.dialler("95500")
	first.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	second := p.dialler("95500")
	second.ask("INVITE", p.sdp(1))
	res := p.want("503 INVITE")
	if res.get("retry-after") == "" {
		t.Error("no Retry-After")
	}
	second.ackRefusal(res)
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	first.ackRefusal(p.want("486 INVITE"))
	r.idle(time.Second)
	for range 200 { // the ports come back when they have drained
		if free, _, total := small.Ports(); free == total {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("ports are not back")
}

func TestSignalOrder(t *testing.T) {
	var got []hotline.Signal
	h := &handle{leg: "l", call: "c", signal: func(_ hotline.CallID, s hotline.Signal) { got = append(got, s) }}
	h.begin("a")
	h.begin("b")
	if h.begin("a") {
		t.Error("the same playing begun twice")
	}
	h.PlayEnded("a", true, nil)
	h.PlayEnded("a", true, nil)
	h.last(hotline.Ended{Leg: "l"})
	h.last(hotline.Ended{Leg: "l"})
	h.PlayEnded("b", false, nil)
	if h.begin("c") {
		t.Error("a playing begun after the end")
	}
	h.MediaUp(time.Now())
	h.Digit('1')
	want := []hotline.Signal{hotline.PlayEnded{Leg: "l", Play: "a", Complete: true}, hotline.PlayEnded{Leg: "l", Play: "b"}, hotline.Ended{Leg: "l"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestKeysBothWays(t *testing.T) {
	var got []byte
	h := &handle{signal: func(_ hotline.CallID, s hotline.Signal) { got = append(got, s.(hotline.Digit).Key) }}
	now := time.Now()
	at := func(ms int) time.Time { return now.Add(time.Duration(ms) * time.Millisecond) }
	for _, p := range []press{
		{'5', byEvent, at(0)}, {'5', byInfo, at(30)}, // one press, both ways
		{'5', byEvent, at(200)}, {'5', byInfo, at(220)}, // the same key again
		{'6', byInfo, at(400)}, {'6', byEvent, at(410)}, // INFO first
		{'7', byEvent, at(600)}, {'7', byEvent, at(800)}, // two presses one way
		{'7', byInfo, at(810)}, {'7', byInfo, at(820)}, // their partners
		{'8', byInfo, at(1000)}, {'8', byEvent, at(7000)}, // too far apart: two presses
	} {
		h.pressed(p.key, p.way, p.at)
	}
	if string(got) != "5567788" {
		t.Errorf("keys %q", got)
	}
}

// allNetworks listens on 127.0.0.1 by every network there is.
func allNetworks() []wire.Listen {
	var all []wire.Listen
	for _, network := range []string{"udp", "tcp", "ws", "tls", "wss"} {
		all = append(all, wire.Listen{Network: network, Addr: netip.MustParseAddrPort("127.0.0.1:0")})
	}
	return all
}

// port is the address that the switch listens on by the network.
func port(sw *Switch, network string) netip.AddrPort {
	for _, l := range sw.wire.Listening() {
		if l.Network == network {
			return l.Addr
		}
	}
	return netip.AddrPort{}
}
