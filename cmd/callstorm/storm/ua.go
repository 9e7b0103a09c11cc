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
	conn   net.PacketConn
	local  netip.AddrPort
	server netip.AddrPort
	domain string
	timers *timers

	// invite is called for a new call coming in; nil refuses them.
	invite func(d *dialog)
	// deaf says whether the phone of that user answers nothing; nil: all answer.
	deaf func(user string) bool

	resent atomic.Uint64

	mu      sync.Mutex // guards dialogs, past and order
	dialogs map[string]*dialog
	past    map[string]*dialog // over for less than giveUp: they still answer what is repeated
	order   []gone             // of past, the oldest first
	done    sync.WaitGroup
}

// gone is a dialog in ua.past.
type gone struct {
	id   string
	when time.Time
}

func newUA(local netip.AddrPort, server netip.AddrPort, domain string, t *timers) (*ua, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(local))
	if err != nil {
		return nil, fmt.Errorf("storm: SIP socket: %w", err)
	}
	conn.SetReadBuffer(4 << 20) // refused by the kernel: smaller, and losses are measured
	stamp(conn)
	return uaOn(conn, server, domain, t), nil
}

func uaOn(conn net.PacketConn, server netip.AddrPort, domain string, t *timers) *ua {
	return &ua{
		conn: conn, server: server, domain: domain, timers: t, dialogs: map[string]*dialog{}, past: map[string]*dialog{},
		local: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
	}
}

// run reads until close.
func (u *ua) run() {
	u.done.Go(func() {
		buf, ctrl := make([]byte, 65535), make([]byte, 128)
		for {
			n, from, at, err := readStamped(u.conn, buf, ctrl)
			if err != nil {
				return
			}
			if m := parse(buf[:n]); m != nil {
				m.at = at
				u.dispatch(m, from)
			}
		}
	})
}

func (u *ua) close() {
	u.conn.Close()
	u.done.Wait()
}

func (u *ua) send(b []byte, to netip.AddrPort) {
	u.conn.WriteTo(b, net.UDPAddrFromAddrPort(to)) // a failure is a loss, and is measured as one
}

func (u *ua) dispatch(m *message, from netip.AddrPort) {
	id := m.get("call-id")
	if u.deaf != nil && m.method != "" && u.deaf(user(m.uri)) {
		return
	}
	u.mu.Lock()
	d, old := u.dialogs[id], u.past[id]
	fresh := d == nil && old == nil && m.method == "INVITE" && u.invite != nil
	if fresh {
		d = incoming(u, m, from)
		u.dialogs[id] = d
	}
	u.mu.Unlock()
	switch {
	case fresh:
		u.invite(d)
	case d != nil:
		d.receive(m)
	case old != nil:
		old.again(m)
	case m.method == "OPTIONS" || m.method == "NOTIFY":
		u.send(response(m, 200, "OK", tag(), "", nil), from)
	case m.method != "" && m.method != "ACK":
		u.send(response(m, 481, "Call/Transaction Does Not Exist", tag(), "", nil), from)
	}
}

func (u *ua) add(d *dialog) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.dialogs[d.callID] = d
}

// remove moves a dialog to the past and forgets what is past for long.
func (u *ua) remove(d *dialog) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.dialogs[d.callID] != d {
		return
	}
	delete(u.dialogs, d.callID)
	now := time.Now()
	u.past[d.callID] = d
	u.order = append(u.order, gone{d.callID, now})
	for len(u.order) > 0 && now.Sub(u.order[0].when) > giveUp {
		delete(u.past, u.order[0].id)
		u.order = u.order[1:]
	}
}

// open is the number of dialogs that are not over.
func (u *ua) open() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.dialogs)
}

func tag() string { return fmt.Sprintf("%010x", rand.Uint64N(1<<40)) }

func branch() string { return "z9hG4bK" + tag() + tag() }

// repetition is a message that is sent until somebody reacts.
type repetition struct {
	ua   *ua
	b    []byte
	to   netip.AddrPort
	most time.Duration
	late func()

	mu          sync.Mutex // guards all below
	wait, total time.Duration
	stopped     bool
	forget      func()
}

// repeat sends a message now and again, doubling from t1 to most, until stop is called or giveUp is over, when late is
// called.
func (u *ua) repeat(b []byte, to netip.AddrPort, most time.Duration, late func()) (stop func()) {
	r := &repetition{ua: u, b: b, to: to, most: most, late: late, wait: t1}
	u.send(b, to)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget = u.timers.after(r.wait, r.again)
	return r.stop
}

func (r *repetition) again() {
	r.mu.Lock()
	if r.stopped {
		r.mu.Unlock()
		return
	}
	if r.total += r.wait; r.total >= giveUp {
		r.stopped = true
		r.mu.Unlock()
		r.late()
		return
	}
	r.wait = min(r.wait*2, r.most, giveUp-r.total)
	r.forget = r.ua.timers.after(r.wait, r.again)
	r.mu.Unlock()
	r.ua.resent.Add(1)
	r.ua.send(r.b, r.to)
}

func (r *repetition) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	r.forget()
}

// wait calls late after giveUp, unless stop is called before.
func (u *ua) wait(late func()) (stop func()) { return u.timers.after(giveUp, late) }
