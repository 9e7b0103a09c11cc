package media

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pion/rtcp"
)

// What is written is what a library of others writes.
func TestReportsAreWellFormed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		s := senderInfo{random.Uint32(), random.Uint64(), random.Uint32(), random.Uint32(), random.Uint32()}
		name := strings.Repeat("n", i%13+1)
		block := &rtcp.ReceptionReport{
			SSRC: random.Uint32(), FractionLost: uint8(random.Uint32()), TotalLost: random.Uint32N(1 << 24),
			LastSequenceNumber: random.Uint32(), Jitter: random.Uint32(), LastSenderReport: random.Uint32(), Delay: random.Uint32(),
		}
		var blocks []rtcp.ReceptionReport
		if i%2 == 0 {
			block = nil
		} else {
			blocks = append(blocks, *block)
		}
		sender := &rtcp.SenderReport{SSRC: s.ssrc, NTPTime: s.ntp, RTPTime: s.rtp, PacketCount: s.packets, OctetCount: s.bytes, Reports: blocks}
		names := rtcp.NewCNAMESourceDescription(s.ssrc, name)
		for what, c := range map[string]struct {
			got  []byte
			want []rtcp.Packet
		}{
			"SR": {appendName(appendSender(nil, s, block), s.ssrc, name), []rtcp.Packet{sender, names}},
			"RR": {appendName(appendReceiver(nil, s.ssrc, block), s.ssrc, name), []rtcp.Packet{&rtcp.ReceiverReport{SSRC: s.ssrc, Reports: blocks}, names}},
			"BYE": {
				appendBye(appendName(appendSender(nil, s, block), s.ssrc, name), s.ssrc),
				[]rtcp.Packet{sender, names, &rtcp.Goodbye{Sources: []uint32{s.ssrc}}},
			},
		} {
			want, err := rtcp.Marshal(c.want)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(c.got, want) {
				t.Errorf("%s with a name of %d:\n%x, want\n%x", what, len(name), c.got, want)
			}
			if len(c.got) > reportRoom {
				t.Errorf("%s has %d bytes, there is room for %d", what, len(c.got), reportRoom)
			}
		}
	}
}

func TestReportsDoNotAllocate(t *testing.T) {
	b := newBench(t, Config{})
	x := b.phone("127.0.0.1:6000")
	x.send(x.next, fill(1, 160))
	room, now := make([]byte, 0, reportRoom), b.engine.Now()
	if n := testing.AllocsPerRun(100, func() { x.leg.appendReport(room, now, x.leg.settings.Load()) }); n != 0 {
		t.Errorf("%v allocations a report", n)
	}
}
