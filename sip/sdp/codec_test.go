package sdp

import (
	"net/netip"
	"strings"
	"testing"
)

// G.722 is chosen where it is allowed and the offer has it first, by its static type too, and G.711 where it is not;
// comfort noise is agreed to where it is offered, and never asked for.
func TestWideCodecAndComfortNoise(t *testing.T) {
	for _, c := range []struct {
		name, formats, maps string
		codecs              []string
		want                string
		noise               bool
	}{
		{"preferred", "9 8 0 13 101", "a=rtpmap:101 telephone-event/8000\r\n", []string{"G722", "PCMA", "PCMU"}, "9", true},
		{"by rtpmap", "115 8", "a=rtpmap:115 G722/8000\r\n", []string{"G722", "PCMA"}, "115", false},
		{"not allowed", "9 8 0", "", []string{"PCMA", "PCMU"}, "8", false},
		{"not first", "0 9", "", []string{"G722", "PCMU"}, "0", false},
		{"at a rate it has not", "115 0", "a=rtpmap:115 G722/16000\r\n", []string{"G722", "PCMU"}, "0", false},
		{"noise of another type", "8 97", "a=rtpmap:97 CN/8000\r\n", []string{"PCMA"}, "8", false},
	} {
		s := Session{ID: 1, Addr: netip.MustParseAddr("192.0.2.1"), Port: 4000, Codecs: c.codecs}
		offer, err := Parse([]byte("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP " + c.formats + "\r\n" + c.maps))
		if err != nil {
			t.Fatal(err)
		}
		answer, terms, err := s.Answer(offer)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		first, rest, _ := strings.Cut(string(answer), "m=audio 4000 RTP/AVP ")
		_ = first
		if got, _, _ := strings.Cut(rest, "\r\n"); !strings.HasPrefix(got+" ", c.want+" ") || strings.Contains(got+" ", " 13 ") != c.noise || terms.Noise != c.noise {
			t.Errorf("%s: answer %q, noise %v", c.name, got, terms.Noise)
		}
		again := string(s.Offer())
		if strings.Contains(again, "CN/8000") != c.noise {
			t.Errorf("%s: our next offer: %s", c.name, again)
		}
	}
	s := Session{ID: 1, Addr: netip.MustParseAddr("192.0.2.1"), Port: 4000, Codecs: []string{"G722", "PCMA"}}
	if offer := string(s.Offer()); !strings.Contains(offer, "RTP/AVP 9 8 101\r\na=rtpmap:9 G722/8000") {
		t.Error(offer)
	}
}
