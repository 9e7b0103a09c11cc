package sip

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"hotline"
	hotlinecall "hotline/call"
	"hotline/call/calltest"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// TestContract holds the Switch to what every call.Switch must do, with phones on real sockets.
func TestContract(t *testing.T) {
	wiretest.Over(t, testContract, "udp", "tls", "wss")
}

func testContract(t *testing.T, network string) {
	t.Parallel() // most of it is waiting
	calltest.Run(t, func(t *testing.T) calltest.Harness {
		h := &harness{network: network, agents: make(map[hotline.AgentID]*autoPhone), outside: &autoPhone{t: t, p: newPhone(t, netip.AddrPort{}), sdp: 1}}
		h.r = newRig(t, func(c *Config) {
			c.Trunks = append(c.Trunks, wire.Trunk{Name: "out", Servers: []wire.Server{wire.ServerAt(netip.MustParseAddrPort(h.outside.p.addr()))}})
		})
		h.outside.p.engine = h.r.addr
		h.outside.p.done.Go(h.outside.work)
		return h
	})
}

type harness struct {
	r       *rig
	network string // of callers and agents; the trunk to call out by speaks udp
	from    int
	agents  map[hotline.AgentID]*autoPhone

	outside *autoPhone // answers for every number of the trunk "out"
}

// Outside implements calltest.Carrier.
func (h *harness) Outside(_ *testing.T, b calltest.Behaviour) (calltest.Phone, string) {
	h.outside.mu.Lock()
	defer h.outside.mu.Unlock()
	h.outside.does = b
	return h.outside, "out"
}

func (h *harness) Switch() hotlinecall.Switch { return h.r.sw }

func (h *harness) Prompts() (string, string) { return "tone:beep", "no-such-prompt" }

// Next skips DeviceUp, which is no call's.
func (h *harness) Next(d time.Duration) (hotline.CallID, hotline.Signal, bool) {
	deadline := time.After(d)
	for {
		h.r.mu.Lock()
		for h.from < len(h.r.sigs) {
			s := h.r.sigs[h.from]
			h.from++
			if hotline.LegOf(s.sig) != "" {
				h.r.mu.Unlock()
				return s.call, s.sig, true
			}
		}
		more := h.r.more
		h.r.mu.Unlock()
		select {
		case <-more:
		case <-deadline:
			return "", nil, false
		}
	}
}

func (h *harness) Call(t *testing.T, to string) calltest.Phone {
	a := h.newAutoPhone(t)
	a.line = a.p.dialler(to)
	a.mu.Lock()
	a.line.ask("INVITE", a.p.sdp(1))
	a.mu.Unlock()
	a.p.done.Go(a.work)
	return a
}

func (h *harness) Agent(t *testing.T, id hotline.AgentID, b calltest.Behaviour) calltest.Phone {
	a := h.agents[id]
	if a == nil {
		a = h.newAutoPhone(t)
		h.agents[id] = a
		a.p.done.Go(a.work)
	}
	a.mu.Lock()
	a.does = b
	was := a.bound
	a.bound = b != calltest.IsGone
	a.mu.Unlock()
	if was != (b != calltest.IsGone) {
		a.bind(string(id), b != calltest.IsGone)
	}
	return a
}

// autoPhone is a phone that does by itself what phones do.
type autoPhone struct {
	t     *testing.T
	p     *phone
	mu    sync.Mutex
	does  calltest.Behaviour
	bound bool
	line  *line // its latest call
	final bool  // the call has its final answer
	sdp   int
	rtp   netip.AddrPort
	ts    uint32
	seq   uint16
}

func (h *harness) newAutoPhone(t *testing.T) *autoPhone {
	if h.network == "udp" {
		return &autoPhone{t: t, p: newPhone(t, h.r.addr), sdp: 1}
	}
	return &autoPhone{t: t, p: newStreamPhone(t, h.r, h.network), sdp: 1}
}

// bind registers the phone, or takes the registration back.
func (a *autoPhone) bind(user string, on bool) {
	a.t.Helper()
	a.p.expires = "300"
	if !on {
		a.p.expires = "0"
	}
	a.p.register(user)
}

