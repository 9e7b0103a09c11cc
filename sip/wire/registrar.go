package wire

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
)

// Contact is one registered phone of an agent.
type Contact struct {
	URI     gosip.Uri   // the Contact as the phone gave it, headers stripped: the Request-URI of calls to it
	Path    Path        // the way its REGISTER came; if that was a connection, it is the only way back
	Route   []gosip.Uri // its Path (RFC 3327), to be sent as Route, topmost first
	Q       float64     // preference 0–1, default 1 (RFC 3261 §20.10)
	expires time.Time
	agent   string // User-Agent, for people to read
	pulse   *pulse // whether it lives; nil: nobody asks

	Instance string // +sip.instance, where it came with a reg-id: one phone with several connections (RFC 5626 §4.1)
	text     string // the URI to the letter, as the answer must repeat it
	Key      string // what makes two contacts the same phone
	callID   string // of the REGISTER, with its CSeq: the order of updates (§10.3, step 7)
	cseq     uint32
	modified time.Time
}

// registrar is where the agents' phones are (RFC 3261 §10.3). It holds no clock: callers say what time it is. Safe for
// use by several goroutines.
type registrar struct {
	min, def, max time.Duration
	most          int
	single        func(hotline.AgentID) bool                         // nil: nobody
	signal        func(hotline.Signal)                               // must not change the registrar
	moved         func(agent hotline.AgentID, from Path, to Contact) // as signal; nil: nobody is told
	metrics       *Metrics
	keep          *keeper // nil: nothing survives a restart
	alive         *prober // nil: no phone is asked whether it lives

	order sync.Mutex // held over a change and its signal, so that signals are in the order of the changes; before mu
	mu    sync.Mutex
	aors  map[hotline.AgentID][]Contact
	hosts map[netip.Addr]int // addresses that phones are registered from, and how many
	ends  ends
	cuts  map[hotline.AgentID][]cutPhone // phones whose connections broke, the last of each agent's at the end
}

func newRegistrar(cfg Config, signal func(hotline.Signal)) *registrar {
	return &registrar{
		min: cfg.ExpiresMin, def: cfg.ExpiresDefault, max: cfg.ExpiresMax, most: cfg.MaxContacts, single: cfg.Single,
		signal: signal, metrics: cfg.Metrics,
		aors: make(map[hotline.AgentID][]Contact), hosts: make(map[netip.Addr]int), ends: newEnds(),
		cuts: make(map[hotline.AgentID][]cutPhone),
	}
}

// binding is one Contact of a REGISTER.
type binding struct {
	Contact
	life time.Duration // 0: take it away
}

// update works one REGISTER of the agent into the table and returns the Contact fields of the 200, or why not. Either all
// of it happens or nothing.
func (r *registrar) update(agent hotline.AgentID, m *message, isOwn func(netip.AddrPort, string) bool, now time.Time) ([]string, *fault) {
	all, adds, f := r.read(m, isOwn, now)
	if f != nil {
		return nil, f
	}
	callID := m.CallID()
	r.order.Lock()
	defer r.order.Unlock()
	if m.path.flow != nil && m.path.flow.gone() {
		return nil, &fault{code: 503, reason: "Connection lost"}
	}
	r.mu.Lock()
	old := live(r.aors[agent], now)
	was := reachable(old)
	next := slices.Clone(old)
	for _, c := range old { // §10.3, steps 6 and 7: an update that was overtaken
		touched := all || slices.ContainsFunc(adds, func(b binding) bool { return b.Key == c.Key })
		if touched && c.callID == callID && m.cseq <= c.cseq {
			r.mu.Unlock()
			return nil, &fault{code: 500, reason: "Out of order"}
		}
	}
	if all {
		next = nil
	}
	fresh := false
	for _, b := range adds {
		known := slices.ContainsFunc(next, func(c Contact) bool { return c.Key == b.Key })
		next = slices.DeleteFunc(next, func(c Contact) bool { return c.Key == b.Key })
		if b.life > 0 {
			r.refreshed(old, &b.Contact)
			next = append(next, b.Contact)
			fresh = fresh || !known
		}
	}
	if fresh && r.single != nil && r.single(agent) { // a new phone takes over
		newest := next[len(next)-1]
		next = []Contact{newest}
	}
	next = r.crop(next)
	r.store(agent, next)
	fields := contactFields(next, now)
	is := reachable(next)
	before := append(old, r.cutOff(agent, now)...)
	r.mu.Unlock()
	r.tell(agent, was, is, fresh)
	r.tellMoved(agent, moves(before, adds, callID))
	return fields, nil
}

