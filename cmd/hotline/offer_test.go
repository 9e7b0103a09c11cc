package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// TestGoneAtTheOffer: callers hang up at the very moment at which an agent's phone begins to ring. It rings no longer than 200 ms after
// that, the agent is free for the next, and each caller is counted once, as abandoned (reliability.md §4, 66). RACES=1000 in `make torture`.
func TestGoneAtTheOffer(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("RACES"))
	if n = min(n, 1000); err != nil || n < 1 {
		n = 30
	}
	e, at := wholeEngine(t)
	phone := wiretest.DialUA(t, "udp", at)
	if res := phone.Register("8001", "pw-8001", "phone", 1, "Expires: 3600"); wiretest.StatusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	wiretest.Eventually(t, "ready", func() bool {
		return e.shard.Submit(ctx, hotline.SetAgent{Agent: "8001", State: hotline.AgentReady}) == nil
	})
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
	late, rang, about := 0, 0, 3*time.Millisecond
	for i := range n {
		caller := wiretest.DialUA(t, "udp", at)
		id := fmt.Sprintf("gone-%d", i)
		invite := strings.Replace(caller.Request("INVITE", "13800001111", "95500", 1, id), "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp), 1)
		caller.Send(invite)
		res := caller.Final()
		if wiretest.StatusOf([]byte(res)) != 200 {
			t.Fatal(res)
		}
		caller.Send(string(wiretest.AckTo([]byte(invite), []byte(res), "ACK")))
		// The phone is called some milliseconds after the ACK. The caller hangs up around then: half of the phones are to ring.
		time.Sleep(about + time.Duration(rand.IntN(1000))*time.Microsecond)
		bye := strings.Replace(strings.Replace(string(wiretest.AckTo([]byte(invite), []byte(res), "BYE")), "CSeq: 1 ", "CSeq: 2 ", 1), "branch=z9hG4bK", "branch=z9hG4bKbye", 1)
		caller.Send(bye)
		gone := time.Now()
		_ = caller.Final()
		r, l := ringsOn(t, phone, gone)
		rang += r
		if r > 0 {
			about = max(0, about-200*time.Microsecond)
		} else {
			about += 200 * time.Microsecond
		}
		late += l
		caller.Conn.Close()
	}
	t.Logf("%d callers, %d phones rang, %d were stopped later than 200 ms", n, rang, late)
	if late > max(1, n/50) || rang == 0 {
		t.Errorf("%d rang, %d of them longer than 200 ms", rang, late)
	}
	wiretest.Eventually(t, "nobody is there", func() bool { return e.hub.Count() == 0 && e.sip.Count() == 0 })
	wiretest.Eventually(t, "each is counted once", func() bool {
		v := e.fold.View(e.clock.Now())
		q := v.Queues[0]
		return q.Today.Abandoned == n && q.Today.Answered == 0 && v.States.Ringing == 0
	})
}

// ringsOn answers what the phone is sent until nothing comes any more.
func ringsOn(t *testing.T, phone *wiretest.UA, gone time.Time) (rang, late int) {
	t.Helper()
	ringing := ""
	for {
		m := phone.Read(150 * time.Millisecond)
		if m == "" && ringing == "" {
			return rang, late
		}
		switch {
		case m == "" && time.Since(gone) > 5*time.Second:
			t.Fatal("it rings on")
		case strings.HasPrefix(m, "INVITE "):
			ringing = m
			rang++
			phone.Send(wiretest.ResponseTo(m, 180))
		case strings.HasPrefix(m, "CANCEL "):
			if time.Since(gone) > 200*time.Millisecond {
				late++
			}
			phone.Send(wiretest.ResponseTo(m, 200))
			phone.Send(wiretest.ResponseTo(ringing, 487))
			ringing = ""
		}
	}
}
