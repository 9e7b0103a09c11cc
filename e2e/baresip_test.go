//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// phone is one baresip without sound card or screen: it speaks a tone and records what it hears.
type phone struct {
	t    *testing.T
	name string
	dir  string
	user string
	cmd  *exec.Cmd
	done chan struct{}
	conn net.Conn

	mu      sync.Mutex // guards all below
	changed *sync.Cond
	events  []phoneEvent
	replies map[string]bool
	token   int
}

type phoneEvent struct {
	Type      string
	Param     string
	Event     bool
	Response  bool
	OK        bool
	Token     string
	Direction string
}

// phoneOptions are what differs between phones.
type phoneOptions struct {
	ip       string // its own loopback address
	user     string
	password string // empty: it does not register
	tone     float64
	auto     bool   // answers by itself
	codecs   string // "PCMA,PCMU"
	tcp      bool
	tls      bool   // to port 5061
	menc     string // how it protects its media: "srtp", "srtp-mand", "dtls_srtp"
}

// startPhone starts a baresip and waits until it is ready (and, with a password, registered at the engine).
func startPhone(t *testing.T, e *engine, name string, o phoneOptions) *phone {
	t.Helper()
	p := &phone{t: t, name: name, user: o.user, dir: filepath.Join(e.dir, name), replies: map[string]bool{}}
	p.changed = sync.NewCond(&p.mu)
	if o.codecs == "" {
		o.codecs = "PCMA,PCMU"
	}
	if !p.up(e, o) && !p.up(e, o) { // another may have taken the port that it is told by
		t.Fatalf("%s does not start:\n%s", name, p.log())
	}
	go p.read()
	if o.password != "" {
		e.eventually(10*time.Second, name+" is registered", func() bool { return strings.Contains(p.log(), "} 200 ") })
	}
	return p
}

// up starts the program and connects to it; false: it is gone again.
func (p *phone) up(e *engine, o phoneOptions) bool {
	p.t.Helper()
	ctrl := port(p.t)
	p.write(e, o, ctrl)
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	p.done = make(chan struct{})
	p.cmd = exec.Command("stdbuf", "-oL", "-eL", "baresip", "-4", "-f", p.dir)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatalf("baresip: %v (make e2e installs it)", err)
	}
	go func(cmd *exec.Cmd, done chan struct{}) { cmd.Wait(); close(done) }(p.cmd, p.done)
	p.t.Cleanup(p.close)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if p.conn, err = net.Dial("tcp", net.JoinHostPort(o.ip, strconv.Itoa(ctrl))); err == nil {
			return true
		}
		select {
		case <-p.done:
			return false
		default:
		}
	}
	p.close()
	return false
}

func (p *phone) write(e *engine, o phoneOptions, ctrl int) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Join(p.dir, "rec"), 0o700); err != nil {
		p.t.Fatal(err)
	}
	tone := filepath.Join(p.dir, "tone.wav")
	rate, more := 8000, ""
	switch {
	case strings.HasPrefix(o.codecs, "G722"):
		rate = 16000
	case strings.HasPrefix(o.codecs, "opus"):
		rate, more = 48000, "module opus.so\nopus_stereo no\nopus_sprop_stereo no\nopus_inbandfec yes\n"
	}
	writeToneAt(p.t, tone, rate, o.tone, 120*time.Second)
	last, _ := strconv.Atoi(o.ip[strings.LastIndexByte(o.ip, '.')+1:])
	rtp := 16000 + last*20
	config := fmt.Sprintf(`poll_method epoll
sip_listen %[1]s:5060
net_interface %[1]s
dns_server 127.0.0.1:53
call_local_timeout 120
call_max_calls 4
audio_source aufile,%[2]s
audio_player none,none
audio_alert none,none
rtp_ports %[3]d-%[4]d
rtcp_mux no
rtp_stats yes
jitter_buffer_delay 0
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module aufile.so
module sndfile.so
module srtp.so
module dtls_srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app debug_cmd.so
module_app ctrl_tcp.so
ctrl_tcp_listen %[1]s:%[5]d
snd_path %[6]s/rec
menu_bell no
statmode_default off
ringback_disabled yes
%[7]s`, o.ip, tone, rtp, rtp+19, ctrl, p.dir, more)
	answer, transport := "manual", ""
	if o.auto {
		answer = "auto"
	}
	if o.tcp {
		transport = ";transport=tcp"
	}
	to := 5060
	if o.tls {
		transport, to = ";transport=tls", 5061
	}
	account := fmt.Sprintf(`"%s" <sip:%s@%s%s>;answermode=%s;audio_codecs=%s;ptime=20`, p.name, o.user, domain, transport, answer, o.codecs)
	if o.password != "" {
		account += fmt.Sprintf(`;auth_user=%s;auth_pass=%s;regint=60;outbound="sip:%s:%d%s"`, o.user, o.password, e.ip, to, transport)
	} else {
		account += ";regint=0"
		if o.tls {
			account += fmt.Sprintf(`;outbound="sip:%s:%d%s"`, e.ip, to, transport)
		}
	}
	if o.menc != "" {
		account += ";mediaenc=" + o.menc
	}
	for name, text := range map[string]string{"config": config, "accounts": account + "\n", "contacts": "", "uuid": "11111111-2222-3333-4444-" + fmt.Sprintf("%012d", last)} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *phone) log() string {
	b, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return string(b)
}

