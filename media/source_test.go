package media

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// step is packets of one source in a learner's table: n of them from seq, apart from each other by every.
type step struct {
	from  string
	seq   uint16
	n     int
	every time.Duration
	ssrc  uint32
	want  string // one letter a packet: a accepted, C accepted and now the source, x dropped
}

func TestLearnerTable(t *testing.T) {
	const (
		sdp      = "192.0.2.10:4000"
		nat      = "192.0.2.10:61000" // another port of the SDP's host
		sip      = "203.0.113.5:50000"
		sipOther = "203.0.113.5:50002"
		evil     = "198.51.100.66:4000"
		ms20     = 20 * time.Millisecond
	)
	for _, c := range []struct {
		name    string
		oneHost bool
		remote  string // sdp if empty
		steps   []step
	}{
		{name: "the SDP's address at once", steps: []step{{sdp, 1, 3, ms20, 1, "Caa"}}},
		{name: "another port of its host after four more", steps: []step{{nat, 1, 6, ms20, 1, "xxxxCa"}}},
		{name: "the host of the SIP after four more", steps: []step{{sip, 65534, 6, ms20, 1, "xxxxCa"}}},
		{name: "a stranger never", steps: []step{{evil, 1, 100, ms20, 1, dots(100)}}},
		{name: "a flood is too fast", steps: []step{{sip, 1, 12, 5 * time.Millisecond, 1, "xxxxxxxxxxxx"}}},
		{name: "just slow enough", steps: []step{{sip, 1, 5, 5500 * time.Microsecond, 1, "xxxxC"}}},
		{name: "10 ms packets", steps: []step{{sip, 1, 5, 10 * time.Millisecond, 1, "xxxxC"}}},
		{name: "a gap begins again", steps: []step{{sip, 1, 4, ms20, 1, "xxxx"}, {sip, 6, 5, ms20, 1, "xxxxC"}}},
		{name: "a doubled packet does not", steps: []step{{sip, 1, 2, ms20, 1, "xx"}, {sip, 2, 4, ms20, 1, "xxxC"}}},
		{name: "random numbers never", steps: []step{{sip, 1, 1, ms20, 1, "x"}, {sip, 9, 1, ms20, 1, "x"}, {sip, 4, 1, ms20, 1, "x"}, {sip, 77, 1, ms20, 1, "x"}, {sip, 3, 1, ms20, 1, "x"}}},
		{name: "another SSRC begins again", steps: []step{{sip, 1, 4, ms20, 1, "xxxx"}, {sip, 5, 5, ms20, 2, "xxxxC"}}},
		{name: "two candidates disturb each other", steps: []step{{sip, 1, 3, ms20, 1, "xxx"}, {nat, 1, 1, ms20, 2, "x"}, {sip, 4, 4, ms20, 1, "xxxx"}}},
		{name: "strangers disturb no candidate", steps: []step{{sip, 1, 3, ms20, 1, "xxx"}, {evil, 1, 9, ms20, 2, "xxxxxxxxx"}, {sip, 4, 2, ms20, 1, "xC"}}},
		{name: "one that sends leaves no room", steps: []step{
			{sdp, 1, 1, ms20, 1, "C"}, {sip, 1, 4, ms20, 2, "xxxx"}, {sdp, 2, 1, ms20, 1, "a"}, {sip, 5, 4, ms20, 2, "xxxx"}, {sdp, 3, 1, ms20, 1, "a"},
		}},
		{name: "before the lock a silent source can be followed", steps: []step{{sip, 1, 5, ms20, 1, "xxxxC"}, {sipOther, 1, 6, ms20, 2, "xxxxCa"}, {sip, 6, 1, ms20, 1, "x"}}},
		{name: "before the lock the SDP's address wins at once", steps: []step{{sip, 1, 6, ms20, 1, "xxxxCa"}, {sdp, 1, 2, ms20, 2, "Ca"}, {sip, 7, 1, ms20, 1, "x"}}},
		{name: "locked by 50 packets", steps: []step{{sip, 1, 54, ms20, 1, "xxxxC" + aaa(49)}, {sdp, 1, 9, ms20, 2, dots(9)}, {sip, 55, 1, ms20, 1, "a"}}},
		{name: "not locked by 49", steps: []step{{sip, 1, 53, ms20, 1, "xxxxC" + aaa(48)}, {sdp, 1, 1, ms20, 2, "C"}}},
		{name: "locked by time", steps: []step{{sip, 1, 7, 900 * time.Millisecond, 1, "xxxxCaa"}, {sip, 8, 4, 900 * time.Millisecond, 1, "aaaa"}, {sdp, 1, 9, ms20, 2, dots(9)}}},
		{name: "no address in the SDP", remote: "none", steps: []step{{sdp, 1, 9, ms20, 1, dots(9)}, {sip, 1, 5, ms20, 1, "xxxxC"}}},
		{name: "baresip on loopback", oneHost: true, remote: "127.0.0.21:4000", steps: []step{{"127.0.0.1:4000", 1, 2, ms20, 1, "Ca"}}},
		{name: "baresip on loopback, another port", oneHost: true, remote: "127.0.0.21:4000", steps: []step{{"127.0.0.1:4002", 1, 6, ms20, 1, "xxxxCa"}}},
		{name: "loopback is not one host elsewhere", remote: "127.0.0.21:4000", steps: []step{{"127.0.0.1:4000", 1, 9, ms20, 1, dots(9)}}},
		{name: "one host is loopback only", oneHost: true, steps: []step{{"127.0.0.1:4000", 1, 9, ms20, 1, dots(9)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := learner{oneHost: c.oneHost, signal: netip.MustParseAddr("203.0.113.5")}
			switch c.remote {
			case "":
				l.remote = netip.MustParseAddrPort(sdp)
			case "none":
			default:
				l.remote = netip.MustParseAddrPort(c.remote)
			}
			now := int64(0)
			for i, s := range c.steps {
				got := ""
				for k := range s.n {
					ok, changed := l.believe(now, netip.MustParseAddrPort(s.from), header{seq: s.seq + uint16(k), ssrc: s.ssrc})
					switch {
					case ok && changed && l.accepted == netip.MustParseAddrPort(s.from):
						got += "C"
					case ok && !changed:
						got += "a"
					case !ok && !changed:
						got += "x"
					default:
						got += "?"
					}
					now += int64(s.every)
				}
				if got != s.want {
					t.Errorf("step %d, %s: %s, want %s", i+1, s.from, got, s.want)
				}
			}
		})
	}
}

func dots(n int) string { return repeat('x', n) }
func aaa(n int) string  { return repeat('a', n) }

func repeat(c byte, n int) string { return string(fill(c, n)) }

// A stranger who sprays a call with packets, however well made, before, during and after learning, is neither heard nor
// sent anything (reliability test 53).
func TestSprayIsNotRelayed(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 53))
			b := newBench(t, Config{})
			x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
			p := x.params()
			p.Remote = netip.MustParseAddrPort("127.0.0.1:6666") // behind NAT: it sends from another port
			x.leg.Configure(p)
			tap := &tapped{}
			x.leg.SetTap(tap)
			b.pairUp(x, y)
			foreign := 0
			spray := func() {
				for range r.IntN(20) {
					from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(r.IntN(4))}), uint16(6000+r.IntN(3)))
					h := header{payload: []uint8{8, 0, 101}[r.IntN(3)], seq: x.next.seq + uint16(r.IntN(5)), ts: x.next.ts, ssrc: x.next.ssrc}
					b.wire.deliver(from, x.legAt(), rtp(h, []byte{0xEE, 0xEE, 0xEE, 0xEE}))
					foreign++
				}
			}
			for range 150 {
				spray()
				x.talk(1)
				y.talk(1)
			}
			x.leg.Close()
			spray()
			got := y.hears()
			if len(got) != 150-probationPackets {
				t.Errorf("seed %d: %d packets relayed", seed, len(got))
			}
			for _, p := range got {
				if len(p.payload) != 160 {
					t.Fatalf("seed %d: a stranger is heard", seed)
				}
			}
			if len(tap.frames) != len(got) {
				t.Errorf("seed %d: %d frames tapped", seed, len(tap.frames))
			}
			for _, d := range b.wire.takeAll() {
				if d.to.Addr() != local() {
					t.Fatalf("seed %d: %v was sent %d bytes", seed, d.to, len(d.b))
				}
			}
			for _, e := range x.ear.take() {
				if e != "up" {
					t.Errorf("seed %d: %s", seed, e)
				}
			}
			if s := x.leg.Stats(); s.Received != 146 || s.Foreign == 0 || s.Foreign > uint64(foreign+probationPackets) {
				t.Errorf("seed %d: %d packets sprayed: %+v", seed, foreign, s)
			}
		})
	}
}

