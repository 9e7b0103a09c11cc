package sip

import (
	"bytes"
	"encoding/base64"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline"
	srtp "hotline/media/secure"
	"hotline/sip/sdp"
	"hotline/sip/siprec"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// secretRecorder is a recorder behind a connection, and a rig whose trunk's calls are duplicated to it.
func secretRecorder(t *testing.T, network, uri string, change func(*wire.Trunk)) (recorderPhone, *streamCarrier, *rig) {
	c := newStreamCarrier(t, network, "127.0.0.1:0")
	r := newRig(t, func(cfg *Config) {
		cfg.Recorder = &tape{}
		cfg.Trunks[0].RecordTo, cfg.Trunks[0].RecordCA = strings.Replace(uri, "HOST", c.ln.Addr().String(), 1), caFile(t)
		if change != nil {
			change(&cfg.Trunks[0])
		}
	})
	c.engine = r.addr
	return recorderPhone{c.phone, newPhone(t, r.addr)}, c, r
}

// secret is the recorder's description with a key for each stream.
func (p recorderPhone) secret(dir string) string {
	body := strings.ReplaceAll(p.answer(dir), "RTP/AVP", "RTP/SAVP")
	for i, label := range []string{"a=label:1\r\n", "a=label:2\r\n"} {
		key := base64.StdEncoding.EncodeToString(fill("RS"[i], 28))
		body = strings.Replace(body, label, label+"a=crypto:1 AEAD_AES_128_GCM inline:"+key+"\r\n", 1)
	}
	return body
}

// TestRecordingSessionSecret: over tls the recording session's streams are protected, each by keys of its own, which stay as they are when
// it is told who has joined; the recorder's requests come by the same connection, and no calls; one that is cut is made again (RFC 7866 §12).
func TestRecordingSessionSecret(t *testing.T) {
	p, c, r := secretRecorder(t, "tls", "sips:rec@HOST", func(t *wire.Trunk) { t.SRTP = wire.SRTPRequired })
	c.connected()
	_, in, _ := r.securePair(t)
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	inv, lines, _ := p.asked(t)
	if !strings.HasPrefix(inv.start, "INVITE sips:rec@") || !strings.HasPrefix(uriIn(inv.get("contact")), "sips:") || len(lines) != 2 {
		t.Fatalf("%s, Contact %s", inv.start, inv.get("contact"))
	}
	for i, l := range lines {
		if l.Proto != "RTP/SAVP" || len(l.Crypto) == 0 || l.Crypto[0].Suite != "AEAD_AES_128_GCM" || l.Label != label(i) {
			t.Fatalf("stream %d: %+v", i, l)
		}
	}
	keys := [2][]byte{lines[0].Crypto[0].Key, lines[1].Crypto[0].Key}
	if bytes.Equal(keys[0], keys[1]) {
		t.Error("both streams have the same key")
	}
	p.reply(inv, 200, "rec", p.secret("recvonly"), "Contact: <sips:rec@"+c.ln.Addr().String()+">")
	p.want("ACK")
	if !p.opens(srtp.GCM128, keys[0]) {
		t.Error("the customer's stream cannot be opened with its key")
	}

	// The recorder pauses, and goes on.
	l := p.called(inv, "rec")
	l.ask("INVITE", p.secret("inactive"))
	res := p.want("200 INVITE")
	if got, err := sdp.Parse([]byte(res.body)); err != nil || len(got) != 2 || got[0].Proto != "RTP/SAVP" || got[0].Dir != sdp.Inactive || len(got[0].Crypto) != 1 || !bytes.Equal(got[0].Crypto[0].Key, keys[0]) || !bytes.Equal(got[1].Crypto[0].Key, keys[1]) {
		t.Errorf("%v\n%s", err, res.body)
	}
	l.ack("")
	if v := versionOf(res.body); v == versionOf(inv.body) {
		t.Errorf("another description of version %s", v)
	}

	// It calls nobody in the trunk's name.
	stranger := p.dialler("95500")
	stranger.ask("INVITE", p.sdp(1))
	stranger.ackRefusal(p.want("401 INVITE"))

	// Its connection is cut: the BYE goes over the next.
	_, was, _ := r.sw.wire.WayToRecorder("carrier")
	c.stream.Close()
	c.connected()
	wiretest.Eventually(t, "another connection", func() bool {
		_, is, err := r.sw.wire.WayToRecorder("carrier")
		return err == nil && is != was
	})
	r.do(hotline.StopRecord{Call: in.Call})
	p.reply(p.want("BYE"), 200, "", "")
}

// securePair is an answered call of the trunk's.
func (r *rig) securePair(t *testing.T) (*line, hotline.Incoming, *sipMsg) {
	t.Helper()
	p := newStreamPhone(t, r, "tls")
	l := p.dialler("95500")
	l.ask("INVITE", securedBody(p, srtp.GCM128, fill('K', 28)))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	res := l.establish()
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	_, port := ourKey(t, res.body)
	var spoken sync.WaitGroup
	spoken.Go(func() { // while the test looks elsewhere
		s := secureSpeaker{t: t, p: p, seq: 100}
		s.speak(srtp.GCM128, fill('K', 28), port, 100)
	})
	t.Cleanup(spoken.Wait)
	return l, in, res
}

// TestRecorderWithoutKeys: a recorder that knows no keys is asked again without, where that is allowed.
func TestRecorderWithoutKeys(t *testing.T) {
	for srtpOf, kinds := range map[wire.SRTP][]string{
		wire.SRTPOptional: {"RTP/SAVP", "UDP/TLS/RTP/SAVP", "RTP/AVP"}, wire.SRTPRequired: {"RTP/SAVP", "UDP/TLS/RTP/SAVP"}, wire.SRTPOff: {"RTP/AVP"},
	} {
		t.Run(string(srtpOf), func(t *testing.T) {
			p, c, r := secretRecorder(t, "tls", "sip:rec@HOST;transport=tls", func(t *wire.Trunk) { t.SRTP = srtpOf })
			c.connected()
			call := r.inbound
			if srtpOf == wire.SRTPRequired {
				call = func() (*line, hotline.Incoming, *sipMsg) { return r.securePair(t) }
			}
			_, in, _ := call()
			r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
			for i, proto := range kinds {
				inv, lines, _ := p.asked(t)
				if lines[0].Proto != proto || lines[1].Proto != proto {
					t.Fatalf("%s, want %s", lines[0].Proto, proto)
				}
				if i == len(kinds)-1 && proto == "RTP/AVP" {
					p.reply(inv, 200, "rec", p.answer("recvonly"))
					p.want("ACK")
					r.do(hotline.StopRecord{Call: in.Call})
					p.reply(p.want("BYE"), 200, "", "")
					return
				}
				p.reply(inv, 488, "rec", "")
				p.want("ACK")
			}
			p.none("INVITE", 300*time.Millisecond) // it is tried again later, and never without
		})
	}
}

// TestRecorderComesLater: a call that begins while there is no connection to its recorder is duplicated from when there is one.
func TestRecorderComesLater(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.3:0") // where nobody else takes the port meanwhile
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr()
	ln.Close()
	r := newRig(t, func(cfg *Config) {
		cfg.Recorder = &tape{}
		cfg.Trunks[0].RecordTo = "sip:rec@" + at.String() + ";transport=tcp"
	})
	_, in, _ := r.inbound()
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	wiretest.Eventually(t, "a failure", func() bool { return r.sw.cfg.Metrics.RecorderFailures.Load() > 0 })
	c := newStreamCarrier(t, "tcp", at.String())
	c.engine = r.addr
	c.connected()
	p := recorderPhone{c.phone, newPhone(t, r.addr)}
	m := p.wait("INVITE", 10*time.Second)
	if m == nil {
		t.Fatal("the recorder is not asked when it is there")
	}
	p.reply(m, 200, "rec", p.answer("recvonly"))
	p.want("ACK")
	if !strings.Contains(uriIn(m.get("contact")), ";transport=tcp") {
		t.Errorf("Contact %s", m.get("contact"))
	}
	r.do(hotline.StopRecord{Call: in.Call})
	p.reply(p.want("BYE"), 200, "", "")
}

// TestRecordingTakenSecret: a recording client's streams may be protected, each by keys of its own.
func TestRecordingTakenSecret(t *testing.T) {
	rec := &tape{}
	r := newRig(t, func(c *Config) { c.Recorder, c.Trunks[0].Records = rec, true })
	p, other := newStreamPhone(t, r, "tls"), newPhone(t, r.addr)
	offer := strings.ReplaceAll(recordingOffer(p, other), "RTP/AVP", "RTP/SAVP")
	for i, label := range []string{"96", "97"} {
		crypto := "a=crypto:1 AEAD_AES_128_GCM inline:" + base64.StdEncoding.EncodeToString(fill("XY"[i], 28))
		offer = strings.Replace(offer, "a=label:"+label, crypto+"\r\na=label:"+label, 1)
	}
	kind, body := siprec.Join([]byte(offer), siprec.Metadata{Session: "s"})
	l := p.dialler("recorder")
	l.extra = "Require: siprec\r\n"
	p.send(l.request("INVITE", l.seq, l.branch, string(body), kind))
	in := want(r, func(s hotline.Incoming) bool { return s.Recording })
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	lines, err := sdp.Parse([]byte(res.body))
	if err != nil || len(lines) != 3 || lines[1].Proto != "RTP/SAVP" || len(lines[1].Crypto) != 1 || len(lines[2].Crypto) != 1 || bytes.Equal(lines[1].Crypto[0].Key, lines[2].Crypto[0].Key) {
		t.Fatalf("%v\n%s", err, res.body)
	}
	l.made(res)
	l.ack("")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	var both sync.WaitGroup
	for i, from := range []*phone{p, other} {
		both.Go(func() {
			s := secureSpeaker{t: t, p: from, seq: 100}
			s.speak(srtp.GCM128, fill("XY"[i], 28), uint16(lines[i+1].Port), 40)
		})
	}
	both.Wait()
	if left, right, _ := rec.counts(0x55); left < 8 || right < 8 {
		t.Errorf("%d frames left, %d right", left, right)
	}
	l.ask("BYE", "")
	p.want("200 BYE")
	want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg })
	r.idle(time.Second)
}
