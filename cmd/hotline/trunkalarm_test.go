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
		facts, again := trunks.step(now, step.is, nil)
		want := time.Time{}
		if step.again > 0 {
			want = began.Add(time.Duration(step.again) * time.Second)
		}
		if got := alarmsSaid(facts); got != step.says || !again.Equal(want) {
			t.Errorf("at %d: %q, again %v; want %q, %v", step.at, got, again.Sub(began), step.says, want.Sub(began))
		}
	}
}

func alarmsSaid(facts []hotline.Fact) string {
	var said []string
	for _, f := range facts {
		switch f := f.(type) {
		case hotline.AlarmRaised:
			said = append(said, fmt.Sprintf("+%s %s", f.Alarm, f.Detail))
		case hotline.AlarmCleared:
			said = append(said, "-"+f.Alarm)
		}
	}
	return strings.Join(said, " | ")
}

// TestRecorderAlarms: a recorder that stays away is an alarm beside whatever its trunk does; one whose failure is forgotten by itself is looked
// at when it is.
func TestRecorderAlarms(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	at := func(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }
	state := func(up bool, problem string, until int) []wire.RecorderState {
		st := wire.RecorderState{Trunk: "carrier", To: "sips:rec@192.0.2.9", Up: up, Problem: problem}
		if until > 0 {
			st.Until = at(until)
		}
		return []wire.RecorderState{st}
	}
	alarms := newTrunkAlarms()
	for _, step := range []struct {
		at    int
		is    []wire.RecorderState
		says  string
		again int
	}{
		{0, state(true, "", 0), "", 0},
		{1, state(false, "connection refused", 0), "", 11},
		{11, state(false, "connection refused", 0), "+recorder_down:carrier sips:rec@192.0.2.9: connection refused", 0},
		{12, state(false, "no answer", 0), "", 0},
		{13, state(true, "", 0), "-recorder_down:carrier", 0},
		{20, state(false, "it answered 503", 140), "", 30},
		{30, state(false, "it answered 503", 150), "+recorder_down:carrier sips:rec@192.0.2.9: it answered 503", 150},
		{150, state(true, "", 0), "-recorder_down:carrier", 0},
		{160, state(false, "x", 0), "", 170},
		{171, nil, "", 0}, // the trunk has none any more
	} {
		facts, again := alarms.step(at(step.at), nil, step.is)
		want := time.Time{}
		if step.again > 0 {
			want = at(step.again)
		}
		if got := alarmsSaid(facts); got != step.says || !again.Equal(want) {
			t.Errorf("at %d: %q, again %v; want %q, %v", step.at, got, again.Sub(began), step.says, want.Sub(began))
		}
	}
}
