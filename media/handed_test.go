package media

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// TestHandedSockets: a leg's sockets are kept open by somebody else while one engine ends and another begins; what came in
// between is heard by the leg that takes its port up, and nobody else is given that port.
func TestHandedSockets(t *testing.T) {
	keep := func() []*os.File { // the supervisor's: bound once, open over both engines
		for {
			rtp := listenOn(t, "127.0.0.1:0")
			at := rtp.LocalAddr().(*net.UDPAddr)
			rtcp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: at.IP, Port: at.Port + 1})
			if at.Port%2 == 1 || err != nil {
				if err == nil {
					rtcp.Close()
				}
				continue
			}
			a, err1 := rtp.File()
			b, err2 := rtcp.File()
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			rtp.Close()
			rtcp.Close()
			return []*os.File{a, b}
		}
	}
	files := keep()
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	c, err := net.FilePacketConn(files[0])
	if err != nil {
		t.Fatal(err)
	}
	at := plain(c.LocalAddr().(*net.UDPAddr).AddrPort())
	c.Close()
	phone := listenOn(t, "127.0.0.1:0")
	start := func() (*Engine, *Leg) {
		t.Helper()
		e, err := New(Config{Low: at.Port(), High: at.Port() + 1, Sockets: files})
		if err != nil {
			t.Fatal(err)
		}
		if free, _, _ := e.Ports(); free != 0 {
			t.Errorf("%d pairs are free: a handed port is for who asks for it", free)
		}
		l, err := e.NewLegOn(at.Addr(), at.Port(), &heard{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.NewLegOn(at.Addr(), at.Port(), &heard{}); !errors.Is(err, ErrNoPorts) {
			t.Errorf("the port was given twice: %v", err)
		}
		l.Configure(Params{Remote: phone.LocalAddr().(*net.UDPAddr).AddrPort(), Source: local(), Codec: PCMA, PayloadType: 8, Send: true, Receive: true})
		return e, l
	}
	h := header{payload: 8, ssrc: 7}
	send := func(n int) {
		for range n {
			h.seq++
			_, _ = phone.WriteToUDPAddrPort(rtp(h, fill(1, 160)), at)
		}
	}
	received := func(l *Leg, want uint64) {
		t.Helper()
		for end := time.Now().Add(2 * time.Second); l.Stats().Received != want; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d packets heard, want %d", l.Stats().Received, want)
			}
		}
	}
	e, l := start()
	send(10)
	received(l, 10)
	e.Close()
	send(50) // nobody reads: a second of a call waits in the kernel
	e, l = start()
	defer e.Close()
	received(l, 50)
	if s := l.Stats(); s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	l.Play("p", []*Clip{numbered(0, 2)}, false)
	phone.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, from, err := phone.ReadFromUDPAddrPort(make([]byte, 2000)); err != nil || plain(from) != at {
		t.Errorf("heard from %v: %v", from, err)
	}
	if _, err := New(Config{Sockets: []*os.File{os.Stdin}}); err == nil {
		t.Error("standard input was taken for a socket")
	}
	if _, err := e.NewLegOn(netip.MustParseAddr("127.0.0.1"), at.Port()+1, &heard{}); !errors.Is(err, ErrNoPorts) {
		t.Errorf("an odd port: %v", err)
	}
}
