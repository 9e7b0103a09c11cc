package media

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzStory: three phones send anything in any order — sound, keys, comfort noise, payload types there are none of, streams that begin
// anew, numbers that leap — and are held, taken back and put together otherwise meanwhile. Whoever hears them hears one stream of what it
// agreed to, and no more keys are heard than were pressed.
func FuzzStory(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 0, 1, 1, 1, 0x10, 0, 1, 1, 3, 5, 0, 2, 3, 5, 1, 4, 6, 20, 0, 0, 5, 0, 0, 0, 7, 1, 0, 0, 0x20, 0, 1, 1})
	f.Add([]byte{7, 4, 0, 0, 0, 2, 255, 128, 6, 200, 0, 0, 4, 30, 1, 1, 6, 40, 0, 0, 0, 1, 2, 2})
	f.Fuzz(func(t *testing.T, story []byte) {
		if len(story) > 1200 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{})
			phones := []*phone{b.phone("127.0.0.1:6000"), b.phone("127.0.0.1:7000"), b.phone("127.0.0.1:8000")}
			x, y, z := phones[0], phones[1], phones[2]
			b.mix(Row{x.leg, []*Leg{y.leg}}, Row{y.leg, []*Leg{x.leg}}, Row{z.leg, []*Leg{x.leg, y.leg}})
			pressed := make([]int, len(phones))
			for ; len(story) >= 4; story = story[4:] {
				i := int(story[0]>>4) % len(phones)
				if phones[i].lives(phones, story[0]&7, story[1], story[2], story[3]) {
					pressed[i]++
				}
			}
			time.Sleep(2 * time.Second)
			for i, p := range phones {
				if s := p.leg.Stats(); s.Faults != 0 {
					t.Fatalf("phone %d: a fault of ours: %+v", i, s)
				}
				keys := slices.DeleteFunc(p.ear.take(), func(e string) bool { return !strings.HasPrefix(e, "key ") })
				if n := len(keys); n > pressed[i] {
					t.Fatalf("phone %d: %d keys of %d event packets", i, n, pressed[i])
				}
				for _, got := range p.hears() {
					if !slices.Contains([]uint8{0, 8, 13, 101}, got.h.payload) || len(got.payload) == 0 || len(got.payload) > crossMost || got.h.ssrc == 0 {
						t.Fatalf("phone %d hears %+v of %d bytes", i, got.h, len(got.payload))
					}
				}
			}
		})
	})
}

// lives is one step of a phone's story: what it sends, or what becomes of it. It says whether a packet of a key was sent.
func (p *phone) lives(all []*phone, what, a, b, c byte) (key bool) {
	h := p.next
	switch what {
	case 0, 1, 2:
		h.payload, h.marker = []uint8{8, 8, 8, 0, 9, 96, 111, 127}[a&7], a&8 != 0
		h.seq += uint16(int16(int8(b)))
		h.ts += uint32(int32(int8(c)) * 40)
		p.send(h, fill(a, 20*int(1+a>>4)))
		p.next.seq, p.next.ts = h.seq+1, h.ts+160
	case 3:
		h.payload, h.marker = 101, b&2 != 0
		p.send(h, []byte{a & 0x1F, b<<7 | 10, c, b})
		p.next.seq++
		if b&1 != 0 {
			p.next.ts += 800
		}
		return true
	case 4:
		h.payload = 13
		p.send(h, fill(a, int(b&7)))
		p.next.seq++
	case 5:
		p.next.ssrc, p.next.seq, p.next.ts = uint32(a)+1, uint16(b)<<8, uint32(c)<<24
	case 6:
		time.Sleep(time.Duration(a) * time.Millisecond)
	case 7:
		s := p.params()
		s.Send, s.Receive = a&1 == 0, a&2 == 0
		if a&4 != 0 {
			s.Codec, s.PayloadType = PCMU, 0
		}
		p.leg.Configure(s)
		if x, y, z := all[0].leg, all[1].leg, all[2].leg; b&1 != 0 {
			p.b.mix(Row{x, []*Leg{y, z}}, Row{y, []*Leg{x, z}}, Row{z, []*Leg{x, y}})
		} else {
			p.b.mix(Row{x, []*Leg{y}}, Row{y, []*Leg{x}}, Row{z, nil})
		}
	}
	return false
}
