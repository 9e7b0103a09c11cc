package opus

import (
	"bytes"
	"testing"
)

// TestTicks: how long a packet lasts, and which are none (RFC 6716 §3.1, §3.2, §3.4).
func TestTicks(t *testing.T) {
	body := func(toc byte, head []byte, n int) []byte {
		return append(append([]byte{toc}, head...), make([]byte, n)...)
	}
	const silk20, silk60, hybrid10, celt2, celt20 = 1 << 3, 3 << 3, 12 << 3, 16 << 3, 19 << 3
	for name, c := range map[string]struct {
		packet []byte
		ticks  int // 0: it is none
	}{
		"nothing":                        {nil, 0},
		"one byte: a pause":              {[]byte{silk20}, 160},
		"SILK of 60 ms":                  {body(silk60, nil, 40), 480},
		"hybrid of 10 ms":                {body(hybrid10, nil, 40), 80},
		"CELT of 2.5 ms":                 {body(celt2, nil, 10), 20},
		"stereo":                         {body(celt20|4, nil, 80), 160},
		"the longest frame":              {body(celt20, nil, 1275), 160},
		"a frame of 1276 bytes":          {body(celt20, nil, 1276), 0},
		"two of one length":              {body(silk20|1, nil, 60), 320},
		"two of one length, odd":         {body(silk20|1, nil, 61), 0},
		"two of 1276 bytes":              {body(silk20|1, nil, 2552), 0},
		"two, the first of 20 bytes":     {body(silk20|2, []byte{20}, 30), 320},
		"two, the first of 252 bytes":    {body(silk20|2, []byte{252, 0}, 253), 320},
		"two, the first longer than all": {body(silk20|2, []byte{40}, 30), 0},
		"two, half of a length":          {[]byte{silk20 | 2, 252}, 0},
		"two, no length":                 {[]byte{silk20 | 2}, 0},
		"three of 20 ms":                 {body(silk20|3, []byte{3}, 60), 480},
		"three, not divisible":           {body(silk20|3, []byte{3}, 61), 0},
		"six of 20 ms are 120":           {body(silk20|3, []byte{6}, 60), 960},
		"seven of 20 ms":                 {body(silk20|3, []byte{7}, 70), 0},
		"two of 60 ms are 120":           {body(silk60|1, nil, 60), 960},
		"three of 60 ms":                 {body(silk60|3, []byte{3}, 60), 0},
		"48 of 2.5 ms":                   {body(celt2|3, []byte{48}, 96), 960},
		"49 of 2.5 ms":                   {body(celt2|3, []byte{49}, 98), 0},
		"none":                           {body(silk20|3, []byte{0}, 10), 0},
		"no count":                       {[]byte{silk20 | 3}, 0},
		"lengths of their own":           {body(silk20|3, []byte{0x80 | 3, 10, 12}, 30), 480},
		"lengths beyond the end":         {body(silk20|3, []byte{0x80 | 3, 10, 30}, 30), 0},
		"padding":                        {body(silk20|3, []byte{0x40 | 2, 4}, 24), 320},
		"long padding":                   {body(silk20|3, []byte{0x40 | 2, 255, 1}, 275), 320},
		"padding beyond the end":         {body(silk20|3, []byte{0x40 | 2, 40}, 24), 0},
		"padding that never ends":        {body(silk20|3, []byte{0x40 | 2}, 0), 0},
		"only 255":                       {append([]byte{silk20 | 3, 0x42}, bytes.Repeat([]byte{255}, 30)...), 0},
	} {
		ticks, ok := Ticks(c.packet)
		if ok != (c.ticks > 0) || ok && ticks != c.ticks {
			t.Errorf("%s: %d ticks, %v, want %d", name, ticks, ok, c.ticks)
		}
	}
}

// TestFit: what an encoder can make one packet of.
func TestFit(t *testing.T) {
	for ticks, want := range map[int]int{0: 0, 79: 0, 80: 80, 159: 80, 160: 160, 240: 160, 320: 320, 480: 480, 700: 640, 960: 960, 5000: 960} {
		if got := Fit(ticks); got != want {
			t.Errorf("%d ticks: %d, want %d", ticks, got, want)
		}
	}
}

// FuzzTicks: a packet that is one lasts 2.5 to 120 ms.
func FuzzTicks(f *testing.F) {
	f.Add([]byte{11, 0xC3, 255, 3, 9})
	f.Add([]byte{0x83, 48})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if ticks, ok := Ticks(packet); ok && (ticks < 20 || ticks > MostTicks || ticks%20 != 0) {
			t.Fatalf("%x: %d ticks", packet, ticks)
		}
	})
}
