package media

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// sleepy is a handler that takes its time over keys.
type sleepy struct {
	heard
	nap time.Duration
}

func (s *sleepy) Digit(key byte) {
	time.Sleep(s.nap)
	s.heard.Digit(key)
}

// A handler that holds up the loop is told of, once a leg, and the call goes on.
func TestSlowHandlerIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		b := newBench(t, Config{Logger: slog.New(slog.NewTextHandler(&lines, nil))})
		x := b.phone("127.0.0.1:6000")
		ear := &sleepy{}
		x.leg.handler = ear
		x.talk(2)
		for i, nap := range []time.Duration{0, slowHandler / 2, slowHandler, slowHandler} {
			ear.nap = nap
			h := header{payload: 101, marker: true, seq: x.next.seq, ts: x.next.ts, ssrc: x.next.ssrc}
			x.send(h, []byte{byte(i), 0x80, 3, 32})
			x.next.seq++
			x.next.ts += 800
			want := 0
			if i >= 2 {
				want = 1
			}
			if n := strings.Count(lines.String(), "a handler holds up media"); n != want {
				t.Errorf("after key %d: %d lines, want %d:\n%s", i, n, want, lines.String())
			}
		}
		if got := strings.Join(ear.take(), ","); got != "key 0,key 1,key 2,key 3" && got != "up,key 0,key 1,key 2,key 3" {
			t.Error(got)
		}
		if faults := x.leg.Stats().Faults; faults != 0 {
			t.Errorf("%d faults", faults)
		}
	})
}
