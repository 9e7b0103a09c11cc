//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// linphone is one linphonec without sound card or screen: the phone that transfers attended, by REFER with Replaces.
type linphone struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	in   io.WriteCloser
	done chan struct{}

	mu  sync.Mutex
	out strings.Builder
}

// startLinphone starts a linphonec at ip that is registered at the engine, says the tone and records what it hears.
func startLinphone(t *testing.T, e *engine, ip, user, password string, tone float64) *linphone {
	t.Helper()
	return startLinphoneWith(t, e, ip, user, password, tone, "sip_port=5062\nsip_tcp_port=-1\nsip_tls_port=-1")
}

// startLinphoneWith adds lines to the part sip of its settings. Without a password it does not register.
func startLinphoneWith(t *testing.T, e *engine, ip, user, password string, tone float64, settings string) *linphone {
	t.Helper()
	p := &linphone{t: t, dir: filepath.Join(e.dir, "linphone-"+user), done: make(chan struct{})}
	if err := os.MkdirAll(filepath.Join(p.dir, ".local/share/linphone"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeTone(t, filepath.Join(p.dir, "tone.wav"), tone, 120*time.Second)
	rc := fmt.Sprintf(`[sip]
bind_address=%[1]s
%[4]s
guess_hostname=0
contact=sip:%[2]s@%[1]s:5062
keepalive_period=0
use_ipv6=0
use_rfc2833=1
[rtp]
bind_address=%[1]s
audio_rtp_port=25000-25039
audio_jitt_comp=60
audio_adaptive_jitt_comp_enabled=0
[net]
dns_srv_enabled=0
firewall_policy=0
[sound]
echocancellation=0
remote_ring=
local_ring=
[misc]
version_check_url_root=
[storage]
backend=sqlite3
uri=%[3]s/lp.db
[lime]
enabled=0
[video]
enabled=0
capture=0
display=0
automatically_initiate=0
automatically_accept=0
`, ip, user, p.dir, settings)
	codecs := []string{"PCMA/8000", "PCMU/8000", "opus/48000", "speex/16000", "speex/8000", "GSM/8000", "G722/8000", "speex/32000"}
	for i, c := range codecs { // one rate only: its recording has one
		name, rate, _ := strings.Cut(c, "/")
		rc += fmt.Sprintf("[audio_codec_%d]\nmime=%s\nrate=%s\nchannels=1\nenabled=%d\n", i, name, rate, min(1, max(0, 2-i)))
	}
	if err := os.WriteFile(filepath.Join(p.dir, "rc"), []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command("linphonec", "-c", filepath.Join(p.dir, "rc"), "-d", "0")
	p.cmd.Dir = p.dir
	p.cmd.Env = append(os.Environ(), "HOME="+p.dir, "TERM=dumb")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("linphonec: %v (make e2e installs it)", err)
	}
	go func() { p.cmd.Wait(); close(p.done) }()
	t.Cleanup(p.close)
	p.expect("linphonec>", 10*time.Second)
	for _, c := range []string{"soundcard use files", "play " + p.dir + "/tone.wav", "record " + p.dir + "/heard.wav"} {
		p.do(c)
		time.Sleep(200 * time.Millisecond)
	}
	if password == "" {
		return p
	}
	p.do(fmt.Sprintf("register sip:%s@%s sip:%s %s", user, e.ip, e.ip, password))
	return p
}

// Write takes what linphonec says.
func (p *linphone) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *linphone) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// expect waits until linphonec has said it.
func (p *linphone) expect(what string, most time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if strings.Contains(p.said(), what) {
			return
		}
	}
	p.t.Fatalf("linphonec: not within %s: %s\n%s", most, what, tail(p.said(), 40))
}

func (p *linphone) do(command string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, command+"\n"); err != nil {
		p.t.Fatalf("linphonec: %s: %v", command, err)
	}
}

// heard is what it recorded so far, over all its calls.
func (p *linphone) heard() []float64 {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, "heard.wav"))
	if err != nil {
		p.t.Fatal(err)
	}
	return readWAV(p.t, b)[0]
}

func (p *linphone) close() {
	select {
	case <-p.done:
		return
	default:
	}
	io.WriteString(p.in, "quit\n")
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}
