//go:build opus && cgo

package opus

import (
	"math"
	"math/rand/v2"
	"testing"
)

// hum is a tone at 16 kHz from a place on.
func hum(n, from int, hertz float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*hertz*float64(from+i)/SampleRate))
	}
	return pcm
}

// share is how much of the power of pcm is a tone's, 0 to 1.
func share(pcm []int16, hertz float64) float64 {
	var re, im, all float64
	for i, v := range pcm {
		a := 2 * math.Pi * hertz * float64(i) / SampleRate
		re, im, all = re+float64(v)*math.Cos(a), im+float64(v)*math.Sin(a), all+float64(v)*float64(v)
	}
	if all == 0 {
		return 0
	}
	return 2 * (re*re + im*im) / (all * float64(len(pcm)))
}

// TestToneComesThrough: a tone of 1 kHz, in packets of every length that is made, is a tone of 1 kHz behind the decoder.
func TestToneComesThrough(t *testing.T) {
	for _, ticks := range []int{80, 160, 320, 480, 640, 800, 960} {
		var e Encoder
		var d Decoder
		n := ticks * perTick
		var heard []int16
		for at := 0; at < SampleRate; at += n {
			var b [1500]byte
			size := e.Encode(b[:], hum(n, at, 1000))
			if got, ok := Ticks(b[:size]); !ok || got != ticks {
				t.Fatalf("%d ticks: a packet of %d ticks, %v", ticks, got, ok)
			}
			var pcm [MostTicks * perTick]int16
			got, ok := d.Decode(pcm[:], b[:size])
			if !ok || got != n {
				t.Fatalf("%d ticks: %d samples, %v", ticks, got, ok)
			}
			heard = append(heard, pcm[:got]...)
		}
		if got := share(heard[len(heard)/2:], 1000); got < 0.95 {
			t.Errorf("%d ticks: the tone is %.2f of what is heard", ticks, got)
		}
	}
}

// speaker says vowels: a pitch with its harmonics, which jumps every 60 ms, so that nobody can guess what is next.
type speaker struct {
	r          *rand.Rand
	at         int
	phase      float64
	hertz, top float64
}

func (s *speaker) say(n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		if s.at%960 == 0 {
			s.hertz, s.top = 90+160*s.r.Float64(), 3+10*s.r.Float64()
		}
		s.at++
		s.phase += 2 * math.Pi * s.hertz / SampleRate
		v := 0.0
		for k := 1.0; k < s.top; k++ {
			v += math.Sin(k*s.phase) / k
		}
		pcm[i] = int16(5000 * v)
	}
	return pcm
}

// TestLostPacketIsRecovered: a lost packet is made of what the one after it says of it, nearer to it than a guess.
func TestLostPacketIsRecovered(t *testing.T) {
	const n = 320
	person := speaker{r: rand.New(rand.NewPCG(1, 2))}
	var e Encoder
	var whole, with, without Decoder
	var power, recovered, guessed float64
	var lost []byte
	var before [1500]byte
	for k := range 200 {
		var b [1500]byte
		pcm := person.say(n)
		packet := b[:e.Encode(b[:], pcm)]
		if k%5 == 0 && k > 0 { // each fifth is lost
			lost = before[:copy(before[:], packet)]
			continue
		}
		var truth, other [n]int16
		if lost != nil {
			whole.Decode(truth[:], lost)
			if got := with.Recover(other[:], packet); got != n {
				t.Fatalf("recovered %d samples", got)
			}
			recovered += apart(truth[:], other[:])
			power += apart(truth[:], make([]int16, n))
			without.decode(other[:], nil, 0)
			guessed += apart(truth[:], other[:])
			lost = nil
		}
		for _, d := range []*Decoder{&whole, &with, &without} {
			d.Decode(other[:], packet)
		}
	}
	t.Logf("difference by power of the truth: recovered %.2f, guessed %.2f", recovered/power, guessed/power)
	if recovered > 0.8*guessed {
		t.Errorf("recovered is %.2f of the truth's power away, guessed %.2f", recovered/power, guessed/power)
	}
}

func apart(a, b []int16) (sum float64) {
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return sum
}

// TestNothingButPackets: what is no packet of Opus is refused, short room too, and nothing behind the room is touched.
func TestNothingButPackets(t *testing.T) {
	var d Decoder
	var pcm [MostTicks*perTick + 1]int16
	for _, packet := range [][]byte{nil, {}, {3}, {0xFB, 49}, make([]byte, 1277), {1<<3 | 1, 2}} {
		if n, ok := d.Decode(pcm[:], packet); n != 0 || ok {
			t.Errorf("%d bytes: %d samples, %v", len(packet), n, ok)
		}
	}
	if n, ok := d.Decode(pcm[:319], []byte{1 << 3}); n != 0 || ok {
		t.Errorf("no room for the packet: %d samples, %v", n, ok)
	}
	if n := d.Recover(pcm[:320], []byte{1 << 3}); n != 0 {
		t.Errorf("recovered %d samples before anything was heard", n)
	}
	if n, ok := d.Decode(pcm[:320], []byte{1 << 3}); n != 320 || !ok {
		t.Errorf("a pause: %d samples, %v", n, ok)
	}
	for _, n := range []int{0, 41, 1960} {
		if got := d.Recover(make([]int16, n), []byte{1 << 3}); got != 0 {
			t.Errorf("recovered %d of %d samples", got, n)
		}
	}
	var e Encoder
	for _, n := range []int{0, 80, 319, 480, 2000} {
		if got := e.Encode(make([]byte, 1500), make([]int16, n)); got != 0 {
			t.Errorf("%d samples became a packet of %d bytes", n, got)
		}
	}
	if got := e.Encode(nil, make([]int16, 320)); got != 0 {
		t.Errorf("a packet of %d bytes where there is no room", got)
	}
	for room := 1; room < 20; room++ {
		b := make([]byte, 30)
		if got := e.Encode(b[:room], hum(320, 0, 700)); got > room || b[room] != 0 {
			t.Errorf("%d bytes of room: %d, then %d", room, got, b[room])
		}
	}
}

