package storm

import (
	"context"
	"errors"
	"sync"
	"time"
)

// desk is one agent's phone: registered, ready, and busy with one call at most.
type desk struct {
	s   *Storm
	acc account

	mu   sync.Mutex // guards busy and st
	busy bool
	st   *stream // of the present call
}

// signIn registers all agents and makes them ready, some at a time, and keeps them registered.
func (s *Storm) signIn(ctx context.Context) error {
	const atOnce = 16
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	errs := make([]error, len(s.cfg.Agents))
	for i, a := range s.cfg.Agents {
		d := &desk{s: s, acc: account{a.User, a.Password}}
		s.desks[a.User] = d // before any offer can come: nobody is registered yet
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer func() { <-slots; wg.Done() }()
			if _, err := s.agents.register(ctx, d.acc, s.cfg.Expires); err != nil {
				errs[i] = err
				return
			}
			errs[i] = d.dial(ctx, s.cfg.Ready)
			s.wg.Add(1)
			go d.keep(ctx)
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// keep refreshes the registration until ctx is done.
func (d *desk) keep(ctx context.Context) {
	defer d.s.wg.Done()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(d.s.cfg.Expires / 2):
			d.s.agents.register(ctx, d.acc, d.s.cfg.Expires) // one that fails is tried again at the next half
		}
	}
}

// signOut takes the registrations back.
func (s *Storm) signOut() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for _, d := range s.desks {
		wg.Go(func() { s.agents.register(ctx, d.acc, 0) }) // best effort: it expires anyway
	}
	wg.Wait()
}

// errCode is returned when a star code was not taken.
var errCode = errors.New("storm: the code was refused")

// dial calls a star code and waits for its end.
func (d *desk) dial(ctx context.Context, code string) error {
	if code == "" {
		return nil
	}
	sock := d.s.pick(true)
	call := d.s.agents.dial(d.acc.user, code, d.acc, describe(sock.local, d.s.codecs))
	done := make(chan int, 1)
	call.ended = func(code int, late bool) {
		if late {
			code = 408
		}
		done <- code
	}
	call.start()
	limit := time.After(20 * time.Second)
	for {
		select {
		case code := <-done:
			if code != 0 {
				return errCode
			}
			return nil
		case <-limit:
			call.hangup() // the engine never did
			limit = nil
		case <-ctx.Done():
			call.hangup()
			return ctx.Err()
		}
	}
}

// offered is called for an INVITE to an agent's phone.
func (s *Storm) offered(d *dialog) {
	s.mu.Lock()
	who := s.desks[user(d.localURI)]
	from := s.calls[user(d.remoteURI)]
	s.mu.Unlock()
	if who == nil {
		d.refuse(404, "Not Found")
		return
	}
	who.mu.Lock()
	busy := who.busy
	who.busy = true
	who.mu.Unlock()
	if busy {
		d.refuse(486, "Busy Here")
		return
	}
	s.tally.note(func(t *tally) { t.res.AgentCalls++ })
	if from != nil {
		from.ring()
	}
	who.take(d, from)
}

// take rings and then answers, rejects, or lets it ring.
func (k *desk) take(d *dialog, from *caller) {
	sock := k.s.pick(true)
	x := k.s.chance()
	missed := x < k.s.cfg.Reject+k.s.cfg.Ignore
	d.ended = func(code int, _ bool) {
		k.mu.Lock()
		st := k.st
		k.busy, k.st = false, nil
		k.mu.Unlock()
		if st != nil {
			sock.remove(st)
		}
		k.after(missed && code != 0, st != nil)
	}
	d.alert()
	switch {
	case x < k.s.cfg.Reject:
		k.s.tally.note(func(t *tally) { t.res.Refused++ })
		time.AfterFunc(k.s.draw(k.s.cfg.Answer), func() { d.refuse(603, "Decline") })
	case missed:
		k.s.tally.note(func(t *tally) { t.res.Refused++ })
	default:
		time.AfterFunc(k.s.draw(k.s.cfg.Answer), func() { k.pickUp(d, from, sock) })
	}
}

// pickUp answers the ringing phone; the audio begins with the 200.
func (k *desk) pickUp(d *dialog, from *caller, sock *audio) {
	remote, pt, ok := answerOf(d.invite.body, k.s.codecs)
	if !ok {
		d.refuse(488, "Not Acceptable Here")
		return
	}
	st := &stream{
		remote: remote, pt: uint8(pt), voice: k.s.voice(k.s.cfg.AgentVoice, pt), probe: k.s.cfg.Probe, tally: k.s.tally,
	}
	if from != nil {
		st.heard = from.heardBy
	}
	k.mu.Lock()
	if !k.busy { // the caller gave up meanwhile
		k.mu.Unlock()
		return
	}
	k.st = st
	k.mu.Unlock()
	sock.add(st)
	d.accept(describe(sock.local, []codec{pt}))
	if k.s.cfg.CallerEnds < 1 {
		time.AfterFunc(k.s.draw(k.s.cfg.Hold), d.hangup)
	}
}

// after is what an agent does when a call is over or was missed.
func (k *desk) after(missed, talked bool) {
	code, wait := "", time.Duration(0)
	switch {
	case missed && k.s.cfg.Ready != "":
		code, wait = k.s.cfg.Ready, k.s.draw(k.s.cfg.Recover)
	case talked && k.s.chance() < k.s.cfg.BreakShare:
		k.later(0, k.s.pickText(k.s.cfg.Breaks))
		code, wait = k.s.cfg.Ready, k.s.draw(k.s.cfg.BreakFor)
	case talked && k.s.cfg.EndWrap != "":
		code, wait = k.s.cfg.EndWrap, k.s.draw(k.s.cfg.WrapUp)
	}
	k.later(wait, code)
}

// later dials a code after a while. It may be refused, if the engine was faster, for example by a timed wrap-up.
func (k *desk) later(wait time.Duration, code string) {
	if code == "" {
		return
	}
	time.AfterFunc(wait, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		k.dial(ctx, code)
	})
}
