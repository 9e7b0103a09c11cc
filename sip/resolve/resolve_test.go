package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// zone is a name server in memory with a clock.
type zone struct {
	*Resolver
	records []string
	asked   []string
	down    bool
	at      time.Time
	hosts   map[string]string
}

func newZone(t *testing.T, records ...string) *zone {
	z := &zone{records: records, at: time.Unix(1_800_000_000, 0), hosts: map[string]string{}}
	z.Resolver = New(Config{Servers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53")}, Hosts: func(_ context.Context, host string) ([]netip.Addr, error) {
		if a, ok := z.hosts[host]; ok {
			return []netip.Addr{netip.MustParseAddr(a)}, nil
		}
		return nil, errors.New("no such host")
	}})
	z.now = func() time.Time { return z.at }
	z.exchange = func(_ context.Context, m *dns.Msg, _ string) (*dns.Msg, error) {
		q := m.Question[0]
		z.asked = append(z.asked, q.Name+" "+dns.TypeToString[q.Qtype])
		if z.down {
			return nil, errors.New("no answer")
		}
		return z.answer(t, m), nil
	}
	return z
}

func (z *zone) answer(t *testing.T, m *dns.Msg) *dns.Msg {
	res := new(dns.Msg).SetReply(m)
	res.Rcode = dns.RcodeNameError
	q := m.Question[0]
	for _, text := range z.records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		if strings.EqualFold(rr.Header().Name, q.Name) {
			res.Rcode = dns.RcodeSuccess
			if rr.Header().Rrtype == q.Qtype {
				res.Answer = append(res.Answer, rr)
			}
		}
		if rr.Header().Rrtype == dns.TypeSOA {
			res.Ns = append(res.Ns, rr)
		}
	}
	return res
}

func (z *zone) locate(host string, port uint16, network string) string {
	targets, valid, err := z.Locate(context.Background(), host, port, network)
	var b strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&b, "%s %s %d/%d; ", t.Network, t.Addr, t.Priority, t.Weight)
	}
	fmt.Fprintf(&b, "%s", valid)
	if err != nil {
		fmt.Fprintf(&b, " %v", errors.Is(err, ErrNone))
	}
	return b.String()
}

// TestLocate goes through RFC 3263 §4: NAPTR, SRV, address.
func TestLocate(t *testing.T) {
	z := newZone(
		t,
		`all.example. 300 NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.all.example.`,
		`all.example. 300 NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.all.example.`,
		`all.example. 300 NAPTR 10 20 "s" "SIP+D2T" "" elsewhere.example.`,
		`all.example. 300 NAPTR 5 20 "u" "E2U+sip" "!^.*$!sip:x@y!" .`,
		`all.example. 300 NAPTR 5 30 "s" "SIP+D2W" "" _sip._ws.all.example.`,
		`_sips._tcp.all.example. 100 SRV 1 5 5071 a.example.`,
		`elsewhere.example. 100 SRV 1 5 5070 a.example.`,
		`_sip._udp.all.example. 200 SRV 10 60 5060 a.example.`,
		`_sip._udp.all.example. 200 SRV 10 40 5062 b.example.`,
		`_sip._udp.all.example. 200 SRV 20 0 5060 b.example.`,
		`a.example. 60 A 192.0.2.1`,
		`b.example. 90 A 192.0.2.2`,
		`b.example. 90 AAAA 2001:db8::2`,
		`b.example. 90 A 0.0.0.0`,
		`srv.example. 50 A 192.0.2.9`,
		`_sip._tcp.srv.example. 40 SRV 1 1 5080 a.example.`,
		`off.example. 50 A 192.0.2.9`,
		`_sip._udp.off.example. 40 SRV 0 0 0 .`,
		`alias.example. 30 CNAME a.example.`,
		`short.example. 0 A 192.0.2.1`,
		`. 40 SOA a. b. 1 2 3 4 20`,
	)
	z.hosts["pbx"] = "10.0.0.9"
	for _, c := range []struct {
		host    string
		port    uint16
		network string
		want    string
	}{
		{"a.example", 5080, "", "udp 192.0.2.1:5080 0/0; 20s"}, // AAAA: none for 20 s
		{"A.Example.", 5080, "tls", "tls 192.0.2.1:5080 0/0; 20s"},
		{"b.example", 5060, "tcp", "tcp 192.0.2.2:5060 0/0; tcp [2001:db8::2]:5060 1/0; 1m30s"},
		{"srv.example", 0, "tcp", "tcp 192.0.2.1:5080 2/1; 20s"},
		{"srv.example", 0, "udp", "udp 192.0.2.9:5060 0/0; 20s"},
		{"srv.example", 0, "tls", "tls 192.0.2.9:5061 0/0; 20s"},
		{"srv.example", 0, "", "tcp 192.0.2.1:5080 131074/1; 20s"},
		{"off.example", 0, "udp", "40s true"},
		{"off.example", 0, "", "20s true"},
		{"none.example", 0, "", "20s true"},
		{"none.example", 5060, "", "20s true"},
		{"pbx", 0, "", "udp 10.0.0.9:5060 0/0; 20s"},
		{"short.example", 5060, "", "udp 192.0.2.1:5060 0/0; 5s"},
		{"all.example", 0, "", "tls 192.0.2.1:5071 2/5; tcp 192.0.2.1:5070 131074/5; udp 192.0.2.1:5060 262164/60; udp 192.0.2.2:5062 262164/40; " +
			"udp [2001:db8::2]:5062 262165/40; udp 192.0.2.2:5060 262184/0; udp [2001:db8::2]:5060 262185/0; 20s"},
	} {
		if got := z.locate(c.host, c.port, c.network); got != c.want {
			t.Errorf("%s %d %s:\n got %s\nwant %s", c.host, c.port, c.network, got, c.want)
		}
	}
}

