package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/certfile"
	"hotline/sip/syntax"
)

// Handler is who makes calls of what the wire lets through. Its methods are called on the mailbox of the message's
// Call-ID: one after another, in the order the messages came, never two at once for one Call-ID. They must not wait for
// the network.
type Handler interface {
	// Request takes a valid and allowed request that the wire does not answer itself: a new INVITE (no To tag) of an
	// authenticated agent or of a trunk, and every request inside a dialog (To tag), ACK of a 2xx and OPTIONS included.
	// The wire has answered 100 to an INVITE. Requests inside a dialog are not authenticated: the handler matches the
	// dialog by Call-ID and both tags and answers 481 where there is none. REGISTER, CANCEL, OPTIONS outside a dialog,
	// retransmissions and all that is malformed never come here.
	Request(in Inbound)
	// Cancelled says that a CANCEL matched the INVITE of tx, which has no final answer yet. The wire has answered the
	// CANCEL with 200; the handler answers the INVITE with 487 (RFC 3261 §9.2).
	Cancelled(tx *ServerTx)
	// Device takes DeviceUp and DeviceDown from the registrar. Unlike the others it is called on any goroutine, but one
	// signal after another.
	Device(sig hotline.Signal)
}

// Inbound is one request on its way to the handler.
type Inbound struct {
	Req   *gosip.Request
	Tx    *ServerTx       // nil for an ACK
	Path  Path            // the way it came, which is also the way back
	At    time.Time       // when it was read from the socket
	Agent hotline.AgentID // whose credentials were checked; empty for a trunk's call and inside a dialog
	Trunk string          // the trunk whose peer sent it; empty for an agent's call; inside a dialog not set
	// Release gives the trunk's place back when the call is over. It is set for a new INVITE of a trunk and may be
	// called more than once. A handler that refuses the call must call it too.
	Release func()
}

// Outbound is one request to send in a client transaction.
type Outbound struct {
	// Req is whole but for the Via, which the wire adds, and Max-Forwards and Content-Length, which it adds where they are
	// missing. The wire owns it from now on.
	Req  *gosip.Request
	Path Path
	// Answer is called on the request's Call-ID mailbox with each response: every provisional one (100 too), the final
	// one, and for an INVITE each further 2xx, retransmitted or of another fork, for 64*T1 after the first (RFC 6026 §7.2).
	// The ACK of a 3xx–6xx is the wire's, that of a 2xx the caller's.
	Answer func(*gosip.Response)
	// Failed is called at most once on the mailbox, in place of a final response: ErrTimeout (timer B or F), ErrSend.
	Failed func(error)
}

// Errors of the wire.
var (
	// ErrTimeout: no response came in time (RFC 3261 §17.1.1.2, timer B; §17.1.2.2, timer F). To be taken for 408.
	ErrTimeout = errors.New("sip: no response in time")
	// ErrSend: the message could not be written, or its connection is gone. To be taken for 503.
	ErrSend = errors.New("sip: message cannot be sent")
	// ErrNoPath: no socket of ours leads there.
	ErrNoPath = errors.New("sip: no way to that address")
	// ErrBusy: the trunk's limits do not allow another call.
	ErrBusy = errors.New("sip: trunk is full")
	// ErrClosed: the wire is being closed.
	ErrClosed = errors.New("sip: closed")
	// ErrOver: the transaction has its final answer already.
	ErrOver = errors.New("sip: transaction is over")
)

