package wire

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// maxUnsent is how many octets may wait for a peer that does not read. More closes its connection.
const maxUnsent = 256 << 10

// errSlow: the peer of a connection does not read what it is sent.
var errSlow = errors.New("sip: peer does not read")

// flow is one connection: tcp or ws, plain or over TLS. Its reader is the goroutine that accepted it; what is written is
// queued and sent by a goroutine that lives only while there is something to send, so that a peer that does not read
// blocks nobody.
type flow struct {
	sock  *socket
	peer  netip.AddrPort
	local netip.Addr
	send  func([]byte) error // one message, with a deadline; called by one goroutine at a time
	shut  func()             // closes the connection; may be called more than once
	half  func()             // ends our direction of it; nil: shut
	user  string             // whose page it is; empty: no page's. Nobody else registers or calls over it
	alive func() bool        // whether that page's login goes on; nil: there is none
	gate  *Gateway           // that we made it to; nil: it was made to us. Set before anything is read from it

	// known: somebody has registered or placed a call over it, so it may idle.
	known atomic.Bool
	// heard is when something last came over it, in nanoseconds after the wire's birth: whatever is done to the machine's clock.
	heard atomic.Int64

	mu      sync.Mutex
	queue   [][]byte
	unsent  int
	sending bool
	closed  bool
	last    bool // closes when the queue is empty
	txs     map[*ClientTx]struct{}
}

// write queues one message. b may be used again on return.
func (f *flow) write(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.last {
		return ErrSend
	}
	if f.unsent+len(b) > maxUnsent {
		f.sock.w.start(f.close)
		return errSlow
	}
	f.queue = append(f.queue, append([]byte(nil), b...))
	f.unsent += len(b)
	f.kick()
	return nil
}

// kick starts the sender if there is work for one. f.mu is held.
func (f *flow) kick() {
	if f.sending || len(f.queue) == 0 {
		return
	}
	f.sending = f.sock.w.start(f.drain)
}

func (f *flow) drain() {
	for {
		f.mu.Lock()
		work := f.queue
		f.queue = nil
		if len(work) == 0 || f.closed {
			f.sending = false
			end := f.last && !f.closed
			f.mu.Unlock()
			if end {
				f.end()
			}
			return
		}
		f.mu.Unlock()
		for _, b := range work {
			if err := f.send(b); err != nil {
				f.close()
				break
			}
			f.mu.Lock()
			f.unsent -= len(b)
			f.mu.Unlock()
		}
	}
}

// finish lets what is queued go out and then ends our direction: the last word to a peer whose stream cannot be followed
// any more.
func (f *flow) finish() {
	f.mu.Lock()
	f.last = true
	idle := !f.sending && len(f.queue) == 0
	f.mu.Unlock()
	if idle {
		f.end()
	}
}

func (f *flow) end() {
	if f.half == nil {
		f.close()
		return
	}
	f.half()
}

// close ends the connection: its registrations are gone and its client transactions have failed.
func (f *flow) close() {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return
	}
	f.closed = true
	txs := f.txs
	f.txs, f.queue = nil, nil
	f.mu.Unlock()
	f.shut()
	for tx := range txs {
		tx.flowLost()
	}
	f.sock.w.flowClosed(f)
}

func (f *flow) listened() { f.heard.Store(int64(time.Since(f.sock.w.born))) }

func (f *flow) lastHeard() time.Time { return f.sock.w.born.Add(time.Duration(f.heard.Load())) }

func (f *flow) gone() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed || f.last
}

// join has the flow tell tx when it closes; false if it has.
func (f *flow) join(tx *ClientTx) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.last {
		return false
	}
	if f.txs == nil {
		f.txs = make(map[*ClientTx]struct{})
	}
	f.txs[tx] = struct{}{}
	return true
}

func (f *flow) leave(tx *ClientTx) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.txs, tx)
}

// connections counts connections per address and refuses more than the limit. Safe for use by several goroutines.
type connections struct {
	mu    sync.Mutex
	count map[netip.Addr]int
	limit func(netip.Addr) int
}

func (c *connections) enter(a netip.Addr) bool {
	a = network64(a)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count[a] >= c.limit(a) {
		return false
	}
	c.count[a]++
	return true
}

func (c *connections) leave(a netip.Addr) {
	a = network64(a)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count[a]--; c.count[a] <= 0 {
		delete(c.count, a)
	}
}

// network64 is what counts as one source: an IPv4 address, or the /64 that one IPv6 subscriber is given.
func network64(a netip.Addr) netip.Addr {
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// writeTimeout is how long one write to a connection may take.
const writeTimeout = 5 * time.Second