// FuzzDecode: whatever comes, the decoder writes what the packet lasts and nothing else, and hears the next packet.
func FuzzDecode(f *testing.F) {
	var e Encoder
	var b [1500]byte
	f.Add(b[:e.Encode(b[:], hum(320, 0, 700))], []byte{1 << 3})
	f.Add([]byte{0x83, 48, 1, 2, 3}, []byte{0xFF, 0xFF, 0xFF})
	f.Add([]byte{15<<3 | 4, 0xFF, 0xFE}, make([]byte, 900))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var d Decoder
		const mark = 12345
		pcm := make([]int16, MostTicks*perTick+8)
		for _, packet := range [][]byte{one, two, one} {
			ticks, valid := Ticks(packet)
			n := ticks * perTick
			for i := range pcm {
				pcm[i] = mark
			}
			if valid && d.state != nil {
				if got := d.Recover(pcm[:n], packet); got != 0 && got != n {
					t.Fatalf("recovered %d of %d", got, n)
				}
			}
			got, ok := d.Decode(pcm[:MostTicks*perTick], packet)
			if ok && !valid || valid && got != n || !valid && got != 0 {
				t.Fatalf("%x: %d samples, %v; it has %d, %v", packet, got, ok, n, valid)
			}
			for i, v := range pcm[MostTicks*perTick:] {
				if v != mark {
					t.Fatalf("sample %d behind the room is %d", i, v)
				}
			}
		}
	})
}

// TestNoAllocation: neither direction allocates once it has begun.
func TestNoAllocation(t *testing.T) {
	var e Encoder
	var d Decoder
	var b [1500]byte
	pcm := hum(320, 0, 700)
	out := make([]int16, MostTicks*perTick)
	size := e.Encode(b[:], pcm)
	d.Decode(out, b[:size])
	if n := testing.AllocsPerRun(100, func() {
		size = e.Encode(b[:], pcm)
		d.Recover(out[:320], b[:size])
		d.Decode(out, b[:size])
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	person := speaker{r: rand.New(rand.NewPCG(1, 2))}
	var e Encoder
	pcm := person.say(320 * 50)
	var packet [1500]byte
	b.ReportAllocs()
	for k := range b.N {
		e.Encode(packet[:], pcm[k%50*320:][:320])
	}
}

func BenchmarkDecode(b *testing.B) {
	person := speaker{r: rand.New(rand.NewPCG(1, 2))}
	var e Encoder
	var packets [50][]byte
	for k := range packets {
		packet := make([]byte, 1500)
		packets[k] = packet[:e.Encode(packet, person.say(320))]
	}
	var d Decoder
	out := make([]int16, 320)
	b.ReportAllocs()
	for k := range b.N {
		d.Decode(out, packets[k%50])
	}
}

// BenchmarkCall is what going to C and back costs: a packet of one byte is a pause that hardly has to be decoded.
func BenchmarkCall(b *testing.B) {
	var d Decoder
	out := make([]int16, 40)
	d.ready()
	b.ReportAllocs()
	for range b.N {
		d.decode(out[:1], nil, 0) // refused: no length of a frame
	}
}

// TestLimit: packets keep to the bit rate that is named, on average, and are of one length where that is asked for; a limit that is taken back
// is none.
func TestLimit(t *testing.T) {
	person := speaker{r: rand.New(rand.NewPCG(3, 4))}
	var e Encoder
	for _, c := range []struct {
		limit       Limit
		least, most int // bit/s
		constant    bool
	}{
		{Limit{}, 18000, 36000, false},
		{Limit{BitRate: 12000}, 6000, 12000, false},
		{Limit{BitRate: 8000, Constant: true}, 7000, 8400, true},
		{Limit{BitRate: 500_000}, 18000, 36000, false},
		{Limit{Constant: true}, 26000, 29000, true},
		{Limit{BitRate: 1}, 4000, 6600, false}, // 6000 are the least
		{Limit{}, 18000, 36000, false},
	} {
		e.Limit(c.limit)
		sum, sizes := 0, map[int]bool{}
		for k := range 250 {
			var b [1500]byte
			size := e.Encode(b[:], person.say(320))
			if n, ok := Ticks(b[:size]); !ok || n != 160 {
				t.Fatalf("%+v: packet of %d ticks, %v", c.limit, n, ok)
			}
			if k >= 50 { // it takes a while to get there
				sum += size
				sizes[size] = true
			}
		}
		rate := sum * 8 / 4 // of 4 s
		t.Logf("%+v: %d bit/s, %d lengths", c.limit, rate, len(sizes))
		if rate < c.least || rate > c.most || c.constant && len(sizes) != 1 || !c.constant && len(sizes) < 2 {
			t.Errorf("%+v: %d bit/s in packets of %d lengths", c.limit, rate, len(sizes))
		}
	}
}
