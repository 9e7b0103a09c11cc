package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/media"
)

const trunksConfig = `
sip:
  trunks:
    - name: carrier
      servers: [sip.carrier.example, "tcp://192.0.2.7:5070", "[2001:db8::7]:5062", "tls://[2001:db8::8]"]
      transport: tls
      ca: ca.pem
      register: {user: "8000", password: "${TRUNK_PASSWORD}", every: 5m}
      domain: carrier.example
      number: "+861012345678"
      trusted: true
      codecs: [PCMU]
      rewrite:
        in: [{match: "+86", replace: ""}, {match: "00", replace: "+", only: caller}]
        out: [{match: "1[3-9]\\d{9}", replace: "+86$0", only: called}, {match: "0(\\d+)", replace: "+86$1"}]
    - {name: registrar, register: {server: "reg.example:5090", user: u, password: p}}
    - {name: plain, peers: [192.0.2.0/24, "2001:db8::/32"]}
`

// besideCA is the config in a file beside which there is a certificate, ca.pem.
func besideCA(t *testing.T, config string) string {
	name := write(t, "hotline.yaml", config)
	selfSigned(t, filepath.Dir(name), "ca.pem", "key.pem")
	return name
}

// TestAuthorityFiles: the files of whom certificates are believed from are read with the rest, and what is wrong with one is said.
func TestAuthorityFiles(t *testing.T) {
	for _, key := range []string{"ca", "record_ca"} {
		for file, want := range map[string]string{
			"ca.pem":      "",
			"nowhere.pem": `nowhere.pem" cannot be read: no such file or directory`,
			"key.pem":     `key.pem" holds no certificate`,
			"broken.pem":  `broken.pem" holds no certificate that can be used`,
			"empty.pem":   `empty.pem" holds no certificate`,
			".":           "cannot be read: is a directory",
		} {
			name := besideCA(t, "sip:\n  trunks:\n    - {name: a, server: 192.0.2.7, record_to: \"sips:192.0.2.9\", "+key+": "+file+"}\n")
			for other, text := range map[string]string{"broken.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "empty.pem": ""} {
				if err := os.WriteFile(filepath.Join(filepath.Dir(name), other), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, faults := readConfig(name, noEnv)
			switch {
			case want == "" && len(faults) == 0:
			case want != "" && len(faults) == 1 && strings.Contains(faults[0].String(), ":3: sip.trunks[0]."+key+": ") && strings.Contains(faults[0].String(), want):
			default:
				t.Errorf("%s: %s: %v", key, file, faults)
			}
		}
	}
}

func TestTrunkKeys(t *testing.T) {
	env := func(name string) (string, bool) { return "geheim", name == "TRUNK_PASSWORD" }
	c, faults := readConfig(besideCA(t, trunksConfig), env)
	if len(faults) != 0 || len(c.SIP.Trunks) != 3 {
		t.Fatal(faults)
	}
	a := c.SIP.Trunks[0]
	if got := fmt.Sprint(a.Servers); got != "[tls://sip.carrier.example tcp://192.0.2.7:5070 tls://[2001:db8::7]:5062 tls://2001:db8::8]" {
		t.Errorf("%s", got)
	}
	if a.Register == nil || a.Register.User != "8000" || a.Register.Password != "geheim" || a.Register.Every != 5*time.Minute || a.Register.Server != nil ||
		a.User != "8000" || a.Password != "geheim" || a.Domain != "carrier.example" || a.Number != "+861012345678" || !a.Trusted || len(a.Peers) != 0 ||
		len(a.Codecs) != 1 || a.Codecs[0] != media.PCMU || !strings.HasSuffix(a.CA, "/ca.pem") || len(a.In) != 2 || len(a.Out) != 2 {
		t.Errorf("%+v", a)
	}
	b := c.SIP.Trunks[1]
	if b.Register.Server.String() != "reg.example:5090" || len(b.Servers) != 1 || b.Servers[0] != *b.Register.Server || b.Register.Every != 10*time.Minute {
		t.Errorf("%+v", b)
	}
	if p := c.SIP.Trunks[2]; len(p.Peers) != 2 || p.Register != nil || len(p.Servers) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestTrunkFaults(t *testing.T) {
	for text, want := range map[string]string{
		`server: a.example, servers: [b.example]`:                     "beside servers",
		`servers: ["ftp://a.example"]`:                                "is not a transport",
		`servers: ["a.example:99999"]`:                                "is not a port",
		`server: "fe80::1%eth0"`:                                      "no address of a server",
		`server: "a b"`:                                               "host name",
		`server: 10.0.0`:                                              "host name",
		`server: a.example, transport: sctp`:                          "unknown",
		`register: {user: u, password: p}`:                            "names no server",
		`register: {server: a.example}`:                               "names no user",
		`register: {server: a.example, user: u}`:                      "belong together",
		`server: a, register: {user: u, password: p, every: 1s}`:      "every",
		`peers: ["192.0.2.0/33"]`:                                     "is not an address or network",
		`peers: [10.0.0.1], number: "a b"`:                            "is not a number",
		`peers: [10.0.0.1], domain: "a b"`:                            "is not a domain",
		`peers: [10.0.0.1], codecs: []`:                               "names no codec",
		`peers: [10.0.0.1], rewrite: {in: [{match: "("}]}`:            "missing closing )",
		`peers: [10.0.0.1], rewrite: {in: [{replace: "1"}]}`:          "match",
		`peers: [10.0.0.1], rewrite: {out: [{match: "1", only: me}]}`: "unknown",
		`peers: [10.0.0.1], rewrite: {through: []}`:                   "unknown key",
		`user: u, password: p`:                                        "peers",
		`peers: [10.0.0.1], record_to: "sips:a;transport=udp"`:        "is not the address of a recorder",
		`peers: [10.0.0.1], record_to: "sip:10.0.0"`:                  "is not the address of a recorder",
		`peers: [10.0.0.1], record_to: "sip:a;maddr=b"`:               "is not the address of a recorder",
	} {
		_, faults := readConfig(write(t, "hotline.yaml", "sip:\n  trunks:\n    - {name: a, "+text+"}\n"), noEnv)
		ok := false
		for _, f := range faults {
			ok = ok || strings.Contains(f.String(), want) && f.Line == 3
		}
		if !ok {
			t.Errorf("%s: %v, want %q at line 3", text, faults, want)
		}
	}
}

// TestRecordTo: a recorder may be reached over every transport, and by name.
func TestRecordTo(t *testing.T) {
	for _, to := range []string{"sip:rec@192.0.2.9", "sip:[2001:db8::9]:5070;transport=tcp", "sips:recorder.example", "sips:rec@192.0.2.9;transport=tcp", "sip:recorder.example;transport=tls"} {
		c, faults := readConfig(besideCA(t, "sip:\n  trunks:\n    - {name: a, peers: [10.0.0.1], record_to: \""+to+"\", record_ca: ca.pem}\n"), noEnv)
		if len(faults) > 0 || c.SIP.Trunks[0].RecordTo != to || !strings.HasSuffix(c.SIP.Trunks[0].RecordCA, "ca.pem") {
			t.Errorf("%s: %v", to, faults)
		}
	}
}

func TestCheckNumber(t *testing.T) {
	env := func(string) (string, bool) { return "geheim", true }
	c, faults := readConfig(besideCA(t, trunksConfig), env)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var b strings.Builder
	if err := showNumber(&b, c, "13800001111", "carrier"); err != nil {
		t.Fatal(err)
	}
	if err := showNumber(&b, c, "00491234", "carrier"); err != nil {
		t.Fatal(err)
	}
	want := `carrier in, called: 13800001111 becomes 13800001111 (no rule matches)
carrier in, caller: 13800001111 becomes 13800001111 (no rule matches)
carrier out, called: 13800001111 becomes +8613800001111 (rule 1: 1[3-9]\d{9} → +86$0)
carrier out, caller: 13800001111 becomes 13800001111 (no rule matches)
carrier in, called: 00491234 becomes 00491234 (no rule matches)
carrier in, caller: 00491234 becomes +491234 (rule 2: 00 → +)
carrier out, called: 00491234 becomes +860491234 (rule 2: 0(\d+) → +86$1)
carrier out, caller: 00491234 becomes +860491234 (rule 2: 0(\d+) → +86$1)
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	if err := showNumber(&b, c, "1", "nobody"); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v", err)
	}
}

func TestAdvertisePerNetwork(t *testing.T) {
	c, faults := readConfig(write(t, "hotline.yaml", `
sip:
  advertise:
    - {to: [0.0.0.0/0], as: 203.0.113.7}
    - {to: [10.0.0.0/8, 192.168.0.0/16], as: ""}
    - {to: ["2001:db8::/32"], as: "2001:db8::7"}
`), noEnv)
	if len(faults) != 0 || c.SIP.Advertise.String() != "203.0.113.7" || len(c.SIP.Exceptions) != 3 || c.SIP.Exceptions[0].As.IsValid() || c.SIP.Exceptions[2].As.String() != "2001:db8::7" {
		t.Errorf("%v %+v", faults, c.SIP)
	}
	for _, wrong := range []string{"[{as: 203.0.113.7}]", "[{to: [here], as: 203.0.113.7}]", "[{to: [10.0.0.0/8], as: there}]", "0.0.0.0", "fe80::1%eth0"} {
		if _, faults := readConfig(write(t, "hotline.yaml", "sip: {advertise: "+wrong+"}\n"), noEnv); len(faults) != 1 {
			t.Errorf("%s: %v", wrong, faults)
		}
	}
}
