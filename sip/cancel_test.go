package sip

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"hotline"
)

func TestCancelBeforeAnswer(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Ring{Leg: in.Leg})
	p.want("180 INVITE")
	l.cancel()
	var ok, over *sipMsg
	for ok == nil || over == nil { // in either order
		select {
		case m := <-p.in:
			switch {
			case m.is("200 CANCEL"):
				ok = m
			case m.is("487 INVITE"):
				over = m
			}
		case <-time.After(5 * time.Second):
			t.Fatal("CANCEL not answered")
		}
	}
	l.ackRefusal(over)
	if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseCancelled {
		t.Errorf("%+v", end)
	}
	r.do(hotline.Answer{Leg: in.Leg})
	p.none("200 INVITE", 50*time.Millisecond)
	r.idle(time.Second)
}

// TestCancelAtOnce sends CANCEL right behind the INVITE, with and without a gap (reliability.md §4, 31).
func TestCancelAtOnce(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	for i := range 100 {
		l := p.dialler("95500")
		l.ask("INVITE", p.sdp(1))
		if gap := []time.Duration{0, 0, 100 * time.Microsecond, time.Millisecond}[i%4]; gap > 0 {
			time.Sleep(gap)
		}
		l.cancel()
		var ok, over bool
		for !ok || !over {
			select {
			case m := <-p.in:
				if m.get("call-id") != l.callID {
					continue
				}
				switch {
				case m.is("200 CANCEL"):
					ok = true
				case m.is("487 INVITE"):
					l.ackRefusal(m)
					over = true
				case m.code() >= 200:
					t.Fatal(m.start)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("try %d: cancel answered %v, invite ended %v", i, ok, over)
			}
		}
	}
	r.idle(2 * time.Second)
	if n := r.count(func(s hotline.Signal) bool {
		e, ok := s.(hotline.Ended)
		return ok && e.Cause == hotline.CauseCancelled
	}); n > 100 {
		t.Errorf("%d ends", n)
	}
}

// TestCancelRacesAnswer answers and cancels at the same instant (reliability.md §4, 32): either the caller gets 487 and the
// leg has ended, or it gets 200, talks and hangs up. Nothing in between.
func TestCancelRacesAnswer(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	talked, cancelled := 0, 0
	for i := range 300 {
		l := p.dialler("95500")
		l.ask("INVITE", p.sdp(1))
		in := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
		skew := time.Duration(rand.IntN(400)-200) * time.Microsecond
		var both sync.WaitGroup
		both.Go(func() {
			time.Sleep(skew)
			_ = r.sw.Do(t.Context(), hotline.Answer{Leg: in.Leg}) // it may be over already
		})
		both.Go(func() {
			time.Sleep(-skew)
			l.cancel()
		})
		both.Wait()
		for final := false; !final; {
			select {
			case m := <-p.in:
				if m.get("call-id") != l.callID {
					continue
				}
				switch {
				case m.is("487 INVITE"):
					l.ackRefusal(m)
					cancelled++
					final = true
				case m.is("200 INVITE"):
					l.made(m).ack("")
					l.ask("BYE", "")
					talked++
					final = true
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("try %d: no final answer", i)
			}
		}
		end := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg })
		if end.Cause != hotline.CauseCancelled && end.Cause != hotline.CauseHangup {
			t.Fatalf("%+v", end)
		}
	}
	t.Logf("%d talked, %d cancelled", talked, cancelled)
	if talked == 0 || cancelled == 0 {
		t.Error("there was no race")
	}
	r.idle(5 * time.Second)
}

// TestLostACK: the 200 is repeated T1, 2*T1 … T2 apart and after 64*T1 the call is ended with BYE.
func TestLostACK(t *testing.T) {
	r := newRig(t, func(c *Config) { c.t1 = 20 * time.Millisecond })
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	var times []time.Time
	for {
		select {
		case m := <-p.in:
			if m.is("200 INVITE") {
				times = append(times, m.at)
			}
			if m.is("BYE") {
				p.reply(m, 200, "", "")
				checkSchedule(t, times, m.at)
				if end := want[hotline.Ended](r, nil); end.Cause != hotline.CauseUnreachable {
					t.Errorf("%+v", end)
				}
				r.idle(time.Second)
				return
			}
		case <-time.After(5 * time.Second):
			t.Fatal("neither 200 nor BYE")
		}
	}
}

// TestLost200: the caller misses the answer twice.
func TestLost200(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	missed := 0
	p.drop(func(m *sipMsg) bool {
		if m.is("200 INVITE") && missed < 2 {
			missed++
			return true
		}
		return false
	})
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	l.establish()
	want[hotline.PickedUp](r, nil)
	p.none("200 INVITE", 200*time.Millisecond)
	l.ask("BYE", "")
	p.want("200 BYE")
	r.idle(time.Second)
}

// checkSchedule wants repetitions after 20, 60, 140, 300, 460 … ms and the end at 1280 ms. A loaded machine is late, never
// early.
func checkSchedule(t *testing.T, times []time.Time, bye time.Time) {
	t.Helper()
	due := []int{0, 20, 60, 140, 300, 460, 620, 780, 940, 1100, 1260}
	if len(times) < 6 || len(times) > len(due) {
		t.Errorf("%d copies of the 200, want %d", len(times), len(due))
	}
	for i, at := range times {
		got := at.Sub(times[0])
		if i < len(due) && got < time.Duration(due[i]-10)*time.Millisecond {
			t.Errorf("copy %d after %v, not before %d ms", i, got, due[i])
		}
	}
	if got := bye.Sub(times[0]); got < 1270*time.Millisecond || got > 2*time.Second {
		t.Errorf("BYE after %v", got)
	}
}

// TestHangupBeforeACK: our BYE waits for the ACK (RFC 3261 §15), the leg is over at once.
func TestHangupBeforeACK(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	res := p.want("200 INVITE")
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
	want[hotline.Ended](r, nil)
	p.none("BYE", 30*time.Millisecond)
	l.made(res).ack("")
	p.reply(p.want("BYE"), 200, "", "")
	r.idle(time.Second)
}

// TestByeBeforeACK: a caller that hangs up before its ACK got through, and one that sends BYE instead of CANCEL.
func TestByeBeforeACK(t *testing.T) {
	r := newRig(t, nil)
	p := newPhone(t, r.addr)
	l := p.dialler("95500")
	l.ask("INVITE", p.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Answer{Leg: in.Leg})
	l.made(p.want("200 INVITE"))
	l.ask("BYE", "")
	p.want("200 BYE")
	want[hotline.Ended](r, nil)
	p.none("200 INVITE", 200*time.Millisecond)
	r.idle(time.Second)

	early := p.dialler("95500")
	early.ask("INVITE", p.sdp(1))
	in = want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
	r.do(hotline.Ring{Leg: in.Leg})
	branch := early.branch
	early.made(p.want("180 INVITE"))
	early.ask("BYE", "")
	var bye, invite bool
	for !bye || !invite {
		select {
		case m := <-p.in:
			bye = bye || m.is("200 BYE")
			if m.is("487 INVITE") {
				invite = true
				early.branch, early.seq = branch, early.seq-1
				early.ackRefusal(m)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("early BYE not answered")
		}
	}
	if end := want(r, func(s hotline.Ended) bool { return s.Leg == in.Leg }); end.Cause != hotline.CauseCancelled {
		t.Errorf("%+v", end)
	}
	r.idle(time.Second)
}
