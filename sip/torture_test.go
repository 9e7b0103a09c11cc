package sip

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// tortureCase is one message of the index: what a server of our role may answer.
type tortureCase struct {
	File      string `json:"file"`
	Class     string `json:"cls"`
	Method    string `json:"method"`
	ReplyPort uint16 `json:"reply_port"`
	UDP       any    `json:"accept_udp"`
	TCP       any    `json:"accept_tcp"`
	data      []byte
}

// tortureCases reads the messages of RFC 4475 and 5118, of $TESTKIT/torture when that is set.
func tortureCases(t testing.TB) []tortureCase {
	t.Helper()
	dir := filepath.Join("testdata", "torture")
	if kit := os.Getenv("TESTKIT"); kit != "" {
		dir = filepath.Join(kit, "torture")
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []tortureCase
	if err := json.Unmarshal(index, &all); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for i := range all {
		listed[all[i].File] = true
		name := all[i].File
		all[i].data, err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if base, ok := strings.CutPrefix(name, "rfc5118/"); ok && errors.Is(err, os.ErrNotExist) {
			// The archive of RFC 5118 has lines that end in LF alone; where it is not there, make it from the mended one.
			var mended []byte
			mended, err = os.ReadFile(filepath.Join(dir, "rfc5118-crlf", base))
			all[i].data = bytes.ReplaceAll(mended, []byte("\r\n"), []byte("\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// Messages without an expectation are run all the same: anything but death will do.
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, err := filepath.Rel(dir, f)
		if err != nil {
			t.Fatal(err)
		}
		if name = filepath.ToSlash(name); listed[name] {
			continue
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tortureCase{File: name, Class: "unlisted", ReplyPort: 5060, UDP: "any", TCP: "any", data: data})
	}
	return all
}

// TestTorture sends every message to a switch that really listens, and asks after each whether it still answers.
func TestTorture(t *testing.T) {
	cases := tortureCases(t)
	for _, network := range []string{"udp", "tcp", "tls", "ws"} {
		for _, trunk := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/trunk=%v", network, trunk), func(t *testing.T) {
				var sw atomic.Pointer[Switch] // set before the first message is sent
				r := newRig(t, func(c *Config) {
					c.Signal = func(_ hotline.CallID, sig hotline.Signal) { // nobody is at home
						if in, ok := sig.(hotline.Incoming); ok {
							go sw.Load().Do(t.Context(), hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseNotFound}) //nolint:errcheck // the leg may be gone
						}
					}
					c.ReadTimeout = 400 * time.Millisecond
					if !trunk {
						c.Trunks = nil
					}
				})
				sw.Store(r.sw)
				var soft atomic.Int32
				t.Run("messages", func(t *testing.T) {
					for _, c := range cases {
						t.Run(c.File, func(t *testing.T) {
							t.Parallel()
							if why := c.run(t, r, network); why != "" {
								soft.Add(1)
								t.Logf("SOFT %s: %s", c.File, why)
							}
						})
					}
				})
				if n := r.sw.cfg.Metrics.Panics.Load(); n != 0 {
					t.Errorf("%d panics", n)
				}
				t.Logf("%d messages, %d soft", len(cases), soft.Load())
			})
		}
	}
}

// run sends one message and judges the answers; what it returns is a deviation that is tolerated.
func (c tortureCase) run(t *testing.T, r *rig, network string) string {
	if network == "ws" { // a message is cut by its frame, as by a datagram
		codes, closed := c.sendStream(t, network, port(r.sw, network))
		wiretest.AssertAlive(t, r.addr)
		return c.judge(t, c.UDP, codes, closed, false)
	}
	if network != "udp" {
		codes, closed := c.sendStream(t, network, port(r.sw, network))
		wiretest.AssertAlive(t, r.addr)
		return c.judge(t, c.TCP, codes, closed, true)
	}
	codes := c.sendUDP(t, r)
	wiretest.AssertAlive(t, r.addr)
	finals := slices.DeleteFunc(slices.Clone(codes), func(n int) bool { return n < 200 })
	if strings.HasSuffix(c.File, "dblreq.dat") && len(finals) != 1 {
		t.Errorf("%v: what follows the message in its datagram is not a message", codes)
	}
	return c.judge(t, c.UDP, codes, false, false)
}

