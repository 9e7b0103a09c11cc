//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const secureIP = "127.0.0.33"

// startSecureEngine starts an engine that also listens with tls (5061) and wss (5067), with a certificate of its own.
func startSecureEngine(t *testing.T, media string, origins ...string) *engine {
	t.Helper()
	return startSecureEngineOf(t, "", media, origins...)
}

// startSecureEngineOf starts another build of it; "" is the one that all use.
func startSecureEngineOf(t *testing.T, bin, media string, origins ...string) *engine {
	t.Helper()
	e := &engine{t: t, dir: t.TempDir(), bin: bin, ip: secureIP}
	e.web, e.metrics = fmt.Sprintf("127.0.0.1:%d", port(t)), fmt.Sprintf("127.0.0.1:%d", port(t))
	cert, key := selfSigned(t, secureIP)
	allowed := ""
	for _, o := range origins {
		allowed += fmt.Sprintf("%q, ", o)
	}
	config := fmt.Sprintf(`
data: ./data
centre: centre.yaml
sip:
  listen: [udp://%[1]s:5060, tcp://%[1]s:5060, tls://%[1]s:5061, wss://%[1]s:5067]
  domain: %[2]s
  cert: cert.pem
  key: key.pem
  origins: [%[5]s]
  trunks: [{name: carrier, peers: [127.0.0.0/8], max_calls: 500, max_cps: 200}]
media: {ports: 20000-23999%[6]s}
web: {listen: "%[3]s"}
metrics: {listen: "%[4]s"}
`, secureIP, domain, e.web, e.metrics, strings.TrimSuffix(allowed, ", "), media)
	for name, text := range map[string]string{"hotline.yaml": config, "centre.yaml": centreFile, "cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e.start()
	t.Cleanup(e.stop)
	return e
}

// selfSigned makes a certificate for an address, and its key, as PEM.
func selfSigned(t *testing.T, ip string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: ip}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(ip)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// TestSecurePhones: callers and agents whose phones protect their media in every way baresip knows, mixed with each other and
// with the clear: both hear each other, the recording holds both, and the record says how each leg was protected.
func TestSecurePhones(t *testing.T) {
	cases := []struct{ caller, agent, callerIs, agentIs string }{
		{"srtp-mand", "srtp-mand", "sdes", "sdes"},
		{"", "srtp", "", "sdes"},
		{"dtls_srtp", "srtp-mand", "dtls", "sdes"},
		{"srtp", "dtls_srtp", "sdes", "dtls"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("caller %s agent %s", c.caller, c.agent), func(t *testing.T) {
			e := startSecureEngine(t, "")
			ips := map[bool]string{false: "127.0.0.61", true: "127.0.0.1"} // DTLS phones only work on 127.0.0.1
			agent := startPhone(t, e, "agent", phoneOptions{ip: ips[c.agent == "dtls_srtp"], user: "8001", password: "pw-8001", tone: agentTone, tls: true, menc: c.agent})
			e.agentIs("8001", "not_ready")
			agent.code(e, "*1")
			e.agentIs("8001", "ready")
			ips[false] = "127.0.0.62"
			caller := startPhone(t, e, "caller", phoneOptions{ip: ips[c.caller == "dtls_srtp"], user: "13800138000", tone: callerTone, tls: c.caller != "", menc: c.caller})
			caller.dial(e, "95500")
			caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
			time.Sleep(700 * time.Millisecond)
			caller.press("1")
			agent.wait("CALL_INCOMING", 1, 5*time.Second)
			agent.do("accept", "")
			agent.wait("CALL_ESTABLISHED", 2, 5*time.Second)
			e.agentIs("8001", "talking")
			time.Sleep(8 * time.Second)
			caller.do("hangup", "")
			agent.wait("CALL_CLOSED", 2, 5*time.Second)
			e.agentIs("8001", "wrap_up")
			all := e.contacts()
			if len(all) != 1 {
				t.Fatalf("%d contacts", len(all))
			}
			checkRecording(t, e, all[0])
			checkHeard(t, caller, agentTone, 4.0)
			checkHeard(t, agent, callerTone, 4.0)
			e.protectedAs(all[0].ID, c.callerIs, c.agentIs)
		})
	}
}

// protectedAs wants the legs of a contact protected so, in any order.
func (e *engine) protectedAs(id string, kinds ...string) {
	e.t.Helper()
	b, _ := e.get("/api/v1/contacts/" + id)
	for _, kind := range kinds {
		if kind != "" && !strings.Contains(string(b), `"secure":"`+kind+`"`) {
			e.t.Errorf("no leg is protected by %s: %s", kind, b)
		}
	}
}

// TestSecureLinphone: another stack as the caller over TLS, with keys in the description.
func TestSecureLinphone(t *testing.T) {
	e := startSecureEngine(t, "")
	agent := startPhone(t, e, "agent", phoneOptions{ip: "127.0.0.61", user: "8001", password: "pw-8001", tone: agentTone})
	e.agentIs("8001", "not_ready")
	agent.code(e, "*1")
	e.agentIs("8001", "ready")
	caller := startLinphoneWith(t, e, "127.0.0.63", "13800138000", "", callerTone,
		"sip_port=-1\nsip_tcp_port=-1\nsip_tls_port=5062\nmedia_encryption=srtp\nverify_server_certs=0\nverify_server_cn=0")
	caller.do("call sip:95500@" + secureIP + ":5061;transport=tls")
	caller.expect("Media streams established", 10*time.Second)
	time.Sleep(time.Second)
	caller.do("1")
	agent.wait("CALL_INCOMING", 1, 5*time.Second)
	agent.do("accept", "")
	agent.wait("CALL_ESTABLISHED", 2, 5*time.Second)
	time.Sleep(8 * time.Second)
	agent.do("hangup", "")
	e.agentIs("8001", "wrap_up")
	all := e.contacts()
	if len(all) != 1 {
		t.Fatalf("%d contacts", len(all))
	}
	ch := recorded(t, e, all[0])
	if left, right := listen(ch[0], callerTone), listen(ch[1], agentTone); left.Seconds < 4 || right.Seconds < 4 || right.Slips > 0 { // its own key tones cut its tone
		t.Errorf("left %+v, right %+v", left, right)
	}
	caller.close()
	b, err := os.ReadFile(filepath.Join(caller.dir, "heard.wav"))
	if err != nil {
		t.Fatal(err)
	}
	if r := listen(readWAV(t, b)[0], agentTone); r.Seconds < 4 {
		t.Errorf("linphone heard the agent: %+v", r)
	}
	checkHeard(t, agent, callerTone, 4.0)
	e.protectedAs(all[0].ID, "sdes")
}
