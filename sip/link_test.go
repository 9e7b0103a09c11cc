package sip

import (
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/sip/resolve"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// streamCarrier is a carrier that takes connections: each that comes is its line from then on.
type streamCarrier struct {
	*phone
	ln    net.Listener
	conns chan net.Conn
}

func newStreamCarrier(t *testing.T, network string, at string) *streamCarrier {
	t.Helper()
	ln, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	if network == "tls" {
		cert, key := wiretest.CA().Issue(t, 7, time.Now().Add(time.Hour))
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert})
	}
	c := &streamCarrier{phone: newPhone(t, netip.AddrPort{}), ln: ln, conns: make(chan net.Conn, 16)}
	c.over = network
	c.done.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if tc, ok := conn.(*tls.Conn); ok && tc.Handshake() != nil {
				conn.Close()
				continue
			}
			c.conns <- conn
		}
	})
	t.Cleanup(func() { ln.Close() })
	return c
}

func (c *streamCarrier) server(network string) wire.Server {
	a := netip.MustParseAddrPort(c.ln.Addr().String())
	return wire.Server{Host: a.Addr().String(), Port: a.Port(), Network: network}
}

// connected takes the next connection for the carrier's line.
func (c *streamCarrier) connected() net.Conn {
	c.t.Helper()
	select {
	case conn := <-c.conns:
		c.stream = conn
		c.done.Go(c.readStream)
		return conn
	case <-time.After(5 * time.Second):
		c.t.Fatal("no connection")
	}
	return nil
}

func caFile(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "ca.pem")
	wiretest.WriteFile(t, name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: wiretest.CA().Cert.Raw}))
	return name
}

// TestTrunkOverConnection: one connection serves calls in both directions, a cut one is made again at once, and what is
// under way on the old one ends by itself.
func TestTrunkOverConnection(t *testing.T) {
	wiretest.Over(t, func(t *testing.T, network string) {
		c := newStreamCarrier(t, network, "127.0.0.1:0")
		r := newRig(t, func(cfg *Config) {
			cfg.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{c.server(network)}, CA: caFile(t), Register: &wire.Register{User: "me", Password: "p"}}}
		})
		c.engine = r.addr
		conn := c.connected()
		reg := func() *sipMsg {
			t.Helper()
			select {
			case m := <-c.regs:
				return m
			case <-time.After(5 * time.Second):
				t.Fatal("no REGISTER")
			}
			return nil
		}
		m := reg()
		own := port(r.sw, network)
		if want := "sip:me@" + own.String() + ";transport=" + network; uriIn(m.get("contact")) != want || !strings.HasPrefix(m.get("via"), "SIP/2.0/"+strings.ToUpper(network)+" "+own.String()) {
			t.Errorf("Contact %s, Via %s, want %s", m.get("contact"), m.get("via"), want)
		}
		c.reply(m, 200, "r", "")
		wiretest.Eventually(t, "registered", func() bool { return r.sw.Trunks()[0].Registration.Registered })

		r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
		inv := c.want("INVITE")
		c.reply(inv, 200, "x", c.sdp(1))
		want[hotline.PickedUp](r, nil)
		c.want("ACK")

		l := c.dialler("me") // a call in comes over the same connection: it is the trunk's
		l.them = "<sip:95500@carrier.example>"
		l.ask("INVITE", c.sdp(1))
		in := want[hotline.Incoming](r, nil)
		if in.Trunk != "out" || in.To != "95500" {
			t.Errorf("%+v", in)
		}
		r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
		l.ackRefusal(c.want("486 INVITE"))

		conn.Close()
		c.connected() // at once
		c.reply(reg(), 200, "r", "")
		r.do(hotline.Dial{Call: testCall, Leg: "c1-2", To: "2"})
		inv = c.want("INVITE")
		c.reply(inv, 486, "y", "")
		c.want("ACK")
		want(r, func(f hotline.Failed) bool { return f.Leg == "c1-2" })
		r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup}) // over the new connection, which is to the same server
		c.reply(c.want("BYE"), 200, "", "")
		r.idle(3 * time.Second)

		c.ln.Close()
		c.stream.Close()
		wiretest.Eventually(t, "it is down", func() bool { return !r.sw.Trunks()[0].Up })
		r.do(hotline.Dial{Call: testCall, Leg: "c1-3", To: "3"})
		if f := want(r, func(f hotline.Failed) bool { return f.Leg == "c1-3" }); f.Cause != hotline.CauseUnreachable {
			t.Errorf("%+v", f)
		}
		if p := r.sw.Trunks()[0].Servers[0].Problem; p == "" {
			t.Error("nobody says why")
		}
	}, "tcp", "tls")
}

