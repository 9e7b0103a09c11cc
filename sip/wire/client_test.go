package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/wiretest"
)

// drained reads what is waiting at a socket.
func drained(t *testing.T, c *net.UDPConn) []string {
	t.Helper()
	var all []string
	buf := make([]byte, 65536)
	for {
		if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(buf)
		if err != nil {
			return all
		}
		all = append(all, string(buf[:n]))
	}
}

// TestClientTimeouts: nobody answers. The request is repeated as RFC 3261 §17.1 says and fails after 64*T1; all in
// virtual time, so nothing is read from the network: what was sent is looked at afterwards.
func TestClientTimeouts(t *testing.T) {
	for method, want := range map[string]int{"INVITE": 7, "OPTIONS": 11} {
		t.Run(method, func(t *testing.T) {
			peer := wiretest.ListenUDP(t)
			synctest.Test(t, func(t *testing.T) {
				w := openWire(t, &fakeCalls{}, nil)
				defer w.Close()
				begun := time.Now()
				failed := make(chan error, 2)
				tx, err := w.Request(t.Context(), Outbound{
					Req: newRequest(method, "timeout", pathOf(w, peer)), Path: pathOf(w, peer),
					Answer: func(*gosip.Response) { t.Error("an answer") }, Failed: func(err error) { failed <- err },
				})
				if err != nil {
					t.Fatal(err)
				}
				tx.Cancel() // no provisional answer, no CANCEL
				if err := <-failed; !errors.Is(err, ErrTimeout) {
					t.Errorf("%v", err)
				}
				if d := time.Since(begun); d != 32*time.Second {
					t.Errorf("after %v", d)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if len(failed) != 0 || w.cfg.Metrics.ClientTx.Load() != 0 || w.cfg.Metrics.Mailboxes.Load() != 0 {
					t.Errorf("%d further failures, %d transactions, %d mailboxes", len(failed), w.cfg.Metrics.ClientTx.Load(), w.cfg.Metrics.Mailboxes.Load())
				}
			})
			got := drained(t, peer)
			if len(got) != want || len(slices.Compact(got)) != 1 {
				t.Errorf("sent %d times, want %d", len(got), want)
			}
		})
	}
}

// feed hands a text to the wire as if it had been read from the socket.
func feed(w *Wire, from *net.UDPConn, text string) {
	w.datagram(pathOf(w, from), []byte(text))
}

// TestCancelNeverAnswered: after CANCEL the INVITE's answer is waited for 64*T1 and no longer (RFC 3261 §9.1).
func TestCancelNeverAnswered(t *testing.T) {
	peer := wiretest.ListenUDP(t)
	synctest.Test(t, func(t *testing.T) {
		w := openWire(t, &fakeCalls{}, nil)
		defer w.Close()
		failed := make(chan error, 1)
		var codes []int
		req := newRequest("INVITE", "cancel", pathOf(w, peer))
		tx, err := w.Request(t.Context(), Outbound{
			Req: req, Path: pathOf(w, peer), Answer: func(res *gosip.Response) { codes = append(codes, res.StatusCode) },
			Failed: func(err error) { failed <- err },
		})
		if err != nil {
			t.Fatal(err)
		}
		tx.Cancel(gosip.NewHeader("Reason", "SIP;cause=200"))
		time.Sleep(time.Second)
		b, err := AppendMessage(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		feed(w, peer, wiretest.ResponseTo(string(b), 180))
		begun := time.Now()
		if err := <-failed; !errors.Is(err, ErrTimeout) || time.Since(begun) != 32*time.Second || !slices.Equal(codes, []int{180}) {
			t.Errorf("%v after %v, answers %v", err, time.Since(begun), codes)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := w.cfg.Metrics.ClientTx.Load(); n != 0 {
			t.Errorf("%d transactions", n)
		}
	})
	var invite, cancel string
	for _, msg := range drained(t, peer) {
		if strings.HasPrefix(msg, "INVITE ") {
			invite = msg
		} else {
			cancel = msg
		}
	}
	for _, name := range []string{"Via", "From", "To", "Call-ID"} {
		if !slices.Equal(wiretest.FieldOf(invite, name), wiretest.FieldOf(cancel, name)) {
			t.Errorf("%s: %q and %q", name, wiretest.FieldOf(invite, name), wiretest.FieldOf(cancel, name))
		}
	}
	if !strings.HasPrefix(cancel, "CANCEL "+strings.Fields(invite)[1]+" ") || wiretest.FieldOf(cancel, "CSeq")[0] != "1 CANCEL" || wiretest.FieldOf(cancel, "Reason")[0] != "SIP;cause=200" {
		t.Error(cancel)
	}
}

// TestClientAnswers: what comes up of an INVITE's answers, and what the wire acknowledges itself.
func TestClientAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		send   []string // codes and To tags, one after another
		up     []int
		acks   int
	}{
		{"refused, the ACK is lost twice", "INVITE", []string{"100", "180 a", "486 a", "486 a", "486 a"}, []int{100, 180, 486}, 3},
		{"answered, with copies", "INVITE", []string{"180 a", "200 a", "200 a", "200 a"}, []int{180, 200, 200, 200}, 0},
		{"forked", "INVITE", []string{"180 a", "180 b", "200 a", "200 b"}, []int{180, 180, 200, 200}, 0},
		{"at once", "INVITE", []string{"200 a"}, []int{200}, 0},
		{"late refusal", "INVITE", []string{"200 a", "486 b"}, []int{200}, 0},
		{"many provisional ones", "INVITE", strings.Split(strings.Repeat("180 a,", 30)+"200 a", ","), append(slices.Repeat([]int{180}, 30), 200), 0},
		{"BYE", "BYE", []string{"100", "200 a", "200 a"}, []int{100, 200}, 0},
		{"BYE refused", "BYE", []string{"481 a", "481 a"}, []int{481}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := startWire(t, &fakeCalls{}, nil)
			peer := wiretest.ListenUDP(t)
			var mu sync.Mutex
			var up []int
			req := newRequest(c.method, "answers", pathOf(w, peer))
			if _, err := w.Request(t.Context(), Outbound{Req: req, Path: pathOf(w, peer), Answer: func(res *gosip.Response) {
				mu.Lock()
				defer mu.Unlock()
				up = append(up, res.StatusCode)
			}, Failed: func(err error) { t.Error(err) }}); err != nil {
				t.Fatal(err)
			}
			b, err := AppendMessage(nil, req)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.send {
				code, tag, _ := strings.Cut(s, " ")
				var n int
				fmt.Sscan(code, &n)
				res := wiretest.ResponseTo(string(b), n)
				feed(w, peer, strings.Replace(res, "tag=them", "tag="+tag, 1))
			}
			feed(w, peer, strings.Replace(wiretest.ResponseTo(string(b), 200), "branch=z9hG4bK", "branch=z9hG4bKx", 1)) // of another transaction
			wiretest.Eventually(t, "the answers came up", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(up) >= len(c.up)
			})
			acks := 0
			for _, msg := range drained(t, peer) {
				if strings.HasPrefix(msg, "ACK ") {
					acks++
					if wiretest.FieldOf(msg, "Via")[0] != wiretest.FieldOf(string(b), "Via")[0] || !strings.Contains(wiretest.FieldOf(msg, "To")[0], "tag=a") {
						t.Error(msg)
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(up, c.up) || acks != c.acks {
				t.Errorf("%v came up, want %v; %d ACKs, want %d", up, c.up, acks, c.acks)
			}
		})
	}
}

// TestCancelGoesTheSameWay: to the address the INVITE went to, not to its Request-URI, and only after a provisional answer.
func TestCancelGoesTheSameWay(t *testing.T) {
	w := startWire(t, &fakeCalls{}, nil)
	proxy, target := wiretest.ListenUDP(t), wiretest.ListenUDP(t)
	to := pathOf(w, proxy)
	req := newRequest("INVITE", "way", pathOf(w, target))
	answers := make(chan int, 8)
	tx, err := w.Request(t.Context(), Outbound{Req: req, Path: to, Answer: func(res *gosip.Response) { answers <- res.StatusCode }})
	if err != nil {
		t.Fatal(err)
	}
	tx.Cancel()
	tx.Cancel()
	if got := drained(t, proxy); len(got) != 1 || !strings.HasPrefix(got[0], "INVITE") {
		t.Fatalf("%q", got)
	}
	b, _ := AppendMessage(nil, req)
	feed(w, proxy, wiretest.ResponseTo(string(b), 183))
	feed(w, proxy, wiretest.ResponseTo(string(b), 183))
	got := drained(t, proxy)
	if len(got) != 1 || !strings.HasPrefix(got[0], "CANCEL") {
		t.Fatalf("%q", got)
	}
	feed(w, proxy, wiretest.ResponseTo(got[0], 200))
	feed(w, proxy, wiretest.ResponseTo(string(b), 487))
	for _, want := range []int{183, 183, 487} {
		if code := <-answers; code != want {
			t.Errorf("%d, want %d", code, want)
		}
	}
	if got := drained(t, target); len(got) != 0 {
		t.Errorf("the Request-URI's host heard %q", got)
	}
	tx.Cancel() // nothing to cancel any more
	if got := drained(t, proxy); len(got) != 1 || !strings.HasPrefix(got[0], "ACK") {
		t.Errorf("%q", got)
	}
}

// TestConnectionLostFails: a request over a connection that goes away fails at once, and nothing is dialled in its place.
func TestConnectionLostFails(t *testing.T) {
	wiretest.Over(t, testConnectionLostFails, "tcp", "ws", "tls", "wss")
}

func testConnectionLostFails(t *testing.T, network string) {
	w := startWire(t, &fakeCalls{}, nil)
	u := wiretest.DialUA(t, network, at(w, network))
	if res := u.Register("8001", "secret", "lost", 1); wiretest.StatusOf([]byte(res)) != 200 {
		t.Fatal(res)
	}
	to := w.Contacts("8001")[0].Path
	failed := make(chan error, 100)
	for i := range 100 {
		if _, err := w.Request(t.Context(), Outbound{Req: newRequest("INVITE", fmt.Sprint("lost-", i), to), Path: to, Failed: func(err error) { failed <- err }}); err != nil {
			t.Fatal(err)
		}
	}
	u.Conn.Close()
	for range 100 {
		select {
		case err := <-failed:
			if !errors.Is(err, ErrSend) {
				t.Error(err)
			}
		case <-time.After(20 * time.Second): // timer B would be ErrTimeout
			t.Fatal("still waiting")
		}
	}
	wiretest.Eventually(t, "nothing left", func() bool { return w.cfg.Metrics.ClientTx.Load() == 0 && w.cfg.Metrics.Mailboxes.Load() == 0 })
}

// TestServerTransaction: retransmissions are answered, finals are repeated until the ACK, a second final is refused, and
// nothing is left in the end; in virtual time.
func TestServerTransaction(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		code   int
		acked  bool
		finals int // how often the final answer is sent within a minute, the request coming twice more
		left   time.Duration
	}{
		{"INVITE refused and acknowledged", "INVITE", 486, true, 3, 5 * time.Second},
		{"INVITE refused, no ACK", "INVITE", 486, false, 13, 32 * time.Second},
		{"INVITE answered", "INVITE", 200, false, 1, 32 * time.Second}, // its repetition is the caller's
		{"BYE", "BYE", 200, false, 3, 32 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			peer := wiretest.ListenUDP(t)
			synctest.Test(t, func(t *testing.T) {
				h := &fakeCalls{onRequest: func(in Inbound) {
					if in.Tx == nil {
						t.Error("an ACK came up")
						return
					}
					if err := in.Tx.Respond(in.Tx.Reply(c.code, "Final")); err != nil {
						t.Error(err)
					}
					if err := in.Tx.Respond(in.Tx.Reply(603, "Decline")); !errors.Is(err, ErrOver) {
						t.Errorf("a second final: %v", err)
					}
				}}
				w := openWire(t, h, func(c *Config) {
					c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
				})
				defer w.Close()
				req := fmt.Sprintf("%s sip:95500@x SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bKserver\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>%s\r\nCall-ID: server\r\nCSeq: 1 %s\r\nContact: <sip:a@b>\r\n\r\n",
					c.method, map[string]string{"BYE": ";tag=2"}[c.method], c.method)
				for range 3 {
					feed(w, peer, req)
					synctest.Wait()
				}
				if c.acked {
					tag := h.requests()[0].Tx.Tag()
					feed(w, peer, strings.NewReplacer("INVITE", "ACK", "<sip:c@d>", "<sip:c@d>;tag="+tag).Replace(req))
					synctest.Wait()
				}
				time.Sleep(c.left - time.Millisecond)
				if n := w.cfg.Metrics.ServerTx.Load(); n != 1 {
					t.Errorf("%d transactions after %v", n, c.left)
				}
				time.Sleep(2 * time.Millisecond)
				synctest.Wait()
				if n := w.cfg.Metrics.ServerTx.Load() + w.cfg.Metrics.Mailboxes.Load(); n != 0 || len(h.requests()) != 1 {
					t.Errorf("%d left, %d requests came up", n, len(h.requests()))
				}
			})
			finals := 0
			for _, msg := range drained(t, peer) {
				if wiretest.StatusOf([]byte(msg)) == c.code {
					finals++
				}
			}
			if finals != c.finals {
				t.Errorf("%d finals, want %d", finals, c.finals)
			}
		})
	}
}

