//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	domain        = "hotline.example"
	adminPassword = "correct horse battery staple"
)

// engine is one `hotline serve` with a folder of its own.
type engine struct {
	t       *testing.T
	dir     string
	bin     string // the program; empty: that of HOTLINE_BIN
	ip      string // of its SIP, port 5060, as phones that drop ports want it
	web     string
	metrics string
	cmd     *exec.Cmd
	exited  chan error
	token   string
}

// centreFile is the centre of all scenarios: two queues, four agents, short times.
const centreFile = `
time_zone: Asia/Shanghai
language: zh-CN
teams: [{id: a, name: 一组}]
agents:
  - {id: "8001", name: 王芳, password: pw-8001, team: a, skills: {claims: 5, english: 3}}
  - {id: "8002", name: 李雷, password: pw-8002, team: a, skills: {claims: 3}}
  - {id: "8003", name: 赵敏, password: pw-8003, team: a, skills: {vip: 9}}
not_ready_reasons:
  - {id: rest, name: 小休, allowance: 15m}
queues:
  - id: claims
    name: 报案
    needs: claims >= 3
    ring_timeout: 4s
    wrap_up: {mode: timed, after: 2s}
    announce: {position: true, wait: true, every: 20s}
    say_agent_number: true
    max_wait: {after: 60s, then: hangup}
  - id: vip
    name: VIP
    needs: vip
    ring_timeout: 10s
    wrap_up: {mode: manual}
flows:
  main:
    - answer: {}
    - play: welcome
    - menu: {prompt: main-menu, keys: {"1": {queue: claims}, "2": {play: address}, "8": {queue: vip}}, tries: 2, timeout: 3s, otherwise: {queue: claims}}
numbers: {"95500": main}
`

// port returns a free TCP port of loopback.
func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startEngine starts the binary on ip:5060 and waits until it is ready.
func startEngine(t *testing.T, ip, centre string) *engine {
	t.Helper()
	return startEngineWith(t, ip, centre, "peers: [127.0.0.0/8]")
}

// startEngineWith names the trunk's server besides.
func startEngineWith(t *testing.T, ip, centre, trunk string) *engine {
	t.Helper()
	return startEngineSIP(t, ip, centre, trunk, "keep_alive: 30s")
}