// TestCache: within its time a record is not asked for again, nor is that there is none; and while the name servers are dead
// the old answer stands.
func TestCache(t *testing.T) {
	z := newZone(t, `a.example. 60 A 192.0.2.1`, `. 40 SOA a. b. 1 2 3 4 20`)
	z.locate("a.example", 5060, "")
	if len(z.asked) != 2 {
		t.Fatalf("%q", z.asked)
	}
	z.at = z.at.Add(19 * time.Second)
	if got := z.locate("a.example", 5060, ""); got != "udp 192.0.2.1:5060 0/0; 5s" || len(z.asked) != 2 {
		t.Errorf("%s, %q", got, z.asked)
	}
	z.at = z.at.Add(2 * time.Second)
	if z.locate("a.example", 5060, ""); len(z.asked) != 3 || z.asked[2] != "a.example. AAAA" {
		t.Errorf("only what is over: %q", z.asked)
	}
	z.down, z.asked = true, nil
	z.at = z.at.Add(time.Hour)
	for range 3 {
		if got := z.locate("a.example", 5060, ""); got != "udp 192.0.2.1:5060 0/0; 5s" {
			t.Errorf("while the servers are dead: %s", got)
		}
	}
	if len(z.asked) != 4 { // twice for each kind, then nobody is asked for five seconds
		t.Errorf("%q", z.asked)
	}
	if got := z.locate("new.example", 5060, ""); got != "5s false" {
		t.Errorf("what was never known: %s", got)
	}
	z.down, z.records[0] = false, `a.example. 60 A 192.0.2.7`
	z.at = z.at.Add(6 * time.Second)
	if got := z.locate("a.example", 5060, ""); got != "udp 192.0.2.7:5060 0/0; 20s" {
		t.Errorf("when they are back: %s", got)
	}
}

// TestForeignAnswers are not believed.
func TestForeignAnswers(t *testing.T) {
	z := newZone(t, `a.example. 60 A 192.0.2.1`)
	honest := z.exchange
	for name, change := range map[string]func(*dns.Msg){
		"another name": func(m *dns.Msg) { m.Question[0].Name = "b.example." },
		"another kind": func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeMX },
		"a question":   func(m *dns.Msg) { m.Response = false },
		"refused":      func(m *dns.Msg) { m.Rcode = dns.RcodeRefused },
		"failed":       func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure },
	} {
		clear(z.known)
		z.exchange = func(ctx context.Context, m *dns.Msg, s string) (*dns.Msg, error) {
			res, err := honest(ctx, m.Copy(), s)
			change(res)
			return res, err
		}
		if got := z.locate("a.example", 5060, ""); got != "5s false" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestRealServer asks by udp, and by tcp where the answer is too long.
func TestRealServer(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", pc.LocalAddr().String())
	if err != nil {
		t.Skip(err)
	}
	z := newZone(t)
	for i := range 30 {
		z.records = append(z.records, fmt.Sprintf("_sip._udp.big.example. 60 SRV 1 1 5060 host-with-a-long-name-%d.some.other.domain.example.", i), fmt.Sprintf("host-with-a-long-name-%d.some.other.domain.example. 60 A 192.0.2.%d", i, i+1))
	}
	h := dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		res := z.answer(t, m)
		if _, udp := w.LocalAddr().(*net.UDPAddr); udp {
			res.Truncate(512)
		}
		_ = w.WriteMsg(res)
	})
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: h}, {Listener: ln, Handler: h}} {
		up := make(chan struct{})
		s.NotifyStartedFunc = func() { close(up) }
		go func() { _ = s.ActivateAndServe() }()
		<-up
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	r := New(Config{Servers: []netip.AddrPort{pc.LocalAddr().(*net.UDPAddr).AddrPort()}})
	targets, _, err := r.Locate(context.Background(), "big.example", 0, "udp")
	if err != nil || len(targets) != 30 {
		t.Errorf("%d targets, %v", len(targets), err)
	}
}
