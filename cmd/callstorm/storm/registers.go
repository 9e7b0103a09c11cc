package storm

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Registers is a storm of registrations: phones that register again and again, each with a challenge of its own.
type Registers struct {
	Server   netip.AddrPort
	Local    netip.Addr // default 127.0.0.1
	Domain   string
	Users    []Agent
	Rate     float64       // registrations a second; 0: as fast as the engine answers, with AtOnce under way
	AtOnce   int           // most under way; default 256
	Duration time.Duration // 0: each phone once
	Keep     bool          // a phone answers its last challenge again, as phones do that refresh; else it is challenged each time
	Expires  time.Duration // default 1 h

	EnginePID int
}

// RegisterResult is what a storm of registrations measured.
type RegisterResult struct {
	Seconds    float64        `json:"seconds"`
	Registered int            `json:"registered"`
	Failed     map[string]int `json:"failed"`
	PerSecond  float64        `json:"registrations_per_s"`
	Later      int            `json:"told_to_come_later"` // 503 with Retry-After: they did
	Requests   int            `json:"requests"`
	LatencyMS  Latency        `json:"register_ms"` // first REGISTER → 200
	Resent     int            `json:"sip_retransmissions"`
	OwnCPU     float64        `json:"own_cpu_s"`
	EngineCPU  *float64       `json:"engine_cpu_s,omitempty"`
	CPUPer     *float64       `json:"engine_cpu_us_per_registration,omitempty"`
	PerCore    *float64       `json:"registrations_per_core_s,omitempty"`
	EngineRSS  int64          `json:"engine_rss_bytes,omitempty"`
	RSSBefore  int64          `json:"engine_rss_before_bytes,omitempty"`
}

// regPhone is one phone of the storm. Owner: who holds the storm's lock.
type regPhone struct {
	user, ha1, tag, callID string
	realm, nonce           string
	opaque                 string
	cseq, nc               int
	began, sent            time.Time
	asked, later           time.Time // this try's first REGISTER; when it comes again, if it was told to come later
	busy                   bool
	tries                  int
	last                   []byte
}

// regStorm is a running storm of registrations.
type regStorm struct {
	cfg   Registers
	conn  *net.UDPConn
	local netip.AddrPort
	ha2   string

	mu     sync.Mutex // guards all below
	phones []*regPhone
	byUser map[string]*regPhone
	queue  []*regPhone // not busy
	open   int
	res    RegisterResult
	took   *hdrhistogram.Histogram
	room   chan struct{}
}

// RunRegisters runs the storm to its end, or until ctx is done.
func RunRegisters(ctx context.Context, cfg Registers) (*RegisterResult, error) {
	if !cfg.Local.IsValid() {
		cfg.Local = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if cfg.AtOnce == 0 {
		cfg.AtOnce = 256
	}
	if cfg.Expires == 0 {
		cfg.Expires = time.Hour
	}
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(cfg.Local, 0)))
	if err != nil {
		return nil, fmt.Errorf("storm: SIP socket: %w", err)
	}
	defer conn.Close()
	conn.SetReadBuffer(8 << 20) // refused: smaller, and losses are measured
	r := &regStorm{
		cfg: cfg, conn: conn, local: conn.LocalAddr().(*net.UDPAddr).AddrPort(), byUser: map[string]*regPhone{},
		ha2: hashOf("REGISTER:sip:" + cfg.Domain), took: newHistogram(), room: make(chan struct{}, 1),
	}
	r.res.Failed = map[string]int{}
	for _, a := range cfg.Users {
		p := &regPhone{user: a.User, ha1: a.Password, tag: tag(), callID: tag() + tag()}
		r.phones = append(r.phones, p)
		r.byUser[p.user] = p
	}
	r.queue = append(r.queue, r.phones...)
	var reading sync.WaitGroup
	reading.Go(r.read)
	m := newMeter(cfg.EnginePID)
	start := time.Now()
	r.drive(ctx, start)
	res := r.result(start, m)
	conn.Close()
	reading.Wait()
	return res, nil
}

