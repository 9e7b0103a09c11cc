package wire

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// ClientTx is a request of ours that waits for its answer. It runs in one of sipgo's state machines (RFC 3261 §17.1).
type ClientTx struct {
	w      *Wire
	box    *mailbox
	out    Outbound
	callID string
	branch string
	method string
	conn   *txConn
	fsm    *gosip.ClientTx // nil after the final answer

	// Owned by the mailbox.
	final     int  // the final answer's code, 0: none yet
	early     bool // a provisional answer came
	ended     bool
	wanted    bool // to be cancelled
	cancelled bool // CANCEL was sent
	reason    []gosip.Header
	cause     error // why we ended it ourselves; set before that
	limit     *time.Timer

	resting atomic.Bool // the final answer came: the transaction outlives the state machine
}

// Request sends a request in a client transaction of its own. What it returns is only for cancel. An error means that
// nothing was sent and neither answer nor failed is called.
func (w *Wire) Request(ctx context.Context, out Outbound) (*ClientTx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if out.Req.CallID() == nil || out.Req.CSeq() == nil || out.Req.From() == nil || out.Req.To() == nil {
		return nil, fmt.Errorf("%w: Call-ID, CSeq, From or To is missing", ErrSend)
	}
	branch := newBranch()
	if err := w.complete(out.Req, out.Path, branch); err != nil {
		return nil, err
	}
	return w.begin(out, branch)
}

// Branch is the transaction's branch (RFC 3261 §8.1.1.7), which a CANCEL by another process needs (§9.1).
func (tx *ClientTx) Branch() string { return tx.branch }

// Accepted says whether a 2xx to our INVITE came and the transaction is there for others still (RFC 6026 §7.2, timer M). To be asked on
// the mailbox of the Call-ID.
func (tx *ClientTx) Accepted() bool { return !tx.ended && tx.final >= 200 && tx.final < 300 }

// Outlive has the transaction, which is Accepted, forget its request for a shorter one and say further 2xx to the other function. To be
// called on the mailbox of the Call-ID.
func (tx *ClientTx) Outlive(req *gosip.Request, answer func(*gosip.Response)) {
	tx.out = Outbound{Req: req, Path: tx.out.Path, Answer: answer}
}

// begin starts the transaction of a request that is complete.
func (w *Wire) begin(out Outbound, branch string) (*ClientTx, error) {
	if w.ctx.Err() != nil {
		return nil, ErrClosed
	}
	tx := &ClientTx{w: w, out: out, callID: out.Req.CallID().Value(), branch: branch, method: string(out.Req.Method), conn: &txConn{way: out.Path}}
	tx.fsm = gosip.NewClientTx(branch+tx.method, out.Req, tx.conn, w.log)
	tx.fsm.OnTerminate(tx.terminated)
	if out.Path.flow != nil && !out.Path.flow.join(tx) {
		return nil, fmt.Errorf("%w: connection is gone", ErrSend)
	}
	tx.box = w.boxes.hold(tx.callID)
	w.cfg.Metrics.ClientTx.Add(1)
	tx.box.mu.Lock()
	tx.box.client = append(tx.box.client, tx)
	tx.box.mu.Unlock()
	if err := tx.fsm.Init(); err != nil {
		tx.forget()
		tx.out.Failed = nil
		tx.fsm.Terminate()
		return nil, fmt.Errorf("%w: %w", ErrSend, err)
	}
	return tx, nil
}

// complete adds what the wire owes a request: Via, Max-Forwards, Content-Length.
func (w *Wire) complete(req *gosip.Request, to Path, branch string) error {
	if !to.Valid() {
		return ErrNoPath
	}
	for req.RemoveHeader("Via") {
	}
	via := &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: transportName(to.Network()),
		Host: to.Host().String(), Port: int(to.sock.addr.Port()),
		Params: gosip.HeaderParams{{K: "branch", V: branch}, {K: "rport"}},
	}
	if req.MaxForwards() == nil {
		seventy := gosip.MaxForwardsHeader(70)
		req.AppendHeader(&seventy)
	}
	if req.ContentLength() == nil {
		req.SetBody(req.Body())
	}
	req.PrependHeader(via) // last: it leaves no room for others
	req.SetTransport(via.Transport)
	return nil
}

