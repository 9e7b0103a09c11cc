package wire

import (
	"context"
	"math/rand/v2"
	"time"

	"hotline/sip/resolve"
)

// Times of looking a trunk's name up.
const (
	locateFirst = 2 * time.Second // to the next try when it could not be looked up, doubled with each
	locateLast  = time.Minute
	locateMost  = time.Hour // between two looks, however long the records live
)

// Locator looks trunks' names up; resolve.Resolver is one.
type Locator interface {
	Locate(ctx context.Context, host string, port uint16, network string) (targets []resolve.Target, valid time.Duration, err error)
}

// locate keeps the gateways of one of the trunk's servers what its name leads to, until the trunk ends. No call ever waits for
// it, and while the name cannot be looked up everything stays as it was.
func (w *Wire) locate(t *trunk, rank int, s Server) {
	ctx := w.lifeOf(t)
	log := w.log.With("trunk", t.Name, "server", s.String())
	failed := 0
	for {
		targets, valid, err := w.cfg.Locator.Locate(ctx, s.Host, s.Port, s.Network)
		if ctx.Err() != nil {
			return
		}
		wait := min(valid, locateMost)
		if fresh := w.gatewaysOf(s, targets); len(fresh) > 0 {
			first := len(t.servers()) == 0
			w.place(t, rank, fresh)
			if reg := t.itself().reg; first && reg != nil && reg.at == t {
				reg.moved()
			}
			failed = 0
		} else {
			if failed == 0 {
				log.Warn("sip: a trunk's name leads nowhere just now", "error", err)
			}
			wait = max(wait, min(locateFirst<<min(failed, 10), locateLast))
			failed++
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait + rand.N(wait/10+1)):
		}
	}
}

// gatewaysOf are the gateways that a name leads to, as far as a socket of ours reaches them and they are not ourselves.
func (w *Wire) gatewaysOf(s Server, targets []resolve.Target) (all []*Gateway) {
	for _, to := range targets {
		if !w.reaches(to) || w.IsOwnSocket(to.Addr, to.Network) {
			continue
		}
		all = append(all, &Gateway{
			gatewayKey: gatewayKey{to.Network, to.Addr, s}, priority: to.Priority, weight: to.Weight,
		})
	}
	return all
}

// reaches says whether we have a socket of the address's family: over udp one to send from.
func (w *Wire) reaches(to resolve.Target) bool {
	for _, s := range w.socks {
		if s.fits(to.Addr.Addr()) && (to.Network != "udp" || s.network == "udp") {
			return true
		}
	}
	return false
}

// netSettles is how long the machine's network may take to change.
const netSettles = time.Second

// NetworkChanged forgets what was known of our own addresses, and registers with the trunks anew: they know us by the old ones.
func (w *Wire) NetworkChanged() {
	w.log.Info("sip: the machine's addresses or routes have changed")
	for _, s := range w.socks {
		s.routes.Clear()
		s.routeSize.Store(0)
	}
	w.ifaces.forget()
	for _, t := range w.trunks.all() {
		if t.reg != nil {
			t.reg.moved()
		}
	}
}

// openNames begins what trunks need besides sockets: looking up their names, and registering with them.
func (w *Wire) openNames() {
	w.turning.Lock()
	defer w.turning.Unlock()
	w.naming = true
	for _, t := range w.trunks.all() {
		w.lookUp(t)
		w.signOn(t)
	}
	w.wg.Go(func() {
		if err := netwatch(w.ctx, netSettles, w.NetworkChanged); err != nil {
			w.log.Warn("sip: changes of the machine's network are not noticed", "error", err)
		}
	})
}
