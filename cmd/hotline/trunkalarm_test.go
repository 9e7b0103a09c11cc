package main

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wire"
)

// TestTrunkAlarms: a trunk that stays down is an alarm, and one that stays unregistered another; what is over in a moment is none, and
// what comes to an end without a word, a registration, is looked at when it does.
func TestTrunkAlarms(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	server := func(up bool, problem string) wire.ServerState {
		return wire.ServerState{Server: "carrier", Network: "tls", Addr: netip.MustParseAddrPort("192.0.2.7:5061"), Up: up, Problem: problem}
	}
	good := wire.TrunkState{Name: "carrier", Up: true, Servers: []wire.ServerState{server(true, "")}}
	down := wire.TrunkState{Name: "carrier", Servers: []wire.ServerState{server(false, "connection refused"), server(false, "")}}
	with := func(s wire.TrunkState, registered bool) wire.TrunkState {
		s.Registration = &wire.RegistrationState{Registered: registered, Problem: "403 Forbidden"}
		if registered {
			s.Registration = &wire.RegistrationState{Registered: true, Expires: began.Add(100 * time.Second)}
		}
		return s
	}
	long := with(good, false)
	long.Registration.Problem = strings.Repeat("长", 100)
	trunks := newTrunkAlarms()
	for _, step := range []struct {
		at    int // seconds
		is    []wire.TrunkState
		says  string
		again int // seconds; 0: never
	}{
		{0, []wire.TrunkState{good}, "", 0},
		{1, []wire.TrunkState{down}, "", 11},
		{5, []wire.TrunkState{good}, "", 0}, // over in a moment
		{6, []wire.TrunkState{down}, "", 16},
		{15, []wire.TrunkState{down}, "", 16},
		{16, []wire.TrunkState{down}, "+trunk_down:carrier tls://192.0.2.7:5061: connection refused, tls://192.0.2.7:5061", 0},
		{17, []wire.TrunkState{down}, "", 0},
		{18, []wire.TrunkState{with(down, false)}, "", 0}, // who does not answer does not register us either
		{20, []wire.TrunkState{with(good, false)}, "-trunk_down:carrier", 30},
		{30, []wire.TrunkState{with(good, false)}, "+trunk_unregistered:carrier 403 Forbidden", 0},
		{31, []wire.TrunkState{with(good, true)}, "-trunk_unregistered:carrier", 100},
		{100, []wire.TrunkState{with(good, false)}, "", 110}, // it ran out
		{110, []wire.TrunkState{long}, "+trunk_unregistered:carrier " + strings.Repeat("长", 66) + "…", 0},
		{111, nil, "-trunk_unregistered:carrier", 0}, // the trunk is no longer there
	} {
		now := began.Add(time.Duration(step.at) * time.Second)
		facts, again := trunks.step(now, step.is)
		var said []string
		for _, f := range facts {
			switch f := f.(type) {
			case hotline.AlarmRaised:
				said = append(said, fmt.Sprintf("+%s %s", f.Alarm, f.Detail))
			case hotline.AlarmCleared:
				said = append(said, "-"+f.Alarm)
			}
		}
		want := time.Time{}
		if step.again > 0 {
			want = began.Add(time.Duration(step.again) * time.Second)
		}
		if got := strings.Join(said, " | "); got != step.says || !again.Equal(want) {
			t.Errorf("at %d: %q, again %v; want %q, %v", step.at, got, again.Sub(began), step.says, want.Sub(began))
		}
	}
}