// startEngineSIP names one more key of the part sip.
func startEngineSIP(t *testing.T, ip, centre, trunk, more string) *engine {
	t.Helper()
	if !strings.Contains(trunk, "peers") {
		trunk = "peers: [127.0.0.0/8], " + trunk
	}
	e := &engine{t: t, dir: t.TempDir(), ip: ip}
	e.web, e.metrics = fmt.Sprintf("127.0.0.1:%d", port(t)), fmt.Sprintf("127.0.0.1:%d", port(t))
	config := fmt.Sprintf(`
data: ./data
centre: centre.yaml
sip:
  listen: [udp://%[1]s:5060, tcp://%[1]s:5060, ws://%[1]s:5066]
  domain: %[2]s
  %[6]s
  trunks: [{name: carrier, %[5]s, max_calls: 500, max_cps: 200}]
media: {ports: 20000-23999}
web: {listen: "%[3]s"}
metrics: {listen: "%[4]s"}
`, ip, domain, e.web, e.metrics, trunk, more)
	for name, text := range map[string]string{"hotline.yaml": config, "centre.yaml": centre} {
		if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e.start()
	t.Cleanup(e.stop)
	return e
}

func (e *engine) start() {
	e.t.Helper()
	bin := e.bin
	if bin == "" {
		bin = os.Getenv("HOTLINE_BIN")
	}
	if bin == "" {
		e.t.Fatal("HOTLINE_BIN names no binary: run `make e2e`")
	}
	e.cmd = exec.Command(bin, "serve", "--config", filepath.Join(e.dir, "hotline.yaml"))
	e.cmd.Env = append(os.Environ(), "HOTLINE_ADMIN_PASSWORD="+adminPassword)
	log, err := os.OpenFile(filepath.Join(e.dir, "engine.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		e.t.Fatal(err)
	}
	e.cmd.Stdout, e.cmd.Stderr = log, log
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := e.cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	log.Close()
	e.exited = make(chan error, 1)
	go func() { e.exited <- e.cmd.Wait() }()
	e.eventually(time.Minute, "the engine is ready", func() bool {
		res, err := http.Get("http://" + e.metrics + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	e.token = e.login("admin", adminPassword)
}

// command runs another command of the binary on the engine's folder.
func (e *engine) command(args ...string) (string, error) {
	e.t.Helper()
	args = append(args, "--config", filepath.Join(e.dir, "hotline.yaml"))
	b, err := exec.Command(os.Getenv("HOTLINE_BIN"), args...).CombinedOutput()
	return string(b), err
}

// stop ends the engine in an orderly way; its log is shown when the test failed.
func (e *engine) stop() {
	if e.cmd.ProcessState == nil {
		e.cmd.Process.Signal(os.Interrupt)
		select {
		case <-e.exited:
		case <-time.After(15 * time.Second):
			e.t.Error("the engine does not end after INT")
			e.cmd.Process.Kill()
			<-e.exited
		}
	}
	if e.t.Failed() {
		b, _ := os.ReadFile(filepath.Join(e.dir, "engine.log"))
		e.t.Logf("engine's log:\n%s", b)
	}
}

// kill ends the engine as a crash does.
func (e *engine) kill() {
	e.cmd.Process.Kill()
	<-e.exited
}

// eventually waits for a condition.
func (e *engine) eventually(most time.Duration, what string, ok func() bool) {
	e.t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	b, _ := os.ReadFile(filepath.Join(e.dir, "engine.log"))
	e.t.Fatalf("not within %s: %s\n%s", most, what, b)
}

func (e *engine) login(user, password string) string {
	e.t.Helper()
	body, _ := json.Marshal(map[string]string{"user": user, "password": password})
	res, err := http.Post("http://"+e.web+"/api/v1/login", "application/json", bytes.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Token == "" {
		e.t.Fatalf("login of %s: %s, %v", user, res.Status, err)
	}
	return got.Token
}

// get fetches a page of the API.
func (e *engine) get(path string) ([]byte, *http.Response) {
	e.t.Helper()
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+e.web+path, nil)
	req.Header.Set("Authorization", "Bearer "+e.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return b, res
}

// json fetches a page of the API as a value.
func (e *engine) json(path string, into any) {
	e.t.Helper()
	b, res := e.get(path)
	if res.StatusCode != http.StatusOK {
		e.t.Fatalf("GET %s: %s\n%s", path, res.Status, b)
	}
	if err := json.Unmarshal(b, into); err != nil {
		e.t.Fatalf("GET %s: %v\n%s", path, err, b)
	}
}

// health is what the listener of metrics answers.
func (e *engine) health(path string) (status int, text string) {
	e.t.Helper()
	res, err := http.Get("http://" + e.metrics + path)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// metric is the sum of a metric over all its labels that contain every text of with.
func (e *engine) metric(name string, with ...string) float64 {
	e.t.Helper()
	_, text := e.health("/metrics")
	sum := 0.0
next:
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if key != name && !strings.HasPrefix(key, name+"{") {
			continue
		}
		for _, w := range with {
			if !strings.Contains(key, w) {
				continue next
			}
		}
		var v float64
		fmt.Sscan(value, &v)
		sum += v
	}
	return sum
}

// contact is what the scenarios read of a contact's record.
type contact struct {
	ID       string `json:"id"`
	From     struct{ Number string }
	Duration int64 `json:"duration_ms"`
	Visits   []struct {
		Queue    string
		Outcome  string
		WaitMS   int64 `json:"wait_ms"`
		Position int
	}
	Offers []struct {
		Agent  string
		Result string
	}
	Segments []struct {
		Agent  string
		TalkMS int64 `json:"talk_ms"`
		HoldMS int64 `json:"hold_ms"`
		WrapMS int64 `json:"wrap_ms"`
	}
	Recording *struct {
		File string
		MS   int64
	}
}

// contacts are all contacts, the newest first, each whole.
func (e *engine) contacts() []contact {
	e.t.Helper()
	var page struct{ Items []contact }
	e.json("/api/v1/contacts?limit=200", &page)
	all := make([]contact, len(page.Items))
	for i, c := range page.Items {
		e.json("/api/v1/contacts/"+c.ID, &all[i])
	}
	return all
}

// agentState is the state of an agent as the live page tells it.
func (e *engine) agentState(id string) (state, why string) {
	e.t.Helper()
	var live struct {
		Agents []struct{ ID, State, Reason string }
	}
	e.json("/api/v1/live", &live)
	for _, a := range live.Agents {
		if a.ID == id {
			return a.State, a.Reason
		}
	}
	return "", ""
}

func (e *engine) agentIs(id, state string) {
	e.t.Helper()
	e.eventually(10*time.Second, "agent "+id+" is "+state, func() bool { s, _ := e.agentState(id); return s == state })
}
