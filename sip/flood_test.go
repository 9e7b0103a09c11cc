package sip

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// The tests of this file are small by default; `make torture` sets the sizes that docs/reliability.md states figures for.

// size is a number of the environment, or few.
func size(name string, few int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return few
}

func tortureSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("SEED=%d", seed)
	return seed
}

// resident is the memory of the process that the kernel has given it, in octets, when what is free was given back.
func resident() int64 {
	debug.FreeOSMemory()
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// counter counts what a log would have written, and shows what it says of panics.
type counter struct {
	t *testing.T
	n atomic.Int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	if bytes.Contains(b, []byte("panic")) {
		c.t.Logf("%.4000s", b)
	}
	return len(b), nil
}

// besieged is a switch as it is run: a carrier with limits, agents, a log that is counted. Every call is refused at once.
type besieged struct {
	*rig
	log counter
}

func besiege(t *testing.T, change func(*Config)) *besieged {
	t.Helper()
	b := &besieged{log: counter{t: t}}
	var sw atomic.Pointer[Switch]
	b.rig = newRig(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&b.log, nil))
		c.Trunks = []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.200.0.0/16")}, MaxCalls: 200, MaxCPS: 50}}
		c.ReadTimeout = 2 * time.Second
		c.Signal = func(_ hotline.CallID, s hotline.Signal) { // not kept: there may be millions
			if in, ok := s.(hotline.Incoming); ok {
				go func() { _ = sw.Load().Do(context.Background(), hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy}) }()
			}
		}
		if change != nil {
			change(c)
		}
	})
	sw.Store(b.sw)
	return b
}

// held fails if the siege left a mark: a panic, a transaction, memory, a log that filled the disk, a deaf socket.
func (b *besieged) held(t *testing.T, before int64) {
	t.Helper()
	m := b.sw.cfg.Metrics
	ended := func(left func() int64) bool {
		for range 50 * 50 {
			if left() == 0 {
				return true
			}
			time.Sleep(20 * time.Millisecond)
		}
		return false
	}
	ended(func() int64 { return m.Queued.Load() + int64(b.sw.Count()) })
	t.Logf("received %d, malformed %d, dropped unread %d, stray %d; %d transactions, memory +%.1f MB", m.Received.Load(), m.Malformed.Load(),
		m.Dropped.Load(), m.Stray.Load(), m.ServerTx.Load(), float64(resident()-before)/1e6)
	const few = 2000 // transactions that are not waited for: half a minute (timers H and J, RFC 3261 §17.2) for little
	if m.ServerTx.Load() > few && !ended(func() int64 { return m.ServerTx.Load() + m.ClientTx.Load() }) {
		t.Errorf("%d and %d transactions left", m.ServerTx.Load(), m.ClientTx.Load())
	}
	grown := resident() - before
	t.Logf("in the end: memory +%.1f MB, log %.2f MB", float64(grown)/1e6, float64(b.log.n.Load())/1e6)
	if n := m.Panics.Load(); n != 0 {
		t.Errorf("%d panics", n)
	}
	if grown > 50e6 && !wiretest.RaceDetector {
		t.Errorf("memory grew by %d MB", grown/1e6)
	}
	if n := b.log.n.Load(); n > 10e6 {
		t.Errorf("%d octets of log", n)
	}
	if n := b.sw.Count(); n != 0 {
		t.Errorf("%d legs left", n)
	}
	wiretest.AssertAlive(t, b.addr)
}

