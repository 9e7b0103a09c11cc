//go:build opus && cgo

package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/media"
)

// TestOpusAsAsked: a caller with Opus is sent what it asks for in its description (RFC 7587 §6.1), and what it asks for in a re-INVITE from then on;
// one that goes on with G.711, and comes back, too.
func TestOpusAsAsked(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Codecs = []media.Codec{media.Opus, media.PCMA} })
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	offer := func(version int, format string) string {
		return strings.Replace(p.sdp(version), " 8 0 101\r\n", fmt.Sprintf(" 96 101\r\na=rtpmap:96 opus/48000/2\r\n%s", format), 1)
	}
	lengths := func(pt byte) map[int]int {
		t.Helper()
		p.mu.Lock()
		p.packets = nil
		p.mu.Unlock()
		all := map[int]int{}
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			clear(all)
			n := 0
			p.mu.Lock()
			for _, one := range p.packets {
				if one[1]&0x7f == pt {
					all[len(one)-12]++
					n++
				}
			}
			p.mu.Unlock()
			if n >= 40 {
				return all
			}
		}
		t.Fatalf("payload type %d is not sent: %v", pt, all)
		return nil
	}
	l.ask("INVITE", offer(1, "a=fmtp:96 maxaveragebitrate=12000;cbr=1\r\n"))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	l.establish()
	want[hotline.PickedUp](r, nil)
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"silence:20"}, Loop: true})
	if all := lengths(96); len(all) != 1 || all[30] == 0 {
		t.Errorf("12000 bit/s, constant: %v", all)
	}
	for version, c := range []struct {
		sdp  string
		pt   byte
		most int
	}{
		{p.sdp(2), 8, 160},
		{offer(3, "a=fmtp:96 cbr=1\r\na=ptime:40\r\n"), 96, 140},
		{offer(4, "a=fmtp:96 cbr=1;maxaveragebitrate=6000\r\na=maxptime:10\r\n"), 96, 8},
	} {
		l.ask("INVITE", c.sdp)
		p.want("200 INVITE")
		l.ack("")
		time.Sleep(60 * time.Millisecond) // what is on its way
		if all := lengths(c.pt); len(all) != 1 || all[c.most] == 0 {
			t.Errorf("re-INVITE %d: %v, want packets of %d bytes", version+2, all, c.most)
		}
	}
	l.ask("BYE", "")
	p.want("200 BYE")
}
