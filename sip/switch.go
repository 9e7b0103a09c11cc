package sip

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// Switch is a call.Switch over SIP and RTP. Its methods may be called from any goroutine.
//
// A leg is worked on by the mailbox of its SIP Call-ID alone; what concerns a whole call (who hears whom, the recording)
// and what has to wait (the log, a prompt's file) by the call's lane. The tables below only find them.
type Switch struct {
	cfg  Config
	wire *wire.Wire
	log  *slog.Logger
	seed maphash.Seed // of the sums that records are compared by
	bufs *sync.Pool   // of *[]byte, which records are written into

	ctx    context.Context // ends with Close: whoever waits gives up
	cancel context.CancelFunc
	work   sync.WaitGroup // lanes

	mu      sync.Mutex
	legs    map[hotline.LegID]*leg    // legs that have not had their last signal
	dialogs map[dialogKey]*leg        // and those whose last words are still being said
	calls   map[hotline.CallID]*call  // calls with a leg, or with a recording
	desks   map[hotline.AgentID]*desk // agents with a leg

	passing sync.Mutex // held while a call takes a leg of another call into its Mix, or lets it go; guards leg.mixer

	forwards map[dialogKey]*forwarding // calls that are duplicated to a recorder, by the dialog with it
	closed   bool                      // no new leg can begin
	stopped  bool                      // no lane can begin to work
	empty    chan struct{}             // closed when dialogs empties after closed was set
}

// dialogKey finds a leg by a request inside its dialog: our own tag is unique, the peer's is checked by the leg.
type dialogKey struct{ callID, localTag string }

// New opens the sockets of the config. Nothing is read from them until Run. The error names everything that is wrong with
// the config, or the socket that cannot be had.
func New(cfg Config) (*Switch, error) {
	cfg, callErr := cfg.withDefaults()
	if _, wireErr := cfg.wire().WithDefaults(); callErr != nil || wireErr != nil {
		return nil, errors.Join(callErr, wireErr)
	}
	s := &Switch{
		cfg: cfg, log: cfg.Logger, seed: maphash.MakeSeed(), bufs: recordBuffers(),
		legs: make(map[hotline.LegID]*leg), dialogs: make(map[dialogKey]*leg), calls: make(map[hotline.CallID]*call),
		forwards: make(map[dialogKey]*forwarding), desks: make(map[hotline.AgentID]*desk),
		empty: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	ours := cfg.wire()
	ours.Moved = s.phoneMoved
	w, err := wire.New(ours, ears{s})
	if err != nil {
		s.cancel()
		return nil, err
	}
	s.wire = w
	return s, nil
}

// Run serves until ctx is done or Close is called, and returns when everything of the switch has ended. Legs that are
// still up when ctx is done end without a word to their peers: call Close first.
func (s *Switch) Run(ctx context.Context) error {
	err := s.wire.Run(ctx)
	s.cancel()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, l := range s.all() { // nobody works on them any more: their mailboxes are gone with the wire
		l.abandon()
	}
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.work.Wait()
	return err
}

// enter counts a lane that begins to work; false: the switch has ended.
func (s *Switch) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	s.work.Add(1)
	return true
}

// Drain refuses new calls with 503 from now on; those under way go on.
func (s *Switch) Drain() { s.wire.Drain() }

// Close hangs up every leg, gives the last words a second to be said, and ends Run. It may be called more than once.
func (s *Switch) Close() {
	s.wire.Drain()
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	if first && len(s.dialogs) == 0 {
		close(s.empty)
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, 2*s.cfg.t1)
	defer cancel()
	off := s.wire.SignOff(ctx)
	if first {
		for _, l := range s.all() {
			s.post(l, func() { l.hangup(hotline.CauseShutdown) })
		}
	}
	last := time.NewTimer(2 * s.cfg.t1)
	defer last.Stop()
	select {
	case <-s.empty:
	case <-last.C:
	case <-s.ctx.Done():
	}
	<-off
	s.wire.Close()
	s.cancel()
}

// Count is the number of legs that have not ended.
func (s *Switch) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.legs)
}

// all are the legs there are, those that still have something to say included.
func (s *Switch) all() []*leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.dialogs))
}

// post runs f on the leg's mailbox. A panic ends the leg alone.
func (s *Switch) post(l *leg, f func()) {
	s.wire.Post(l.sipID, func() { s.guard(l, f) })
}

