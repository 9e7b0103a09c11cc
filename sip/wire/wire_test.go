package wire

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wiretest"
)

// fakeCalls is a handler that keeps what it is told and answers by onRequest, if that is set.
type fakeCalls struct {
	onRequest func(Inbound)
	onCancel  func(*ServerTx)

	mu      sync.Mutex
	got     []Inbound
	devices []hotline.Signal
}

func (f *fakeCalls) Request(in Inbound) {
	f.mu.Lock()
	f.got = append(f.got, in)
	f.mu.Unlock()
	if f.onRequest != nil {
		f.onRequest(in)
	}
}

func (f *fakeCalls) Cancelled(tx *ServerTx) {
	if f.onCancel != nil {
		f.onCancel(tx)
		return
	}
	_ = tx.Respond(tx.Reply(487, "Request Terminated"))
}

func (f *fakeCalls) Device(sig hotline.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.devices = append(f.devices, sig)
}

func (f *fakeCalls) requests() []Inbound {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *fakeCalls) signals() []hotline.Signal {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.devices)
}

// startWire runs a wire on loopback: udp, tcp, ws, tls and wss, in this order.
func startWire(t testing.TB, h Handler, change func(*Config)) *Wire {
	t.Helper()
	w := openWire(t, h, change)
	done := make(chan error)
	go func() { done <- w.Run(context.Background()) }()
	t.Cleanup(func() {
		w.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := w.cfg.Metrics.Panics.Load(); n != 0 {
			t.Errorf("%d panics", n)
		}
	})
	return w
}