// tell sends what changed for the rest of the engine: whether one of the agent's phones could be called, can be called now,
// and is a new one.
func (r *registrar) tell(agent hotline.AgentID, was, is, fresh bool) {
	switch {
	case is && (fresh || !was):
		r.signal(hotline.DeviceUp{Agent: agent, First: !was})
	case was && !is:
		r.signal(hotline.DeviceDown{Agent: agent})
	}
}

// crop keeps the phones that registered last, where there are too many: an agent whose phone comes back under new
// addresses must not be locked out by its own ghosts.
func (r *registrar) crop(cs []Contact) []Contact {
	if len(cs) <= r.most {
		return cs
	}
	slices.SortStableFunc(cs, func(a, b Contact) int { return b.modified.Compare(a.modified) })
	return cs[:r.most]
}

// store puts the agent's contacts in place. r.mu is held.
func (r *registrar) store(agent hotline.AgentID, next []Contact) {
	for _, c := range r.aors[agent] {
		a := network64(c.Path.Peer.Addr())
		if r.hosts[a]--; r.hosts[a] <= 0 {
			delete(r.hosts, a)
		}
	}
	r.metrics.Bindings.Add(int64(len(next) - len(r.aors[agent])))
	if r.alive != nil {
		r.ask(agent, next, r.alive.every)
		r.forgo(r.aors[agent], next)
	}
	r.keep.put(agent, next)
	r.ends.note(agent, r.aors[agent], next)
	for _, c := range next {
		r.hosts[network64(c.Path.Peer.Addr())]++
	}
	if len(next) == 0 {
		delete(r.aors, agent)
		return
	}
	r.aors[agent] = next
}

// live is the contacts that have not expired.
func live(cs []Contact, now time.Time) []Contact {
	return slices.DeleteFunc(slices.Clone(cs), func(c Contact) bool { return !now.Before(c.expires) })
}

// contacts returns the agent's phones that are registered now and live, the most preferred first, then the newest.
func (r *registrar) contacts(agent hotline.AgentID, now time.Time) []Contact {
	r.mu.Lock()
	cs := slices.DeleteFunc(live(r.aors[agent], now), func(c Contact) bool { return c.pulse != nil && c.pulse.down })
	r.mu.Unlock()
	slices.SortStableFunc(cs, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(b.Q, a.Q), b.modified.Compare(a.modified))
	})
	return cs
}

// has says whether a phone is registered from the address.
func (r *registrar) has(a netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hosts[network64(a)] > 0
}

// contactFields writes the contacts as a 200 lists them (§10.3, step 8).
func contactFields(cs []Contact, now time.Time) []string {
	fields := make([]string, 0, len(cs))
	for _, c := range cs {
		left := int(c.expires.Sub(now).Round(time.Second) / time.Second)
		fields = append(fields, "Contact: <"+c.text+">;expires="+strconv.Itoa(left))
	}
	return fields
}

// read reads the Contacts of a REGISTER; all says that it was "*".
func (r *registrar) read(m *message, isOwn func(netip.AddrPort, string) bool, now time.Time) (all bool, adds []binding, f *fault) {
	common, given := seconds(m.Get(syntax.KindExpires)), m.Count[syntax.KindExpires] > 0
	if !given {
		common = r.def
	}
	m.List(syntax.KindContact, func(s string) bool {
		if s == "*" {
			all = true
			return true
		}
		a, err := syntax.ReadAddress(s)
		if err != nil {
			f = badRequest("Malformed Contact")
			return false
		}
		life := common
		if e, ok := a.Params.Get("expires"); ok {
			life = seconds(e)
		}
		var b binding
		if b, f = r.bind(m, a, life, isOwn, now); f == nil {
			adds = append(adds, b)
		}
		return f == nil
	})
	switch {
	case f != nil:
	case all && (len(adds) > 0 || !given || common != 0):
		f = badRequest("Contact * needs Expires 0 and stands alone") // §10.2.2
	case len(adds) > r.most:
		f = &fault{code: 403, reason: "Too many contacts"}
	}
	return all, adds, f
}

