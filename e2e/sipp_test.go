//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	sippPhones  = "127.0.0.31" // agents and their registrations
	sippCallers = "127.0.0.32"
	// sippSounds are the recordings that come with Debian's sip-tester.
	sippSounds = "/usr/share/sip-tester"
)

// sipp is one run of sipp with a scenario of ours.
type sipp struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	dir  string
	done chan error
}

// startSIPp starts sipp at an address of its own. extra are its other flags.
func startSIPp(t *testing.T, e *engine, scenario, ip string, sipPort, mediaPort int, extra ...string) *sipp {
	t.Helper()
	s := &sipp{t: t, name: scenario, dir: filepath.Join(e.dir, "sipp-"+scenario), done: make(chan error, 1)}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Abs(filepath.Join("testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sound := range []string{"dtmf_2833_1.pcap", "g711a.pcap"} { // where the scenarios look for them
		os.Symlink(filepath.Join(sippSounds, sound), filepath.Join(s.dir, sound))
	}
	args := append([]string{
		"-sf", file, "-i", ip, "-mi", ip, "-p", strconv.Itoa(sipPort), "-mp", strconv.Itoa(mediaPort), "-nostdin",
		"-key", "domain", domain, "-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages",
	}, extra...)
	s.cmd = exec.Command("sipp", append(args, e.ip+":5060")...)
	s.cmd.Dir = s.dir
	out, err := os.Create(filepath.Join(s.dir, "screen"))
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout, s.cmd.Stderr = out, out
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("sipp: %v (make e2e installs it)", err)
	}
	out.Close()
	go func() { s.done <- s.cmd.Wait() }()
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			s.cmd.Process.Kill()
		}
	})
	return s
}

// ends waits for the end and wants every call to have gone by the scenario.
func (s *sipp) ends(within time.Duration) {
	s.t.Helper()
	select {
	case err := <-s.done:
		if err == nil {
			return
		}
		screen, _ := os.ReadFile(filepath.Join(s.dir, "screen"))
		errs, _ := os.ReadFile(filepath.Join(s.dir, "errors"))
		s.t.Fatalf("sipp %s: %v\n%s\n%s", s.name, err, tail(string(screen), 60), tail(string(errs), 40))
	case <-time.After(within):
		s.cmd.Process.Kill()
		<-s.done
		screen, _ := os.ReadFile(filepath.Join(s.dir, "screen"))
		s.t.Fatalf("sipp %s does not end\n%s", s.name, tail(string(screen), 60))
	}
}

// credentials writes an injection file of agents' users and digests.
func credentials(t *testing.T, e *engine, agents int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("SEQUENTIAL\n")
	for i := range agents {
		fmt.Fprintf(&b, "%[1]d;[authentication username=%[1]d password=pw-%[1]d]\n", 8001+i)
	}
	file := filepath.Join(e.dir, "agents.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSIPp: twenty calls at four a second by sipp to agents that are sipp too, registered with digest and made ready by
// their phones. The menu sends to claims only those whose key is heard.
func TestSIPp(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("sipp plays recorded RTP through a raw socket: run as root")
	}
	if _, err := os.Stat(filepath.Join(sippSounds, "g711a.pcap")); err != nil {
		t.Skipf("%v: sipp is not Debian's sip-tester", err)
	}
	t.Parallel()
	const agents, calls = 4, 20
	centre := manyAgents(agents)
	centre = strings.Replace(centre, "otherwise: {queue: claims}", "otherwise: {queue: other}", 1)
	centre = strings.Replace(centre, "flows:", "  - {id: other, name: 其他, needs: claims >= 3}\nflows:", 1)
	e := startEngineSIP(t, "127.0.0.52", centre, "peers: [127.0.0.0/8]", "keep_alive: 0") // sipp takes any OPTIONS for a call that went wrong
	csv := credentials(t, e, agents)
	phones := startSIPp(t, e, "agent", sippPhones, 5062, 15000, "-m", strconv.Itoa(calls), "-rtp_echo")
	startSIPp(t, e, "register", sippPhones, 5063, 15100, "-inf", csv, "-m", strconv.Itoa(agents), "-r", "10", "-key", "contact", "5062").ends(20 * time.Second)
	for i := range agents {
		e.agentIs(strconv.Itoa(8001+i), "not_ready") // the first registration signs in
	}
	startSIPp(t, e, "code", sippPhones, 5063, 15100, "-inf", csv, "-m", strconv.Itoa(agents), "-r", "10", "-key", "code", "*1").ends(20 * time.Second)
	for i := range agents {
		e.agentIs(strconv.Itoa(8001+i), "ready")
	}
	callers := startSIPp(t, e, "caller", sippCallers, 5062, 15200, "-s", "95500", "-m", strconv.Itoa(calls), "-r", "4")
	callers.ends(90 * time.Second)
	phones.ends(10 * time.Second)

	e.eventually(10*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	e.agree(t, map[string]int{"offered": calls, "answered": calls, "abandoned": 0})
	if n := e.metric("hotline_queue_visits_total", `queue="other"`); n != 0 {
		t.Errorf("%g callers came through the menu without a key", n)
	}
	e.eventually(10*time.Second, "all are recorded", func() bool {
		for _, c := range e.contacts() {
			if c.Recording == nil {
				return false
			}
		}
		return true
	})
	all := e.contacts()
	if len(all) != calls {
		t.Fatalf("%d contacts", len(all))
	}
	who := map[string]int{}
	for _, c := range all {
		if len(c.Visits) != 1 || len(c.Segments) != 1 || c.Visits[0].Outcome != "answered" || c.Recording.MS < 1000 {
			t.Errorf("%+v", c)
			continue
		}
		who[c.Segments[0].Agent]++
	}
	if len(who) != agents {
		t.Errorf("calls by agent: %v; the longest idle is asked first, so all should have some", who)
	}
	checkMessages(t, callers, calls)
}

// checkMessages wants every caller to have been hung up on by the engine, as the agent's BYE asks for.
func checkMessages(t *testing.T, s *sipp, calls int) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, "messages"))
	if err != nil {
		t.Fatal(err)
	}
	byes := map[string]bool{}
	for m := range strings.SplitSeq(string(b), "-----------------------------------------------") {
		_, text, ok := strings.Cut(m, "message received")
		if !ok || !strings.Contains(text, "\nBYE ") {
			continue
		}
		_, id, _ := strings.Cut(text, "Call-ID: ")
		id, _, _ = strings.Cut(id, "\r\n")
		byes[id] = true
	}
	if len(byes) != calls {
		t.Errorf("%d calls got a BYE, want %d", len(byes), calls)
	}
}

// TestSIPpWrongPassword: another stack's digest with a wrong password is refused, and the agent stays signed out.
func TestSIPpWrongPassword(t *testing.T) {
	e := startEngine(t, "127.0.0.52", manyAgents(1))
	file := filepath.Join(e.dir, "thief.csv")
	if err := os.WriteFile(file, []byte("SEQUENTIAL\n8001;[authentication username=8001 password=wrong]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startSIPp(t, e, "register", sippPhones, 5063, 15100, "-inf", file, "-m", "1", "-key", "contact", "5062")
	select {
	case err := <-s.done:
		if err == nil {
			t.Error("registered with a wrong password")
		}
	case <-time.After(20 * time.Second):
		t.Error("sipp does not end")
	}
	if st, _ := e.agentState("8001"); st != "signed_out" {
		t.Errorf("8001 is %s", st)
	}
}
