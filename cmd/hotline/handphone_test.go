package main

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/sip/wiretest"
)

// What a handPhone does with a call.
const (
	lies    = -1  // nothing at all
	rings   = 180 // and is picked up by pickUp
	answers = 200 // at once
)

// handPhone is a SIP phone with sound, moved by the test to the message. It answers by itself what any phone does: BYE, CANCEL, NOTIFY,
// OPTIONS, re-INVITEs; what it hears is kept until the test asks for it.
type handPhone struct {
	t              *testing.T
	user, password string
	voice          byte // what it says: one octet of A-law for ever
	sip            *net.UDPConn
	engine         netip.AddrPort

	mu     sync.Mutex
	takes  int // lies, rings, answers, or the status by which it refuses
	dead   bool
	within int // the status by which it refuses requests inside a dialog; 0: it does not
	lines  map[string]*handLine
	heard  []string // messages that nobody asked for yet
	done   sync.WaitGroup
}

// handLine is one dialog of it.
type handLine struct {
	p                        *handPhone
	callID, me, them, target string
	invite                   string // as it came; empty: the phone calls
	answered                 map[string]string
	seq, version             int
	rtp                      *net.UDPConn
	mu                       sync.Mutex
	to                       netip.AddrPort
	held                     bool
	last                     map[byte]time.Time // when that voice was heard last
	over                     bool
	asked                    string // the last request
}

func newHandPhone(t *testing.T, ip, user string, voice byte, engine netip.AddrPort) *handPhone {
	t.Helper()
	p := &handPhone{t: t, user: user, password: "pw-" + user, voice: voice, engine: engine, takes: answers, lines: map[string]*handLine{}, sip: handSocket(t, ip)}
	p.done.Go(p.listen)
	t.Cleanup(func() {
		p.sip.Close()
		p.mu.Lock()
		for _, l := range p.lines {
			l.rtp.Close()
		}
		p.mu.Unlock()
		p.done.Wait()
	})
	return p
}

func handSocket(t *testing.T, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *handPhone) addr() string { return p.sip.LocalAddr().String() }

func (p *handPhone) send(text string) { _, _ = p.sip.WriteToUDPAddrPort([]byte(text), p.engine) } // closed with the test

func (p *handPhone) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *handPhone) listen() {
	buf := make([]byte, 1<<16)
	for {
		n, err := p.sip.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		if m := string(buf[:n]); !p.dead {
			p.hear(m)
		}
		p.mu.Unlock()
	}
}

// hear does by itself what is to be done. p.mu is held.
func (p *handPhone) hear(m string) {
	first, _, _ := strings.Cut(m, "\r\n")
	method, _, _ := strings.Cut(first, " ")
	l := p.lines[headOf(m, "Call-ID")]
	if l == nil && method == "INVITE" {
		l = p.line(headOf(m, "Call-ID"), headOf(m, "From"), headOf(m, "To")+";tag="+rand.Text())
		l.invite, l.target = m, inAngles(headOf(m, "Contact"))
		l.sound(m)
		p.heard = append(p.heard, m)
		p.offered(l)
		return
	}
	switch {
	case method == "SIP/2.0":
		if l != nil && strings.HasSuffix(headOf(m, "CSeq"), "INVITE") {
			l.settled(m)
		}
	case method == "ACK":
	case method == "OPTIONS" || l == nil:
		p.send(wiretest.ResponseTo(m, 200))
		return
	case method == "INVITE" && l.invite != "" && headOf(m, "CSeq") == headOf(l.invite, "CSeq") && l.answered[headOf(m, "CSeq")] == "":
		return // it rings, or does not
	case l.answered[headOf(m, "CSeq")] != "": // it was lost
		p.send(l.answered[headOf(m, "CSeq")])
		return
	default:
		l.requested(method, m)
	}
	p.heard = append(p.heard, m)
}

// offered is what becomes of a new call. p.mu is held.
func (p *handPhone) offered(l *handLine) {
	switch {
	case p.takes == lies:
		return
	case p.takes == rings, p.takes == answers:
		l.reply(l.invite, 180, "")
		if p.takes == answers {
			l.reply(l.invite, 200, l.sdp(""))
		}
	default:
		l.reply(l.invite, 180, "")
		l.reply(l.invite, p.takes, "")
	}
}