// TestTortureDatagrams: mutated datagrams of strangers and of a carrier, each from an address of its own, through the whole
// switch, as fast as it takes them.
func TestTortureDatagrams(t *testing.T) {
	n, seed, corpus := size("TORTURE_DATAGRAMS", 50_000), tortureSeed(t), mutationCorpus(t)
	b := besiege(t, nil)
	before := resident()
	began := time.Now()
	var all sync.WaitGroup
	const hands = 4
	for h := range hands {
		all.Go(func() {
			m := newMutator(seed, uint64(h), corpus)
			for i := range n / hands {
				// 127.64–127.127 are strangers, 127.200 is the carrier
				from := netip.AddrFrom4([4]byte{127, byte(64 + m.rnd.IntN(64)), byte(m.rnd.Uint32()), byte(1 + m.rnd.IntN(254))})
				if i%20 == 0 {
					from = netip.AddrFrom4([4]byte{127, 200, byte(m.rnd.Uint32()), byte(1 + m.rnd.IntN(254))})
				}
				for b.sw.cfg.Metrics.Queued.Load() > 1<<15 { // nothing is to be thrown away for want of room
					time.Sleep(time.Millisecond)
				}
				b.sw.wire.Datagram(netip.AddrPortFrom(from, 5060), m.next())
			}
		})
	}
	all.Wait()
	t.Logf("%d datagrams in %v", n, time.Since(began).Round(time.Millisecond))
	b.held(t, before)
}

// TestTortureStreams: mutated messages over tcp and ws, whole and in pieces, mutated handshakes and frames among them; each
// connection ends in some way.
func TestTortureStreams(t *testing.T) {
	n, seed, corpus := size("TORTURE_STREAMS", 1000), tortureSeed(t), mutationCorpus(t)
	b := besiege(t, nil)
	before := resident()
	began := time.Now()
	var all sync.WaitGroup
	const hands = 16
	for h := range hands {
		all.Go(func() {
			m := newMutator(seed, uint64(100+h), corpus)
			for i := range n / hands {
				network := []string{"tcp", "ws"}[i%2]
				b.stream(m, network, port(b.sw, network))
			}
		})
	}
	all.Wait()
	t.Logf("%d streams in %v", n, time.Since(began).Round(time.Millisecond))
	for range 300 {
		if b.sw.cfg.Metrics.Flows.Load() == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n := b.sw.cfg.Metrics.Flows.Load(); n != 0 {
		t.Errorf("%d connections left", n)
	}
	b.held(t, before)
}

// stream is one connection from its beginning to its end.
func (b *besieged) stream(m *mutator, network string, to netip.AddrPort) {
	r := m.rnd
	from := netip.AddrFrom4([4]byte{127, byte(64 + r.IntN(64)), byte(r.Uint32()), byte(1 + r.IntN(254))})
	if r.IntN(4) == 0 {
		from = netip.AddrFrom4([4]byte{127, 200, byte(r.Uint32()), byte(1 + r.IntN(254))})
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from.AsSlice()}, Timeout: 5 * time.Second}
	c, err := d.Dial("tcp4", to.String())
	if err != nil {
		return // refused: there may be too many
	}
	defer c.Close()
	if r.IntN(2) == 0 {
		_ = c.(*net.TCPConn).SetLinger(0)
	}
	_ = c.SetDeadline(time.Now().Add(3 * time.Second))
	if network == "ws" && !wsShake(m, c) {
		return
	}
	for range 1 + r.IntN(3) {
		data := m.next()
		if network == "ws" {
			data = wsFrame(r, data)
		}
		if cut := r.IntN(3); cut == 0 && len(data) > 2 {
			k := 1 + r.IntN(len(data)-1)
			_, _ = c.Write(data[:k])
			runtime.Gosched()
			data = data[k:]
		}
		if _, err := c.Write(data); err != nil {
			return
		}
	}
	if r.IntN(4) == 0 {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		_, _ = io.Copy(io.Discard, c)
	}
}

// wsShake asks for a WebSocket, mostly in the right way, and says whether there is one.
func wsShake(m *mutator, c net.Conn) bool {
	hello := []byte("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n")
	if m.rnd.IntN(8) == 0 {
		hello = m.change(hello)
	}
	if _, err := c.Write(hello); err != nil {
		return false
	}
	res := bufio.NewReader(c)
	line, err := res.ReadString('\n')
	if err != nil || !strings.Contains(line, "101") {
		return false
	}
	for err == nil && line != "\r\n" {
		line, err = res.ReadString('\n')
	}
	return err == nil
}

