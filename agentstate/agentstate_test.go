package agentstate

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestTable prints every state with every input. Read the golden file as the definition.
func TestTable(t *testing.T) {
	var b strings.Builder
	for _, s := range States() {
		fmt.Fprintf(&b, "%s\n", s)
		for _, in := range Inputs() {
			fmt.Fprintf(&b, "  %-14s %s\n", in, show(s, Step(s, in)))
		}
	}
	const golden = "testdata/table.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("table differs from %s (-want +got); run with -update if it should:\n%s", golden, d)
	}
}

func show(s hotline.AgentState, m Move) string {
	switch {
	case m.Refuse != "":
		return "refused: " + m.Refuse
	case m.Later:
		return "after the call"
	case m.To == s && m.Reason == "" && !m.Next:
		return "stays"
	}
	out := string(m.To)
	if m.Reason != "" {
		out += "(" + m.Reason + ")"
	}
	if m.Back {
		out = "as before the call, else " + out
	}
	if m.Next {
		out = "what was asked for, else " + out
	}
	return out
}

// TestLaws holds what must be true of the whole table, whatever is changed in it.
func TestLaws(t *testing.T) {
	for _, s := range States() {
		for _, in := range Inputs() {
			m := Step(s, in)
			name := string(s) + " × " + string(in)
			if m.Refuse != "" && (m.To != s || m.Later || m.Next || m.Reason != "") {
				t.Errorf("%s: a refusal changes something: %+v", name, m)
			}
			if m.Later && (m.To != s || !InCall(s)) {
				t.Errorf("%s: later outside a call, or with a change: %+v", name, m)
			}
			if Asked(m.To) && !Asked(s) && in != Offered || m.To == hotline.AgentRinging && s != m.To && in != Rang {
				t.Errorf("%s: rings without an offer", name)
			}
			if Joined(m.To) && !Joined(s) && in != Accepted && (in != CalledIn || m.To != hotline.AgentConsult) || m.To == hotline.AgentOutbound && s != m.To && in != CallsOut {
				t.Errorf("%s: talks without having accepted or called", name)
			}
			ends := in == ReleaseWrap || in == ReleaseFree || in == ReleaseLost || in == Restart
			talking := Joined(s) || s == hotline.AgentOutbound
			if talking && !InCall(m.To) && !ends || talking && Asked(m.To) {
				t.Errorf("%s: is torn out of a conversation", name)
			}
			if m.Back && (!m.Next || !Joined(s) && s != hotline.AgentOutbound && s != hotline.AgentWrapUp) {
				t.Errorf("%s: back to before a call that is not the agent's own", name)
			}
			if m.Reason != "" && m.To != hotline.AgentNotReady {
				t.Errorf("%s: reason %s for %s", name, m.Reason, m.To)
			}
		}
		if m := Step(s, "no such input"); m.Refuse == "" || m.To != s {
			t.Errorf("%s: an unknown input gives %+v", s, m)
		}
		// From everywhere a person, a phone or the end of the call leads back to work: nobody is ever stuck.
		if !reaches(s, hotline.AgentReady) || !reaches(s, hotline.AgentSignedOut) {
			t.Errorf("%s: is a trap", s)
		}
	}
}

func reaches(from, to hotline.AgentState) bool {
	seen := map[hotline.AgentState]bool{from: true}
	for todo := []hotline.AgentState{from}; len(todo) > 0; todo = todo[1:] {
		for _, in := range Inputs() {
			if m := Step(todo[0], in); m.Refuse == "" && !seen[m.To] {
				seen[m.To] = true
				todo = append(todo, m.To)
			}
		}
	}
	return seen[to]
}

func TestSettle(t *testing.T) {
	tests := []struct {
		to     hotline.AgentState
		reason string
		phone  bool
		want   hotline.AgentState
		why    string
	}{
		{hotline.AgentReady, "", true, hotline.AgentReady, ""},
		{hotline.AgentReady, "", false, hotline.AgentNotReady, hotline.ReasonDeviceLost},
		{hotline.AgentReady, "left over", true, hotline.AgentReady, ""},
		{hotline.AgentNotReady, "rest", false, hotline.AgentNotReady, "rest"},
		{hotline.AgentWrapUp, "", false, hotline.AgentWrapUp, ""},
		{hotline.AgentSignedOut, "rest", false, hotline.AgentSignedOut, ""},
	}
	for _, tt := range tests {
		if to, why := Settle(tt.to, tt.reason, tt.phone); to != tt.want || why != tt.why {
			t.Errorf("Settle(%s, %q, %t) = %s, %q; want %s, %q", tt.to, tt.reason, tt.phone, to, why, tt.want, tt.why)
		}
	}
}

func TestWorking(t *testing.T) {
	for _, s := range States() {
		want := s != hotline.AgentSignedOut && s != hotline.AgentNotReady
		if Working(s) != want {
			t.Errorf("Working(%s) = %t", s, Working(s))
		}
	}
}
