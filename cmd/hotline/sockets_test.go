package main

import (
	"net"
	"os"
	"strconv"
	"testing"
)

func TestHandedSockets(t *testing.T) {
	own := strconv.Itoa(os.Getpid())
	for _, c := range []struct {
		pid, n string
		want   int
	}{{own, "0", 0}, {own, "-1", 0}, {own, "x", 0}, {own, "70000", 0}, {"1", "2", 0}, {"", "2", 0}} {
		env := func(name string) (string, bool) {
			return map[string]string{"LISTEN_PID": c.pid, "LISTEN_FDS": c.n}[name], true
		}
		if got := handedSockets(env); len(got) != c.want {
			t.Errorf("%+v: %d", c, len(got))
		}
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	port := uint16(c.LocalAddr().(*net.UDPAddr).Port)
	for _, r := range []struct {
		ports [2]uint16
		want  int
	}{{[2]uint16{port, port + 1}, 1}, {[2]uint16{port + 1, port + 3}, 0}, {[2]uint16{0, 0}, 0}} {
		if got := mediaSockets([]*os.File{f, os.Stdin}, r.ports); len(got) != r.want {
			t.Errorf("%v: %d", r.ports, len(got))
		}
	}
}
