package sdp

import (
	"fmt"
	"net/netip"
	"slices"
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

// Opus has a clock of 48 kHz and two channels in its name (RFC 7587 §7), keys beside it are on that clock where the peer has them
// so, and payload types are the offer's; what is called opus and is not so is not taken for it.
func TestOpus(t *testing.T) {
	const keys = "a=rtpmap:101 telephone-event/8000\r\n"
	for _, c := range []struct {
		name, formats, maps string
		codecs              []string
		want                string // of the answer
		codec               string
		event, rate         int
	}{
		{"a browser's", "111 63 9 0 8 13 110 126", "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n", []string{"OPUS", "PCMA"}, "111 110", "OPUS", 110, 48000},
		{"a phone's, keys on the other clock", "96 8 101", "a=rtpmap:96 OPUS/48000/2\r\n" + keys, []string{"OPUS", "PCMA"}, "96 101", "OPUS", 101, 8000},
		{"without keys", "96 8", "a=rtpmap:96 opus/48000/2\r\n", []string{"OPUS", "PCMA"}, "96", "OPUS", 0, 0},
		{"not first", "8 96 101 110", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:110 telephone-event/48000\r\n" + keys, []string{"OPUS", "PCMA"}, "8 101", "PCMA", 101, 8000},
		{"G.711, keys for Opus alone", "8 96 110", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:110 telephone-event/48000\r\n", []string{"PCMA"}, "8", "PCMA", 0, 0},
		{"not allowed", "111 8 101", "a=rtpmap:111 opus/48000/2\r\n" + keys, []string{"PCMA", "PCMU"}, "8 101", "PCMA", 101, 8000},
		{"on a clock it has not", "111 8", "a=rtpmap:111 opus/8000\r\n", []string{"OPUS", "PCMA"}, "8", "PCMA", 0, 0},
		{"stereo of another", "97 8", "a=rtpmap:97 L16/8000/2\r\n", []string{"OPUS", "PCMA"}, "8", "PCMA", 0, 0},
		{"two with one number", "111 8 111", "a=rtpmap:111 opus/48000/2\r\na=rtpmap:111 telephone-event/48000\r\n", []string{"OPUS", "PCMA"}, "8", "PCMA", 0, 0},
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
		_, rest, _ := strings.Cut(string(answer), "m=audio 4000 RTP/AVP ")
		if got, _, _ := strings.Cut(rest, "\r\n"); got != c.want || terms.Codec != c.codec || int(terms.Event) != c.event || terms.Rate != c.rate || terms.Noise != (terms.Codec == "PCMA" && strings.Contains(c.formats, " 13")) {
			t.Errorf("%s: answer %q, %+v", c.name, got, terms)
		}
		if opus := strings.Contains(rest, " opus/48000/2\r\na=fmtp:"); opus != (c.codec == "OPUS") || strings.Contains(rest, "OPUS") {
			t.Errorf("%s: %s", c.name, answer)
		}
		again, err := Parse(s.Offer())
		if err != nil {
			t.Fatal(err)
		}
		if first := again[0].Codecs[0]; first.Name != c.codec || first.PT != terms.PT {
			t.Errorf("%s: the next offer begins with %+v", c.name, first)
		}
		if len(again[0].Formats) != len(unique(again[0].Formats)) {
			t.Errorf("%s: the next offer has a payload type twice: %v", c.name, again[0].Formats)
		}
	}
}

func unique(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

// TestOpusIsOffered: with both clocks of keys; an answer with G.711 leaves the keys on the clock of G.711, and payload types never
// stand for two formats.
func TestOpusIsOffered(t *testing.T) {
	s := Session{ID: 1, Addr: netip.MustParseAddr("192.0.2.1"), Port: 4000, Codecs: []string{"OPUS", "PCMA"}}
	want := "RTP/AVP 111 8 101 110\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=16000;minptime=10;useinbandfec=1\r\n" +
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\n"
	if offer := string(s.Offer()); !strings.Contains(offer, want) {
		t.Error(offer)
	}
	for answer, want := range map[string]Terms{
		"111 101 110\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:110 telephone-event/48000": {Codec: "OPUS", PT: 111, Event: 110, Rate: 48000},
		"111 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000":                                           {Codec: "OPUS", PT: 111, Event: 101, Rate: 8000},
		"8 101 110\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:110 telephone-event/48000":                                {Codec: "PCMA", PT: 8, Event: 101, Rate: 8000},
	} {
		m, err := Parse([]byte("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP " + answer + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		each := s
		got, err := each.Accept(m)
		if err != nil || got.Codec != want.Codec || got.PT != want.PT || got.Event != want.Event || got.Rate != want.Rate {
			t.Errorf("%s: %+v, %v", answer, got, err)
		}
	}
	for pt := 96; pt < 128; pt++ { // a peer whose keys, and whose Opus, have the numbers of ours
		for _, now := range []Terms{{Codec: "PCMA", PT: 8, Event: uint8(pt), Rate: 8000}, {Codec: "OPUS", PT: uint8(pt), Event: 101, Rate: 8000}, {Codec: "OPUS", PT: uint8(pt), Event: 111, Rate: 48000}} {
			if now.PT == now.Event {
				continue
			}
			each := s
			each.now = now
			m, err := Parse(each.Offer())
			if err != nil || len(m[0].Formats) != 4 || len(unique(m[0].Formats)) != 4 {
				t.Errorf("%+v: %v, %v", now, m, err)
			}
			if e, _ := m[0].find(nameEvent, now.Rate); e != now.Event || m[0].Codecs[0].PT != now.PT {
				t.Errorf("%+v: what is in use has other numbers: %+v", now, m[0].Codecs)
			}
		}
	}
}

// TestAnswerNumbers: an answer may call formats otherwise than our offer. What comes has the offer's numbers, what goes the answer's, and the next
// offer calls everything as the first did (RFC 3264 §5.1, §8.3.2), even where an answer turns the numbers round.
func TestAnswerNumbers(t *testing.T) {
	s := Session{ID: 1, Addr: netip.MustParseAddr("192.0.2.1"), Port: 4000, Codecs: []string{"OPUS", "PCMA"}}
	offer, _ := Parse(s.Offer())
	for answer, want := range map[string]Terms{
		"110 111\r\na=rtpmap:110 opus/48000/2\r\na=rtpmap:111 telephone-event/48000": {Codec: "OPUS", PT: 110, Event: 111, Rate: 48000, Heard: 111, HeardEvent: 110},
		"96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000":    {Codec: "OPUS", PT: 96, Event: 101, Rate: 8000, Heard: 111},
		"8 96\r\na=rtpmap:96 telephone-event/8000":                                   {Codec: "PCMA", PT: 8, Event: 96, Rate: 8000, HeardEvent: 101},
		"96 97\r\na=rtpmap:96 PCMA/8000\r\na=rtpmap:97 telephone-event/8000":         {Codec: "PCMA", PT: 96, Event: 97, Rate: 8000, Heard: 8, HeardEvent: 101},
		"111 110\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:110 telephone-event/48000": {Codec: "OPUS", PT: 111, Event: 110, Rate: 48000},
	} {
		m, err := Parse([]byte("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP " + answer + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		each := s
		got, err := each.Accept(m)
		if err != nil || got.Codec != want.Codec || got.PT != want.PT || got.Event != want.Event || got.Rate != want.Rate || got.Heard != want.Heard || got.HeardEvent != want.HeardEvent {
			t.Errorf("%s: %+v, %v", answer, got, err)
		}
		again, err := Parse(each.Offer())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range again[0].Codecs {
			for _, was := range offer[0].Codecs {
				if c.PT == was.PT && (c.Name != was.Name || c.Rate != was.Rate) {
					t.Errorf("%s: %d was %s/%d and is %s/%d", answer, c.PT, was.Name, was.Rate, c.Name, c.Rate)
				}
			}
		}
		if got, err := each.Accept(m); err != nil || got.Heard != want.Heard || got.HeardEvent != want.HeardEvent { // the same answer again
			t.Errorf("%s, again: %+v, %v", answer, got, err)
		}
		_, got, err = each.Answer(m) // its own offer: now both have its numbers
		if err != nil || got.PT != want.PT || got.Heard != 0 || got.HeardEvent != 0 {
			t.Errorf("%s, as an offer: %+v, %v", answer, got, err)
		}
	}
}

// FuzzAnswers: whatever a peer answers, twice, our offers never give one payload type to two formats, and never another format to one that had one.
func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{
		"m=audio 5000 RTP/AVP 110 111\r\na=rtpmap:110 opus/48000/2\r\na=rtpmap:111 telephone-event/48000\r\n",
		"m=audio 5000 RTP/AVP 101 8\r\na=rtpmap:101 PCMA/8000\r\na=rtpmap:8 telephone-event/8000\r\n",
		"m=audio 5000 RTP/AVP 0 13 127\r\na=rtpmap:127 telephone-event/8000\r\na=rtpmap:0 G722/8000\r\n",
		"m=audio 5000 RTP/AVP 96 96\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 cbr=1;maxaveragebitrate=1\r\na=maxptime:1\r\n",
	} {
		f.Add(answer, answer)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		s := Session{ID: 1, Addr: netip.MustParseAddr("192.0.2.1"), Port: 4000, Codecs: []string{"OPUS", "G722", "PCMA", "PCMU"}}
		meaning := map[uint8]string{}
		for _, answer := range []string{"", first, second} {
			if answer != "" {
				m, err := Parse([]byte("v=0\r\nc=IN IP4 192.0.2.9\r\n" + answer))
				if err != nil {
					continue
				}
				got, err := s.Accept(m)
				if err != nil {
					continue
				}
				if got.PTime < leastPTime || got.PTime > mostPTime || got.PT > 127 || got.Event == got.PT && got.Event != 0 || got.HeardEvent != 0 && got.HeardEvent == got.Heard {
					t.Fatalf("%q: %+v", answer, got)
				}
			}
			offer, err := Parse(s.Offer())
			if err != nil {
				t.Fatal(err)
			}
			here := map[uint8]bool{}
			for _, c := range offer[0].Codecs {
				name := fmt.Sprint(c.Name, "/", c.Rate)
				if was := meaning[c.PT]; here[c.PT] || was != "" && was != name {
					t.Fatalf("after %q and %q: %d is %s and was %s: %+v", first, second, c.PT, name, was, offer[0].Codecs)
				}
				here[c.PT], meaning[c.PT] = true, name
			}
		}
	})
}
