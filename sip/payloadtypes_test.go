package sip

import (
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/wiretest"
)

// sends sends an RTP packet to where a description says.
func (p *phone) sends(body string, pt byte, marker bool, seq uint16, ts uint32, payload []byte) {
	p.t.Helper()
	b := make([]byte, 12, 12+len(payload))
	b[0], b[1] = 0x80, pt
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], 0x5151)
	lines, err := sdp.Parse([]byte(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.rtp.WriteTo(append(b, payload...), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: lines[0].Port}); err != nil {
		p.t.Fatal(err)
	}
}

// TestAnswerWithOtherNumbers: an answer may give a format another payload type than our offer. We send by the answer's, and hear by the offer's,
// which is what the other side is to send (RFC 3264 §5.1), also where each of the two numbers stands for the other format in the other
// direction; who sends by its own numbers all the same is understood where they stand for nothing else.
func TestAnswerWithOtherNumbers(t *testing.T) {
	for name, c := range map[string]struct{ answers, keys byte }{"by the offer": {96, 101}, "by the answer": {96, 96}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			p, inv := r.dialAgent(testCall, testLeg, nil)
			if !strings.Contains(inv.body, "a=rtpmap:101 telephone-event/8000") {
				t.Fatal(inv.body)
			}
			p.reply(inv, 200, word(), strings.NewReplacer(" 101\r\n", " 96\r\n", "rtpmap:101 ", "rtpmap:96 ").Replace(p.sdp(1)))
			p.want("ACK")
			want(r, func(s hotline.PickedUp) bool { return s.Leg == testLeg })
			seq, ts := uint16(1), uint32(0)
			for range 20 {
				p.sends(inv.body, 8, false, seq, ts, make([]byte, 160))
				seq, ts = seq+1, ts+160
				time.Sleep(5 * time.Millisecond)
			}
			for k := range 5 {
				end := byte(0)
				if k > 1 {
					end = 0x80
				}
				p.sends(inv.body, c.keys, k == 0, seq, ts, []byte{7, end | 10, byte(k * 160 >> 8), byte(k * 160)})
				seq++
				time.Sleep(5 * time.Millisecond)
			}
			if d := want[hotline.Digit](r, nil); d.Key != '7' {
				t.Errorf("%+v", d)
			}
			r.do(hotline.Press{Leg: testLeg, Keys: "4"})
			wiretest.Eventually(t, "a key with the answer's number", func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				for _, b := range p.packets {
					if b[1]&0x7f == c.answers && b[12] == 4 {
						return true
					}
				}
				return false
			})
			r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
			p.reply(p.want("BYE"), 200, "", "")
		})
	}
}
