package sdp

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	psdp "github.com/pion/sdp/v3"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testLocal is the engine's side as the tests use it: not on loopback.
func testLocal() *Session {
	return &Session{ID: 7, Version: 7, Addr: netip.MustParseAddr("192.0.2.9"), Port: 20000, Codecs: []string{"PCMA", "PCMU"}}
}

// body builds a description from lines, so that a table stays readable.
func body(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

func TestAnswer(t *testing.T) {
	const conn = "c=IN IP4 192.0.2.1"
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", conn, "t=0 0"}
	with := func(lines ...string) []byte { return body(append(append([]string{}, head...), lines...)...) }
	type want struct {
		Err    error
		Remote string
		RTCP   string
		Codec  string
		PT     uint8
		Event  uint8
		PTime  time.Duration
		Dir    string
		Held   bool
		Lines  string // kind and port of the answer's lines
	}
	ok := want{Remote: "192.0.2.1:4000", RTCP: "192.0.2.1:4001", Codec: "PCMA", PT: 8, PTime: 20 * time.Millisecond, Dir: "sendrecv", Lines: "audio:20000"}
	but := func(f func(*want)) want { w := ok; f(&w); return w }
	cases := []struct {
		name string
		body []byte
		want want
	}{
		{"static types", with("m=audio 4000 RTP/AVP 8 0"), ok},
		{"offer's order decides", with("m=audio 4000 RTP/AVP 0 8"), but(func(w *want) { w.Codec, w.PT = "PCMU", 0 })},
		{"unknown first", with("m=audio 4000 RTP/AVP 18 9 8", "a=rtpmap:18 G729/8000"), ok},
		{"dynamic type", with("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 pcma/8000/1"), but(func(w *want) { w.PT = 96 })},
		{"static number, other codec", with("m=audio 4000 RTP/AVP 8 0", "a=rtpmap:8 G723/8000"), but(func(w *want) { w.Codec, w.PT = "PCMU", 0 })},
		{"telephone-event", with("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-16"), but(func(w *want) { w.Event = 96 })},
		{"telephone-event of another rate", with("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/48000"), ok},
		{"stereo is another codec", with("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA/8000/2"), want{Err: ErrNoCodec}},
		{"no codec", with("m=audio 4000 RTP/AVP 18"), want{Err: ErrNoCodec}},
		{"sendonly", with("m=audio 4000 RTP/AVP 8", "a=sendonly"), but(func(w *want) { w.Dir, w.Held = "recvonly", true })},
		{"recvonly", with("m=audio 4000 RTP/AVP 8", "a=recvonly"), but(func(w *want) { w.Dir = "sendonly" })},
		{"inactive for the session", with("a=inactive", "m=audio 4000 RTP/AVP 8"), but(func(w *want) { w.Dir, w.Held = "inactive", true })},
		{"line overrides session", with("a=inactive", "m=audio 4000 RTP/AVP 8", "a=sendrecv"), ok},
		{"old hold", with("m=audio 4000 RTP/AVP 8", "c=IN IP4 0.0.0.0"), but(func(w *want) { w.Remote, w.RTCP, w.Held = "0.0.0.0:4000", "0.0.0.0:4001", true })},
		{"line's own address", with("m=audio 4000 RTP/AVP 8", "c=IN IP4 192.0.2.77/127"), but(func(w *want) { w.Remote, w.RTCP = "192.0.2.77:4000", "192.0.2.77:4001" })},
		{"rtcp port", with("m=audio 4000 RTP/AVP 8", "a=rtcp:9000"), but(func(w *want) { w.RTCP = "192.0.2.1:9000" })},
		{"rtcp address", with("m=audio 4000 RTP/AVP 8", "a=rtcp:9000 IN IP4 192.0.2.5"), but(func(w *want) { w.RTCP = "192.0.2.5:9000" })},
		{"rtcp to loopback", with("m=audio 4000 RTP/AVP 8", "a=rtcp:9000 IN IP4 127.0.0.1"), want{Err: ErrTarget}},
		{"ptime", with("m=audio 4000 RTP/AVP 8", "a=ptime:40"), but(func(w *want) { w.PTime = 40 * time.Millisecond })},
		{"odd ptime", with("m=audio 4000 RTP/AVP 8", "a=ptime:37"), ok},
		{"maxptime", with("m=audio 4000 RTP/AVP 8", "a=ptime:60", "a=maxptime:30"), but(func(w *want) { w.PTime = 30 * time.Millisecond })},
		{"video beside", with("m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 8"), but(func(w *want) { w.Lines = "video:0 audio:20000" })},
		{"two audio lines", with("m=audio 5000 RTP/SAVP 8", "m=audio 4000 RTP/AVP 8", "m=audio 6000 RTP/AVP 8"), but(func(w *want) { w.Lines = "audio:0 audio:20000 audio:0" })},
		{"fax only", with("m=image 4000 udptl t38"), want{Err: ErrNoCodec}},
		{"fax beside", with("m=audio 4000 RTP/AVP 8", "m=image 4002 udptl t38"), but(func(w *want) { w.Lines = "audio:20000 image:0" })},
		{"port 0", with("m=audio 0 RTP/AVP 8"), want{Err: ErrNoCodec}},
		{"run of ports", with("m=audio 4000/2 RTP/AVP 8"), ok},
		{"loopback", with("m=audio 4000 RTP/AVP 8", "c=IN IP4 127.0.0.1"), want{Err: ErrTarget}},
		{"multicast", with("m=audio 4000 RTP/AVP 8", "c=IN IP4 224.1.1.1/127"), want{Err: ErrTarget}},
		{"broadcast", with("m=audio 4000 RTP/AVP 8", "c=IN IP4 255.255.255.255"), want{Err: ErrTarget}},
		{"this network", with("m=audio 4000 RTP/AVP 8", "c=IN IP4 0.0.0.1"), want{Err: ErrTarget}},
		{"another family", with("m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::1"), want{Err: ErrTarget}},
		{"mapped address", with("m=audio 4000 RTP/AVP 8", "c=IN IP6 ::ffff:192.0.2.1"), ok},
		{"host name", with("m=audio 4000 RTP/AVP 8", "c=IN IP4 phone.example"), want{Err: ErrTarget}},
		{"no address", body("v=0", "m=audio 4000 RTP/AVP 8"), want{Err: ErrTarget}},
		{"bare minimum", body("c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 8"), ok},
		{"line feeds only", []byte("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8\n"), ok},
		{"a= before c=", body("v=0", "a=sendrecv", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 8"), ok},
		{"rtpmap before its m=", with("a=rtpmap:96 PCMA/8000", "m=audio 4000 RTP/AVP 96"), want{Err: ErrNoCodec}},
		{"empty", nil, want{Err: ErrSyntax}},
		{"no media", body(head...), want{Err: ErrSyntax}},
		{"short media line", with("m=audio 4000"), want{Err: ErrSyntax}},
		{"bad port", with("m=audio 70000 RTP/AVP 8"), want{Err: ErrSyntax}},
		{"negative port", with("m=audio -1 RTP/AVP 8"), want{Err: ErrSyntax}},
		{"control character", with("m=audio 4000 RTP/AVP 8 \x07"), want{Err: ErrSyntax}},
		{"too many lines", with(strings.Repeat("m=audio 4000 RTP/AVP 8\r\n", 17)), want{Err: ErrSyntax}},
		{"too long", with(strings.Repeat("a=x\r\n", 5000)), want{Err: ErrSyntax}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := testLocal()
			got := want{}
			offer, err := Parse(c.body)
			if err == nil {
				var text []byte
				var terms Terms
				if text, terms, err = l.Answer(offer); err == nil {
					got = want{
						Remote: terms.Remote.String(), RTCP: terms.RTCP.String(), Codec: terms.Codec, PT: terms.PT, Event: terms.Event,
						PTime: terms.PTime, Dir: terms.Dir.String(), Held: terms.Held(), Lines: answerLines(t, text),
					}
				}
			}
			if !errors.Is(err, c.want.Err) {
				t.Fatalf("error %v, want %v", err, c.want.Err)
			}
			got.Err = c.want.Err
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// answerLines checks that a description of ours is one that a strict parser reads, and returns its lines.
func answerLines(t *testing.T, text []byte) string {
	t.Helper()
	var out []string
	lines, err := Parse(text)
	if err != nil {
		t.Fatalf("own description: %v\n%s", err, text)
	}
	for _, m := range lines {
		out = append(out, fmt.Sprintf("%s:%d", m.Kind, m.Port))
	}
	if strings.Contains(string(text), "m=image") {
		return strings.Join(out, " ") // pion/sdp knows no fax
	}
	var strict psdp.SessionDescription
	if err := strict.Unmarshal(text); err != nil {
		t.Errorf("pion/sdp: %v\n%s", err, text)
	}
	return strings.Join(out, " ")
}

// TestSDPDialogue plays a whole session of descriptions and compares every text with the golden file: versions, ports,
// what is repeated.
func TestSDPDialogue(t *testing.T) {
	var log strings.Builder
	l := testLocal()
	say := func(title string, text []byte, err error) {
		fmt.Fprintf(&log, "## %s\n", title)
		if err != nil {
			fmt.Fprintf(&log, "error: %v\n", err)
		}
		log.WriteString(strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	hear := func(title string, lines ...string) {
		offer, err := Parse(body(append([]string{"v=0", "c=IN IP4 192.0.2.1"}, lines...)...))
		if err != nil {
			t.Fatal(err)
		}
		text, _, err := l.Answer(offer)
		say(title, text, err)
	}
	accept := func(title string, lines ...string) {
		answer, err := Parse(body(append([]string{"v=0", "c=IN IP4 192.0.2.1"}, lines...)...))
		if err != nil {
			t.Fatal(err)
		}
		terms, err := l.Accept(answer)
		if err != nil {
			say(title, nil, err)
			return
		}
		say(title, fmt.Appendf(nil, "to %s codec %s/%d keys %d, we %s, held %v\n",
			terms.Remote, terms.Codec, terms.PT, terms.Event, terms.Dir, terms.Held()), nil)
	}
	hear("offer with video", "m=video 6000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0 8 97", "a=rtpmap:97 telephone-event/8000")
	hear("the same again: the version stays", "m=video 6000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0 8 97", "a=rtpmap:97 telephone-event/8000")
	hear("hold", "m=video 6000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0 8 97", "a=rtpmap:97 telephone-event/8000", "a=sendonly")
	hear("a line fewer is refused", "m=audio 4000 RTP/AVP 0")
	hear("other order of codecs: the one in use is kept", "m=video 0 RTP/AVP 96", "m=audio 4000 RTP/AVP 8 0")
	say("own offer keeps all lines", l.Offer(), nil)
	accept("its answer", "m=video 0 RTP/AVP 96", "m=audio 4010 RTP/AVP 0 8")
	accept("an answer without our line", "m=video 0 RTP/AVP 96")
	l = testLocal()
	say("first offer", l.Offer(), nil)
	accept("answer with a number of its own for keys", "m=audio 4000 RTP/AVP 8 110", "a=rtpmap:110 telephone-event/8000")
	say("second offer", l.Offer(), nil)
	accept("refused by port", "m=audio 0 RTP/AVP 8")
	golden(t, "sdp.golden", log.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestDirectionMirror(t *testing.T) {
	for _, c := range [][2]Direction{{SendRecv, SendRecv}, {SendOnly, RecvOnly}, {RecvOnly, SendOnly}, {Inactive, Inactive}} {
		if got := c[0].Mirror(); got != c[1] {
			t.Errorf("%v mirrored is %v, want %v", c[0], got, c[1])
		}
	}
}

// FuzzSDP: whatever is offered, an answer has the offer's lines, is read by the same reader, and is never much longer.
func FuzzSDP(f *testing.F) {
	f.Add([]byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n"))
	f.Add([]byte("m=audio 1/2 RTP/AVP 8\nc=IN IP6 ::1\na=rtcp:1 IN IP4 1.2.3.4\na=ptime:20\na=maxptime:10"))
	f.Add([]byte("m=image 1 udptl t38\r\nm=audio 65535 RTP/AVP 96\r\na=rtpmap:96 PCMU/8000\r\nc=IN IP4 1.2.3.4/1"))
	f.Add([]byte("m=audio 1 RTP/SAVP 8\nc=IN IP4 1.2.3.4\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr|2^20|1:4"))
	f.Add(body(append([]string{"v=0"}, fromBrowser("abcd", "actpass")...)...))
	f.Fuzz(func(t *testing.T, text []byte) {
		offer, err := Parse(text)
		if err != nil {
			return
		}
		l := secured(Plain)
		answer, _, err := l.Answer(offer)
		if err != nil {
			return
		}
		back, err := Parse(answer)
		if err != nil || len(back) != len(offer) {
			t.Fatalf("offer %q\nanswer %q: %v", text, answer, err)
		}
		for i := range back {
			if back[i].Kind != offer[i].Kind || back[i].Proto != offer[i].Proto || (i != l.index) != (back[i].Port == 0) {
				t.Fatalf("line %d of %q answered %q", i, text, answer)
			}
		}
		if len(answer) > len(text)+900 {
			t.Fatalf("%d bytes answered with %d", len(text), len(answer))
		}
		again, _, err := l.Answer(offer)
		if err != nil || string(again) != string(answer) {
			t.Fatalf("the same offer again: %v\n%s\n%s", err, answer, again)
		}
	})
}
