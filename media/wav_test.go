package media

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"time"
)

// wav writes a file: format tag, bits and channels as given, sample makes channel c of frame i.
func wav(tag uint16, rate, bits, channels, frames int, sample func(i, c int) float64) []byte {
	var data []byte
	for i := range frames {
		for c := range channels {
			v := sample(i, c)
			switch {
			case tag == wavFloat:
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
			case tag == wavALaw:
				data = append(data, LinearToALaw(int16(v*32767)))
			case tag == wavMuLaw:
				data = append(data, LinearToMuLaw(int16(v*32767)))
			case bits == 8:
				data = append(data, byte(math.Round(v*127)+128))
			case bits == 16:
				data = binary.LittleEndian.AppendUint16(data, uint16(int16(math.Round(v*32767))))
			case bits == 24:
				n := int32(math.Round(v * (1<<23 - 1)))
				data = append(data, byte(n), byte(n>>8), byte(n>>16))
			default:
				data = binary.LittleEndian.AppendUint32(data, uint32(int32(math.Round(v*(1<<31-1)))))
			}
		}
	}
	var format []byte
	format = binary.LittleEndian.AppendUint16(format, tag)
	format = binary.LittleEndian.AppendUint16(format, uint16(channels))
	format = binary.LittleEndian.AppendUint32(format, uint32(rate))
	format = binary.LittleEndian.AppendUint32(format, uint32(rate*channels*bits/8))
	format = binary.LittleEndian.AppendUint16(format, uint16(channels*bits/8))
	format = binary.LittleEndian.AppendUint16(format, uint16(bits))
	return riff(chunk("fmt ", format), chunk("data", data))
}

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func riff(chunks ...[]byte) []byte {
	var body []byte
	for _, c := range chunks {
		body = append(body, c...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4)), append([]byte("WAVE"), body...)...)
}

func sine(hertz float64, rate int, level float64) func(i, c int) float64 {
	return func(i, _ int) float64 { return level * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)) }
}

// fit fits a sine of a frequency to samples at 8000 Hz and returns its level, and the ratio of it to everything else in
// dB. The edges are left out.
func fit(pcm []int16, hertz float64) (level, sinad float64) {
	pcm = pcm[400 : len(pcm)-400]
	pcm = pcm[:len(pcm)/400*400] // whole periods of every multiple of 20 Hz
	var s, c, all float64
	for i, v := range pcm {
		x := 2 * math.Pi * hertz * float64(i) / SampleRate
		s += float64(v) * math.Sin(x)
		c += float64(v) * math.Cos(x)
		all += float64(v) * float64(v)
	}
	n := float64(len(pcm))
	power := 2 * (s*s + c*c) / n / n
	return math.Sqrt(2*power) / 32768, 10 * math.Log10(power/(all/n-power))
}

func through(codec Codec, pcm []int16) []int16 {
	b, out := make([]byte, len(pcm)), make([]int16, len(pcm))
	codec.Encode(b, pcm)
	codec.Decode(out, b)
	return out
}

func decibel(v float64) float64 { return 20 * math.Log10(v) }

func TestDecodeWAVOfEveryKind(t *testing.T) {
	for _, f := range []struct {
		tag  uint16
		bits int
		want float64 // SINAD of 1020 Hz, dB, limited by the width
	}{{wavPCM, 8, 38}, {wavPCM, 16, 60}, {wavPCM, 24, 60}, {wavPCM, 32, 60}, {wavFloat, 32, 60}, {wavALaw, 8, 35}, {wavMuLaw, 8, 35}} {
		rates := []int{8000, 22050}
		if f.bits == 16 {
			rates = append(rates, 6000, 11025, 16000, 44100, 48000, 96000)
		}
		for _, rate := range rates {
			for channels := 1; channels <= 2; channels++ {
				c, err := DecodeWAV(wav(f.tag, rate, f.bits, channels, rate, sine(1020, rate, 0.5)))
				if err != nil {
					t.Fatal(err)
				}
				if d := c.Duration() - time.Second; d < -2*time.Millisecond || d > 2*time.Millisecond {
					t.Errorf("%d bits at %d Hz: %v", f.bits, rate, c.Duration())
				}
				level, sinad := fit(c.pcm, 1020)
				if math.Abs(decibel(level/0.5)) > 0.1 || sinad < f.want {
					t.Errorf("format %d, %d bits at %d Hz: level %.3f, SINAD %.1f dB", f.tag, f.bits, rate, level, sinad)
				}
			}
		}
	}
}