func (p *handPhone) line(callID, them, me string) *handLine {
	l := &handLine{p: p, callID: callID, me: me, them: them, seq: 1, answered: map[string]string{}, last: map[byte]time.Time{}, rtp: handSocket(p.t, p.sip.LocalAddr().(*net.UDPAddr).IP.String())}
	p.lines[callID] = l
	p.done.Go(l.listen)
	p.done.Go(l.speak)
	return l
}

// saw is the next message that begins so, or holds both if more is said; it fails if none comes.
func (p *handPhone) saw(begins string, holds ...string) string {
	p.t.Helper()
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if m := p.take(begins, holds...); m != "" {
			return m
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Fatalf("%s: %s %v did not come; there is %q", p.user, begins, holds, p.heard)
	return ""
}

func (p *handPhone) take(begins string, holds ...string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
next:
	for i, m := range p.heard {
		if !strings.HasPrefix(m, begins) {
			continue
		}
		for _, h := range holds {
			if !strings.Contains(m, h) {
				continue next
			}
		}
		p.heard = append(p.heard[:i:i], p.heard[i+1:]...)
		return m
	}
	return ""
}

// rung is the line of the next call that comes.
func (p *handPhone) rung() *handLine {
	p.t.Helper()
	m := p.saw("INVITE ")
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines[headOf(m, "Call-ID")]
}

func (p *handPhone) register() {
	p.t.Helper()
	u := &wiretest.UA{T: p.t, Conn: connected{p.sip, p.engine}, To: p.engine, Via: "UDP"}
	ask := func(seq int, more ...string) string {
		p.send(u.Request("REGISTER", p.user, p.user, seq, "reg-"+p.user, append(more, "Expires: 3600")...))
		return p.saw("SIP/2.0 ", fmt.Sprintf("CSeq: %d REGISTER", seq))
	}
	res := ask(1)
	res = ask(2, wiretest.Authorize(headOf(res, "WWW-Authenticate"), "REGISTER", "sip:"+wiretest.Domain, p.user, p.password, 1))
	if wiretest.StatusOf([]byte(res)) != 200 {
		p.t.Fatal(res)
	}
}

// connected is a socket that wiretest may ask for its address.
type connected struct {
	*net.UDPConn
	to netip.AddrPort
}

// dials begins a call; a status of it is waited for by the test.
func (p *handPhone) dials(to string) *handLine {
	p.t.Helper()
	p.mu.Lock()
	l := p.line(rand.Text(), fmt.Sprintf("<sip:%s@%s>", to, wiretest.Domain), fmt.Sprintf("<sip:%s@%s>;tag=%s", p.user, wiretest.Domain, rand.Text()))
	p.mu.Unlock()
	l.target = "sip:" + to + "@" + wiretest.Domain
	l.ask("INVITE", l.sdp(""))
	return l
}

// authorized sends the call again, with the phone's password.
func (l *handLine) authorized() {
	l.p.t.Helper()
	res := l.p.saw("SIP/2.0 401", "Call-ID: "+l.callID)
	l.ask("INVITE", l.sdp(""), wiretest.Authorize(headOf(res, "WWW-Authenticate"), "INVITE", l.target, l.p.user, l.p.password, 1))
}

// ask sends a request in the dialog.
func (l *handLine) ask(method, body string, more ...string) {
	l.p.set(func() { l.tell(method, body, more...) })
}

// tell is ask with p.mu held.
func (l *handLine) tell(method, body string, more ...string) {
	if method != "ACK" {
		l.seq++
	}
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	extra := ""
	for _, h := range more {
		extra += h + "\r\n"
	}
	l.asked = fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s@%s>\r\n%s%sContent-Length: %d\r\n\r\n%s",
		method, l.target, l.p.addr(), rand.Text(), l.me, l.them, l.callID, l.seq, method, l.p.user, l.p.addr(), kind, extra, len(body), body)
	l.p.send(l.asked)
}

