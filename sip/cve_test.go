package sip

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline"
	"hotline/sip/wiretest"
)

// The tests named after a vulnerability send what brought another product down to a switch that really listens, over each
// network, as a stranger and as a carrier, and then ask it over each network whether it still works. docs/reliability.md
// lists them all; a test of the root package holds that list to the tests there are.

// victim is a switch that answers every call it lets in and hangs up as soon as it is up, so that whatever a message
// brought is not only read but used.
type victim struct {
	*rig
	calls atomic.Int32 // let in
}

// newVictim: trunk says that everybody on loopback is a carrier, else all are strangers.
func newVictim(t *testing.T, trunk bool, change func(*Config)) *victim {
	t.Helper()
	v := &victim{}
	var sw atomic.Pointer[Switch]
	v.rig = newRig(t, func(c *Config) {
		keep := c.Signal
		c.Logger = wiretest.NoLog()
		c.ReadTimeout = time.Second
		if !trunk {
			c.Trunks = nil
		}
		act := func(a hotline.Action) { _ = sw.Load().Do(context.Background(), a) } // the leg may be over
		c.Signal = func(id hotline.CallID, s hotline.Signal) {
			switch s := s.(type) {
			case hotline.Incoming:
				v.calls.Add(1)
				go act(hotline.Answer{Leg: s.Leg})
			case hotline.PickedUp:
				go act(hotline.Hangup{Leg: s.Leg, Cause: hotline.CauseFlow})
			}
			if keep != nil {
				keep(id, s)
			}
		}
		if change != nil {
			change(c)
		}
	})
	sw.Store(v.sw)
	return v
}

// say sends one message from an address of its own and takes part in what follows as a polite peer would: finals are
// acknowledged, requests answered 200. It returns what came.
func (v *victim) say(t *testing.T, network, text string) []*sipMsg {
	t.Helper()
	var c net.Conn
	from := ownAddress()
	if network == "udp" {
		u, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 5060)), net.UDPAddrFromAddrPort(port(v.sw, "udp")))
		if err != nil {
			t.Error(err)
			return nil
		}
		c = u
	} else {
		c = wiretest.DialStream(t, network, port(v.sw, network), from)
	}
	defer c.Close()
	text = strings.ReplaceAll(text, "$ME", c.LocalAddr().String())
	if _, err := io.WriteString(c, text); err != nil && network == "udp" {
		t.Error(err)
		return nil
	}
	var got []*sipMsg
	buf := make([]byte, 1<<16)
	for wait := 150 * time.Millisecond; ; wait = 80 * time.Millisecond {
		if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return got
		}
		n, err := c.Read(buf)
		if err != nil {
			return got
		}
		for rest := string(buf[:n]); rest != ""; {
			head, more, ok := strings.Cut(rest, "\r\n\r\n")
			if !ok {
				break
			}
			one := head + "\r\n\r\n"
			m := parseMsg(one)
			size := 0
			_, _ = fmt.Sscan(m.get("content-length"), &size)
			m.body, rest = more[:min(size, len(more))], more[min(size, len(more)):]
			got = append(got, m)
			switch {
			case m.isRequest() && m.method() != "ACK":
				_, _ = io.WriteString(c, wiretest.ResponseTo(one, 200))
			case !m.isRequest() && m.code() >= 200 && strings.HasSuffix(m.get("cseq"), "INVITE"):
				_, _ = c.Write(wiretest.AckTo([]byte(text), []byte(one), "ACK"))
			}
		}
	}
}

// finals are the final answers among messages.
func finals(got []*sipMsg) (codes []int) {
	for _, m := range got {
		if c := m.code(); c >= 200 {
			codes = append(codes, c)
		}
	}
	return codes
}

// onlyErrors fails if a message was answered by anything but a refusal. No answer at all is one.
func onlyErrors(t *testing.T, what string, got []*sipMsg, allowed ...int) {
	t.Helper()
	for _, c := range finals(got) {
		if c < 400 || len(allowed) > 0 && !slices.Contains(allowed, c) {
			t.Errorf("%s: answered %d, allowed %v", what, c, allowed)
		}
	}
}

