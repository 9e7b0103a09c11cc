package call_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
	"hotline/call"
)

// TestHubDial makes an agent's call: asked for twice by the same name it is made once, and another name is another call.
func TestHubDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		o := hotline.OwnCall{ID: "one", Agent: "8001", To: "13800000000", For: "old"}
		s, err := h.hub.Dial(t.Context(), o)
		if err != nil || s.State != hotline.StateOutbound || s.Direction != hotline.Outbound || s.Agent != "8001" {
			t.Fatalf("%+v %v", s, err)
		}
		if again, err := h.hub.Dial(t.Context(), o); err != nil || again.Call != s.Call || h.hub.Count() != 1 {
			t.Errorf("again: %+v %v, %d calls", again, err, h.hub.Count())
		}
		time.Sleep(5 * time.Second) // two phones, each picked up after two seconds
		if c := h.hub.Calls("8001"); len(c) != 1 || c[0].State != hotline.StateTalking || c[0].Parties[0].Number != "13800000000" {
			t.Errorf("in the talk: %+v", c)
		}
		if s, err := h.hub.Command(t.Context(), s.Call, hotline.Command{Agent: "8001", Verb: hotline.VerbHangup}); err != nil || s.State != hotline.StateOver {
			t.Errorf("hangup: %+v %v", s, err)
		}
		time.Sleep(time.Second)
		if over, err := h.hub.Dial(t.Context(), o); err != nil || over.Call != s.Call || over.State != hotline.StateOver {
			t.Errorf("after its end: %+v %v", over, err)
		}
		if h.hub.Count() != 0 || h.fake.Open() != 0 {
			t.Errorf("left over: %d calls, %d lines", h.hub.Count(), h.fake.Open())
		}
	})
}

// TestHubDialRefused: what is refused leaves nothing behind and may be asked for once more by the same name.
func TestHubDialRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := true
		h := open(t, func(_ *call.Config, h *house) {
			h.desk.seen = func(q hotline.Request) error {
				if _, ok := q.(hotline.BeginOutbound); ok && busy {
					return &hotline.Refusal{Kind: hotline.ErrRefused, Format: "agent %s: %s", Args: []any{"8001", "in another call"}}
				}
				return nil
			}
		})
		o := hotline.OwnCall{ID: "one", Agent: "8001", To: "13800000000"}
		if _, err := h.hub.Dial(t.Context(), o); !errors.Is(err, hotline.ErrRefused) {
			t.Errorf("in another call: %v", err)
		}
		if n := len(h.log.Events()); n != 0 {
			t.Errorf("%d facts of a call that never was", n)
		}
		busy = false
		if s, err := h.hub.Dial(t.Context(), o); err != nil || s.State != hotline.StateOutbound {
			t.Errorf("once more: %+v %v", s, err)
		}
		for _, to := range []string{"0044123", "95500", "8001", "x", ""} {
			if _, err := h.hub.Dial(t.Context(), hotline.OwnCall{Agent: "8001", To: to}); !errors.Is(err, hotline.ErrRefused) {
				t.Errorf("%q: %v", to, err)
			}
		}
		if _, err := h.hub.Dial(t.Context(), hotline.OwnCall{Agent: "9", To: "13800000000"}); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("nobody: %v", err)
		}
		if _, err := h.hub.Dial(t.Context(), hotline.OwnCall{Agent: "8001", To: "13800000000", Queue: "none"}); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("no queue: %v", err)
		}
		time.Sleep(time.Second)
		if h.hub.Count() != 1 {
			t.Errorf("%d calls", h.hub.Count())
		}
	})
}
