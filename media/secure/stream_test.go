package secure_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"hotline/media/secure"
)

// keysOf makes keys of a suite from a seed.
func keysOf(s secure.Suite, seed byte) secure.Keys {
	key := make([]byte, s.KeySize())
	for i := range key {
		key[i] = seed + byte(i)
	}
	return secure.Keys{Suite: s, Key: key}
}

func pair(t testing.TB, k secure.Keys) (*secure.Outbound, *secure.Inbound) {
	t.Helper()
	out, err := secure.NewOutbound(k, 1500)
	if err != nil {
		t.Fatal(err)
	}
	in, err := secure.NewInbound(k)
	if err != nil {
		t.Fatal(err)
	}
	return out, in
}

// packet is an RTP packet with 160 bytes of payload.
func packet(seq uint16, ssrc uint32) []byte {
	b := make([]byte, 172, 300)
	b[0], b[1] = 0x80, 8
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], uint32(seq)*160)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	for i := 12; i < len(b); i++ {
		b[i] = byte(i) ^ byte(seq)
	}
	return b
}

// report is an empty receiver report with a CNAME.
func report() []byte {
	return []byte{0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 202, 0, 2, 0, 0, 0, 9, 1, 1, 'x', 0}
}

func TestEverySuiteThereAndBack(t *testing.T) {
	for _, suite := range secure.Suites() {
		for _, mki := range [][]byte{nil, {0, 0, 0, 1}} {
			t.Run(fmt.Sprintf("%s/%d", suite, len(mki)), func(t *testing.T) {
				k := keysOf(suite, 3)
				k.MKI = mki
				out, in := pair(t, k)
				for i := range 70_000 { // the roll-over counter goes up on the way (RFC 3711 §3.3.1)
					b := packet(uint16(i+60_000), 7)
					p, err := out.RTP(b)
					if err != nil {
						t.Fatal(err)
					}
					if bytes.Contains(p, b[12:40]) {
						t.Fatal("not ciphered")
					}
					if i%1000 != 0 {
						continue
					}
					back, err := in.RTP(bytes.Clone(p))
					if err != nil || !bytes.Equal(back, b) {
						t.Fatalf("packet %d: %v", i, err)
					}
					if _, err := in.RTP(bytes.Clone(p)); err == nil {
						t.Fatal("the same packet was taken twice")
					}
				}
				p, err := out.RTCP(report())
				if err != nil {
					t.Fatal(err)
				}
				again := bytes.Clone(p)
				if back, err := in.RTCP(bytes.Clone(p)); err != nil || !bytes.Equal(back, report()) {
					t.Fatalf("%v %x", err, back)
				}
				if _, err := in.RTCP(again); err == nil {
					t.Error("the same report was taken twice")
				}
			})
		}
	}
}

// TestForgeries: no bit of a packet can be changed, no other key fits, and what was refused has left no trace.
func TestForgeries(t *testing.T) {
	for _, suite := range secure.Suites() {
		out, in := pair(t, keysOf(suite, 3))
		_, other := pair(t, keysOf(suite, 4))
		p, err := out.RTP(packet(5, 7))
		if err != nil {
			t.Fatal(err)
		}
		p = bytes.Clone(p)
		for bit := range 8 * len(p) {
			forged := bytes.Clone(p)
			forged[bit/8] ^= 1 << (bit % 8)
			if _, err := in.RTP(forged); err == nil {
				t.Fatalf("%s: bit %d", suite, bit)
			}
		}
		for n := range len(p) {
			if _, err := in.RTP(bytes.Clone(p[:n])); err == nil {
				t.Fatalf("%s: cut to %d", suite, n)
			}
		}
		if _, err := other.RTP(bytes.Clone(p)); err == nil {
			t.Fatalf("%s: another key", suite)
		}
		if _, err := in.RTP(p); err != nil {
			t.Fatalf("%s: the true packet after its forgeries: %v", suite, err)
		}
	}
}

