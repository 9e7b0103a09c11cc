package sip

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/siprec"
)

// recordingOffer is what a recording client offers: a stream of the phone's own, one of the other's, and a video line.
func recordingOffer(p, other *phone) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 99\r\n"+
		"m=audio %d RTP/AVP 8\r\na=sendonly\r\na=label:96\r\nm=audio %d RTP/AVP 8\r\na=sendonly\r\na=label:97\r\n", p.rtpPort(), other.rtpPort())
}

// TestRecordingTaken: a trunk's recording session is answered, both streams are recorded, one left and one right, and the
// call is said to be others' (RFC 7866 §6.2).
func TestRecordingTaken(t *testing.T) {
	rec := &tape{}
	r := newRig(t, func(c *Config) { c.Recorder, c.Trunks[0].Records = rec, true })
	p, other := newPhone(t, r.addr), newPhone(t, r.addr)
	kind, body := siprec.Join([]byte(recordingOffer(p, other)), siprec.Metadata{Session: "s", Participants: []siprec.Participant{
		{ID: "a", AOR: "sip:13800138000@carrier.example", Name: "张三", Labels: []string{"96"}},
		{ID: "b", AOR: "tel:8001", Labels: []string{"97"}},
	}})
	l := p.dialler("recorder")
	l.extra = "Require: siprec\r\n"
	p.send(l.request("INVITE", l.seq, l.branch, string(body), kind))
	in := want(r, func(s hotline.Incoming) bool { return s.Recording })
	if in.From.Number != "13800138000" || in.From.Name != "张三" || in.To != "8001" || in.Trunk != "carrier" {
		t.Errorf("%+v", in)
	}
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	if !strings.Contains(res.get("contact"), "+sip.srs") {
		t.Errorf("Contact %s", res.get("contact"))
	}
	lines, err := sdp.Parse([]byte(res.body))
	if err != nil || len(lines) != 3 || lines[0].Port != 0 || lines[1].Label != "96" || lines[1].Dir != sdp.RecvOnly || lines[2].Label != "97" || lines[2].Port == 0 {
		t.Fatalf("%v\n%s", err, res.body)
	}
	l.made(res)
	l.ack("")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	speak := func() {
		var both sync.WaitGroup
		both.Go(func() { p.speak(fmt.Sprintf("m=audio %d", lines[1].Port), 0x11, 15) })
		both.Go(func() { other.speak(fmt.Sprintf("m=audio %d", lines[2].Port), 0x22, 15) })
		both.Wait()
	}
	speak()
	left, _, _ := rec.counts(0x11)
	_, right, _ := rec.counts(0x22)
	if left < 8 || right < 8 {
		t.Errorf("%d frames left, %d right", left, right)
	}
	if l, _, _ := rec.counts(0x22); l > 0 {
		t.Error("the second stream on the left")
	}
	l.ask("INVITE", strings.ReplaceAll(recordingOffer(p, other), "sendonly", "inactive"))
	if again := p.want("200 INVITE"); strings.Count(again.body, "a=inactive") != 2 {
		t.Error(again.body)
	}
	l.ack("")
	l.ask("BYE", "")
	p.want("200 BYE")
	want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg })
	r.idle(time.Second)
}

// TestRecordingNotTaken: from a trunk that is not said to send any, from an agent, and without streams that can be heard.
func TestRecordingNotTaken(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("recorder")
	l.extra = "Require: siprec\r\n"
	l.ask("INVITE", p.sdp(1))
	res := p.want("420 INVITE")
	if res.get("unsupported") != "siprec" {
		t.Error(res.get("unsupported"))
	}
	l.ackRefusal(res)
	r = newRig(t, func(c *Config) { c.Trunks[0].Records = true })
	p = newPhone(t, r.addr)
	l = p.dialler("recorder")
	l.extra = "Require: siprec\r\n"
	l.ask("INVITE", strings.ReplaceAll(p.sdp(1), "8 0 101", "18"))
	l.ackRefusal(p.want("488 INVITE"))
	r.idle(time.Second)
}
