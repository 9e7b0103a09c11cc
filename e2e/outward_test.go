//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline"
	"hotline/notify"
)

const outwardIP = "127.0.0.76"

// certificate makes one for outwardIP, and returns its files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(outwardIP)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := x509.MarshalPKCS8PrivateKey(k)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// postOffice is Debian's python3-aiosmtpd.
type postOffice struct {
	t    *testing.T
	dir  string
	args []string
	cmd  *exec.Cmd
}

func (p *postOffice) start() {
	p.t.Helper()
	p.cmd = exec.Command("/usr/bin/python3", append([]string{"testdata/smtpd.py"}, p.args...)...)
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		p.t.Fatalf("the mail server says %q: run `make phones`", line)
	}
}

func (p *postOffice) stop() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// mails are those taken so far.
func (p *postOffice) mails() (all []*netmail.Message) {
	names, _ := filepath.Glob(filepath.Join(p.dir, "*.eml"))
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			p.t.Fatal(err)
		}
		defer f.Close()
		m, err := netmail.ReadMessage(bufio.NewReader(f))
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func startPostOffice(t *testing.T, mode, cert, key string) (*postOffice, string) {
	t.Helper()
	n := port(t)
	dir := t.TempDir()
	p := &postOffice{t: t, dir: dir, args: []string{fmt.Sprint(n), dir, mode}}
	if mode != "plain" {
		p.args = append(p.args, cert, key)
	}
	t.Cleanup(p.stop)
	return p, fmt.Sprintf("%s:%d", outwardIP, n)
}

// TestMailServer sends through a server of another make: in the clear, by STARTTLS and TLS with a login; one that is down, an address that is
// refused and one that is put off, and an engine that ends in between.
func TestMailServer(t *testing.T) {
	cert, key := certificate(t)
	pool := x509.NewCertPool()
	data, _ := os.ReadFile(cert)
	pool.AppendCertsFromPEM(data)
	for _, mode := range []string{"plain", "starttls", "tls"} {
		t.Run(mode, func(t *testing.T) {
			office, at := startPostOffice(t, mode, cert, key)
			s := notify.MailServer{Server: at, TLS: mode, CA: pool, User: "hotline", Password: "密码 secret", From: "热线 <hotline@hotline.example>"}
			if mode == "plain" {
				s.TLS, s.User, s.Password = notify.TLSNone, "", ""
			}
			spool := t.TempDir()
			run := func(d time.Duration, do func(m *notify.Mailer)) notify.MailStats {
				m, err := notify.NewMailer(notify.MailConfig{Server: s, Spool: spool, Logger: slog.New(slog.DiscardHandler), Append: func([]hotline.Event) error { return nil }})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), d)
				defer cancel()
				do(m)
				_ = m.Run(ctx)
				return m.Stats()
			}
			down := run(time.Second, func(m *notify.Mailer) { // nobody is there
				if err := m.Send(t.Context(), notify.Mail{
					To: []string{"lead@hotline.example", "gone@hotline.example", "busy@hotline.example"}, Subject: "日报 11-22", Text: "接通率 92 %\n.\n", HTML: "<b>92 %</b>",
					Files: []notify.File{{Name: "日报.csv", Type: "text/csv", Data: []byte("队列,接通\n报案,92\n")}},
				}); err != nil {
					t.Fatal(err)
				}
			})
			if down.Waiting != 1 || down.FailingSince.IsZero() {
				t.Errorf("%+v", down)
			}
			office.start()
			up := run(8*time.Second, func(*notify.Mailer) {})
			if up.Sent != 2 || up.Refused != 1 || up.Waiting != 0 {
				t.Errorf("%+v", up)
			}
			mails := office.mails()
			if len(mails) != 2 {
				t.Fatalf("%d mails", len(mails))
			}
			to := map[string]bool{}
			for _, m := range mails {
				to[m.Header.Get("X-Rcpt")] = true
				subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
				if subject != "日报 11-22" || m.Header.Get("Message-Id") == "" || mode != "plain" && (m.Header.Get("X-Tls") != "True" || m.Header.Get("X-Login") != "True") {
					t.Errorf("%v", m.Header)
				}
			}
			if !to["lead@hotline.example"] || !to["busy@hotline.example"] {
				t.Errorf("%v", to)
			}
			if mode != "plain" { // a wrong password, and a server that nobody vouches for
				bad := s
				bad.Password = "wrong"
				if err := bad.Try(t.Context(), notify.Mail{To: []string{"a@hotline.example"}}); err == nil || !strings.Contains(err.Error(), "535") {
					t.Error(err)
				}
				bad = s
				bad.CA = x509.NewCertPool()
				if err := bad.Try(t.Context(), notify.Mail{To: []string{"a@hotline.example"}}); err == nil || !strings.Contains(err.Error(), "certificate") {
					t.Error(err)
				}
			}
		})
	}
}

// TestOutward starts the engine with everything that tells others, kills it again and again, and finds every event once.
func TestOutward(t *testing.T) {
	office, at := startPostOffice(t, "plain", "", "")
	office.start()
	robot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`) }))
	defer robot.Close()
	e := startEngine(t, outwardIP, centreFile)
	e.stop()
	name := filepath.Join(e.dir, "hotline.yaml")
	config, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	config = append(config, fmt.Sprintf(`
mail: {server: "%s", tls: none, from: hotline@hotline.example}
alarms:
  - {name: lead, to: mail, addresses: [lead@hotline.example]}
  - {name: group, to: wecom, url: "%s"}
events: {file: events, from: start, rotate: {size: 1MB}}
queue_log: {file: queue_log, from: start}
`, at, robot.URL)...)
	if err := os.WriteFile(name, config, 0o600); err != nil {
		t.Fatal(err)
	}
	const starts = 4
	for range starts {
		e.start()
		time.Sleep(1500 * time.Millisecond)
		_ = e.cmd.Process.Kill()
		<-e.exited
	}
	last := uint64(0)
	f, err := os.Open(filepath.Join(e.dir, "events", "events.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		ev, err := hotline.UnmarshalEvent(s.Bytes())
		if err != nil || ev.Seq != last+1 {
			t.Fatalf("after %d: %v %s", last, err, s.Text())
		}
		last = ev.Seq
	}
	if last < starts {
		t.Errorf("%d events", last)
	}
	lines, _ := os.ReadFile(filepath.Join(e.dir, "queue_log"))
	if n := strings.Count(string(lines), "|NONE|NONE|NONE|QUEUESTART|\n"); n != starts+1 {
		t.Errorf("%d starts in the queue_log, not %d:\n%s", n, starts+1, lines)
	}
	out, err := exec.Command(os.Getenv("HOTLINE_BIN"), "alarms", "test", "all", "--config", name).CombinedOutput()
	if err != nil || string(out) != "lead: handed to the mail\ngroup: code 0: ok\n" {
		t.Errorf("%v: %s", err, out)
	}
	if mails := office.mails(); len(mails) != 1 || mails[0].Header.Get("X-Rcpt") != "lead@hotline.example" {
		t.Errorf("%v", mails)
	}
	e.start()
}
