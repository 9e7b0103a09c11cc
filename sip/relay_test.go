package sip

import (
	"errors"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"hotline"
	"hotline/media"
	"hotline/sip/sdp"
)

// tape is a Recorder that counts frames by their first byte.
type tape struct {
	mu          sync.Mutex
	started     []hotline.Record
	codec       media.Codec
	left, right map[byte]int
	closed      int
	err         error
	panics      bool
}

type tapeSide struct {
	t *tape
	m *map[byte]int
}

func (s tapeSide) Frame(f media.Frame) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if len(f.Payload) > 0 {
		(*s.m)[f.Payload[0]]++
	}
}

func (t *tape) Start(r hotline.Record, c media.Codec) (Recording, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.panics {
		panic("no disk")
	}
	t.started, t.codec = append(t.started, r), c
	t.left, t.right = make(map[byte]int), make(map[byte]int)
	return t, t.err
}

func (t *tape) Left() media.Tap  { return tapeSide{t, &t.left} }
func (t *tape) Right() media.Tap { return tapeSide{t, &t.right} }

func (t *tape) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed++
}

func (t *tape) counts(b byte) (left, right, closed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left[b], t.right[b], t.closed
}

// connect brings a caller and agent 8001 to talk. It returns both phones, the agent's dialog and the caller's.
func (r *rig) connect() (caller, agent *line, in hotline.Incoming, answer, offer string) {
	r.t.Helper()
	c, in, res := r.inbound()
	leg := in.Call.Sub(1)
	p, inv := r.dialAgent(in.Call, leg, nil)
	p.reply(inv, 200, "a", p.sdp(1))
	p.want("ACK")
	want(r, func(s hotline.PickedUp) bool { return s.Leg == leg })
	return c, p.called(inv, "a"), in, res.body, inv.body
}

func TestRelayAndRecording(t *testing.T) {
	rec := &tape{}
	r := newRig(t, func(c *Config) { c.Recorder = rec })
	caller, agent, in, answer, offer := r.connect()
	leg := in.Call.Sub(1)
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	r.do(hotline.Record{Call: in.Call, Contact: in.Call.Contact(), Customer: in.Leg})
	caller.p.speak(answer, 0x11, 5)
	agent.p.speak(offer, 0x22, 5)
	if left, _, _ := rec.counts(0x11); left < 3 {
		t.Errorf("%d frames left", left)
	}
	if _, right, _ := rec.counts(0x22); right != 0 {
		t.Error("the agent is recorded before it is joined")
	}
	r.do(hotline.Pair(in.Call, in.Leg, leg, 0))
	r.do(hotline.Pair(in.Call, in.Leg, leg, 0))
	var both sync.WaitGroup
	both.Go(func() { caller.p.speak(answer, 0x11, 20) })
	both.Go(func() { agent.p.speak(offer, 0x22, 20) })
	both.Wait()
	if !caller.p.hears(1000) || !agent.p.hears(1000) {
		t.Error("they do not hear each other")
	}
	if _, right, _ := rec.counts(0x22); right < 10 {
		t.Errorf("%d frames right", right)
	}
	if _, right, _ := rec.counts(0x11); right != 0 {
		t.Error("the customer on the right")
	}
	// Parted: nobody hears anybody, the right channel is silent.
	r.do(hotline.Mix{Call: in.Call})
	r.do(hotline.Play{Leg: in.Leg, Play: "x", Prompts: []string{"silence:20"}})
	want[hotline.PlayEnded](r, nil) // everything before it is done
	agent.p.forget()
	_, before, _ := rec.counts(0x22)
	both.Go(func() { caller.p.speak(answer, 0x11, 10) })
	both.Go(func() { agent.p.speak(offer, 0x22, 10) })
	both.Wait()
	if _, after, _ := rec.counts(0x22); after != before {
		t.Errorf("%d frames right after the parting", after-before)
	}
	agent.p.mu.Lock()
	for _, b := range agent.p.heard {
		if b == 0x11 {
			t.Error("still heard after the parting")
			break
		}
	}
	agent.p.mu.Unlock()
	caller.ask("BYE", "")
	caller.p.want("200 BYE")
	r.do(hotline.Hangup{Leg: leg, Cause: hotline.CauseHangup})
	agent.p.reply(agent.p.want("BYE"), 200, "", "")
	r.idle(time.Second)
	if _, _, closed := rec.counts(0); closed != 1 || len(rec.started) != 1 || rec.started[0].Customer != in.Leg || rec.codec != media.PCMA {
		t.Errorf("closed %d times, started %+v in %s", closed, rec.started, rec.codec)
	}
	if err := r.sw.Do(t.Context(), hotline.StopRecord{Call: in.Call}); err != nil {
		t.Errorf("stopping what is over: %v", err)
	}
}