// Send sends a request outside any transaction: the ACK of a 2xx, which gets a Via with a new branch (RFC 3261
// §13.2.2.4). Called again with the same request it sends the same bytes again.
func (w *Wire) Send(req *gosip.Request, to Path) error {
	if req.Via() == nil {
		if err := w.complete(req, to, newBranch()); err != nil {
			return err
		}
	}
	if !to.Valid() {
		return ErrNoPath
	}
	return (&txConn{way: to}).WriteMsg(req)
}

// clientOf finds the transaction of a response (§17.1.3).
func (b *mailbox) clientOf(branch, method string) *ClientTx {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, tx := range b.client {
		if tx.method == method && strings.EqualFold(tx.branch, branch) {
			return tx
		}
	}
	return nil
}

// receive takes a response. It runs on the mailbox.
func (tx *ClientTx) receive(res *gosip.Response) {
	switch success := tx.final >= 200 && tx.final < 300; {
	case tx.ended:
		return
	case tx.final == 0:
	case tx.method != "INVITE" || success && !res.IsSuccess(): // §17.1.2.2, RFC 6026 §7.2: absorbed
		return
	case !success:
		tx.conn.ackAgain() // §17.1.1.2: our ACK was lost. sipgo would sleep before it sends another.
		return
	}
	up := []*gosip.Response{res}
	if tx.method == "INVITE" && res.IsSuccess() {
		tx.rest(lingers) // timer M, whatever the transport (RFC 6026 §7.2)
	} else {
		up = tx.step(res)
	}
	for _, r := range up {
		if r.StatusCode >= 200 {
			if tx.final == 0 {
				tx.final = r.StatusCode
			}
			tx.stopLimit()
		} else if !tx.early {
			tx.early = true
			if tx.wanted {
				tx.sendCancel()
			}
		}
		if tx.out.Answer != nil {
			tx.out.Answer(r)
		}
	}
	switch {
	case tx.final == 0 || tx.ended || tx.resting.Load():
		return
	case tx.out.Path.flow != nil: // nothing is repeated over a connection (§17.1.1.2, §17.1.2.2)
		tx.rest(0)
	case tx.method == "INVITE":
		tx.rest(lingers) // timer D
	default:
		tx.rest(timerK)
	}
	tx.out.Req, tx.out.Answer, tx.out.Failed = nil, nil, nil
}

// rest ends the state machine: what stays for a while absorbs the repetitions of a final answer, or hands on those of a 2xx to an
// INVITE. sipgo's machine would do the same with request, answer and whoever waits for it whole in memory, 32 s after every request.
func (tx *ClientTx) rest(d time.Duration) {
	if !tx.resting.CompareAndSwap(false, true) {
		return
	}
	over := func() { tx.finish(nil) }
	if d > 0 {
		time.AfterFunc(d, func() { tx.w.boxes.post(tx.callID, over) })
	}
	tx.fsm.Terminate()
	tx.fsm = nil
	if d == 0 {
		over()
	}
}

// step runs the state machine on the response and returns what it passes up. It hands responses over a channel without
// room from within, so it needs a goroutine to take them; here they come back before the next message is looked at,
// which keeps their order with requests of the same call.
func (tx *ClientTx) step(res *gosip.Response) []*gosip.Response {
	done, sound := make(chan struct{}), false
	tx.w.boxes.crew.do(func() {
		defer close(done)
		tx.w.boxes.guarded(func() {
			tx.fsm.Receive(res)
			sound = true
		})
	})
	var up []*gosip.Response
	for {
		select {
		case r := <-tx.fsm.Responses():
			up = append(up, r)
			continue
		case <-done:
		}
		if !sound { // a panic costs this request, not the process: its state machine is left locked and must not be used again
			tx.finish(ErrSend)
		}
		return up
	}
}

// terminated is called by the state machine, under its lock, on any goroutine.
func (tx *ClientTx) terminated(_ string, err error) {
	if tx.resting.Load() {
		return
	}
	tx.w.boxes.post(tx.callID, func() { tx.finish(err) })
}

