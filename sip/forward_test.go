package sip

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/siprec"
	"hotline/sip/wire"
)

// recorderPhone is a third party's recorder (RFC 7866): a phone, and another one for the second stream.
type recorderPhone struct {
	*phone
	others *phone
}

func newRecorderPhone(t *testing.T) recorderPhone {
	p := newPhone(t, netip.MustParseAddrPort("127.0.0.1:9"))
	return recorderPhone{p, newPhone(t, p.engine)}
}

// answer is the recorder's answer, both streams in the direction.
func (p recorderPhone) answer(dir string) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 8\r\na=%s\r\na=label:1\r\nm=audio %d RTP/AVP 8\r\na=%s\r\na=label:2\r\n", p.rtpPort(), dir, p.others.rtpPort(), dir)
}

// asked waits for an INVITE and reads it.
func (p recorderPhone) asked(t *testing.T) (*sipMsg, []sdp.Media, siprec.Metadata) {
	t.Helper()
	inv := p.want("INVITE")
	parts, err := siprec.Split(inv.get("content-type"), []byte(inv.body))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := sdp.Parse(parts.SDP)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := siprec.Parse(parts.Metadata)
	if err != nil {
		t.Fatal(err)
	}
	return inv, lines, meta
}

func (p recorderPhone) heardByte(b byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Count(p.heard, []byte{b})
}

// forwardRig is a rig whose trunk's calls are duplicated to the recorder.
func forwardRig(t *testing.T, p recorderPhone) *rig {
	r := newRig(t, func(c *Config) {
		c.Recorder = &tape{}
		c.Trunks[0].RecordTo = "sip:rec@" + p.addr()
	})
	p.engine, p.others.engine = r.addr, r.addr
	return r
}

