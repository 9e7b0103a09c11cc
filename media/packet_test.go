package media

import (
	"bytes"
	"encoding/hex"
	"testing"

	pion "github.com/pion/rtp"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want kind
	}{
		{"", kindTorn},
		{"80", kindTorn},
		{"8008", kindRTP},
		{"8088", kindRTP},
		{"80ff", kindRTP},               // marker, type 127
		{"80bf", kindRTP},               // 191: below the RTCP types
		{"80c8", kindRTCP},              // 200: SR
		{"81c9", kindRTCP},              // 201: RR
		{"80c0", kindRTCP},              // 192
		{"80df", kindRTCP},              // 223
		{"80e0", kindRTP},               // 224: marker, type 96
		{"0001", kindOther},             // STUN
		{"16fe", kindOther},             // DTLS
		{"4000", kindOther},             // TURN channel
		{"c008", kindOther},             // version 3
		{"000100002112a442", kindOther}, // STUN binding request
		{hex.EncodeToString([]byte("OPTIONS sip:")), kindOther}, // a lost scanner
	} {
		b, _ := hex.DecodeString(c.hex)
		if got := classify(b); got != c.want {
			t.Errorf("%q is %d, want %d", c.hex, got, c.want)
		}
	}
}

func TestParseRTP(t *testing.T) {
	for _, c := range []struct {
		name, hex, payload string
		ok                 bool
	}{
		{"plain", "8008" + "006400001388deadbeef" + "d5d5", "d5d5", true},
		{"empty", "8008" + "006400001388deadbeef", "", true},
		{"short", "8008" + "006400001388deadbe", "", false},
		{"marker and a source", "8188" + "006400001388deadbeef" + "00000001" + "aa", "aa", true},
		{"15 sources, none there", "8f08" + "006400001388deadbeef", "", false},
		{"extension", "9008" + "006400001388deadbeef" + "bede0001" + "10aa0000" + "bb", "bb", true},
		{"empty extension", "9008" + "006400001388deadbeef" + "bede0000" + "bb", "bb", true},
		{"extension beyond the end", "9008" + "006400001388deadbeef" + "bedeffff" + "bb", "", false},
		{"extension torn", "9008" + "006400001388deadbeef" + "bede", "", false},
		{"padding", "a008" + "006400001388deadbeef" + "aabb" + "0002", "aabb", true},
		{"all padding", "a008" + "006400001388deadbeef" + "00000003", "00", true},
		{"padding of nothing", "a008" + "006400001388deadbeef" + "aa00", "", false},
		{"padding beyond the start", "a008" + "006400001388deadbeef" + "aaff", "", false},
		{"padding into the header", "a008" + "006400001388deadbeef" + "03", "", false},
		{"all at once", "b188" + "006400001388deadbeef" + "00000001" + "bede0001" + "00000000" + "cc" + "0002", "cc", true},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		h, payload, ok := parseRTP(b)
		if ok != c.ok || hex.EncodeToString(payload) != c.payload {
			t.Errorf("%s: %v %x", c.name, ok, payload)
		}
		if ok && (h.seq != 100 || h.ts != 5000 || h.ssrc != 0xdeadbeef || h.payload != 8 || h.marker != (b[1] > 127)) {
			t.Errorf("%s: %+v", c.name, h)
		}
	}
}

func TestPutRTPIsReadAgain(t *testing.T) {
	for _, h := range []header{{}, {true, 127, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, {false, 8, 1, 2, 3}} {
		b := rtp(h, []byte{1, 2})
		got, payload, ok := parseRTP(b)
		if !ok || got != h || !bytes.Equal(payload, []byte{1, 2}) {
			t.Errorf("%+v became %+v", h, got)
		}
	}
}

// FuzzParseRTP compares with pion's parser, which must agree wherever both accept.
func FuzzParseRTP(f *testing.F) {
	for _, s := range []string{"8008006400001388deadbeefd5d5", "b188006400001388deadbeef00000001bede000100000000cc0002", "9008006400001388deadbeefbedeffff"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if classify(b) != kindRTP {
			return
		}
		h, payload, ok := parseRTP(b)
		if !ok {
			return
		}
		var p pion.Packet
		if err := p.Unmarshal(b); err != nil {
			return // pion reads the extension's elements too
		}
		same := p.Marker == h.marker && p.PayloadType == h.payload && p.SequenceNumber == h.seq && p.Timestamp == h.ts && p.SSRC == h.ssrc
		if !same || !bytes.Equal(p.Payload, payload) {
			t.Errorf("%x: %+v %x, pion %+v %x", b, h, payload, p.Header, p.Payload)
		}
	})
}