// Wire is everything of SIP below dialogs; see doc.go. Safe for use by several goroutines.
type Wire struct {
	cfg    Config
	born   time.Time
	h      Handler
	log    *slog.Logger
	parse  *parser
	guard  *guard
	conns  *connections
	trunks *trunks

	turning sync.Mutex // held while trunks are put in the place of others
	naming  bool       // names are looked up, and trunks registered with; guarded by turning

	reg    *registrar
	alive  *prober // nil: nobody is asked whether he lives
	auth   *authenticator
	boxes  *mailboxes
	ifaces ifaceSet
	socks  []*socket
	handed handedSockets  // until all sockets are open
	cert   *certfile.File // nil without a tls or wss socket
	buffer sync.Pool      // of *[]byte, for what is about to be sent

	draining atomic.Bool
	ctx      context.Context // ends with close
	cancel   context.CancelFunc
	wg       sync.WaitGroup // sockets, connections, the clock
	entry    sync.Mutex     // guards entering wg
	closed   bool           // nothing enters any more; guarded by entry
}

// New opens every socket of the config but reads none until run. It fails if one of them cannot be had.
func New(cfg Config, h Handler) (*Wire, error) {
	cfg, err := cfg.WithDefaults()
	if err != nil {
		return nil, err
	}
	w := &Wire{cfg: cfg, born: time.Now(), h: h, log: quiet(cfg.Logger), parse: newParser(cfg.Domain), trunks: newTrunks(cfg.Trunks)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.buffer.New = func() any { b := make([]byte, 0, 2048); return &b }
	w.reg = newRegistrar(cfg, h.Device)
	w.reg.moved = cfg.Moved
	w.alive = w.newAlive()
	w.reg.alive = w.alive
	if cfg.Bindings != nil {
		w.reg.keep = newKeeper(cfg.Bindings, w.log)
	}
	w.guard = newGuard(w.trusted, func(who string, until time.Time) {
		cfg.Metrics.Banned.Add(1)
		w.log.Warn("source banned after failed logins", "source", hostile(who), "until", until)
	})
	w.auth = &authenticator{realm: cfg.Domain, accounts: cfg.Accounts, strong: cfg.Strong, keys: cfg.Keys, nonces: newNonces(cfg.NonceTTL), guard: w.guard}
	w.conns = &connections{count: make(map[netip.Addr]int), limit: w.connLimit}
	w.boxes = newMailboxes(cfg.Metrics, w.panicked)
	if slices.ContainsFunc(cfg.Listen, func(l Listen) bool { return syntax.Secure(l.Network) }) {
		if w.cert, err = certfile.Open(certfile.Config{
			Cert: cfg.Cert, Key: cfg.Key, Logger: w.log, Errors: &cfg.Metrics.CertErrors, Expires: &cfg.Metrics.CertExpires,
		}); err != nil {
			w.Close()
			return nil, fmt.Errorf("sip: certificate: %w", err)
		}
	}
	w.handed = handIn(cfg.Sockets)
	defer w.handed.drop()
	for _, l := range cfg.Listen {
		s := &socket{w: w, network: l.Network, addr: l.Addr}
		open := s.openTCP
		switch {
		case l.Network == "udp":
			open = s.openUDP
		case syntax.Secure(l.Network):
			open = s.openTLS
		}
		if err := open(); err != nil {
			w.Close()
			return nil, fmt.Errorf("sip: listen on %s:%s: %w", l.Network, l.Addr, err)
		}
		w.socks = append(w.socks, s)
	}
	w.openTrunks()
	return w, nil
}

// trusted says whether an address is a trunk's peer or a registered phone's.
func (w *Wire) trusted(a netip.Addr) bool {
	return w.trunks.of(a) != nil || w.trunks.server(a) || w.reg.has(a)
}

// connLimit is how many connections the address may hold.
func (w *Wire) connLimit(a netip.Addr) int {
	switch {
	case w.cfg.ConnsPerIP > 0:
		return w.cfg.ConnsPerIP
	case a.IsLoopback():
		return 20000
	}
	return 200
}

// Run serves until ctx is done or close is called, and returns when every goroutine of the wire has ended. A socket
// that fails is opened again.
func (w *Wire) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, w.cancel)
	defer stop()
	w.restore(time.Now())
	if w.reg.keep != nil {
		w.wg.Go(func() { w.reg.keep.run(w.ctx.Done()) })
	}
	for _, s := range w.socks {
		w.wg.Go(func() { s.serve(w.ctx) })
	}
	if w.alive != nil {
		w.wg.Go(func() { w.alive.run(w.ctx) })
	}
	w.openNames()
	w.wg.Go(w.tick)
	<-w.ctx.Done()
	w.closeSockets()
	w.entry.Lock()
	w.closed = true
	w.entry.Unlock()
	w.wg.Wait()
	w.boxes.stop()
	w.boxes.each((*mailbox).abandon)
	return nil
}