// TestRecordingSession: a call is duplicated with who speaks in which stream, and ends with the recording (RFC 7866 §6.1).
func TestRecordingSession(t *testing.T) {
	p := newRecorderPhone(t)
	r := forwardRig(t, p)
	caller, agent, in, answer, offer := r.connect()
	leg := in.Call.Sub(1)
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, lines, meta := p.asked(t)
	if inv.get("require") != "siprec" || !strings.Contains(inv.get("contact"), "+sip.src") {
		t.Errorf("Require %q, Contact %q", inv.get("require"), inv.get("contact"))
	}
	if len(lines) != 2 || lines[0].Label != "1" || lines[1].Label != "2" || lines[0].Dir != sdp.SendOnly || lines[1].Dir != sdp.SendOnly {
		t.Errorf("offered: %+v", lines)
	}
	if len(meta.Participants) != 1 || meta.Participants[0].Labels[0] != "1" {
		t.Errorf("participants: %+v", meta)
	}
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	ack := p.want("ACK")

	r.do(hotline.Pair(in.Call, in.Leg, leg, 0))
	again, _, meta := p.asked(t)
	if len(meta.Participants) != 2 || meta.Participants[1].AOR != "sip:8001@"+testDomain || meta.Participants[1].Labels[0] != "2" {
		t.Errorf("participants: %+v", meta)
	}
	if again.get("call-id") != inv.get("call-id") || again.seq() != inv.seq()+1 || tagIn(again.get("to")) != "rec" || ack.seq() != inv.seq() {
		t.Errorf("a re-INVITE of another dialog: %s", again.start)
	}
	p.reply(again, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	var both sync.WaitGroup
	both.Go(func() { caller.p.speak(answer, 0x11, 20) })
	both.Go(func() { agent.p.speak(offer, 0x22, 20) })
	both.Wait()
	if !p.hears(1000) || !p.others.hears(1000) {
		t.Fatal("the recorder hears nothing")
	}
	if p.heardByte(0x22) > 0 || (recorderPhone{p.others, p.others}).heardByte(0x11) > 0 {
		t.Error("the streams are mixed up")
	}
	if !caller.p.hears(1000) || !agent.p.hears(1000) {
		t.Error("caller and agent do not hear each other")
	}
	if n := r.sw.cfg.Metrics.Recorders.Load(); n != 1 {
		t.Errorf("%d recording sessions", n)
	}
	r.do(hotline.StopRecord{Call: in.Call})
	bye := p.want("BYE")
	p.reply(bye, 200, "", "")
	if n := r.sw.cfg.Metrics.Recorders.Load(); n != 0 {
		t.Errorf("%d recording sessions", n)
	}
}

// TestRecorderAway: a recorder that refuses, or that ends the session, is asked again while the call lasts, and the call
// does not feel it.
func TestRecorderAway(t *testing.T) {
	p := newRecorderPhone(t)
	r := forwardRig(t, p)
	_, _, in, _, _ := r.connect()
	r.do(hotline.Pair(in.Call, in.Leg, in.Call.Sub(1), 0))
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, meta := p.asked(t)
	if len(meta.Participants) != 2 {
		t.Errorf("participants: %+v", meta)
	}
	p.reply(inv, 503, "x", "")
	p.want("ACK")
	again := p.wait("INVITE", 10*time.Second)
	if again == nil || again.get("call-id") == inv.get("call-id") {
		t.Fatal("the recorder is not asked again")
	}
	p.reply(again, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	l := p.called(again, "rec")
	l.ask("BYE", "")
	p.want("200 BYE")
	if third := p.wait("INVITE", 10*time.Second); third == nil {
		t.Error("the recorder is not asked again after its BYE")
	} else {
		p.reply(third, 200, "rec", p.answer("recvonly"))
		p.want("ACK")
	}
	if n := r.sw.cfg.Metrics.RecorderFailures.Load(); n != 2 {
		t.Errorf("%d failures", n)
	}
	if r.sw.Count() != 2 {
		t.Error("the call felt it")
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	p.reply(p.want("BYE"), 200, "", "")
}

// TestRecorderAsks: the recorder pauses the streams and asks for the whole metadata (RFC 7866 §7.1.2).
func TestRecorderAsks(t *testing.T) {
	p := newRecorderPhone(t)
	r := forwardRig(t, p)
	caller, _, in, answer, _ := r.connect()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, _, _ := p.asked(t)
	p.reply(inv, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	l := p.called(inv, "rec")
	l.ask("INVITE", p.answer("inactive"))
	res := p.want("200 INVITE")
	lines, err := sdp.Parse([]byte(res.body))
	if err != nil || len(lines) != 2 || lines[0].Label != "1" || lines[1].Dir != sdp.Inactive {
		t.Errorf("%v\n%s", err, res.body)
	}
	l.ack("")
	p.forget()
	caller.p.speak(answer, 0x11, 5)
	if p.heardByte(0x11) > 0 {
		t.Error("paused and still sent")
	}
	l.seq++
	p.send(l.request("UPDATE", l.seq, "z9hG4bK"+word(), "please", siprec.TypeRequest))
	p.want("200 UPDATE")
	whole, _, meta := p.asked(t)
	if len(meta.Participants) != 1 {
		t.Errorf("%+v", meta)
	}
	p.reply(whole, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	caller.p.speak(answer, 0x11, 15)
	if !p.hears(160) {
		t.Error("not sent again")
	}
}

func TestRecordToFaults(t *testing.T) {
	for uri, good := range map[string]bool{
		"sip:rec@192.0.2.9": true, "sip:192.0.2.9:5070": true, "sip:[2001:db8::1]": true, "sip:rec@recorder.example": true, "rec": false, "tel:1": false,
		"sips:rec@recorder.example": true, "sip:rec@192.0.2.9;transport=tcp": true, "sip:rec@192.0.2.9;transport=TLS": true, "sips:192.0.2.9;transport=tcp": true,
		"sips:192.0.2.9;transport=udp": false, "sip:192.0.2.9;transport=ws": false, "sip:192.0.2.9?Route=x": false, "sip:rec@0.0.0.0": false, "sip:rec@a_b c": false,
	} {
		_, err := New(Config{Trunks: []wire.Trunk{{Name: "a", RecordTo: uri}}})
		if got := !strings.Contains(err.Error(), "trunk a"); got != good {
			t.Errorf("%s: %v", uri, err)
		}
	}
}