// read takes baresip's events: JSON in netstrings.
func (p *phone) read() {
	in := bufio.NewReader(p.conn)
	for {
		n, err := in.ReadString(':')
		if err != nil {
			return
		}
		size, err := strconv.Atoi(strings.TrimSuffix(n, ":"))
		if err != nil {
			return
		}
		body := make([]byte, size+1)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		var ev phoneEvent
		if json.Unmarshal(body[:size], &ev) != nil {
			continue
		}
		p.mu.Lock()
		if ev.Response {
			p.replies[ev.Token] = ev.OK
		} else {
			p.events = append(p.events, ev)
		}
		p.changed.Broadcast()
		p.mu.Unlock()
	}
}

// do gives a command and waits for its reply.
func (p *phone) do(command, params string) {
	p.t.Helper()
	p.mu.Lock()
	p.token++
	token := fmt.Sprint(p.token)
	p.mu.Unlock()
	b, _ := json.Marshal(map[string]string{"command": command, "params": params, "token": token})
	if _, err := fmt.Fprintf(p.conn, "%d:%s,", len(b), b); err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, command, err)
	}
	p.await(5*time.Second, "reply to "+command, func() bool { _, ok := p.replies[token]; return ok })
}

// await waits under the lock for a condition that events change.
func (p *phone) await(most time.Duration, what string, ok func() bool) {
	p.t.Helper()
	timer := time.AfterFunc(most, p.changed.Broadcast)
	defer timer.Stop()
	end := time.Now().Add(most)
	p.mu.Lock()
	defer p.mu.Unlock()
	for !ok() {
		if !time.Now().Before(end) {
			p.t.Fatalf("%s: not within %s: %s; events %+v\n%s", p.name, most, what, p.events, tail(p.log(), 30))
		}
		p.changed.Wait()
	}
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// wait waits for the n-th event of a kind (from 1).
func (p *phone) wait(kind string, n int, most time.Duration) phoneEvent {
	p.t.Helper()
	var got phoneEvent
	p.await(most, fmt.Sprintf("event %s number %d", kind, n), func() bool {
		seen := 0
		for _, ev := range p.events {
			if ev.Type == kind {
				if seen++; seen == n {
					got = ev
					return true
				}
			}
		}
		return false
	})
	return got
}

func (p *phone) count(kind string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ev := range p.events {
		if ev.Type == kind {
			n++
		}
	}
	return n
}

func (p *phone) dial(e *engine, number string) {
	p.t.Helper()
	p.do("dial", fmt.Sprintf("sip:%s@%s", number, e.ip))
}

// code dials a star code and waits until the engine has taken it and hung up.
func (p *phone) code(e *engine, code string) {
	p.t.Helper()
	n := p.count("CALL_CLOSED")
	p.dial(e, code)
	p.wait("CALL_CLOSED", n+1, 10*time.Second)
}

func (p *phone) press(keys string) {
	p.t.Helper()
	for _, k := range keys {
		p.do("sndcode", string(k))
		time.Sleep(250 * time.Millisecond) // a person's pace; baresip drops keys that come at once
	}
}

// heard returns the WAVs of what the phone heard, one a call. It ends the phone, which completes them.
func (p *phone) heard() []string {
	p.t.Helper()
	p.close()
	files, _ := filepath.Glob(filepath.Join(p.dir, "rec", "*-dec.wav"))
	return files
}

func (p *phone) close() {
	select {
	case <-p.done:
		return
	default:
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}
