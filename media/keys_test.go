package media

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// ep is one event packet: key, duration in samples, "E" for the end, sequence number and timestamp.
type ep struct {
	key  byte
	dur  uint16
	end  bool
	seq  uint16
	ts   uint32
	ssrc uint32
}

func (p ep) hear(k *keyEar) string {
	e := event{code: byte(strings.IndexByte(keyNames, p.key)), end: p.end, duration: p.dur}
	if key, ok := k.hear(header{seq: p.seq, ts: p.ts, ssrc: p.ssrc}, e); ok {
		return string(key)
	}
	return ""
}

func TestKeyEarTable(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets []ep
		want    string
	}{
		{"one press", []ep{
			{'5', 160, false, 1, 1000, 1}, {'5', 320, false, 2, 1000, 1}, {'5', 480, true, 3, 1000, 1}, {'5', 480, true, 4, 1000, 1}, {'5', 480, true, 5, 1000, 1},
		}, "5"},
		{"only ends arrive", []ep{{'5', 480, true, 3, 1000, 1}, {'5', 480, true, 4, 1000, 1}}, "5"},
		{"one end arrives", []ep{{'5', 480, true, 5, 1000, 1}}, "5"},
		{"no end arrives, another key", []ep{{'5', 160, false, 1, 1000, 1}, {'6', 160, false, 9, 2000, 1}}, "56"},
		{"no end arrives, the same key", []ep{{'5', 160, false, 1, 1000, 1}, {'5', 480, false, 3, 1000, 1}, {'5', 160, false, 9, 2000, 1}}, "55"},
		{"no end and no beginning, the same key", []ep{{'5', 160, false, 1, 1000, 1}, {'5', 320, false, 9, 2000, 1}}, "55"},
		{"ends in wrong order", []ep{{'5', 160, false, 1, 1000, 1}, {'5', 480, true, 3, 1000, 1}, {'5', 320, false, 2, 1000, 1}, {'5', 480, true, 4, 1000, 1}}, "5"},
		{"an end comes after the next key", []ep{{'5', 480, true, 3, 1000, 1}, {'6', 160, false, 5, 2000, 1}, {'5', 480, true, 4, 1000, 1}, {'6', 320, true, 6, 2000, 1}}, "56"},
		{"twice the same key", []ep{{'1', 480, true, 3, 1000, 1}, {'1', 480, true, 8, 2000, 1}}, "11"},
		{"timestamps run over", []ep{{'1', 480, true, 3, 0xFFFFFF00, 1}, {'1', 480, true, 8, 0x500, 1}, {'1', 480, true, 4, 0xFFFFFF00, 1}}, "11"},
		{"a stamp a packet", []ep{
			{'7', 160, false, 1, 1000, 1},
			{'7', 320, false, 2, 1160, 1},
			{'7', 480, false, 3, 1320, 1},
			{'7', 640, true, 4, 1480, 1},
			{'7', 160, false, 9, 3000, 1},
		}, "77"},
		{"an end, and of the next press only what looks like its growth", []ep{{'7', 80, true, 1, 1000, 1}, {'7', 800, true, 9, 1720, 1}}, "77"},
		{"longer than a segment", []ep{{'8', 65535, false, 1, 1000, 1}, {'8', 160, false, 2, 1000 + 65535, 1}, {'8', 320, true, 3, 1000 + 65535, 1}}, "8"},
		{"the same timestamp for every key", []ep{{'1', 320, true, 1, 0, 1}, {'2', 320, true, 4, 0, 1}, {'1', 320, true, 2, 0, 1}}, "12"},
		{"another stream", []ep{{'1', 320, true, 1, 1000, 1}, {'1', 320, true, 1, 1000, 2}}, "11"},
		{"the clock was set back far", []ep{{'1', 320, true, 1, 900000, 1}, {'1', 320, true, 9, 1000, 1}}, "11"},
		{"all of them", []ep{
			{'0', 80, true, 1, 1000, 1}, {'9', 80, true, 2, 2000, 1}, {'*', 80, true, 3, 3000, 1}, {'#', 80, true, 4, 4000, 1}, {'A', 80, true, 5, 5000, 1}, {'D', 80, true, 6, 6000, 1},
		}, "09*#AD"},
	} {
		var k keyEar
		got := ""
		for _, p := range c.packets {
			got += p.hear(&k)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestParseEvent(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want event
		ok   bool
	}{
		{"058a0320", event{5, true, 10, 800}, true},
		{"0b0affff", event{11, false, 10, 65535}, true},
		{"05ca0320ff", event{5, true, 10, 800}, true}, // the reserved bit and what follows mean nothing
		{"058a03", event{}, false},
		{"", event{}, false},
	} {
		b, _ := hex.DecodeString(c.hex)
		if got, ok := parseEvent(b); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v %v", c.hex, got, ok)
		}
	}
	var k keyEar
	if _, ok := k.hear(header{}, event{code: 16}); ok {
		t.Error("a flash is no key")
	}
	if got := cleanKeys("1 2-a\x00é*#zD9"); got != "12A*#D9" {
		t.Errorf("keys %q", got)
	}
}

// Ten keys a second of 50 ms each, with a tenth of the packets lost and some out of order (reliability test 58): at
// least 99 in 100 heard, none doubled, none invented. ptime is 10, 20 and 40 ms.
func TestKeysWithLoss(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 58))
		ptime := []uint16{80, 160, 320}[seed%3]
		var k keyEar
		seq, ts := uint16(r.Uint32()), r.Uint32()
		const n = 2000
		var sent, got strings.Builder
		var held []ep
		for range n {
			key := keyNames[r.IntN(4)] // few, so that the same comes twice
			sent.WriteByte(key)
			var burst []ep
			for dur := ptime; ; dur += ptime {
				end := dur >= 400
				burst = append(burst, ep{key, min(dur, 400), end, 0, ts, 9})
				if end {
					burst = append(burst, burst[len(burst)-1], burst[len(burst)-1])
					break
				}
			}
			for i := range burst {
				burst[i].seq = seq
				seq++
			}
			seq += 5 // sound between
			ts += 800
			arriving := append(held, burst...)
			held = nil
			for _, p := range arriving {
				switch v := r.IntN(100); {
				case v < 10:
				case v < 13:
					held = append(held, p) // arrives with the next key
				default:
					got.WriteString(p.hear(&k))
				}
			}
		}
		// what was heard must be what was sent with some left out
		left, missing := sent.String(), 0
		for _, c := range []byte(got.String()) {
			i := strings.IndexByte(left, c)
			if i < 0 {
				t.Fatalf("seed %d: %d heard of %d", seed, got.Len(), n)
			}
			missing += i
			left = left[i+1:]
		}
		if missing += len(left); missing > n/100 {
			t.Errorf("seed %d, ptime %d: %d of %d keys missing", seed, ptime/8, missing, n)
		}
	}
}
