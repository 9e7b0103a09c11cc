package media

import (
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// cpu reports the processor's time for an operation, which a busy machine blurs less than the time on the wall.
func cpu(b *testing.B) func() {
	before := processorTime()
	return func() { b.ReportMetric(float64(processorTime()-before)/float64(b.N), "cpu-ns/op") }
}

func processorTime() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// nowhere is a network whose sockets cost nothing, so that what is measured is the engine alone.
type nowhere struct{ *wire }

type nowherePort struct{ port }

func (n nowhere) listen(at netip.AddrPort) (port, error) {
	p, err := n.wire.listen(at)
	return nowherePort{p}, err
}

func (nowherePort) send([]byte, netip.AddrPort) error { return nil }

// benchPair is two legs that hear each other on a network that costs nothing.
func benchPair(b *testing.B, codec Codec) (x, y *phone) {
	cfg := Config{Report: time.Hour}
	if err := cfg.defaults(); err != nil {
		b.Fatal(err)
	}
	e, err := newEngine(cfg, nowhere{newWire()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	bed := &bench{b, nil, e}
	x, y = bed.phone("127.0.0.1:6000"), bed.phone("127.0.0.1:7000")
	p := y.params()
	p.Codec, p.PayloadType = codec, uint8(codec)
	y.leg.Configure(p)
	bed.pairUp(x, y)
	return x, y
}

// BenchmarkPacket is the engine's own work for one packet of 160 bytes, without the kernel's.
func BenchmarkPacket(b *testing.B) {
	for _, c := range []struct {
		name  string
		codec Codec
		tap   Tap
	}{{"relay", PCMA, nil}, {"relay+tap", PCMA, &countingTap{}}, {"transcode", PCMU, nil}, {"transcode+tap", PCMU, &countingTap{}}} {
		b.Run(c.name, func(b *testing.B) {
			x, y := benchPair(b, c.codec)
			x.leg.SetTap(c.tap)
			packet := rtp(x.next, fill(0x55, 160))
			b.ReportAllocs()
			defer cpu(b)()
			for b.Loop() {
				putRTP(packet, x.next)
				x.next.seq++
				x.next.ts += 160
				x.leg.receive(packet, x.at)
			}
			if y.leg.Stats().Sent != uint64(b.N) {
				b.Errorf("%d of %d relayed", y.leg.Stats().Sent, b.N)
			}
		})
	}
	b.Run("foreign", func(b *testing.B) {
		x, _ := benchPair(b, PCMA)
		packet, stranger := rtp(x.next, fill(0x55, 160)), netip.MustParseAddrPort("203.0.113.1:6000")
		b.ReportAllocs()
		defer cpu(b)()
		for b.Loop() {
			x.leg.receive(packet, stranger)
		}
	})
	b.Run("player", func(b *testing.B) {
		x, _ := benchPair(b, PCMA)
		v := &x.leg.voice
		v.play = &playing{clips: []*Clip{numbered(0, 100)}, loop: true}
		x.leg.out.turn.Store(&v.turn)
		now := int64(0)
		b.ReportAllocs()
		defer cpu(b)()
		for b.Loop() {
			now += 2e7
			v.tick(now)
		}
		if sent := x.leg.Stats().Sent; sent < uint64(b.N) {
			b.Errorf("%d of %d sent", sent, b.N)
		}
	})
}

// BenchmarkSockets is a packet's whole way through real sockets: sent, relayed and read again, so three times the kernel.
func BenchmarkSockets(b *testing.B) {
	for _, tap := range []Tap{nil, &countingTap{}} {
		name := "relay"
		if tap != nil {
			name = "relay+tap"
		}
		b.Run(name, func(b *testing.B) {
			e := realEngine(b)
			x, y := realPhone(b, e, PCMA), realPhone(b, e, PCMA)
			x.leg.SetTap(tap)
			if err := e.Mix([]Row{{y.leg, []*Leg{x.leg}}}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			defer cpu(b)()
			for b.Loop() {
				x.send()
				y.read()
			}
		})
	}
}

// BenchmarkVoices is a thousand callers who hear music at once, on real sockets that nobody reads: the processor's time for
// a packet, everything included. Each run lasts two seconds.
func BenchmarkVoices(b *testing.B) {
	const callers, long = 1000, 2 * time.Second
	e := realEngine(b)
	sink := listenOn(b, "127.0.0.1:0").LocalAddr().(*net.UDPAddr).AddrPort()
	music := numbered(0, 8000)
	legs := make([]*Leg, callers)
	for i := range legs {
		l, err := e.NewLeg(local(), &heard{})
		if err != nil {
			b.Fatal(err)
		}
		l.Configure(Params{Remote: sink, Source: local(), Codec: PCMA, PayloadType: 8, Send: true})
		legs[i] = l
	}
	sent := func() (all uint64) {
		for _, l := range legs {
			all += l.Stats().Sent
		}
		return all
	}
	for b.Loop() {
		for i, l := range legs {
			if i%(callers/20) == 0 { // spread over 20 ms, as callers come
				time.Sleep(time.Millisecond)
			}
			l.Play("music", []*Clip{music}, true)
		}
		before, used := sent(), processorTime()
		time.Sleep(long)
		packets := float64(sent() - before)
		b.ReportMetric(packets/long.Seconds(), "packets/s")
		b.ReportMetric(float64(processorTime()-used)/packets, "cpu-ns/packet")
	}
}

func BenchmarkDecodeWAV(b *testing.B) {
	for _, rate := range []int{8000, 16000, 22050, 44100, 48000} {
		file := wav(wavPCM, rate, 16, 2, rate, sine(1000, rate, 0.5))
		b.Run(strconv.Itoa(rate), func(b *testing.B) {
			for b.Loop() {
				if _, err := DecodeWAV(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
