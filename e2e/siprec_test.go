//go:build e2e

package e2e

import (
	"testing"
	"time"
)

// TestRecordingSession: what one engine records, another gets as well by SIPREC (RFC 7866), customer left and agent right,
// and keeps as a contact of its own that counts in no queue's figures.
func TestRecordingSession(t *testing.T) {
	recorder := startEngineWith(t, "127.0.0.40", centreFile, "records: true")
	e := startEngineWith(t, "127.0.0.39", centreFile, "record_to: sip:recorder@127.0.0.40")
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.21", user: "8001", password: "pw-8001", tone: agentTone})
	e.agentIs("8001", "not_ready")
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.22", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	time.Sleep(500 * time.Millisecond) // a person listens before pressing
	caller.press("1")
	agent.wait("CALL_INCOMING", 1, 5*time.Second)
	agent.do("accept", "")
	agent.wait("CALL_ESTABLISHED", 2, 5*time.Second)
	e.eventually(5*time.Second, "the call is duplicated", func() bool { return e.metric("hotline_recording_sessions") == 1 })
	time.Sleep(8 * time.Second) // the agent's number is said, then they talk
	caller.do("hangup", "")
	agent.wait("CALL_CLOSED", 2, 5*time.Second)
	e.eventually(5*time.Second, "the recording session is over", func() bool { return e.metric("hotline_recording_sessions") == 0 })
	e.agree(t, map[string]int{"offered": 1, "answered": 1, "abandoned": 0})
	checkRecording(t, e, e.contacts()[0])

	kept := recorder.contacts()
	if len(kept) != 1 || kept[0].From.Number != "13800138000" || len(kept[0].Visits) != 0 {
		t.Fatalf("kept: %+v", kept)
	}
	checkRecording(t, recorder, kept[0])
	recorder.agree(t, map[string]int{"offered": 0, "answered": 0, "abandoned": 0})
	if n := e.metric("hotline_recording_session_failures_total"); n != 0 {
		t.Errorf("%g failures", n)
	}
}
