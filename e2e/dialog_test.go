//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// dialogCentre has a queue that callers wait for unanswered, one whose only agent forwards its phone, and one that nobody serves.
const dialogCentre = `
time_zone: Asia/Shanghai
language: zh-CN
teams: [{id: a, name: 一组}]
agents:
  - {id: "8001", name: 王芳, password: pw-8001, team: a, skills: {claims: 5}}
  - {id: "8002", name: 李雷, password: pw-8002, team: a, skills: {vip: 5}}
  - {id: "8003", name: 赵敏, password: pw-8003, team: a, skills: {nobody: 5}}
queues:
  - {id: claims, name: 报案, needs: claims, ring_timeout: 10s, wrap_up: {mode: timed, after: 1s}}
  - {id: vip, name: VIP, needs: vip, ring_timeout: 10s, wrap_up: {mode: timed, after: 1s}}
  - {id: nobody, name: 无人, needs: nobody, max_wait: {after: 5m, then: hangup}}
flows:
  early: [{ring: {}}, {queue: {id: claims, unanswered: true}}]
  claims: [{answer: {}}, {queue: claims}]
  vip: [{answer: {}}, {queue: vip}]
  nobody: [{answer: {}}, {queue: nobody}]
  ends: [{answer: {}}, {hangup: {}}]
numbers: {"1": early, "2": claims, "3": vip, "4": nobody, "5": ends}
`

// TestDialogs plays what dialogs can do to the binary with sipp: a BYE that is asked who sends it, PRACK, an offer that comes late, a phone that forwards its calls, and
// session timers in both directions, of which one ends the call.
func TestDialogs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("sipp plays recorded RTP through a raw socket: run as root")
	}
	if _, err := os.Stat(filepath.Join(sippSounds, "g711a.pcap")); err != nil {
		t.Skipf("%v: sipp is not Debian's sip-tester", err)
	}
	t.Parallel()
	const ip = "127.0.0.34"
	e := startEngineSIP(t, ip, dialogCentre, "peers: [127.0.0.0/8], user: '95500', password: geheim", "keep_alive: 0") // sipp takes any OPTIONS for a call that went wrong
	agent := func(id string, contact int) string {
		csv := filepath.Join(e.dir, id+".csv")
		line := fmt.Sprintf("SEQUENTIAL\n%[1]s;[authentication username=%[1]s password=pw-%[1]s]\n", id)
		if err := os.WriteFile(csv, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		startSIPp(t, e, "register", ip, 5071, 15400, "-inf", csv, "-m", "1", "-key", "contact", strconv.Itoa(contact)).ends(20 * time.Second)
		e.agentIs(id, "not_ready")
		startSIPp(t, e, "code", ip, 5071, 15400, "-inf", csv, "-m", "1", "-key", "code", "*1").ends(20 * time.Second)
		e.agentIs(id, "ready")
		return csv
	}
	caller := func(scenario, number string, port int) *sipp {
		return startSIPp(t, e, scenario, ip, port, 15000+2*(port-5080), "-s", number, "-m", "1", "-rtp_echo")
	}
	refreshed, silent := caller("dialog_refreshed", "4", 5080), caller("dialog_silent", "4", 5090)
	startSIPp(t, e, "dialog_agent", ip, 5072, 15200, "-rtp_echo")
	startSIPp(t, e, "dialog_forwards", ip, 5073, 15300)
	agent("8001", 5072)
	agent("8002", 5073)

	caller("dialog_asks", "5", 5130).ends(20 * time.Second)
	caller("dialog_prack", "1", 5100).ends(30 * time.Second)
	e.agentIs("8001", "ready")
	caller("dialog_late", "2", 5110).ends(30 * time.Second)
	caller("dialog_caller", "3", 5120).ends(30 * time.Second)
	refreshed.ends(70 * time.Second)
	silent.ends(80 * time.Second)

	e.eventually(10*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	answered := 0
	for _, c := range e.contacts() {
		for _, v := range c.Visits {
			if v.Outcome == "answered" {
				answered++
			}
		}
	}
	if answered != 3 {
		t.Errorf("%d answered, want 3", answered)
	}
}
