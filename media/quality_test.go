package media

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
)

// Scores against the E-model worked out by hand (ITU-T G.107 and its annex B).
func TestMOS(t *testing.T) {
	for _, c := range []struct {
		name string
		k    link
		want float64
	}{
		{"nothing", link{}, 0},
		{"too little", link{expected: 49}, 0},
		{"clean", link{expected: 1000}, 4.38},
		{"clean, 200 ms there and back", link{expected: 1000, trip: 200}, 4.34},
		{"clean, 600 ms there and back", link{expected: 1000, trip: 600}, 3.43},
		{"1 % loss", link{expected: 1000, lost: 10, bursts: 10}, 4.29},
		{"5 % loss", link{expected: 1000, lost: 50, bursts: 50}, 3.87},
		{"5 % loss in runs of five", link{expected: 1000, lost: 50, bursts: 10}, 3.78},
		{"20 % loss", link{expected: 1000, lost: 200, bursts: 160}, 2.57},
		{"5 % loss of G.722", link{codec: G722, expected: 1000, lost: 50, bursts: 50}, 3.02},
		{"all lost", link{expected: 1000, lost: 1000, bursts: 1}, 1.15},
		{"jitter of 40 ms", link{expected: 1000, jitter: 40}, 4.34},
	} {
		if got := c.k.mos(); math.Abs(got-c.want) > 0.05 {
			t.Errorf("%s: %.2f, want %.2f", c.name, got, c.want)
		}
	}
	last := 4.5
	for lost := range uint64(1000) {
		v := link{expected: 1000, lost: lost, bursts: lost}.mos()
		if v > last+1e-9 || v < 1 || v > 4.5 {
			t.Fatalf("%d lost: %.3f after %.3f", lost, v, last)
		}
		last = v
	}
}

func TestQualityOfALeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		for i := range 1000 {
			if i%20 == 7 {
				x.next.seq++
				x.next.ts += 160
				time.Sleep(20 * time.Millisecond)
				continue
			}
			x.talk(1)
		}
		s := x.leg.Stats()
		if s.MOS < 3.6 || s.MOS > 4 || s.RemoteMOS != 0 {
			t.Errorf("5 %% loss: %.2f, there %.2f", s.MOS, s.RemoteMOS)
		}
		if s := y.leg.Stats(); s.MOS != 1 {
			t.Errorf("a leg that is spoken to for 20 s and never heard: %.2f", s.MOS)
		}
		report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{
			SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: y.leg.out.ssrc, TotalLost: 95, Jitter: 80}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		y.leg.receiveRTCP(report, y.at)
		if s := y.leg.Stats(); s.RemoteMOS < 3.2 || s.RemoteMOS > 3.7 || s.RemoteLost != 95 {
			t.Errorf("10 %% loss there: %.2f, %d lost", s.RemoteMOS, s.RemoteLost)
		}
	})
}

// The end of a leg that was spoken to is told by RTCP BYE (RFC 3550 §6.6), once; of one that never was, nothing.
func TestByeEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Report: time.Hour})
		x, y := b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000")
		b.pairUp(x, y)
		x.talk(5)
		b.wire.takeAll()
		y.leg.Close()
		y.leg.Close()
		x.leg.Close()
		all := b.wire.takeAll()
		if len(all) != 1 || all[0].to.Port() != 7001 {
			t.Fatalf("%d datagrams at the end: %v", len(all), all)
		}
		packets, err := rtcp.Unmarshal(all[0].b)
		if err != nil || len(packets) != 3 {
			t.Fatalf("%v %v", packets, err)
		}
		sr, ok := packets[0].(*rtcp.SenderReport)
		bye, last := packets[2].(*rtcp.Goodbye)
		if !ok || !last || sr.SSRC != y.leg.out.ssrc || sr.PacketCount != 5 || len(bye.Sources) != 1 || bye.Sources[0] != sr.SSRC {
			t.Errorf("%v", packets)
		}
	})
}