// wsFrame is a masked text frame, sometimes not quite (RFC 6455 §5.2).
func wsFrame(r *rand.Rand, data []byte) []byte {
	op := byte(0x81)
	if r.IntN(10) == 0 {
		op = byte(r.Uint32())
	}
	b := []byte{op}
	switch {
	case len(data) < 126:
		b = append(b, 0x80|byte(len(data)))
	case len(data) < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0xfe), uint16(len(data)))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0xff), uint64(len(data)))
	}
	if r.IntN(20) == 0 {
		b[1+r.IntN(len(b)-1)] ^= byte(r.Uint32())
	}
	return append(append(b, 0, 0, 0, 0), data...) // a mask of zeros changes nothing
}

// friend is a registered phone that goes on asking while the switch is besieged, and counts its answers.
type friend struct {
	asked, answered int
	took            []time.Duration
}

// ask refreshes a registration over and over until stop is closed.
func (f *friend) ask(t *testing.T, b *besieged, stop <-chan struct{}, every time.Duration) {
	t.Helper()
	c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)}, net.UDPAddrFromAddrPort(b.addr))
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	buf := make([]byte, 4096)
	auth := ""
	call, seq := word(), 0
	round := func() (code int, res []byte) {
		seq++
		text := fmt.Sprintf("REGISTER sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;rport;branch=z9hG4bK%[3]s%[4]d\r\nMax-Forwards: 70\r\nFrom: <sip:8001@%[1]s>;tag=f\r\nTo: <sip:8001@%[1]s>\r\nCall-ID: %[3]s\r\nCSeq: %[4]d REGISTER\r\nContact: <sip:8001@%[2]s>\r\nExpires: 300\r\nUser-Agent: a phone like many others, with a long name\r\n%[5]sContent-Length: 0\r\n\r\n",
			testDomain, c.LocalAddr(), call, seq, auth)
		for gap := 500 * time.Millisecond; gap <= 4*time.Second; gap *= 2 { // it repeats itself as RFC 3261 §17.1.2.2 has it
			if _, err := c.Write([]byte(text)); err != nil {
				return 0, nil
			}
			for end := time.Now().Add(gap); ; {
				_ = c.SetReadDeadline(end)
				n, err := c.Read(buf)
				if err != nil {
					break
				}
				if bytes.Contains(buf[:n], fmt.Appendf(nil, "CSeq: %d REGISTER", seq)) && wiretest.StatusOf(buf[:n]) >= 200 {
					return wiretest.StatusOf(buf[:n]), buf[:n]
				}
			}
		}
		return 0, nil
	}
	for {
		select {
		case <-stop:
			return
		case <-time.After(every):
		}
		f.asked++
		began := time.Now()
		code, res := round()
		if code == 401 {
			auth = digestFor(parseMsg(string(res)), "8001", "REGISTER", "sip:"+testDomain)
			code, _ = round()
		}
		auth = "" // each time anew: the nonce may be old
		if code == 200 {
			f.answered++
			f.took = append(f.took, time.Since(began))
		}
	}
}

// served fails if fewer than share of the friend's requests were served.
func (f *friend) served(t *testing.T, share float64) {
	t.Helper()
	slices.Sort(f.took)
	p99 := time.Duration(0)
	if len(f.took) > 0 {
		p99 = f.took[len(f.took)*99/100]
	}
	t.Logf("a phone logged in %d times of %d, p99 %v", f.answered, f.asked, p99.Round(100*time.Microsecond))
	if f.asked == 0 || float64(f.answered) < share*float64(f.asked) {
		t.Errorf("%d of %d logins of an honest phone", f.answered, f.asked)
	}
}

