//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manyAgents is the centre with n agents of one queue.
func manyAgents(n int) string {
	var b strings.Builder
	b.WriteString("time_zone: Asia/Shanghai\nagents:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {id: \"%d\", name: 坐席%d, password: pw-%d, skills: {claims: 5}}\n", 8001+i, i+1, 8001+i)
	}
	b.WriteString(`queues:
  - {id: claims, name: 报案, needs: claims >= 3, ring_timeout: 10s, wrap_up: {mode: timed, after: 1s}}
flows:
  main: [{answer: {}}, {menu: {prompt: main-menu, keys: {"1": {queue: claims}}, timeout: 5s, otherwise: {queue: claims}}}]
numbers: {"95500": main}
`)
	return b.String()
}

// storm runs callstorm against the engine.
func storm(t *testing.T, e *engine, args ...string) (res struct {
	Calls, Connected, Abandoned int
	Failed                      map[string]int
	Loss                        *float64 `json:"rtp_loss_ratio"`
},
) {
	t.Helper()
	bin := os.Getenv("CALLSTORM_BIN")
	out, err := exec.Command(bin, append([]string{e.ip + ":5060", "--domain", domain, "--pid", strconv.Itoa(e.cmd.Process.Pid)}, args...)...).Output()
	if err != nil {
		t.Fatalf("callstorm: %v %s", err, stderr(err))
	}
	t.Logf("%s", out)
	if err := json.Unmarshal(out, &res); err != nil {
		t.Fatal(err)
	}
	return res
}

func stderr(err error) string {
	if x, ok := err.(*exec.ExitError); ok {
		return string(x.Stderr)
	}
	return ""
}

// TestHundredCallsTenAgents: all are answered, counted once everywhere, recorded, and nobody is left behind.
func TestHundredCallsTenAgents(t *testing.T) {
	e := startEngine(t, "127.0.0.9", manyAgents(10))
	res := storm(t, e, "--agents", "10", "--rate", "8", "--calls", "100", "--hold", "500ms", "--key-delay", "200ms", "--duration", "60s", "--seed", "1")
	if res.Calls != 100 || res.Connected != 100 || len(res.Failed) != 0 || res.Loss == nil || *res.Loss > 0.001 {
		t.Errorf("%+v", res)
	}
	e.eventually(10*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	e.agree(t, map[string]int{"offered": 100, "answered": 100, "abandoned": 0})
	c := e.contacts()
	if len(c) != 100 {
		t.Fatalf("%d contacts", len(c))
	}
	e.eventually(15*time.Second, "every answered contact has its recording", func() bool {
		for _, one := range e.contacts() {
			if one.Recording == nil {
				return false
			}
		}
		return true
	})
	out, err := exec.Command(os.Getenv("HOTLINE_BIN"), "recordings", "verify", "--config", filepath.Join(e.dir, "hotline.yaml")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "100 recordings are whole, 0 are not") {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// TestCancelRacesAnswer: callers whose patience ends about when agents answer. Whatever wins, both legs end, agents come
// free and the figures agree.
func TestCancelRacesAnswer(t *testing.T) {
	e := startEngine(t, "127.0.0.9", manyAgents(10))
	res := storm(t, e, "--agents", "10", "--rate", "10", "--calls", "100", "--hold", "300ms", "--key-delay", "100ms",
		"--answer", "600ms", "--patience", "exp:900ms", "--seed", "2")
	if res.Calls != 100 || res.Connected+res.Abandoned+sum(res.Failed) < 100 {
		t.Errorf("%+v", res)
	}
	e.eventually(15*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	e.eventually(15*time.Second, "no agent is busy", func() bool {
		return e.metric("hotline_agents", `state="talking"`)+e.metric("hotline_agents", `state="ringing"`) == 0
	})
	visits := e.metric("hotline_queue_visits_total")
	ended := e.metric("hotline_queue_visits_ended_total")
	if visits != ended {
		t.Errorf("%g visits, %g ended", visits, ended)
	}
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

// TestDemo: the first command of the README runs, looks alive and ends in its time with a KPI sheet.
func TestDemo(t *testing.T) {
	start := time.Now()
	out, err := exec.Command(os.Getenv("HOTLINE_BIN"), "demo", "--minutes", "0.4").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if took := time.Since(start); took > 34*time.Second {
		t.Errorf("took %s, want at most 10 s more than 24 s", took)
	}
	for _, want := range []string{"Wallboard", "/metrics", "KPI", "%"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	t.Logf("%s", out)
}