// pair are a switch to which the sender is a stranger and one to which he is a carrier.
type pair struct {
	t    *testing.T
	vs   [2]*victim
	all  sync.WaitGroup
	room chan struct{} // a place for each conversation under way
}

func both(t *testing.T, change func(*Config)) *pair {
	t.Helper()
	t.Parallel() // they wait for answers most of the time
	return newPair(t, change)
}

func newPair(t *testing.T, change func(*Config)) *pair {
	t.Helper()
	return &pair{t: t, vs: [2]*victim{newVictim(t, false, change), newVictim(t, true, change)}, room: make(chan struct{}, 48)}
}

// say says the message to both over every network. It does not wait: judge, if there is one, is called later.
func (p *pair) say(text string, judge func(what string, got []*sipMsg)) {
	for i, v := range p.vs {
		for _, network := range []string{"udp", "tcp", "ws"} {
			p.room <- struct{}{}
			p.all.Go(func() {
				defer func() { <-p.room }()
				got := v.say(p.t, network, strings.ReplaceAll(text, "$NET", strings.ToUpper(network)))
				if judge != nil {
					judge(fmt.Sprintf("%s, carrier %v", network, i == 1), got)
				}
			})
		}
	}
}

// refused is a judge: nothing but refusals, of these kinds if any are given.
func (p *pair) refused(what string, allowed ...int) func(string, []*sipMsg) {
	return func(where string, got []*sipMsg) { onlyErrors(p.t, what+" over "+where, got, allowed...) }
}

// live waits until all is said, and then for both to be well.
func (p *pair) live() {
	p.t.Helper()
	p.all.Wait()
	for _, v := range p.vs {
		v.lives(p.t)
	}
}

