package call_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// TestHubCommand holds, lets two people ask at once and finds the agent's calls, from the offer to the end.
func TestHubCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		l := h.ring("95502")
		ask := func(v hotline.Verb) (hotline.CallState, error) {
			return h.hub.Command(t.Context(), l.Call(), hotline.Command{Verb: v, Agent: "8001", ID: string(v)})
		}
		time.Sleep(time.Second)
		if c := h.hub.Calls("8001"); len(c) != 1 || c[0].State != hotline.StateRinging {
			t.Errorf("while it rings: %+v", c)
		}
		time.Sleep(20 * time.Second)
		if s, err := ask(hotline.VerbHold); err != nil || s.State != hotline.StateHeld {
			t.Errorf("hold: %+v %v", s, err)
		}
		if c := h.hub.Calls("8001"); len(c) != 1 || c[0].State != hotline.StateHeld || c[0].Parties[0].State != hotline.PartyHeld {
			t.Errorf("held: %+v", c)
		}
		if s, err := ask(hotline.VerbUnhold); err != nil || s.State != hotline.StateTalking {
			t.Errorf("unhold: %+v %v", s, err)
		}
		if _, err := h.hub.Command(t.Context(), l.Call(), hotline.Command{Verb: hotline.VerbHold, Agent: "8002"}); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("another agent's call: %v", err)
		}
		if s, err := ask(hotline.VerbHangup); err != nil || s.State != hotline.StateOver {
			t.Errorf("hangup: %+v %v", s, err)
		}
		if c := h.hub.Calls("8001"); len(c) != 0 {
			t.Errorf("after: %+v", c)
		}
		time.Sleep(time.Minute)
		if _, err := ask(hotline.VerbHold); !errors.Is(err, hotline.ErrUnknown) {
			t.Errorf("a call that is over: %v", err)
		}
	})
}

// TestHubCommandRefusedByShard: who asks for a colleague whom the shard does not give hears why, and may ask again by the same name.
func TestHubCommandRefusedByShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.desk.seen = func(q hotline.Request) error {
			if _, ok := q.(hotline.CallIn); ok {
				return &hotline.Refusal{Kind: hotline.ErrRefused, Format: "agent %s is in a call", Args: []any{"8002"}}
			}
			return nil
		}
		l := h.ring("95502")
		time.Sleep(20 * time.Second)
		for _, v := range []hotline.Verb{hotline.VerbTransfer, hotline.VerbConsult, hotline.VerbConference, hotline.VerbTransfer} {
			s, err := h.hub.Command(t.Context(), l.Call(), hotline.Command{Verb: v, Agent: "8001", To: "8002", ID: string(v)})
			if !errors.Is(err, hotline.ErrRefused) || s.State != hotline.StateTalking {
				t.Errorf("%s: %s %v", v, s.State, err)
			}
		}
	})
}

// TestHubKeys: who presses keys hears whether the phone takes them. Keys that were not taken may be asked for again by the same name.
func TestHubKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		l := h.ring("95502")
		time.Sleep(20 * time.Second)
		press := func(id string) error {
			_, err := h.hub.Command(t.Context(), l.Call(), hotline.Command{Verb: hotline.VerbKeys, Agent: "8001", ID: id, Keys: "12"})
			return err
		}
		for range 2 { // done once
			if err := press("k1"); err != nil || l.Pressed() != "12" {
				t.Errorf("%v, pressed %q", err, l.Pressed())
			}
		}
		l.Keyless()
		for range 2 {
			if err := press("k2"); !errors.Is(err, hotline.ErrRefused) {
				t.Errorf("a phone that takes none: %v", err)
			}
		}
		l.Mumbles()
		begun := time.Now()
		if err := press("k3"); !errors.Is(err, hotline.ErrRefused) || time.Since(begun) > 2*time.Second {
			t.Errorf("a phone that says nothing: %v after %v", err, time.Since(begun))
		}
		if c := h.hub.Calls("8001"); len(c) != 1 || c[0].State != hotline.StateTalking {
			t.Errorf("%+v", c)
		}
		go func() {
			time.Sleep(time.Second)
			l.Hangup()
		}()
		if err := press("k4"); err == nil {
			t.Error("the call ended before the phone said anything")
		}
	})
}
