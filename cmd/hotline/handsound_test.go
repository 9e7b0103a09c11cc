package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"time"
)

func (l *handLine) sdp(way string) string {
	l.mu.Lock()
	l.version++
	version := l.version
	l.mu.Unlock()
	s := fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 %[2]s\r\ns=-\r\nc=IN IP4 %[2]s\r\nt=0 0\r\nm=audio %[3]d RTP/AVP 8\r\n", version, l.rtp.LocalAddr().(*net.UDPAddr).IP, l.rtp.LocalAddr().(*net.UDPAddr).Port)
	if way != "" {
		s += "a=" + way + "\r\n"
	}
	return s
}

// sound takes from a description where the sound goes.
func (l *handLine) sound(m string) {
	if port := regexp.MustCompile(`(?m)^m=audio (\d+)`).FindStringSubmatch(m); port != nil {
		n, _ := strconv.Atoi(port[1])
		l.mu.Lock()
		l.to = netip.AddrPortFrom(l.p.engine.Addr(), uint16(n))
		l.mu.Unlock()
	}
}

func (l *handLine) speak() {
	packet := append(make([]byte, 12), bytes.Repeat([]byte{l.p.voice}, 160)...)
	packet[0], packet[1] = 0x80, 8
	for n := uint32(1); ; n++ {
		time.Sleep(20 * time.Millisecond)
		packet[2], packet[3], packet[4], packet[5], packet[6], packet[7] = byte(n>>8), byte(n), byte(n*160>>24), byte(n*160>>16), byte(n*160>>8), byte(n*160)
		l.mu.Lock()
		to, quiet := l.to, l.held
		l.mu.Unlock()
		if !to.IsValid() || quiet {
			to = netip.AddrPort{}
		}
		if to.IsValid() {
			if _, err := l.rtp.WriteToUDPAddrPort(packet, to); err != nil {
				return
			}
		} else if err := l.rtp.SetReadDeadline(time.Time{}); err != nil { // closed
			return
		}
	}
}

func (l *handLine) listen() {
	buf := make([]byte, 2048)
	for {
		n, err := l.rtp.Read(buf)
		if err != nil {
			return
		}
		if n > 60 && bytes.Count(buf[12:n], buf[12:13]) == n-12 {
			l.mu.Lock()
			l.last[buf[12]] = time.Now()
			l.mu.Unlock()
		}
	}
}

// hears says how long it takes until the voice is heard, from now on.
func (l *handLine) hears(voice byte) time.Duration {
	l.p.t.Helper()
	from := time.Now()
	for time.Since(from) < 5*time.Second {
		l.mu.Lock()
		at := l.last[voice]
		l.mu.Unlock()
		if at.After(from) {
			return at.Sub(from)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Hour
}