// cancel gives up the call that the phone has begun.
func (l *handLine) cancel() {
	l.p.set(func() {
		head := regexp.MustCompile(`(?m)^(Via|Max-Forwards|From|To|Call-ID): .*\r\n`).FindAllString(l.asked, -1)
		l.p.send("CANCEL " + strings.Fields(l.asked)[1] + " SIP/2.0\r\n" + strings.Join(head, "") + fmt.Sprintf("CSeq: %d CANCEL\r\nContent-Length: 0\r\n\r\n", l.seq))
	})
}

// settled takes an answer to an INVITE of ours and acknowledges the last. p.mu is held.
func (l *handLine) settled(res string) {
	if code := wiretest.StatusOf([]byte(res)); code < 200 {
		if code > 100 {
			l.them = headOf(res, "To")
			l.target = inAngles(headOf(res, "Contact"))
		}
		return
	}
	seq := l.seq
	l.seq, _ = strconv.Atoi(strings.Fields(headOf(res, "CSeq"))[0])
	if wiretest.StatusOf([]byte(res)) >= 300 {
		l.p.send(fmt.Sprintf("ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
			strings.Fields(l.asked)[1], headOf(res, "Via"), l.me, headOf(res, "To"), l.callID, l.seq))
		l.seq = seq
		return
	}
	l.them, l.target = headOf(res, "To"), inAngles(headOf(res, "Contact"))
	l.sound(res)
	l.tell("ACK", "")
	l.seq = seq
}

// requested answers a request in the dialog. p.mu is held.
func (l *handLine) requested(method, m string) {
	switch {
	case method == "CANCEL":
		l.reply(m, 200, "")
		l.reply(l.invite, 487, "")
	case method == "BYE":
		l.reply(m, 200, "")
		l.over = true
	case l.p.within != 0:
		l.reply(m, l.p.within, "")
	case method == "INVITE":
		l.sound(m)
		l.reply(m, 200, l.sdp(""))
	default:
		l.reply(m, 200, "")
	}
}

func (l *handLine) reply(req string, code int, body string) {
	res := wiretest.ResponseTo(req, code, "Contact: <sip:"+l.p.user+"@"+l.p.addr()+">")
	res = strings.Replace(res, ";tag=them", ";tag="+tagOf(l.me), 1)
	if body != "" {
		res = strings.Replace(res, "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(body), body), 1)
	}
	if code >= 200 && strings.HasPrefix(req, "INVITE") || !strings.HasPrefix(req, "INVITE") {
		l.answered[headOf(req, "CSeq")] = res
	}
	l.p.send(res)
}

// pickUp answers a call that rings.
func (l *handLine) pickUp(code int) {
	l.p.set(func() {
		if body := l.sdp(""); code == 200 {
			l.reply(l.invite, code, body)
		} else {
			l.reply(l.invite, code, "")
		}
	})
}

// hold presses the phone's own hold key, or takes the call back.
func (l *handLine) hold(on bool) {
	l.p.t.Helper()
	way := "sendrecv"
	if on {
		way = "sendonly"
	}
	l.mu.Lock()
	l.held = on
	l.mu.Unlock()
	l.ask("INVITE", l.sdp(way))
	l.p.saw("SIP/2.0 200", "Call-ID: "+l.callID, " INVITE")
}

func (l *handLine) ended() (over bool) {
	l.p.set(func() { over = l.over })
	return over
}

// refused says whether the call that the phone has begun came to nothing, or was ended.
func (l *handLine) refused() bool {
	return l.p.take("SIP/2.0 480", l.callID) != "" || l.ended()
}

// bye puts down.
func (l *handLine) bye() {
	l.ask("BYE", "")
	l.p.set(func() { l.over = true })
}

func headOf(m, name string) string {
	if all := wiretest.FieldOf(m, name); len(all) > 0 {
		return all[0]
	}
	return ""
}

func inAngles(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

func tagOf(s string) string {
	_, s, _ = strings.Cut(s, ";tag=")
	s, _, _ = strings.Cut(s, ";")
	return s
}
