//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRecordingSession: what one engine records, another gets as well by SIPREC (RFC 7866), customer left and agent right,
// and keeps as a contact of its own that counts in no queue's figures; in the clear, and over tls with the streams protected.
func TestRecordingSession(t *testing.T) {
	t.Run("udp", func(t *testing.T) {
		recorder := startEngineWith(t, "127.0.0.40", centreFile, "records: true")
		duplicated(t, recorder, startEngineWith(t, "127.0.0.39", centreFile, "record_to: sip:recorder@127.0.0.40"), "")
	})
	t.Run("tls", func(t *testing.T) {
		recorder := startEngineWith(t, "127.0.0.40", centreFile, "records: true")
		ca := recorder.overTLS()
		e := startEngineWith(t, "127.0.0.39", centreFile, fmt.Sprintf("record_to: 'sips:recorder@127.0.0.40', record_ca: %q", ca))
		duplicated(t, recorder, e, "sdes")
	})
}

// overTLS has the engine listen with tls, too, by a certificate of its own, whose file is returned.
func (e *engine) overTLS() string {
	e.t.Helper()
	e.stop()
	name := filepath.Join(e.dir, "hotline.yaml")
	config, err := os.ReadFile(name)
	if err != nil {
		e.t.Fatal(err)
	}
	with := fmt.Sprintf("tls://%s:5061]\n  cert: cert.pem\n  key: key.pem\n", e.ip)
	cert, key := selfSigned(e.t, e.ip)
	for name, text := range map[string]string{
		name: strings.Replace(string(config), fmt.Sprintf("ws://%s:5066]\n", e.ip), with, 1), filepath.Join(e.dir, "cert.pem"): cert, filepath.Join(e.dir, "key.pem"): key,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
	e.start()
	return filepath.Join(e.dir, "cert.pem")
}

// duplicated has a customer talk to an agent and looks at both recordings; secure is how the recorder's leg is to be protected.
func duplicated(t *testing.T, recorder, e *engine, secure string) {
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
	recorder.protectedAs(kept[0].ID, secure)
	recorder.agree(t, map[string]int{"offered": 0, "answered": 0, "abandoned": 0})
	if n := e.metric("hotline_recording_session_failures_total"); n != 0 {
		t.Errorf("%g failures", n)
	}
}
