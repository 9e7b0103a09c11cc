package wire

import (
	"crypto/rand"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// lingers is how long a transaction stays to absorb retransmissions: 64*T1 (RFC 3261 §17.2.2, timer J).
const lingers = 32 * time.Second

// With very many transactions, when all phones register at once, answers are kept for as long as nearly all retransmissions
// take: half a minute of ten thousand a second would be a gigabyte. Who repeats itself later is challenged once more.
const (
	manyKept       = 25_000
	lingersInFlood = 5 * time.Second
)

// timerI is how long an INVITE's transaction stays after its ACK: T4 (§17.2.1).
const timerI = 5 * time.Second

// ServerTx is a request that waits for its answer from us. INVITEs of those we know run in sipgo's state machine, which
// repeats their final answers until the ACK (RFC 3261 §17.2.1). Other requests, and INVITEs of strangers inside a dialog
// they made up, are answered when they come, once each: nobody can make us send for half a minute by spoofing a packet.
type ServerTx struct {
	request
	w     *Wire
	box   *mailbox
	key   string
	local string // To tag
	way   Path   // where answers go
	known bool   // a trunk's, an agent's, or from where one of them is

	mu        sync.Mutex
	m         *message        // nil once it has a final answer that is kept
	fsm       *gosip.ServerTx // nil: there is none, or it has ended
	code      int             // of the last answer, 0: none yet
	last      []byte          // the last answer, where there is no state machine
	wanted    bool            // a CANCEL came
	why       string          // its Reason
	once      sync.Once
	absorbing atomic.Bool // the state machine has ended, the transaction stays: after a 2xx (timer L), or the ACK of a 3xx–6xx (timer I)
}

// request is what a request is known by when it comes again, by another way too.
type request struct {
	method   string
	cseq     uint32
	from, to string // tags
}

// known is what the message is known by. Nothing of it keeps the message in memory.
func (m *message) known() request {
	return request{strings.Clone(m.Method), m.cseq, strings.Clone(m.fromTag()), strings.Clone(m.toTag())}
}

// txKey is what the request's transaction is found by (RFC 3261 §17.2.3): branch, sent-by and method, and for those that
// still make branches as RFC 2543 did what they had instead. The source's address is part of it, so that nobody can
// cancel or answer for another by knowing his branch.
func (m *message) txKey(method string) string {
	from := m.path.Peer.Addr().String()
	if m.via.Unique() {
		return strings.Join([]string{method, from, m.via.Branch, m.via.Host, strconv.Itoa(m.via.Port)}, "|")
	}
	return strings.Join([]string{method, from, m.via.Host, strconv.Itoa(m.via.Port), m.via.Branch, m.fromTag(), strconv.FormatUint(uint64(m.cseq), 10)}, "|")
}

func (b *mailbox) serverOf(key string) *ServerTx {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, tx := range b.server {
		if tx.key == key {
			return tx
		}
	}
	return nil
}

// merged says whether the same request is here already by another way (§8.2.2.2).
func (b *mailbox) merged(m *message) bool {
	r := request{m.Method, m.cseq, m.fromTag(), ""}
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.server, func(tx *ServerTx) bool { return tx.request == r })
}

// abandon ends every transaction without a word, when nothing runs any more.
func (b *mailbox) abandon() {
	b.mu.Lock()
	server, client := slices.Clone(b.server), slices.Clone(b.client)
	b.mu.Unlock()
	for _, tx := range server {
		tx.mu.Lock()
		fsm := tx.fsm
		tx.mu.Unlock()
		if fsm != nil {
			fsm.Terminate()
		}
		tx.end()
	}
	for _, tx := range client {
		if tx.fsm != nil {
			tx.fsm.Terminate()
		}
		tx.forget()
	}
}

// newServerTx makes the transaction of a request. It runs on the mailbox.
func (w *Wire) newServerTx(b *mailbox, m *message, req *gosip.Request, known bool) *ServerTx {
	tx := &ServerTx{request: m.known(), w: w, box: b, m: m, key: m.txKey(m.Method), way: m.path, known: known}
	tx.way.Peer = m.answerTo()
	if tx.local = tx.to; tx.local == "" {
		tx.local = newTag()
	}
	w.boxes.hold(b.id)
	w.cfg.Metrics.ServerTx.Add(1)
	b.mu.Lock()
	b.server = append(b.server, tx)
	b.mu.Unlock()
	if m.Method == "INVITE" && known {
		tx.fsm = gosip.NewServerTx(tx.key, req, &txConn{way: tx.way}, w.log)
		_ = tx.fsm.Init() // cannot fail
		tx.fsm.OnTerminate(func(string, error) { tx.over() })
	}
	return tx
}

