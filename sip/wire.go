package sip

import (
	"context"
	"errors"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

// handler is the call half of the package as the wire sees it. Every method is called on the mailbox of the message's
// Call-ID: one after another, in the order the messages came, never two at once for one Call-ID. It must not wait for
// the network.
type handler interface {
	// request takes a valid and allowed request that the wire does not answer itself: a new INVITE (no To tag) of an
	// authenticated agent or of a trunk, and every request inside a dialog (To tag), ACK of a 2xx and OPTIONS included.
	// The wire has answered 100 to an INVITE. Requests inside a dialog are not authenticated: the handler matches the
	// dialog by Call-ID and both tags and answers 481 where there is none. REGISTER, CANCEL, OPTIONS outside a dialog,
	// retransmissions and all that is malformed never come here.
	request(in inbound)
	// cancelled says that a CANCEL matched the INVITE of tx, which has no final answer yet. The wire has answered the
	// CANCEL with 200; the handler answers the INVITE with 487 (RFC 3261 §9.2).
	cancelled(tx *serverTx)
	// device takes DeviceUp and DeviceDown from the registrar. Unlike the others it is called on any goroutine.
	device(sig hotline.Signal)
}

// inbound is one request on its way to the handler.
type inbound struct {
	req   *gosip.Request
	tx    *serverTx       // nil for an ACK
	path  path            // the way it came, which is also the way back
	at    time.Time       // when it was read from the socket
	agent hotline.AgentID // whose credentials were checked; empty for a trunk's call and inside a dialog
	trunk string          // the trunk whose peer sent it; empty for an agent's call; inside a dialog not set
	// release gives the trunk's place back when the call is over. It is set for a new INVITE of a trunk and may be
	// called more than once. A handler that refuses the call must call it too.
	release func()
}

// outbound is one request to send in a client transaction.
type outbound struct {
	// req is whole but for the Via, which the wire adds, and Max-Forwards and Content-Length, which it adds where they are
	// missing. The wire owns it from now on.
	req  *gosip.Request
	path path
	// answer is called on the request's Call-ID mailbox with each response: every provisional one (100 too), the final
	// one, and for an INVITE each further 2xx, retransmitted or of another fork, for 64*T1 after the first (RFC 6026 §7.2).
	// The ACK of a 3xx–6xx is the wire's, that of a 2xx the caller's.
	answer func(*gosip.Response)
	// failed is called at most once on the mailbox, in place of a final response: errTimeout (timer B or F), errSend.
	failed func(error)
}

// Errors of the wire.
var (
	// errTimeout: no response came in time (RFC 3261 §17.1.1.2, timer B; §17.1.2.2, timer F). To be taken for 408.
	errTimeout = errors.New("sip: no response in time")
	// errSend: the message could not be written, or its connection is gone. To be taken for 503.
	errSend = errors.New("sip: message cannot be sent")
	// errNoPath: no socket of ours leads there.
	errNoPath = errors.New("sip: no way to that address")
	// errClosed: the wire is being closed.
	errClosed = errors.New("sip: closed")
	// errOver: the transaction has its final answer already.
	errOver = errors.New("sip: transaction is over")
)

// contact is one registered phone of an agent.
type contact struct {
	uri     gosip.Uri   // the Contact as the phone gave it, headers stripped: the Request-URI of calls to it
	path    path        // the way its REGISTER came; over tcp and ws that connection is the only way back
	route   []gosip.Uri // its Path (RFC 3327), to be sent as Route, topmost first
	q       float64     // preference 0–1, default 1 (RFC 3261 §20.10)
	expires time.Time
	agent   string // User-Agent, for people to read
}

var _ = netip.AddrPort{}

// newWire opens every socket of the config but reads none until run. It fails if one of them cannot be had.
func newWire(cfg wireConfig, h handler) (*wire, error) { return nil, errClosed }

// wire is the SIP side of the package below dialogs; see doc.go.
type wire struct{}

// run serves until ctx is done or close is called, and returns when every goroutine of the wire has ended. A socket
// that fails is opened again; run fails only when that is impossible.
func (w *wire) run(ctx context.Context) error { return errClosed }

// close ends run. Transactions under way are given up without a word.
func (w *wire) close() {}

// drain makes the wire answer new INVITEs and OPTIONS with 503 (RFC 3261 §21.5.4); what is under way goes on.
func (w *wire) drain() {}

// request sends a request in a client transaction of its own. What it returns is only for cancel.
func (w *wire) request(ctx context.Context, out outbound) (*clientTx, error) { return nil, errClosed }

// send sends a request outside any transaction: the ACK of a 2xx, which gets a Via with a new branch (RFC 3261
// §13.2.2.4). Called again with the same request it sends the same bytes again.
func (w *wire) send(req *gosip.Request, to path) error { return errClosed }

// post runs f on the mailbox of the Call-ID, after what is there already.
func (w *wire) post(callID string, f func()) {}

// contacts returns the agent's phones that are registered now, the most preferred first, then the newest.
func (w *wire) contacts(agent hotline.AgentID) []contact { return nil }

// trunkPath is the way to the trunk's server for a call out.
func (w *wire) trunkPath(name string) (path, error) { return path{}, errNoPath }

// admitOut counts a call out through the trunk against its max_calls; release gives it back.
func (w *wire) admitOut(name string) (release func(), err error) { return nil, errNoPath }

// pathTo is the way by which a request reaches the URI: an IP address literal and, in "transport=", the network. near is
// the way the dialog used so far: its socket is kept where it fits, and its connection where the address is the same or
// the network is ws. Host names are not looked up: errNoPath.
func (w *wire) pathTo(uri gosip.Uri, near path) (path, error) { return path{}, errNoPath }

// pathFrom rebuilds a way that path.String wrote, after a restart. A connection does not survive: errNoPath.
func (w *wire) pathFrom(s string) (path, error) { return path{}, errNoPath }

// clientTx is a request of ours that waits for its answer.
type clientTx struct{}

// cancel sends CANCEL for an INVITE by the very way the INVITE went, as soon as a provisional response is there
// (RFC 3261 §9.1). The INVITE's own final answer (487, or a 2xx that was quicker) still comes to answer. Without a final
// answer within 64*T1 of the CANCEL failed is called with errTimeout. A second cancel does nothing.
func (tx *clientTx) cancel(headers ...gosip.Header) {}

// serverTx is a request that waits for its answer from us.
type serverTx struct{}

// req is the request it was made by. It must not be changed.
func (tx *serverTx) request() *gosip.Request { return nil }

// reply builds a response to the request: Via, From, To, Call-ID, CSeq and, where it applies, Record-Route are there. All
// but 100 carry the transaction's one To tag.
func (tx *serverTx) reply(code int, reason string) *gosip.Response { return nil }

// tag is the To tag of every reply: the dialog's local tag.
func (tx *serverTx) tag() string { return "" }

// respond sends the response. Further 1xx may follow a 1xx; after a 2xx to an INVITE only the same 2xx may be given again,
// to retransmit it (RFC 6026 §7.1). errOver: there was a final answer already; errSend: it could not be written.
func (tx *serverTx) respond(res *gosip.Response) error { return errClosed }

// path is a way to a peer: which socket of ours, which address of theirs, and over tcp and ws which connection. The zero
// path leads nowhere. Paths are compared with ==.
type path struct {
	sock *socket
	flow *flow
	peer netip.AddrPort
}

func (p path) valid() bool { return p.sock != nil }

// network is "udp", "tcp" or "ws".
func (p path) network() string { return "" }

// host is the address of ours that the peer sees: advertised, or the socket's own. It belongs in SDP and Contact.
func (p path) host() netip.Addr { return netip.Addr{} }

// bind is the local address that media for this peer binds to: like host, but never the advertised one.
func (p path) bind() netip.Addr { return netip.Addr{} }

// contact is the Contact of ours that leads the peer back by this way.
func (p path) contact(user string) gosip.Uri { return gosip.Uri{} }

// String names the way for logs and for pathFrom: "udp:127.0.0.1:5060>127.0.0.1:6001".
func (p path) String() string { return "" }

type socket struct{}
type flow struct{}