// TestSourcesAreBounded: who has the key may not fill the memory with sources.
func TestSourcesAreBounded(t *testing.T) {
	out, in := pair(t, keysOf(secure.GCM128, 1))
	taken := 0
	for i := range 2000 {
		p, err := out.RTP(packet(1, uint32(i)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.RTP(bytes.Clone(p)); err == nil {
			taken++
		}
	}
	if taken != 256 {
		t.Errorf("%d sources taken", taken)
	}
	p, _ := out.RTP(packet(2, 0))
	if _, err := in.RTP(bytes.Clone(p)); err != nil {
		t.Error("a source known before is refused")
	}
}

// TestSourcesHoldNoMemory: those that are refused are not remembered either, of RTP as of RTCP.
func TestSourcesHoldNoMemory(t *testing.T) {
	const n = 30_000
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	k := keysOf(secure.GCM128, 1)
	_, in := pair(t, k)
	taken, before := 0, heap()
	for i := range n {
		out, err := secure.NewOutbound(k, 1500)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := out.RTP(packet(1, uint32(i)))
		_, _ = in.RTP(bytes.Clone(p))
		r := report()
		binary.BigEndian.PutUint32(r[4:], uint32(i))
		if r, err = out.RTCP(r); err != nil {
			t.Fatal(err)
		}
		if _, err = in.RTCP(bytes.Clone(r)); err == nil {
			taken++
		}
	}
	if kept := heap() - before; kept > 1<<20 {
		t.Errorf("%d KiB are kept of %d sources", kept>>10, n)
	}
	if taken != 256 {
		t.Errorf("%d sources of reports taken", taken)
	}
	runtime.KeepAlive(in)
}

func TestKeysAreKept(t *testing.T) {
	k := keysOf(secure.GCM128, 'A')
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k), k.LogValue().String(), fmt.Sprintf("%+v", struct{ K secure.Keys }{k})} {
		if strings.Contains(text, "ABCD") || strings.Contains(text, "65") {
			t.Error(text)
		}
	}
	if !k.Equal(keysOf(secure.GCM128, 'A')) || k.Equal(keysOf(secure.GCM128, 'B')) || k.Equal(keysOf(secure.CM128, 'A')) {
		t.Error("equal")
	}
	if _, err := secure.NewInbound(secure.Keys{Suite: secure.CM128, Key: make([]byte, 16)}); err == nil {
		t.Error("a short key")
	}
	if _, err := secure.NewOutbound(secure.Keys{Suite: "NULL", Key: make([]byte, 30)}, 1500); err == nil {
		t.Error("an unknown suite")
	}
}

func TestNoAllocations(t *testing.T) {
	if detector {
		t.Skip("under the race detector the hashes' pool forgets")
	}
	for _, suite := range secure.Suites() {
		out, in := pair(t, keysOf(suite, 3))
		b, seq := packet(0, 7), uint16(0)
		if n := testing.AllocsPerRun(2000, func() {
			seq++
			binary.BigEndian.PutUint16(b[2:], seq)
			p, err := out.RTP(b)
			if err == nil {
				_, err = in.RTP(p)
			}
			if err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a packet", suite, n)
		}
	}
}

// FuzzInbound: whatever comes, nothing unauthentic is taken.
func FuzzInbound(f *testing.F) {
	f.Add(packet(1, 2), uint8(0))
	f.Add(report(), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, suite uint8) {
		_, in := pair(t, keysOf(secure.Suites()[int(suite)%len(secure.Suites())], 9))
		if _, err := in.RTP(bytes.Clone(b)); err == nil {
			t.Error("RTP taken")
		}
		if _, err := in.RTCP(bytes.Clone(b)); err == nil {
			t.Error("RTCP taken")
		}
	})
}

// TestSRTPGarbageFlood_CVE_2021_41105: 100,000 packets that nobody with the key has sent cost their decryption and
// nothing else.
func TestSRTPGarbageFlood_CVE_2021_41105(t *testing.T) {
	out, in := pair(t, keysOf(secure.CM128, 3))
	rnd := rand.New(rand.NewPCG(1, 2))
	garbage := packet(0, 0)
	for i := range 100_000 {
		for j := 2; j < len(garbage); j += 8 {
			binary.LittleEndian.PutUint64(append(garbage[:j:j], make([]byte, 8)...)[j:], rnd.Uint64())
			garbage[j] = byte(rnd.Uint32())
		}
		if _, err := in.RTP(garbage); err == nil {
			t.Fatal("taken")
		}
		garbage[0], garbage[1] = 0x80, 8
		if i%10_000 == 0 {
			p, err := out.RTP(packet(uint16(i/10_000), 7))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := in.RTP(bytes.Clone(p)); err != nil {
				t.Fatalf("a true packet behind %d of garbage: %v", i, err)
			}
		}
	}
}

func BenchmarkProtect(b *testing.B) {
	for _, suite := range secure.Suites() {
		b.Run(string(suite), func(b *testing.B) {
			out, _ := pair(b, keysOf(suite, 3))
			p, seq := packet(0, 7), uint16(0)
			b.ReportAllocs()
			for b.Loop() {
				seq++
				binary.BigEndian.PutUint16(p[2:], seq)
				if _, err := out.RTP(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkProtectUnprotect(b *testing.B) {
	for _, suite := range secure.Suites() {
		b.Run(string(suite), func(b *testing.B) {
			out, in := pair(b, keysOf(suite, 3))
			p, seq := packet(0, 7), uint16(0)
			b.ReportAllocs()
			for b.Loop() {
				seq++
				binary.BigEndian.PutUint16(p[2:], seq)
				c, err := out.RTP(p)
				if err == nil {
					_, err = in.RTP(c)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
