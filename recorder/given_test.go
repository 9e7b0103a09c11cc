package recorder

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"hotline"
	"hotline/media"
)

// poison is what given-back memory is filled with here: no call's sound, and no silence.
const poison = 0xDB

// spoil fills everything that nobody may be using with poison.
func (b *bench) spoil() {
	fill := func(p []byte) {
		for i := range p {
			p[i] = poison
		}
	}
	for c := b.pool.spares; c != nil; c = c.next.Load() {
		fill(c.buf[:])
		c.filled.Store(chunkRoom)
	}
	for _, rest := range b.rests {
		fill(rest[:cap(rest)])
	}
	fill(b.window[:cap(b.window)])
	fill(b.first[:cap(b.first)])
}

// TestNoCallHearsAnother: recordings come and go, of every codec, with loss and a writer that is held up, on memory that others have
// given back and that is spoiled whenever it is nobody's. Each file has its own two voices and silence, nothing else.
func TestNoCallHearsAnother(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { oneAnother(t, rand.New(rand.NewPCG(seed, 7))) })
	}
}

type voices struct {
	s           *Session
	left, right media.Tap
	a, b        byte // what they say
	ends        time.Duration
	i           int
}

// say sends 20 ms of a tap's sound.
func (v *voices) say(r *rand.Rand, at time.Duration, tap media.Tap, code byte) {
	if r.IntN(20) == 0 {
		return // lost
	}
	f := packet(at, v.i, code)
	if r.IntN(40) == 0 {
		f.At -= int64(r.IntN(2000)) * int64(time.Millisecond)
	}
	if v.s.codec == media.G722 {
		f.Codec = media.G722
	}
	f.Payload = f.Payload[:len(f.Payload)-r.IntN(3)]
	tap.Frame(f)
	clear(f.Payload) // it is the loop's again
}

func oneAnother(t *testing.T, r *rand.Rand) {
	b := newBench(t, t.TempDir())
	all, up := []*voices{}, []*voices{}
	for at := time.Duration(0); at < 12*time.Second; at += 20 * time.Millisecond {
		b.now = int64(at)
		if at < 8*time.Second && r.IntN(4) == 0 {
			n := len(all)
			id := hotline.ContactID(fmt.Sprint("c", n))
			codec := []media.Codec{media.PCMA, media.PCMA, media.PCMU, media.G722}[r.IntN(4)]
			v := &voices{s: b.start(t, id, codec), a: byte(2*(n%60) + 1), b: byte(2*(n%60) + 2), ends: at + time.Duration(r.IntN(4000))*time.Millisecond}
			v.left, v.right = v.s.Left(), v.s.Right()
			b.Apply(hotline.Event{Contact: id, Fact: hotline.CallStarted{}})
			all, up = append(all, v), append(up, v)
		}
		for i := 0; i < len(up); i++ {
			v := up[i]
			v.say(r, at, v.left, v.a)
			v.say(r, at, v.right, v.b)
			if v.i++; at >= v.ends {
				b.Apply(hotline.Event{Contact: v.s.contact, Fact: hotline.CallEnded{}})
				v.s.Close()
				up = append(up[:i], up[i+1:]...)
			}
		}
		if at%(100*time.Millisecond) == 0 && r.IntN(5) > 0 {
			b.turn(false)
			b.spoil()
		}
	}
	b.turn(true)
	heard := 0
	for _, v := range all {
		if v.s.codec == media.G722 || v.s.name == "" {
			continue // is there for the memory it leaves
		}
		left, right := b.sides(t, v.s.name+wavExt)
		for _, side := range []struct {
			name  string
			codes []byte
			own   byte
		}{{"left", left, v.a}, {"right", right, v.b}} {
			for i, c := range side.codes {
				switch c {
				case side.own:
					heard++
				case v.s.codec.Silence(), v.s.cross[side.own]:
				default:
					t.Fatalf("%s of %s says %#x at %d of %d, its own is %#x", side.name, v.s.contact, c, i, len(side.codes), side.own)
				}
			}
		}
	}
	if heard < 100_000 {
		t.Errorf("%d samples heard", heard)
	}
}