// over is called by the state machine when it has ended.
func (tx *ServerTx) over() {
	if !tx.absorbing.Load() {
		tx.end()
	}
}

// end forgets the transaction. It may be called more than once.
func (tx *ServerTx) end() {
	tx.once.Do(func() {
		b := tx.box
		b.mu.Lock()
		b.server = slices.DeleteFunc(b.server, func(o *ServerTx) bool { return o == tx })
		b.mu.Unlock()
		tx.w.cfg.Metrics.ServerTx.Add(-1)
		tx.w.boxes.let(b)
	})
}

// CallID is that of the request.
func (tx *ServerTx) CallID() string { return tx.box.id }

// Tag is the To tag of every reply: the dialog's local tag.
func (tx *ServerTx) Tag() string { return tx.local }

// Reply builds a response to the request: Via, From, To, Call-ID, CSeq and, where it applies, Record-Route are there. All
// but 100 carry the transaction's one To tag.
func (tx *ServerTx) Reply(code int, reason string) *gosip.Response {
	res := gosip.NewResponse(code, reason)
	res.SetTransport(transportName(tx.way.Network()))
	tag := tx.local
	if code == 100 {
		tag = ""
	}
	tx.mu.Lock()
	m := tx.m
	tx.mu.Unlock()
	if m == nil {
		return res // it has its answer: there will be no other
	}
	for rest := string(m.appendEcho(make([]byte, 0, 1024), tag)); rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, _ := strings.Cut(line, ": ")
		res.AppendHeader(gosip.NewHeader(name, value))
	}
	if code > 100 && code < 300 && tx.method != "REGISTER" { // RFC 3261 §12.1.1
		for i := range m.Fields {
			if f := &m.Fields[i]; f.Kind == syntax.KindRecordRoute {
				res.AppendHeader(gosip.NewHeader(f.Name, syntax.Scrub(f.Value)))
			}
		}
	}
	return res
}

// Respond sends the response. Further 1xx may follow a 1xx; after a 2xx to an INVITE only the same 2xx may be given again,
// to retransmit it (RFC 6026 §7.1). ErrOver: there was a final answer already; ErrSend: it could not be written.
func (tx *ServerTx) Respond(res *gosip.Response) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	m, repeats := tx.m, tx.method == "INVITE" && tx.code >= 200 && tx.code < 300 && res.StatusCode == tx.code
	if tx.code >= 200 && !repeats {
		return ErrOver
	}
	tx.code = res.StatusCode
	if res.ContentLength() == nil {
		res.SetBody(res.Body())
	}
	if tx.fsm != nil && tx.pointless() {
		tx.fsm.Terminate()
		tx.fsm = nil
	}
	if tx.fsm != nil || repeats && tx.absorbing.Load() {
		return tx.stepped(res)
	}
	b, err := AppendMessage(nil, res)
	if err != nil {
		return err
	}
	tx.keep(b)
	if !tx.known && tx.code >= 300 && m.amplifies(len(b)) {
		tx.w.cfg.Metrics.Dropped.Add(1)
		return nil // see refuse
	}
	if tx.code == 481 {
		tx.w.guard.waste(tx.way.Peer.Addr(), m.at, 1)
	}
	return tx.way.Write(b)
}

// pointless says that the request belongs to a dialog that there is not: each copy of it may be answered anew, without state (RFC 3261
// §8.2.7), so that not even a carrier who sends them by the hundred thousand fills the memory. mu is held.
func (tx *ServerTx) pointless() bool { return tx.code == 481 && tx.to != "" }

// stepped answers an INVITE of somebody we know. mu is held.
func (tx *ServerTx) stepped(res *gosip.Response) (err error) {
	if res.IsSuccess() {
		tx.accept()
		err = (&txConn{way: tx.way}).WriteMsg(res)
	} else {
		err = tx.fsm.Respond(res)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSend, err)
	}
	return nil
}

// accept enters the state Accepted of RFC 6026 §7.1: whoever gave the 2xx repeats it, and the INVITE is absorbed until timer L
// ends. sipgo's state machine does the same, but keeps the INVITE and its answer whole for half a minute. mu is held.
func (tx *ServerTx) accept() {
	if !tx.absorbing.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(lingers, tx.end)
	tx.fsm.Terminate()
	tx.fsm, tx.m = nil, nil
}