// drive begins registrations until all is done.
func (r *regStorm) drive(ctx context.Context, start time.Time) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	begun := 0
	for ctx.Err() == nil {
		now := time.Now()
		age := now.Sub(start)
		over := r.cfg.Duration > 0 && age >= r.cfg.Duration
		r.mu.Lock()
		due := r.cfg.AtOnce - r.open
		if r.cfg.Rate > 0 {
			due = min(due, int(r.cfg.Rate*age.Seconds())-begun)
		}
		if r.cfg.Duration == 0 && begun >= len(r.phones) {
			over = true
		}
		for ; due > 0 && !over && len(r.queue) > 0; due-- {
			p := r.queue[0]
			r.queue = r.queue[1:]
			begun++
			r.begin(p, now)
			over = r.cfg.Duration == 0 && begun >= len(r.phones)
		}
		r.again(now)
		open := r.open
		r.mu.Unlock()
		if over && (open == 0 || r.cfg.Duration > 0 && age > r.cfg.Duration+5*time.Second) {
			return
		}
		select {
		case <-tick.C:
		case <-r.room:
		case <-ctx.Done():
		}
	}
}

// begin sends a phone's first REGISTER. mu is held.
func (r *regStorm) begin(p *regPhone, now time.Time) {
	p.busy, p.began, p.asked, p.tries = true, now, now, 0
	r.open++
	if !r.cfg.Keep {
		p.nonce = ""
	}
	r.send(p, now)
}