// TestMerged: the same request by two ways is one call (RFC 3261 §8.2.2.2).
func TestMerged(t *testing.T) {
	h := &fakeCalls{}
	w := startWire(t, h, func(c *Config) {
		c.Trunks = []Trunk{{Name: "carrier", Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	})
	u := wiretest.DialUA(t, "udp", w.Listening()[0].Addr)
	invite := u.Request("INVITE", "caller", "95500", 1, "merged")
	u.Send(invite)
	u.Send(strings.Replace(invite, "branch=z9hG4bK", "branch=z9hG4bKfork", 1))
	if res := u.Final(); wiretest.StatusOf([]byte(res)) != 482 {
		t.Errorf("%s", res)
	}
	if n := len(h.requests()); n != 1 {
		t.Errorf("%d calls", n)
	}
	// An ACK or CANCEL of somebody else who knows the branch changes nothing.
	other := dialUAFrom(t, netip.MustParseAddr("127.0.0.77"), w.Listening()[0].Addr)
	other.Send(strings.Replace(strings.Replace(invite, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1))
	if res := other.Final(); wiretest.StatusOf([]byte(res)) != 481 {
		t.Errorf("cancelled by a stranger: %s", res)
	}
}

func dialUAFrom(t *testing.T, from netip.Addr, to netip.AddrPort) *wiretest.UA {
	t.Helper()
	c, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &wiretest.UA{T: t, Conn: c, To: to, Via: "UDP"}
}
