package media

import (
	"encoding/binary"
	"strings"
)

// keyNames are the keys in the order of their event codes (RFC 4733 §3.2 table 3).
const keyNames = "0123456789*#ABCD"

// event is the payload of a telephone event (RFC 4733 §2.3).
type event struct {
	code     byte
	end      bool
	volume   byte // −dBm0, 0–63
	duration uint16
}

const eventSize = 4

func parseEvent(b []byte) (event, bool) {
	if len(b) < eventSize {
		return event{}, false
	}
	return event{
		code: b[0], end: b[1]&0x80 != 0, volume: b[1] & 0x3F, duration: binary.BigEndian.Uint16(b[2:]),
	}, true
}

func putEvent(b []byte, e event) {
	b[0] = e.code
	b[1] = e.volume & 0x3F
	if e.end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.duration)
}

// at is the event with its duration on a clock of so many steps a tick. What is longer than the field counts as its longest (RFC
// 4733 §2.5.1.3 would begin another segment; that the key is pressed is heard all the same).
func (e event) at(perTick uint32) event {
	e.duration = uint16(min(uint32(e.duration)*max(perTick, 1), 1<<16-1))
	return e
}

// keyEar makes presses out of event packets: one press is many packets with one timestamp, of which any may be lost,
// also all that say it has ended. It is owned by the goroutine that reads the leg's socket.
type keyEar struct {
	heard bool
	ssrc  uint32
	seq   uint16
	ts    uint32
	last  event
	clock uint32 // of the timestamps, steps a tick; 0 is 1
}

// lateEvent is how far back, in ticks, an event packet is taken for a late one of a press that is over.
const lateEvent = 10 * SampleRate

// hear takes an event packet. pressed: it is the first heard of its press.
func (k *keyEar) hear(h header, e event) (key byte, pressed bool) {
	if int(e.code) >= len(keyNames) {
		return 0, false // flash, tones, modem signals
	}
	if k.heard && h.ssrc == k.ssrc && !k.another(h, e) {
		return 0, false
	}
	k.heard, k.ssrc, k.seq, k.ts, k.last = true, h.ssrc, h.seq, h.ts, e
	return keyNames[e.code], true
}

// another tells whether a packet of the same stream belongs to another press than the last, and if not, what it adds.
func (k *keyEar) another(h header, e event) bool {
	step := int32(h.ts - k.ts)
	newer := int16(h.seq-k.seq) > 0
	switch {
	case step == 0 && e.code == k.last.code:
		if newer {
			k.seq = h.seq
			k.last.end = k.last.end || e.end
			k.last.duration = max(k.last.duration, e.duration)
		}
		return false
	case step == 0:
		return newer // a phone that gives each key the same timestamp
	case step < 0:
		return step < -lateEvent*int32(max(k.clock, 1)) // else a late packet of a press before
	case k.last.end || e.code != k.last.code || !newer:
		return newer
	}
	// The same key, and the end of the last press was not heard. It is the same press still if the timestamp was moved on
	// by what the event grew (phones that stamp each packet), or by a whole segment (RFC 4733 §2.5.1.3).
	grown := int32(e.duration) - int32(k.last.duration)
	if grown > 0 && step == grown || step == 0xFFFF {
		k.seq, k.ts, k.last = h.seq, h.ts, e
		return false
	}
	return true
}

// The shape of the keys we send: packets every 20 ms, 100 ms of tone, its end told three times (RFC 4733 §2.5.1.4), and
// 160 ms from one key to the next, which every receiver can part.
const (
	keySlot     = SampleRate / 50 // samples from one packet to the next
	keyTone     = 5               // slots of tone: packets 1 to 5, the fifth says the end
	keyEnds     = 3               // how often the end is told
	keySlots    = 8               // slots from one key to the next
	keyVolume   = 10              // −dBm0
	maxKeys     = 128             // keys that may wait: more are left out
	keyDuration = keyTone * keySlot
)

// keyVoice sends keys, one slot at a time. It is owned by the player's goroutine.
type keyVoice struct {
	keys string // still to be sent, the first one under way
	slot int
	told bool   // a packet of the event under way was sent
	ts   uint32 // of that packet
}

// next is the event of the slot that is due now; silent is a slot between keys. There must be keys.
func (v *keyVoice) next() (e event, silent bool) {
	slot := v.slot
	if slot == 0 {
		v.told = false
	}
	e.code = byte(strings.IndexByte(keyNames, v.keys[0]))
	e.volume = keyVolume
	e.duration = uint16(min(slot+1, keyTone) * keySlot)
	e.end = slot >= keyTone-1
	silent = slot >= keyTone-1+keyEnds
	if v.slot++; v.slot == keySlots {
		v.slot, v.keys = 0, v.keys[1:]
	}
	return e, silent
}

// cleanKeys leaves only keys that an event code stands for, small letters made capital.
func cleanKeys(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'd' {
			r -= 'a' - 'A'
		}
		if r < 0x80 && strings.IndexByte(keyNames, byte(r)) >= 0 {
			return r
		}
		return -1
	}, s)
}
