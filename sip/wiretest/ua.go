package wiretest

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/sip/digest"
)

// Eventually waits for something that happens on another goroutine.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Errorf("never: %s", what)
}

// NoLog is a logger that says nothing.
func NoLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// FieldOf returns the values of a header field of a message.
func FieldOf(msg, name string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?im)^`+name+`[ \t]*:[ \t]*(.*?)\r$`).FindAllStringSubmatch(msg, -1) {
		all = append(all, m[1])
	}
	return all
}

// ResponseTo builds a response to a request from its text.
func ResponseTo(req string, code int, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Whatever\r\n", code)
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range FieldOf(req, name) {
			if name == "To" && code > 100 && !strings.Contains(v, "tag=") {
				v += ";tag=them"
			}
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.String()
}

// ListenUDP is a bare socket on loopback that the wire sends to.
func ListenUDP(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Domain is that of the wires that tests make.
const Domain = "hotline.example"

// Users are accounts by user and password.
type Users map[string]string

// HA1 implements the accounts of the wire.
func (u Users) HA1(user string) (string, bool) {
	password, ok := u[user]
	if !ok {
		return "", false
	}
	sum := md5.Sum([]byte(user + ":" + Domain + ":" + password))
	return hex.EncodeToString(sum[:]), true
}

// Authorize answers the challenge of a 401.
func Authorize(challenge, method, uri, user, password string, nc int) string {
	get := func(name string) string {
		m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(challenge)
		if m == nil {
			return ""
		}
		return m[1]
	}
	ha1 := md5.Sum([]byte(user + ":" + get("realm") + ":" + password))
	c := digest.Credentials{Nonce: get("nonce"), URI: uri, QOP: "auth", NC: fmt.Sprintf("%08x", nc), CNonce: "c"}
	return fmt.Sprintf(`Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", qop=auth, nc=%s, cnonce="c", algorithm=MD5`,
		user, get("realm"), c.Nonce, uri, DigestResponse(hex.EncodeToString(ha1[:]), method, c), c.NC)
}

// UA is a SIP user agent of one socket and strings.
type UA struct {
	T    testing.TB
	Conn net.Conn
	To   netip.AddrPort
	Via  string // "UDP", "TCP", "TLS", "WS" or "WSS"
	buf  []byte
}

// Send sends a message as it stands.
func (u *UA) Send(text string) {
	u.T.Helper()
	if _, err := u.Conn.Write([]byte(text)); err != nil {
		u.T.Fatal(err)
	}
}

// Read returns the next message, "" if none comes in time.
func (u *UA) Read(within time.Duration) string {
	u.T.Helper()
	if err := u.Conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		u.T.Fatal(err)
	}
	for {
		if u.Via != "UDP" {
			if i := strings.Index(string(u.buf), "\r\n\r\n"); i >= 0 { // none of ours has a body here
				msg := string(u.buf[:i+4])
				u.buf = u.buf[i+4:]
				return msg
			}
		}
		b := make([]byte, 65536)
		n, err := u.Conn.Read(b)
		if err != nil {
			return ""
		}
		if u.Via == "UDP" {
			return string(b[:n])
		}
		u.buf = append(u.buf, b[:n]...)
	}
}

// Final returns the next final response.
func (u *UA) Final() string {
	u.T.Helper()
	for {
		msg := u.Read(5 * time.Second)
		if msg == "" || StatusOf([]byte(msg)) >= 200 {
			return msg
		}
	}
}

// Request builds a request to the user. Further header fields go behind.
func (u *UA) Request(method, from, to string, seq int, callID string, headers ...string) string {
	local := u.Conn.LocalAddr().String()
	extra := ""
	for _, h := range headers {
		extra += h + "\r\n"
	}
	if method == "INVITE" || method == "REGISTER" && !strings.Contains(extra, "Contact:") {
		extra += "Contact: <sip:" + from + "@" + local + ">\r\n"
	}
	uri := "sip:" + to + "@" + Domain
	if method == "REGISTER" {
		uri = "sip:" + Domain
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK%s%d%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=%s\r\nTo: <sip:%s@%s>\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: 0\r\n\r\n",
		method, uri, u.Via, local, callID, seq, method, from, Domain, callID[:4], to, Domain, callID, seq, method, extra)
}

