package web

import (
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/web/auth"
)

// TestTrunksInTheLiveStream: who may see the centre is told how the trunks are at once and when they have changed, without a view
// that has; the wall is told nothing of them.
func TestTrunksInTheLiveStream(t *testing.T) {
	b := newBench(t, nil)
	var up atomic.Bool
	b.server.Trunks = func() []Trunk {
		return []Trunk{{Name: "carrier", Up: up.Load(), Calls: 3, MaxCalls: 30, Servers: []TrunkServer{{Server: "sip.example", Network: "tls", Problem: "no route"}}}}
	}
	lead := b.stream(t, b.as(t, auth.Lead), "/api/v1/live/stream")
	wall := b.stream(t, b.as(t, auth.Wallboard), "/api/v1/live/stream")
	told := func() Trunk {
		t.Helper()
		for {
			m, ok := lead.next()
			if !ok {
				t.Fatal("the stream ended")
			}
			if m.event != "trunks" {
				continue
			}
			var got []Trunk
			if err := json.Unmarshal([]byte(m.data), &got); err != nil || len(got) != 1 {
				t.Fatalf("%s, %v", m.data, err)
			}
			return got[0]
		}
	}
	if got := told(); got.Up || got.Calls != 3 || got.MaxCalls != 30 || got.Servers[0].Problem != "no route" {
		t.Errorf("%+v", got)
	}
	for range 3 { // views of the same trunks
		b.put(t, hotline.EngineStarted{Version: "x"})
		time.Sleep(viewStep + 50*time.Millisecond)
	}
	began := time.Now()
	up.Store(true)
	if got := told(); !got.Up {
		t.Errorf("told the same again: %+v", got)
	}
	if d := time.Since(began); d > keepAlive+10*time.Second {
		t.Errorf("told after %v", d)
	}
	lead.stop()
	wall.stop()
	for m := range wall.got {
		if m.event == "trunks" {
			t.Error("the wall is told of trunks")
		}
	}
}
