package media

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

// The sums are of the whole tables as others compute them: Python's audioop, and for the µ-law encoder, where that
// differs from the standard on thresholds, the formula of ITU-T G.191 written down in another language.
func TestG711EqualsTheReference(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	every := make([]int16, 1<<16)
	for i := range every {
		every[i] = int16(i - 1<<15)
	}
	for _, c := range []struct {
		codec          Codec
		decode, encode string
	}{
		{
			PCMA, "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
			"38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
		},
		{
			PCMU, "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
			"90c29de505fb68e766118303bd552a16005dcf810873698bee1d8f3b247ce28c",
		},
	} {
		pcm := make([]int16, 256)
		if n := c.codec.Decode(pcm, all); n != 256 {
			t.Fatalf("%v: decoded %d", c.codec, n)
		}
		var raw []byte
		for _, s := range pcm {
			raw = binary.LittleEndian.AppendUint16(raw, uint16(s))
		}
		if got := sum(raw); got != c.decode {
			t.Errorf("%v: the decoder's table differs: %s", c.codec, got)
		}
		enc := make([]byte, len(every))
		c.codec.Encode(enc, every)
		if got := sum(enc); got != c.encode {
			t.Errorf("%v: the encoder's table differs: %s", c.codec, got)
		}
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Whatever the tables: louder in is never softer out, and no sample is off by more than a step of its segment.
func TestG711KeepsTheOrderOfSamples(t *testing.T) {
	for _, c := range []Codec{PCMA, PCMU} {
		last := -1 << 15
		for s := -32768; s <= 32767; s++ {
			b, out := make([]byte, 1), make([]int16, 1)
			c.Encode(b, []int16{int16(s)})
			c.Decode(out, b)
			v := int(out[0])
			if v < last || abs(v-s) > max(abs(s)/32, 16)+16 && abs(s) < 32124 {
				t.Fatalf("%v: %d became %d after %d", c, s, v, last)
			}
			last = v
		}
	}
}

func abs(i int) int { return max(i, -i) }

func TestG711CodesSurviveARoundTrip(t *testing.T) {
	for i := range 256 {
		b := byte(i)
		if got := LinearToALaw(ALawToLinear(b)); got != b {
			t.Errorf("A-law %#x came back as %#x", b, got)
		}
		if got := LinearToMuLaw(MuLawToLinear(b)); got != b && b != 0x7F { // 0x7F is −0
			t.Errorf("µ-law %#x came back as %#x", b, got)
		}
	}
}

func TestSilenceByteIsSilent(t *testing.T) {
	if v := ALawToLinear(PCMA.Silence()); v != 8 { // A-law has no 0: the least step
		t.Errorf("A-law silence is %d", v)
	}
	if v := MuLawToLinear(PCMU.Silence()); v != 0 {
		t.Errorf("µ-law silence is %d", v)
	}
}

func TestTranscodeIsDecodeAndEncode(t *testing.T) {
	src := make([]byte, 256)
	for i := range src {
		src[i] = byte(i)
	}
	for _, c := range []struct{ from, to Codec }{{PCMA, PCMU}, {PCMU, PCMA}, {PCMA, PCMA}, {PCMU, PCMU}} {
		pcm, want, got := make([]int16, 256), make([]byte, 256), make([]byte, 256)
		c.from.Decode(pcm, src)
		c.to.Encode(want, pcm)
		if c.from == c.to {
			copy(want, src)
		}
		if n := Transcode(got, c.to, src, c.from); n != 256 || string(got) != string(want) {
			t.Errorf("%v to %v differs from decoding and encoding", c.from, c.to)
		}
		if n := Transcode(got[:10], c.to, src, c.from); n != 10 {
			t.Errorf("wrote %d bytes into 10", n)
		}
	}
	if PCMA.String() != "PCMA" || PCMU.String() != "PCMU" {
		t.Error("names")
	}
}