// paced sends n messages a second from the connections in turn until stop is closed, and counts them.
func paced(stop <-chan struct{}, persec int, conns []*net.UDPConn, next func() []byte) (sent int) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; {
		select {
		case <-stop:
			return sent
		case <-tick.C:
		}
		for due := int(time.Since(began).Seconds() * float64(persec)); sent < due; sent++ {
			_, _ = conns[sent%len(conns)].Write(next())
		}
	}
}

func attackers(t *testing.T, to netip.AddrPort, n int) (conns []*net.UDPConn) {
	t.Helper()
	for i := range n {
		c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 66, byte(i>>8), byte(1+i))}, net.UDPAddrFromAddrPort(to))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		conns = append(conns, c)
	}
	return conns
}

// TestTortureBeside: mutated datagrams at five thousand a second over the socket, from two hundred addresses, and beside
// them an honest phone, which is served as if nothing were.
func TestTortureBeside(t *testing.T) {
	seed, corpus := tortureSeed(t), mutationCorpus(t)
	b := besiege(t, nil)
	conns := attackers(t, b.addr, 200)
	before := resident()
	stop := make(chan struct{})
	var all sync.WaitGroup
	var f friend
	sent := 0
	all.Go(func() { m := newMutator(seed, 9, corpus); sent = paced(stop, 5000, conns, m.next) })
	all.Go(func() { f.ask(t, b, stop, 10*time.Millisecond) })
	time.Sleep(time.Duration(size("TORTURE_SECONDS", 2)) * time.Second)
	close(stop)
	all.Wait()
	t.Logf("%d datagrams sent", sent)
	f.served(t, 0.99)
	b.held(t, before)
}

// TestTortureRegisterFlood: ten thousand REGISTERs a second from one address: it is no longer read within two seconds, and
// an honest phone is served throughout.
func TestTortureRegisterFlood(t *testing.T) {
	b := besiege(t, nil)
	conns := attackers(t, b.addr, 1)
	before := resident()
	stop := make(chan struct{})
	var all sync.WaitGroup
	var f friend
	i := 0
	all.Go(func() {
		paced(stop, 10_000, conns, func() []byte {
			i++
			return fmt.Appendf(nil, "REGISTER sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP 127.66.0.1;rport;branch=z9hG4bKf%[2]d\r\nMax-Forwards: 70\r\nFrom: <sip:8001@%[1]s>;tag=%[2]d\r\nTo: <sip:8001@%[1]s>\r\nCall-ID: flood%[2]d\r\nCSeq: 1 REGISTER\r\nContact: <sip:8001@127.66.0.1>\r\nContent-Length: 0\r\n\r\n", testDomain, i)
		})
	})
	all.Go(func() { f.ask(t, b, stop, 10*time.Millisecond) })
	began := time.Now()
	for b.sw.cfg.Metrics.Dropped.Load() == 0 && time.Since(began) < 5*time.Second {
		time.Sleep(time.Millisecond)
	}
	out := time.Since(began)
	time.Sleep(time.Duration(size("TORTURE_SECONDS", 2)) * time.Second)
	close(stop)
	all.Wait()
	t.Logf("shut out after %v", out.Round(time.Millisecond))
	if out > 2*time.Second {
		t.Errorf("the flood was read for %v", out)
	}
	f.served(t, 1)
	b.held(t, before)
}

