package main

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNoDescriptors: the process has no file descriptor left. New calls get 503, phones and calls that are up are served, nothing ends, and
// when there are some again calls and connections come in (reliability.md §4, 79).
func TestNoDescriptors(t *testing.T) {
	e, at := wholeEngine(t)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ask := func(method, id, to string, seq int, body string) (code, tag string) {
		kind := ""
		if body != "" {
			kind = "Content-Type: application/sdp\r\n"
		}
		fmt.Fprintf(c, "%[1]s sip:95500@%[2]s SIP/2.0\r\nVia: SIP/2.0/UDP %[3]s;rport;branch=z9hG4bK%[4]s%[6]d%[1]s\r\nMax-Forwards: 70\r\nFrom: <sip:1380000@%[3]s>;tag=a\r\nTo: <sip:95500@%[2]s>%[5]s\r\nCall-ID: %[4]s\r\nCSeq: %[6]d %[1]s\r\nContact: <sip:a@%[3]s>\r\n%[7]sContent-Length: %[8]d\r\n\r\n%[9]s",
			method, at, c.LocalAddr(), id, to, seq, kind, len(body), body)
		if method == "ACK" {
			return "", ""
		}
		buf := make([]byte, 1<<16)
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		for {
			n, err := c.Read(buf)
			if err != nil {
				return "", ""
			}
			m := string(buf[:n])
			if strings.HasPrefix(m, "SIP/2.0 ") && m[8] >= '2' && strings.Contains(m, "Call-ID: "+id) && strings.Contains(m, " "+method+"\r\n") {
				if tag := regexp.MustCompile(`(?m)^To: [^\r]*(;tag=[^\r;]+)`).FindStringSubmatch(m); tag != nil {
					return m[8:11], tag[1]
				}
				return m[8:11], ""
			}
		}
	}
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
	call := func(id string) (code, tag string) {
		code, tag = ask("INVITE", id, "", 1, sdp)
		ask("ACK", id, tag, 1, "")
		return code, tag
	}
	code, talking := call("before")
	if code != "200" {
		t.Fatal(code)
	}

	small := was
	open, _ := os.ReadDir("/proc/self/fd")
	small.Cur = uint64(len(open) + 40)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &small); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was) }()
	caller, err := net.Dial("tcp4", at.String()) // its other end finds none
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	var all []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		all = append(all, f)
	}
	for i := range 5 {
		if code, _ := call(fmt.Sprint("during", i)); code != "503" {
			t.Errorf("a call without descriptors: %q", code)
		}
	}
	if code, _ := ask("OPTIONS", "options", "", 1, ""); code != "200" {
		t.Errorf("OPTIONS: %q", code)
	}
	if code, _ := ask("INVITE", "before", talking, 2, strings.Replace(sdp, "RTP/AVP 8\r\n", "RTP/AVP 8\r\na=sendonly\r\n", 1)); code != "200" {
		t.Errorf("hold in the call that is up: %q", code)
	}
	ask("ACK", "before", talking, 2, "")
	if err := e.group.failed(); err != nil {
		t.Error(err)
	}
	for _, f := range all {
		f.Close()
	}
	if code, tag := call("after"); code != "200" {
		t.Errorf("a call with descriptors again: %q", code)
	} else if code, _ := ask("BYE", "after", tag, 2, ""); code != "200" {
		t.Errorf("BYE: %q", code)
	}
	if code, _ := ask("BYE", "before", talking, 3, ""); code != "200" {
		t.Errorf("BYE of the call from before: %q", code)
	}
	fmt.Fprintf(caller, "OPTIONS sip:x@%[1]s SIP/2.0\r\nVia: SIP/2.0/TCP %[2]s;branch=z9hG4bKt\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=a\r\nTo: <sip:x@x>\r\nCall-ID: tcp\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", at, caller.LocalAddr())
	_ = caller.SetReadDeadline(time.Now().Add(5 * time.Second))
	line := make([]byte, 11)
	if _, err := caller.Read(line); err != nil || string(line) != "SIP/2.0 200" {
		t.Errorf("the connection that waited: %q, %v", line, err)
	}
	if n := e.wire.Panics.Load() + e.hub.Stats().Panics; n != 0 {
		t.Errorf("%d panics", n)
	}
}