func openWire(t testing.TB, h Handler, change func(*Config)) *Wire {
	t.Helper()
	cert, key := wiretest.CertFiles(t)
	cfg := Config{
		Listen: everywhere(), Cert: cert, Key: key, Domain: wiretest.Domain,
		Accounts: wiretest.Users{"8001": "secret", "8002": "geheim"},
		Logger:   slog.New(slog.NewTextHandler(wireLog{t}, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	w, err := New(cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

type wireLog struct{ t testing.TB }

func (l wireLog) Write(b []byte) (int, error) {
	if testing.Verbose() {
		fmt.Print(string(b))
	}
	return len(b), nil
}

// newRequest is a request of ours for wire.request.
func newRequest(method, callID string, to Path) *gosip.Request {
	var uri gosip.Uri
	_ = gosip.ParseUri("sip:8001@"+to.Peer.String(), &uri)
	req := gosip.NewRequest(gosip.RequestMethod(method), uri)
	id := gosip.CallIDHeader(callID)
	req.AppendHeader(&gosip.FromHeader{Address: gosip.Uri{Scheme: "sip", User: "hotline", Host: wiretest.Domain}, Params: gosip.HeaderParams{{K: "tag", V: "us"}}})
	req.AppendHeader(&gosip.ToHeader{Address: uri})
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.RequestMethod(method)})
	return req
}

func pathOf(w *Wire, c *net.UDPConn) Path {
	return Path{sock: w.socks[0], Peer: c.LocalAddr().(*net.UDPAddr).AddrPort()}
}

// TestResponseOrder: 183 and 200 sent back to back come up in this order, for each of 200 calls at once; a request of the
// same call right behind them comes after both.
func TestResponseOrder(t *testing.T) {
	h := &fakeCalls{}
	byes := make(map[string]int)
	type seen struct {
		codes []int
		bye   int
	}
	var mu sync.Mutex
	calls := map[string]*seen{}
	h.onRequest = func(in Inbound) {
		mu.Lock()
		id := in.Req.CallID().Value()
		calls[id].bye = len(calls[id].codes)
		byes[id]++
		mu.Unlock()
		_ = in.Tx.Respond(in.Tx.Reply(200, "OK"))
	}
	w := startWire(t, h, nil)
	peer := wiretest.ListenUDP(t)
	to := pathOf(w, peer)
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := peer.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			req := string(buf[:n])
			if !strings.HasPrefix(req, "INVITE ") {
				continue
			}
			id := wiretest.FieldOf(req, "Call-ID")[0]
			bye := "BYE sip:hotline@x SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bKbye" + id + "\r\nFrom: <sip:8001@x>;tag=them\r\nTo: " +
				wiretest.FieldOf(req, "From")[0] + "\r\nCall-ID: " + id + "\r\nCSeq: 7 BYE\r\nContent-Length: 0\r\n\r\n"
			for _, msg := range []string{wiretest.ResponseTo(req, 183), wiretest.ResponseTo(req, 200), bye} {
				if _, err := peer.WriteToUDPAddrPort([]byte(msg), from); err != nil {
					return
				}
			}
		}
	}()
	const n = 200
	for i := range n {
		id := fmt.Sprintf("order-%d", i)
		s := &seen{bye: -1}
		mu.Lock()
		calls[id] = s
		mu.Unlock()
		_, err := w.Request(t.Context(), Outbound{Req: newRequest("INVITE", id, to), Path: to, Answer: func(res *gosip.Response) {
			mu.Lock()
			defer mu.Unlock()
			s.codes = append(s.codes, res.StatusCode)
		}, Failed: func(err error) { t.Errorf("%s: %v", id, err) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	wiretest.Eventually(t, "every call answered and ended", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(byes) == n
	})
	mu.Lock()
	defer mu.Unlock()
	for id, s := range calls {
		// On a slow machine the INVITE was repeated and so was the answer; the first ones came in order all the same.
		if !slices.Equal(s.codes[:2], []int{183, 200}) || s.bye < 2 {
			t.Errorf("%s: %v, BYE after %d", id, s.codes, s.bye)
		}
	}
}

// TestCancelBehindInvite: a CANCEL in the same instant as its INVITE always finds it.
func TestCancelBehindInvite(t *testing.T) {
	const tries = 2000
	for _, network := range []string{"udp", "tcp", "tls", "wss"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			h := &fakeCalls{}
			w := startWire(t, h, func(c *Config) {
				c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}}
			})
			u := wiretest.DialUA(t, network, at(w, network))
			for i := range tries {
				id := fmt.Sprintf("race-%d", i)
				invite := u.Request("INVITE", "caller", "95500", 1, id)
				cancel := strings.Replace(strings.Replace(invite, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1)
				u.Send(invite)
				u.Send(cancel)
				var codes []string
				for len(codes) < 2 {
					res := u.Final()
					if res == "" {
						t.Fatalf("try %d: only %v", i, codes)
					}
					if !strings.Contains(res, "Call-ID: "+id+"\r\n") {
						continue // a retransmission of an earlier one
					}
					codes = append(codes, res[8:11]+strings.Fields(wiretest.FieldOf(res, "CSeq")[0])[1])
					if strings.HasPrefix(res, "SIP/2.0 487") {
						u.Send(string(wiretest.AckTo([]byte(invite), []byte(res), "ACK")))
					}
				}
				slices.Sort(codes)
				if !slices.Equal(codes, []string{"200CANCEL", "487INVITE"}) {
					t.Fatalf("try %d: %v", i, codes)
				}
			}
			if n := len(h.requests()); n != tries {
				t.Errorf("%d INVITEs came up", n)
			}
			if n := w.cfg.Metrics.Retransmits.Load(); n > tries/10 {
				t.Errorf("%d retransmissions", n)
			}
		})
	}
}

// everywhere listens on 127.0.0.1 by every network there is.
func everywhere() []Listen {
	var all []Listen
	for _, network := range []string{"udp", "tcp", "ws", "tls", "wss"} {
		all = append(all, Listen{network, netip.MustParseAddrPort("127.0.0.1:0")})
	}
	return all
}

// at is the address the wire listens on by the network.
func at(w *Wire, network string) netip.AddrPort {
	for _, s := range w.socks {
		if s.network == network {
			return s.addr
		}
	}
	return netip.AddrPort{}
}
