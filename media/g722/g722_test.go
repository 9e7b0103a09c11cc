package g722

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

func samples(t testing.TB, name string) []int16 {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm
}

// The vectors are speech, a sweep from 50 to 7000 Hz, silence, loud noise and a square wave, encoded and decoded by
// another implementation (spandsp 0.0.6): ours must make the same bits of them.
func TestVectors(t *testing.T) {
	in, out := samples(t, "in.raw"), samples(t, "out.raw")
	code, err := os.ReadFile("testdata/in.g722")
	if err != nil {
		t.Fatal(err)
	}
	var e Encoder
	e.Reset()
	got := make([]byte, len(in)/2)
	for at := 0; at < len(got); at += 160 { // in packets of 20 ms, as it is used
		e.Encode(got[at:min(at+160, len(got))], in[2*at:])
	}
	if !bytes.Equal(got, code) {
		for i := range got {
			if got[i] != code[i] {
				t.Fatalf("encoder: byte %d of %d is %02x, want %02x", i, len(got), got[i], code[i])
			}
		}
	}
	var d Decoder
	d.Reset()
	pcm := make([]int16, len(out))
	if n := d.Decode(pcm, code); n != len(out) {
		t.Fatalf("%d samples, want %d", n, len(out))
	}
	for i := range pcm {
		if pcm[i] != out[i] {
			t.Fatalf("decoder: sample %d is %d, want %d", i, pcm[i], out[i])
		}
	}
}

// What was encoded is heard again: a tone at its level, 20 to 30 dB over the noise.
func TestTones(t *testing.T) {
	for _, hertz := range []float64{100, 1000, 3000, 5000, 6500} {
		in := make([]int16, 16000)
		for i := range in {
			in[i] = int16(8000 * math.Sin(2*math.Pi*hertz*float64(i)/16000))
		}
		var e Encoder
		var d Decoder
		e.Reset()
		d.Reset()
		code, out := make([]byte, 8000), make([]int16, 16000)
		e.Encode(code, in)
		d.Decode(out, code)
		const delay = 22 // of both filters
		signal, noise := 0.0, 0.0
		for i := 4000; i < 15000; i++ {
			diff := float64(out[i+delay]) - float64(in[i])
			signal += float64(in[i]) * float64(in[i])
			noise += diff * diff
		}
		if db := 10 * math.Log10(signal/noise); db < 12 {
			t.Errorf("%.0f Hz: %.1f dB over the noise", hertz, db)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	var e Encoder
	var d Decoder
	e.Reset()
	d.Reset()
	pcm, code := make([]int16, 320), make([]byte, 160)
	for i := range pcm {
		pcm[i] = int16(rand.Uint32())
	}
	if n := testing.AllocsPerRun(100, func() { e.Encode(code, pcm); d.Decode(pcm, code) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Any bytes are sound: nothing overflows or panics, and the predictor stays in its bounds.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0xFF})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Decoder
		d.Reset()
		pcm := make([]int16, 2*len(b))
		if n := d.Decode(pcm, b); n != len(pcm) {
			t.Fatal(n)
		}
		for _, w := range []*band{&d.low, &d.high} {
			if w.det < 0 || w.s < math.MinInt16 || w.s > math.MaxInt16 {
				t.Fatalf("%+v", w)
			}
		}
	})
}

func BenchmarkEncode20ms(b *testing.B) {
	var e Encoder
	e.Reset()
	in, code := samples(b, "in.raw")[:320], make([]byte, 160)
	for b.Loop() {
		e.Encode(code, in)
	}
}

func BenchmarkDecode20ms(b *testing.B) {
	var e Encoder
	var d Decoder
	e.Reset()
	d.Reset()
	in, code := samples(b, "in.raw")[:320], make([]byte, 160)
	e.Encode(code, in)
	for b.Loop() {
		d.Decode(in, code)
	}
}
