//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// network is a way to the engine by which a browser's connections come from an address of their own.
type network struct {
	l  net.Listener
	to string

	mu    sync.Mutex
	from  string
	conns []net.Conn
}

// newNetwork leads to the engine's wss listener, from the address.
func newNetwork(t *testing.T, from string) *network {
	t.Helper()
	l, err := net.Listen("tcp", secureIP+":0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{l: l, to: secureIP + ":5067", from: from}
	t.Cleanup(func() { l.Close(); n.move(from) })
	go n.serve()
	return n
}

func (n *network) serve() {
	for {
		c, err := n.l.Accept()
		if err != nil {
			return
		}
		n.mu.Lock()
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(n.from)}, Timeout: 5 * time.Second}
		far, err := d.Dial("tcp", n.to)
		if err != nil {
			c.Close()
		} else {
			n.conns = append(n.conns, c, far)
			go pass(c, far)
			go pass(far, c)
		}
		n.mu.Unlock()
	}
}

func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	to.Close()
}

// move cuts what there is; what comes from now on comes from another address.
func (n *network) move(from string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.from = from
	for _, c := range n.conns {
		c.Close()
	}
	n.conns = nil
}

// ufrags are the names that both sides of the phone's call have for ICE.
func (p *webPhone) ufrags() (own, far string) {
	p.t.Helper()
	name := func(side string) string {
		return evaluate[string](p.browser, fmt.Sprintf(`phones.%s.session.connection.%s.sdp.match(/ice-ufrag:(\S+)/)[1]`, p.name, side))
	}
	return name("localDescription"), name("remoteDescription")
}

// TestBrowserChangesNetwork: the connection of a browser in a call is cut and comes back from another network. The engine asks it to begin ICE
// anew, so that it looks for a way from there; the handshake of DTLS stays, and the talk goes on.
func TestBrowserChangesNetwork(t *testing.T) {
	origin := servePage(t)
	e := startSecureEngine(t, "", origin)
	home := newNetwork(t, "127.0.0.137")
	b := webBrowser(t, e.dir, origin, agentTone)
	agent := b.webPhoneAt(e, "agent", "wss://"+home.l.Addr().String(), "8001", "pw-8001")
	e.agentIs("8001", "not_ready")
	agent.run("call('*1')")
	agent.wait("ended", 1, 10*time.Second)
	e.agentIs("8001", "ready")
	caller := startPhone(t, e, "caller", phoneOptions{ip: "127.0.0.62", user: "13800138000", tone: callerTone})
	caller.dial(e, "95500")
	caller.wait("CALL_ESTABLISHED", 1, 5*time.Second)
	caller.press("1")
	agent.wait("incoming", 1, 10*time.Second)
	agent.run("answer()")
	agent.wait("confirmed", 2, 10*time.Second)
	eventuallyHears(t, "the browser hears the caller", agent.hears, callerTone, 1)
	own, far := agent.ufrags()

	home.move("127.0.0.138")
	agent.wait("registered", 2, patience)
	e.eventually(patience, "both sides have begun ICE anew", func() bool {
		o, f := agent.ufrags()
		return o != own && f != far
	})
	agent.hears(callerTone) // what came before
	eventuallyHears(t, "the browser hears the caller", agent.hears, callerTone, 2)
	if state := evaluate[string](b, `phones.agent.session.connection.getSenders()[0].transport.state`); state != "connected" {
		t.Errorf("DTLS is %s", state)
	}
	own, far = agent.ufrags()
	agent.run("session.hold()")
	agent.wait("hold:local", 1, 5*time.Second)
	e.eventually(10*time.Second, "it resumes, when the answer to its hold has come", func() bool {
		agent.run("session.unhold()")
		return agent.count("unhold:local") == 1
	})
	agent.hears(callerTone)
	eventuallyHears(t, "the browser hears the caller", agent.hears, callerTone, 1)
	if o, f := agent.ufrags(); o != own || f != far {
		t.Errorf("ICE began anew for a hold: %s %s, then %s %s", own, far, o, f)
	}
	caller.do("hangup", "")
	agent.wait("ended", 2, 10*time.Second)
	e.agentIs("8001", "wrap_up")
	c := e.contacts()[0]
	checkRecording(t, e, c)
	e.protectedAs(c.ID, "dtls")
}