func (a *autoPhone) work() {
	for {
		select {
		case m := <-a.p.in:
			a.mu.Lock()
			a.take(m)
			a.mu.Unlock()
		case <-a.p.gone:
			return
		}
	}
}

func (a *autoPhone) take(m *sipMsg) {
	switch {
	case m.is("INVITE") && tagIn(m.get("to")) == "":
		a.ring(m)
	case m.is("CANCEL"):
		a.p.reply(m, 200, "a", "")
		if a.line != nil && a.line.inviteMsg != nil && !a.final {
			a.final = true
			a.p.reply(a.line.inviteMsg, 487, "a", "")
		}
	case m.is("BYE"):
		a.p.reply(m, 200, "", "")
	case m.is("200 INVITE"):
		if !a.final {
			a.final = true
			a.line.made(m)
			a.up(m.body)
		}
		a.line.ack("")
	case m.code() >= 300 && m.method() == "INVITE":
		a.final = true
		a.line.ackRefusal(m)
	}
}

// ring does with an INVITE what the phone does.
func (a *autoPhone) ring(m *sipMsg) {
	a.line, a.final = a.p.called(m, "a"), true
	switch a.does {
	case calltest.Rejects:
		a.p.reply(m, 603, "a", "")
	case calltest.IsBusy:
		a.p.reply(m, 486, "a", "")
	case calltest.RingsOn:
		a.final = false
		a.p.reply(m, 180, "a", "")
	case calltest.PicksUp:
		a.p.reply(m, 180, "a", "")
		fallthrough
	case calltest.Instant:
		a.p.reply(m, 200, "a", a.p.sdp(1))
		a.up(m.body)
	}
}

// up begins to speak.
func (a *autoPhone) up(sdp string) {
	m := regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(sdp)
	if m == nil {
		return
	}
	port, _ := strconv.Atoi(m[1])
	a.rtp = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	a.p.done.Go(a.speak)
}

// speak sends audio for half a second.
func (a *autoPhone) speak() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 25 {
		a.mu.Lock()
		a.packet(8, make([]byte, 160), false)
		a.ts += 160
		a.mu.Unlock()
		select {
		case <-tick.C:
		case <-a.p.gone:
			return
		}
	}
}

func (a *autoPhone) packet(pt byte, payload []byte, mark bool) {
	b := make([]byte, 12, 12+len(payload))
	b[0], b[1] = 0x80, pt
	if mark {
		b[1] |= 0x80
	}
	a.seq++
	b[2], b[3] = byte(a.seq>>8), byte(a.seq)
	b[4], b[5], b[6], b[7] = byte(a.ts>>24), byte(a.ts>>16), byte(a.ts>>8), byte(a.ts)
	copy(b[8:], "phon")
	_, err := a.p.rtp.WriteToUDPAddrPort(append(b, payload...), a.rtp)
	if err != nil && !isClosed(err) {
		a.t.Errorf("RTP: %v", err)
	}
}

func isClosed(err error) bool {
	op, ok := err.(*net.OpError)
	return ok && op.Err == net.ErrClosed
}

// Press sends the key as RFC 4733 events: start, end three times.
func (a *autoPhone) Press(key byte) {
	event := byte(key - '0')
	switch key {
	case '*':
		event = 10
	case '#':
		event = 11
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ts += 800
	for i := range 5 { // all at once: their timestamp says that they are one press
		end, n := byte(0), byte(i+1)
		if i >= 2 {
			end, n = 0x80, 3
		}
		a.packet(101, []byte{event, end | 10, n >> 1, n << 7}, i == 0)
	}
}

// Hold sends a re-INVITE.
func (a *autoPhone) Hold(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sdp++
	dir := "a=sendrecv"
	if on {
		dir = "a=sendonly"
	}
	a.line.ask("INVITE", a.p.sdp(a.sdp, dir))
}

// Hangup ends the call in whatever phase it is.
func (a *autoPhone) Hangup() {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.line == nil:
	case a.final:
		a.line.ask("BYE", "")
	case a.line.inviteMsg != nil:
		a.final = true
		a.p.reply(a.line.inviteMsg, 603, "a", "")
	default:
		a.line.cancel()
	}
}