// guard runs f and ends the leg if it panics: a broken invariant in one call must not touch another.
func (s *Switch) guard(l *leg, f func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		s.cfg.Metrics.Panics.Add(1)
		s.log.Error("sip: a leg panicked and is ended", "leg", l.id, "call", l.call.id, "panic", v, "stack", string(debug.Stack()))
		defer func() { // whatever state it is in, its resources come back
			if v := recover(); v != nil {
				s.log.Error("sip: ending the leg panicked too", "leg", l.id, "panic", v)
				l.abandon()
			}
		}()
		l.hangup(hotline.CausePanic)
	}()
	f()
	l.keep()
}

// ears are the switch as the wire hears it.
type ears struct{ *Switch }

// Request is handler's: on the mailbox of the message's Call-ID.
func (s ears) Request(in wire.Inbound) {
	tag, _ := in.Req.To().Params.Get("tag")
	if tag == "" {
		if in.Tx != nil { // an ACK makes no call
			s.incoming(in)
		}
		return
	}
	l := s.find(in.Req.CallID().Value(), tag)
	f := s.forwardOf(in.Req.CallID().Value(), tag)
	switch {
	case f != nil:
		f.call.do(func() { f.guard(func() { f.heard(in) }) })
	case l == nil && in.Tx != nil:
		s.answer(in.Tx, 481, "Call/Transaction Does Not Exist") // RFC 3261 §12.2.2
	case l != nil:
		s.guard(l, func() { l.heard(in) })
	}
}

// Cancelled is handler's.
func (s ears) Cancelled(tx *wire.ServerTx) {
	if l := s.find(tx.CallID(), tx.Tag()); l != nil {
		s.guard(l, func() { l.cancelled(tx) })
		return
	}
	s.answer(tx, 487, "Request Terminated")
}

// Device is handler's.
func (s ears) Device(sig hotline.Signal) { s.cfg.Signal("", sig) }

func (s *Switch) find(callID, localTag string) *leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialogs[dialogKey{callID, localTag}]
}

// Alive says whether there is a dialog, or one being made, for the leg.
func (s *Switch) Alive(id hotline.LegID) bool { return s.leg(id) != nil }

func (s *Switch) leg(id hotline.LegID) *leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.legs[id]
}

// answer sends a response with nothing but the headers given. That it cannot be sent is counted by the wire, and what
// follows from it is the peer's timer.
func (s *Switch) answer(tx *wire.ServerTx, code int, phrase string, headers ...gosip.Header) {
	res := tx.Reply(code, phrase)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if err := tx.Respond(res); err != nil && !errors.Is(err, wire.ErrOver) {
		s.log.Debug("sip: response not sent", "code", code, "error", err)
	}
}

// ServePage takes over the handshake of a WebSocket (RFC 7118) that came to the listener of the pages, so that a page's phone
// needs neither another origin nor another certificate. The caller has seen who is logged in and that the page is its own.
// Over the connection nobody but user registers and calls, by a key of Config.Keys alone; what is known of a connection's end is
// as for every other. alive says whether the login goes on: it is asked with every ping, and the connection ends with it.
// It returns when the connection has ended.
func (s *Switch) ServePage(rw http.ResponseWriter, r *http.Request, user string, alive func() bool) {
	s.wire.ServePage(rw, r, user, alive)
}

// Sockets are copies of the sockets listened on, for a process that is to go on with them: see Config.Sockets. The caller
// closes them.
func (s *Switch) Sockets() ([]*os.File, error) {
	return s.wire.Sockets()
}

// Phones are the phones that are registered now, in no order.
func (s *Switch) Phones(now time.Time) []wire.PhoneState {
	return s.wire.Phones(now)
}

// Trunks are the states of the trunks that calls go out by or that we register with, in the order of the config.
func (s *Switch) Trunks() []wire.TrunkState {
	return s.wire.Trunks()
}

// Recorders are the states of the recorders that calls of trunks are duplicated to.
func (s *Switch) Recorders() []wire.RecorderState { return s.wire.Recorders(time.Now()) }

// TrunkCalls is how many calls are up on the trunk of that name, in and out.
func (s *Switch) TrunkCalls(name string) int {
	return s.wire.TrunkCalls(name)
}

// SetTrunks puts other trunks in the place of those there were, while calls go on. One that is as it was is left alone with its
// connections and registration. Of one that has changed, and of one that is gone, the calls that are up go on as they began, over
// their connections, and count against the limits of the trunk that has the name now. A trunk that is gone takes no more calls, and its registration is
// taken back. It may take seconds: new servers are connected to first. An error names all that is wrong with the trunks; nothing has
// changed then.
func (s *Switch) SetTrunks(ctx context.Context, next []wire.Trunk) (wire.TrunksChanged, error) {
	return s.wire.SetTrunks(ctx, next)
}
