package storm

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Timers of RFC 3261 §17.1.1.1.
const (
	t1       = 500 * time.Millisecond
	t2       = 4 * time.Second
	giveUp   = 64 * t1
	userName = "callstorm"
)

// ua is one SIP socket and the dialogs on it.
type ua struct {
	conn   *net.UDPConn
	local  netip.AddrPort
	server netip.AddrPort
	domain string

	// invite is called for a new call coming in; nil refuses them.
	invite func(d *dialog)

	sent, resent atomic.Uint64

	mu      sync.Mutex // guards dialogs
	dialogs map[string]*dialog
	done    sync.WaitGroup
}

func newUA(local netip.Addr, server netip.AddrPort, domain string) (*ua, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return nil, fmt.Errorf("storm: SIP socket: %w", err)
	}
	conn.SetReadBuffer(4 << 20) // refused by the kernel: smaller, and losses are measured
	u := &ua{
		conn: conn, server: server, domain: domain, dialogs: map[string]*dialog{},
		local: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
	}
	return u, nil
}

// run reads until close.
func (u *ua) run() {
	u.done.Add(1)
	go func() {
		defer u.done.Done()
		buf := make([]byte, 65535)
		for {
			n, _, err := u.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if m := parse(buf[:n]); m != nil {
				u.dispatch(m)
			}
		}
	}()
}

func (u *ua) close() {
	u.conn.Close()
	u.done.Wait()
}

func (u *ua) send(b []byte) {
	u.sent.Add(1)
	u.conn.WriteToUDPAddrPort(b, u.server) // a failure is a loss, and is measured as one
}

func (u *ua) dispatch(m *message) {
	id := m.get("call-id")
	u.mu.Lock()
	d := u.dialogs[id]
	if d == nil && m.method == "INVITE" && u.invite != nil {
		d = incoming(u, m)
		u.dialogs[id] = d
		u.mu.Unlock()
		u.invite(d)
		return
	}
	u.mu.Unlock()
	switch {
	case d != nil:
		d.receive(m)
	case m.method == "OPTIONS" || m.method == "NOTIFY":
		u.send(response(m, 200, "OK", tag(), "", nil))
	case m.method != "" && m.method != "ACK":
		u.send(response(m, 481, "Call/Transaction Does Not Exist", tag(), "", nil))
	}
}

func (u *ua) add(d *dialog) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.dialogs[d.callID] = d
}

func (u *ua) remove(d *dialog) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.dialogs, d.callID)
}

// open is the number of dialogs that are not over.
func (u *ua) open() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.dialogs)
}

func tag() string { return fmt.Sprintf("%010x", rand.Uint64N(1<<40)) }

func branch() string { return "z9hG4bK" + tag() + tag() }

// repeat sends a message now and again, doubling from t1 to most, until stop is called or giveUp is over, when late is
// called.
func (u *ua) repeat(b []byte, most time.Duration, late func()) (stop func()) {
	var mu sync.Mutex
	var timer *time.Timer
	stopped := false
	wait, total := t1, time.Duration(0)
	u.send(b)
	var again func()
	again = func() {
		mu.Lock()
		if stopped {
			mu.Unlock()
			return
		}
		if total += wait; total >= giveUp {
			stopped = true
			mu.Unlock()
			late()
			return
		}
		wait = min(wait*2, most)
		timer = time.AfterFunc(wait, again)
		mu.Unlock()
		u.resent.Add(1)
		u.send(b)
	}
	mu.Lock()
	timer = time.AfterFunc(wait, again)
	mu.Unlock()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}

// wait calls late after giveUp, unless stop is called before.
func (u *ua) wait(late func()) (stop func()) {
	t := time.AfterFunc(giveUp, late)
	return func() { t.Stop() }
}