// TestDialPrefersCodec: what the caller speaks is offered to the agent first.
func TestDialPrefersCodec(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n")
	in := want[hotline.Incoming](r, nil)
	_, inv := r.dialAgent(in.Call, in.Call.Sub(1), nil)
	lines, err := sdp.Parse([]byte(inv.body))
	if err != nil || lines[0].Codecs[0].Name != "PCMU" {
		t.Errorf("%v %s", err, inv.body)
	}
}

func TestRecorderFails(t *testing.T) {
	rec := &tape{err: errors.New("disk full")}
	r := newRig(t, func(c *Config) { c.Recorder = rec })
	l, in, _ := r.inbound()
	r.do(hotline.Record{Call: in.Call, Contact: "x", Customer: in.Leg})
	r.do(hotline.Play{Leg: in.Leg, Play: "p", Prompts: []string{"silence:20"}})
	want[hotline.PlayEnded](r, nil) // the call goes on
	l.ask("BYE", "")
	l.p.want("200 BYE")
	if _, _, closed := rec.counts(0); closed != 0 {
		t.Error("closed what was never begun")
	}
}

// TestPanicEndsOneCall: a broken invariant in one call ends that call and no other (design, rule 7).
func TestPanicEndsOneCall(t *testing.T) {
	rec := &tape{panics: true}
	r := newRig(t, func(c *Config) { c.Recorder = rec })
	other, otherIn, _ := r.inbound()
	l, in, _ := r.inbound()
	r.do(hotline.Record{Call: in.Call, Contact: "x", Customer: in.Leg})
	l.p.reply(l.p.want("BYE"), 200, "", "")
	if end := want[hotline.Ended](r, nil); end.Leg != in.Leg || end.Cause != hotline.CausePanic {
		t.Errorf("%+v", end)
	}
	leg := r.sw.leg(otherIn.Leg)
	r.sw.post(leg, func() { panic("broken") })
	other.p.reply(other.p.want("BYE"), 200, "", "")
	want(r, func(s hotline.Ended) bool { return s.Leg == otherIn.Leg && s.Cause == hotline.CausePanic })
	if n := r.sw.cfg.Metrics.Panics.Load(); n != 2 {
		t.Errorf("%d panics counted", n)
	}
	r.inbound()
}

// TestPromptLanguages: the language asked for, then the switch's own order.
func TestPromptLanguages(t *testing.T) {
	wav := func(ms int) *fstest.MapFile {
		n := ms * 8
		head := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data")
		b := append(head, byte(n), byte(n>>8), 0, 0)
		for range n {
			b = append(b, 0x80)
		}
		return &fstest.MapFile{Data: b}
	}
	r := newRig(t, func(c *Config) {
		c.Library = media.NewLibrary(fstest.MapFS{"zh-CN/hello.wav": wav(40), "en-US/bye.wav": wav(40)})
		c.Languages = []string{"zh-CN", "en-US"}
	})
	_, in, _ := r.inbound()
	for i, c := range []struct {
		lang, name string
		found      bool
	}{{"zh-CN", "hello", true}, {"en-US", "hello", true}, {"fr-FR", "bye", true}, {"zh-CN", "none", false}} {
		id := hotline.PlayID(rune('a' + i))
		r.do(hotline.Play{Leg: in.Leg, Play: id, Prompts: []string{c.name}, Lang: c.lang})
		end := want(r, func(s hotline.PlayEnded) bool { return s.Play == id })
		if end.Complete != c.found || (end.Err == "") != c.found {
			t.Errorf("%s %s: %+v", c.lang, c.name, end)
		}
	}
}
