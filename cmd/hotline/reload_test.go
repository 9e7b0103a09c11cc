package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReload: a running engine takes over the trunks of its file, names what needs a restart, and a file with a fault changes nothing.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	centre := strings.Replace(abortCentre, "\nnumbers", "\ndial_out: {allow: [\"1\"], trunk: carrier}\nnumbers", 1)
	if err := os.WriteFile(filepath.Join(dir, "centre.yaml"), []byte(centre), 0o600); err != nil {
		t.Fatal(err)
	}
	name, sipAt := filepath.Join(dir, "hotline.yaml"), freeUDP(t)
	file := func(keep string, trunks ...string) {
		t.Helper()
		text := fmt.Sprintf("data: data\ncentre: centre.yaml\nsip:\n  listen: [\"udp://%s\"]\n  keep_alive: \"0\"\n  trunks:\n", sipAt)
		for _, one := range trunks {
			text += "    - " + one + "\n"
		}
		text += "media: {ports: 37100-37199}\nweb: {listen: \"127.0.0.1:0\"}\nmetrics: {listen: \"127.0.0.1:0\"}\nrecordings: {keep: " + keep + "}\n"
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file("180d", "{name: carrier, server: 192.0.2.7}", "{name: in, peers: [192.0.2.0/24]}")
	cfg, bad := readConfig(name, noEnv)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	t.Setenv("HOTLINE_ADMIN_PASSWORD", "correct horse battery staple")
	e, err := openEngine(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), true)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	defer e.stop(5*time.Second, "test")
	said := func() string {
		var out strings.Builder
		if err := e.run(t.Context(), taskReload, nil, &out); err != nil {
			return "fault: " + strings.ReplaceAll(err.Error(), dir+"/", "")
		}
		return strings.ReplaceAll(out.String(), dir+"/", "")
	}
	trunks := func() string {
		var out strings.Builder
		if err := e.run(t.Context(), taskTrunks, nil, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := trunks(); !strings.HasSuffix(got, "trunk in: 0 calls, in only\n  calls from 192.0.2.0/24\n") {
		t.Error(got)
	}
	if got := said(); got != "hotline.yaml was read again\nno trunk has changed\n" {
		t.Errorf("nothing is new: %s", got)
	}
	file("90d", "{name: carrier, server: 192.0.2.8, max_calls: 30}", "{name: new, server: 192.0.2.9}")
	if got := said(); got != "hotline.yaml was read again\ntrunks added: new\ntrunks changed: carrier\ntrunks removed: in\nin force only after a restart: recordings\n" {
		t.Error(got)
	}
	now := "trunk carrier: 0 calls\n  192.0.2.8  udp://192.0.2.8:5060  not asked whether it is up\ntrunk new: 0 calls\n  192.0.2.9  udp://192.0.2.9:5060  not asked whether it is up\n"
	if got := trunks(); got != now {
		t.Error(got)
	}
	file("90d", "{name: new, server: 192.0.2.9}")
	if got := said(); !strings.HasPrefix(got, "fault: ") || !strings.Contains(got, `unknown trunk "carrier"`) {
		t.Errorf("the centre's trunk is taken away: %s", got)
	}
	file("90d", "{name: new, server: 192.0.2.9, codecs: [MP3]}", "{name: carrier, server: 192.0.2.8}")
	if got := said(); !strings.Contains(got, "hotline.yaml:7: ") {
		t.Errorf("a fault: %s", got)
	}
	if got := trunks(); got != now {
		t.Errorf("a faulty file changed something: %s", got)
	}
	if c := e.config(); len(unknownTrunks(c, e.centre.now())) != 0 || len(c.SIP.Trunks) != 2 || c.SIP.Trunks[1].Name != "new" {
		t.Errorf("centre files are held to %+v", c.SIP.Trunks)
	}
}

// TestOnlyARunningEngineReloads: without one, the commands say so, and make no data folder.
func TestOnlyARunningEngineReloads(t *testing.T) {
	name := write(t, "hotline.yaml", "data: nowhere\nmail: {password: \"${NOT_SET_HERE}\"}\n")
	for _, one := range []interface {
		Run(context.Context, io.Writer) error
	}{&reloadCmd{at{name}}, &trunksCmd{at{name}}} {
		if err := one.Run(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "no engine runs on the data folder "+filepath.Join(filepath.Dir(name), "nowhere")) {
			t.Errorf("%v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(name), "nowhere")); !os.IsNotExist(err) {
		t.Errorf("the data folder: %v", err)
	}
	if err := (&reloadCmd{at{name + ".not"}}).Run(t.Context(), io.Discard); err == nil || strings.Contains(err.Error(), "no engine") {
		t.Errorf("no such file: %v", err)
	}
}

// TestReloadWithoutTheSecrets: who asks lacks what is in the engine's environment, and the engine answers as its file is.
func TestReloadWithoutTheSecrets(t *testing.T) {
	dir := t.TempDir()
	stop, err := serveControl(dir, controlStub{})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	name := write(t, "hotline.yaml", "data: "+dir+"\nmail: {password: \"${NOT_SET_HERE}\"}\n")
	var out strings.Builder
	if err := (&reloadCmd{at{name}}).Run(t.Context(), &out); err != nil || out.String() != "did reload" {
		t.Errorf("%q %v", out.String(), err)
	}
}

type controlStub struct{ control }

func (controlStub) run(_ context.Context, task string, _ url.Values, out io.Writer) error {
	_, err := io.WriteString(out, "did "+task)
	return err
}

// TestWhatNeedsARestart: everything in the file but trunks does, is named by its key, and what is as it was is not named, even where it is read
// anew into other memory.
func TestWhatNeedsARestart(t *testing.T) {
	dir := t.TempDir()
	selfSigned(t, dir, "cert.pem", "key.pem")
	selfSigned(t, dir, "cert2.pem", "key2.pem")
	base := strings.Join([]string{
		"data: data", "centre: centre.yaml", "sip:",
		"  listen: [\"udp://127.0.0.1:5060\", \"tls://127.0.0.1:5061\"]", "  cert: cert.pem", "  key: key.pem", "  domain: a.example", "  keep_alive: 30s",
		"  session_expires: 30m", "  min_se: 90s", "  origins: [\"https://a.example\"]", "  advertise: 192.0.2.1",
		"  trunks: [{name: carrier, peers: [192.0.2.0/24], rewrite: {in: [{match: \"\\\\+86(.*)\", replace: \"$1\"}]}}]",
		"media: {ports: 20000-20999, codecs: [PCMA], srtp: optional, sdes_in_clear: false, loops: 2}",
		"web: {listen: \"127.0.0.1:8080\"}", "metrics: {listen: \"127.0.0.1:9466\"}", "recordings: {keep: 180d}", "log: {keep: 400d}",
		"webhooks: [{name: crm, url: \"https://crm.example/a\", secret: abcdefghijklmnop}]",
		"mail: {server: mail.example, from: a@b.example, ca: cert.pem}", "reports: {domains: [b.example]}",
	}, "\n") + "\n"
	read := func(text string) config {
		t.Helper()
		name := filepath.Join(dir, "hotline.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, bad := readConfig(name, noEnv)
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		return cfg
	}
	was := read(base)
	was.OwnThreads = 4 // as serve has it
	if got := restartFor(was, read(base)); got != nil {
		t.Errorf("nothing has changed: %q", got)
	}
	for _, c := range [][3]string{
		{"data: data", "data: other", "data"},
		{"centre: centre", "centre: other", "centre"},
		{"127.0.0.1:5060", "127.0.0.2:5060", "sip.listen"},
		{"  cert: cert.pem\n  key: key.pem", "  cert: cert2.pem\n  key: key2.pem", "sip.cert, sip.key"},
		{"domain: a", "domain: b", "sip.domain"},
		{"keep_alive: 30s", "keep_alive: 20s", "sip.keep_alive"},
		{"30m", "20m", "sip.session_expires"},
		{"90s", "100s", "sip.min_se"},
		{"https://a.example", "https://b.example", "sip.origins"},
		{"advertise: 192.0.2.1", "advertise: 192.0.2.2", "sip.advertise"},
		{"carrier, peers", "other, peers", ""},
		{"192.0.2.0/24", "192.0.2.0/25", ""},
		{"20000-", "20100-", "media.ports"},
		{"[PCMA]", "[PCMU]", "media.codecs"},
		{"srtp: optional", "srtp: \"off\"", "media.srtp"},
		{"sdes_in_clear: false", "sdes_in_clear: true", "media.sdes_in_clear"},
		{"loops: 2", "loops: 3", "media.loops"},
		{", loops: 2", "", "media.loops"},
		{"8080", "8081", "web"},
		{"9466", "9467", "metrics"},
		{"180d", "90d", "recordings"},
		{"400d", "300d", "log"},
		{"crm.example/a", "crm.example/b", "webhooks"},
		{"from: a@", "from: b@", "mail"},
		{"domains: [b.", "domains: [c.", "reports"},
	} {
		text := strings.Replace(base, c[0], c[1], 1)
		if got := strings.Join(restartFor(was, read(text)), "; "); text == base || got != c[2] {
			t.Errorf("%s: %q, want %q", c[1], got, c[2])
		}
	}
	mail := *was.Out.Mail
	mail.CA = x509.NewCertPool()
	if sameMail(was.Out.Mail, &mail) || sameMail(was.Out.Mail, nil) || !sameMail(nil, nil) {
		t.Error("mail by other authorities is the same")
	}
}
