package wire

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"
)

// trunkWaits is how long a trunk that has changed is left as it was while no server of the new one can be called.
const trunkWaits = 3 * time.Second

// TrunksChanged is what SetTrunks did.
type TrunksChanged struct {
	Added, Changed, Removed []string // names
	Calls                   int      // that are up on trunks that were changed or removed: they go on
}

// Any says whether anything has changed.
func (c TrunksChanged) Any() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) > 0 }

// SetTrunks puts other trunks in the place of those there were, while calls go on. One that is as it was is left alone with its
// connections and registration. Of one that has changed, and of one that is gone, the calls that are up go on as they began, over
// their connections, and count against the limits of the trunk that has the name now. A trunk that is gone takes no more calls, and its registration is
// taken back. It may take seconds: new servers are connected to first. An error names all that is wrong with the trunks; nothing has
// changed then.
func (w *Wire) SetTrunks(ctx context.Context, next []Trunk) (TrunksChanged, error) {
	if err := checkTrunks(next); err != nil {
		return TrunksChanged{}, err
	}
	return w.setTrunks(ctx, next), nil
}

func (w *Wire) setTrunks(ctx context.Context, next []Trunk) (c TrunksChanged) {
	w.turning.Lock()
	defer w.turning.Unlock()
	var all, fresh, gone []*trunk
	for _, cfg := range next {
		was := w.trunks.named(cfg.Name)
		if was != nil && reflect.DeepEqual(was.Trunk, cfg) {
			all = append(all, was)
			continue
		}
		t := &trunk{Trunk: cfg, room: new(room), living: make(chan struct{})}
		if was == nil {
			c.Added = append(c.Added, cfg.Name)
		} else {
			t.room, gone, c.Changed = was.room, append(gone, was), append(c.Changed, cfg.Name)
		}
		all, fresh = append(all, t), append(fresh, t)
	}
	for _, was := range w.trunks.all() {
		if !slices.ContainsFunc(next, func(t Trunk) bool { return t.Name == was.Name }) {
			gone, c.Removed = append(gone, was), append(c.Removed, was.Name)
		}
	}
	for _, t := range fresh {
		w.openTrunk(t)
		w.lookUp(t)
	}
	w.await(ctx, fresh)
	w.trunks.list.Store(&all)
	w.trunks.relearn()
	for _, t := range gone {
		c.Calls += t.room.taken()
		w.retire(t)
	}
	for _, t := range fresh {
		w.signOn(t)
	}
	w.cfg.TrunkNews()
	return c
}

// await returns when the new trunks that have servers, and stand in the place of others, can be called, or when that takes too long.
func (w *Wire) await(ctx context.Context, fresh []*trunk) {
	ctx, stop := context.WithTimeout(ctx, trunkWaits)
	defer stop()
	for _, t := range fresh {
		if len(t.Servers) == 0 || w.trunks.named(t.Name) == nil {
			continue
		}
		select {
		case <-t.living:
		case <-ctx.Done():
			return
		case <-w.ctx.Done():
			return
		}
	}
}

// lives notes that one of the trunk's servers can be called.
func (t *trunk) lives() {
	if t.living != nil {
		t.found.Do(func() { close(t.living) })
	}
}

// lookUp keeps looking up the names of the trunk's servers. w.turning is held.
func (w *Wire) lookUp(t *trunk) {
	if !w.naming {
		return
	}
	for _, at := range t.places() {
		for rank, s := range at.Servers {
			if _, ok := s.addr(); !ok {
				w.start(func() { w.locate(at, rank, s) })
			}
		}
	}
}

// signOn keeps us registered with the trunk. w.turning is held.
func (w *Wire) signOn(t *trunk) {
	if t.reg != nil && w.naming {
		w.start(func() { t.reg.run(w.ctx) })
	}
}

// retire ends what is done for a trunk that is none any more, or has changed; its connections last as long as calls need them (linkRetire).
func (w *Wire) retire(t *trunk) {
	if t.reg != nil {
		t.reg.quiet.Store(sameAccount(t, w.trunks.named(t.Name)))
		t.reg.leave()
	}
	for _, at := range t.places() {
		at.mu.Lock()
		at.gone = true
		var asked []*pulse
		for _, g := range at.gateways {
			if g.pulse != nil {
				asked = append(asked, g.pulse)
				g.pulse = nil
			}
		}
		at.mu.Unlock()
		for _, p := range asked {
			w.alive.forget(p)
		}
	}
	t.end()
}

// sameAccount says whether next goes on with the registration of was: the same user at the same registrars. To take it away would then
// undo what the new one does (RFC 3261 §10.2.2: by the Contact, which is the same).
func sameAccount(was, next *trunk) bool {
	if next == nil || next.Register == nil || was.Account() != next.Account() {
		return false
	}
	at := func(t *trunk) []Server {
		if t.Register.Server != nil {
			return []Server{*t.Register.Server}
		}
		return t.Servers
	}
	return slices.Equal(at(was), at(next))
}

// lifeOf ends when another trunk stands in the place of t, or with the wire.
func (w *Wire) lifeOf(t *trunk) context.Context {
	return cmp.Or(t.itself().life, w.ctx)
}
