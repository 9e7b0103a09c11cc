package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Times of answers.
const (
	minTTL    = 5 * time.Second // however short a record lives
	maxTTL    = 24 * time.Hour
	maxNever  = 5 * time.Minute  // that there is nothing is believed at most so long (RFC 2308 §5 allows more)
	never     = 30 * time.Second // where the answer does not say
	afterFail = 5 * time.Second  // between questions that nobody answers
	perServer = time.Second      // for one server's answer
	maxCached = 1024             // questions; the operator's names are a few
)

// Config configures a Resolver. The zero value is ready for use.
type Config struct {
	// Servers are the name servers. None: those of /etc/resolv.conf, which may change.
	Servers []netip.AddrPort
	// Hosts finds addresses that DNS does not know, as in /etc/hosts. Nil: the system's resolver does.
	Hosts func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Resolver asks name servers and keeps what they say. Safe for use by several goroutines.
type Resolver struct {
	cfg      Config
	now      func() time.Time
	exchange func(ctx context.Context, m *dns.Msg, server string) (*dns.Msg, error)

	mu    sync.Mutex
	known map[question]entry
}

type question struct {
	name string // in lower case, with the dot at its end
	kind uint16
}

// entry is what is known of a question.
type entry struct {
	records []dns.RR // none: there is nothing, and that is sure
	until   time.Time
	again   time.Time // not asked before, because nobody answered
	err     error     // of the last question, if nobody answered it
	sure    bool      // somebody once did
}

// answer is what is to be made of a question now.
type answer struct {
	records []dns.RR
	left    time.Duration // until it is worth asking again
	err     error         // nobody answered, and there is nothing older either
}

// New returns a Resolver.
func New(cfg Config) *Resolver {
	if cfg.Hosts == nil {
		cfg.Hosts = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	return &Resolver{cfg: cfg, now: time.Now, exchange: exchange, known: make(map[question]entry)}
}

// ask answers from memory, else from the name servers, else from memory that is too old (RFC 8767).
func (r *Resolver) ask(ctx context.Context, q question) answer {
	r.mu.Lock()
	e, now := r.known[q], r.now()
	r.mu.Unlock()
	if e.sure && now.Before(e.until) {
		return answer{records: e.records, left: e.until.Sub(now)}
	}
	if now.Before(e.again) {
		return e.stale(now)
	}
	records, ttl, err := r.query(ctx, q)
	now = r.now()
	if err != nil {
		e.err, e.again = err, now.Add(afterFail)
	} else {
		e = entry{records: records, until: now.Add(ttl), sure: true}
	}
	r.mu.Lock()
	if len(r.known) >= maxCached {
		clear(r.known)
	}
	r.known[q] = e
	r.mu.Unlock()
	if err != nil {
		return e.stale(now)
	}
	return answer{records: records, left: ttl}
}

// stale is what a question that nobody answers is worth.
func (e entry) stale(now time.Time) answer {
	a := answer{records: e.records, left: e.again.Sub(now), err: e.err}
	if e.sure {
		a.err = nil
	}
	return a
}

// errAnswer: a name server said something else than an answer.
var errAnswer = errors.New("resolve: no usable answer")

// query asks the name servers in turn, twice.
func (r *Resolver) query(ctx context.Context, q question) ([]dns.RR, time.Duration, error) {
	servers, err := r.servers()
	if err != nil {
		return r.hosts(ctx, q, never, err)
	}
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.kind)
	m.SetEdns0(1232, false)
	for range 2 {
		for _, s := range servers {
			if err = ctx.Err(); err != nil {
				return nil, 0, err
			}
			m.Id = dns.Id()
			limited, cancel := context.WithTimeout(ctx, perServer)
			var res *dns.Msg
			res, err = r.exchange(limited, m, s)
			cancel()
			if err != nil {
				continue
			}
			records, ttl, readErr := read(q, res)
			if err = readErr; err != nil {
				err = fmt.Errorf("%s: %w", s, err)
				continue
			}
			if len(records) == 0 {
				return r.hosts(ctx, q, ttl, nil)
			}
			return records, ttl, nil
		}
	}
	return r.hosts(ctx, q, never, err)
}

// read takes the records of the question out of an answer. No records and no error: there are none.
func read(q question, res *dns.Msg) ([]dns.RR, time.Duration, error) {
	switch {
	case !res.Response || len(res.Question) != 1 || !strings.EqualFold(res.Question[0].Name, q.name) || res.Question[0].Qtype != q.kind:
		return nil, 0, errAnswer
	case res.Rcode == dns.RcodeNameError:
		return nil, absent(res), nil
	case res.Rcode != dns.RcodeSuccess:
		return nil, 0, fmt.Errorf("%w: %s", errAnswer, dns.RcodeToString[res.Rcode])
	}
	var records []dns.RR
	ttl := maxTTL
	for _, rr := range res.Answer { // a CNAME's own time counts too
		ttl = min(ttl, time.Duration(rr.Header().Ttl)*time.Second)
		if rr.Header().Rrtype == q.kind && len(records) < maxTargets {
			records = append(records, rr)
		}
	}
	if len(records) == 0 {
		return nil, absent(res), nil
	}
	return records, max(ttl, minTTL), nil
}

// absent is how long "there is none" holds (RFC 2308 §5).
func absent(res *dns.Msg) time.Duration {
	for _, rr := range res.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			d := time.Duration(min(soa.Hdr.Ttl, soa.Minttl)) * time.Second
			return min(max(d, minTTL), maxNever)
		}
	}
	return never
}

// hosts looks for an address elsewhere than in DNS. because is why DNS gave no answer; nil: it said that there is none for
// the time ttl.
func (r *Resolver) hosts(ctx context.Context, q question, ttl time.Duration, because error) ([]dns.RR, time.Duration, error) {
	if q.kind != dns.TypeA && q.kind != dns.TypeAAAA {
		return nil, ttl, because
	}
	limited, cancel := context.WithTimeout(ctx, 2*perServer)
	defer cancel()
	addrs, err := r.cfg.Hosts(limited, strings.TrimSuffix(q.name, "."))
	if err != nil {
		return nil, ttl, because
	}
	var records []dns.RR
	for _, a := range addrs {
		switch a = a.Unmap(); {
		case a.Is4() && q.kind == dns.TypeA:
			records = append(records, &dns.A{A: a.AsSlice()})
		case a.Is6() && q.kind == dns.TypeAAAA:
			records = append(records, &dns.AAAA{AAAA: a.AsSlice()})
		}
	}
	if len(records) == 0 {
		return nil, ttl, because
	}
	return records, never, nil
}

// servers are the name servers to be asked.
func (r *Resolver) servers() ([]string, error) {
	var all []string
	if len(r.cfg.Servers) > 0 {
		for _, s := range r.cfg.Servers {
			all = append(all, s.String())
		}
		return all, nil
	}
	c, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil, err
	}
	for _, s := range c.Servers {
		all = append(all, net.JoinHostPort(s, c.Port))
	}
	if len(all) == 0 {
		return nil, errors.New("resolve: no name server is configured")
	}
	return all, nil
}

// exchange asks one server by udp, and by tcp where the answer does not fit.
func exchange(ctx context.Context, m *dns.Msg, server string) (*dns.Msg, error) {
	c := dns.Client{}
	res, _, err := c.ExchangeContext(ctx, m, server)
	if err == nil && res.Truncated {
		c.Net = "tcp"
		res, _, err = c.ExchangeContext(ctx, m, server)
	}
	return res, err
}
