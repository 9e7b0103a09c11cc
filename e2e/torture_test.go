//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tortureMessages are the messages of RFC 4475 and 5118, of $TESTKIT/torture when that is set.
func tortureMessages(t *testing.T) (names []string) {
	t.Helper()
	dir := filepath.Join("..", "sip", "testdata", "torture")
	if kit := os.Getenv("TESTKIT"); kit != "" {
		dir = filepath.Join(kit, "torture")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*", "*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatalf("no torture messages in %s", dir)
	}
	return names
}

// viaPort is the port that answers go to: that of the first Via, because the messages ask for no other (RFC 3261 §18.2.2).
func viaPort(message []byte) int {
	for line := range bytes.Lines(message) {
		name, value, ok := strings.Cut(string(line), ":")
		if n := strings.ToLower(strings.TrimSpace(name)); !ok || n != "via" && n != "v" {
			continue
		}
		by, _, _ := strings.Cut(strings.TrimSpace(value), ";")
		if i := strings.LastIndexByte(by, ':'); i > 0 {
			if p, err := strconv.Atoi(strings.TrimSpace(by[i+1:])); err == nil && p > 1024 {
				return p
			}
		}
		break
	}
	return 5060
}

// TestTorture sends every message to the real engine over UDP and TCP and never acknowledges an answer. (What is answered
// is judged in package sip.) The engine lives, no handling panics, and half a minute later nothing is left of any of them.
func TestTorture(t *testing.T) {
	names := tortureMessages(t)
	t.Parallel()
	e := startEngine(t, "127.0.0.53", centreFile)
	goroutines, ports := e.metric("go_goroutines"), e.metric("hotline_media_ports_free")
	for _, name := range names {
		message, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, network := range []string{"udp", "tcp"} {
			torment(t, e, network, message)
			if !alive(e) {
				t.Fatalf("after %s over %s the engine does not answer", name, network)
			}
		}
	}
	if n := e.metric("hotline_sip_received_total"); n < float64(len(names)) {
		t.Errorf("%g messages were received, %d sent over each of UDP and TCP", n, len(names))
	}
	for _, m := range []string{"hotline_sip_panics_total", "hotline_call_panics_total"} {
		if n := e.metric(m); n != 0 {
			t.Errorf("%s is %g", m, n)
		}
	}
	e.eventually(70*time.Second, "no call, port or goroutine is left", func() bool {
		return e.metric("hotline_calls") == 0 && e.metric("hotline_media_ports_free") == ports && e.metric("go_goroutines") <= goroutines+5
	})
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.54", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.do("hangup", "")
	t.Logf("%d messages; %d goroutines before, %d after", len(names), int(goroutines), int(e.metric("go_goroutines")))
}

// torment sends one message from where it says it comes from, as far as that can be done here, and reads what comes.
func torment(t *testing.T, e *engine, network string, message []byte) {
	t.Helper()
	from := net.IPv4(127, 0, 0, 54)
	var conn net.Conn
	var err error
	if network == "udp" {
		conn, err = (&net.Dialer{LocalAddr: &net.UDPAddr{IP: from, Port: viaPort(message)}}).Dial("udp4", e.ip+":5060")
	} else {
		conn, err = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).Dial("tcp4", e.ip+":5060")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(message); err != nil && network == "udp" {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	for buf := make([]byte, 65535); err == nil; {
		_, err = conn.Read(buf)
	}
}

// alive says whether the engine answers OPTIONS over UDP.
func alive(e *engine) bool {
	conn, err := net.Dial("udp4", e.ip+":5060")
	if err != nil {
		return false
	}
	defer conn.Close()
	at := conn.LocalAddr()
	buf := make([]byte, 4096)
	for try := range 5 {
		id := fmt.Sprintf("live%d%d", time.Now().UnixNano(), try)
		fmt.Fprintf(conn, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: <sip:live@%s>;tag=1\r\n"+
			"To: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", e.ip, at, id, at, e.ip, id)
		conn.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := conn.Read(buf); err == nil && bytes.Contains(buf[:n], []byte(id)) {
			return true
		}
	}
	return false
}