// send sends a REGISTER with what the phone knows. mu is held.
func (r *regStorm) send(p *regPhone, now time.Time) {
	p.cseq++
	p.tries++
	b := append(p.last[:0], "REGISTER sip:"...)
	b = append(b, r.cfg.Domain...)
	b = append(b, " SIP/2.0\r\nVia: SIP/2.0/UDP "...)
	b = r.local.AppendTo(b)
	b = append(append(append(b, ";branch=z9hG4bK"...), p.tag...), '.')
	b = strconv.AppendInt(b, int64(p.cseq), 10)
	b = append(b, ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:"...)
	b = append(append(append(append(b, p.user...), '@'), r.cfg.Domain...), ">;tag="...)
	b = append(append(b, p.tag...), "\r\nTo: <sip:"...)
	b = append(append(append(append(b, p.user...), '@'), r.cfg.Domain...), ">\r\nCall-ID: "...)
	b = append(append(b, p.callID...), "\r\nCSeq: "...)
	b = append(strconv.AppendInt(b, int64(p.cseq), 10), " REGISTER\r\nContact: <sip:"...)
	b = append(append(b, p.user...), '@')
	b = append(r.local.AppendTo(b), ">;expires="...)
	b = strconv.AppendInt(b, int64(r.cfg.Expires/time.Second), 10)
	b = append(b, "\r\nUser-Agent: callstorm\r\n"...)
	if p.nonce != "" {
		p.nc++
		b = r.credentials(b, p)
	}
	b = append(b, "Content-Length: 0\r\n\r\n"...)
	p.last, p.sent = b, now
	r.res.Requests++
	_, _ = r.conn.WriteToUDPAddrPort(b, r.cfg.Server) // a failure is a loss, and is measured as one
}

// credentials answers the phone's challenge (RFC 2617 §3.2.2, MD5 with qop=auth).
func (r *regStorm) credentials(b []byte, p *regPhone) []byte {
	const cnonce = "0a4f113b"
	nc := fmt.Sprintf("%08x", p.nc)
	response := hashOf(p.ha1 + ":" + p.nonce + ":" + nc + ":" + cnonce + ":auth:" + r.ha2)
	b = append(append(append(b, `Authorization: Digest username="`...), p.user...), `", realm="`...)
	b = append(append(append(b, p.realm...), `", nonce="`...), p.nonce...)
	b = append(append(append(b, `", uri="sip:`...), r.cfg.Domain...), `", algorithm=MD5, qop=auth, nc=`...)
	b = append(append(append(b, nc...), `, cnonce="`+cnonce+`", response="`...), response...)
	b = append(b, '"')
	if p.opaque != "" {
		b = append(append(append(b, `, opaque="`...), p.opaque...), '"')
	}
	return append(b, "\r\n"...)
}

func hashOf(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// again repeats what was not answered, and gives up after a while. mu is held.
func (r *regStorm) again(now time.Time) {
	for _, p := range r.phones {
		if !p.busy || now.Sub(p.sent) < t1 || now.Before(p.later) {
			continue
		}
		if !p.later.IsZero() {
			p.later, p.asked, p.tries, p.nonce = time.Time{}, now, 0, ""
			r.send(p, now)
			continue
		}
		if now.Sub(p.asked) > 10*time.Second {
			r.done(p, "no answer", now)
			continue
		}
		r.res.Resent++
		p.sent = now
		_, _ = r.conn.WriteToUDPAddrPort(p.last, r.cfg.Server) // as above
	}
}

// done ends a phone's registration. mu is held.
func (r *regStorm) done(p *regPhone, failed string, now time.Time) {
	p.busy = false
	r.open--
	r.queue = append(r.queue, p)
	if failed == "" {
		r.res.Registered++
		record(r.took, now.Sub(p.began))
	} else {
		p.nonce = ""
		r.res.Failed[failed]++
	}
	select {
	case r.room <- struct{}{}:
	default:
	}
}

// read takes the answers until the socket is closed.
func (r *regStorm) read() {
	buf := make([]byte, 65535)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		b, now := buf[:n], time.Now()
		if bytes.HasPrefix(b, []byte("OPTIONS ")) { // whether the phone lives
			if m := parse(b); m != nil {
				_, _ = r.conn.WriteToUDPAddrPort(response(m, 200, "OK", tag(), "", nil), from) // lost: it is asked again
			}
			continue
		}
		if !bytes.HasPrefix(b, []byte("SIP/2.0 ")) || n < 12 {
			continue
		}
		code := string(b[8:11])
		cseq, _ := strconv.Atoi(string(bytes.TrimSuffix(field(b, "CSeq: "), []byte(" REGISTER"))))
		r.mu.Lock()
		p := r.byUser[user(address(string(field(b, "From: "))))]
		if p != nil && p.busy && p.cseq == cseq {
			r.answered(p, b, code, now)
		}
		r.mu.Unlock()
	}
}

// answered takes an answer to a phone's last REGISTER. mu is held.
func (r *regStorm) answered(p *regPhone, b []byte, code string, now time.Time) {
	switch {
	case code[0] == '1':
	case code[0] == '2':
		r.done(p, "", now)
	case code == "401" && p.tries < 3:
		c := string(field(b, "WWW-Authenticate: "))
		realm := quoted(c, "realm")
		if p.realm != realm { // the first time: what stood there was the password
			p.ha1, p.realm = hashOf(p.user+":"+realm+":"+p.ha1), realm
		}
		p.nonce, p.opaque, p.nc = quoted(c, "nonce"), quoted(c, "opaque"), 0
		r.send(p, now)
	case code == "503" && comeAgain(b) > 0: // RFC 3261 §21.5.4
		p.later = now.Add(comeAgain(b))
		r.res.Later++
	default:
		r.done(p, code, now)
	}
}

// comeAgain is what Retry-After says (RFC 3261 §20.33); 0: nothing.
func comeAgain(b []byte) time.Duration {
	seconds, _, _ := bytes.Cut(field(b, "Retry-After: "), []byte(" "))
	n, err := strconv.ParseUint(string(seconds), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// field is the value of a header field as the engine writes it.
func field(b []byte, name string) []byte {
	_, rest, _ := bytes.Cut(b, append([]byte("\r\n"), name...))
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return value
}

func (r *regStorm) result(start time.Time, m meter) *RegisterResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	res := r.res
	res.Seconds = time.Since(start).Seconds()
	res.PerSecond = float64(res.Registered) / res.Seconds
	res.LatencyMS = latency(r.took)
	res.OwnCPU = (ownCPU() - m.own).Seconds()
	if m.pid != 0 && res.Registered > 0 {
		cpu := (cpuOf(m.pid) - m.engine).Seconds()
		per := cpu / float64(res.Registered) * 1e6
		core := 1e6 / per
		res.EngineCPU, res.CPUPer, res.PerCore = &cpu, &per, &core
		res.EngineRSS, res.RSSBefore = rssOf(m.pid), m.rss
	}
	return &res
}