// lives fails unless the switch answers over every network, panicked nowhere, and holds no leg once it is quiet.
func (v *victim) lives(t *testing.T) {
	t.Helper()
	for _, network := range []string{"udp", "tcp", "ws"} {
		alive := false
		for range 3 { // what was sent before may have it throttle us for a second
			alive = alive || v.answers(t, network)
		}
		if !alive {
			t.Errorf("the switch no longer answers over %s", network)
		}
	}
	if n := v.sw.cfg.Metrics.Panics.Load(); n != 0 {
		t.Errorf("%d panics", n)
	}
	for range 1000 { // a BYE to a peer that is gone may go on for 32 s; the leg is over long before
		if v.sw.Count() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d legs are left", v.sw.Count())
}

func (v *victim) answers(t *testing.T, network string) bool {
	u := wiretest.DialUA(t, network, port(v.sw, network))
	defer u.Conn.Close()
	u.Send(u.Request("OPTIONS", "live", "probe", 1, "live-"+word()))
	return wiretest.StatusOf([]byte(u.Final())) != 0
}

// cveText builds a request; "$NET" is replaced by the network. Lines are put behind the header, or take the place of the
// field of the same name; a line "-To" leaves the field out.
func cveText(method, body string, lines ...string) string {
	id := word()
	fields := []string{
		"Via: SIP/2.0/$NET $ME;rport;branch=z9hG4bK" + id, "Max-Forwards: 70", "From: <sip:13800001111@carrier.example>;tag=" + id,
		"To: <sip:95500@" + testDomain + ">", "Call-ID: " + id, "CSeq: 1 " + method, "Contact: <sip:me@$ME>",
	}
	if body != "" {
		fields = append(fields, "Content-Type: application/sdp")
	}
	uri := "sip:95500@" + testDomain
	for _, l := range lines {
		name, _, _ := strings.Cut(strings.TrimPrefix(l, "-"), ":")
		i := slices.IndexFunc(fields, func(f string) bool { return strings.HasPrefix(f, name+":") })
		switch {
		case strings.HasPrefix(l, "URI: "):
			uri = l[5:]
		case strings.HasPrefix(l, "-") && i >= 0:
			fields = slices.Delete(fields, i, i+1)
		case strings.HasPrefix(l, "+"): // beside the one that is there
			fields = append(fields, l[1:])
		case i >= 0:
			fields[i] = l
		default:
			fields = append(fields, l)
		}
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\n%s\r\nContent-Length: %d\r\n\r\n%s", method, uri, strings.Join(fields, "\r\n"), len(body), body)
}

// cveSDP is a description like a phone's, with the last lines given.
func cveSDP(lines ...string) string {
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + strings.Join(lines, "\r\n") + "\r\n"
}

const goodMedia = "m=audio 49170 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000"

// 1. The builder of responses believed in a To: one datagram ended the process.
func TestCVE_2025_68274_NoTo(t *testing.T) {
	p := both(t, nil)
	for _, missing := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, method := range []string{"INVITE", "OPTIONS", "REGISTER", "BYE", "ACK", "CANCEL", "PRACK", "UPDATE", "REFER", "NOTIFY", "MESSAGE", "FOO"} {
			p.say(cveText(method, "", "-"+missing), p.refused(method+" without "+missing, 400, 405, 481, 501))
		}
		res := "SIP/2.0 200 OK\r\n" + strings.SplitN(cveText("INVITE", "", "-"+missing), "\r\n", 2)[1]
		p.say(res, func(what string, got []*sipMsg) {
			if len(got) != 0 {
				t.Errorf("a response without %s was answered, %s", missing, what)
			}
		})
	}
	p.live()
}

// 2. Content-Length was allocated before it was checked.
func TestGHSA_pg59_ContentLength(t *testing.T) {
	v := newVictim(t, false, nil)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for _, length := range []string{"4294967295", "2147483647", "4294967296", "18446744073709551615", "99999999999999999999", "-1", "0x7fffffff", "1e9", "65536"} {
		for range 10 {
			for _, network := range []string{"tcp", "ws"} {
				c := wiretest.DialStream(t, network, port(v.sw, network), netip.Addr{})
				defer c.Close()
				text := strings.Replace(cveText("INVITE", "", "Via: SIP/2.0/TCP h;branch=z9hG4bK"+word()), "Content-Length: 0", "Content-Length: "+length, 1)
				_, _ = io.WriteString(c, text)
				n++
			}
		}
	}
	time.Sleep(100 * time.Millisecond)
	runtime.ReadMemStats(&after)
	if grown := (after.TotalAlloc - before.TotalAlloc) / uint64(n); grown > 256<<10 { // both ends and the HTTP handshake
		t.Errorf("%d KiB allocated for each connection", grown>>10)
	}
	v.lives(t)
}

// 3. Line breaks in values that the application sets became header fields.
func TestGHSA_chcx_HeaderInjection(t *testing.T) {
	const evil = "x\r\nRoute: <sip:evil.example;lr>\r\nX-Evil: 1\r\n\r\nv=0"
	r := newRig(t, nil)
	agent, invite := r.dialAgent(testCall, testLeg, func(d *hotline.Dial) {
		d.From = hotline.Party{Number: "1" + evil, Name: evil}
		d.Headers = map[string]string{"X-Name": evil, "X-Evil\r\nRoute": "sip:evil.example", "X: y\r\nRoute": "a", "X-Ok": "fine"}
	})
	for _, name := range []string{"route", "x-evil"} {
		if got := invite.all(name); len(got) != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	if invite.get("x-ok") != "fine" || !strings.HasPrefix(invite.body, "v=0\r\no=- ") {
		t.Errorf("%+v", invite)
	}
	for _, h := range invite.heads {
		if strings.ContainsAny(h[0], " \t<>") || h[0] == "" {
			t.Errorf("header %q", h)
		}
	}
	agent.reply(invite, 486, "b", "")
	want[hotline.Failed](r, nil)
}

// 4. A From that is no SIP address was skipped, and missed later. Found by bots.
func TestLivekit199_FromTel(t *testing.T) {
	p := both(t, nil)
	for _, from := range []string{"<tel:+8613800001111>", "tel:13800001111", "<urn:service:sos>", "<name:John>", "<sip:>", "<>", "sip", `"`, "<sip:@>", "<mailto:a@b>", "Anonymous <sip:c8oqz84zk7z@privacy.org>", "<http://x/y?z>"} {
		p.say(cveText("INVITE", cveSDP(goodMedia), "From: "+from+";tag=1"), nil)
		p.say(cveText("REGISTER", "", "From: "+from+";tag=1", "To: "+from), p.refused("REGISTER of "+from))
	}
	p.live()
	if p.vs[0].calls.Load() != 0 || p.vs[1].calls.Load() == 0 {
		t.Errorf("%d calls of a stranger, %d of a carrier", p.vs[0].calls.Load(), p.vs[1].calls.Load())
	}
}

// 5. A long method in CSeq, a Via without a branch.
func TestCVE_2017_9372_LongCSeqMethod(t *testing.T) {
	p := both(t, nil)
	for _, n := range []int{100, 1500, 8000, 60000} {
		long := strings.Repeat("A", n)
		p.say(cveText("INVITE", "", "CSeq: 1 "+long), p.refused("a long CSeq", 400))
		p.say(cveText(long[:min(n, 30000)], "", "CSeq: 1 "+long[:min(n, 30000)]), p.refused("a long method", 400, 501))
	}
	p.say(cveText("INVITE", cveSDP(goodMedia), "Via: SIP/2.0/$NET 127.0.0.1"), nil)
	p.say(cveText("OPTIONS", "", "Via: SIP/2.0/$NET 127.0.0.1;branch"), nil)
	p.live()
}

// 6. Arithmetic with the boundary of a multipart body.
func TestCVE_2017_9359_MultipartBoundary(t *testing.T) {
	p := both(t, nil)
	for _, c := range []struct{ param, body string }{
		{"", "--\r\n"},
		{`;boundary=""`, "--\r\n\r\n----\r\n"},
		{";boundary=b", "--b"},
		{";boundary=b", "--b--"},
		{";boundary=b", "--b\r\n--b\r\n--b--"},
		{";boundary=" + strings.Repeat("b", 5000), "--" + strings.Repeat("b", 4999)},
		{";boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n" + cveSDP(goodMedia) + "--b--\r\n"},
		{";boundary=\"b\x00c\"", "--b\x00c\r\n\r\n"},
		{";boundary=\xff\xfe", "--\xff\xfe"},
		{";boundary=b", strings.Repeat("--b\r\n", 5000)},
	} {
		for _, kind := range []string{"mixed", "alternative", "related"} {
			p.say(cveText("INVITE", c.body, "Content-Type: multipart/"+kind+c.param), nil)
		}
		p.say(cveText("MESSAGE", c.body, "Content-Type: multipart/mixed"+c.param), p.refused("MESSAGE"))
	}
	p.live()
}

// 7. A header field without bound: two hundred Accepts.
func TestCVE_2018_7284_RepeatedAccept(t *testing.T) {
	p := both(t, nil)
	for _, n := range []int{50, 200, 256, 257, 2000} {
		for _, line := range []string{"Accept: application/sdp", "Accept: " + strings.Repeat("a/b,", 20) + "a/b", "X: y", "Route: <sip:x;lr>", "Record-Route: <sip:127.0.0.1;lr>", "Via: SIP/2.0/UDP h;branch=z9hG4bKx", "Require: a", "Contact: <sip:a@b>"} {
			lines := slices.Repeat([]string{"+" + line}, min(n, 60000/(len(line)+2)))
			p.say(cveText("SUBSCRIBE", cveSDP(goodMedia), lines...), p.refused("SUBSCRIBE"))
			p.say(cveText("INVITE", cveSDP(goodMedia), lines...), nil)
		}
	}
	p.live()
}