// TestTortureInviteFlood: a thousand INVITEs a second that are never acknowledged, from a carrier and from strangers: what
// they cost comes back, ports too.
func TestTortureInviteFlood(t *testing.T) {
	var answered atomic.Int64
	var sw atomic.Pointer[Switch]
	b := besiege(t, func(c *Config) {
		c.t1 = 10 * time.Millisecond // gives up after 640 ms
		c.Trunks = []wire.Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.66.0.0/17")}, MaxCalls: 300}}
		c.Signal = func(_ hotline.CallID, s hotline.Signal) {
			if in, ok := s.(hotline.Incoming); ok {
				answered.Add(1)
				go func() { _ = sw.Load().Do(context.Background(), hotline.Answer{Leg: in.Leg}) }()
			}
		}
	})
	sw.Store(b.sw)
	conns := attackers(t, b.addr, 64)
	strangers, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 70, 0, 1)}, net.UDPAddrFromAddrPort(b.addr))
	if err != nil {
		t.Fatal(err)
	}
	defer strangers.Close()
	wiretest.AssertAlive(t, b.addr)
	time.Sleep(100 * time.Millisecond) // every goroutine has begun
	goroutines := runtime.NumGoroutine()
	before := resident()
	stop := make(chan struct{})
	var all sync.WaitGroup
	for k, group := range [][]*net.UDPConn{conns, {strangers}} {
		all.Go(func() {
			i := 0
			paced(stop, 1000, group, func() []byte {
				i++
				return []byte(strings.NewReplacer("$NET", "UDP", "$ME", fmt.Sprintf("127.66.1.%d:%d", 1+k, 9)).Replace(cveText("INVITE", cveSDP(goodMedia))))
			})
		})
	}
	time.Sleep(time.Duration(size("TORTURE_SECONDS", 2)) * time.Second)
	close(stop)
	all.Wait()
	if answered.Load() < 100 {
		t.Errorf("%d calls answered: there was no flood", answered.Load())
	}
	if answered.Load() > 1000 { // a transaction that answered 200 stays for 32 s (RFC 6026 §7.1)
		for end := time.Now().Add(60 * time.Second); b.sw.cfg.Metrics.ServerTx.Load() > 0 && time.Now().Before(end); {
			time.Sleep(100 * time.Millisecond)
		}
	}
	b.held(t, before)
	goroutinesBack(t, b.sw, goroutines)
	t.Logf("%d calls answered and never acknowledged; 503 to %d", answered.Load(), b.sw.cfg.Metrics.Overload.Load())
}

// TestTortureIdle: thousands of silent connections and of halves of a header; a new client is served within a second, and
// they are closed when their time is over.
func TestTortureIdle(t *testing.T) {
	n := size("TORTURE_IDLE", 200)
	b := besiege(t, func(c *Config) { c.ReadTimeout = 20 * time.Second })
	before := resident()
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range 2*n + n/5 {
		network := []string{"tcp", "ws"}[i%2]
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 67, byte(i>>8), byte(1+i%250))}}
		c, err := d.Dial("tcp4", port(b.sw, network).String())
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		conns = append(conns, c)
		if i >= 2*n {
			_, _ = c.Write([]byte("INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/TCP"))
		}
	}
	perConn := float64(resident()-before) / float64(len(conns)) / 1024
	worst := time.Duration(0)
	for _, network := range []string{"udp", "tcp", "ws"} {
		began := time.Now()
		u := wiretest.DialUA(t, network, port(b.sw, network))
		u.Send(u.Request("OPTIONS", "live", "probe", 1, "idle-"+word()))
		if u.Final() == "" {
			t.Errorf("no answer over %s", network)
		}
		worst = max(worst, time.Since(began))
		u.Conn.Close()
	}
	t.Logf("%d silent connections (%.1f KiB each, both ends); a new client was served in %v", len(conns), perConn, worst.Round(100*time.Microsecond))
	if worst > time.Second {
		t.Errorf("a new client waited %v", worst)
	}
}

// TestACKWithoutATag: an ACK whose To tag was read as one by the wire and as none behind it was taken for a new call, by the
// mutations above. Such a tag is malformed for both.
func TestACKWithoutATag(t *testing.T) {
	v := newVictim(t, true, nil)
	for _, tag := range []string{`"a;b"`, `"`, `a,b`, `"a b"`, ``} {
		for _, method := range []string{"ACK", "BYE", "INVITE", "INFO"} {
			got := v.say(t, "udp", strings.ReplaceAll(cveText(method, "", "To: <sip:1@h>;tag="+tag), "$NET", "UDP"))
			if tag != "" {
				onlyErrors(t, method+" "+tag, got, 400)
			}
		}
	}
	v.lives(t)
}
