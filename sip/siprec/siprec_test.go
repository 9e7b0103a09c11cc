package siprec

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline/sip/sdp"
)

// day is a call of a customer and an agent.
func day() Metadata {
	at := time.Date(2026, 11, 22, 1, 2, 3, 450e6, time.UTC)
	return Metadata{Session: "c1", Started: at, Participants: []Participant{
		{ID: "leg0", AOR: "sip:13800138000@example.com", Name: "张三 <\"&", Joined: at, Labels: []string{"1"}},
		{ID: "leg1", AOR: "sip:8001@hotline.example", Joined: at.Add(time.Second), Labels: []string{"2"}},
	}}
}

func TestMetadataRoundTrip(t *testing.T) {
	m := day()
	text := m.Marshal()
	for _, want := range []string{
		`<recording xmlns="urn:ietf:params:xml:ns:recording:1">`, "<datamode>complete</datamode>", "<label>1</label>",
		"<start-time>2026-11-22T01:02:03.450Z</start-time>", "张三 &lt;", "<participantstreamassoc", "<recv>",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	got, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := base64.StdEncoding.DecodeString(got.Session); err != nil || len(id) != 16 {
		t.Errorf("session id %q is not base64 of 16 bytes (RFC 7865 §6.11)", got.Session)
	}
	want := day()
	want.Session = got.Session
	for i := range want.Participants {
		want.Participants[i].ID = got.Participants[i].ID
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if p, ok := got.Of("2"); !ok || p.AOR != "sip:8001@hotline.example" {
		t.Errorf("stream 2 is of %v", p)
	}
	if _, ok := got.Of("3"); ok {
		t.Error("stream 3 is of somebody")
	}
	if again := day().Marshal(); string(again) != string(text) {
		t.Error("the same picture has other ids")
	}
}

// TestParseExample reads the shape of RFC 7866 §9's documents, which have more in them than is written here.
func TestParseExample(t *testing.T) {
	m, err := Parse([]byte(`<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns='urn:ietf:params:xml:ns:recording:1'>
 <datamode>complete</datamode>
 <group group_id="g"><associate-time>2010-12-16T23:41:07Z</associate-time></group>
 <session session_id="s1"><sipSessionID>ab30;remote=47</sipSessionID><group-ref>g</group-ref></session>
 <participant participant_id="p1"><nameID aor="sip:bob@biloxi.example"><name xml:lang="it">Bob B</name></nameID></participant>
 <participant participant_id="p2"><nameID aor="tel:+861012345678"/></participant>
 <stream stream_id="st1" session_id="s1"><label>96</label></stream>
 <stream stream_id="st2" session_id="s1"><label>97</label></stream>
 <participantsessionassoc participant_id="p1" session_id="s1"><associate-time>2010-12-16T23:41:07Z</associate-time></participantsessionassoc>
 <participantstreamassoc participant_id="p1"><send>st1</send><recv>st2</recv></participantstreamassoc>
 <participantstreamassoc participant_id="p2"><send>st2</send><recv>st1</recv></participantstreamassoc>
</recording>`))
	if err != nil {
		t.Fatal(err)
	}
	want := Metadata{Session: "s1", Participants: []Participant{
		{ID: "p1", AOR: "sip:bob@biloxi.example", Name: "Bob B", Joined: time.Date(2010, 12, 16, 23, 41, 7, 0, time.UTC), Labels: []string{"96"}},
		{ID: "p2", AOR: "tel:+861012345678", Labels: []string{"97"}},
	}}
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no XML": "SIP/2.0 200 OK", "another document": "<html/>", "cut off": "<recording><participant",
		"too long":  "<recording>" + strings.Repeat(" ", maxMetadata) + "</recording>",
		"too many":  "<recording>" + strings.Repeat("<participant/>", maxParticipants+1) + "</recording>",
		"an entity": `<!DOCTYPE recording [<!ENTITY a "aaaa">]><recording><datamode>&a;</datamode></recording>`,
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrMetadata) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHostileNames(t *testing.T) {
	long := strings.Repeat("字", maxText)
	m := Metadata{Participants: []Participant{{ID: "x", AOR: "sip:a@b", Name: "a\r\nb\x00\u0001" + long}}}
	got, err := Parse(m.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	n := got.Participants[0].Name
	if !strings.HasPrefix(n, "ab字") || len(n) > maxText || strings.ContainsAny(n, "\r\n\x00\x01") || strings.ToValidUTF8(n, "?") != n {
		t.Errorf("%q", n)
	}
}

func TestBody(t *testing.T) {
	kind, body := Join([]byte("v=0\r\n"), day())
	if !IsMultipart(kind) || IsMultipart("application/sdp") || IsMultipart("multipart") {
		t.Error(kind)
	}
	p, err := Split(kind, body)
	if err != nil || string(p.SDP) != "v=0\r\n" || string(p.Metadata) != string(day().Marshal()) || p.Snapshot {
		t.Errorf("%v %+v", err, p)
	}
	for name, c := range map[string][2]string{
		"no boundary":  {"multipart/mixed", string(body)},
		"no type":      {"", string(body)},
		"cut off":      {kind, string(body[:len(body)-20])},
		"one long one": {"multipart/mixed;boundary=x", "--x\r\n\r\n" + strings.Repeat("a", maxMetadata+2) + "\r\n--x--\r\n"},
	} {
		if _, err := Split(c[0], []byte(c[1])); !errors.Is(err, ErrBody) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err = Split("multipart/mixed; boundary=\"x\"", []byte("--x\r\nContent-Type: application/rs-metadata-request\r\n\r\nplease\r\n--x--\r\n"))
	if err != nil || !p.Snapshot || p.SDP != nil {
		t.Errorf("%v %+v", err, p)
	}
}

func TestDescription(t *testing.T) {
	d := Description{
		ID: 7, Version: 8, Addr: netip.MustParseAddr("192.0.2.1"), Codecs: []string{"PCMA", "PCMU"}, Client: true,
		Streams: []Stream{{Port: 4000, Label: "1"}, {Port: 4002, Label: "2"}},
	}
	lines, err := sdp.Parse(d.Bytes())
	if err != nil || len(lines) != 2 {
		t.Fatal(err, lines)
	}
	for i, m := range lines {
		if m.Port != 4000+2*i || m.Label != []string{"1", "2"}[i] || m.Dir != sdp.SendOnly || len(m.Codecs) != 2 {
			t.Errorf("%+v", m)
		}
	}
	d = Description{Addr: netip.MustParseAddr("::1"), Streams: []Stream{
		{Port: 4000, Label: "96", Codec: "PCMU", Type: 0, Proto: "RTP/AVPF"}, {Kind: "video", Proto: "RTP/AVP", Other: []string{"99", "100"}},
	}}
	want := "v=0\r\no=- 0 0 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\n" +
		"m=audio 4000 RTP/AVPF 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=recvonly\r\na=label:96\r\nm=video 0 RTP/AVP 99 100\r\n"
	if got := string(d.Bytes()); got != want {
		t.Errorf("%q", got)
	}
}

// FuzzSplit: no body makes it panic, and what it finds can be read again after Join.
func FuzzSplit(f *testing.F) {
	kind, body := Join([]byte("v=0\r\n"), day())
	f.Add(kind, body)
	f.Add("multipart/mixed;boundary=x", []byte("--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		p, err := Split(kind, body)
		if err != nil {
			return
		}
		m, err := Parse(p.Metadata)
		if err != nil {
			return
		}
		if _, err := Parse(m.Marshal()); err != nil {
			t.Errorf("what was read cannot be written: %v\n%s", err, m.Marshal())
		}
	})
}

// TestIsMultipart: a type may be padded with blanks.
func TestIsMultipart(t *testing.T) {
	for kind, want := range map[string]bool{"multipart/mixed;boundary=b": true, " Multipart/x ": true, "a            ;x=y": false, "multipart/": false, "": false, "            ": false} {
		if IsMultipart(kind) != want {
			t.Errorf("%q: %t", kind, !want)
		}
	}
}
