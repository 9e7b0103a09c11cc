package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/media"
	"hotline/sip/wire"
)

func TestConfigFaults(t *testing.T) {
	_, err := New(Config{Codecs: []media.Codec{18}})
	for _, what := range []string{"no media engine", "nobody takes the signals", "codec 18", "no address to listen on", "no logger"} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%q is not named: %v", what, err)
		}
	}
}

func TestKeyOf(t *testing.T) {
	for in, want := range map[string]byte{"0": '0', "9": '9', "*": '*', "#": '#', "a": 'A', "D": 'D', "10": '*', "11": '#', "12": 'A', "15": 'D', "": 0, "16": 0, "x": 0, "55": 0, "é": 0} {
		got, ok := keyOf(in)
		if got != want || ok != (want != 0) {
			t.Errorf("%q: %q %v", in, got, ok)
		}
	}
	for in, want := range map[string]byte{"Signal=5\r\nDuration=160": '5', "Duration=1\nSIGNAL = *\n": '*', "Duration=160": 0, "Signal=": 0, "": 0} {
		if got, _ := relayKey(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// TestGlareTimes: 2.1–4 s for the owner of the Call-ID, 0–2 s for the other, in steps of 10 ms (RFC 3261 §14.1).
func TestGlareTimes(t *testing.T) {
	for range 1000 {
		ours, theirs := (&leg{}).glare(), (&leg{incoming: true}).glare()
		if ours < 2100*time.Millisecond || ours > 4*time.Second || theirs < 0 || theirs > 2*time.Second || (ours+theirs)%(10*time.Millisecond) != 0 {
			t.Fatalf("%v and %v", ours, theirs)
		}
	}
}

func TestContactOf(t *testing.T) {
	for in, want := range map[string]string{
		"sip:a@192.0.2.1:5062;transport=tcp?x=y": "sip:a@192.0.2.1:5062;transport=tcp", "sips:a@b": "sips:a@b", "tel:+1": "", "*": "", "http://x": "",
	} {
		var c gosip.ContactHeader
		if err := gosip.ParseUri(in, &c.Address); err != nil {
			t.Fatal(in, err)
		}
		got, ok := contactOf(&c)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s: %s %v", in, got.String(), ok)
		}
	}
	if _, ok := contactOf(nil); ok {
		t.Error("no Contact is one")
	}
}

func TestJoined(t *testing.T) {
	one := []hotline.Member{{Leg: "c", Hears: []hotline.LegID{"a"}}, {Leg: "a"}, {Leg: "b"}}
	for leg, want := range map[int]bool{1: true, 2: false} {
		if got := joined(one, one[leg], "c"); got != want {
			t.Errorf("%s: %v", one[leg].Leg, got)
		}
	}
	muted := []hotline.Member{{Leg: "a", Hears: []hotline.LegID{"c"}}}
	if !joined(muted, muted[0], "c") || joined(nil, hotline.Member{Leg: "a"}, "c") {
		t.Error("who hears the customer is joined with it")
	}
	whisper := []hotline.Member{
		{Leg: "c", Hears: []hotline.LegID{"a"}}, {Leg: "a", Hears: []hotline.LegID{"c", "lead"}}, {Leg: "lead", Hears: []hotline.LegID{"a", "c"}},
	}
	if !joined(whisper, whisper[1], "c") || joined(whisper, whisper[2], "c") {
		t.Error("a lead who whispers is recorded, or the agent is not")
	}
	held := []hotline.Member{{Leg: "lead", Hears: []hotline.LegID{"c"}, Aside: true}}
	if joined(held, held[0], "c") {
		t.Error("a lead who listens on while the customer is held is recorded")
	}
	barge := []hotline.Member{{Leg: "c", Hears: []hotline.LegID{"a", "lead"}}, {Leg: "a"}, {Leg: "lead"}}
	if !joined(barge, barge[1], "c") || !joined(barge, barge[2], "c") {
		t.Error("not all whom the customer hears are recorded")
	}
}

// TestCallIDs sort by time, are plain and differ.
func TestCallIDs(t *testing.T) {
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	seen := map[hotline.CallID]bool{}
	last := hotline.CallID("")
	for i := range 1000 {
		id := hotline.NewCallID(at.Add(time.Duration(i) * time.Millisecond))
		if len(id) != 20 || strings.Trim(string(id), "0123456789abcdefghjkmnpqrstvwxyz") != "" || seen[id] || id <= last {
			t.Fatalf("%q after %q", id, last)
		}
		seen[id], last = true, id
	}
}

// TestUpdateRefused: an offer in an UPDATE that cannot be met leaves the session; one that meets an offer of ours is
// glare (RFC 3311 §5.2).
func TestUpdateRefused(t *testing.T) {
	r := newRig(t, nil)
	l, in, _ := r.inbound()
	l.ask("UPDATE", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n")
	l.p.want("488 UPDATE")
	l.seq++
	l.p.send(l.request("UPDATE", l.seq, "z9hG4bK"+word(), "hello", "text/plain"))
	l.p.want("415 UPDATE")
	leg := r.sw.leg(in.Leg)
	r.sw.post(leg, leg.reoffer)
	ours := l.p.want("INVITE")
	l.ask("UPDATE", l.p.sdp(2))
	l.p.want("491 UPDATE")
	l.p.reply(ours, 200, "", l.p.sdp(3))
	l.p.want("ACK")
	l.ask("BYE", "")
	l.p.want("200 BYE")
}

// TestPhonesOnTwoSockets: phones of one agent registered at different addresses of the engine are told the address they know, and
// whichever answers is heard.
func TestPhonesOnTwoSockets(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Listen = []wire.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}, {Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.2:0")}}
	})
	a, b := newPhone(t, r.sw.wire.Listening()[0].Addr), newPhone(t, r.sw.wire.Listening()[1].Addr)
	a.register("8001")
	b.register("8001")
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, Agent: "8001"})
	ia, ib := a.want("INVITE"), b.want("INVITE")
	for _, c := range []struct {
		m    *sipMsg
		host string
	}{{ia, "127.0.0.1"}, {ib, "127.0.0.2"}} {
		if !strings.Contains(c.m.body, "c=IN IP4 "+c.host) || !strings.Contains(c.m.get("contact"), c.host) || !strings.Contains(c.m.get("via"), c.host) {
			t.Errorf("%s: %s\n%s", c.host, c.m.get("contact"), c.m.body)
		}
	}
	a.reply(ia, 180, "a", "")
	want[hotline.Ringing](r, nil)
	b.reply(ib, 200, "b", b.sdp(1))
	b.want("ACK")
	a.reply(a.want("CANCEL"), 200, "a", "")
	a.reply(ia, 487, "a", "")
	want[hotline.PickedUp](r, nil)
	b.speak(ib.body, 0x55, 5)
	want[hotline.MediaUp](r, nil)
	b.called(ib, "b").ask("BYE", "")
	b.want("200 BYE")
}
