package media

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"
)

// tries is how often a test of chance repeats what it does: few in CI, as many as TORTURE says in `make torture`.
func tries(few int) int {
	n, err := strconv.Atoi(os.Getenv("TORTURE"))
	if err != nil || n < 1 {
		return few
	}
	return n
}

// harmless throws the packets at a call that is up, from one of its parties and from a stranger, at both ports, and wants the
// call to lose nothing: neither a packet, nor its parties, nor itself.
func harmless(t *testing.T, packets [][]byte) {
	t.Helper()
	host := farHost(t)
	c := newLiveCall(t, host)
	c.talk(60) // locked
	evil := listenOn(t, "127.0.0.1:0")
	for i, b := range packets {
		for _, from := range []*net.UDPConn{evil, c.x.conn} {
			for _, port := range []uint16{c.x.to.Port(), c.x.to.Port() + 1} {
				_, _ = from.WriteToUDPAddrPort(b, netip.AddrPortFrom(host, port))
			}
		}
		if i%8 == 0 { // the kernel's queue is finite
			c.talk(1)
		}
	}
	c.talk(20)
	for _, s := range []*socket{c.x, c.y} {
		st := s.leg.Stats()
		if st.Lost != 0 || st.Faults != 0 {
			t.Errorf("%+v", st)
		}
	}
	if n := heardOf(t, evil); n != 0 {
		t.Errorf("a stranger was sent %d octets", n)
	}
	for _, e := range c.x.ear.take() {
		if e != "up" {
			t.Error(e)
		}
	}
}

func octets(r *rand.Rand, n int, head ...byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	copy(b, head)
	return b
}

// 20. A hundred packets that could not be decrypted ended the call. Garbage, however much, ends nothing.
func TestCVE_2021_41105_GarbageFlood(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 1))
	var packets [][]byte
	for range tries(2000) {
		switch r.IntN(3) {
		case 0:
			b := octets(r, r.IntN(1500))
			if len(b) > 1 && classify(b) == kindRTP { // by chance the party's own codec: that would be its own new stream
				b[1] = 77
			}
			packets = append(packets, b)
		case 1: // like SRTP of a payload type that was never agreed, with its tag
			packets = append(packets, octets(r, 182, 0x80, 96))
		default:
			packets = append(packets, octets(r, 12+r.IntN(8), 0x80|byte(r.IntN(64)), 111))
		}
	}
	harmless(t, packets)
}

// 22. A ClientHello from anywhere, faster than the party's own, ended the set-up of the media.
func TestCVE_2023_49786_ClientHelloRace(t *testing.T) {
	hello := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 0xfe, 0xfd}
	hello = append(hello, make([]byte, 32)...)
	hello = append(hello, 0, 0, 0, 2, 0, 0, 1, 0) // no session, no cookie, TLS_NULL_WITH_NULL_NULL, no compression
	var packets [][]byte
	for n := range hello {
		packets = append(packets, hello[:n+1])
	}
	for range 200 {
		packets = append(packets, hello)
	}
	alert := []byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40}
	harmless(t, append(packets, alert, []byte{20, 0xfe, 0xfd}, []byte{63}, []byte{20}))
}

// 23. Learning was too open: who sprays the ports is heard, or is sent the call (TestAttackSpray has the whole of it, with
// several strangers and the party behind NAT). Here what the published exploits send: empty packets of payload type 0.
func TestCVE_2017_14099_SprayedPorts(t *testing.T) {
	host := farHost(t)
	e := realEngine(t)
	x := hostPhone(t, e, host)
	evil := listenOn(t, "127.0.0.1:0")
	x.leg.Play("music", []*Clip{Silence(time.Minute)}, true)
	for i := range 200 {
		for _, payload := range []int{0, 1, 160} {
			_, _ = evil.WriteToUDPAddrPort(rtp(header{payload: 0, seq: uint16(i), ssrc: 1}, make([]byte, payload)), x.to)
		}
		if i%20 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	if n := heardOf(t, evil); n != 0 {
		t.Errorf("the stranger was sent %d octets", n)
	}
	if st := x.leg.Stats(); st.Received != 0 || st.Foreign == 0 {
		t.Errorf("%+v", st)
	}
}

// 25 (STUN half; the session description's is in package sip). The length of an attribute was believed.
func TestCVE_2023_22741_STUNLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 1))
	stun := func(kind, length uint16, attrs ...byte) []byte {
		b := binary.BigEndian.AppendUint16(nil, kind)
		b = binary.BigEndian.AppendUint16(b, length)
		b = binary.BigEndian.AppendUint32(b, 0x2112A442)
		return append(append(b, "transaction!"...), attrs...)
	}
	var packets [][]byte
	for _, kind := range []uint16{1, 0x101, 0x111, 0x11, 0x3fff, 0} {
		for _, length := range []uint16{0, 1, 3, 4, 8, 0x7fff, 0xfffc, 0xffff} {
			for _, attr := range []uint16{0, 1, 6, 8, 9, 0x20, 0x24, 0x25, 0x8028, 0x802a, 0xffff} {
				for _, n := range []uint16{0, 1, 3, 4, 5, 255, 0x7fff, 0xffff} {
					b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, attr), n)
					packets = append(packets, stun(kind, length, append(b, octets(r, r.IntN(9))...)...))
				}
			}
		}
	}
	r.Shuffle(len(packets), func(i, j int) { packets[i], packets[j] = packets[j], packets[i] })
	harmless(t, packets[:min(len(packets), tries(1500))])
}

// 26. Counts that lead beyond the packet: contributing sources, extensions, padding, reports, feedback, extended reports.
func TestGHSA_m66q_RTCPCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(26, 1))
	var packets [][]byte
	for count := range byte(32) {
		for _, kind := range []byte{192, 200, 201, 202, 203, 204, 205, 206, 207, 208, 223} {
			for _, words := range []uint16{0, 1, 2, 6, 7, 255, 65535} {
				b := binary.BigEndian.AppendUint16([]byte{0x80 | count, kind}, words)
				packets = append(packets, append(b, octets(r, r.IntN(40))...), append(b, 1, 2, 3, 4))
			}
		}
	}
	for _, first := range []byte{0x8f, 0x9f, 0x90, 0xa0, 0xb0, 0xbf} { // CC 15, extension, padding
		for n := 1; n < 80; n += 3 {
			b := octets(r, n, first, 8)
			packets = append(packets, b)
			if n > 16 {
				binary.BigEndian.PutUint16(b[14:], 0xffff) // extension of 256 KiB
				b[n-1] = 255                               // padding beyond the beginning
			}
		}
	}
	// packets of the party itself that are RTP of its own stream would be loss: give all RTP another payload type
	for _, b := range packets {
		if len(b) > 1 && classify(b) == kindRTP {
			b[1] = 77
		}
	}
	r.Shuffle(len(packets), func(i, j int) { packets[i], packets[j] = packets[j], packets[i] })
	harmless(t, packets[:min(len(packets), tries(1500))])
}
