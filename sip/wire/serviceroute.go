package wire

import (
	"errors"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// Bounds of a Service-Route: it goes with every INVITE.
const (
	maxServiceRoute       = 8    // proxies
	maxServiceRouteOctets = 1024 // all of them as written
)

// errServiceRoute: a registrar's Service-Route cannot be used.
var errServiceRoute = errors.New("sip: malformed Service-Route, or too long, or not as secret as the way to the registrar")

// serviceRoute reads by which proxies a registrar wants our calls (RFC 3608 §5, §6.1), which it said by a way that was secret or not. What
// cannot be used whole is not used at all.
func serviceRoute(res *gosip.Response, secret bool) (routes []gosip.Uri, err error) {
	octets := 0
	for _, h := range res.GetHeaders("Service-Route") {
		for rest, more := h.Value(), true; more; {
			var item string
			if item, rest, more = syntax.CutList(rest); item == "" {
				continue // RFC 3261 §25.1 lets a list have holes
			}
			octets += len(item)
			var uri gosip.Uri
			a, err := syntax.ReadAddress(item)
			if err != nil || len(routes) == maxServiceRoute || octets > maxServiceRouteOctets {
				return nil, errServiceRoute
			}
			u, err := syntax.ReadURI(a.URI)
			if err != nil || u.Header != "" || u.Scheme == "sips" && !secret || gosip.ParseUri(a.URI, &uri) != nil || !uri.UriParams.Has("lr") {
				return nil, errServiceRoute // strict routers are none of RFC 3608's
			}
			routes = append(routes, uri)
		}
	}
	return routes, nil
}

// routed keeps what the registrar's 200 says of the way of calls; one that says nothing takes back what was said before (RFC 3608 §6.1).
func (r *registration) routed(res *gosip.Response, p Path) {
	routes, err := serviceRoute(res, syntax.Secure(p.Network()))
	if err != nil {
		r.log.Warn("sip: the way that a trunk's registrar wants our calls to go is passed over", "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.routes = routes
}

// serviceRoute is what holds for calls now: nothing while we are not registered.
func (r *registration) serviceRoute() []gosip.Uri {
	if r == nil || !r.state().Registered {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.routes
}

// ServiceRoute is the preloaded Route of a call by the gateway (RFC 3608 §6.1), nil if its registrar has named none, and how the call leaves
// then: to the first proxy where that is an address of the same trunk, else by p as without; the gateway, which is configured, is the proxy
// that knows the way. Where the first proxy is another of the trunk's servers and does not live, there is no such way. The routes must not
// be changed.
func (w *Wire) ServiceRoute(g *Gateway, p Path) ([]gosip.Uri, Path) {
	routes := g.trunk.itself().reg.serviceRoute()
	if len(routes) == 0 || routes[0].Scheme == "sips" && !syntax.Secure(p.Network()) {
		return nil, p
	}
	top := &routes[0]
	a := syntax.HostAddr(strings.Trim(top.Host, "[]"))
	if p.flow != nil || !a.IsValid() || !w.TrunkOf(a, g.trunk.Name) {
		return routes, p
	}
	next, err := w.PathTo(*top, p.Bare())
	if err != nil {
		return routes, p
	}
	g.trunk.mu.Lock()
	defer g.trunk.mu.Unlock()
	for _, o := range g.trunk.gateways {
		if o != g && o.addr == next.Peer && o.network == "udp" && o.dead {
			return nil, p
		}
	}
	return routes, next
}