// finish forgets the transaction and says that it failed, if nothing final came. It runs on the mailbox.
func (tx *ClientTx) finish(err error) {
	if tx.ended {
		return
	}
	tx.ended = true
	tx.stopLimit()
	tx.forget()
	if tx.final != 0 || tx.out.Failed == nil {
		return
	}
	switch {
	case tx.cause != nil:
		tx.out.Failed(tx.cause)
	case errors.Is(err, gosip.ErrTransactionTimeout):
		tx.out.Failed(ErrTimeout)
	default:
		tx.out.Failed(fmt.Errorf("%w: %w", ErrSend, err))
	}
}

// forget takes the transaction out of its box and its connection.
func (tx *ClientTx) forget() {
	b := tx.box
	b.mu.Lock()
	n := len(b.client)
	b.client = slices.DeleteFunc(b.client, func(o *ClientTx) bool { return o == tx })
	gone := len(b.client) < n
	b.mu.Unlock()
	if !gone {
		return
	}
	if f := tx.out.Path.flow; f != nil {
		f.leave(tx)
	}
	tx.w.cfg.Metrics.ClientTx.Add(-1)
	tx.w.boxes.let(b)
}

// flowLost is told that the request's connection is gone: no answer will come by another way.
func (tx *ClientTx) flowLost() {
	tx.w.boxes.post(tx.callID, func() { tx.giveUp(ErrSend) })
}

// Forsake gives the request up, as if its way were gone: nobody is there any more. failed is called with ErrSend, unless something final came.
func (tx *ClientTx) Forsake() { tx.flowLost() }

// giveUp ends the transaction. It runs on the mailbox.
func (tx *ClientTx) giveUp(cause error) {
	if tx.ended {
		return
	}
	if tx.resting.Load() {
		tx.finish(nil)
		return
	}
	tx.cause = cause
	tx.fsm.Terminate() // comes back as terminated
}

// Cancel sends CANCEL for an INVITE by the very way the INVITE went, as soon as a provisional response is there
// (RFC 3261 §9.1). The INVITE's own final answer (487, or a 2xx that was quicker) still comes to answer. Without a final
// answer within 64*T1 of the CANCEL failed is called with ErrTimeout. A second cancel does nothing. The header fields go
// with the CANCEL.
func (tx *ClientTx) Cancel(headers ...gosip.Header) {
	tx.w.boxes.post(tx.callID, func() {
		if tx.wanted || tx.ended || tx.final != 0 || tx.method != "INVITE" {
			return
		}
		tx.wanted, tx.reason = true, headers
		if tx.early {
			tx.sendCancel()
		}
	})
}

// sendCancel sends the CANCEL. It runs on the mailbox.
func (tx *ClientTx) sendCancel() {
	if tx.cancelled {
		return
	}
	tx.cancelled = true
	invite := tx.out.Req
	req := gosip.NewRequest(gosip.CANCEL, invite.Recipient)
	req.AppendHeader(gosip.HeaderClone(invite.Via())) // the same branch (§9.1)
	for _, name := range [...]string{"Route", "From", "To", "Call-ID"} {
		for _, h := range invite.GetHeaders(name) {
			req.AppendHeader(gosip.HeaderClone(h))
		}
	}
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: gosip.CANCEL})
	seventy := gosip.MaxForwardsHeader(70)
	req.AppendHeader(&seventy)
	for _, h := range tx.reason {
		req.AppendHeader(h)
	}
	req.SetBody(nil)
	req.SetTransport(transportName(tx.out.Path.Network()))
	if _, err := tx.w.begin(Outbound{Req: req, Path: tx.out.Path}, tx.branch); err != nil {
		tx.giveUp(err)
		return
	}
	tx.limit = time.AfterFunc(lingers, func() {
		tx.w.boxes.post(tx.callID, func() {
			if tx.final == 0 {
				tx.giveUp(ErrTimeout)
			}
		})
	})
}

func (tx *ClientTx) stopLimit() {
	if tx.limit != nil {
		tx.limit.Stop()
	}
}

// timerK is how long a request other than INVITE stays after its answer: T4 (§17.1.2.2).
const timerK = 5 * time.Second

// newBranch is a branch that is unique in space and time (§8.1.1.7).
func newBranch() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return syntax.MagicCookie + hex.EncodeToString(b[:])
}