// keep remembers the answer for retransmissions of the request; a final one for as long as those may come. mu is held.
func (tx *ServerTx) keep(b []byte) {
	tx.last = b
	switch {
	case tx.code < 200:
	case !tx.known && tx.code >= 300 || tx.pointless(): // it may be answered again as it was: nothing to keep
		tx.end()
	case tx.way.flow != nil && tx.method != "INVITE":
		tx.end() // nothing is repeated over a connection (§17.2.2)
	case tx.w.cfg.Metrics.ServerTx.Load() > manyKept:
		tx.m = nil
		time.AfterFunc(lingersInFlood, tx.end)
	default:
		tx.m = nil
		time.AfterFunc(lingers, tx.end)
	}
}

// again answers a retransmission of the request. It runs on the mailbox.
func (tx *ServerTx) again() {
	if tx.absorbing.Load() {
		return
	}
	tx.mu.Lock()
	b, fsm := tx.last, tx.fsm
	tx.mu.Unlock()
	if fsm != nil {
		_ = fsm.Receive(fsm.Origin()) // the state machine repeats its last answer, if that is due
		return
	}
	if b != nil {
		_ = tx.way.Write(b) // counted; the request comes again
	}
}

// acked takes an ACK with the INVITE's branch; false if it is for the dialog (some send that of a 2xx so). It runs on the
// mailbox.
func (tx *ServerTx) acked() bool {
	tx.mu.Lock()
	code, fsm := tx.code, tx.fsm
	tx.mu.Unlock()
	if code >= 200 && code < 300 {
		return false
	}
	if fsm == nil || code < 200 || !tx.absorbing.CompareAndSwap(false, true) {
		return true
	}
	// sipgo's state machine would park a goroutine to hand the ACK on to nobody. Ended here, with the transaction kept for
	// timer I, it does the same: no more retransmissions, and late copies of INVITE and ACK are swallowed.
	fsm.Terminate()
	time.AfterFunc(timerI, tx.end)
	return true
}

// cancel notes a CANCEL; false if it changes nothing: the INVITE is answered or was cancelled before. It runs on the
// mailbox.
func (tx *ServerTx) cancel(why string) bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.wanted || tx.code >= 200 {
		return false
	}
	tx.wanted, tx.why = true, why
	return true
}

// answerKept answers a request of somebody known and keeps the answer for retransmissions.
func (w *Wire) answerKept(b *mailbox, m *message, f *fault) {
	tx := &ServerTx{request: m.known(), w: w, box: b, key: m.txKey(m.Method), local: newTag(), way: m.path, code: f.code, known: true}
	tx.way.Peer = m.answerTo()
	w.boxes.hold(b.id)
	w.cfg.Metrics.ServerTx.Add(1)
	b.mu.Lock()
	b.server = append(b.server, tx)
	b.mu.Unlock()
	answer := m.appendReply(make([]byte, 0, 512), f, tx.local)
	tx.mu.Lock()
	tx.keep(answer)
	tx.mu.Unlock()
	if err := tx.way.Write(answer); err != nil {
		w.log.Debug("answer not sent", "to", tx.way, "error", err)
	}
}

// newTag is a tag nobody can guess (RFC 3261 §19.3).
func newTag() string { return rand.Text() }

// txConn is the connection that sipgo's state machines write to: one way to one peer.
type txConn struct {
	way Path

	mu   sync.Mutex
	ack  *gosip.Request // the last ACK written, to be sent again
	said bool           // a request was written: the next time it is again
}

// WriteMsg implements sipgo's Connection.
func (c *txConn) WriteMsg(msg gosip.Message) error {
	w := c.way.sock.w
	if req, ok := msg.(*gosip.Request); ok {
		c.mu.Lock()
		switch {
		case req.IsAck():
			c.ack = req
		case c.said:
			w.cfg.Metrics.Resent.Add(1)
		default:
			c.said = true
		}
		c.mu.Unlock()
	}
	buf := w.buffer.Get().(*[]byte)
	defer w.buffer.Put(buf)
	b, err := AppendMessage((*buf)[:0], msg)
	*buf = b
	if err != nil {
		return err
	}
	return c.way.Write(b)
}

// ackAgain sends the last ACK again; false if there was none.
func (c *txConn) ackAgain() {
	c.mu.Lock()
	ack := c.ack
	c.mu.Unlock()
	if ack != nil {
		_ = c.WriteMsg(ack) // counted; the peer repeats its answer
	}
}

// LocalAddr implements sipgo's Connection.
func (c *txConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.way.sock.addr) }

// Ref implements sipgo's Connection. Connections end by themselves, not by counting.
func (c *txConn) Ref(int) int { return 1 }

// TryClose implements sipgo's Connection.
func (c *txConn) TryClose() (int, error) { return 1, nil }

// Close implements sipgo's Connection.
func (c *txConn) Close() error { return nil }