// Register registers the user and returns the last answer.
func (u *UA) Register(user, password, callID string, seq int, headers ...string) string {
	u.T.Helper()
	u.Send(u.Request("REGISTER", user, user, seq, callID, headers...))
	res := u.Final()
	if StatusOf([]byte(res)) != 401 {
		return res
	}
	auth := Authorize(FieldOf(res, "WWW-Authenticate")[0], "REGISTER", "sip:"+Domain, user, password, 1)
	u.Send(u.Request("REGISTER", user, user, seq+1, callID, append(headers, auth)...))
	return u.Final()
}

// DialUA is a user agent that speaks to the address by the network.
func DialUA(t testing.TB, network string, to netip.AddrPort) *UA {
	t.Helper()
	if network != "udp" {
		return &UA{T: t, Conn: DialStream(t, network, to, netip.Addr{}), To: to, Via: strings.ToUpper(network)}
	}
	c, err := net.Dial(network, to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &UA{T: t, Conn: c, To: to, Via: strings.ToUpper(network)}
}

// StatusOf is the code of a response, 0 of a request.
func StatusOf(b []byte) int {
	if !bytes.HasPrefix(b, []byte("SIP/2.0 ")) || len(b) < 11 {
		return 0
	}
	n, _ := strconv.Atoi(string(b[8:11]))
	return n
}

// AckTo builds the ACK or BYE of a final answer from nothing but the two texts.
func AckTo(req, res []byte, method string) []byte {
	head := func(name string) string {
		m := regexp.MustCompile(`(?im)^` + name + `\s*:\s*(.*?)\r$`).FindSubmatch(res)
		if m == nil {
			return ""
		}
		return string(m[1])
	}
	uri := "sip:x"
	if f := strings.Fields(string(bytes.SplitN(req, []byte("\r\n"), 2)[0])); len(f) > 1 {
		uri = f[1]
	}
	seq := strings.Fields(head("CSeq") + " 1")[0]
	return fmt.Appendf(nil, "%s %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s %s\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		method, uri, head("Via"), head("From"), head("To"), head("Call-ID"), seq, method)
}

// CPUTime is what the process has used, both client and server side of the benchmarks.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Msg is a message of these lines, without a body.
func Msg(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n") }

// Plain is a request that nothing is wrong with, changed by name: "" takes a field away, several values repeat it.
func Plain(change map[string][]string) []byte {
	lines := []string{"INVITE sip:95500@hotline.example SIP/2.0"}
	if v, ok := change["start"]; ok {
		lines[0] = v[0]
	}
	for _, f := range []struct{ name, value string }{
		{"Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1"},
		{"Max-Forwards", "70"},
		{"From", "<sip:a@b>;tag=1"},
		{"To", "<sip:c@d>"},
		{"Call-ID", "x@y"},
		{"CSeq", "1 INVITE"},
		{"Contact", "<sip:a@192.0.2.7>"},
		{"Content-Length", "0"},
	} {
		values, ok := change[f.name]
		if !ok {
			values = []string{f.value}
		}
		for _, v := range values {
			lines = append(lines, f.name+": "+v)
		}
	}
	lines = append(lines, change["more"]...)
	return append(Msg(lines...), strings.Join(change["body"], "")...)
}

// DigestResponse is the response to a challenge by MD5.
func DigestResponse(ha1, method string, c digest.Credentials) string {
	by, _ := digest.By("")
	return by.Response(ha1, method, c)
}

// AssertAlive asks the switch with OPTIONS whether it still works.
func AssertAlive(t *testing.T, to netip.AddrPort) {
	t.Helper()
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 5 {
		branch := "z9hG4bK" + rand.Text()
		msg := fmt.Sprintf("OPTIONS sip:probe@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: <sip:live@%s>;tag=1\r\nTo: <sip:probe@%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			to, conn.LocalAddr(), branch, conn.LocalAddr(), to, branch)
		if _, err := conn.Write([]byte(msg)); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		if n, err := conn.Read(buf); err == nil && bytes.Contains(buf[:n], []byte(branch)) {
			return
		}
	}
	t.Error("the switch does not answer any more")
}

// Tries is how often a test of chance repeats what it does: few in CI, as many as TORTURE says in `make torture`.
func Tries(t testing.TB, few int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("TORTURE"))
	if err != nil || n < 1 {
		return few
	}
	return n
}