// Media goes to the SDP's address until a source has been believed, then to that source.
func TestMediaGoesToTheBelievedSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x := b.phone("127.0.0.1:6000")
		sdp := netip.MustParseAddrPort("127.0.0.1:6666")
		p := x.params()
		p.Remote = sdp
		x.leg.Configure(p)
		x.leg.Play("music", []*Clip{numbered(0, 100)}, true)
		where := func(want ...int) {
			t.Helper()
			time.Sleep(200*time.Millisecond + time.Millisecond)
			moved := netip.MustParseAddrPort("127.0.0.1:6668")
			got := []int{min(len(b.wire.take(sdp)), 1), min(len(x.hears()), 1), min(len(b.wire.take(moved)), 1)}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		}
		where(1, 0, 0)
		x.talk(4)
		where(1, 0, 0)
		x.talk(6)
		b.wire.takeAll()
		where(0, 1, 0)
		x.talk(100)
		// an equal SDP changes nothing, whatever else it says
		p.PTime = 30 * time.Millisecond
		x.leg.Configure(p)
		b.wire.takeAll()
		where(0, 1, 0)
		x.send(x.next, fill(1, 160))
		if s := x.leg.Stats(); s.Received != 107 {
			t.Errorf("%+v", s)
		}
		// a new address does
		p.Remote = netip.MustParseAddrPort("127.0.0.1:6668")
		x.leg.Configure(p)
		b.wire.takeAll()
		where(0, 0, 1)
		x.next.seq++
		x.talk(4)
		where(0, 0, 1)
		x.talk(1)
		b.wire.takeAll()
		where(0, 1, 0)
	})
}