// enter counts the caller among what run waits for, which says w.wg.Done when it ends; false when the wire is closing.
// Connections and calls begin work at any moment, so adding to the group unguarded would race with run's waiting.
func (w *Wire) enter() bool {
	w.entry.Lock()
	defer w.entry.Unlock()
	if w.closed {
		return false
	}
	w.wg.Add(1)
	return true
}

// start runs f on a goroutine that run waits for; false when the wire is closing.
func (w *Wire) start(f func()) bool {
	if !w.enter() {
		return false
	}
	go func() {
		defer w.wg.Done()
		f()
	}()
	return true
}

func (s *socket) serve(ctx context.Context) {
	switch s.network {
	case "udp":
		s.serveUDP(ctx)
	case "tcp":
		s.accept(ctx, func(c net.Conn) { s.serveTCP(ctx, c) })
	case "tls":
		s.accept(ctx, func(c net.Conn) { s.serveTLS(ctx, c) })
	case "ws", "wss":
		s.serveWS(ctx)
	}
}

// tick expires registrations and forgets bans.
func (w *Wire) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-w.ctx.Done():
			return
		case now := <-t.C:
			w.reg.expire(now)
			w.boxes.crew.thin()
			if n%60 == 0 {
				w.guard.tend(now)
			}
		}
	}
}

// Close ends run. Transactions under way are given up without a word.
func (w *Wire) Close() {
	w.cancel()
	w.closeSockets()
	if w.boxes != nil {
		w.boxes.crew.dismiss()
	}
}

func (w *Wire) closeSockets() {
	for _, s := range w.socks {
		if c := s.udp.Load(); c != nil {
			c.Close()
		}
		if s.ln != nil {
			s.ln.Close()
		}
	}
}

// Drain makes the wire answer new INVITEs and OPTIONS with 503 (RFC 3261 §21.5.4); what is under way goes on.
func (w *Wire) Drain() { w.draining.Store(true) }

// refusing says why new calls are refused just now, nil if they are not.
func (w *Wire) refusing() error {
	if w.draining.Load() {
		return ErrClosed
	}
	if w.cfg.Admit != nil {
		return w.cfg.Admit()
	}
	return nil
}

// Post runs f on the mailbox of the Call-ID, after what is there already. Once run has returned nothing is run any more.
func (w *Wire) Post(callID string, f func()) { w.boxes.post(callID, f) }

// Idle is how many goroutines are kept for the next messages: 512 at most.
func (w *Wire) Idle() int { return int(w.boxes.crew.waiting.Load()) }

// Go runs f now, on a goroutine of the wire's crew. It never blocks, and f may: nothing waits for it.
func (w *Wire) Go(f func()) { w.boxes.crew.do(f) }

// Contacts returns the agent's phones that are registered now and live, the most preferred first, then the newest.
func (w *Wire) Contacts(agent hotline.AgentID) []Contact { return w.reg.contacts(agent, time.Now()) }

// Listening is what is listened on, in the order of the config, with the ports that were free.
func (w *Wire) Listening() []Listen {
	all := make([]Listen, len(w.socks))
	for i, s := range w.socks {
		all[i] = Listen{Network: s.network, Addr: s.addr}
	}
	return all
}

func (w *Wire) flowOpened(*flow) { w.cfg.Metrics.Flows.Add(1) }

func (w *Wire) flowClosed(f *flow) {
	w.cfg.Metrics.Flows.Add(-1)
	w.reg.drop(f)
}