func (c tortureCase) judge(t *testing.T, accept any, codes []int, closed, tcp bool) string {
	t.Helper()
	last := 0
	for _, n := range codes {
		if n >= 200 || last < 200 {
			last = n
		}
	}
	if accept == "any" {
		return ""
	}
	if accept == "wellformed" {
		if last == 0 || slices.Contains([]int{400, 500, 505, 513}, last) {
			t.Errorf("%v: a well-formed message was rejected as malformed", codes)
		}
		return ""
	}
	allowed, _ := accept.([]any)
	if len(allowed) == 0 {
		if len(codes) != 0 {
			t.Errorf("answered %v to what must be dropped", codes)
		}
		return ""
	}
	if last != 0 {
		if !slices.Contains(allowed, any(float64(last))) {
			t.Errorf("answered %v, not one of %v", codes, allowed)
		}
		return ""
	}
	switch {
	case tcp && (closed && slices.Contains(allowed, any("close")) || slices.Contains(allowed, any("wait"))):
		return ""
	case tcp && closed:
		return "closed without an answer"
	case slices.Contains([]string{"invalid", "semantic", "compat"}, c.Class):
		return "dropped"
	}
	t.Error("no answer")
	return ""
}

// ownAddress gives each test an address of loopback of its own, because answers go to the port of the Via.
func ownAddress() netip.Addr {
	n := lastAddress.Add(1)
	return netip.AddrFrom4([4]byte{127, byte(64 + os.Getpid()%128), byte(1 + n/250), byte(1 + n%250)})
}

var lastAddress atomic.Uint32

// How long a message's answers are waited for: the first, and each further one.
const (
	tortureWait = 300 * time.Millisecond
	tortureMore = 100 * time.Millisecond
)

// sendUDP sends the message from the port that its Via names, takes the answers, and acknowledges what is final.
func (c tortureCase) sendUDP(t *testing.T, r *rig) []int {
	t.Helper()
	from := ownAddress()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, c.ReplyPort)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	target := net.UDPAddrFromAddrPort(r.addr)
	send := func(b []byte) {
		if _, err := conn.WriteToUDP(b, target); err != nil {
			t.Fatal(err)
		}
	}
	send(c.data)
	var codes []int
	buf := make([]byte, 65535)
	octets, first := 0, 0
	for end := time.Now().Add(tortureWait); ; {
		if err := conn.SetReadDeadline(end); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buf)
		if err != nil {
			break
		}
		end = time.Now().Add(tortureMore)
		code := wiretest.StatusOf(buf[:n])
		if code == 0 {
			continue // a request of ours, such as BYE
		}
		codes = append(codes, code)
		if octets += n; first == 0 {
			first = n
		}
		if code >= 200 && c.Method == "INVITE" {
			send(wiretest.AckTo(c.data, buf[:n], "ACK"))
			if code < 300 {
				send(wiretest.AckTo(c.data, buf[:n], "BYE"))
			}
		}
	}
	if r.sw.wire.TrunkAt(from) == nil && float64(octets) > 1.5*float64(len(c.data)) {
		t.Errorf("%d octets came back for %d from a stranger", octets, len(c.data))
	}
	return codes
}

func (c tortureCase) sendStream(t *testing.T, network string, to netip.AddrPort) (codes []int, closed bool) {
	t.Helper()
	conn := wiretest.DialStream(t, network, to, ownAddress())
	defer conn.Close()
	if _, err := conn.Write(c.data); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	buf := make([]byte, 4096)
	for end := time.Now().Add(tortureWait); ; {
		if err := conn.SetReadDeadline(end); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buf)
		end = time.Now().Add(tortureMore)
		got.Write(buf[:n])
		if err != nil {
			closed = !errors.Is(err, os.ErrDeadlineExceeded)
			break
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^SIP/2\.0 (\d{3}) `).FindAllSubmatch(got.Bytes(), -1) {
		n, _ := strconv.Atoi(string(m[1]))
		codes = append(codes, n)
	}
	return codes, closed
}