// baresip bound to 127.0.0.21 says so in its SDP and sends from 127.0.0.1.
func TestBaresipOnLoopback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		p := x.params()
		p.Remote, p.Source = netip.MustParseAddrPort("127.0.0.21:6000"), netip.MustParseAddr("127.0.0.21")
		x.leg.Configure(p)
		b.pairUp(x, y)
		y.talk(1)
		if n := len(b.wire.take(p.Remote)); n != 1 {
			t.Errorf("%d packets to the SDP's address", n)
		}
		x.talk(10)
		if n := len(y.hears()); n != 10 {
			t.Errorf("%d packets relayed", n)
		}
		y.talk(1)
		if n := len(x.hears()); n != 1 {
			t.Errorf("%d packets to where it sends from", n)
		}
	})
}

func TestCheckRemote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		loop, any, lan := local(), netip.IPv4Unspecified(), netip.MustParseAddr("10.0.0.1")
		own := b.phone("127.0.0.1:6000").leg.pair.rtp.local()
		for _, c := range []struct {
			bind   netip.Addr
			remote string
			source netip.Addr
			ok     bool
		}{
			{lan, "192.0.2.1:4000", lan, true},
			{lan, "[2001:db8::1]:4000", lan, true},
			{lan, "192.0.2.1:0", lan, false},
			{lan, "0.0.0.0:4000", lan, false},
			{lan, "[::]:4000", lan, false},
			{lan, "255.255.255.255:4000", lan, false},
			{lan, "224.0.0.1:4000", lan, false},
			{lan, "[ff02::1]:4000", lan, false},
			{lan, "127.0.0.1:4000", loop, false},
			{lan, "[::ffff:127.0.0.1]:4000", lan, false},
			{any, "127.0.0.1:4000", lan, false},
			{any, "127.0.0.1:4000", netip.Addr{}, false},
			{any, "127.0.0.1:4000", loop, true},
			{loop, "127.0.0.21:4000", loop, true},
			{loop, "127.0.0.21:" + fmt.Sprint(own.Port()), loop, true},
			{loop, own.String(), loop, false},
			{loop, "127.0.0.1:" + fmt.Sprint(own.Port()+1), loop, false},
		} {
			err := b.engine.CheckRemote(c.bind, Params{Remote: netip.MustParseAddrPort(c.remote), Source: c.source})
			if (err == nil) != c.ok {
				t.Errorf("%v to %v: %v", c.bind, c.remote, err)
			}
		}
		// Configure refuses them too: nothing is sent, nothing is due
		x := b.phone("127.0.0.1:8000")
		p := x.params()
		p.Remote = own
		x.leg.Configure(p)
		x.leg.Configure(p)
		x.leg.Play("p", []*Clip{numbered(0, 5)}, false)
		time.Sleep(time.Minute)
		if sent := b.wire.raw(own); len(sent) != 0 {
			t.Errorf("%d packets to ourselves", len(sent))
		}
		if got := x.ear.take(); len(got) != 1 {
			t.Error(got)
		}
	})
}