// TestByeWaitsForConnection: who hangs up while the connection to the trunk is gone is heard there when it is back, and by no other network;
// a stop of the engine does not wait for it.
func TestByeWaitsForConnection(t *testing.T) {
	wiretest.Over(t, func(t *testing.T, network string) {
		c := newStreamCarrier(t, network, "127.0.0.1:0")
		r := newRig(t, func(cfg *Config) {
			cfg.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{c.server(network)}, CA: caFile(t)}}
		})
		c.engine = r.addr
		c.connected()
		up := func(leg hotline.LegID, c *streamCarrier) {
			r.do(hotline.Dial{Call: testCall, Leg: leg, To: "1"})
			c.reply(c.want("INVITE"), 200, "x", c.sdp(1), "Contact: <sip:x@"+c.conn.LocalAddr().String()+">") // a place of another network
			c.want("ACK")
			want(r, func(s hotline.PickedUp) bool { return s.Leg == leg })
		}
		cut := func(c *streamCarrier) {
			c.ln.Close()
			c.stream.Close()
			wiretest.Eventually(t, "it is down", func() bool { return !r.sw.Trunks()[0].Up })
		}
		wiretest.Eventually(t, "it is up", func() bool { return r.sw.Trunks()[0].Up })
		up(testLeg, c)
		cut(c)
		r.do(hotline.Hangup{Leg: testLeg, Cause: hotline.CauseHangup})
		want(r, func(s hotline.Ended) bool { return s.Leg == testLeg })
		time.Sleep(50 * time.Millisecond) // it was tried
		c.none("BYE", 10*time.Millisecond)
		back := newStreamCarrier(t, network, c.ln.Addr().String())
		back.engine = r.addr
		back.connected()
		bye := back.want("BYE")
		if bye.get("reason") == "" || tagIn(bye.get("to")) != "x" {
			t.Errorf("%+v", bye)
		}
		back.reply(bye, 200, "", "")
		r.idle(time.Second)

		up("c1-2", back)
		cut(back)
		r.do(hotline.Hangup{Leg: "c1-2", Cause: hotline.CauseHangup})
		want(r, func(s hotline.Ended) bool { return s.Leg == "c1-2" })
	}, "tcp", "tls")
}

// TestConnectionsFailOver: where the connection to one server cannot be had, the next one is called without any wait.
func TestConnectionsFailOver(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := netip.MustParseAddrPort(dead.Addr().String())
	dead.Close()
	r, ps := carriers(t, 1, func(at []wire.Server) []wire.Trunk {
		return []wire.Trunk{{Name: "out", Servers: []wire.Server{{Host: "127.0.0.1", Port: nobody.Port(), Network: "tls"}, at[0]}}}
	}, nil)
	began := time.Now()
	r.do(hotline.Dial{Call: testCall, Leg: testLeg, To: "1"})
	inv := ps[0].want("INVITE")
	if d := time.Since(began); d > time.Second {
		t.Errorf("after %s", d)
	}
	ps[0].reply(inv, 486, "a", "")
	ps[0].want("ACK")
	r.idle(time.Second)
}

// TestCertificateOfAnotherName: the connection is not used, whatever DNS says (RFC 5922 §7.4).
func TestCertificateOfAnotherName(t *testing.T) {
	c := newStreamCarrier(t, "tls", "127.0.0.1:0")
	bk := &book{}
	bk.set(resolve.Target{Addr: netip.MustParseAddrPort(c.ln.Addr().String()), Network: "tls"})
	problem := func(s wire.Server, ca string) string {
		r := newRig(t, func(cfg *Config) {
			cfg.Locator = bk
			cfg.Trunks = []wire.Trunk{{Name: "out", Servers: []wire.Server{s}, CA: ca}}
		})
		var p string
		wiretest.Eventually(t, "a verdict", func() bool {
			for _, s := range r.sw.Trunks()[0].Servers {
				p = s.Problem
				return s.Up || p != ""
			}
			return false
		})
		return p
	}
	if p := problem(wire.Server{Host: "sip.carrier.example", Network: "tls"}, caFile(t)); !strings.Contains(p, "sip.carrier.example") {
		t.Errorf("another's certificate: %q", p)
	}
	if p := problem(c.server("tls"), ""); !strings.Contains(p, "unknown authority") {
		t.Errorf("nobody's certificate: %q", p)
	}
	if p := problem(c.server("tls"), "/nowhere.pem"); !strings.Contains(p, "no such file") {
		t.Errorf("no authorities: %q", p)
	}
	if p := problem(c.server("tls"), caFile(t)); p != "" {
		t.Errorf("a good one: %q", p)
	}
}