// bind checks one Contact. Its headers are dropped: a Route in there must not steer our calls.
func (r *registrar) bind(m *message, a syntax.Address, life time.Duration, isOwn func(netip.AddrPort, string) bool, now time.Time) (binding, *fault) {
	u, err := syntax.ReadURI(a.URI)
	if err != nil {
		return binding{}, badRequest("Contact is not a SIP URI")
	}
	if life > 0 && life < r.min {
		return binding{}, &fault{423, "Interval Too Brief", []string{"Min-Expires: " + strconv.Itoa(int(r.min/time.Second))}}
	}
	life = min(life, r.max)
	a.URI = strings.Clone(a.URI) // what is kept for an hour must not hold the whole request
	b := binding{life: life, Contact: Contact{
		text: a.URI, Path: m.path, Q: quality(a), expires: now.Add(life), modified: now,
		callID: strings.Clone(m.CallID()), cseq: m.cseq, agent: strings.Clone(syntax.SafeText(m.Get(syntax.KindUserAgent))),
	}}
	if gosip.ParseUri(bareURI(a.URI), &b.URI) != nil {
		return binding{}, badRequest("Malformed Contact")
	}
	network := u.Network(m.path.Network())
	port := uint16(cmp.Or(u.Port, syntax.DefaultPort(network)))
	host := syntax.HostAddr(u.Host)
	if host.IsValid() && life > 0 && isOwn(netip.AddrPortFrom(host, port), network) {
		return binding{}, &fault{code: 403, reason: "Contact is this server"}
	}
	if !b.by(m) {
		return binding{}, badRequest("Malformed Path")
	}
	if m.path.flow == nil && len(b.Route) == 0 {
		b.Path.Peer = reach(host, uint16(cmp.Or(u.Port, 5060)), m.path.Peer)
	}
	b.Key = strings.ToLower(u.Scheme+"|"+network+"|"+u.Host+"|"+strconv.Itoa(int(port))) + "|" + u.User
	if host.IsValid() { // one address and port is one phone, whatever name it goes by after a restart
		b.Key = "|" + network + "|" + netip.AddrPortFrom(host, port).String()
		if b.Path.Peer.Addr() != host { // behind a NAT, where others have the same address
			b.Key += "|" + b.Path.Peer.Addr().String()
		}
	}
	if id, ok := a.Params.Get("+sip.instance"); ok { // RFC 5626 §4.1
		reg, _ := a.Params.Get("reg-id")
		b.Key = "instance|" + id + "|" + reg
		if reg != "" {
			b.Instance = strings.Clone(id)
		}
	}
	return b, nil
}

// by takes over the Path of a REGISTER (RFC 3327 §5.3), and that calls go to its first hop; false: it is malformed.
func (b *binding) by(m *message) bool {
	good := true
	m.List(syntax.KindPath, func(s string) bool {
		var uri gosip.Uri
		p, err := syntax.ReadAddress(s)
		good = err == nil && gosip.ParseUri(strings.Clone(p.URI), &uri) == nil // as the Contact: it is kept
		b.Route = append(b.Route, uri)
		return good && len(b.Route) <= maxPath
	})
	if !good || len(b.Route) > maxPath {
		return false
	}
	if len(b.Route) > 0 && m.path.flow == nil {
		first := &b.Route[0]
		b.Path.Peer = reach(syntax.HostAddr(strings.Trim(first.Host, "[]")), uint16(cmp.Or(first.Port, 5060)), m.path.Peer)
	}
	return true
}

// maxPath is how many proxies may stand between a phone and us.
const maxPath = 16

// bareURI is a URI without its headers.
func bareURI(s string) string {
	bare, _, _ := strings.Cut(s, "?")
	return bare
}

// reach is where datagrams for a phone go: to the address it names if that is the host it registered from, else back to
// where its REGISTER came from, which is the outside of a NAT. All of loopback is one host.
func reach(host netip.Addr, port uint16, from netip.AddrPort) netip.AddrPort {
	if host == from.Addr() || host.IsLoopback() && from.Addr().IsLoopback() {
		return netip.AddrPortFrom(host, port)
	}
	return from
}

// seconds reads a delta-seconds; what is too large is the largest, what is malformed an hour (RFC 3261 §20.19, §10.2.1.1).
func seconds(s string) time.Duration {
	const most = 1 << 31
	if !syntax.Digits(s) {
		return time.Hour
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > most {
		n = most
	}
	return time.Duration(n) * time.Second
}

// quality is the q of a Contact, 1 where there is none or it is malformed.
func quality(a syntax.Address) float64 {
	s, ok := a.Params.Get("q")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