func TestResampledSpeechIsClean(t *testing.T) {
	for _, rate := range []int{11025, 16000, 22050, 44100, 48000} {
		for _, hertz := range []float64{300, 1020, 3380} { // as ITU-T O.132: no parts of the rate, whose noise is no noise
			c, err := DecodeWAV(wav(wavPCM, rate, 16, 1, rate, sine(hertz, rate, 0.5)))
			if err != nil {
				t.Fatal(err)
			}
			level, sinad := fit(c.pcm, hertz)
			_, alaw := fit(through(PCMA, c.pcm), hertz)
			_, mulaw := fit(through(PCMU, c.pcm), hertz)
			if testing.Verbose() {
				t.Logf("%d Hz: %4.0f Hz: %+.2f dB, SINAD %.1f dB; A-law %.1f dB, µ-law %.1f dB", rate, hertz, decibel(level/0.5), sinad, alaw, mulaw)
			}
			if math.Abs(decibel(level/0.5)) > 0.3 || sinad < 60 || alaw < 35 || mulaw < 35 {
				t.Errorf("%d Hz: %4.0f Hz: %+.2f dB, SINAD %.1f dB; A-law %.1f dB, µ-law %.1f dB", rate, hertz, decibel(level/0.5), sinad, alaw, mulaw)
			}
		}
		// what lies above speech must not fold back into it
		for _, hertz := range []float64{4700, 5000, 9000, 21000} {
			if hertz > float64(rate)/2-200 {
				continue
			}
			c, err := DecodeWAV(wav(wavPCM, rate, 16, 1, rate, sine(hertz, rate, 0.5)))
			if err != nil {
				t.Fatal(err)
			}
			power := 0.0
			for _, v := range c.pcm[400 : len(c.pcm)-400] {
				power += float64(v) * float64(v)
			}
			level := math.Sqrt(2*power/float64(len(c.pcm)-800)) / 32768
			if got := decibel(level / 0.5); got > -50 {
				t.Errorf("%d Hz: %4.0f Hz folds back at %.1f dB", rate, hertz, got)
			}
		}
	}
}

func TestOddWAVs(t *testing.T) {
	good := wav(wavPCM, 8000, 16, 1, 800, sine(1000, 8000, 0.5))
	fmtChunk := good[12:36]
	data := good[36:]
	edit := func(at int, b ...byte) []byte {
		out := append([]byte(nil), good...)
		copy(out[at:], b)
		return out
	}
	extensible := append([]byte{0xFE, 0xFF}, fmtChunk[10:24]...)
	extensible = append(extensible, 22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71)
	for _, c := range []struct {
		name    string
		file    []byte
		samples int // −1: refused
	}{
		{"good", good, 800},
		{"other chunks around", riff(chunk("LIST", []byte("odd")), fmtChunk, chunk("fact", []byte{1, 2, 3, 4}), data, chunk("LIST", nil)), 800},
		{"extensible", riff(chunk("fmt ", extensible), data), 800},
		{"torn in a sample", good[:len(good)-301], 649},
		{"length 0: the writer died", edit(40, 0, 0, 0, 0), 800},
		{"length unknown", edit(40, 0xFF, 0xFF, 0xFF, 0xFF), 800},
		{"RIFF length wrong", edit(4, 0, 0, 0, 0), 800},
		{"no samples in it", riff(fmtChunk, chunk("data", nil)), 0},
		{"empty", nil, -1},
		{"text", []byte("this is not a sound at all, sorry"), -1},
		{"no data", riff(fmtChunk), -1},
		{"data before format", riff(data, fmtChunk), -1},
		{"format cut", riff(chunk("fmt ", fmtChunk[8:20]), data), -1},
		{"0 channels", edit(22, 0, 0), -1},
		{"9 channels", edit(22, 9, 0), -1},
		{"1 Hz", edit(24, 1, 0, 0, 0), -1},
		{"4 GHz", edit(24, 0xFF, 0xFF, 0xFF, 0xFF), -1},
		{"12 bits", edit(34, 12, 0), -1},
		{"ADPCM", edit(20, 2, 0), -1},
		{"MP3 in WAV", edit(20, 0x55, 0), -1},
		{"a chunk longer than the file", riff(chunk("LIST", nil)[:4], []byte{0xFF, 0xFF, 0xFF, 0xFF}), -1},
	} {
		clip, err := DecodeWAV(c.file)
		switch {
		case c.samples < 0:
			if !errors.Is(err, ErrWAV) {
				t.Errorf("%s: %v", c.name, err)
			}
		case err != nil || clip.samples != c.samples:
			t.Errorf("%s: %v, %+v", c.name, err, clip)
		}
	}
}

func TestDecodeWAVClipsWhatIsTooLoud(t *testing.T) {
	for _, v := range []float64{1.5, -1.5, math.Inf(1), math.NaN()} {
		c, err := DecodeWAV(wav(wavFloat, 48000, 32, 1, 4800, func(int, int) float64 { return v }))
		if err != nil {
			t.Fatal(err)
		}
		mid := float64(c.pcm[400])
		if want := min(max(v, -1), 1) * 32767; !math.IsNaN(v) && math.Abs(mid-want) > 40 || math.IsNaN(v) && mid != 0 {
			t.Errorf("%v became %v", v, mid)
		}
	}
}

func FuzzDecodeWAV(f *testing.F) {
	f.Add(wav(wavPCM, 8000, 16, 1, 8, sine(1000, 8000, 0.5)))
	f.Add(wav(wavPCM, 44100, 24, 2, 8, sine(1000, 8000, 0.5)))
	f.Add(wav(wavFloat, 48000, 32, 1, 8, sine(1000, 8000, 0.5)))
	f.Add(wav(wavALaw, 11025, 8, 3, 9, sine(1000, 8000, 0.5)))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeWAV(b)
		if err != nil && !errors.Is(err, ErrWAV) {
			t.Error(err)
		}
		if err == nil && c.samples > 2*len(b)+16 {
			t.Errorf("%d samples from %d bytes", c.samples, len(b))
		}
	})
}
