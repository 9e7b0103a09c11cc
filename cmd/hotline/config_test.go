package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/media"
)

func noEnv(string) (string, bool) { return "", false }

func write(t *testing.T, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// contractConfig is the example of the documentation: it must work as it stands.
const contractConfig = `
data: ./data                       # event log, recordings, prompts
centre: centre.yaml                # applied at start when the file changed since it was last applied
sip:
  listen: [udp://127.0.0.1:5060, tcp://127.0.0.1:5060, ws://127.0.0.1:5066]
  advertise: ""
  domain: hotline.example
  trunks:
    - {name: carrier, peers: [127.0.0.0/8], max_calls: 500, max_cps: 100}
media: {ports: 20000-29999, codecs: [PCMA, PCMU]}
web: {listen: 127.0.0.1:8080}
metrics: {listen: 127.0.0.1:9466}
recordings: {keep: 180d}
`

func TestConfigOfTheDocumentation(t *testing.T) {
	name := write(t, "hotline.yaml", contractConfig)
	c, faults := readConfig(name, noEnv)
	for _, f := range faults {
		t.Error(f)
	}
	dir := filepath.Dir(name)
	if c.Data != filepath.Join(dir, "data") || c.Centre != filepath.Join(dir, "centre.yaml") {
		t.Errorf("data %s, centre %s: not beside the file", c.Data, c.Centre)
	}
	if len(c.SIP.Listen) != 3 || c.SIP.Listen[2].Network != "ws" || c.SIP.Advertise.IsValid() {
		t.Errorf("%+v", c.SIP)
	}
	if tr := c.SIP.Trunks; len(tr) != 1 || tr[0].MaxCalls != 500 || tr[0].MaxCPS != 100 || tr[0].Peers[0].String() != "127.0.0.0/8" {
		t.Errorf("%+v", tr)
	}
	if c.Keep != 180*24*time.Hour || c.Ports != [2]uint16{20000, 29999} || len(c.Codecs) != 2 {
		t.Errorf("%+v", c)
	}
}

func TestEveryFaultIsNamedAtOnce(t *testing.T) {
	name := write(t, "hotline.yaml", `data: ${NOWHERE}
colour: red
sip:
  listen: [udp://127.0.0.1, tls://127.0.0.1:5061, smoke://1.2.3.4:5, 127.0.0.1:5060]
  advertise: everywhere
  domain: "a b"
  trunks: [{name: x, peers: [500.0.0.0/8]}, {name: x, peers: [10.0.0.1], max_calls: -1}, {peers: [], register: {}}]
media: {ports: 300-200, codecs: [opus]}
web: {listen: here, cert: c.pem}
recordings: {keep: soon}
`)
	_, faults := readConfig(name, noEnv)
	var got strings.Builder
	for _, f := range faults {
		got.WriteString(strings.TrimPrefix(f.String(), name) + "\n")
	}
	for _, want := range []string{
		":1: data:", ":2: colour:", ":4: sip.listen[0]", ":4: sip.listen[1]", ":4: sip.listen[2]", ":4: sip.listen[3]", ":5: sip.advertise",
		":6: sip.domain", ":7: sip.trunks[0].peers[0]", ":7: sip.trunks[1].max_calls", ":7: sip.trunks[1]: a second", ":7: sip.trunks[2].name",
		":7: sip.trunks[2].register", ":8: media.ports", ":8: media.codecs[0]", ":9: web.listen", ":9: web: cert", ":10: recordings.keep",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no fault %q in:\n%s", want, got.String())
		}
	}
}

func TestKeepAlive(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 30 * time.Second, "keep_alive: 0": 0, "keep_alive: 45s": 45 * time.Second, "keep_alive: 1h": time.Hour} {
		c, faults := readConfig(write(t, "hotline.yaml", "sip: {domain: h, "+text+"}\n"), noEnv)
		if len(faults) != 0 || c.SIP.KeepAlive != want {
			t.Errorf("%q: %v %v", text, c.SIP.KeepAlive, faults)
		}
	}
	for _, text := range []string{"1s", "2h", "30", "-5s", "often", `""`, "[]"} {
		c, faults := readConfig(write(t, "hotline.yaml", "sip: {keep_alive: "+text+"}\n"), noEnv)
		if len(faults) != 1 || !strings.Contains(faults[0].String(), "sip.keep_alive") || c.SIP.KeepAlive != 30*time.Second {
			t.Errorf("%q: %v %v", text, c.SIP.KeepAlive, faults)
		}
	}
}

func TestTrunkToCallOutBy(t *testing.T) {
	env := func(name string) (string, bool) { return "secret", name == "TRUNK_PASSWORD" }
	name := write(t, "hotline.yaml", "sip: {trunks: [{name: a, peers: [192.0.2.0/24], server: 192.0.2.7, user: \"95500\", password: \"${TRUNK_PASSWORD}\"}, "+
		"{name: b, peers: [192.0.2.9], server: \"192.0.2.9:5070\"}]}\n")
	c, faults := readConfig(name, env)
	if len(faults) != 0 || len(c.SIP.Trunks) != 2 {
		t.Fatalf("%v %+v", faults, c.SIP)
	}
	if a := c.SIP.Trunks[0]; a.Servers[0].String() != "192.0.2.7" || a.User != "95500" || a.Password != "secret" {
		t.Errorf("%+v", a)
	}
	if b := c.SIP.Trunks[1]; b.Servers[0].String() != "192.0.2.9:5070" || b.User != "" {
		t.Errorf("%+v", b)
	}
	for _, wrong := range []string{"server: car_rier..ex ample", "server: 192.0.2.300", "server: 0.0.0.0", "server: \"192.0.2.7:0\"", "user: x", "password: x"} {
		name := write(t, "hotline.yaml", "sip: {trunks: [{name: a, peers: [192.0.2.9], "+wrong+"}]}\n")
		if _, faults := readConfig(name, env); len(faults) != 1 {
			t.Errorf("%s: %v", wrong, faults)
		}
	}
}

func TestConfigMissing(t *testing.T) {
	_, faults := readConfig("/nowhere/hotline.yaml", noEnv)
	if len(faults) != 1 || !strings.Contains(faults[0].String(), "no such file") {
		t.Errorf("%v", faults)
	}
	if c, faults := readConfig("", noEnv); len(faults) != 0 || len(c.SIP.Listen) != 2 || c.Data != "data" {
		t.Errorf("%+v %v", c, faults)
	}
}

// TestOpusNeedsItsBuild: the codec is known by its name in letters of either size, and a build without it says which has it.
func TestOpusNeedsItsBuild(t *testing.T) {
	name := write(t, "hotline.yaml", strings.Replace(contractConfig, "codecs: [PCMA, PCMU]", "codecs: [opus, PCMA, Opus, g722]", 1))
	c, faults := readConfig(name, noEnv)
	var b bytes.Buffer
	if err := (versionCmd{}).Run(&b); err != nil {
		t.Fatal(err)
	}
	if media.Opus.Known() {
		if want := []media.Codec{media.Opus, media.PCMA, media.G722}; len(faults) != 0 || !slices.Equal(c.Codecs, want) || !strings.Contains(b.String(), "codecs: PCMA, PCMU, G722, OPUS\n") {
			t.Errorf("%v, %v; %s", c.Codecs, faults, b.String())
		}
		return
	}
	if len(faults) != 2 || !strings.Contains(faults[0].String(), "OPUS is not in this build") || !strings.Contains(faults[0].String(), "-tags opus") || !strings.Contains(b.String(), "codecs: PCMA, PCMU, G722\n") {
		t.Errorf("%v; %s", faults, b.String())
	}
}
